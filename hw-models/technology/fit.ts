// A law with three numbers for a memory array, fitted to published points by least squares of the
// logarithms. The form: CACTI's energies at one capacity lie on a line over the word's width, with
// an intercept that stands for decoding and word lines; over the capacity they follow a power.

import { linearRegression } from 'simple-statistics';
import { invariant } from '../../workloads/base/errors.js';

export interface ArrayShape {
  readonly bytes: number;
  /** Of a word, which one access moves. */
  readonly bits: number;
}

export interface ArrayPoint extends ArrayShape {
  readonly value: number;
}

/** value = scale · (bytes / 4096)^exponent · (fixedShare + (1 − fixedShare) · bits / 64). */
export interface ArrayLaw {
  readonly scale: number;
  readonly exponent: number;
  /** Share that does not grow with the word, at 64 bits. */
  readonly fixedShare: number;
}

const REFERENCE: ArrayShape = { bytes: 4096, bits: 64 };

export function evaluate(law: ArrayLaw, { bytes, bits }: ArrayShape): number {
  return law.scale * (bytes / REFERENCE.bytes) ** law.exponent * widthFactor(law.fixedShare, bits);
}

/** The law nearest to the points; points of a single width leave `fixedShare` to the caller. */
export function fitArray(points: readonly ArrayPoint[], fixedShare?: number): ArrayLaw {
  invariant(points.length >= 3, () => `${points.length} points cannot fix a law of three numbers`);
  return lawAt(points, fixedShare ?? bestShare(points));
}

export interface FitError extends ArrayPoint {
  /** law / value − 1. */
  readonly error: number;
  /** The same for a law fitted to all other points. */
  readonly leftOut: number;
}

/** How far the law is off each of its points, and off each one when it has not seen it. */
export function fitErrors(points: readonly ArrayPoint[], fixedShare?: number): readonly FitError[] {
  const law = fitArray(points, fixedShare);
  return points.map((point, at) => {
    const others = fitArray(points.toSpliced(at, 1), fixedShare);
    return {
      ...point,
      error: evaluate(law, point) / point.value - 1,
      leftOut: evaluate(others, point) / point.value - 1,
    };
  });
}

const widthFactor = (fixedShare: number, bits: number) =>
  fixedShare + (1 - fixedShare) * (bits / REFERENCE.bits);

/** With the share given, the logarithms of the other two enter linearly. */
function lawAt(points: readonly ArrayPoint[], fixedShare: number): ArrayLaw {
  const logs = points.map(({ bytes, bits, value }) => [
    Math.log(bytes / REFERENCE.bytes),
    Math.log(value / widthFactor(fixedShare, bits)),
  ]);
  const { m, b } = linearRegression(logs);
  return { scale: Math.exp(b), exponent: m, fixedShare };
}

/** Golden-section search from 0 to 1: the residual has one minimum there. */
function bestShare(points: readonly ArrayPoint[]): number {
  const residual = (share: number) => {
    const law = lawAt(points, share);
    return points.reduce(
      (total, point) => total + Math.log(evaluate(law, point) / point.value) ** 2,
      0,
    );
  };
  const golden = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [0, 1];
  while (high - low > 1e-6) {
    const step = golden * (high - low);
    if (residual(high - step) < residual(low + step)) high = low + step;
    else low = high - step;
  }
  return (low + high) / 2;
}
