// Timing of many pieces of code that must not be disturbed by other programs: they take turns,
// round after round, and the best of each counts. A busy spell of the machine then spoils a round
// of all rather than all rounds of a few.

import { median } from 'simple-statistics';

export interface Timing {
  /** Now, in seconds. */
  readonly clock: () => number;
  /** Seconds for all rounds together. */
  readonly budget: number;
  /** Seconds of one repetition, at least, where code is repeated back to back. */
  readonly atLeast: number;
  /** Rounds at least, so that no figure rests on one look. */
  readonly rounds: number;
}

export interface Timed {
  /** Best of all rounds. */
  readonly seconds: number;
  /** Median over best: 1 on a quiet machine. */
  readonly spread: number;
}

/** Best seconds of each; `time` gives those of one round. */
export function inTurns<Item>(
  items: readonly Item[],
  { clock, budget, rounds }: Timing,
  time: (item: Item) => number,
): readonly Timed[] {
  const seconds = items.map((): number[] => []);
  const end = clock() + budget;
  for (let round = 0; round < rounds || clock() < end; round++) {
    for (const [at, item] of items.entries()) seconds[at]?.push(time(item));
  }
  return seconds.map((each) => {
    const best = Math.min(...each);
    return { seconds: best, spread: median(each) / best };
  });
}

/**
 * How often `run` has to be repeated to take long enough to be timed; it is then also compiled for
 * speed.
 */
export function repetitionsOf(run: () => unknown, timing: Timing): number {
  for (let times = 1; ; times *= 2) if (timeOf(run, times, timing) >= timing.atLeast) return times;
}

/** Seconds of `times` runs together. */
export function timeOf(run: () => unknown, times: number, { clock }: Timing): number {
  const start = clock();
  for (let i = 0; i < times; i++) run();
  return clock() - start;
}
