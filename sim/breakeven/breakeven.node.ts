// Break-even points by names: draws a network at each level of an axis and costs or runs it on
// every contender.

import type { EngineBuild } from '../../hw-models/host/engine/builds.js';
import { createExecutor } from '../../hw-models/host/executors.js';
import { loadHardware } from '../../hw-models/presets.node.js';
import { InputError, requireWhole } from '../../workloads/base/errors.js';
import type { Model } from '../../workloads/model.js';
import { drawModel } from '../../workloads/synthesis.js';
import type { ZooEntry } from '../../workloads/zoo/entry.js';
import { type Contender, compareModel } from '../compare.js';
import { type Densities, densitiesAt } from '../densities.js';
import { openWorkload } from '../open.node.js';
import { type Progress, silent } from '../progress.js';
import { type Names, namesIn, resolveContender } from '../resolve.node.js';
import type { HardwareResult } from '../result.js';
import { type Trace, traceRandom } from '../trace.js';
import { publishedTables } from '../validate/tables.node.js';
import {
  type AxisName,
  type AxisPoint,
  type AxisResult,
  axisNames,
  type ContenderFacts,
  type Costs,
  judge,
} from './breakeven.js';
import { type Design, type Designs, designsOf } from './designs.node.js';
import { modelErrors } from './model-errors.js';

/** The paper's platforms, each with its dense and its sparse kernel. */
export const BREAKEVEN_HARDWARE = [
  ...[
    'i7-5930k:dense',
    'i7-5930k:sparse',
    'titan-x:dense',
    'titan-x:sparse',
    'tegra-k1:dense',
    'tegra-k1:sparse',
  ],
  'eie-64',
] as const;

/** Of the paper's table, and drawn in seconds. */
export const BREAKEVEN_WORKLOAD = 'alex-8';

const LEVELS: Readonly<Record<AxisName, readonly number[]>> = {
  weightDensity: [0.01, 0.02, 0.04, 0.07, 0.1, 0.15, 0.22, 0.32, 0.48, 0.7, 1],
  activationDensity: [0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 1],
  batch: [1, 2, 4, 8, 16, 32, 64, 128, 256],
};

/** Levels of a map: fewer, as each is met with each. */
const MAP_LEVELS = {
  weightDensity: [0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.6, 1],
  batch: [1, 2, 4, 8, 16, 32, 64, 128, 256],
} as const;

export interface BreakevenRequest {
  /** A network that weights are drawn for. */
  readonly workload?: string;
  /** `NAME[:KERNEL]`, `FILE.yaml[:KERNEL]` or `host[:EXECUTOR]`, two or more. */
  readonly hardware?: Names;
  /**
   * A sweep's file: every design that its axes span is a contender too, beside `hardware` where
   * that is given. Its network is the workload where none is given.
   */
  readonly designs?: string;
  readonly axes?: readonly AxisName[];
  /** Off the axis of its own; the published densities hold otherwise. */
  readonly batch?: number;
  readonly weightDensity?: number;
  readonly activationDensity?: number;
  /** Draws that each point is made from. */
  readonly seeds?: number;
  readonly repeat?: number;
  readonly threads?: number;
  /** Left out: native kernels where they can be built. */
  readonly engine?: EngineBuild;
  /** Also who wins at each weight density and batch together. */
  readonly map?: boolean;
  readonly progress?: Progress;
}

/** Who costs least at one weight density and batch. */
export interface MapCell {
  readonly weightDensity: number;
  readonly batch: number;
  /** By contender. */
  readonly costs: readonly Costs[];
}

export interface Breakeven {
  readonly workload: { readonly name: string; readonly title: string };
  /** What holds off an axis; null densities are the published ones. */
  readonly base: Densities & { readonly batch: number };
  readonly seeds: number;
  readonly contenders: readonly ContenderFacts[];
  readonly axes: readonly AxisResult[];
  readonly map: readonly MapCell[] | null;
}

type Place = Densities & { readonly batch: number };

/**
 * @throws InputError for unknown names, fewer than two contenders, or densities of a network with
 *   weights of its own.
 */
export async function breakeven(request: BreakevenRequest = {}): Promise<Breakeven> {
  const { axes = axisNames, batch = 1 } = request;
  const {
    weightDensity = null,
    activationDensity = null,
    seeds = 3,
    repeat = 5,
    threads = 1,
  } = request;
  const { map = false, progress = silent } = request;
  for (const [name, value] of Object.entries({ batch, seeds, repeat, threads }))
    requireWhole(name, value, 1);
  const spanned = request.designs === undefined ? null : await designsOf(request.designs);
  const named = namesIn(request.hardware ?? (spanned ? [] : BREAKEVEN_HARDWARE));
  const designs: readonly Design[] = [
    ...named.map((label) => ({
      ...{ label, isVaried: false },
      contender: resolveContender(label, threads, request),
    })),
    ...(spanned?.designs ?? []),
  ];
  const labels = designs.map(({ label }) => label);
  const contenders = designs.map(({ contender }) => contender);
  if (new Set(labels).size < 2) {
    throw new InputError(
      `found ${labels.join(', ') || 'no hardware'}, expected two or more that differ`,
    );
  }
  const { name: workload, dims } =
    request.workload === undefined ? workloadOf(spanned) : { name: request.workload, dims: {} };
  const { entry } = await openWorkload(workload, {}, new Map(Object.entries(dims)));
  const base: Place = { weightDensity, activationDensity, batch };
  const densitiesVary =
    map || axes.some((axis) => axis !== 'batch') || (weightDensity ?? activationDensity) !== null;
  if (entry.weights !== undefined && densitiesVary) {
    throw new InputError(
      `${workload}: its weights are from a file, expected batch as the only axis`,
    );
  }
  const meter = createMeter(entry, contenders, { seeds, repeat, progress });

  const results: AxisResult[] = [];
  const facts = contenderFacts(designs, await meter.at(base, 1), progress);
  for (const axis of axes) {
    const at = async (level: number): Promise<AxisPoint> => {
      return {
        level,
        costs: (await meter.at({ ...base, [axis]: level })).map(({ costs }) => costs),
      };
    };
    const points: AxisPoint[] = [];
    for (const level of LEVELS[axis]) points.push(await at(level));
    // Once more where something changes: what lies between two levels is rarely straight.
    for (const level of crossedLevels(axis, judge(axis, facts, points)))
      points.push(await at(level));
    results.push(judge(axis, facts, points));
  }
  return {
    workload: { name: entry.network.name, title: entry.network.title },
    ...{ base, seeds, contenders: facts, axes: results },
    map: map ? await mapOf(meter, base) : null,
  };
}

