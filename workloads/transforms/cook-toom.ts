// Cook–Toom: the matrices of Winograd's minimal filtering F(m, r), derived from points in exact
// arithmetic. Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016
// (arXiv:1509.09308), Section 4, gives the form Y = Aᵀ[(G g) ⊙ (Bᵀ d)]; why it holds is derived in
// docs/convolution.md.

import { invariant } from '../base/errors.js';
import {
  add,
  divide,
  equal,
  multiply,
  negate,
  ONE,
  type Rational,
  rational,
  subtract,
  toNumber,
  ZERO,
} from './rational.js';

/** Rows of entries. */
export type Matrix<Entry> = readonly (readonly Entry[])[];

/**
 * F(m, r): `outputs` = m values of a correlation with `taps` = r from n = m + r − 1 inputs by n
 * multiplications.
 */
export interface Filtering<Entry> {
  readonly outputs: number;
  readonly taps: number;
  /** Aᵀ, m × n. */
  readonly outputMatrix: Matrix<Entry>;
  /** G, n × r. */
  readonly tapMatrix: Matrix<Entry>;
  /** Bᵀ, n × n. */
  readonly inputMatrix: Matrix<Entry>;
}

/**
 * The first `count` of 0, 1, −1, 2, −2, 1/2, −1/2, 4, −4, 1/4, …: small, and in pairs of opposite
 * sign, so that their rows share an even and an odd part. Powers of two scale without rounding.
 */
export function usualPoints(count: number): readonly Rational[] {
  const points = [ZERO, ONE, rational(-1)];
  for (let power = 2n; points.length < count; power *= 2n) {
    points.push(rational(power), rational(-power), rational(1, power), rational(-1, power));
  }
  return points.slice(0, count);
}

/**
 * The exact matrices of F(m, r) from m + r − 2 distinct finite points, with the point at infinity
 * as the last one. Row i of G is divided by, and row i of Bᵀ multiplied by, |∏ (aᵢ − aⱼ)|: whole
 * points then give a whole Bᵀ.
 */
export function cookToom(
  outputs: number,
  taps: number,
  points: readonly Rational[] = usualPoints(outputs + taps - 2),
): Filtering<Rational> {
  invariant(outputs >= 1 && taps >= 1, () => `F(${outputs}, ${taps}) has no outputs or no taps`);
  const size = outputs + taps - 1;
  invariant(
    points.length === size - 1,
    () => `F(${outputs}, ${taps}): ${points.length} points, not ${size - 1}`,
  );
  const distinct = points.every((point, i) =>
    points.slice(0, i).every((other) => !equal(point, other)),
  );
  invariant(distinct, 'two points are the same');

  const scales = points.map((point, i) =>
    productOf(points.filter((_, j) => j !== i).map((a) => subtract(point, a))),
  );
  const tapMatrix = points.map((point, i) => {
    return powersOf(point, taps).map((power) => divide(power, magnitude(scales[i] as Rational)));
  });
  const inputMatrix = points.map((_, i) => {
    const others = withRoots(points.filter((__, j) => j !== i));
    const isNegative = (scales[i] as Rational).numerator < 0n;
    return [...others.map((entry) => (isNegative ? negate(entry) : entry)), ZERO];
  });
  const evaluation = [...points.map((point) => powersOf(point, outputs)), lastOf(outputs)];
  return {
    outputs,
    taps,
    outputMatrix: transpose(evaluation),
    tapMatrix: [...tapMatrix, lastOf(taps)],
    inputMatrix: [...inputMatrix, withRoots(points)],
  };
}

/** The same filtering in floating point. */
export function toFloat(exact: Filtering<Rational>): Filtering<number> {
  const rounded = (matrix: Matrix<Rational>) => matrix.map((row) => row.map(toNumber));
  return {
    outputs: exact.outputs,
    taps: exact.taps,
    outputMatrix: rounded(exact.outputMatrix),
    tapMatrix: rounded(exact.tapMatrix),
    inputMatrix: rounded(exact.inputMatrix),
  };
}

/** Coefficients, constant first, of ∏ (x − root). */
function withRoots(roots: readonly Rational[]): readonly Rational[] {
  let coefficients: readonly Rational[] = [ONE];
  for (const root of roots) {
    const shifted = [ZERO, ...coefficients];
    coefficients = shifted.map((entry, i) =>
      subtract(entry, multiply(root, coefficients[i] ?? ZERO)),
    );
  }
  return coefficients;
}

/** 1, a, a², …: what evaluating a polynomial of `count` coefficients at a multiplies them by. */
function powersOf(point: Rational, count: number): readonly Rational[] {
  const powers = [ONE];
  while (powers.length < count) powers.push(multiply(powers.at(-1) as Rational, point));
  return powers;
}

/** Evaluation at infinity: the leading coefficient alone. */
function lastOf(count: number): readonly Rational[] {
  return Array.from({ length: count }, (_, i) => (i === count - 1 ? ONE : ZERO));
}

function productOf(factors: readonly Rational[]): Rational {
  return factors.reduce(multiply, ONE);
}

function magnitude(a: Rational): Rational {
  return a.numerator < 0n ? negate(a) : a;
}

function transpose<Entry>(matrix: Matrix<Entry>): Matrix<Entry> {
  return (matrix[0] ?? []).map((_, column) => matrix.map((row) => row[column] as Entry));
}

/** M · x. */
export function apply(matrix: Matrix<Rational>, vector: readonly Rational[]): readonly Rational[] {
  return matrix.map((row) =>
    row.reduce((sum, entry, i) => add(sum, multiply(entry, vector[i] as Rational)), ZERO),
  );
}
