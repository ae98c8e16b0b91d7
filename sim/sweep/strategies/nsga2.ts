// Deb, Pratap, Agarwal and Meyarivan, "A fast and elitist multiobjective genetic algorithm:
// NSGA-II", IEEE Trans. Evolutionary Computation 6(2), 2002: constrained domination, ranks,
// crowding; simulated binary crossover and polynomial mutation on places in the unit cube. Axes of
// levels step to neighbours or jump, as a polynomial step would seldom leave a level. No design is
// proposed twice: one that was met before is bred anew.

import { createRandom, type Random } from '../../../workloads/base/random.js';
import type { Axis } from '../axes.js';
import { dominates } from '../pareto.js';
import { keyOf, type Settings, type Space } from '../space.js';
import { latinRows } from './samples.js';
import type { Outcome, Strategy } from './strategy.js';

const DEFAULT_POPULATION = 40;
/** Distribution indices and probability of crossover as in the paper's Section IV. */
const CROSSOVER_INDEX = 20;
const MUTATION_INDEX = 20;
const CROSSOVER_SHARE = 0.9;
/**
 * Tries to breed a design that was not met before, for each one wanted; then designs are drawn at
 * random.
 */
const TRIES_PER_CHILD = 50;

interface Member extends Outcome {
  readonly places: Float64Array;
}

interface Ranked extends Member {
  readonly rank: number;
  readonly crowding: number;
}

export function nsga2(population = DEFAULT_POPULATION): Strategy {
  return {
    adaptive: true,
    *propose({ space, budget, seed }) {
      const draw = createRandom(seed, 'sweep/nsga2');
      const seen = new Set<string>();
      let left = budget;
      const size = () => Math.min(population, left);
      let batch = fresh(latinRows(space.axes.length, size(), draw), size(), space, seen, draw);
      let parents: readonly Ranked[] = [];
      while (batch.length > 0) {
        left -= batch.length;
        const outcomes = yield batch;
        const children = batch.flatMap((settings, at) => {
          const outcome = outcomes[at];
          return outcome ? [{ ...outcome, places: space.placesOf(settings) }] : [];
        });
        parents = survivors([...parents, ...children], population);
        const bred = Array.from(
          { length: size() * TRIES_PER_CHILD },
          () => () => breed(parents, space.axes, draw),
        );
        batch = fresh(lazily(bred), size(), space, seen, draw);
      }
    },
  };
}

function* lazily(makers: readonly (() => Float64Array)[]) {
  for (const make of makers) yield make();
}

/**
 * Up to `count` designs that were not met before, from `places` as far as they go, then from random
 * ones.
 */
function fresh(
  places: Iterable<Float64Array>,
  count: number,
  space: Space,
  seen: Set<string>,
  draw: Random,
): readonly Settings[] {
  const designs: Settings[] = [];
  const take = (place: Float64Array) => {
    const settings = space.at(place);
    const key = keyOf(settings);
    if (!seen.has(key)) designs.push(settings);
    seen.add(key);
  };
  for (const place of places) {
    if (designs.length >= count) return designs;
    take(place);
  }
  for (
    let tries = 0;
    tries < count * TRIES_PER_CHILD && designs.length < count && seen.size !== space.size;
    tries++
  ) {
    take(Float64Array.from(space.axes, () => draw.uniform()));
  }
  return designs;
}

/**
 * Whether `a` is to be kept rather than `b`: valid before refused, less outside the bounds, or
 * dominating.
 */
function beats(a: Outcome, b: Outcome): boolean {
  if (!a.objectives || !b.objectives) return a.objectives !== null && b.objectives === null;
  if (a.violation > 0 || b.violation > 0) return a.violation < b.violation;
  return dominates(a.objectives, b.objectives);
}

/** The best `count` members by rank, then by crowding. */
function survivors(members: readonly Member[], count: number): readonly Ranked[] {
  const kept: Ranked[] = [];
  for (const [rank, front] of fronts(members).entries()) {
    const crowded = crowd(front).map(
      ([member, crowding]): Ranked => ({ ...member, rank, crowding }),
    );
    crowded.sort((a, b) => b.crowding - a.crowding);
    kept.push(...crowded.slice(0, count - kept.length));
    if (kept.length >= count) break;
  }
  return kept;
}

