// Multiply and add on four lanes. ASC_FEATURE_RELAXED_SIMD is a constant of the build: one source, two modules. Fused,
// SqueezeNet takes about a sixth less time on a Sapphire Rapids core (whole network, sparse and dense).

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
