// Transposes matrices of float32 tile by tile in registers.

#ifndef ZEROSKIP_TRANSPOSE_H
#define ZEROSKIP_TRANSPOSE_H

#include "vector.h"

#if ZS_AVX512
/** 16 rows of 16, `fromStep` and `toStep` floats from one to the next. */
ZS_INLINE void transposeTile(const float *from, size_t fromStep, float *to, size_t toStep) {
  __m512 a[16], b[16];
  for (int i = 0; i < 16; i++) a[i] = _mm512_loadu_ps(from + i * fromStep);
  for (int i = 0; i < 8; i++) {
    b[2 * i] = _mm512_unpacklo_ps(a[2 * i], a[2 * i + 1]);
    b[2 * i + 1] = _mm512_unpackhi_ps(a[2 * i], a[2 * i + 1]);
  }
  for (int i = 0; i < 16; i += 4) {
    for (int k = 0; k < 2; k++) {
      const __m512d low = _mm512_castps_pd(b[i + k]), high = _mm512_castps_pd(b[i + k + 2]);
      a[i + 2 * k] = _mm512_castpd_ps(_mm512_unpacklo_pd(low, high));
      a[i + 2 * k + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(low, high));
    }
  }
  for (int i = 0; i < 16; i += 8) {
    for (int k = 0; k < 4; k++) {
      b[i + k] = _mm512_shuffle_f32x4(a[i + k], a[i + k + 4], 0x88);
      b[i + k + 4] = _mm512_shuffle_f32x4(a[i + k], a[i + k + 4], 0xdd);
    }
  }
  for (int k = 0; k < 8; k++) {
    a[k] = _mm512_shuffle_f32x4(b[k], b[k + 8], 0x88);
    a[k + 8] = _mm512_shuffle_f32x4(b[k], b[k + 8], 0xdd);
  }
  for (int i = 0; i < 16; i++) _mm512_storeu_ps(to + i * toStep, a[i]);
}
#elif ZS_AVX2
/** 8 rows of 8, `fromStep` and `toStep` floats from one to the next. */
ZS_INLINE void transposeTile(const float *from, size_t fromStep, float *to, size_t toStep) {
  __m256 a[8], b[8];
  for (int i = 0; i < 8; i++) a[i] = _mm256_loadu_ps(from + i * fromStep);
  for (int i = 0; i < 4; i++) {
    b[2 * i] = _mm256_unpacklo_ps(a[2 * i], a[2 * i + 1]);
    b[2 * i + 1] = _mm256_unpackhi_ps(a[2 * i], a[2 * i + 1]);
  }
  for (int i = 0; i < 8; i += 4) {
    for (int k = 0; k < 2; k++) {
      const __m256d low = _mm256_castps_pd(b[i + k]), high = _mm256_castps_pd(b[i + k + 2]);
      a[i + 2 * k] = _mm256_castpd_ps(_mm256_unpacklo_pd(low, high));
      a[i + 2 * k + 1] = _mm256_castpd_ps(_mm256_unpackhi_pd(low, high));
    }
  }
  for (int k = 0; k < 4; k++) {
    _mm256_storeu_ps(to + k * toStep, _mm256_permute2f128_ps(a[k], a[k + 4], 0x20));
    _mm256_storeu_ps(to + (k + 4) * toStep, _mm256_permute2f128_ps(a[k], a[k + 4], 0x31));
  }
}
#elif ZS_NEON
/** 4 rows of 4, `fromStep` and `toStep` floats from one to the next. */
ZS_INLINE void transposeTile(const float *from, size_t fromStep, float *to, size_t toStep) {
  float32x4_t a[4];
  for (int i = 0; i < 4; i++) a[i] = vld1q_f32(from + i * fromStep);
  const float32x4x2_t even = vtrnq_f32(a[0], a[1]), odd = vtrnq_f32(a[2], a[3]);
  for (int i = 0; i < 2; i++) {
    const float32x2_t low = vget_low_f32(even.val[i]), high = vget_high_f32(even.val[i]);
    vst1q_f32(to + i * toStep, vcombine_f32(low, vget_low_f32(odd.val[i])));
    vst1q_f32(to + (i + 2) * toStep, vcombine_f32(high, vget_high_f32(odd.val[i])));
  }
}
#else
/** 4 rows of 4, `fromStep` and `toStep` floats from one to the next. */
ZS_INLINE void transposeTile(const float *from, size_t fromStep, float *to, size_t toStep) {
  for (int row = 0; row < VF; row++) {
    for (int column = 0; column < VF; column++) {
      to[column * toStep + row] = from[row * fromStep + column];
    }
  }
}
#endif

/** `rows` rows of `columns` as columns; steps in floats, `to` apart from `from`. */
ZS_INLINE void transpose(const float *from, size_t fromStep, float *to, size_t toStep, size_t rows,
                      size_t columns) {
  const size_t evenRows = rows - rows % VF, evenColumns = columns - columns % VF;
  for (size_t row = 0; row < evenRows; row += VF) {
    const float *line = from + row * fromStep;
    for (size_t column = 0; column < evenColumns; column += VF) {
      transposeTile(line + column, fromStep, to + column * toStep + row, toStep);
    }
    for (size_t column = evenColumns; column < columns; column++) {
      for (size_t lane = 0; lane < VF; lane++) {
        to[column * toStep + row + lane] = line[lane * fromStep + column];
      }
    }
  }
  for (size_t row = evenRows; row < rows; row++) {
    for (size_t column = 0; column < columns; column++) {
      to[column * toStep + row] = from[row * fromStep + column];
    }
  }
}

#endif
