// Finds where each device and kernel stops winning over each other one, along weight density,
// activation density and batch.

import { median } from 'simple-statistics';
import { bandAround, type Crossing, type Curve, crossingsOf } from './crossings.js';
import type { ModelError } from './model-errors.js';

export const axisNames = ['weightDensity', 'activationDensity', 'batch'] as const;
export type AxisName = (typeof axisNames)[number];

export const objectiveNames = ['seconds', 'joules'] as const;
export type ObjectiveName = (typeof objectiveNames)[number];

/** Of one frame. */
export type Costs = Readonly<Record<ObjectiveName, number | null>>;

export interface ContenderFacts {
  /** As it was asked for, unlike any other one's. */
  readonly label: string;
  readonly hardware: string;
  readonly origin: 'modelled' | 'measured';
  /** What really ran, for a measured one. */
  readonly engine: string | null;
  /**
   * How far off it is where figures are published; null for what nobody published, and for what was
   * measured.
   */
  readonly error: ModelError | null;
}

/** Contenders whose cost is known, the least one first. */
export function ranked(
  contenders: readonly ContenderFacts[],
  costs: readonly Costs[],
  objective: ObjectiveName,
): readonly { readonly label: string; readonly value: number }[] {
  const known = contenders.flatMap(({ label }, at) => {
    const value = costs[at]?.[objective] ?? null;
    return value === null ? [] : [{ label, value }];
  });
  return known.sort((a, b) => a.value - b.value);
}

/** Costs at one level: by contender, and there by seed. */
export interface AxisPoint {
  readonly level: number;
  readonly costs: readonly (readonly Costs[])[];
}

/** Where two contenders cost the same. */
export interface BreakevenPoint {
  readonly at: number;
  /** Label of the one that costs less below, and above. */
  readonly below: string;
  readonly above: string;
  /**
   * Where the ratio lies within both models' errors, or what runs differ by; null where one of them
   * is not known.
   */
  readonly doubt: { readonly from: number | null; readonly to: number | null } | null;
  /**
   * The least and the greatest crossing of single seeds, and how many of them cross; null where
   * none alone does.
   */
  readonly seeds: { readonly from: number; readonly to: number; readonly count: number } | null;
}

export interface Pair {
  readonly a: string;
  readonly b: string;
  readonly crossings: readonly BreakevenPoint[];
  /**
   * The one that costs less all along, where there is no crossing; null where they cost the same.
   */
  readonly throughout: string | null;
}

/** A part of an axis where one contender costs least. */
export interface Reign {
  readonly from: number;
  readonly to: number;
  readonly winner: string;
}

export interface Verdict {
  readonly objective: ObjectiveName;
  readonly reigns: readonly Reign[];
  readonly pairs: readonly Pair[];
}

export interface AxisResult {
  readonly axis: AxisName;
  readonly points: readonly AxisPoint[];
  readonly verdicts: readonly Verdict[];
}

/**
 * Judges an axis. Contenders without a cost, such as joules of what was measured, are left out of
 * that objective.
 */
export function judge(
  axis: AxisName,
  contenders: readonly ContenderFacts[],
  points: readonly AxisPoint[],
): AxisResult {
  const sorted = points.toSorted((a, b) => a.level - b.level);
  const verdicts = objectiveNames.map((objective): Verdict => {
    const known = [...contenders.keys()].filter((at) =>
      sorted.every(({ costs }) => costs[at]?.every((cost) => cost[objective] !== null)),
    );
    const pairs = known.flatMap((a, at) =>
      known.slice(at + 1).map((b) => pairOf(contenders, sorted, objective, a, b)),
    );
    return { objective, reigns: reignsOf(contenders, known, sorted, objective), pairs };
  });
  return { axis, points: sorted, verdicts };
}

/** ln(a / b) along an axis: of one seed, or the mean of all. */
function curveOf(
  points: readonly AxisPoint[],
  objective: ObjectiveName,
  a: number,
  b: number,
  seed?: number,
): Curve {
  const logAt = ({ costs }: AxisPoint, at: number) => {
    const logs = (costs[at] ?? []).map((cost) => Math.log(cost[objective] ?? Number.NaN));
    return seed === undefined
      ? logs.reduce((sum, log) => sum + log, 0) / logs.length
      : (logs[seed] ?? Number.NaN);
  };
  return {
    levels: points.map(({ level }) => level),
    logRatios: points.map((point) => logAt(point, a) - logAt(point, b)),
  };
}

