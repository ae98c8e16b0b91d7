// Measures the host: its clock, its multiply-add peak by kind of code, the bandwidth and the
// latency of each level of memory, the cost of irregular reads and writes there, and the times of
// libraries. All but the libraries are measured by WebAssembly with 128-bit vectors.

import { median } from 'simple-statistics';
import type { Executor } from '../../hw-models/host/contract.js';
import type { EnergyMeter } from '../../hw-models/host/energy-meter.js';
import {
  ACCESSES_PER_PASS,
  CYCLES_PER_PASS,
  MULTIPLY_ADDS_PER_PASS,
  type Probe,
} from '../../hw-models/host/probe.js';
import type { LibraryName } from '../../hw-models/host-model/config.js';
import type { Progress } from '../progress.js';
import { type LibraryKey, type LibraryRequest, libraryKeys, measureLibrary } from './libraries.js';

/** Where data live. */
export type MemoryLevel = 'l1' | 'l2' | 'l3' | 'memory';

export type MeasurementKey =
  | 'clock'
  | `peak.${'plain' | 'fused'}`
  | `${'read' | 'gather' | 'scatter' | 'latency'}.${MemoryLevel}`
  | `curve.${number}`
  | 'cores.memory'
  | `${LibraryName}.${LibraryKey}`
  | `engine.${'layer' | 'step'}`
  | `power.${'idle' | 'busy'}`;

/**
 * One quantity, measured several times, in `unit`, which is SI. Its value is the best repetition,
 * as STREAM reports it: other programs only ever slow a loop down. Of powers, which they raise, it
 * is the median.
 */
export interface Measurement {
  readonly key: MeasurementKey;
  readonly what: string;
  readonly value: number;
  readonly median: number;
  readonly worst: number;
  readonly unit: 'Hz' | 'FLOP/s' | 'MAC/s' | 'B/s' | 's' | 'W';
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
  /** Now, in seconds. */
  readonly clock: () => number;
  openProbe(bytes: number): Probe;
  readOnAllCores(
    probe: Probe,
    bytes: number,
    seconds: number,
    repeat: number,
  ): Promise<readonly number[]>;
  readonly libraries: readonly LibraryUnderTest[];
  /**
   * Seconds of a layer of the engine of a small call, and what a step costs that is shared with
   * another thread, if any.
   */
  engineOverheads(
    repeat: number,
  ): Promise<{ readonly layer: readonly number[]; readonly step: readonly number[] }>;
  readonly energy: EnergyMeter | null;
}

export interface LibraryUnderTest {
  readonly name: LibraryName;
  readonly executor: Executor;
}

export interface MeasureRequest {
  readonly workingSets: readonly WorkingSet[];
  readonly repeat: number;
  readonly instruments: Instruments;
  readonly progress: Progress;
  /** Seconds of one repetition, at least. */
  readonly seconds?: number;
  /** What libraries are measured on. */
  readonly library: Omit<LibraryRequest, 'executor' | 'repeat' | 'clock'>;
}

/** What the roof needs of a request. */
type RoofRequest = Pick<MeasureRequest, 'workingSets' | 'repeat' | 'progress' | 'seconds'> & {
  readonly instruments: Pick<Instruments, 'clock'>;
};

/** Of one repetition. */
const SECONDS = 0.005;
const LEVEL_NAMES: Readonly<Record<MemoryLevel, string>> = {
  l1: 'L1',
  l2: 'L2',
  l3: 'L3',
  memory: 'memory',
};
/** Of a power, against the seconds of a loop: counters are read a thousand times a second. */
const POWER = 200;
/** Bytes read in one go. */
const WINDOW = 4 * 2 ** 20;
/** Threads do not start at once: their repetitions are longer by this. */
const ALL_CORES = 10;
/** Where the curve begins. */
const SMALLEST = 16 * 1024;
/**
 * A median so near to the best says that nothing else ran; else a measurement goes on, so many
 * times longer at most.
 */
