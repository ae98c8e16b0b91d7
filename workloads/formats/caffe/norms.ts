// Caffe's normalisations by moments and by norms, each with a number of its own that keeps divisors
// from zero.

import { sizeOf } from '../../tensor.js';
import {
  type CaffeLayer,
  type CaffeRow,
  constantBlob,
  first,
  made,
  number,
  parametersOf,
  shapeOf,
  step,
} from './layer.js';

/** What is added to a deviation unless a file says otherwise. */
const DEVIATION_EPSILON = 1e-9;

const meanVariance: CaffeRow = (from) => {
  const parameters = parametersOf(from, 'mvn_param');
  const rank = shapeOf(from).length;
  const start = parameters.flag('across_channels', false) ? 1 : 2;
  const isScaled = parameters.flag('normalize_variance', true);
  const epsilon = parameters.number('eps', DEVIATION_EPSILON);
  const axes = Array.from({ length: rank - start }, (_, at) => start + at);
  const input = first(from);
  const isUsual = Math.abs(epsilon - DEVIATION_EPSILON) < DEVIATION_EPSILON / 1e3;
  if (isScaled && isUsual) return made(from, { kind: 'mean-variance-norm', inputs: [input], axes });
  const mean = step(from, 'mean', {
    kind: 'reduce',
    inputs: [input],
    function: 'mean',
    axes,
    keep: true,
  });
  if (!isScaled) return made(from, { kind: 'binary', inputs: [input, mean], function: 'subtract' });
  const centred = step(from, 'centred', {
    kind: 'binary',
    inputs: [input, mean],
    function: 'subtract',
  });
  const variance = ofSquares(from, 'variance', centred, 'mean', axes);
  const deviation = step(from, 'deviation', {
    kind: 'unary',
    inputs: [variance],
    function: 'sqrt',
  });
  const divisor = step(from, 'divisor', {
    kind: 'binary',
    inputs: [deviation, number(from, 'eps', epsilon)],
    function: 'add',
  });
  return made(from, { kind: 'binary', inputs: [centred, divisor], function: 'divide' });
};

/** The mean or the sum of the squares of `input`. */
function ofSquares(
  from: CaffeLayer,
  name: string,
  input: string,
  what: 'mean' | 'sum',
  axes: readonly number[],
): string {
  const squares = step(from, 'squares', {
    kind: 'binary',
    inputs: [input, input],
    function: 'multiply',
  });
  return step(from, name, {
    kind: 'reduce',
    inputs: [squares],
    function: what,
    axes,
    keep: true,
  });
}

/**
 * What is added to a sum of squares unless a file says otherwise: it changes float32 sums hardly.
 */
const SQUARES_EPSILON = 1e-10;

/** Lanes along axis 1 divided by the root of their squares and a number. */
function unitAbove(from: CaffeLayer, lanes: string, epsilon: number): string {
  const sums = ofSquares(from, 'sums', lanes, 'sum', [1]);
  const above = step(from, 'above', {
    kind: 'binary',
    inputs: [sums, number(from, 'eps', epsilon)],
    function: 'add',
  });
  const norms = step(from, 'norms', { kind: 'unary', inputs: [above], function: 'sqrt' });
  return step(from, 'norm', { kind: 'binary', inputs: [lanes, norms], function: 'divide' });
}

/** SSD's: each position's channels, or the whole frame, divided by their norm, then scaled. */
const normalize: CaffeRow = (from) => {
  const parameters = parametersOf(from, 'norm_param');
  const isWhole = parameters.flag('across_spatial', true);
  const isShared = parameters.flag('channel_shared', true);
  parameters.ignore('scale_filler');
  const epsilon = parameters.number('eps', SQUARES_EPSILON);
  const shape = shapeOf(from);
  const input = first(from);
  const flat = [shape[0] as number, sizeOf(shape.slice(1))];
  const lanes = isWhole
    ? step(from, 'flat', { kind: 'reshape', inputs: [input], shape: flat })
    : input;
  const unit =
    Math.abs(epsilon - SQUARES_EPSILON) < SQUARES_EPSILON / 1e3
      ? step(from, 'norm', { kind: 'lp-norm', inputs: [lanes], axis: 1, p: 2 })
      : unitAbove(from, lanes, epsilon);
  const back = isWhole ? step(from, 'image', { kind: 'reshape', inputs: [unit], shape }) : unit;
  const channels = isShared ? 1 : (shape[1] as number);
  const scaled = constantBlob(from, 0, 'scale', [channels], 1, [
    channels,
    ...shape.slice(2).map(() => 1),
  ]);
  return made(from, { kind: 'binary', inputs: [back, scaled], function: 'multiply' });
};

export const normRows: Readonly<Record<string, CaffeRow>> = {
  MVN: meanVariance,
  Normalize: normalize,
};
