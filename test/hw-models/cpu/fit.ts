// Fits the four efficiencies and the three powers of the i7-5930k preset, and states what the model's errors are.
// npx tsx test/hw-models/cpu/fit.ts prints both as Markdown; README.md of the model carries its output.

import { pathToFileURL } from 'node:url';
import { bind } from '../../../hw-models/bind.js';
import type { Preset } from '../../../hw-models/contract.js';
import { joulesOf, secondsOf } from '../../../hw-models/cost.js';
import type { CpuConfig } from '../../../hw-models/cpu/config.js';
import { cpu } from '../../../hw-models/cpu/index.js';
import { fitThree, type Observation } from './least-absolute.js';
import { benchmarkLayers, benchmarkTask, cpuPreset, type PublishedRow, publishedRows } from './published.js';

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] as number) + (sorted[Math.floor(middle)] as number)) / 2;
}

export interface Comparison {
  readonly layer: string;
  readonly published: number;
  readonly modelled: number;
  /** modelled / published − 1 */
  readonly error: number;
}

function compare(layer: string, published: number, modelled: number): Comparison {
  return { layer, published, modelled, error: modelled / published - 1 };
}

function costOf(preset: Preset<CpuConfig>, row: PublishedRow, at: number) {
  const layer = benchmarkLayers[at];
  const cost = layer && bind(cpu, preset).cost([benchmarkTask(layer, row.batch)], row.kernel)[0];
  if (!cost) throw new Error(`no cost for layer ${at}`);
  return cost;
}

/** Microseconds a frame against Table IV, one row. */
export function timeErrors(preset: Preset<CpuConfig>, row: PublishedRow): readonly Comparison[] {
  return row.microseconds.map((published, at) =>
    compare(benchmarkLayers[at]?.name ?? '', published, (secondsOf(costOf(preset, row, at)) / row.batch) * 1e6),
  );
}

/** Watts against Deep Compression's Table 9, one row. */
export function powerErrors(preset: Preset<CpuConfig>, row: PublishedRow): readonly Comparison[] {
  return row.watts.map((published, at) => {
    const cost = costOf(preset, row, at);
    return compare(benchmarkLayers[at]?.name ?? '', published, (joulesOf(cost) ?? 0) / secondsOf(cost));
  });
}

interface Parameter {
  readonly row: number;
  readonly range: readonly [slowest: number, fastest: number];
  set(config: CpuConfig, value: number): CpuConfig;
}

/** One efficiency for each row of the table, shared by its nine layers. */
export const parameters: readonly Parameter[] = [
  {
    row: 0,
    range: [0.01, 1],
    set: (config, streamShare) => ({ ...config, dense: { ...config.dense, streamShare } }),
  },
  {
    row: 1,
    range: [100, 0.1],
    set: (config, cyclesPerNonzero) => ({ ...config, sparse: { ...config.sparse, cyclesPerNonzero } }),
  },
  {
    row: 2,
    range: [0.01, 1],
    set: (config, gemmEfficiency) => ({ ...config, dense: { ...config.dense, gemmEfficiency } }),
  },
  {
    row: 3,
    range: [0.001, 1],
    set: (config, spmmEfficiency) => ({ ...config, sparse: { ...config.sparse, spmmEfficiency } }),
  },
];

const HALVINGS = 40;

/** Dense, batch 1: the paper's geometric means are taken against it, so its own must not be biased. */
const BASELINE_ROW = 0;

/**
 * The value at which the median of modelled over published is 1, over all layers but `leftOut`: with one efficiency to a
 * row, the least absolute logarithms lie there. In the baseline's row it is the geometric mean.
 */
export function fitParameter(preset: Preset<CpuConfig>, { row, range, set }: Parameter, leftOut = -1): number {
  let [slow, fast] = range;
  const target = publishedRows[row] as PublishedRow;
  for (let i = 0; i < HALVINGS; i++) {
    const middle = Math.sqrt(slow * fast);
    const errors = timeErrors({ ...preset, config: set(preset.config, middle) }, target);
    const kept = errors.filter((_, at) => at !== leftOut).map(({ error }) => error);
    if ((row === BASELINE_ROW ? meanError(kept) : median(kept)) > 0) slow = middle;
    else fast = middle;
  }
  return Math.sqrt(slow * fast);
}

/** All four fitted, in an order in which none moves a row fitted before it: GEMM also packs at `streamShare`. */
export function fitAll(preset: Preset<CpuConfig>, leftOut = -1): Preset<CpuConfig> {
  let fitted = preset;
  for (const parameter of parameters) {
    fitted = { ...fitted, config: parameter.set(fitted.config, fitParameter(fitted, parameter, leftOut)) };
  }
  return fitted;
}

export type Powers = Pick<CpuConfig['energy'], 'instruction' | 'core' | 'idle'>;