const STEADY = 1.05;
const MAX_REPEATED = 3;

const LIBRARY_ROWS: Readonly<
  Record<LibraryKey, { readonly what: string; readonly unit: 'MAC/s' | 'B/s' | 's' }>
> = {
  run: { what: 'a run of one 4×4 layer, less the layer', unit: 's' },
  call: { what: 'each further 4×4 layer', unit: 's' },
  softmax: { what: 'softmax of 1000, values', unit: 'B/s' },
  convolution: { what: '3×3 convolution, 64 to 64 channels', unit: 'MAC/s' },
  depthwise: { what: '3×3 depthwise convolution, 128 channels', unit: 'MAC/s' },
  vector: { what: 'matrix in a cache times vector', unit: 'MAC/s' },
  stream: { what: 'matrix in memory times vector, weights', unit: 'B/s' },
  normalise: { what: 'local response normalisation, values', unit: 'B/s' },
  elementwise: { what: 'pooling and concatenation, values', unit: 'B/s' },
};

/**
 * What a roofline is drawn from: the clock, the multiply-add peaks, and reading in order from each
 * level.
 */
export function measureRoof(
  probe: Probe,
  { workingSets, repeat, instruments, progress, seconds = SECONDS }: RoofRequest,
): readonly Measurement[] {
  const timed = (work: (passes: number) => void) =>
    secondsPerPass(work, repeat, seconds, instruments.clock);
  progress('clock and multiply-add peak');
  const chain = timed(probe.chain).map((s) => CYCLES_PER_PASS / s);
  const kinds = probe.hasFused ? (['plain', 'fused'] as const) : (['plain'] as const);
  return [
    measurement('clock', 'clock: a chain of dependent additions', 'Hz', chain),
    ...kinds.map((kind) => {
      const values = timed((passes) => probe.multiplyAdds(kind, passes)).map(
        (s) => (2 * MULTIPLY_ADDS_PER_PASS) / s,
      );
      const how = kind === 'fused' ? 'multiply-add' : 'multiply, then add';
      return measurement(`peak.${kind}`, `128-bit WebAssembly: ${how}, one core`, 'FLOP/s', values);
    }),
    ...workingSets.map(({ level, bytes }) => {
      const where = `${LEVEL_NAMES[level]} (${megabytes(bytes)})`;
      progress(`reading ${where}`);
      const values = timed(reader(probe, bytes)).map((s) => Math.min(bytes, WINDOW) / s);
      return measurement(`read.${level}`, `read in order from ${where}, one core`, 'B/s', values);
    }),
  ];
}

