// Fits three numbers, in which a figure is linear, so that the absolute errors of the logarithms
// sum to the least.

import { InvariantError } from '../../../workloads/base/errors.js';

/** One figure as the model sees it: `fixed` + Σ factor · parameter should be `published`. */
export interface Observation {
  readonly factors: Triple;
  readonly fixed: number;
  readonly published: number;
  /** How many figures it counts for. */
  readonly weight: number;
}

export type Triple = readonly [number, number, number];

/** The figure with these parameters. */
export function modelled({ factors, fixed }: Observation, parameters: Triple): number {
  return (
    fixed + factors[0] * parameters[0] + factors[1] * parameters[1] + factors[2] * parameters[2]
  );
}

/** The mean of modelled over published of some figures, as one more figure that should be 1. */
export function meanRatio(observations: readonly Observation[], weight: number): Observation {
  const mean = (of: (observation: Observation) => number) =>
    observations.reduce(
      (total, observation) => total + of(observation) / observation.published,
      0,
    ) / observations.length;
  return {
    factors: [
      mean(({ factors }) => factors[0]),
      mean(({ factors }) => factors[1]),
      mean(({ factors }) => factors[2]),
    ],
    fixed: mean(({ fixed }) => fixed),
    published: 1,
    weight,
  };
}

/**
 * The least sum of absolute errors of a linear model is reached where it meets as many figures as
 * it has parameters, so every three figures are tried; of the positive solutions the one with the
 * least absolute logarithms is taken.
 */
export function fitThree(observations: readonly Observation[]): Triple {
  let best: Triple | null = null;
  let min = Number.POSITIVE_INFINITY;
  observations.forEach((first, i) => {
    observations.slice(i + 1).forEach((second, j) => {
      for (const third of observations.slice(i + j + 2)) {
        const found = solve([first, second, third]);
        if (!found?.every((parameter) => parameter > 0)) continue;
        const distance = distanceOf(observations, found);
        if (distance >= min) continue;
        min = distance;
        best = found;
      }
    });
  });
  if (!best) throw new InvariantError('no three figures determine positive parameters');
  return best;
}

/** What is made least: the weighted sum of the logarithms' absolute errors. */
export function distanceOf(observations: readonly Observation[], parameters: Triple): number {
  return observations.reduce(
    (total, observation) =>
      total +
      observation.weight *
        Math.abs(Math.log(modelled(observation, parameters) / observation.published)),
    0,
  );
}

const NEARLY_SINGULAR = 1e-6;

/** Cramer's rule; null where two of the figures say the same. */
function solve([a, b, c]: readonly [Observation, Observation, Observation]): Triple | null {
  const column = (at: 0 | 1 | 2): Triple => [a.factors[at], b.factors[at], c.factors[at]];
  const [x, y, z] = [column(0), column(1), column(2)];
  const right: Triple = [a.published - a.fixed, b.published - b.fixed, c.published - c.fixed];
  const whole = determinant(x, y, z);
  if (Math.abs(whole) < NEARLY_SINGULAR * Math.hypot(...x) * Math.hypot(...y) * Math.hypot(...z))
    return null;
  return [
    determinant(right, y, z) / whole,
    determinant(x, right, z) / whole,
    determinant(x, y, right) / whole,
  ];
}

function determinant(x: Triple, y: Triple, z: Triple): number {
  return (
    x[0] * (y[1] * z[2] - y[2] * z[1]) -
    x[1] * (y[0] * z[2] - y[2] * z[0]) +
    x[2] * (y[0] * z[1] - y[1] * z[0])
  );
}
