// Measurements → the numbers of the host's preset. Each is what makes the model's own equation give
// the measured time (hw-models/host-model/README.md); what was not measured stays the estimate that
// it was.

import type { Preset } from '../../hw-models/contract.js';
import { nativeCodes } from '../../hw-models/host-model/calls/work.js';
import type { HostConfig, LibraryConfig } from '../../hw-models/host-model/config.js';
import { presetYaml, type StatedFigure, withFigures } from '../../hw-models/host-model/machine.js';
import { invariant } from '../../workloads/base/errors.js';
import type { SolvedLines } from './lines.js';
import type { LibraryUnderTest, Measurement, MeasurementKey, WorkingSet } from './measure.js';
import type { SolvedTurns } from './turns.js';

const DIGITS = 4;
/** Lanes of float32 in a vector of 128 bit. */
const LANES = 4;
/** Of an instruction: the clock may be measured a little low. */
const SLACK = 0.2;

/**
 * Working sets well inside each level; the last one is beyond all caches, as far as `maxBytes`
 * allow.
 */
export function workingSetsOf({ l1, l2, l3 }: HostConfig, maxBytes: number): readonly WorkingSet[] {
  const floor = (bytes: number) => 2 ** Math.floor(Math.log2(bytes));
  const between = (inner: number, outer: number) => floor(Math.sqrt(inner * outer));
  const lastLevel = Math.max(l2.capacity, l3.capacity);
  const beyond = Math.max(64 * 2 ** 20, 4 * floor(2 * lastLevel - 1));
  return [
    { level: 'l1', bytes: floor(l1.capacity / 2) },
    { level: 'l2', bytes: between(l1.capacity, l2.capacity) },
    ...(l3.capacity > 0
      ? [{ level: 'l3', bytes: between(l2.capacity, l3.capacity) } as const]
      : []),
    { level: 'memory', bytes: Math.min(beyond, floor(maxBytes)) },
  ];
}

/** Values by key. @throws InvariantError for one that is missing. */
function reader(measurements: readonly Measurement[]) {
  const byKey = new Map(measurements.map((measurement) => [measurement.key, measurement.value]));
  const get = (key: MeasurementKey) => byKey.get(key);
  const need = (key: MeasurementKey) => {
    const value = get(key);
    invariant(value !== undefined, () => `calibration lacks ${key}`);
    return value;
  };
  return { get, need };
}

/** The clock and the multiply-adds of a core in a cycle: whole instructions of four lanes each. */
export function coreOf(measurements: readonly Measurement[]): {
  readonly clockHz: number;
  readonly macsPerCycle: number;
} {
  const { get, need } = reader(measurements);
  const clockHz = need('clock');
  const peak = Math.max(need('peak.plain'), get('peak.fused') ?? 0) / (2 * clockHz);
  return { clockHz, macsPerCycle: LANES * Math.max(1, Math.ceil(peak / LANES - SLACK)) };
}

/** Cycles of a line that is read in order, by level. */
export function readCycles(measurements: readonly Measurement[], { lineBytes }: HostConfig) {
  const { get, need } = reader(measurements);
  const clock = need('clock');
  const cycles = (level: 'l2' | 'l3' | 'memory') => {
    const rate = get(`read.${level}`);
    return rate === undefined ? undefined : (lineBytes / rate) * clock;
  };
  const [l2, l3, memory] = [cycles('l2'), cycles('l3'), cycles('memory')];
  return {
    ...(l2 === undefined ? {} : { l2 }),
    ...(l3 === undefined ? {} : { l3 }),
    ...(memory === undefined ? {} : { memory }),
  };
}

/** What was measured of the native build. */
export interface SolvedNative {
  readonly instructions: string;
  readonly vectorFloats: number;
  readonly multiplyAddsPerCycle: number;
  readonly turns: SolvedTurns;
  /** Seconds. */
  readonly layer: number;
  readonly step: number;
}

/** What was solved for, beside what was measured. */
export interface Solved {
  readonly native?: SolvedNative | undefined;
  readonly turns: SolvedTurns;
  readonly lines: SolvedLines;
}