function pairOf(
  contenders: readonly ContenderFacts[],
  points: readonly AxisPoint[],
  objective: ObjectiveName,
  a: number,
  b: number,
): Pair {
  const labels = { a: contenders[a]?.label ?? '', b: contenders[b]?.label ?? '' };
  const curve = curveOf(points, objective, a, b);
  const seeds = [...(points[0]?.costs[a] ?? []).keys()].map((seed) =>
    crossingsOf(curveOf(points, objective, a, b, seed)),
  );
  const pair = [a, b].map((at) => ({
    facts: contenders[at],
    noise: noiseOf(contenders, points, objective, at),
  }));
  const margin = marginOf(pair, objective);
  const told = toldApart(curve, Math.hypot(...pair.map(({ noise }) => noise)));
  const crossings = told.map((crossing): BreakevenPoint => {
    const own = seeds.flatMap((found) => nearest(found, crossing));
    return {
      at: crossing.at,
      below: labels[crossing.below],
      above: labels[crossing.below === 'a' ? 'b' : 'a'],
      doubt: margin === null ? null : bandAround(curve, crossing.at, margin),
      seeds:
        own.length === 0
          ? null
          : { from: Math.min(...own), to: Math.max(...own), count: own.length },
    };
  });
  const lead = curve.logRatios.find((value) => value !== 0) ?? 0;
  const leader = lead === 0 ? null : lead < 0 ? labels.a : labels.b;
  return { ...labels, crossings, throughout: crossings.length > 0 ? null : leader };
}

/** The crossing of the same direction that lies nearest, as a list of one or none. */
function nearest(found: readonly Crossing[], { at, below }: Crossing): readonly number[] {
  const distance = (level: number) => Math.abs(Math.log(level / at));
  const [first] = found
    .filter((other) => other.below === below)
    .map((other) => other.at)
    .sort((a, b) => distance(a) - distance(b));
  return first === undefined ? [] : [first];
}

/** How far the logarithm of two costs' ratio may be off, their errors being independent. */
function marginOf(
  pair: readonly { readonly facts: ContenderFacts | undefined; readonly noise: number }[],
  objective: ObjectiveName,
): number | null {
  let squares = 0;
  for (const { facts, noise } of pair) {
    const error = facts?.origin === 'measured' ? 0 : (facts?.error?.[objective] ?? null);
    if (error === null) return null;
    squares += Math.log1p(error) ** 2 + noise ** 2;
  }
  return Math.sqrt(squares);
}

/**
 * By how much the logarithm of what was measured differs from draw to draw: half its range, in the
 * median level.
 */
function noiseOf(
  contenders: readonly ContenderFacts[],
  points: readonly AxisPoint[],
  objective: ObjectiveName,
  at: number,
): number {
  if (contenders[at]?.origin !== 'measured') return 0;
  const ranges = points.map(({ costs }) => {
    const logs = (costs[at] ?? []).map((cost) => Math.log(cost[objective] ?? Number.NaN));
    return (Math.max(...logs) - Math.min(...logs)) / 2;
  });
  return median(ranges);
}

/**
 * The crossings that noise does not explain: of those whose bands of noise overlap an odd number is
 * one change of places, an even number none.
 */
function toldApart(curve: Curve, noise: number): readonly Crossing[] {
  const all = crossingsOf(curve);
  if (noise === 0) return all;
  const groups: Crossing[][] = [];
  let end = 0;
  for (const crossing of all) {
    const { from, to } = bandAround(curve, crossing.at, noise);
    const group = groups.at(-1);
    if (group && (from ?? 0) <= end) group.push(crossing);
    else groups.push([crossing]);
    end = Math.max(end, to ?? Number.POSITIVE_INFINITY);
  }
  return groups.flatMap((group) =>
    group.length % 2 === 1 ? (group[(group.length - 1) / 2] ?? []) : [],
  );
}

/**
 * Who costs least where: changes lie at the crossings of those that lead at neighbouring levels. A
 * leader that was measured, or is followed by one that was, is followed only by one that gets ahead
 * by more than noise.
 */
function reignsOf(
  contenders: readonly ContenderFacts[],
  known: readonly number[],
  points: readonly AxisPoint[],
  objective: ObjectiveName,
): readonly Reign[] {
  const [some] = known;
  const [firstPoint] = points;
  if (some === undefined || !firstPoint) return [];
  const noise = new Map(known.map((at) => [at, noiseOf(contenders, points, objective, at)]));
  const leadOf = (one: number, over: number, point: AxisPoint) =>
    -(curveOf([point], objective, one, over).logRatios[0] ?? 0);
  const leaderAt = (point: AxisPoint) =>
    known.reduce((best, one) => (leadOf(one, best, point) > 0 ? one : best), some);
  let winner = leaderAt(firstPoint);
  let from = firstPoint.level;
  const reigns: Reign[] = [];
  const close = (to: number) => {
    reigns.push({ from, to, winner: contenders[winner]?.label ?? '' });
    from = to;
  };
  for (const point of points) {
    const leader = leaderAt(point);
    const needed = Math.hypot(noise.get(leader) ?? 0, noise.get(winner) ?? 0);
    if (leader === winner || !(leadOf(leader, winner, point) > needed)) continue;
    const within = points.filter(({ level }) => level >= from && level <= point.level);
    close(crossingsOf(curveOf(within, objective, winner, leader)).at(-1)?.at ?? point.level);
    winner = leader;
  }
  close(points.at(-1)?.level ?? from);
  return reigns;
}
