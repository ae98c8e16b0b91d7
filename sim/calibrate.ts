// What is measured of the machine underneath: its clock, its multiply-add peak by kind of code, the bandwidth and the
// latency of each level of memory, what irregular reads and writes cost there, and a library's calls. Measured by
// WebAssembly with 128-bit vectors but for the library's own rows.

import { median } from 'simple-statistics';
import type { Executor } from '../hw-models/contract.js';
import { ACCESSES_PER_PASS, CYCLES_PER_PASS, MULTIPLY_ADDS_PER_PASS, type Probe } from '../hw-models/host/probe.js';
import type { EnergyMeter } from '../hw-models/host/rapl.node.js';
import { buildNetwork } from '../workloads/graph.js';
import type { Model } from '../workloads/model.js';
import type { LayerWeights } from '../workloads/network.js';
import type { LayerSpec } from '../workloads/spec.js';
import type { Progress } from './progress.js';
import { total } from './summary.js';

/** Where data live. */
export type MemoryLevel = 'l1' | 'l2' | 'l3' | 'memory';

export type MeasurementKey =
  | 'clock'
  | `peak.${'plain' | 'fused' | 'library'}`
  | `${'read' | 'gather' | 'scatter' | 'latency'}.${MemoryLevel}`
  | `cores.${'memory' | 'matrix'}`
  | `library.${'stream' | 'call' | 'layer'}`
  | `power.${'idle' | 'busy'}`;

/**
 * One quantity, measured several times, in `unit`, which is SI. Its value is the best repetition, as STREAM reports it:
 * other programs only ever slow a loop down. Of powers, which they raise, it is the median.
 */
export interface Measurement {
  readonly key: MeasurementKey;
  readonly what: string;
  readonly value: number;
  readonly median: number;
  readonly worst: number;
  readonly unit: 'Hz' | 'FLOP/s' | 'B/s' | 's' | 'W';
  readonly repetitions: number;
}

/** A working set for each level; without an L3 there is none for it. */
export interface WorkingSet {
  readonly level: MemoryLevel;
  /** A power of two. */
  readonly bytes: number;
}

/** What measures. */
export interface Instruments {
  openProbe(bytes: number): Probe;
  readOnAllCores(probe: Probe, bytes: number, seconds: number, repeat: number): Promise<readonly number[]>;
  /** The library on one thread, where it can be told, and on all. */
  readonly library: { readonly single: Executor; readonly all: Executor };
  readonly energy: EnergyMeter | null;
}

export interface MeasureRequest {
  readonly workingSets: readonly WorkingSet[];
  readonly repeat: number;
  readonly instruments: Instruments;
  readonly progress: Progress;
  /** Seconds of one repetition, at least. */
  readonly seconds?: number;
  /** Rows of the library's square matrix, and the extent of the matrix that it streams. */
  readonly gemm?: number;
  readonly matrix: readonly [outputs: number, inputs: number];
}

const LEVEL_NAMES: Readonly<Record<MemoryLevel, string>> = { l1: 'L1', l2: 'L2', l3: 'L3', memory: 'memory' };
const CHAINED_LAYERS = 17;
const FLOAT_BYTES = 4;
/** Of a power, against the seconds of a loop: counters are read a thousand times a second. */
const POWER = 200;
/** Bytes read in one go. */
const WINDOW = 4 * 2 ** 20;
/** Threads do not start at once: their repetitions are longer by this. */
const ALL_CORES = 10;

