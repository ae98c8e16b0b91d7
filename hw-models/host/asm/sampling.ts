// Images of other extents, sums and bounds of rows, numbers as integers and back. Addresses and
// strides are in bytes.

import { multiplyAdd } from './shared/vector';

const VECTOR: usize = 16;
const FLOAT: usize = 4;
/** What a sample reads: an input's offset (u32), its weight (f32). */
const ENTRY: usize = 8;

/**
 * `planes` planes of `rows` rows, each of `count` samples: entries of sample s are pointers[s] …
 * pointers[s + 1] − 1, as offsets from the row's beginning.
 */
export function sampleColumns(
  input: usize,
  output: usize,
  planes: i32,
  rows: i32,
  count: i32,
  inputPlaneBytes: usize,
  outputPlaneBytes: usize,
  inputRowBytes: usize,
  pointers: usize,
  entries: usize,
): void {
  for (; planes > 0; planes--, input += inputPlaneBytes, output += outputPlaneBytes) {
    let from = input;
    let to = output;
    for (let row: i32 = 0; row < rows; row++, from += inputRowBytes) {
      let entry = entries + <usize>load<u32>(pointers) * ENTRY;
      for (let sample: i32 = 1; sample <= count; sample++, to += FLOAT) {
        const end = entries + <usize>load<u32>(pointers + (<usize>sample << 2)) * ENTRY;
        let sum: f32 = 0;
        for (; entry < end; entry += ENTRY) sum += load<f32>(from + <usize>load<u32>(entry)) * load<f32>(entry, 4);
        store<f32>(to, sum);
      }
    }
  }
}

/**
 * `planes` planes of `count` rows of `width` values, each the sum of the rows of the input that its
 * entries name.
 */
export function sampleRows(
  input: usize,
  output: usize,
  planes: i32,
  count: i32,
  width: i32,
  inputPlaneBytes: usize,
  outputPlaneBytes: usize,
  pointers: usize,
  entries: usize,
): void {
  const rowBytes = <usize>width << 2;
  for (; planes > 0; planes--, input += inputPlaneBytes, output += outputPlaneBytes) {
    let to = output;
    for (let row: i32 = 0; row < count; row++, to += rowBytes) {
      const first = entries + <usize>load<u32>(pointers + (<usize>row << 2)) * ENTRY;
      const end = entries + <usize>load<u32>(pointers + (<usize>row << 2), 4) * ENTRY;
      let left = width;
      for (let x: usize = 0; left > 0; left -= 4, x += VECTOR) {
        let sum = f32x4.splat(0);
        for (let entry = first; entry < end; entry += ENTRY) {
          sum = multiplyAdd(v128.load(input + x + <usize>load<u32>(entry)), v128.load32_splat(entry, 4), sum);
        }
        if (left >= 4) {
          v128.store(to + x, sum);
          continue;
        }
        v128.store32_lane(to + x, sum, 0);
        if (left > 1) v128.store32_lane(to + x, sum, 1, 4);
        if (left > 2) v128.store32_lane(to + x, sum, 2, 8);
      }
    }
  }
}

const MEAN: i32 = 1;
const MAX: i32 = 2;
const MIN: i32 = 3;

/**
 * The sum, mean, largest or smallest of each of `rows` rows of `count` > 0 values, `rowBytes`
 * apart.
 */
export function reduceRows(
  which: i32,
  input: usize,
  output: usize,
  rows: i32,
  count: i32,
  rowBytes: usize,
  outputBytes: usize,
): void {
  for (; rows > 0; rows--, input += rowBytes, output += outputBytes) {
    let sums = which == MAX ? f32x4.splat(-Infinity) : which == MIN ? f32x4.splat(Infinity) : f32x4.splat(0);
    let at = input;
    let left = count;
    for (; left >= 4; left -= 4, at += VECTOR) sums = joined(which, sums, v128.load(at));
    let one = f32x4.extract_lane(sums, 0);
    one = joinedOne(which, one, f32x4.extract_lane(sums, 1));
    one = joinedOne(which, one, f32x4.extract_lane(sums, 2));
    one = joinedOne(which, one, f32x4.extract_lane(sums, 3));
    for (; left > 0; left--, at += FLOAT) one = joinedOne(which, one, load<f32>(at));
    store<f32>(output, which == MEAN ? one / <f32>count : one);
  }
}

// @ts-ignore: decorator
@inline
function joined(which: i32, a: v128, b: v128): v128 {
  if (which == MAX) return f32x4.max(a, b);
  if (which == MIN) return f32x4.min(a, b);
  return f32x4.add(a, b);
}

// @ts-ignore: decorator
@inline
function joinedOne(which: i32, a: f32, b: f32): f32 {
  if (which == MAX) return max<f32>(a, b);
  if (which == MIN) return min<f32>(a, b);
  return a + b;
}

/** `count` values as bytes: round(x / scale) + zero, halves to even, within `lower` and `upper`. */
export function quantise(
  input: usize,
  output: usize,
  count: i32,
  scale: usize,
  zero: f32,
  zeroAt: usize,
  isSigned: i32,
): void {
  const step = v128.load32_splat(scale);
  const shift = f32x4.splat(zeroOf(zero, zeroAt, isSigned));
  const lower = f32x4.splat(isSigned ? -128 : 0);
  const upper = f32x4.splat(isSigned ? 127 : 255);
  for (; count > 0; count -= 4, input += VECTOR, output += 4) {
    const level = f32x4.add(f32x4.nearest(f32x4.div(v128.load(input), step)), shift);
    const whole = i32x4.trunc_sat_f32x4_s(f32x4.min(upper, f32x4.max(lower, level)));
    store<u8>(output, <u8>i32x4.extract_lane(whole, 0));
    if (count > 1) store<u8>(output, <u8>i32x4.extract_lane(whole, 1), 1);
    if (count > 2) store<u8>(output, <u8>i32x4.extract_lane(whole, 2), 2);
    if (count > 3) store<u8>(output, <u8>i32x4.extract_lane(whole, 3), 3);
  }
}

/** A zero point of a byte at `zeroAt`, or `zero` where that is 0. */
// @ts-ignore: decorator
@inline
function zeroOf(zero: f32, zeroAt: usize, isSigned: i32): f32 {
  if (zeroAt == 0) return zero;
  return isSigned ? <f32>load<i8>(zeroAt) : <f32>load<u8>(zeroAt);
}

/** `count` bytes as values: (x − zero) · scale. */
export function dequantise(
  input: usize,
  output: usize,
  count: i32,
  scale: usize,
  zero: f32,
  zeroAt: usize,
  isSigned: i32,
): void {
  const factor = load<f32>(scale);
  const shift = zeroOf(zero, zeroAt, isSigned);
  if (isSigned) {
    for (; count > 0; count--, input++, output += FLOAT) store<f32>(output, (<f32>load<i8>(input) - shift) * factor);
  } else {
    for (; count > 0; count--, input++, output += FLOAT) store<f32>(output, (<f32>load<u8>(input) - shift) * factor);
  }
}