/** The machine's preset with everything in it that was measured. */
export function calibratedPreset(
  machine: Preset<HostConfig>,
  measurements: readonly Measurement[],
  { turns, lines, native }: Solved,
  libraries: readonly (Pick<LibraryUnderTest, 'name'> & {
    readonly engine: string;
    readonly threads: number;
  })[],
): Preset<HostConfig> {
  const { get, need } = reader(measurements);
  const figures: StatedFigure[] = [];
  const add = (path: string, value: number, unit: string, cite: string) =>
    figures.push({ path, value: Number(value.toPrecision(DIGITS)), unit, from: 'measured', cite });
  const { clockHz, macsPerCycle } = coreOf(measurements);
  add('clock', clockHz, 'Hz', 'a chain of dependent additions, one a cycle');
  add(
    'multiplyAddsPerCycle',
    macsPerCycle,
    'per cycle',
    'independent multiply-adds, rounded up to whole instructions',
  );
  // Many cores are never supplied with less than one is; a busy machine may still measure it so.
  add(
    'memory.bandwidth',
    Math.max(need('cores.memory'), need('read.memory')),
    'B/s',
    'reads in order on all cores',
  );
  add('memory.oneCore', need('read.memory'), 'B/s', 'reads in order on one core');
  for (const [level, cycles] of Object.entries(readCycles(measurements, machine.config))) {
    add(`lines.${level}.read`, cycles, 'cycles', 'reads in order');
  }
  for (const [level, cycles] of Object.entries(lines.write)) {
    add(`lines.${level}.write`, cycles, 'cycles', 'copies, less what reading takes');
  }
  for (const [level, cycles] of Object.entries(lines.restart)) {
    add(
      `lines.${level}.restart`,
      cycles,
      'cycles',
      'sparse columns of which every other one is skipped',
    );
  }
  for (const [level, cycles] of Object.entries(lines.stream)) {
    add(
      `lines.${level}.stream`,
      cycles,
      'cycles',
      'dense columns, four side by side, short and long',
    );
  }
  for (const [level, cycles] of Object.entries(lines.page)) {
    add(
      `lines.${level}.page`,
      cycles,
      'cycles',
      'dense columns, four side by side, short and long',
    );
  }
  for (const [code, shares] of Object.entries(lines.exposed)) {
    const cite =
      code === 'columns'
        ? 'what they do not hide is in their waits'
        : 'calls of such code beyond L1';
    const place = nativeCodes.some((one) => one === code) ? 'native.exposed' : 'exposed';
    for (const [level, share] of Object.entries(shares))
      add(`${place}.${code}.${level}`, share, 'ratio', cite);
  }
  for (const [name, cycles] of turns.cycles)
    add(`turns.${name}`, cycles, 'cycles', 'calls of small layers, solved for');
  add('layer', need('engine.layer'), 's', 'a sum of four values');
  const step = get('engine.step');
  if (step !== undefined) add('step', step, 's', 'a sum on two threads, less half of one on one');
  if (native) {
    const built = `${native.instructions}, as the compiler here makes it`;
    add('native.vectorFloats', native.vectorFloats, 'count', built);
    add(
      'native.multiplyAddsPerCycle',
      native.multiplyAddsPerCycle,
      'per cycle',
      'the fastest call, rounded up to whole vectors',
    );
    for (const [name, cycles] of native.turns.cycles)
      add(`native.turns.${name}`, cycles, 'cycles', 'calls of small layers, solved for');
    add('native.layer', native.layer, 's', 'a sum of four values, less its call');
    add('native.step', native.step, 's', 'a sum on two threads, less half of one on one');
  }
  for (const { name, engine, threads } of libraries) {
    const own = (key: keyof LibraryConfig, value: number, unit: string) =>
      add(`libraries.${name}.${key}`, value, unit, engine);
    own('threads', threads, 'count');
    own('run', need(`${name}.run`), 's');
    own('call', need(`${name}.call`), 's');
    own('convolution', need(`${name}.convolution`) / clockHz, 'per cycle');
    own('depthwise', need(`${name}.depthwise`) / clockHz, 'per cycle');
    own('vector', need(`${name}.vector`) / clockHz, 'per cycle');
    own('stream', need(`${name}.stream`), 'B/s');
    own('elementwise', need(`${name}.elementwise`), 'B/s');
    own('normalise', need(`${name}.normalise`), 'B/s');
    own('softmax', need(`${name}.softmax`), 'B/s');
  }
  const [idle, busy] = [get('power.idle'), get('power.busy')];
  if (idle !== undefined && busy !== undefined && busy > idle) {
    add('energy.idle', idle, 'W', 'running average power limit counters, waiting');
    add(
      'energy.core',
      busy - idle,
      'W',
      'the same with one core multiplying and adding, less the idle power',
    );
  }
  return withFigures(machine, figures);
}

/** The preset's file, with the measurements in comments in front. */
export function calibratedYaml(
  preset: Preset<HostConfig>,
  measurements: readonly Measurement[],
  when: string,
): string {
  const lines = measurements.map(({ what, value, median, worst, unit, repetitions }) => {
    const [best, middle, last] = [value, median, worst].map((each) => each.toExponential(2));
    return `#   ${what}: ${best} ${unit} (${middle}, ${last}; ${repetitions} times)`;
  });
  return [
    `# Measured by zeroskip calibrate, ${when}; best (median, worst):`,
    ...lines,
    presetYaml(preset),
  ].join('\n');
}
