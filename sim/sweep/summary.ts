// Summarises a sweep: the number of designs, the best ones, the front, and why designs were
// refused.

import { type KnownError, knownErrorOf } from '../known-errors.js';
import { has } from '../modelled.js';
import { hypervolume, type Objectives, ParetoFront } from './pareto.js';
import { hardwareOf, type SweepPlan } from './plan.js';
import { designsOf, outcomeOf } from './run.js';
import type { StoredResult } from './store.js';

export interface SweepSummary {
  readonly plan: SweepPlan;
  /** Results that are there. */
  readonly designs: number;
  /** Designs that the sweep evaluates at most; null where that is not known. */
  readonly planned: number | null;
  readonly feasible: number;
  /** Why models refused designs, most frequent first. */
  readonly refusals: readonly { readonly fault: string; readonly designs: number }[];
  /** Feasible designs that no other one beats in every objective, by the first objective. */
  readonly front: readonly StoredResult[];
  /**
   * Every so-manieth of the designs that the models accept, feasible or not: enough for a picture.
   */
  readonly sample: readonly StoredResult[];
  /** By objective, over the feasible designs; empty where there are none. */
  readonly best: readonly number[];
  readonly worst: readonly number[];
  /**
   * The share of the box from best to `reference` that the front covers; null without feasible
   * designs.
   */
  readonly hypervolume: number | null;
  /** By objective: where the box ends. */
  readonly reference: readonly number[];
  /** What is known of the time of each device that designs vary, by its label in the spec. */
  readonly knownErrors: ReadonlyMap<string, KnownError>;
  /** What a reader must know of the figures. */
  readonly notes: readonly string[];
}

interface SummaryOptions {
  /** Bounds the hypervolume; without it the worst feasible values do. */
  readonly reference?: readonly number[] | undefined;
  /** Known errors of models against published times. */
  readonly errors?: readonly KnownError[];
}

/** Designs of a sample, at most. */
const LARGEST_SAMPLE = 2000;

/** Different texts of refusals that are kept apart. */
const MAX_REFUSALS = 100;

/** Sums up results. */
export async function summarizeSweep(
  plan: SweepPlan,
  results: AsyncIterable<readonly StoredResult[]>,
  { reference, errors = [] }: SummaryOptions = {},
): Promise<SweepSummary> {
  const front = new ParetoFront<StoredResult>();
  const refusals = new Map<string, number>();
  let sample: StoredResult[] = [];
  let every = 1;
  let accepted = 0;
  let designs = 0;
  let feasible = 0;
  let best: readonly number[] = [];
  let worst: readonly number[] = [];
  for await (const batch of results) {
    designs += batch.length;
    for (const result of batch) {
      if (result.fault !== null && (refusals.has(result.fault) || refusals.size < MAX_REFUSALS)) {
        refusals.set(result.fault, (refusals.get(result.fault) ?? 0) + 1);
      }
      if (result.fault === null && accepted++ % every === 0) sample.push(result);
      if (sample.length > LARGEST_SAMPLE) {
        sample = sample.filter((_, at) => at % 2 === 0);
        every *= 2;
      }
      const { objectives } = outcomeOf(plan, result);
      if (!result.feasible || !objectives) continue;
      feasible++;
      front.add(result, objectives);
      best = objectives.map((value, at) => Math.min(value, best[at] ?? value));
      worst = objectives.map((value, at) => Math.max(value, worst[at] ?? value));
    }
  }
  const bound = reference ?? worst;
  return {
    plan,
    designs,
    planned: designsOf(plan),
    feasible,
    refusals: [...refusals]
      .map(([fault, count]) => ({ fault, designs: count }))
      .sort((a, b) => b.designs - a.designs),
    front: front.items(),
    sample,
    best,
    worst,
    hypervolume: feasible > 0 ? coveredShare(front.objectives(), best, bound) : null,
    reference: bound,
    ...aboutBases(plan, errors),
  };
}

/** What is known of the devices that designs vary, in the precision of the sweep. */
function aboutBases({ spec, bases }: SweepPlan, errors: readonly KnownError[]) {
  const { precision: asked } = spec;
  const knownErrors = new Map<string, KnownError>();
  const notes: string[] = [];
  for (const base of bases) {
    const { name, precisions } = hardwareOf(base);
    const isThere = has(precisions, asked);
    if (!isThere) notes.push(`no ${asked} on ${base.label}: computed in ${precisions[0]}`);
    // The fastest of several may be another one in every layer.
    const used = isThere && asked ? asked : precisions[0];
    const known = used === 'best' ? null : knownErrorOf(errors, name, used);
    if (known) knownErrors.set(base.label, known);
  }
  return { knownErrors, notes };
}

/**
 * The share of the box from `best` to `reference` that a front covers. An objective above zero
 * enters as its logarithm: designs lie decades apart, and of such a box nearly any front covers
 * nearly all. One that does not vary has no side.
 */
export function coveredShare(
  front: readonly Objectives[],
  best: Objectives,
  reference: Objectives,
): number {
  const axes = reference.flatMap((value, at) => (value > (best[at] ?? value) ? [at] : []));
  const scale = (point: Objectives) =>
    axes.map((at) => {
      const [value = 0, low = 0, high = 0] = [point[at], best[at], reference[at]];
      if (!(low > 0)) return (value - low) / (high - low);
      return Math.log(value / low) / Math.log(high / low);
    });
  return axes.length === 0 ? 1 : hypervolume(front.map(scale), scale(reference));
}