/** Measures everything, in an order in which heat and caches disturb least. */
export async function measure(request: MeasureRequest): Promise<readonly Measurement[]> {
  const { workingSets, repeat, instruments, progress, seconds = 0.005, gemm = 1024, matrix } = request;
  const matrixBytes = FLOAT_BYTES * matrix[0] * matrix[1];
  const largest = Math.max(matrixBytes, ...workingSets.map(({ bytes }) => bytes));
  progress(`touching ${megabytes(largest)} of memory`);
  const probe = instruments.openProbe(largest);
  const measurements: Measurement[] = [];
  const add = (key: MeasurementKey, what: string, unit: Measurement['unit'], values: readonly number[]) =>
    measurements.push({ key, what, unit, ...summary(values, unit), repetitions: values.length });
  const timed = (work: (passes: number) => void) => secondsPerPass(work, repeat, seconds);

  progress('clock and multiply-add peak');
  add(
    'clock',
    'clock: a chain of dependent additions',
    'Hz',
    timed(probe.chain).map((s) => CYCLES_PER_PASS / s),
  );
  for (const kind of probe.hasFused ? (['plain', 'fused'] as const) : (['plain'] as const)) {
    const values = timed((passes) => probe.multiplyAdds(kind, passes)).map((s) => (2 * MULTIPLY_ADDS_PER_PASS) / s);
    const how = kind === 'fused' ? 'multiply-add' : 'multiply, then add';
    add(`peak.${kind}`, `128-bit WebAssembly: ${how}, one core`, 'FLOP/s', values);
  }
  for (const { level, bytes } of workingSets) {
    const where = `${LEVEL_NAMES[level]} (${megabytes(bytes)})`;
    progress(`reading ${where}`);
    add(
      `read.${level}`,
      `read in order from ${where}, one core`,
      'B/s',
      timed(reader(probe, bytes)).map((s) => Math.min(bytes, WINDOW) / s),
    );
    probe.spread(bytes);
    add(`gather.${level}`, `read out of order from ${where}, by element`, 's', timed(probe.gather).map(byAccess));
    add(`scatter.${level}`, `add out of order in ${where}, by element`, 's', timed(probe.scatter).map(byAccess));
    progress(`latency of ${where}`);
    probe.thread(bytes);
    add(`latency.${level}`, `latency of ${where}: reads that wait for each other`, 's', timed(probe.chase));
  }
  progress('reading on all cores');
  const most = workingSets.at(-1)?.bytes ?? matrixBytes;
  const allCores = (bytes: number) => instruments.readOnAllCores(probe, bytes, ALL_CORES * seconds, repeat);
  add('cores.memory', `read in order from memory (${megabytes(most)}), all cores`, 'B/s', await allCores(most));
  const inOrder = `read in order, ${megabytes(matrixBytes)}, all cores`;
  add('cores.matrix', inOrder, 'B/s', await allCores(matrixBytes));

  const { single, all } = instruments.library;
  progress(`${single.name}: matrix products`);
  const run = (executor: Executor, model: Model, batch: number) => librarySeconds(executor, model, batch, repeat);
  const square = await run(single, layers(1, gemm, gemm), gemm);
  add(
    'peak.library',
    `${single.name}: ${gemm}×${gemm} matrix product`,
    'FLOP/s',
    square.map((s) => (2 * gemm ** 3) / s),
  );
  const stream = await run(all, layers(1, ...matrix), 1);
  add(
    'library.stream',
    `${all.name}: matrix (${megabytes(matrixBytes)}) times vector`,
    'B/s',
    stream.map((s) => matrixBytes / s),
  );
  progress(`${single.name}: calls`);
  const one = await run(single, layers(1, 4, 4), 1);
  add('library.call', `${single.name}: a network of one 4×4 layer`, 's', one);
  const chained = await run(single, layers(CHAINED_LAYERS, 4, 4), 1);
  const first = Math.min(...one);
  add(
    'library.layer',
    `${single.name}: each further 4×4 layer`,
    's',
    chained.map((s) => Math.max(0, s - first) / (CHAINED_LAYERS - 1)),
  );

  if (instruments.energy) {
    progress('power');
    const { idle, busy } = await power(instruments.energy, probe, repeat, POWER * seconds);
    const domains = instruments.energy.domains.join(' and ');
    add('power.idle', `${domains}, waiting`, 'W', idle);
    add('power.busy', `${domains}, one core multiplying and adding`, 'W', busy);
  }
  return measurements;
}

