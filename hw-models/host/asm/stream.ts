// Functions of single elements, and softmax and normalisation of rows. Addresses are in bytes; of
// an output no more than its `count` values are written.

import { exponential, errorFunction, hyperbolicTangent, sigmoidOf } from './shared/functions';

const VECTOR: usize = 16;
const FLOAT: usize = 4;

const GELU: i32 = 0;
const GELU_TANH: i32 = 1;
const SIGMOID: i32 = 2;
const TANH: i32 = 3;
const SWISH: i32 = 4;
const HARD_SWISH: i32 = 5;
const HARD_SIGMOID: i32 = 6;
const LEAKY: i32 = 7;
const EXP: i32 = 8;
const ERF: i32 = 9;
const ABS: i32 = 10;
const NEG: i32 = 11;
const SQRT: i32 = 12;
const SQUARE: i32 = 13;
const CLIP: i32 = 14;
const RECIPROCAL: i32 = 15;

/** The function of number `which` of `count` values, with parameters `a` and `b`. */
export function apply(which: i32, input: usize, output: usize, count: i32, a: f32, b: f32): void {
  if (which == GELU) each(GELU, input, output, count, a, b);
  else if (which == GELU_TANH) each(GELU_TANH, input, output, count, a, b);
  else if (which == SIGMOID) each(SIGMOID, input, output, count, a, b);
  else if (which == TANH) each(TANH, input, output, count, a, b);
  else if (which == SWISH) each(SWISH, input, output, count, a, b);
  else if (which == HARD_SWISH) each(HARD_SWISH, input, output, count, a, b);
  else if (which == HARD_SIGMOID) each(HARD_SIGMOID, input, output, count, a, b);
  else if (which == LEAKY) each(LEAKY, input, output, count, a, b);
  else if (which == EXP) each(EXP, input, output, count, a, b);
  else if (which == ERF) each(ERF, input, output, count, a, b);
  else if (which == ABS) each(ABS, input, output, count, a, b);
  else if (which == NEG) each(NEG, input, output, count, a, b);
  else if (which == SQRT) each(SQRT, input, output, count, a, b);
  else if (which == SQUARE) each(SQUARE, input, output, count, a, b);
  else if (which == CLIP) each(CLIP, input, output, count, a, b);
  else if (which == RECIPROCAL) each(RECIPROCAL, input, output, count, a, b);
}

// @ts-ignore: decorator
@inline
function each(which: i32, input: usize, output: usize, count: i32, a: f32, b: f32): void {
  const first = f32x4.splat(a);
  const second = f32x4.splat(b);
  for (; count >= 4; count -= 4, input += VECTOR, output += VECTOR) {
    v128.store(output, valueOf(which, v128.load(input), first, second));
  }
  if (count > 0) storeSome(output, valueOf(which, v128.load(input), first, second), count);
}

// @ts-ignore: decorator
@inline
function valueOf(which: i32, x: v128, a: v128, b: v128): v128 {
  const half = f32x4.splat(0.5);
  const one = f32x4.splat(1);
  if (which == GELU) {
    return f32x4.mul(f32x4.mul(x, half), f32x4.add(one, errorFunction(f32x4.mul(x, f32x4.splat(0.70710678118)))));
  }
  if (which == GELU_TANH) {
    const cubed = f32x4.mul(f32x4.mul(x, x), x);
    const inner = f32x4.mul(f32x4.splat(0.7978845608), f32x4.add(x, f32x4.mul(f32x4.splat(0.044715), cubed)));
    return f32x4.mul(f32x4.mul(x, half), f32x4.add(one, hyperbolicTangent(inner)));
  }
  if (which == SIGMOID) return sigmoidOf(x);
  if (which == TANH) return hyperbolicTangent(x);
  if (which == SWISH) return f32x4.mul(x, sigmoidOf(f32x4.mul(a, x)));
  if (which == HARD_SWISH) {
    const gate = f32x4.add(f32x4.mul(x, f32x4.splat(1.0 / 6)), half);
    return f32x4.mul(x, f32x4.min(one, f32x4.max(f32x4.splat(0), gate)));
  }
  if (which == HARD_SIGMOID) return f32x4.min(one, f32x4.max(f32x4.splat(0), f32x4.add(f32x4.mul(a, x), b)));
  if (which == LEAKY) return v128.bitselect(f32x4.mul(a, x), x, f32x4.lt(x, f32x4.splat(0)));
  if (which == EXP) return exponential(x);
  if (which == ERF) return errorFunction(x);
  if (which == ABS) return f32x4.abs(x);
  if (which == NEG) return f32x4.neg(x);
  if (which == SQRT) return f32x4.sqrt(x);
  if (which == SQUARE) return f32x4.mul(x, x);
  if (which == CLIP) return f32x4.min(b, f32x4.max(a, x));
  return f32x4.div(one, x);
}

/** The first `count` lanes, 1 to 3. */
// @ts-ignore: decorator
@inline
function storeSome(output: usize, value: v128, count: i32): void {
  v128.store32_lane(output, value, 0);
  if (count > 1) v128.store32_lane(output, value, 1, 4);
  if (count > 2) v128.store32_lane(output, value, 2, 8);
}

/** `value` where there are so many lanes, else `unless`. */
// @ts-ignore: decorator
@inline
function some(value: v128, unless: v128, count: i32): v128 {
  return v128.bitselect(value, unless, i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count)));
}

