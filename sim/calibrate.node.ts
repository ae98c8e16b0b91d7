// `calibrate` on the machine underneath: what the command line and the library call.

import { freemem } from 'node:os';
import type { Executor } from '../hw-models/contract.js';
import { type MachineFacts, machinePreset } from '../hw-models/cpu/machine.js';
import { readMachine } from '../hw-models/host/machine.node.js';
import { importOrt } from '../hw-models/host/onnx-runtime.js';
import { createOnnxruntime } from '../hw-models/host/onnxruntime.js';
import { openProbe } from '../hw-models/host/probe.js';
import { readOnAllCores } from '../hw-models/host/probe-cores.node.js';
import { openRapl } from '../hw-models/host/rapl.node.js';
import { createTfjs } from '../hw-models/host/tfjs.js';
import { requireWhole } from '../workloads/base/errors.js';
import { type Measurement, measure } from './calibrate.js';
import { calibratedYaml, workingSetsOf } from './calibrate-preset.js';
import { type Progress, silent } from './progress.js';

export interface Calibration {
  readonly machine: MachineFacts;
  /** What computed the library's rows. */
  readonly library: string;
  readonly measurements: readonly Measurement[];
  /** A CPU preset of this machine, as a YAML file. */
  readonly preset: string;
  /** What could not be measured here, and what would help. */
  readonly notes: readonly string[];
}

export interface CalibrationRequest {
  /** Repetitions of every measurement; the best one counts. */
  readonly repeat?: number;
  /** Memory to use at most, in MiB. */
  readonly mebibytes?: number;
  readonly progress?: Progress;
}

const MIB = 2 ** 20;
const FLOAT_BYTES = 4;
/** AlexNet's fc6: the matrix that the library streams, where there is memory for it. */
const MATRIX = [4096, 9216] as const;
/** A larger working set takes long to fill, and the largest caches are smaller. */
const MOST_MEBIBYTES = 1024;
/** Next to what the library needs for its own. */
const SHARE_OF_FREE = 0.25;

/** Measures the machine underneath and makes its preset. Takes most of a minute. */
export async function calibrate(request: CalibrationRequest = {}): Promise<Calibration> {
  const { repeat = 15, mebibytes = MOST_MEBIBYTES, progress = silent } = request;
  requireWhole('repeat', repeat, 1);
  requireWhole('memory', mebibytes, 1);
  const machine = readMachine();
  const library = await openLibrary(machine.cores);
  // 'onnxruntime 1.30.0 cpu, 1 thread, …': how many threads, each row says.
  const [engine = library.single.name] = (await library.single.describe()).engine.split(',', 1);
  const energy = openRapl();
  const mostBytes = Math.min(mebibytes * MIB, SHARE_OF_FREE * freemem());
  const { config } = machinePreset(machine);
  const workingSets = workingSetsOf(config, mostBytes);
  const outputs = Math.max(1, Math.min(MATRIX[0], Math.floor(mostBytes / (FLOAT_BYTES * MATRIX[1]))));
  const measurements = await measure({
    workingSets,
    matrix: [outputs, MATRIX[1]],
    repeat,
    instruments: {
      openProbe,
      readOnAllCores: (probe, bytes, seconds, times) => readOnAllCores(probe, bytes, machine.cores, seconds, times),
      library,
      energy,
    },
    progress,
  });
  const beyond = workingSets.at(-1)?.bytes ?? 0;
  const caches = Math.max(config.l2.capacity, config.l3.capacity);
  return {
    machine,
    library: engine,
    measurements,
    preset: calibratedYaml(machine, measurements, engine),
    notes: [
      ...(energy ? [] : ['energy: not measurable here (no readable counters under /sys/class/powercap)']),
      ...(library.note === null ? [] : [library.note]),
      ...(beyond >= 4 * caches
        ? []
        : [`memory: a working set of ${beyond / MIB} MiB, less than 4 times the caches' ${caches / MIB} MiB`]),
    ],
  };
}

interface Library {
  readonly single: Executor;
  readonly all: Executor;
  readonly note: string | null;
}

/** ONNX Runtime where it is installed, for it can be told how many threads to use; else TensorFlow.js. */
async function openLibrary(cores: number): Promise<Library> {
  try {
    await importOrt();
    return { single: createOnnxruntime(), all: createOnnxruntime({ threads: cores }), note: null };
  } catch (error) {
    const tfjs = createTfjs();
    const { engine } = await tfjs.describe();
    const note = `library: ${engine}; ${error instanceof Error ? error.message : error}`;
    return { single: tfjs, all: tfjs, note };
  }
}