async function mapOf(meter: Meter, base: Place): Promise<readonly MapCell[]> {
  const cells: MapCell[] = [];
  for (const weightDensity of MAP_LEVELS.weightDensity) {
    for (const batch of MAP_LEVELS.batch) {
      const measured = await meter.at({ ...base, weightDensity, batch }, 1);
      cells.push({
        weightDensity,
        batch,
        costs: measured.flatMap(({ costs }) => costs.slice(0, 1)),
      });
    }
  }
  return cells;
}

/** The one network of a sweep. */
function workloadOf(spanned: Designs | null): Designs['workloads'][number] {
  if (spanned === null) return { name: BREAKEVEN_WORKLOAD, dims: {} };
  const [only, ...others] = spanned.workloads;
  if (only !== undefined && others.length === 0) return only;
  const names = spanned.workloads.map(({ name }) => name).join(', ');
  throw new InputError(`the sweep runs ${names}, expected one of them as the workload`);
}

/** Levels nearest to crossings that were not met yet. */
function crossedLevels(axis: AxisName, { points, verdicts }: AxisResult): readonly number[] {
  const found = verdicts.flatMap(({ pairs }) =>
    pairs.flatMap(({ crossings }) => crossings.map(({ at }) => at)),
  );
  const levels = found.map((level) =>
    axis === 'batch' ? Math.round(level) : Number(level.toPrecision(2)),
  );
  return [...new Set(levels)].filter((level) => !points.some((point) => point.level === level));
}

/** What a contender costs a frame, draw by draw. */
interface Operands {
  readonly result: HardwareResult;
  readonly costs: readonly Costs[];
}

interface Meter {
  at(place: Place, seeds?: number): Promise<readonly Operands[]>;
}

function createMeter(
  entry: ZooEntry,
  contenders: readonly Contender[],
  {
    seeds: all,
    repeat,
    progress,
  }: { readonly seeds: number; readonly repeat: number; readonly progress: Progress },
): Meter {
  const exact = createExecutor('sparse', { engine: 'wasm' });
  const draw = createDraws(entry);
  return {
    async at({ batch, ...densities }, seeds = all) {
      const rows: (readonly HardwareResult[])[] = [];
      for (let seed = 0; seed < seeds; seed++) {
        progress(
          `${entry.network.name}, ${placeText({ batch, ...densities })}, draw ${seed + 1} of ${seeds}`,
        );
        const { model, trace } = draw(densities, seed);
        rows.push(
          (await compareModel(model, trace, contenders, { batch, seed, repeat, exact })).results,
        );
      }
      return contenders.map((_, at): Operands => {
        const results = rows.map((row) => row[at] as HardwareResult);
        const costs = results.map(({ seconds, joules }) => ({
          seconds: seconds / batch,
          joules: joules === null ? null : joules / batch,
        }));
        return { result: results[0] as HardwareResult, costs };
      });
    },
  };
}

/**
 * Draws a network; all seeds of the densities met last are kept, so that a batch costs no new ones.
 */
function createDraws({ network, densities: published, weights }: ZooEntry) {
  let kept = new Map<number, { readonly model: Model; readonly trace: Trace }>();
  let at = '';
  return (densities: Densities, seed: number) => {
    const key = JSON.stringify([densities.weightDensity, densities.activationDensity]);
    if (key !== at) kept = new Map();
    at = key;
    const known = kept.get(seed);
    if (known) return known;
    const profile = densitiesAt(published, densities);
    const random = drawModel(network, profile, seed);
    const model = weights === undefined ? random : { ...random, weights, origin: 'real' as const };
    const made = { model, trace: traceRandom(network, profile, seed) };
    kept.set(seed, made);
    return made;
  };
}

function placeText({ weightDensity, activationDensity, batch }: Place): string {
  const share = (density: number | null) => (density === null ? 'published' : `${100 * density} %`);
  return `weights ${share(weightDensity)}, activations ${share(activationDensity)}, batch ${batch}`;
}

/** The published errors are found only where a model has any. */
function contenderFacts(
  designs: readonly Design[],
  measured: readonly Operands[],
  progress: Progress,
): readonly ContenderFacts[] {
  const isModelled = measured.some(({ result }) => result.origin === 'modelled');
  if (isModelled) progress('errors of the models where figures are published');
  const errors = isModelled ? modelErrors(loadHardware, publishedTables) : null;
  return measured.map(({ result: { hardware, kernel, origin, engine } }, at) => {
    const { label, isVaried } = designs[at] as Design;
    const isKnown = origin === 'modelled' && !isVaried;
    return {
      ...{ label, hardware, origin, engine },
      error: isKnown ? (errors?.(hardware, kernel) ?? null) : null,
    };
  });
}