/** Reads a window in each pass: the same one where it is all, else one after the other. */
function reader(probe: Probe, bytes: number): (passes: number) => void {
  if (bytes <= WINDOW) return (passes) => probe.read(0, bytes, passes);
  let at = 0;
  return (passes) => {
    for (let pass = 0; pass < passes; pass++) {
      probe.read(at, WINDOW, 1);
      at = at + 2 * WINDOW <= bytes ? at + WINDOW : 0;
    }
  };
}

const byAccess = (seconds: number) => seconds / ACCESSES_PER_PASS;

/** Seconds of one pass, `repeat` times. The passes of a repetition are doubled until it takes long enough. */
function secondsPerPass(work: (passes: number) => void, repeat: number, seconds: number): readonly number[] {
  const time = (passes: number) => {
    const start = performance.now();
    work(passes);
    return (performance.now() - start) / 1000;
  };
  let passes = 1;
  while (time(passes) < seconds) passes *= 2;
  return Array.from({ length: repeat }, () => time(passes) / passes);
}

/** Seconds of a run of the library, `repeat` times after one to warm up. */
async function librarySeconds(executor: Executor, model: Model, batch: number, repeat: number) {
  const loaded = await executor.load(model);
  const [size = 1] = model.network.input;
  const input = new Float32Array(batch * size).fill(0.5);
  try {
    await loaded.run(input, batch);
    const seconds: number[] = [];
    for (let i = 0; i < repeat; i++) {
      const run = await loaded.run(input, batch);
      seconds.push(total(run.layers.map((layer) => layer.seconds)));
    }
    return seconds;
  } finally {
    loaded.dispose();
  }
}

/** `count` fully connected layers in a row. */
function layers(count: number, outputs: number, inputs: number): Model {
  const specs = Array.from({ length: count }, (_, at): LayerSpec => {
    return { kind: 'dense', name: `fc${at}`, outputs, bias: false, activation: 'none' };
  });
  const source = { work: 'calibration', at: '' };
  const network = buildNetwork({ name: 'calibration', title: 'calibration', input: [inputs], layers: specs, source });
  const values = new Float32Array(outputs * inputs).fill(1 / inputs);
  const weights: LayerWeights = {
    store: { format: 'dense', rows: outputs, columns: inputs, values },
    bias: null,
    origin: 'synthetic',
  };
  return { network, weights: new Map(specs.map(({ name }) => [name, weights])), origin: 'synthetic' };
}

async function power(meter: EnergyMeter, probe: Probe, repeat: number, seconds: number) {
  const idle: number[] = [];
  const busy: number[] = [];
  const during = async (work: () => Promise<void> | void) => {
    const joules = meter.start();
    const start = performance.now();
    await work();
    return joules() / ((performance.now() - start) / 1000);
  };
  for (let i = 0; i < Math.min(repeat, 3); i++) {
    idle.push(await during(() => new Promise((resolve) => setTimeout(resolve, 1000 * seconds))));
    busy.push(
      await during(() => {
        const end = performance.now() + 1000 * seconds;
        while (performance.now() < end) probe.multiplyAdds('plain', 1e5);
      }),
    );
  }
  return { idle, busy };
}

function summary(values: readonly number[], unit: Measurement['unit']) {
  const middle = median([...values]);
  const least = Math.min(...values);
  const most = Math.max(...values);
  if (unit === 'W') return { value: middle, median: middle, worst: most };
  return unit === 's' ? { value: least, median: middle, worst: most } : { value: most, median: middle, worst: least };
}

/** '16 KiB', '144 MiB'. */
function megabytes(bytes: number): string {
  const kibibytes = bytes / 1024;
  return kibibytes < 1024 ? `${kibibytes} KiB` : `${Number((kibibytes / 1024).toPrecision(4))} MiB`;
}
