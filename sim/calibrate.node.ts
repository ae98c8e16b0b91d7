// `calibrate` on the host: what the command line and the library call.

import { freemem } from 'node:os';
import type { Preset } from '../hw-models/contract.js';
import { createEngine, engineOfEnvironment } from '../hw-models/host/engine/engine.js';
import { hasFusedMultiplyAdd } from '../hw-models/host/engine/fused.node.js';
import { readyCalls } from '../hw-models/host/engine/ready-calls.js';
import { rules } from '../hw-models/host/engine/rules.js';
import { readMachine } from '../hw-models/host/machine.node.js';
import { openNative } from '../hw-models/host/native/library.node.js';
import { importOrt } from '../hw-models/host/onnx-runtime.js';
import { createOnnxruntime } from '../hw-models/host/onnxruntime.js';
import { openProbe } from '../hw-models/host/probe.js';
import { readOnAllCores } from '../hw-models/host/probe-cores.node.js';
import { openRapl } from '../hw-models/host/rapl.node.js';
import { createTfjs } from '../hw-models/host/tfjs.js';
import type { HostConfig } from '../hw-models/host-model/config.js';
import type { TurnCycles } from '../hw-models/host-model/engine-cost.js';
import type { MachineFacts } from '../hw-models/host-model/machine.js';
import { InputError, requireWhole } from '../workloads/base/errors.js';
import { type CalibrationLayer, farLayers, nearLayers } from './calibrate/layers.js';
import { type FarSample, solveLines, timeFar } from './calibrate/lines.js';
import { type LibraryUnderTest, type Measurement, measure } from './calibrate/measure.js';
import { calibrateNative, type NativeCalibration } from './calibrate/native.js';
import { nativeFarLayers } from './calibrate/native-layers.js';
import { overheads } from './calibrate/overheads.js';
import {
  calibratedPreset,
  calibratedYaml,
  coreOf,
  readCycles,
  workingSetsOf,
} from './calibrate/preset.js';
import type { Timing } from './calibrate/timing.js';
import { type Sample, type SolvedTurns, solveTurns, timeCalls } from './calibrate/turns.js';
import { uncalibrated } from './host-model.node.js';
import { energyNote } from './measured.js';
import { type Progress, silent } from './progress.js';

