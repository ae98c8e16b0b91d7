// Finds the devices that meet requirements, with each model's known error as a margin. If there are
// none, finds the closest.

import type { ModelError } from './breakeven/model-errors.js';
import type { HardwareResult } from './result.js';

/** What is asked, in SI units. */
export interface Limits {
  /** Seconds of one batch. */
  readonly latency?: number;
  /** Watts while it runs. */
  readonly power?: number;
  /** Joules of one frame. */
  readonly energy?: number;
  /** Dollars of a million frames. */
  readonly budget?: number;
}

export type LimitName = keyof Limits;

/** What the devices that qualify are ranked by. */
export const rankings = ['price', 'energy', 'latency'] as const;
export type Ranking = (typeof rankings)[number];

/**
 * Whether a limit is met: also with the model's known error against it, only without it, not, or
 * nobody knows.
 */
export type Meets = 'yes' | 'within-error' | 'no' | 'unknown';

export interface Candidate {
  readonly label: string;
  readonly result: HardwareResult;
  /** Of the model against published figures, as shares; null where none are. */
  readonly error: ModelError | null;
  /** By the limits that were asked for. */
  readonly meets: Readonly<Partial<Record<LimitName, Meets>>>;
  readonly verdict: Meets;
  /** The greatest factor by which it misses a limit; 1 where it misses none. */
  readonly misses: number;
}

export interface Choice {
  readonly workload: string;
  readonly batch: number;
  readonly limits: Limits;
  readonly by: Ranking;
  /** Those that qualify first, by the ranking; then by how far they miss. */
  readonly candidates: readonly Candidate[];
}

/** What a result has of a limit; null where nobody knows. */
const measures: Readonly<
  Record<LimitName, (result: HardwareResult, batch: number) => number | null>
> = {
  latency: ({ seconds }) => seconds,
  power: ({ watts }) => watts,
  energy: ({ joules }, batch) => joules && joules / batch,
  budget: ({ serving }) => serving?.dollarsPerMillion ?? null,
};

export function measureOf(name: LimitName, result: HardwareResult, batch: number): number | null {
  return measures[name](result, batch);
}

/**
 * The known error of a measure: dollars go by the time, a power is wrong as energy and time are.
 */
function errorOf(name: LimitName, error: ModelError | null): number {
  if (!error) return 0;
  if (name === 'latency' || name === 'budget') return error.seconds;
  return error.joules ?? error.seconds;
}

/** Judges one device. */
export function judge(
  label: string,
  result: HardwareResult,
  error: ModelError | null,
  limits: Limits,
  batch: number,
): Candidate {
  const names = Object.keys(limits) as LimitName[];
  let misses = 1;
  const meets = Object.fromEntries(
    names.map((name): [LimitName, Meets] => {
      const value = measureOf(name, result, batch);
      const limit = limits[name] ?? Number.POSITIVE_INFINITY;
      if (value === null) return [name, 'unknown'];
      misses = Math.max(misses, value / limit);
      if (value > limit) return [name, 'no'];
      return [name, value * (1 + errorOf(name, error)) <= limit ? 'yes' : 'within-error'];
    }),
  );
  const all = Object.values(meets);
  const worst = (['no', 'unknown', 'within-error'] as const).find((each) => all.includes(each));
  return { label, result, error, meets, verdict: worst ?? 'yes', misses };
}

const RANK: Readonly<Record<Ranking, LimitName>> = {
  price: 'budget',
  energy: 'energy',
  latency: 'latency',
};
const ORDER: readonly Meets[] = ['yes', 'within-error', 'unknown', 'no'];

/** Those that qualify first; among equals what is not known comes last. */
export function ranked(
  candidates: readonly Candidate[],
  by: Ranking,
  batch: number,
): readonly Candidate[] {
  const costOf = ({ result }: Candidate) =>
    measureOf(RANK[by], result, batch) ?? Number.POSITIVE_INFINITY;
  return candidates.toSorted((a, b) => {
    const order = ORDER.indexOf(a.verdict) - ORDER.indexOf(b.verdict);
    if (order !== 0) return order;
    if (a.verdict === 'no') return a.misses - b.misses;
    const [first, second] = [costOf(a), costOf(b)];
    return first === second ? 0 : first - second;
  });
}