/** Watts of a row's layers by what the three powers are multiplied with, and what the rest of the energy draws. */
function observationsOf(preset: Preset<CpuConfig>, row: PublishedRow): readonly Observation[] {
  const { instruction, core, idle } = preset.config.energy;
  return row.watts.map((published, at) => {
    const cost = costOf(preset, row, at);
    const seconds = secondsOf(cost);
    const drawn = { instructions: 0, core: 0, static: 0, ...cost.joules };
    const varied = drawn.instructions + drawn.core + drawn.static;
    return {
      factors: [drawn.instructions / instruction / seconds, drawn.core / core / seconds, drawn.static / idle / seconds],
      fixed: ((joulesOf(cost) ?? 0) - varied) / seconds,
      published,
    };
  });
}

/** The least absolute logarithms over all powers but those of the layer `leftOut`. */
export function fitPowers(preset: Preset<CpuConfig>, leftOut = -1): Powers {
  const [instruction, core, idle] = fitThree(
    publishedRows.flatMap((row) => observationsOf(preset, row).filter((_, at) => at !== leftOut)),
  );
  return { instruction, core, idle };
}

/** Errors of each layer's powers by parameters fitted on the other five. */
export function leavePowersOut(preset: Preset<CpuConfig>): readonly number[] {
  return benchmarkLayers.slice(0, publishedRows[0]?.watts.length).flatMap((_, at) => {
    const energy = { ...preset.config.energy, ...fitPowers(preset, at) };
    const fitted = { ...preset, config: { ...preset.config, energy } };
    return publishedRows.map((row) => powerErrors(fitted, row)[at]?.error ?? Number.NaN);
  });
}

/** Errors of each layer's times by parameters fitted on the other eight. */
export function leaveOneOut(preset: Preset<CpuConfig>): readonly number[] {
  return benchmarkLayers.flatMap((_, at) => {
    const fitted = fitAll(preset, at);
    return publishedRows.map((row) => timeErrors(fitted, row)[at]?.error ?? Number.NaN);
  });
}

function percent(error: number): string {
  const rounded = Math.round(100 * error);
  return `${rounded < 0 ? '−' : rounded > 0 ? '+' : ''}${Math.abs(rounded)} %`;
}

const absolute = (errors: readonly number[]) => errors.map(Math.abs);
const tenths = (error: number) => `${(100 * error).toFixed(1)} %`;
function signedTenths(error: number): string {
  const rounded = Math.round(1000 * error);
  return `${rounded < 0 ? '−' : rounded > 0 ? '+' : ''}${tenths(Math.abs(error))}`;
}

/** By how much the geometric mean of modelled over published is off. */
export function meanError(errors: readonly number[]): number {
  return Math.exp(errors.reduce((total, error) => total + Math.log1p(error), 0) / errors.length) - 1;
}

function table(
  title: string,
  errorsOf: (row: PublishedRow) => readonly Comparison[],
  layers: readonly string[],
): string {
  const rows = publishedRows.map((row) => ({ row, errors: errorsOf(row).map(({ error }) => error) }));
  const all = absolute(rows.flatMap(({ errors }) => errors));
  return [
    title,
    '',
    `| kernel | ${layers.join(' | ')} | median abs. | geometric mean |`,
    `| --- |${layers.map(() => ' --- |').join('')} --- | --- |`,
    ...rows.map(
      ({ row: { kernel, batch }, errors }) =>
        `| ${kernel}, batch ${batch} | ${errors.map(percent).join(' | ')} | ${tenths(median(absolute(errors)))} | ${signedTenths(meanError(errors))} |`,
    ),
    '',
    `Median absolute error of all ${all.length}: ${tenths(median(all))}; ${all.filter((error) => error <= 0.2).length} within 20 %.`,
    '',
  ].join('\n');
}

/** The errors as they stand in the model's README.md. */
export function errorReport(preset: Preset<CpuConfig>): string {
  const names = benchmarkLayers.map(({ name }) => name);
  return [
    table('**Time** against EIE, Table IV (µs a frame):', (row) => timeErrors(preset, row), names),
    table('**Power** against Deep Compression, Table 9 (W):', (row) => powerErrors(preset, row), names.slice(0, 6)),
    `Each layer left out of the fit in turn: median absolute error of the times ${tenths(median(absolute(leaveOneOut(preset))))}, of the powers ${tenths(median(absolute(leavePowersOut(preset))))}.`,
  ].join('\n');
}

function main() {
  const preset = cpuPreset('i7-5930k');
  const { dense, sparse } = fitAll(preset).config;
  const powers = fitPowers(preset);
  console.log(`dense.streamShare ${dense.streamShare.toPrecision(3)}`);
  console.log(`dense.gemmEfficiency ${dense.gemmEfficiency.toPrecision(3)}`);
  console.log(`sparse.cyclesPerNonzero ${sparse.cyclesPerNonzero.toPrecision(3)}`);
  console.log(`sparse.spmmEfficiency ${sparse.spmmEfficiency.toPrecision(3)}`);
  console.log(`energy.instruction ${(powers.instruction * 1e9).toPrecision(3)} nJ`);
  console.log(`energy.core ${powers.core.toPrecision(3)} W\nenergy.idle ${powers.idle.toPrecision(3)} W`);
  console.log(`\n${errorReport(preset)}`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main();
