// A vector of floats as wide as the processor has them: 16 with AVX-512, 8 with AVX2, 4 with NEON
// and in plain C. Kernels are written over `vf`, VF floats, and see no instruction set.

#ifndef ZEROSKIP_VECTOR_H
#define ZEROSKIP_VECTOR_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** In front of what TypeScript calls: memory and the call's numbers. */
#define ZS_EXPORT __attribute__((visibility("default")))
/** In front of what is written once for several constants. */
#define ZS_INLINE static inline __attribute__((always_inline, unused))

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VL__) && defined(__AVX512DQ__)
#include <immintrin.h>
#define ZS_AVX512 1
#define ZS_INSTRUCTIONS "AVX-512"
#define VF 16
typedef __m512 vf;
static inline vf vf_load(const float *p) { return _mm512_loadu_ps(p); }
static inline void vf_store(float *p, vf v) { _mm512_storeu_ps(p, v); }
static inline vf vf_set1(float x) { return _mm512_set1_ps(x); }
static inline vf vf_zero(void) { return _mm512_setzero_ps(); }
static inline vf vf_fma(vf a, vf b, vf c) { return _mm512_fmadd_ps(a, b, c); }
static inline vf vf_add(vf a, vf b) { return _mm512_add_ps(a, b); }
static inline vf vf_sub(vf a, vf b) { return _mm512_sub_ps(a, b); }
static inline vf vf_mul(vf a, vf b) { return _mm512_mul_ps(a, b); }
static inline vf vf_div(vf a, vf b) { return _mm512_div_ps(a, b); }
/** The second operand where either is not a number. */
static inline vf vf_max(vf a, vf b) { return _mm512_max_ps(a, b); }
static inline vf vf_min(vf a, vf b) { return _mm512_min_ps(a, b); }
static inline __mmask16 vf_mask(int n) { return (__mmask16)((1u << n) - 1u); }
/** The first n floats, 0 ≤ n ≤ VF, the others 0; reads no more. */
static inline vf vf_load_n(const float *p, int n) {
  return _mm512_maskz_loadu_ps(vf_mask(n), p);
}
/** Writes the first n floats. */
static inline void vf_store_n(float *p, int n, vf v) { _mm512_mask_storeu_ps(p, vf_mask(n), v); }
static inline float vf_sum(vf v) { return _mm512_reduce_add_ps(v); }

#elif defined(__AVX2__) && defined(__FMA__)
#include <immintrin.h>
#define ZS_AVX2 1
#define ZS_INSTRUCTIONS "AVX2"
#define VF 8
typedef __m256 vf;
static inline vf vf_load(const float *p) { return _mm256_loadu_ps(p); }
static inline void vf_store(float *p, vf v) { _mm256_storeu_ps(p, v); }
static inline vf vf_set1(float x) { return _mm256_set1_ps(x); }
static inline vf vf_zero(void) { return _mm256_setzero_ps(); }
static inline vf vf_fma(vf a, vf b, vf c) { return _mm256_fmadd_ps(a, b, c); }
static inline vf vf_add(vf a, vf b) { return _mm256_add_ps(a, b); }
static inline vf vf_sub(vf a, vf b) { return _mm256_sub_ps(a, b); }
static inline vf vf_mul(vf a, vf b) { return _mm256_mul_ps(a, b); }
static inline vf vf_div(vf a, vf b) { return _mm256_div_ps(a, b); }
/** The second operand where either is not a number. */
static inline vf vf_max(vf a, vf b) { return _mm256_max_ps(a, b); }
static inline vf vf_min(vf a, vf b) { return _mm256_min_ps(a, b); }
static inline __m256i vf_mask(int n) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
/** The first n floats, 0 ≤ n ≤ VF, the others 0; reads no more. */
static inline vf vf_load_n(const float *p, int n) { return _mm256_maskload_ps(p, vf_mask(n)); }
/** Writes the first n floats. */
static inline void vf_store_n(float *p, int n, vf v) { _mm256_maskstore_ps(p, vf_mask(n), v); }
static inline float vf_sum(vf v) {
  __m128 s = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  s = _mm_add_ps(s, _mm_movehl_ps(s, s));
  return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}

