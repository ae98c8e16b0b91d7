// Measurements → the numbers of a CPU preset. Each is what makes the model's own equation give the measured time
// (hw-models/cpu/ecm.ts, hw-models/cpu/memory.ts); what was not measured stays the estimate that it was.

import { parse, stringify } from 'yaml';
import type { CpuConfig } from '../hw-models/cpu/config.js';
import { lanesOf } from '../hw-models/cpu/ecm.js';
import { cpu } from '../hw-models/cpu/index.js';
import { type MachineFacts, machinePreset, machineYaml } from '../hw-models/cpu/machine.js';
import { readPreset } from '../hw-models/preset.js';
import { invariant } from '../workloads/base/errors.js';
import type { Measurement, MeasurementKey, WorkingSet } from './calibrate.js';

/** A number of the preset, as its file writes it. */
interface MeasuredFigure {
  readonly path: string;
  readonly value: number;
  readonly unit: string;
  readonly cite: string;
}

const DIGITS = 4;
const CHASE = 'reads that wait for each other, in random order';
/** A level that is read faster than this share of the level inside it is limited by the loop, not by its path. */
const LOOP_BOUND = 0.9;

/** The machine's preset as a YAML file, with its measurements in comments in front. `library`: what computed its rows. */
export function calibratedYaml(facts: MachineFacts, measurements: readonly Measurement[], library: string): string {
  const { config } = machinePreset(facts);
  const document: unknown = parse(machineYaml(facts));
  for (const { path, value, unit, cite } of figuresOf(config, measurements, library)) {
    put(document, path.split('.'), { value, unit, from: 'measured', cite });
  }
  const yaml = `${comments(measurements)}${stringify(document, { aliasDuplicateObjects: false })}`;
  // What `hardware check` would refuse must not leave this program.
  readPreset(yaml, 'calibrated preset', cpu);
  return yaml;
}

/** Working sets well inside each level of `config`; the last one is beyond all caches, as far as `mostBytes` allow. */
export function workingSetsOf({ l1, l2, l3 }: CpuConfig, mostBytes: number): readonly WorkingSet[] {
  const floor = (bytes: number) => 2 ** Math.floor(Math.log2(bytes));
  const between = (inner: number, outer: number) => floor(Math.sqrt(inner * outer));
  const lastLevel = Math.max(l2.capacity, l3.capacity);
  const beyond = Math.max(64 * 2 ** 20, 4 * floor(2 * lastLevel - 1));
  return [
    { level: 'l1', bytes: floor(l1.capacity / 2) },
    { level: 'l2', bytes: between(l1.capacity, l2.capacity) },
    ...(l3.capacity > 0 ? [{ level: 'l3', bytes: between(l2.capacity, l3.capacity) } as const] : []),
    { level: 'memory', bytes: Math.min(beyond, floor(mostBytes)) },
  ];
}

function figuresOf(
  config: CpuConfig,
  measurements: readonly Measurement[],
  library: string,
): readonly MeasuredFigure[] {
  const byKey = new Map(measurements.map((measurement) => [measurement.key, measurement.value]));
  const get = (key: MeasurementKey) => byKey.get(key);
  const need = (key: MeasurementKey) => {
    const value = get(key);
    invariant(value !== undefined, () => `calibration lacks ${key}`);
    return value;
  };
  const figures: MeasuredFigure[] = [];
  const add = (path: string, value: number, unit: string, cite: string) =>
    figures.push({ path, value: Number(value.toPrecision(DIGITS)), unit, cite });

  const clock = need('clock');
  const { lineBytes, simd, overlap, l3 } = config;
  add('clock', clock, 'Hz', 'a chain of dependent additions, one a cycle');

  // Many cores are never supplied with less than one is; a busy machine may still measure it so.
  const bandwidth = Math.max(need('cores.memory'), need('read.memory'));
  const latency = need('latency.memory');
  add('memory.bandwidth', bandwidth, 'B/s', 'reads in order on all cores, in WebAssembly');
  add('memory.sustained', 1, 'ratio', 'the bandwidth is measured as sustained');
  add('memory.latency', latency * 1e9, 'ns', CHASE);
  const outstanding = Math.max(1, Math.round((need('read.memory') * latency) / lineBytes));
  add('memory.outstandingLines', outstanding, 'count', "one core's bandwidth in order × latency ÷ line");

  let inner = need('read.l1');
  for (const level of ['l2', 'l3'] as const) {
    if (level === 'l3' && l3.capacity === 0) break;
    const rate = need(`read.${level}`);
    // Where transfers exclude each other, a level's path takes what the level adds to the time of the one inside it.
    const seconds = overlap === 'serial' ? 1 / rate - 1 / inner : 1 / rate;
    const cite = `reads in order${overlap === 'serial' ? ', less the time from the level inside' : ''}`;
    if (rate < LOOP_BOUND * inner) add(`${level}.bytesPerCycle`, 1 / (seconds * clock), 'per cycle', cite);
    inner = Math.min(inner, rate);
    add(`${level}.latency`, need(`latency.${level}`) * clock, 'cycles', CHASE);
  }

  const outer = l3.capacity > 0 ? 'l3' : 'memory';
  const parallel = Math.max(1, Math.round(need(`latency.${outer}`) / need(`gather.${outer}`)));
  add('fillBuffers', parallel, 'count', `${outer}: latency ÷ time of reads that do not wait for each other`);
  add('sparse.cyclesPerNonzero', need('gather.l1') * clock, 'cycles', 'a scalar CSR loop in WebAssembly, all in L1');

  const peak = clock * 2 * lanesOf(config) * simd.fmaPerCycle;
  const gemm = Math.min(1, need('peak.library') / peak);
  add('dense.gemmEfficiency', gemm, 'ratio', `square matrix product by ${library} over the peak of one core`);
  const stream = Math.min(1, need('library.stream') / need('cores.matrix'));
  add('dense.streamShare', stream, 'ratio', `matrix × vector by ${library} over reads in order of as many bytes`);
  add('call.entry', need('library.layer') * 1e6, 'us', `one more tiny layer in ${library}`);

  const idle = get('power.idle');
  const busy = get('power.busy');
  if (idle !== undefined && busy !== undefined && busy > idle) {
    add('energy.idle', idle, 'W', 'running average power limit counters, waiting');
    add('energy.core', busy - idle, 'W', 'the same with one core multiplying and adding, less the idle power');
  }
  return figures;
}

/** Replaces a figure that the document has: a preset must not grow keys that its schema does not know. */
function put(document: unknown, path: readonly string[], figure: object): void {
  let node = document;
  for (const key of path.slice(0, -1)) node = isRecord(node) ? node[key] : undefined;
  const last = path.at(-1) ?? '';
  invariant(isRecord(node) && last in node, () => `the machine's preset has no ${path.join('.')}`);
  node[last] = figure;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function comments(measurements: readonly Measurement[]): string {
  const lines = measurements.map(({ what, value, median, worst, unit, repetitions }) => {
    const [best, middle, last] = [value, median, worst].map((each) => each.toExponential(2));
    return `#   ${what}: ${best} ${unit} (${middle}, ${last}; ${repetitions} times)`;
  });
  return ['# Measured by zeroskip calibrate; best (median, worst):', ...lines, ''].join('\n');
}
