// A vector of VF sums of 32 bits, to each of which four products of bytes are added at once.

#ifndef ZEROSKIP_BYTES_H
#define ZEROSKIP_BYTES_H

#include "vector.h"

/** What is added to activations, as some instructions take them without a sign. */
#if (ZS_AVX512 && defined(__AVX512VNNI__)) || (ZS_AVX2 && defined(__AVXVNNI__))
enum { ZS_BYTE_OFFSET = 128 };
#else
enum { ZS_BYTE_OFFSET = 0 };
#endif

#if ZS_AVX512
typedef __m512i vq;
static inline vq vq_load(const void *p) { return _mm512_loadu_si512(p); }
static inline void vq_store(void *p, vq v) { _mm512_storeu_si512(p, v); }
static inline vq vq_set1(int32_t x) { return _mm512_set1_epi32(x); }
static inline vq vq_zero(void) { return _mm512_setzero_si512(); }
static inline vq vq_sub(vq a, vq b) { return _mm512_sub_epi32(a, b); }
static inline vf vq_floats(vq v) { return _mm512_cvtepi32_ps(v); }
static inline int32_t vq_sum(vq v) { return _mm512_reduce_add_epi32(v); }
/** To each sum four products of activations (with the offset) and weights. */
static inline vq vq_dot(vq sum, vq activations, vq weights) {
#ifdef __AVX512VNNI__
  return _mm512_dpbusd_epi32(sum, activations, weights);
#else
  const vq odd = _mm512_madd_epi16(_mm512_srai_epi16(activations, 8), _mm512_srai_epi16(weights, 8));
  const vq even = _mm512_madd_epi16(_mm512_srai_epi16(_mm512_slli_epi16(activations, 8), 8),
                                    _mm512_srai_epi16(_mm512_slli_epi16(weights, 8), 8));
  return _mm512_add_epi32(sum, _mm512_add_epi32(even, odd));
#endif
}
#elif ZS_AVX2
typedef __m256i vq;
static inline vq vq_load(const void *p) { return _mm256_loadu_si256((const __m256i *)p); }
static inline void vq_store(void *p, vq v) { _mm256_storeu_si256((__m256i *)p, v); }
static inline vq vq_set1(int32_t x) { return _mm256_set1_epi32(x); }
static inline vq vq_zero(void) { return _mm256_setzero_si256(); }
static inline vq vq_sub(vq a, vq b) { return _mm256_sub_epi32(a, b); }
static inline vf vq_floats(vq v) { return _mm256_cvtepi32_ps(v); }
static inline int32_t vq_sum(vq v) {
  __m128i s = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
  s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4e));
  return _mm_cvtsi128_si32(_mm_add_epi32(s, _mm_shuffle_epi32(s, 0xb1)));
}
/** To each sum four products of activations (with the offset) and weights. */
static inline vq vq_dot(vq sum, vq activations, vq weights) {
#ifdef __AVXVNNI__
  return _mm256_dpbusd_avx_epi32(sum, activations, weights);
#else
  const vq odd = _mm256_madd_epi16(_mm256_srai_epi16(activations, 8), _mm256_srai_epi16(weights, 8));
  const vq even = _mm256_madd_epi16(_mm256_srai_epi16(_mm256_slli_epi16(activations, 8), 8),
                                    _mm256_srai_epi16(_mm256_slli_epi16(weights, 8), 8));
  return _mm256_add_epi32(sum, _mm256_add_epi32(even, odd));
#endif
}
#elif ZS_NEON
typedef int32x4_t vq;
static inline vq vq_load(const void *p) { return vreinterpretq_s32_s8(vld1q_s8((const int8_t *)p)); }
static inline void vq_store(void *p, vq v) { vst1q_s8((int8_t *)p, vreinterpretq_s8_s32(v)); }
static inline vq vq_set1(int32_t x) { return vdupq_n_s32(x); }
static inline vq vq_zero(void) { return vdupq_n_s32(0); }
static inline vq vq_sub(vq a, vq b) { return vsubq_s32(a, b); }
static inline vf vq_floats(vq v) { return vcvtq_f32_s32(v); }
static inline int32_t vq_sum(vq v) { return vaddvq_s32(v); }
/** To each sum four products of activations (with the offset) and weights. */
static inline vq vq_dot(vq sum, vq activations, vq weights) {
  const int8x16_t a = vreinterpretq_s8_s32(activations), b = vreinterpretq_s8_s32(weights);
#ifdef __ARM_FEATURE_DOTPROD
  return vdotq_s32(sum, a, b);
#else
  const int32x4_t low = vpaddlq_s16(vmull_s8(vget_low_s8(a), vget_low_s8(b)));
  const int32x4_t high = vpaddlq_s16(vmull_high_s8(a, b));
  return vaddq_s32(sum, vpaddq_s32(low, high));
#endif
}
#else
typedef struct {
  int32_t of[VF];
} vq;
static inline vq vq_load(const void *p) {
  vq v;
  memcpy(&v, p, sizeof v);
  return v;
}
static inline void vq_store(void *p, vq v) { memcpy(p, &v, sizeof v); }
static inline vq vq_set1(int32_t x) { return (vq){{x, x, x, x}}; }
static inline vq vq_zero(void) { return vq_set1(0); }
static inline vq vq_sub(vq a, vq b) {
  for (int i = 0; i < VF; i++) a.of[i] -= b.of[i];
  return a;
}
static inline vf vq_floats(vq v) {
  float lanes[VF];
  for (int i = 0; i < VF; i++) lanes[i] = (float)v.of[i];
  return vf_load(lanes);
}
static inline int32_t vq_sum(vq v) { return v.of[0] + v.of[1] + v.of[2] + v.of[3]; }
/** To each sum four products of activations (with the offset) and weights. */
static inline vq vq_dot(vq sum, vq activations, vq weights) {
  int8_t a[4 * VF], b[4 * VF];
  memcpy(a, &activations, sizeof a);
  memcpy(b, &weights, sizeof b);
  for (int i = 0; i < 4 * VF; i++) sum.of[i / 4] += a[i] * b[i];
  return sum;
}
#endif

#endif
