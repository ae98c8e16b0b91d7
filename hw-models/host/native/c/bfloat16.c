// Matrices of bfloat16 times few vectors: dense rows, and sparse ones as a bitmask and the packed
// values of what it has, expanded in registers ("sparse load, dense compute"). Activations are
// rounded to bfloat16 too; sums are of float32.

#include "vector.h"

/**
 * Columns of a block. Of its mask's bits the lower half are the block's even columns, the upper
 * half the odd ones, in this order its values are packed.
 */
enum { BLOCK = 32, HALF = BLOCK / 2 };
/** Bytes by which weights are asked for: so many are on their way from memory at once. */
enum { AHEAD = 12288 };
/** Vectors that meet an expanded block together. */
enum { TOGETHER = 4 };

/** To the nearest bfloat16, of two the even one. */
static uint16_t rounded(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  if (value != value) return (uint16_t)(bits >> 16 | 0x40);
  return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

/**
 * Vectors rounded, and filled up with zeros: from, to, vectors, values of each, bytes from vector
 * to vector before and behind
 */
ZS_EXPORT void zs_to_bfloat16(uint8_t *memory, const double *a) {
  const size_t vectors = (size_t)a[2], count = (size_t)a[3];
  const size_t from = (size_t)a[4] / sizeof(float), to = (size_t)a[5] / sizeof(uint16_t);
  for (size_t vector = 0; vector < vectors; vector++) {
    const float *values = zs_floats(memory, a[0]) + vector * from;
    uint16_t *own = (uint16_t *)zs_floats(memory, a[1]) + vector * to;
    for (size_t at = 0; at < count; at++) own[at] = rounded(values[at]);
    memset(own + count, 0, (to - count) * sizeof(uint16_t));
  }
}

#if ZS_AVX512 && defined(__AVX512BF16__) && defined(__AVX512BITALG__)

/** Words of a block as they are multiplied. */
typedef __m512i Words;
typedef struct {
  __m512 sum;
} Sum;

static inline Sum noSum(void) { return (Sum){_mm512_setzero_ps()}; }
static inline Words wordsAt(const uint16_t *from) { return _mm512_loadu_si512(from); }
static inline void addProducts(Sum *sum, Words weights, const uint16_t *activations) {
  sum->sum = _mm512_dpbf16_ps(sum->sum, (__m512bh)weights, (__m512bh)wordsAt(activations));
}
static inline float totalOf(Sum a, Sum b) {
  return _mm512_reduce_add_ps(_mm512_add_ps(a.sum, b.sum));
}

/**
 * A block's words, zeros where its mask has none. The mask stands in each pair of words; how many
 * of a half's bits lie below a word's own says which value is its. (Faster than the instruction that
 * expands, where that is made of many.)
 */
static inline Words expanded(uint32_t mask, const uint16_t *values) {
  const __m512i lane = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  const __m512i bit = _mm512_sllv_epi32(_mm512_set1_epi32(0x00010001), lane);
  const __m512i below = _mm512_sub_epi16(bit, _mm512_set1_epi16(1));
  const __m512i upper = _mm512_set1_epi32(HALF << 16);
  const __m512i masks = _mm512_set1_epi32((int32_t)mask);
  const __m512i rank = _mm512_popcnt_epi16(_mm512_and_si512(masks, below));
  const uint16_t *odd = values + __builtin_popcount(mask & 0xffff);
  const __m512i packed =
      _mm512_inserti64x4(_mm512_castsi256_si512(_mm256_loadu_si256((const __m256i *)values)),
                         _mm256_loadu_si256((const __m256i *)odd), 1);
  return _mm512_maskz_permutexvar_epi16(_mm512_test_epi16_mask(masks, bit),
                                        _mm512_add_epi16(rank, upper), packed);
}

#else

typedef struct {
  vf even[HALF / VF], odd[HALF / VF];
} Words;
typedef struct {
  vf even[HALF / VF], odd[HALF / VF];
} Sum;

static inline Sum noSum(void) {
  Sum sum;
  for (int v = 0; v < HALF / VF; v++) sum.even[v] = sum.odd[v] = vf_zero();
  return sum;
}

/** Even and odd ones of VF pairs of words as floats. */
static inline void halvesOf(const uint16_t *pairs, vf *even, vf *odd) {
#if ZS_AVX512
  const __m512i both = _mm512_loadu_si512(pairs);
  *even = _mm512_castsi512_ps(_mm512_slli_epi32(both, 16));
  *odd = _mm512_castsi512_ps(_mm512_and_si512(both, _mm512_set1_epi32((int)0xffff0000u)));
#elif ZS_AVX2
  const __m256i both = _mm256_loadu_si256((const __m256i *)pairs);
  *even = _mm256_castsi256_ps(_mm256_slli_epi32(both, 16));
  *odd = _mm256_castsi256_ps(_mm256_and_si256(both, _mm256_set1_epi32((int)0xffff0000u)));
#elif ZS_NEON
  const uint32x4_t both = vreinterpretq_u32_u16(vld1q_u16(pairs));
  *even = vreinterpretq_f32_u32(vshlq_n_u32(both, 16));
  *odd = vreinterpretq_f32_u32(vandq_u32(both, vdupq_n_u32(0xffff0000u)));
#else
  for (int at = 0; at < VF; at++) {
    const uint32_t low = (uint32_t)pairs[2 * at] << 16, high = (uint32_t)pairs[2 * at + 1] << 16;
    memcpy(&even->of[at], &low, sizeof low);
    memcpy(&odd->of[at], &high, sizeof high);
  }
#endif
}

static inline Words wordsAt(const uint16_t *from) {
  Words words;
  for (int v = 0; v < HALF / VF; v++) halvesOf(from + 2 * v * VF, &words.even[v], &words.odd[v]);
  return words;
}

static inline void addProducts(Sum *sum, Words weights, const uint16_t *activations) {
  const Words other = wordsAt(activations);
  for (int v = 0; v < HALF / VF; v++) {
    sum->even[v] = vf_fma(weights.even[v], other.even[v], sum->even[v]);
    sum->odd[v] = vf_fma(weights.odd[v], other.odd[v], sum->odd[v]);
  }
}

static inline float totalOf(Sum a, Sum b) {
  vf sum = vf_zero();
  for (int v = 0; v < HALF / VF; v++) {
    sum = vf_add(sum, vf_add(vf_add(a.even[v], a.odd[v]), vf_add(b.even[v], b.odd[v])));
  }
  return vf_sum(sum);
}

#if ZS_AVX2 || ZS_NEON
/** A bit of the mask in each byte. */
static inline uint64_t spread(uint32_t mask) {
  const uint64_t own = (mask * 0x0101010101010101u) & 0x8040201008040201u;
  return ((own + 0x7f7f7f7f7f7f7f7fu) >> 7) & 0x0101010101010101u;
}
#endif

/** Eight values as floats, zeros where the mask has none. */
static inline void expandEight(uint32_t mask, const uint16_t *values, vf *to) {
#if ZS_AVX2
  const uint64_t bits = spread(mask);
  // How many bits lie below each byte's own.
  const uint64_t ranks = (bits * 0x0101010101010101u) << 8;
  const __m256i rank = _mm256_cvtepu8_epi32(_mm_cvtsi64_si128((int64_t)ranks));
  const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  const __m256i bit = _mm256_sllv_epi32(_mm256_set1_epi32(1), lane);
  const __m256i has = _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_set1_epi32((int)mask), bit), bit);
  const __m256i wide = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)values));
  const __m256i own = _mm256_slli_epi32(_mm256_permutevar8x32_epi32(wide, rank), 16);
  *to = _mm256_castsi256_ps(_mm256_and_si256(own, has));