/** Measures everything, in an order in which heat and caches disturb least. */
export async function measure(request: MeasureRequest): Promise<readonly Measurement[]> {
  const { workingSets, repeat, instruments, progress, seconds = SECONDS, library } = request;
  const largest = Math.max(...workingSets.map(({ bytes }) => bytes));
  progress(`touching ${megabytes(largest)} of memory`);
  const probe = instruments.openProbe(largest);
  const measurements = [...measureRoof(probe, request)];
  const add = (...[key, what, unit, values]: Parameters<typeof measurement>) => {
    if (values.length > 0) measurements.push(measurement(key, what, unit, values));
  };
  const timed = (work: (passes: number) => void) =>
    secondsPerPass(work, repeat, seconds, instruments.clock);

  for (const { level, bytes } of workingSets) {
    const where = `${LEVEL_NAMES[level]} (${megabytes(bytes)})`;
    progress(`latency of ${where}`);
    probe.spread(bytes);
    add(
      `gather.${level}`,
      `read out of order from ${where}, by element`,
      's',
      timed(probe.gather).map(byAccess),
    );
    add(
      `scatter.${level}`,
      `add out of order in ${where}, by element`,
      's',
      timed(probe.scatter).map(byAccess),
    );
    probe.thread(bytes);
    add(
      `latency.${level}`,
      `latency of ${where}: reads that wait for each other`,
      's',
      timed(probe.chase),
    );
  }
  progress('bandwidth by working set');
  for (let bytes = SMALLEST; bytes <= largest; bytes *= 2) {
    const values = timed(reader(probe, bytes)).map((s) => Math.min(bytes, WINDOW) / s);
    add(`curve.${bytes}`, `read in order, ${megabytes(bytes)}, one core`, 'B/s', values);
  }
  progress('reading on all cores');
  const together = await instruments.readOnAllCores(probe, largest, ALL_CORES * seconds, repeat);
  add(
    'cores.memory',
    `read in order from memory (${megabytes(largest)}), all cores`,
    'B/s',
    together,
  );

  for (const { name, executor } of instruments.libraries) {
    const label = name === 'onnxruntimeAllCores' ? 'onnxruntime, all cores' : name;
    progress(`${label}: calls, convolution, matrix times vector`);
    const rates = await measureLibrary({ ...library, executor, repeat, clock: instruments.clock });
    for (const key of libraryKeys)
      add(
        `${name}.${key}`,
        `${label}: ${LIBRARY_ROWS[key].what}`,
        LIBRARY_ROWS[key].unit,
        rates[key],
      );
  }
  progress('layers and steps of the engine');
  const { layer, step } = await instruments.engineOverheads(repeat);
  add('engine.layer', 'engine: a layer of a small call', 's', layer);
  add('engine.step', 'engine: a step handed out to two threads', 's', step);

  if (instruments.energy) {
    progress('power');
    const { idle, busy } = await power(
      instruments.energy,
      probe,
      repeat,
      POWER * seconds,
      instruments.clock,
    );
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

/**
 * Seconds of one pass, `repeat` times, or more often where the machine is busy. The passes of a
 * repetition are doubled until it takes long enough.
 */
function secondsPerPass(
  work: (passes: number) => void,
  repeat: number,
  seconds: number,
  clock: Instruments['clock'],
): readonly number[] {
  const time = (passes: number) => {
    const start = clock();
    work(passes);
    return clock() - start;
  };
  let passes = 1;
  while (time(passes) < seconds) passes *= 2;
  const values: number[] = [];
  const isSteady = () => median(values) <= STEADY * Math.min(...values);
  while (values.length < repeat || (values.length < MAX_REPEATED * repeat && !isSteady()))
    values.push(time(passes) / passes);
  return values;
}

async function power(
  meter: EnergyMeter,
  probe: Probe,
  repeat: number,
  seconds: number,
  clock: Instruments['clock'],
) {
  const idle: number[] = [];
  const busy: number[] = [];
  const during = async (work: () => Promise<void> | void) => {
    const joules = meter.start();
    const start = clock();
    await work();
    return joules() / (clock() - start);
  };
  for (let i = 0; i < Math.min(repeat, 3); i++) {
    idle.push(await during(() => new Promise((resolve) => setTimeout(resolve, 1000 * seconds))));
    busy.push(
      await during(() => {
        const end = clock() + seconds;
        while (clock() < end) probe.multiplyAdds('plain', 1e5);
      }),
    );
  }
  return { idle, busy };
}

function measurement(
  key: MeasurementKey,
  what: string,
  unit: Measurement['unit'],
  values: readonly number[],
): Measurement {
  return { key, what, unit, ...summary(values, unit), repetitions: values.length };
}

function summary(values: readonly number[], unit: Measurement['unit']) {
  const middle = median([...values]);
  const min = Math.min(...values);
  const max = Math.max(...values);
  if (unit === 'W') return { value: middle, median: middle, worst: max };
  return unit === 's'
    ? { value: min, median: middle, worst: max }
    : { value: max, median: middle, worst: min };
}

/** '16 KiB', '144 MiB'. */
function megabytes(bytes: number): string {
  const kibibytes = bytes / 1024;
  return kibibytes < 1024 ? `${kibibytes} KiB` : `${Number((kibibytes / 1024).toPrecision(4))} MiB`;
}
