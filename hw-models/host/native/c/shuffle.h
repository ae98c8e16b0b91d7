// Loads of a part of a vector, and of every second or fourth value.

#ifndef ZEROSKIP_SHUFFLE_H
#define ZEROSKIP_SHUFFLE_H

#include "vector.h"

#define ZS_UNROLL _Pragma("GCC unroll 16")
/** Bytes of a vector. */
#define VB (VF * 4)

#define ZS_PAIRS(suffix, a, b, f)                                                            \
  _mm##suffix##_castpd_ps(f(_mm##suffix##_castps_pd(a), _mm##suffix##_castps_pd(b)))

#ifdef ZS_AVX512
/** Floats first … end − 1 of the VF at p, 0 ≤ first ≤ end ≤ VF, the others 0 and not read. */
ZS_INLINE vf vf_load_part(const float *p, int first, int end) {
  return _mm512_maskz_loadu_ps(vf_mask(end) & (__mmask16)~vf_mask(first), p);
}
/** Every second float of two vectors. */
ZS_INLINE vf vf_even(vf a, vf b) {
  const __m512i even =
      _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
  return _mm512_permutex2var_ps(a, even, b);
}
ZS_INLINE vf vf_odd(vf a, vf b) {
  const __m512i odd =
      _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
  return _mm512_permutex2var_ps(a, odd, b);
}
/** Floats 1 … VF of two vectors. */
ZS_INLINE vf vf_shift(vf a, vf b) {
  return _mm512_castsi512_ps(
      _mm512_alignr_epi32(_mm512_castps_si512(b), _mm512_castps_si512(a), 1));
}
/** Float 4 · i + j of the 4 · VF at p becomes float i of to[j]. */
ZS_INLINE void vf_load_fours(const float *p, vf to[4]) {
  const __m512i low = _mm512_setr_epi32(0, 4, 8, 12, 16, 20, 24, 28, 1, 5, 9, 13, 17, 21, 25, 29);
  const __m512i high = _mm512_add_epi32(low, _mm512_set1_epi32(2));
  const vf a = vf_load(p), b = vf_load(p + VF), c = vf_load(p + 2 * VF), d = vf_load(p + 3 * VF);
  const vf ab01 = _mm512_permutex2var_ps(a, low, b), ab23 = _mm512_permutex2var_ps(a, high, b);
  const vf cd01 = _mm512_permutex2var_ps(c, low, d), cd23 = _mm512_permutex2var_ps(c, high, d);
  to[0] = _mm512_shuffle_f32x4(ab01, cd01, 0x44);
  to[1] = _mm512_shuffle_f32x4(ab01, cd01, 0xee);
  to[2] = _mm512_shuffle_f32x4(ab23, cd23, 0x44);
  to[3] = _mm512_shuffle_f32x4(ab23, cd23, 0xee);
}
/** Float i of from[j] becomes float 4 · i + j of the four vectors of `to`. */
ZS_INLINE void vf_interleave_fours(const vf from[4], vf to[4]) {
  const vf t0 = _mm512_unpacklo_ps(from[0], from[1]), t1 = _mm512_unpackhi_ps(from[0], from[1]);
  const vf t2 = _mm512_unpacklo_ps(from[2], from[3]), t3 = _mm512_unpackhi_ps(from[2], from[3]);
  const vf q0 = ZS_PAIRS(512, t0, t2, _mm512_unpacklo_pd);
  const vf q1 = ZS_PAIRS(512, t0, t2, _mm512_unpackhi_pd);
  const vf q2 = ZS_PAIRS(512, t1, t3, _mm512_unpacklo_pd);
  const vf q3 = ZS_PAIRS(512, t1, t3, _mm512_unpackhi_pd);
  const vf r0 = _mm512_shuffle_f32x4(q0, q1, 0x44), r1 = _mm512_shuffle_f32x4(q0, q1, 0xee);
  const vf r2 = _mm512_shuffle_f32x4(q2, q3, 0x44), r3 = _mm512_shuffle_f32x4(q2, q3, 0xee);
  to[0] = _mm512_shuffle_f32x4(r0, r2, 0x88);
  to[1] = _mm512_shuffle_f32x4(r0, r2, 0xdd);
  to[2] = _mm512_shuffle_f32x4(r1, r3, 0x88);
  to[3] = _mm512_shuffle_f32x4(r1, r3, 0xdd);
}

