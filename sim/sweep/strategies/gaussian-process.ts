// A Gaussian process: what is known of a function between the points at which it was evaluated.
// Rasmussen and Williams, "Gaussian Processes for Machine Learning", MIT Press 2006: Algorithm 2.1;
// Matérn kernel with ν = 5/2 (equation 4.17), one length for all axes, chosen with the noise by the
// marginal likelihood.

import { CholeskyDecomposition, Matrix } from 'ml-matrix';
import { mean, standardDeviation } from 'simple-statistics';
import { invariant } from '../../../workloads/base/errors.js';

export interface Prediction {
  readonly mean: number;
  readonly deviation: number;
}

export interface GaussianProcess {
  predict(place: Float64Array): Prediction;
}

/**
 * Lengths in units of the cube's side, and noise as a share of the values' variance, among which
 * the likelihood picks.
 */
const LENGTHS = [0.05, 0.1, 0.2, 0.4, 0.8, 1.6];
const NOISES = [1e-6, 1e-3, 1e-2];

/**
 * The process that fits `values` at `places` in the unit cube; values are taken as they are, not
 * scaled.
 */
export function fitProcess(
  places: readonly Float64Array[],
  values: readonly number[],
): GaussianProcess {
  invariant(
    places.length === values.length && places.length > 0,
    'a process needs as many values as places',
  );
  const centre = mean([...values]);
  const deviation = standardDeviation([...values]) || 1;
  const scaled = values.map((value) => (value - centre) / deviation);
  const distances = places.map((a) => places.map((b) => distance(a, b)));
  const fits = LENGTHS.flatMap((length) =>
    NOISES.flatMap((noise) => fitLength(distances, scaled, length, noise) ?? []),
  );
  const [first, ...others] = fits;
  invariant(first !== undefined, 'some noise makes every kernel matrix positive definite');
  const best = others.reduce((a, b) => (b.likelihood > a.likelihood ? b : a), first);
  const lower = best.cholesky.lowerTriangularMatrix
    .to2DArray()
    .map((row) => Float64Array.from(row));
  const near = new Float64Array(places.length);
  return {
    predict(place) {
      let predicted = 0;
      for (const [at, other] of places.entries()) {
        near[at] = matern(distance(place, other) / best.length);
        predicted += (near[at] ?? 0) * (best.weights[at] ?? 0);
      }
      const explained = squaredLength(lower, near);
      return {
        mean: centre + deviation * predicted,
        deviation: deviation * Math.sqrt(Math.max(0, 1 - explained)),
      };
    },
  };
}

/**
 * |L⁻¹ b|², by forward substitution in place of `b`: what the known values explain of the variance.
 */
function squaredLength(lower: readonly Float64Array[], b: Float64Array): number {
  let squares = 0;
  for (const [at, row] of lower.entries()) {
    let value = b[at] as number;
    for (let before = 0; before < at; before++)
      value -= (row[before] as number) * (b[before] as number);
    value /= row[at] as number;
    b[at] = value;
    squares += value * value;
  }
  return squares;
}

function fitLength(
  distances: readonly (readonly number[])[],
  values: readonly number[],
  length: number,
  noise: number,
) {
  const kernel = new Matrix(
    distances.map((row, i) => row.map((d, j) => matern(d / length) + (i === j ? noise : 0))),
  );
  const cholesky = new CholeskyDecomposition(kernel);
  if (!cholesky.isPositiveDefinite()) return null;
  const weights = cholesky.solve(Matrix.columnVector([...values])).to1DArray();
  const misfit = values.reduce((sum, value, at) => sum + value * (weights[at] ?? 0), 0);
  const logDeterminant = cholesky.lowerTriangularMatrix
    .diagonal()
    .reduce((sum, value) => sum + 2 * Math.log(value), 0);
  return { length, cholesky, weights, likelihood: -0.5 * (misfit + logDeterminant) };
}

function matern(ratio: number): number {
  const scaled = Math.sqrt(5) * ratio;
  return (1 + scaled + (scaled * scaled) / 3) * Math.exp(-scaled);
}

function distance(a: Float64Array, b: Float64Array): number {
  let squares = 0;
  for (let at = 0; at < a.length; at++) squares += ((a[at] ?? 0) - (b[at] ?? 0)) ** 2;
  return Math.sqrt(squares);
}