export interface Calibration {
  readonly machine: MachineFacts;
  readonly measurements: readonly Measurement[];
  /** The calls that the turns of inner loops and the lines of caches were solved from. */
  readonly calls: readonly Sample[];
  readonly farCalls: readonly FarSample[];
  readonly turns: SolvedTurns;
  /** The native build of the engine's kernels; null where there is none. */
  readonly native: NativeCalibration | null;
  readonly preset: Preset<HostConfig>;
  /** The preset as a YAML file. */
  readonly yaml: string;
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
/** AlexNet's fc6: the matrix that libraries stream, where there is memory for it. */
const MATRIX = [4096, 9216] as const;
/** A larger working set takes long to fill, and the largest caches are smaller. */
const MAX_MEBIBYTES = 1024;
/** Next to what libraries need for their own. */
const SHARE_OF_FREE = 0.25;
/** Seconds of a repetition, for each of `repeat`, of all calls together. */
const ROUND_SECONDS = 1;
/** Unless fewer repetitions are asked for. */
const MIN_ROUNDS = 5;
/** Of the caches' share, so that neighbours of what is gone through do not push it out. */
const FILLING = 0.6;

const seconds = () => performance.now() / 1000;

/** Measures the host and makes its preset. Takes one to two minutes. */
export async function calibrate(request: CalibrationRequest = {}): Promise<Calibration> {
  const { repeat = 15, mebibytes = MAX_MEBIBYTES, progress = silent } = request;
  requireWhole('repeat', repeat, 1);
  requireWhole('memory', mebibytes, 1);
  const facts = readMachine();
  const machine = uncalibrated(facts);
  const { config } = machine;
  const energy = openRapl();
  const maxBytes = Math.min(mebibytes * MIB, SHARE_OF_FREE * freemem());
  const workingSets = workingSetsOf(config, maxBytes);
  const outputs = Math.max(
    1,
    Math.min(MATRIX[0], Math.floor(maxBytes / (FLOAT_BYTES * MATRIX[1]))),
  );
  const { libraries, notes } = await openLibraries(facts.cores);
  const measurements = await measure({
    workingSets,
    library: { matrix: [outputs, MATRIX[1]] },
    repeat,
    instruments: {
      clock: seconds,
      openProbe,
      readOnAllCores: (probe, bytes, each, times) =>
        readOnAllCores(probe, bytes, facts.cores, each, times),
      libraries,
      engineOverheads: (times) =>
        overheads(
          (threads) => createEngine('sparse', 'sparse', rules.sparse, { threads, engine: 'wasm' }),
          facts.cores,
          times,
        ),
      energy,
    },
    progress,
  });
  const { clockHz, macsPerCycle } = coreOf(measurements);
  const fused = hasFusedMultiplyAdd();
  const timing: Timing = {
    clock: seconds,
    budget: repeat * ROUND_SECONDS,
    atLeast: 0.0005,
    rounds: Math.min(MIN_ROUNDS, repeat),
  };
  const { library, reason } =
    engineOfEnvironment() === 'wasm'
      ? { library: null, reason: 'ZEROSKIP_ENGINE is wasm' }
      : await openNative();
  const builds = { fused, native: library };
  const ready = ({ kernel, layer, weights, input, batch }: CalibrationLayer) =>
    readyCalls(kernel, layer, weights, input, builds, batch);
  progress('inner loops of the engine');
  const calls = timeCalls(nearLayers(), ready, timing);
  const turns = solveTurns(calls, clockHz, macsPerCycle);
  progress('cache lines on their way to the engine');
  const { l2, l3, cacheShare } = config;
  const far = {
    bytes: {
      l2: FILLING * cacheShare * l2.capacity,
      // Between the caches, as most layers' weights are: as large as L3 it is address translation
      // that costs.
      ...(l3.capacity > 0 ? { l3: Math.sqrt(l2.capacity * l3.capacity) } : {}),
      memory: Math.min(2 * Math.max(l2.capacity, l3.capacity), maxBytes),
    },
    ...{ ready, clockHz, hierarchy: config, timing },
  };
  const ownFarCalls = timeFar({ ...far, layers: farLayers, turns: turnsOf(config, turns) });
  progress('native kernels');
  const native =
    library &&
    (await calibrateNative({ library, ready, timing, clockHz, cores: facts.cores, repeat }));
  const farCalls = [
    ...ownFarCalls,
    ...(native
      ? timeFar({
          ...far,
          ...{ layers: nativeFarLayers, lanes: native.vectorFloats },
          turns: turnsOf(config, turns, native.turns),
        })
      : []),
  ];
  const lines = solveLines(farCalls, readCycles(measurements, config));
  const described = await Promise.all(libraries.map(describe));
  const preset = calibratedPreset(
    machine,
    measurements,
    { turns, lines, native: native ?? undefined },
    described,
  );
  const beyond = workingSets.at(-1)?.bytes ?? 0;
  const caches = Math.max(l2.capacity, l3.capacity);
  return {
    machine: facts,
    measurements,
    calls,
    farCalls,
    turns,
    native,
    preset,
    yaml: calibratedYaml(preset, measurements, new Date().toISOString()),
    notes: [
      ...(energy
        ? []
        : [
            `${energyNote(energy)} (no readable counters under /sys/class/powercap); joules stay modelled`,
          ]),
      ...notes,
      ...(native ? [] : [`native kernels: not measured, ${reason}`]),
      ...(beyond >= 4 * caches
        ? []
        : [
            `memory: a working set of ${beyond / MIB} MiB, less than 4 times the caches' ${caches / MIB} MiB`,
          ]),
    ],
  };
}

/** The preset's turns with those that were solved for. */
function turnsOf({ turns }: HostConfig, ...solved: readonly (SolvedTurns | null)[]): TurnCycles {
  return Object.assign({}, turns, ...solved.map((one) => Object.fromEntries(one?.cycles ?? [])));
}

async function openLibraries(
  cores: number,
): Promise<{ libraries: readonly LibraryUnderTest[]; notes: readonly string[] }> {
  const tfjs: LibraryUnderTest = { name: 'tfjs', executor: createTfjs() };
  try {
    await importOrt();
    const onnxruntime: LibraryUnderTest = { name: 'onnxruntime', executor: createOnnxruntime() };
    const allCores: LibraryUnderTest = {
      ...{ name: 'onnxruntimeAllCores', executor: createOnnxruntime({ threads: cores }) },
    };
    return { libraries: [tfjs, onnxruntime, ...(cores > 1 ? [allCores] : [])], notes: [] };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { libraries: [tfjs], notes: [`not measured, stays an estimate: ${error.message}`] };
  }
}

/** 'tfjs 4.22.0 wasm, 1 thread' → what computes, and on how many threads. */
async function describe({ name, executor }: LibraryUnderTest) {
  const { engine } = await executor.describe();
  return { name, engine, threads: Number(/(\d+) threads?/.exec(engine)?.[1] ?? 1) };
}
