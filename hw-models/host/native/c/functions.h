// Functions of a vector's lanes to within a few units in the last place: exponential after Cephes
// (Moshier), error function after Juffa. What is not a number stays so.

#ifndef ZEROSKIP_FUNCTIONS_H
#define ZEROSKIP_FUNCTIONS_H

#include "vector.h"

#if ZS_AVX512
static inline vf vf_abs(vf v) { return _mm512_abs_ps(v); }
static inline vf vf_sqrt(vf v) { return _mm512_sqrt_ps(v); }
/** The nearest whole number, of two the even one. */
static inline vf vf_round(vf v) {
  return _mm512_roundscale_ps(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
/** 2 to the power of a whole number of −126 to 127. */
static inline vf vf_power2(vf v) {
  const __m512i exponent = _mm512_add_epi32(_mm512_cvtps_epi32(v), _mm512_set1_epi32(127));
  return _mm512_castsi512_ps(_mm512_slli_epi32(exponent, 23));
}
/** Lane by lane `yes` where a < b, else `no`. */
static inline vf vf_if_less(vf a, vf b, vf yes, vf no) {
  return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_LT_OQ), no, yes);
}
/** `size`, which is not below 0, with the sign of `sign`. */
static inline vf vf_with_sign(vf size, vf sign) {
  return _mm512_or_ps(size, _mm512_and_ps(sign, _mm512_set1_ps(-0.0f)));
}
#elif ZS_AVX2
static inline vf vf_abs(vf v) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), v); }
static inline vf vf_sqrt(vf v) { return _mm256_sqrt_ps(v); }
/** The nearest whole number, of two the even one. */
static inline vf vf_round(vf v) {
  return _mm256_round_ps(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
/** 2 to the power of a whole number of −126 to 127. */
static inline vf vf_power2(vf v) {
  const __m256i exponent = _mm256_add_epi32(_mm256_cvtps_epi32(v), _mm256_set1_epi32(127));
  return _mm256_castsi256_ps(_mm256_slli_epi32(exponent, 23));
}
/** Lane by lane `yes` where a < b, else `no`. */
static inline vf vf_if_less(vf a, vf b, vf yes, vf no) {
  return _mm256_blendv_ps(no, yes, _mm256_cmp_ps(a, b, _CMP_LT_OQ));
}
/** `size`, which is not below 0, with the sign of `sign`. */
static inline vf vf_with_sign(vf size, vf sign) {
  return _mm256_or_ps(size, _mm256_and_ps(sign, _mm256_set1_ps(-0.0f)));
}
#elif ZS_NEON
static inline vf vf_abs(vf v) { return vabsq_f32(v); }
static inline vf vf_sqrt(vf v) { return vsqrtq_f32(v); }
/** The nearest whole number, of two the even one. */
static inline vf vf_round(vf v) { return vrndnq_f32(v); }
/** 2 to the power of a whole number of −126 to 127. */
static inline vf vf_power2(vf v) {
  const int32x4_t exponent = vaddq_s32(vcvtq_s32_f32(v), vdupq_n_s32(127));
  return vreinterpretq_f32_s32(vshlq_n_s32(exponent, 23));
}
/** Lane by lane `yes` where a < b, else `no`. */
static inline vf vf_if_less(vf a, vf b, vf yes, vf no) {
  return vbslq_f32(vcltq_f32(a, b), yes, no);
}
/** `size`, which is not below 0, with the sign of `sign`. */
static inline vf vf_with_sign(vf size, vf sign) {
  return vbslq_f32(vdupq_n_u32(0x80000000u), sign, size);
}
#else
static inline vf vf_abs(vf v) {
  for (int i = 0; i < VF; i++) v.of[i] = fabsf(v.of[i]);
  return v;
}
static inline vf vf_sqrt(vf v) {
  for (int i = 0; i < VF; i++) v.of[i] = sqrtf(v.of[i]);
  return v;
}
/** The nearest whole number, of two the even one. */
static inline vf vf_round(vf v) {
  for (int i = 0; i < VF; i++) v.of[i] = rintf(v.of[i]);
  return v;
}
/** 2 to the power of a whole number of −126 to 127; not a number where that is none. */
static inline vf vf_power2(vf v) {
  for (int i = 0; i < VF; i++) {
    if (v.of[i] != v.of[i]) continue;
    const uint32_t bits = (uint32_t)((int32_t)v.of[i] + 127) << 23;
    memcpy(&v.of[i], &bits, sizeof bits);
  }
  return v;
}
/** Lane by lane `yes` where a < b, else `no`. */
static inline vf vf_if_less(vf a, vf b, vf yes, vf no) {
  for (int i = 0; i < VF; i++) no.of[i] = a.of[i] < b.of[i] ? yes.of[i] : no.of[i];
  return no;
}
/** `size`, which is not below 0, with the sign of `sign`. */
static inline vf vf_with_sign(vf size, vf sign) {
  for (int i = 0; i < VF; i++) size.of[i] = copysignf(size.of[i], sign.of[i]);
  return size;
}
#endif

/** x · p + c for a constant c. */
static inline vf vf_step(vf p, vf x, float c) { return vf_fma(p, x, vf_set1(c)); }

static inline float vf_greatest(vf v) {
  float lanes[VF];
  vf_store(lanes, v);
  float most = lanes[0];
  for (int i = 1; i < VF; i++) most = lanes[i] > most ? lanes[i] : most;
  return most;
}

/** eˣ as 2ⁿ · eʳ with |r| ≤ ln 2 / 2; infinity beyond what a float holds, 0 far below it. */
static inline vf vf_exp(vf x) {
  const vf low = vf_set1(-87.3365478515625f);
  const vf inside = vf_min(vf_set1(88.3762626647949f), vf_max(low, x));
  const vf n = vf_round(vf_mul(inside, vf_set1(1.44269504088896341f)));
  vf r = vf_fma(n, vf_set1(-0.693359375f), inside);
  r = vf_fma(n, vf_set1(2.12194440e-4f), r);
  vf p = vf_set1(1.9875691500e-4f);
  p = vf_step(p, r, 1.3981999507e-3f);
  p = vf_step(p, r, 8.3334519073e-3f);
  p = vf_step(p, r, 4.1665795894e-2f);
  p = vf_step(p, r, 1.6666665459e-1f);
  p = vf_step(p, r, 5.0000001201e-1f);
  p = vf_fma(vf_mul(p, r), r, vf_add(r, vf_set1(1)));
  const vf value = vf_mul(p, vf_power2(n));
  const vf large = vf_if_less(vf_set1(88.72283f), x, vf_set1(INFINITY), value);
  return vf_if_less(x, low, vf_zero(), large);
}

static inline vf vf_sigmoid(vf x) {
  const vf one = vf_set1(1);
  return vf_div(one, vf_add(one, vf_exp(vf_sub(vf_zero(), x))));
}

/** Near 0 a polynomial, as 1 would swallow what is left of it. */
static inline vf vf_tanh(vf x) {
  const vf size = vf_abs(x), square = vf_mul(x, x), one = vf_set1(1);
  vf p = vf_set1(-5.70498872745e-3f);
  p = vf_step(p, square, 2.06390887954e-2f);
  p = vf_step(p, square, -5.37397155531e-2f);
  p = vf_step(p, square, 1.33314422036e-1f);
  p = vf_step(p, square, -3.33332819422e-1f);
  const vf small = vf_fma(vf_mul(p, square), x, x);
  const vf rest = vf_div(vf_set1(2), vf_add(vf_exp(vf_add(size, size)), one));
  return vf_if_less(size, vf_set1(0.625f), small, vf_with_sign(vf_sub(one, rest), x));
}

static inline vf vf_erf(vf x) {
  const vf size = vf_abs(x), square = vf_mul(x, x);
  vf r = vf_step(vf_set1(-1.72853470e-5f), size, 3.83197126e-4f);
  const vf u = vf_step(vf_set1(-3.88396438e-3f), size, 2.42546219e-2f);
  r = vf_fma(r, square, u);
  r = vf_step(r, size, -1.06777877e-1f);
  r = vf_step(r, size, -6.34846687e-1f);
  r = vf_step(r, size, -1.28717512e-1f);
  r = vf_fma(r, size, vf_sub(vf_zero(), size));
  const vf large = vf_with_sign(vf_sub(vf_set1(1), vf_exp(r)), x);
  vf p = vf_step(vf_set1(-5.96761703e-4f), square, 4.99119423e-3f);
  p = vf_step(p, square, -2.67681349e-2f);
  p = vf_step(p, square, 1.12819925e-1f);
  p = vf_step(p, square, -3.76125336e-1f);
  p = vf_step(p, square, 1.28379166e-1f);
  return vf_if_less(size, vf_set1(0.92773f), vf_fma(p, x, x), large);
}

#endif