#elif ZS_NEON
  const uint64_t bits = spread(mask);
  const uint16x8_t rank = vmovl_u8(vcreate_u8((bits * 0x0101010101010101u) << 8));
  const uint16x8_t has = vmovl_u8(vcreate_u8(bits));
  // Both bytes of a word; beyond the table, which gives zero, where the mask has none.
  const uint16x8_t bytes = vmlaq_n_u16(vdupq_n_u16(0x0100), rank, 0x0202);
  const uint16x8_t none = vceqq_u16(has, vdupq_n_u16(0));
  const uint8x16_t table = vreinterpretq_u8_u16(vld1q_u16(values));
  const uint16x8_t own =
      vreinterpretq_u16_u8(vqtbl1q_u8(table, vreinterpretq_u8_u16(vorrq_u16(bytes, none))));
  to[0] = vreinterpretq_f32_u32(vshll_n_u16(vget_low_u16(own), 16));
  to[1] = vreinterpretq_f32_u32(vshll_n_u16(vget_high_u16(own), 16));
#else
  float lanes[8];
  for (int at = 0; at < 8; at++) {
    const uint32_t has = mask >> at & 1, word = has ? (uint32_t)*values << 16 : 0;
    memcpy(&lanes[at], &word, sizeof word);
    values += has;
  }
  for (int v = 0; v < 8 / VF; v++) to[v] = vf_load(lanes + v * VF);
#endif
}

/** Sixteen of them. */
static inline void expandHalf(uint32_t mask, const uint16_t *values, vf *to) {
#if ZS_AVX512
  const __m512i wide = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)values));
  to[0] = _mm512_castsi512_ps(
      _mm512_maskz_expand_epi32((__mmask16)mask, _mm512_slli_epi32(wide, 16)));
#else
  expandEight(mask & 0xff, values, to);
  expandEight(mask >> 8, values + __builtin_popcount(mask & 0xff), to + 8 / VF);
#endif
}

/** A block's words, zeros where its mask has none. */
static inline Words expanded(uint32_t mask, const uint16_t *values) {
  Words words;
  expandHalf(mask & 0xffff, values, words.even);
  expandHalf(mask >> 16, values + __builtin_popcount(mask & 0xffff), words.odd);
  return words;
}