// @ts-ignore: decorator
@inline
function total(a: v128): f32 {
  const pairs = f32x4.add(a, v128.shuffle<f32>(a, a, 2, 3, 0, 1));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

/** Softmax of `rows` rows of `count` > 0 values each, or its logarithm. */
export function softmaxRows(input: usize, output: usize, rows: i32, count: i32, logarithm: i32): void {
  const rowBytes = <usize>count << 2;
  const lowest = f32x4.splat(-Infinity);
  const zero = f32x4.splat(0);
  for (; rows > 0; rows--, input += rowBytes, output += rowBytes) {
    let largest = lowest;
    let at: usize = 0;
    let left = count;
    for (; left >= 4; left -= 4, at += VECTOR) largest = f32x4.max(largest, v128.load(input + at));
    if (left > 0) largest = f32x4.max(largest, some(v128.load(input + at), lowest, left));
    largest = f32x4.max(largest, v128.shuffle<f32>(largest, largest, 2, 3, 0, 1));
    largest = f32x4.max(largest, v128.shuffle<f32>(largest, largest, 1, 0, 3, 2));
    let sums = zero;
    for (at = 0, left = count; left >= 4; left -= 4, at += VECTOR) {
      const value = exponential(f32x4.sub(v128.load(input + at), largest));
      if (!logarithm) v128.store(output + at, value);
      sums = f32x4.add(sums, value);
    }
    if (left > 0) {
      const value = exponential(f32x4.sub(v128.load(input + at), largest));
      if (!logarithm) storeSome(output + at, value, left);
      sums = f32x4.add(sums, some(value, zero, left));
    }
    const sum = total(sums);
    if (logarithm) {
      const shift = f32x4.add(largest, f32x4.splat(<f32>NativeMath.log(sum)));
      for (at = 0, left = count; left >= 4; left -= 4, at += VECTOR) {
        v128.store(output + at, f32x4.sub(v128.load(input + at), shift));
      }
      if (left > 0) storeSome(output + at, f32x4.sub(v128.load(input + at), shift), left);
      continue;
    }
    const factor = f32x4.splat(1 / sum);
    for (at = 0, left = count; left >= 4; left -= 4, at += VECTOR) {
      v128.store(output + at, f32x4.mul(v128.load(output + at), factor));
    }
    for (; left > 0; left--, at += FLOAT) store<f32>(output + at, load<f32>(output + at) / sum);
  }
}

/**
 * Softmax across `count` > 0 lines of `vectors` vectors, `lineBytes` apart: of each column. `room`:
 * for two lines. Whole vectors are written.
 */
export function softmaxLines(
  input: usize,
  output: usize,
  count: i32,
  vectors: i32,
  lineBytes: usize,
  room: usize,
): void {
  const bytes = <usize>vectors * VECTOR;
  const sums = room + bytes;
  for (let x: usize = 0; x < bytes; x += VECTOR) v128.store(room + x, v128.load(input + x));
  memory.fill(sums, 0, bytes);
  for (let line: i32 = 1; line < count; line++) {
    const from = input + <usize>line * lineBytes;
    for (let x: usize = 0; x < bytes; x += VECTOR) {
      v128.store(room + x, f32x4.max(v128.load(room + x), v128.load(from + x)));
    }
  }
  for (let line: i32 = 0; line < count; line++) {
    const at = <usize>line * lineBytes;
    for (let x: usize = 0; x < bytes; x += VECTOR) {
      const value = exponential(f32x4.sub(v128.load(input + at + x), v128.load(room + x)));
      v128.store(output + at + x, value);
      v128.store(sums + x, f32x4.add(v128.load(sums + x), value));
    }
  }
  for (let line: i32 = 0; line < count; line++) {
    const at = output + <usize>line * lineBytes;
    for (let x: usize = 0; x < bytes; x += VECTOR) v128.store(at + x, f32x4.div(v128.load(at + x), v128.load(sums + x)));
  }
}

/**
 * `rows` rows of `count` > 0 values each to mean 0 (where `centred`) and mean square 1, times
 * `scale` plus `shift`, of `count` values each.
 */
export function normaliseRows(
  input: usize,
  output: usize,
  rows: i32,
  count: i32,
  scale: usize,
  shift: usize,
  epsilon: f32,
  centred: i32,
): void {
  const rowBytes = <usize>count << 2;
  const zero = f32x4.splat(0);
  for (; rows > 0; rows--, input += rowBytes, output += rowBytes) {
    let at: usize = 0;
    let left = count;
    let mean: f32 = 0;
    if (centred) {
      let sums = zero;
      for (; left >= 4; left -= 4, at += VECTOR) sums = f32x4.add(sums, v128.load(input + at));
      if (left > 0) sums = f32x4.add(sums, some(v128.load(input + at), zero, left));
      mean = total(sums) / <f32>count;
    }
    const middle = f32x4.splat(mean);
    let squares = zero;
    for (at = 0, left = count; left >= 4; left -= 4, at += VECTOR) {
      const value = f32x4.sub(v128.load(input + at), middle);
      squares = f32x4.add(squares, f32x4.mul(value, value));
    }
    if (left > 0) {
      const value = some(f32x4.sub(v128.load(input + at), middle), zero, left);
      squares = f32x4.add(squares, f32x4.mul(value, value));
    }
    const factor = f32x4.splat(1 / sqrt<f32>(total(squares) / <f32>count + epsilon));
    for (at = 0, left = count; left > 0; left -= 4, at += VECTOR) {
      const value = f32x4.mul(f32x4.sub(v128.load(input + at), middle), factor);
      const scaled = f32x4.add(f32x4.mul(value, v128.load(scale + at)), v128.load(shift + at));
      if (left >= 4) v128.store(output + at, scaled);
      else storeSome(output + at, scaled, left);
    }
  }
}
