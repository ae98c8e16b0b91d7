// Operations on four lanes. Multiply-add depends on ASC_FEATURE_RELAXED_SIMD, a constant of the
// build: one source gives two modules. Fused, SqueezeNet takes about a sixth less time on a
// Sapphire Rapids core (whole network, sparse and dense).

/** sum + a · b */
// @ts-ignore: decorator
@inline
export function multiplyAdd(a: v128, b: v128, sum: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, sum);
  return f32x4.add(sum, f32x4.mul(a, b));
}

/** sum − a · b */
// @ts-ignore: decorator
@inline
export function multiplySubtract(a: v128, b: v128, sum: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_nmadd(a, b, sum);
  return f32x4.sub(sum, f32x4.mul(a, b));
}

/**
 * Stores lanes 0 of a, b, c, d at `to`, lanes 1 `step` bytes on, and so on: a 4 × 4 matrix
 * transposed.
 */
// @ts-ignore: decorator
@inline
export function storeTransposed(a: v128, b: v128, c: v128, d: v128, to: usize, step: usize): void {
  const lowAb = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const highAb = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const lowCd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const highCd = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(lowAb, lowCd, 0, 1, 4, 5));
  v128.store(to + step, v128.shuffle<f32>(lowAb, lowCd, 2, 3, 6, 7));
  v128.store(to + 2 * step, v128.shuffle<f32>(highAb, highCd, 0, 1, 4, 5));
  v128.store(to + 3 * step, v128.shuffle<f32>(highAb, highCd, 2, 3, 6, 7));
}