#endif

/** A call's matrix and vectors. */
typedef struct {
  const uint16_t *activations;
  float *output;
  const float *bias;
  size_t rows, blocks;
  /** Activations and outputs from vector to vector. */
  size_t activationStep, outputStep;
  float least, most;
} Layer;

ZS_INLINE float bounded(const Layer *layer, size_t row, float sum) {
  const float value = sum + layer->bias[row];
  const float raised = value < layer->least ? layer->least : value;
  return raised > layer->most ? layer->most : raised;
}

/** Rows of blocks, dense or with masks, times `vectors` vectors from number `first` on. */
ZS_INLINE void multiplyRows(const Layer *layer, const uint32_t *masks, const uint16_t *values,
                            size_t first, const int vectors) {
  const uint16_t *activations = layer->activations + first * layer->activationStep;
  float *output = layer->output + first * layer->outputStep;
  for (size_t row = 0; row < layer->rows; row++) {
    // Two sums a vector, as one would wait for itself; four where a vector is alone.
    enum { CHAINS = 4 };
    const int chains = vectors == 1 ? CHAINS : 2;
    Sum sums[TOGETHER][CHAINS];
    for (int vector = 0; vector < vectors; vector++) {
      for (int chain = 0; chain < CHAINS; chain++) sums[vector][chain] = noSum();
    }
    size_t block = 0;
    for (; block + CHAINS <= layer->blocks; block += CHAINS) {
      for (int line = 0; line < (masks ? CHAINS / 2 : CHAINS); line++) {
        __builtin_prefetch((const uint8_t *)values + AHEAD + 64 * line);
      }
      if (masks) __builtin_prefetch((const uint8_t *)masks + AHEAD / 4);
      for (int k = 0; k < CHAINS; k++) {
        const Words words = masks ? expanded(masks[k], values) : wordsAt(values);
        values += masks ? __builtin_popcount(masks[k]) : BLOCK;
        for (int vector = 0; vector < vectors; vector++) {
          const uint16_t *own = activations + vector * layer->activationStep;
          addProducts(&sums[vector][k % chains], words, own + (block + k) * BLOCK);
        }
      }
      if (masks) masks += CHAINS;
    }
    for (; block < layer->blocks; block++) {
      const Words words = masks ? expanded(*masks, values) : wordsAt(values);
      values += masks ? __builtin_popcount(*masks++) : BLOCK;
      for (int vector = 0; vector < vectors; vector++) {
        const uint16_t *own = activations + vector * layer->activationStep;
        addProducts(&sums[vector][0], words, own + block * BLOCK);
      }
    }
    for (int vector = 0; vector < vectors; vector++) {
      float sum = totalOf(sums[vector][0], sums[vector][1]);
      if (chains == CHAINS) sum += totalOf(sums[vector][2], sums[vector][3]);
      output[vector * layer->outputStep + row] = bounded(layer, row, sum);
    }
  }
}

static Layer layerOf(uint8_t *memory, const double *a) {
  return (Layer){
      .activations = (const uint16_t *)zs_floats(memory, a[0]),
      .output = zs_floats(memory, a[1]),
      .bias = zs_floats(memory, a[2]),
      .rows = (size_t)a[3],
      .blocks = (size_t)a[4],
      .activationStep = (size_t)a[6] / sizeof(uint16_t),
      .outputStep = (size_t)a[7] / sizeof(float),
      .least = (float)a[8],
      .most = (float)a[9],
  };
}

/**
 * Dense rows times vectors: activations as bfloat16, output, bias, rows, blocks of a row, vectors,
 * bytes from vector to vector of activations and of the output, least, most, weights
 */
ZS_EXPORT void zs_bfloat16_dense(uint8_t *memory, const double *a) {
  const Layer layer = layerOf(memory, a);
  const uint16_t *values = (const uint16_t *)zs_floats(memory, a[10]);
  const size_t vectors = (size_t)a[5];
  size_t at = 0;
  for (; at + TOGETHER <= vectors; at += TOGETHER) {
    multiplyRows(&layer, NULL, values, at, TOGETHER);
  }
  for (; at < vectors; at++) multiplyRows(&layer, NULL, values, at, 1);
}

/** The same with a mask for each block, and packed values: the same numbers, masks, values */
ZS_EXPORT void zs_bfloat16_sparse(uint8_t *memory, const double *a) {
  const Layer layer = layerOf(memory, a);
  const uint32_t *masks = (const uint32_t *)zs_floats(memory, a[10]);
  const uint16_t *values = (const uint16_t *)zs_floats(memory, a[11]);
  const size_t vectors = (size_t)a[5];
  size_t at = 0;
  for (; at + TOGETHER <= vectors; at += TOGETHER) {
    multiplyRows(&layer, masks, values, at, TOGETHER);
  }
  for (; at < vectors; at++) multiplyRows(&layer, masks, values, at, 1);
}