#elif defined(__aarch64__) && defined(__ARM_NEON)
#include <arm_neon.h>
#define ZS_NEON 1
#define ZS_INSTRUCTIONS "NEON"
#define VF 4
typedef float32x4_t vf;
static inline vf vf_load(const float *p) { return vld1q_f32(p); }
static inline void vf_store(float *p, vf v) { vst1q_f32(p, v); }
static inline vf vf_set1(float x) { return vdupq_n_f32(x); }
static inline vf vf_zero(void) { return vdupq_n_f32(0); }
static inline vf vf_fma(vf a, vf b, vf c) { return vfmaq_f32(c, a, b); }
static inline vf vf_add(vf a, vf b) { return vaddq_f32(a, b); }
static inline vf vf_sub(vf a, vf b) { return vsubq_f32(a, b); }
static inline vf vf_mul(vf a, vf b) { return vmulq_f32(a, b); }
static inline vf vf_div(vf a, vf b) { return vdivq_f32(a, b); }
/** The second operand where either is not a number. */
static inline vf vf_max(vf a, vf b) { return vbslq_f32(vcgtq_f32(a, b), a, b); }
static inline vf vf_min(vf a, vf b) { return vbslq_f32(vcltq_f32(a, b), a, b); }
static inline float vf_sum(vf v) { return vaddvq_f32(v); }
#define ZS_PLAIN_EDGES 1

#else
#define ZS_PLAIN 1
#define ZS_INSTRUCTIONS "plain C"
#define VF 4
typedef struct {
  float of[VF];
} vf;
#define ZS_EACH(expression)                                                                       \
  vf r;                                                                                            \
  for (int i = 0; i < VF; i++) r.of[i] = (expression);                                             \
  return r
static inline vf vf_load(const float *p) { ZS_EACH(p[i]); }
static inline void vf_store(float *p, vf v) { memcpy(p, v.of, sizeof v.of); }
static inline vf vf_set1(float x) { ZS_EACH(x); }
static inline vf vf_zero(void) { ZS_EACH(0); }
static inline vf vf_fma(vf a, vf b, vf c) { ZS_EACH(a.of[i] * b.of[i] + c.of[i]); }
static inline vf vf_add(vf a, vf b) { ZS_EACH(a.of[i] + b.of[i]); }
static inline vf vf_sub(vf a, vf b) { ZS_EACH(a.of[i] - b.of[i]); }
static inline vf vf_mul(vf a, vf b) { ZS_EACH(a.of[i] * b.of[i]); }
static inline vf vf_div(vf a, vf b) { ZS_EACH(a.of[i] / b.of[i]); }
/** The second operand where either is not a number. */
static inline vf vf_max(vf a, vf b) { ZS_EACH(a.of[i] > b.of[i] ? a.of[i] : b.of[i]); }
static inline vf vf_min(vf a, vf b) { ZS_EACH(a.of[i] < b.of[i] ? a.of[i] : b.of[i]); }
static inline float vf_sum(vf v) { return (v.of[0] + v.of[1]) + (v.of[2] + v.of[3]); }
#undef ZS_EACH
#define ZS_PLAIN_EDGES 1
#endif

#ifdef ZS_PLAIN_EDGES
/** The first n floats, 0 ≤ n ≤ VF, the others 0; reads no more. */
static inline vf vf_load_n(const float *p, int n) {
  float part[VF] = {0};
  memcpy(part, p, (size_t)n * sizeof(float));
  return vf_load(part);
}
/** Writes the first n floats. */
static inline void vf_store_n(float *p, int n, vf v) {
  float part[VF];
  vf_store(part, v);
  memcpy(p, part, (size_t)n * sizeof(float));
}
#endif

/** An address among a call's numbers, and a count. */
static inline float *zs_floats(uint8_t *memory, double address) {
  return (float *)(memory + (uint64_t)address);
}

#endif
