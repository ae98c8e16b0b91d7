// Matrices of 4-bit weights in blocks of 32 with a 16-bit scale, 4.5 bits a weight, times few
// vectors of float32: weights are widened in registers, sums are of float32.

#include "vector.h"

/** Columns of a block: byte k holds column k in its lower half, column k + 16 in its upper one. */
enum { BLOCK = 32, HALF = BLOCK / 2 };
/** What a half byte is above its weight. */
enum { ZERO = 8 };
/** Bytes by which weights are asked for: so many are on their way from memory at once. */
enum { AHEAD = 4096 };
/** Vectors that meet a widened block together. */
enum { TOGETHER = 4 };

/** VF weights of each half of as many bytes. */
static inline void widened(const uint8_t *bytes, vf *lower, vf *upper) {
#if ZS_AVX512
  const __m128i both = _mm_loadu_si128((const __m128i *)bytes), mask = _mm_set1_epi8(15);
  const __m512i zero = _mm512_set1_epi32(ZERO);
  const __m512i low = _mm512_cvtepu8_epi32(_mm_and_si128(both, mask));
  const __m512i high = _mm512_cvtepu8_epi32(_mm_and_si128(_mm_srli_epi16(both, 4), mask));
  *lower = _mm512_cvtepi32_ps(_mm512_sub_epi32(low, zero));
  *upper = _mm512_cvtepi32_ps(_mm512_sub_epi32(high, zero));
#elif ZS_AVX2
  const __m128i both = _mm_loadl_epi64((const __m128i *)bytes), mask = _mm_set1_epi8(15);
  const __m256i zero = _mm256_set1_epi32(ZERO);
  const __m256i low = _mm256_cvtepu8_epi32(_mm_and_si128(both, mask));
  const __m256i high = _mm256_cvtepu8_epi32(_mm_and_si128(_mm_srli_epi16(both, 4), mask));
  *lower = _mm256_cvtepi32_ps(_mm256_sub_epi32(low, zero));
  *upper = _mm256_cvtepi32_ps(_mm256_sub_epi32(high, zero));
#elif ZS_NEON
  uint32_t word;
  memcpy(&word, bytes, sizeof word);
  const uint8x8_t both = vcreate_u8(word);
  const uint16x8_t low = vmovl_u8(vand_u8(both, vdup_n_u8(15))), high = vmovl_u8(vshr_n_u8(both, 4));
  const float32x4_t zero = vdupq_n_f32(ZERO);
  *lower = vsubq_f32(vcvtq_f32_u32(vmovl_u16(vget_low_u16(low))), zero);
  *upper = vsubq_f32(vcvtq_f32_u32(vmovl_u16(vget_low_u16(high))), zero);
#else
  for (int at = 0; at < VF; at++) {
    lower->of[at] = (float)((bytes[at] & 15) - ZERO);
    upper->of[at] = (float)((bytes[at] >> 4) - ZERO);
  }
#endif
}

/** A float16 that is neither negative nor infinite. */
static inline float scaleOf(uint16_t half) {
  const uint32_t bits = (uint32_t)half << 13;
  float value;
  memcpy(&value, &bits, sizeof value);
  return value * 0x1p112f;
}

/** A call's matrix and vectors. */
typedef struct {
  const float *activations;
  float *output;
  const float *bias;
  const uint8_t *weights;
  const uint16_t *scales;
  size_t rows, columns;
  /** Floats from vector to vector. */
  size_t activationStep, outputStep;
  float least, most;
} Layer;

/** VF activations of which `left` and what is behind them are there, the others 0. */
ZS_INLINE vf activationsAt(const float *from, const int left) {
  return left >= VF ? vf_load(from) : vf_load_n(from, left < 0 ? 0 : left);
}

/**
 * Adds a block of a row, of which `left` columns are there, to a sum for each of `vectors` vectors.
 */
ZS_INLINE void addBlock(const Layer *layer, const uint8_t *weights, float ofBlock,
                        const float *activations, const int left, vf (*sums)[2], const int chain,
                        const int vectors) {
  const vf scale = vf_set1(ofBlock);
  vf products[TOGETHER];
  for (int part = 0; part < HALF; part += VF) {
    vf lower, upper;
    widened(weights + part, &lower, &upper);
    for (int vector = 0; vector < vectors; vector++) {
      const float *own = activations + vector * layer->activationStep + part;
      const vf product = vf_mul(lower, activationsAt(own, left - part));
      const vf both = vf_fma(upper, activationsAt(own + HALF, left - part - HALF), product);
      products[vector] = part == 0 ? both : vf_add(products[vector], both);
    }
  }
  for (int vector = 0; vector < vectors; vector++) {
    sums[vector][chain] = vf_fma(scale, products[vector], sums[vector][chain]);
  }
}

/** All rows times `vectors` vectors from number `first` on. */
ZS_INLINE void multiplyRows(const Layer *layer, size_t first, const int vectors) {
  const float *activations = layer->activations + first * layer->activationStep;
  float *output = layer->output + first * layer->outputStep;
  const uint8_t *weights = layer->weights;
  const uint16_t *scales = layer->scales;
  for (size_t row = 0; row < layer->rows; row++) {
    // Two sums a vector, as one would wait for itself.
    vf sums[TOGETHER][2];
    for (int vector = 0; vector < vectors; vector++) {
      sums[vector][0] = sums[vector][1] = vf_zero();
    }
    const size_t whole = layer->columns / BLOCK * BLOCK;
    for (size_t column = 0; column < whole; column += BLOCK, weights += HALF) {
      const int chain = column / BLOCK % 2;
      if (column / BLOCK % 4 == 0) __builtin_prefetch(weights + AHEAD);
      addBlock(layer, weights, scaleOf(*scales++), activations + column, BLOCK, sums, chain,
               vectors);
    }
    if (whole < layer->columns) {
      const int left = (int)(layer->columns - whole);
      addBlock(layer, weights, scaleOf(*scales++), activations + whole, left, sums, 0, vectors);
      weights += HALF;
    }
    for (int vector = 0; vector < vectors; vector++) {
      const float sum = vf_sum(vf_add(sums[vector][0], sums[vector][1])) + layer->bias[row];
      const float raised = sum < layer->least ? layer->least : sum;
      output[vector * layer->outputStep + row] = raised > layer->most ? layer->most : raised;
    }
  }
}

/**
 * Rows of blocks times vectors: activations, output, bias, rows, columns, vectors, bytes from vector
 * to vector of activations and of the output, least, most, weights, scales
 */
ZS_EXPORT void zs_int4(uint8_t *memory, const double *a) {
  const Layer layer = {
      .activations = zs_floats(memory, a[0]),
      .output = zs_floats(memory, a[1]),
      .bias = zs_floats(memory, a[2]),
      .rows = (size_t)a[3],
      .columns = (size_t)a[4],
      .activationStep = (size_t)a[6] / sizeof(float),
      .outputStep = (size_t)a[7] / sizeof(float),
      .least = (float)a[8],
      .most = (float)a[9],
      .weights = (const uint8_t *)zs_floats(memory, a[10]),
      .scales = (const uint16_t *)zs_floats(memory, a[11]),
  };
  const size_t vectors = (size_t)a[5];
  size_t at = 0;
  for (; at + TOGETHER <= vectors; at += TOGETHER) multiplyRows(&layer, at, TOGETHER);
  for (; at < vectors; at++) multiplyRows(&layer, at, 1);
}