#elif defined(ZS_AVX2)
ZS_INLINE vf vf_load_part(const float *p, int first, int end) {
  return _mm256_maskload_ps(p, _mm256_andnot_si256(vf_mask(first), vf_mask(end)));
}
ZS_INLINE vf vf_even(vf a, vf b) {
  const vf both = _mm256_shuffle_ps(a, b, 0x88);
  return _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(both), 0xd8));
}
ZS_INLINE vf vf_odd(vf a, vf b) {
  const vf both = _mm256_shuffle_ps(a, b, 0xdd);
  return _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(both), 0xd8));
}
ZS_INLINE vf vf_shift(vf a, vf b) {
  const __m256i middle = _mm256_castps_si256(_mm256_permute2f128_ps(a, b, 0x21));
  return _mm256_castsi256_ps(_mm256_alignr_epi8(middle, _mm256_castps_si256(a), 4));
}
/** Transposes each half's 4 × 4 floats. */
ZS_INLINE void transpose_fours(vf a, vf b, vf c, vf d, vf to[4]) {
  const vf t0 = _mm256_unpacklo_ps(a, b), t1 = _mm256_unpackhi_ps(a, b);
  const vf t2 = _mm256_unpacklo_ps(c, d), t3 = _mm256_unpackhi_ps(c, d);
  to[0] = ZS_PAIRS(256, t0, t2, _mm256_unpacklo_pd);
  to[1] = ZS_PAIRS(256, t0, t2, _mm256_unpackhi_pd);
  to[2] = ZS_PAIRS(256, t1, t3, _mm256_unpacklo_pd);
  to[3] = ZS_PAIRS(256, t1, t3, _mm256_unpackhi_pd);
}
ZS_INLINE void vf_load_fours(const float *p, vf to[4]) {
  const vf a = vf_load(p), b = vf_load(p + VF), c = vf_load(p + 2 * VF), d = vf_load(p + 3 * VF);
  transpose_fours(_mm256_permute2f128_ps(a, c, 0x20), _mm256_permute2f128_ps(a, c, 0x31),
                  _mm256_permute2f128_ps(b, d, 0x20), _mm256_permute2f128_ps(b, d, 0x31), to);
}
ZS_INLINE void vf_interleave_fours(const vf from[4], vf to[4]) {
  vf q[4];
  transpose_fours(from[0], from[1], from[2], from[3], q);
  to[0] = _mm256_permute2f128_ps(q[0], q[1], 0x20);
  to[1] = _mm256_permute2f128_ps(q[2], q[3], 0x20);
  to[2] = _mm256_permute2f128_ps(q[0], q[1], 0x31);
  to[3] = _mm256_permute2f128_ps(q[2], q[3], 0x31);
}

#else
ZS_INLINE vf vf_load_part(const float *p, int first, int end) {
  float part[VF] = {0};
  for (int i = first; i < end; i++) part[i] = p[i];
  return vf_load(part);
}
#ifdef ZS_NEON
ZS_INLINE vf vf_even(vf a, vf b) { return vuzp1q_f32(a, b); }
ZS_INLINE vf vf_odd(vf a, vf b) { return vuzp2q_f32(a, b); }
ZS_INLINE vf vf_shift(vf a, vf b) { return vextq_f32(a, b, 1); }
ZS_INLINE void vf_load_fours(const float *p, vf to[4]) {
  const float32x4x4_t all = vld4q_f32(p);
  for (int j = 0; j < 4; j++) to[j] = all.val[j];
}
#else
ZS_INLINE vf vf_even(vf a, vf b) {
  float all[2 * VF], even[VF];
  vf_store(all, a);
  vf_store(all + VF, b);
  for (int i = 0; i < VF; i++) even[i] = all[2 * i];
  return vf_load(even);
}
ZS_INLINE vf vf_odd(vf a, vf b) {
  float all[2 * VF], odd[VF];
  vf_store(all, a);
  vf_store(all + VF, b);
  for (int i = 0; i < VF; i++) odd[i] = all[2 * i + 1];
  return vf_load(odd);
}
ZS_INLINE vf vf_shift(vf a, vf b) {
  float all[2 * VF];
  vf_store(all, a);
  vf_store(all + VF, b);
  return vf_load(all + 1);
}
ZS_INLINE void vf_load_fours(const float *p, vf to[4]) {
  float every[VF];
  for (int j = 0; j < 4; j++) {
    for (int i = 0; i < VF; i++) every[i] = p[4 * i + j];
    to[j] = vf_load(every);
  }
}
#endif
ZS_INLINE void vf_interleave_fours(const vf from[4], vf to[4]) {
  float apart[4][VF], together[4 * VF];
  for (int j = 0; j < 4; j++) vf_store(apart[j], from[j]);
  for (int i = 0; i < 4 * VF; i++) together[i] = apart[i % 4][i / 4];
  for (int j = 0; j < 4; j++) to[j] = vf_load(together + j * VF);
}
#endif

/** The VF floats of a row from x on, zeros beyond its ends. */
ZS_INLINE vf load_within(const float *row, int64_t x, int width) {
  if (x >= 0 && x + VF <= width) return vf_load(row + x);
  if (x <= -VF || x >= width) return vf_zero();
  const int first = x < 0 ? (int)-x : 0;
  const int end = x + VF > width ? (int)(width - x) : VF;
  return vf_load_part(row + x, first, end);
}

/** The same of every stride-th float. */
ZS_INLINE vf load_spaced(const float *row, int64_t x, int stride, int width) {
  if (stride == 1) return load_within(row, x, width);
  if (stride == 2) return vf_even(load_within(row, x, width), load_within(row, x + VF, width));
  if (stride == 4)
    return vf_even(load_spaced(row, x, 2, width), load_spaced(row, x + 2 * VF, 2, width));
  float spaced[VF];
  for (int i = 0; i < VF; i++, x += stride) spaced[i] = x >= 0 && x < width ? row[x] : 0;
  return vf_load(spaced);
}

#endif