/** Members that none beats, then those beaten by these alone, and so on. */
function fronts(members: readonly Member[]): readonly (readonly Member[])[] {
  const beaten = members.map((member) =>
    members.flatMap((other, at) => (beats(member, other) ? [at] : [])),
  );
  const counts = members.map((member) => members.filter((other) => beats(other, member)).length);
  const result: (readonly Member[])[] = [];
  let current = counts.flatMap((count, at) => (count === 0 ? [at] : []));
  while (current.length > 0) {
    result.push(current.flatMap((at) => members[at] ?? []));
    const next: number[] = [];
    for (const at of current) {
      for (const other of beaten[at] ?? []) {
        counts[other] = (counts[other] ?? 0) - 1;
        if (counts[other] === 0) next.push(other);
      }
    }
    current = next;
  }
  return result;
}

/**
 * How far apart each member's neighbours are, summed over the objectives; the outermost ones are
 * kept first.
 */
function crowd(front: readonly Member[]): readonly (readonly [Member, number])[] {
  const distances = new Map(front.map((member) => [member, 0]));
  const dimensions = front[0]?.objectives?.length ?? 0;
  for (let axis = 0; axis < dimensions; axis++) {
    const value = (member: Member | undefined) => member?.objectives?.[axis] ?? 0;
    const sorted = front.toSorted((a, b) => value(a) - value(b));
    const span = value(sorted.at(-1)) - value(sorted[0]);
    for (const [at, member] of sorted.entries()) {
      const isEnd = at === 0 || at === sorted.length - 1;
      const gap = span > 0 ? (value(sorted[at + 1]) - value(sorted[at - 1])) / span : 0;
      distances.set(member, isEnd ? Number.POSITIVE_INFINITY : (distances.get(member) ?? 0) + gap);
    }
  }
  return [...distances];
}

/** A child of two parents, each the better of two drawn. */
function breed(parents: readonly Ranked[], axes: readonly Axis[], draw: Random): Float64Array {
  const chosen = () => {
    const one = parents[draw.below(parents.length)];
    const other = parents[draw.below(parents.length)];
    if (!one || !other) return one ?? other;
    return one.rank < other.rank || (one.rank === other.rank && one.crowding >= other.crowding)
      ? one
      : other;
  };
  const mother = chosen();
  const father = chosen();
  const crosses = draw.uniform() < CROSSOVER_SHARE;
  return Float64Array.from(axes, (axis, at) => {
    const a = mother?.places[at] ?? 0.5;
    const b = father?.places[at] ?? 0.5;
    const place = crosses && draw.uniform() < 0.5 ? cross(a, b, axis, draw) : a;
    return draw.uniform() < 1 / axes.length ? mutate(place, axis, draw) : place;
  });
}

const MAX = 1 - 2 ** -32;
const inside = (place: number) => Math.min(MAX, Math.max(0, place));

function cross(a: number, b: number, { ordered }: Axis, draw: Random): number {
  if (!ordered) return b;
  const u = draw.uniform();
  const power = 1 / (CROSSOVER_INDEX + 1);
  const spread = u <= 0.5 ? (2 * u) ** power : (1 / (2 * (1 - u))) ** power;
  const sign = draw.uniform() < 0.5 ? 1 : -1;
  return inside(0.5 * ((1 + sign * spread) * a + (1 - sign * spread) * b));
}

function mutate(place: number, { labels, ordered }: Axis, draw: Random): number {
  if (labels) {
    if (!ordered || draw.uniform() < 0.5) return draw.uniform();
    return inside(place + (draw.uniform() < 0.5 ? 1 : -1) / labels.length);
  }
  const u = draw.uniform();
  const power = 1 / (MUTATION_INDEX + 1);
  return inside(place + (u < 0.5 ? (2 * u) ** power - 1 : 1 - (2 * (1 - u)) ** power));
}
