// Sums of products of 8-bit integers, −127 … 127.

const VECTOR: usize = 16;
const FLOAT: usize = 4;

/** The largest lane. */
// @ts-ignore: decorator
@inline
function highest(a: v128): f32 {
  const low = max(f32x4.extract_lane(a, 0), f32x4.extract_lane(a, 1));
  return max(low, max(f32x4.extract_lane(a, 2), f32x4.extract_lane(a, 3)));
}

/**
 * The step that takes the largest magnitude of `planes` planes of `count` values to 127 (0 where
 * all are 0), and behind it whether one of them is below zero.
 */
export function findStep(input: usize, planes: i32, count: i32, planeBytes: usize, step: usize): void {
  let largest = f32x4.splat(0);
  let smallest = f32x4.splat(0);
  let upper: f32 = 0;
  let lower: f32 = 0;
  for (let plane: i32 = 0; plane < planes; plane++, input += planeBytes) {
    const end = input + (<usize>count << 2);
    let at = input;
    for (; at + VECTOR <= end; at += VECTOR) {
      largest = f32x4.max(largest, v128.load(at));
      smallest = f32x4.min(smallest, v128.load(at));
    }
    for (; at < end; at += FLOAT) {
      upper = max(upper, load<f32>(at));
      lower = min(lower, load<f32>(at));
    }
  }
  upper = max(upper, highest(largest));
  lower = min(lower, -highest(f32x4.neg(smallest)));
  store<f32>(step, max(upper, -lower) / 127);
  store<i32>(step, i32(lower < 0), 4);
}

/**
 * 16 products in four sums. `isPositive`: no activation is below zero, and bytes can be multiplied
 * as they are.
 */
// @ts-ignore: decorator
@inline
export function addProducts(isPositive: bool, sums: v128, weights: v128, activations: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD && isPositive) {
    const pairs = i16x8.relaxed_dot_i8x16_i7x16_s(weights, activations);
    return i32x4.add(sums, i32x4.dot_i16x8_s(pairs, i16x8.splat(1)));
  }
  const low = i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_s(weights), i16x8.extend_low_i8x16_s(activations));
  const high = i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_s(weights), i16x8.extend_high_i8x16_s(activations));
  return i32x4.add(sums, i32x4.add(low, high));
}

/** Sums of four rows as (sum of a, of b, of c, of d). */
// @ts-ignore: decorator
@inline
export function totals(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = i32x4.add(v128.shuffle<i32>(a, b, 0, 4, 1, 5), v128.shuffle<i32>(a, b, 2, 6, 3, 7));
  const cd = i32x4.add(v128.shuffle<i32>(c, d, 0, 4, 1, 5), v128.shuffle<i32>(c, d, 2, 6, 3, 7));
  return i32x4.add(v128.shuffle<i32>(ab, cd, 0, 1, 4, 5), v128.shuffle<i32>(ab, cd, 2, 3, 6, 7));
}
