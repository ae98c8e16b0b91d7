// Knowles, "ParEGO: a hybrid algorithm with on-line landscape approximation for expensive
// multiobjective optimization problems", IEEE Trans. Evolutionary Computation 10(1), 2006: a random
// weighting makes one objective of several (augmented Tchebycheff), a Gaussian process models it,
// and the design of the greatest expected improvement comes next. Objectives enter as logarithms:
// they span decades. A batch takes a weighting for each of its designs.

import { cumulativeStdNormalProbability } from 'simple-statistics';
import { createRandom, type Random } from '../../../workloads/base/random.js';
import { keyOf, type Settings, type Space } from '../space.js';
import { fitProcess, type GaussianProcess } from './gaussian-process.js';
import { latinRows } from './samples.js';
import type { Outcome, Strategy } from './strategy.js';

const DEFAULT_BATCH = 4;
/** Designs that a model is fitted to at most: its work grows with their cube. */
const MAX_FITTED = 200;
/**
 * Candidates among which the expected improvement is sought: at random, and near the best designs.
 */
const RANDOM_CANDIDATES = 400;
const NEAR_CANDIDATES = 400;
const NEAR_BEST = 10;
const NEAR_STEP = 0.1;
/** ParEGO's weight of the sum beside the largest term. */
const AUGMENTATION = 0.05;
/** What a design outside its bounds, or refused, costs at least beside the worst valid one. */
const PENALTY = 1;

interface Evaluated extends Outcome {
  readonly places: Float64Array;
}

export function bayesian(initial?: number, perModel = DEFAULT_BATCH): Strategy {
  return {
    adaptive: true,
    *propose({ space, budget, seed, objectives }) {
      const draw = createRandom(seed, 'sweep/bayesian');
      const seen = new Set<string>();
      const known: Evaluated[] = [];
      const first = Math.min(budget, initial ?? Math.max(10, 4 * space.axes.length));
      let batch = unmet(latinRows(space.axes.length, first, draw), space, seen, first);
      let left = budget;
      while (batch.length > 0) {
        left -= batch.length;
        const outcomes = yield batch;
        for (const [at, settings] of batch.entries()) {
          const outcome = outcomes[at];
          if (outcome) known.push({ ...outcome, places: space.placesOf(settings) });
        }
        const next: Settings[] = [];
        for (let at = 0; at < Math.min(perModel, left); at++)
          next.push(...propose(known, space, seen, objectives, draw));
        batch = next;
      }
    },
  };
}

/**
 * The design that one random weighting of the objectives expects most of, or none where all were
 * met.
 */
function propose(
  known: readonly Evaluated[],
  space: Space,
  seen: Set<string>,
  objectives: number,
  draw: Random,
): readonly Settings[] {
  const costs = costsUnder(weighting(objectives, draw), known);
  const order = costs.map((_, at) => at).sort((a, b) => (costs[a] ?? 0) - (costs[b] ?? 0));
  const fitted = order.length <= MAX_FITTED ? order : chosen(order, draw);
  const process = fitProcess(
    fitted.flatMap((at) => known[at]?.places ?? []),
    fitted.flatMap((at) => costs[at] ?? []),
  );
  const best = costs[order[0] ?? 0] ?? 0;
  const near = order.slice(0, NEAR_BEST).flatMap((at) => known[at]?.places ?? []);
  const candidates = [
    ...Array.from({ length: RANDOM_CANDIDATES }, () =>
      Float64Array.from(space.axes, () => draw.uniform()),
    ),
    ...Array.from({ length: NEAR_CANDIDATES }, () =>
      nudged(near[draw.below(near.length)], space, draw),
    ),
  ];
  let top = -1;
  let found: Settings | null = null;
  for (const candidate of candidates) {
    const settings = space.at(candidate);
    if (seen.has(keyOf(settings))) continue;
    const improvement = expectedImprovement(process, space.placesOf(settings), best);
    if (improvement > top) [top, found] = [improvement, settings];
  }
  if (!found) return [];
  seen.add(keyOf(found));
  return [found];
}

/** The best half and a random half of what is too much to fit. */
function chosen(order: readonly number[], draw: Random): readonly number[] {
  const best = order.slice(0, MAX_FITTED / 2);
  const rest = order.slice(MAX_FITTED / 2);
  while (rest.length > MAX_FITTED / 2) rest.splice(draw.below(rest.length), 1);
  return [...best, ...rest];
}

/** A place with some of its coordinates drawn anew or moved a little. */
function nudged(place: Float64Array | undefined, space: Space, draw: Random): Float64Array {
  return Float64Array.from(space.axes, ({ ordered, labels }, at) => {
    const from = place?.[at] ?? 0.5;
    if (draw.uniform() < 0.5) return from;
    if (!ordered) return draw.uniform();
    const step = Math.max(NEAR_STEP, 1.5 / (labels?.length ?? Number.POSITIVE_INFINITY));
    return Math.min(1 - 2 ** -32, Math.max(0, from + step * (2 * draw.uniform() - 1)));
  });
}

/** Weights that add up to 1, uniform over all such (Rubinstein: spacings of exponential draws). */
function weighting(objectives: number, draw: Random): readonly number[] {
  const draws = Array.from({ length: objectives }, () => -Math.log(1 - draw.uniform()));
  const sum = draws.reduce((a, b) => a + b, 0);
  return draws.map((value) => value / sum);
}

/**
 * One cost for each design: logarithms of objectives scaled to 0 … 1, weighted; designs that may
 * not be are worse than all.
 */
function costsUnder(weights: readonly number[], known: readonly Evaluated[]): readonly number[] {
  const logs = known.map(({ objectives }) =>
    objectives?.map((value) => Math.log(Math.max(value, Number.MIN_VALUE))),
  );
  const spans = weights.map((_, axis) => {
    const values = logs.flatMap((log) => log?.[axis] ?? []);
    const min = Math.min(...values);
    return { min, span: Math.max(...values) - min || 1 };
  });
  const raw = logs.map((log) => {
    if (!log) return null;
    const terms = log.map((value, axis) => {
      const { min = 0, span = 1 } = spans[axis] ?? {};
      return ((weights[axis] ?? 0) * (value - min)) / span;
    });
    return Math.max(...terms) + AUGMENTATION * terms.reduce((a, b) => a + b, 0);
  });
  const worst = Math.max(0, ...raw.flatMap((cost) => cost ?? []));
  return raw.map((cost, at) => {
    const { violation = 0 } = known[at] ?? {};
    if (cost === null) return worst + 2 * PENALTY;
    return violation > 0 ? worst + PENALTY * Math.min(1, violation) : cost;
  });
}

/**
 * Jones, Schonlau and Welch, J. Global Optimization 13, 1998, equation 15, of a cost that is to be
 * small.
 */
function expectedImprovement(process: GaussianProcess, place: Float64Array, best: number): number {
  const { mean, deviation } = process.predict(place);
  if (!(deviation > 0)) return Math.max(0, best - mean);
  const z = (best - mean) / deviation;
  return (
    (best - mean) * cumulativeStdNormalProbability(z) +
    (deviation * Math.exp(-0.5 * z * z)) / Math.sqrt(2 * Math.PI)
  );
}

function unmet(
  places: readonly Float64Array[],
  space: Space,
  seen: Set<string>,
  count: number,
): readonly Settings[] {
  const designs: Settings[] = [];
  for (const place of places) {
    const settings = space.at(place);
    if (designs.length >= count || seen.has(keyOf(settings))) continue;
    seen.add(keyOf(settings));
    designs.push(settings);
  }
  return designs;
}
