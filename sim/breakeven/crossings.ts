// Finds where one cost stops being lower than another along an axis, and how far an error of their
// ratio moves that point.

import { invariant } from '../../workloads/base/errors.js';

/**
 * ln(a / b) at levels of an axis, ascending and above 0. Between them it is straight over the
 * level's logarithm.
 */
export interface Curve {
  readonly levels: readonly number[];
  readonly logRatios: readonly number[];
}

export interface Crossing {
  /** The level at which both cost the same. */
  readonly at: number;
  /** Which of the two costs less below it; the other one does above. */
  readonly below: 'a' | 'b';
}

/** Every change of sign, ascending. A curve that touches zero and turns back crosses nothing. */
export function crossingsOf({ levels, logRatios }: Curve): readonly Crossing[] {
  invariant(levels.length === logRatios.length, 'a ratio belongs to each level');
  const crossings: Crossing[] = [];
  let before = 0;
  for (const [at, value] of logRatios.entries()) {
    if (value === 0) continue;
    const last = logRatios[before] ?? 0;
    if (Math.sign(value) * Math.sign(last) < 0) {
      crossings.push({
        at: between(levels[before] ?? 0, levels[at] ?? 0, last / (last - value)),
        below: last < 0 ? 'a' : 'b',
      });
    }
    before = at;
  }
  return crossings;
}

/** A range of levels; null where it runs to the end of the axis. */
export interface Band {
  readonly from: number | null;
  readonly to: number | null;
}

/**
 * Around a crossing, the levels at which the ratio lies within a factor e^`margin`: what a model
 * whose costs are that far off would not tell apart.
 */
export function bandAround(curve: Curve, at: number, margin: number): Band {
  const count = curve.levels.length;
  const right = curve.levels.findIndex((level) => level >= at);
  const first = right < 0 ? count - 1 : right;
  return { from: reach(curve, first - 1, -1, at, margin), to: reach(curve, first, 1, at, margin) };
}

/**
 * The level at which the curve leaves the margin, walking from `at` over the points from `start`
 * on.
 */
function reach(
  { levels, logRatios }: Curve,
  start: number,
  step: 1 | -1,
  at: number,
  margin: number,
): number | null {
  let [level, value] = [at, 0];
  for (let next = start; next >= 0 && next < levels.length; next += step) {
    const [nextLevel, nextValue] = [levels[next] as number, logRatios[next] as number];
    if (Math.abs(nextValue) > margin) {
      const edge = Math.sign(nextValue) * margin;
      return between(level, nextLevel, (edge - value) / (nextValue - value));
    }
    [level, value] = [nextLevel, nextValue];
  }
  return null;
}

function between(from: number, to: number, share: number): number {
  return from * (to / from) ** share;
}
