// Fully connected layers for one vector, column by column, so that a zero activation costs nothing:
// sparse columns as row numbers and values, sparse columns with codes into a table of shared
// weights, and dense columns.

#include "vector.h"

/** Entries of a block. */
enum { TOGETHER = 8 };
/**
 * Active columns by which weights are asked for before they are needed: a block for each that is
 * met, since all at once would wait for room among the lines on their way.
 */
enum { AHEAD = 4 };
enum { LINE = 64 };

typedef struct {
  uint16_t rows[TOGETHER];
  float values[TOGETHER];
} Block;

typedef struct {
  uint8_t codes[TOGETHER];
  uint16_t rows[TOGETHER];
} CodedBlock;

typedef struct {
  uint32_t column;
  float value;
} Active;

/** The columns whose activation isn't zero, and AHEAD more that have no weights. */
static size_t findActive(const float *input, size_t columns, Active *active) {
  size_t count = 0;
  for (size_t column = 0; column < columns; column++) {
    active[count].column = (uint32_t)column;
    active[count].value = input[column];
    count += input[column] != 0;
  }
  for (size_t more = 0; more < AHEAD; more++) {
    active[count + more].column = (uint32_t)columns;
    active[count + more].value = 0;
  }
  return count;
}

/** Fetches what lies from one address to another. */
ZS_INLINE void askFor(const void *from, const void *end) {
  for (const uint8_t *at = from; at < (const uint8_t *)end; at += LINE) __builtin_prefetch(at);
}

/** The sums, none of them below `least` nor above `most`. */
static void finish(const float *sums, float *output, size_t rows, float least, float most) {
  const vf low = vf_set1(least), high = vf_set1(most);
  size_t row = 0;
  for (; row + VF <= rows; row += VF) {
    vf_store(output + row, vf_min(high, vf_max(low, vf_load(sums + row))));
  }
  const int rest = (int)(rows - row);
  const vf sum = vf_load_n(sums + row, rest);
  vf_store_n(output + row, rest, vf_min(high, vf_max(low, sum)));
}

/** Adds eight products to the sums of eight different rows. */
ZS_INLINE void addBlock(float *sums, const uint16_t *rows, const float *values, float value) {
#if ZS_AVX512 || ZS_AVX2
  // Side by side: one load of the rows' numbers and one multiplication for all.
  uint64_t low, high;
  memcpy(&low, rows, sizeof low);
  memcpy(&high, rows + 4, sizeof high);
  float *a = sums + (low & 0xffff), *b = sums + (low >> 16 & 0xffff);
  float *c = sums + (low >> 32 & 0xffff), *d = sums + (low >> 48);
  float *e = sums + (high & 0xffff), *f = sums + (high >> 16 & 0xffff);
  float *g = sums + (high >> 32 & 0xffff), *h = sums + (high >> 48);
  __m256 sum = _mm256_setr_ps(*a, *b, *c, *d, *e, *f, *g, *h);
  sum = _mm256_fmadd_ps(_mm256_set1_ps(value), _mm256_loadu_ps(values), sum);
  const __m128 first = _mm256_castps256_ps128(sum), second = _mm256_extractf128_ps(sum, 1);
  _mm_store_ss(a, first);
  _mm_store_ss(b, _mm_movehdup_ps(first));
  _mm_store_ss(c, _mm_unpackhi_ps(first, first));
  _mm_store_ss(d, _mm_shuffle_ps(first, first, 0xff));
  _mm_store_ss(e, second);
  _mm_store_ss(f, _mm_movehdup_ps(second));
  _mm_store_ss(g, _mm_unpackhi_ps(second, second));
  _mm_store_ss(h, _mm_shuffle_ps(second, second, 0xff));
#else
  for (int at = 0; at < TOGETHER; at++) sums[rows[at]] += value * values[at];
#endif
}

/**
 * Rows of a matrix of sparse columns times a vector. A column is whole blocks of entries, those
 * behind its last one of weight 0 at the numbers behind the last row.
 * input, output, for each column and behind the last where its blocks begin, blocks, bias, columns,
 * rows, least, most, room for columns + AHEAD active ones, room for rows + TOGETHER sums
 */
ZS_EXPORT void zs_columns_sparse(uint8_t *memory, const double *a) {
  const float *input = zs_floats(memory, a[0]);
  float *output = zs_floats(memory, a[1]);
  const uint32_t *pointers = (const uint32_t *)zs_floats(memory, a[2]);
  const Block *blocks = (const Block *)zs_floats(memory, a[3]);
  const float *bias = zs_floats(memory, a[4]);
  const size_t columns = (size_t)a[5], rows = (size_t)a[6];
  Active *active = (Active *)zs_floats(memory, a[9]);
  float *sums = zs_floats(memory, a[10]);
  memcpy(sums, bias, rows * sizeof(float));
  const size_t count = findActive(input, columns, active);
  for (const Active *own = active; own < active + count; own++) {
    const uint32_t *ahead = pointers + own[AHEAD].column;
    const Block *asked = blocks + ahead[0];
    const Block *end = blocks + pointers[own->column + 1];
    for (const Block *block = blocks + pointers[own->column]; block < end; block++, asked++) {
      __builtin_prefetch(asked);
      addBlock(sums, block->rows, block->values, own->value);
    }
    askFor(asked, blocks + ahead[own[AHEAD].column < columns]);
  }
  finish(sums, output, rows, (float)a[7], (float)a[8]);
}

/**
 * The same with 8-bit codes into a table, whose first entry is 0.
 * input, output, pointers, blocks, bias, columns, rows, least, most, the two rooms, table, its entries,
 * room for as many
 */
ZS_EXPORT void zs_columns_coded(uint8_t *memory, const double *a) {
  const float *input = zs_floats(memory, a[0]);
  float *output = zs_floats(memory, a[1]);
  const uint32_t *pointers = (const uint32_t *)zs_floats(memory, a[2]);
  const CodedBlock *blocks = (const CodedBlock *)zs_floats(memory, a[3]);
  const float *bias = zs_floats(memory, a[4]);
  const size_t columns = (size_t)a[5], rows = (size_t)a[6];
  Active *active = (Active *)zs_floats(memory, a[9]);
  float *sums = zs_floats(memory, a[10]);
  const float *table = zs_floats(memory, a[11]);
  const size_t entries = (size_t)a[12];
  float *products = zs_floats(memory, a[13]);
  memcpy(sums, bias, rows * sizeof(float));
  const size_t count = findActive(input, columns, active);
  for (const Active *own = active; own < active + count; own++) {
    const uint32_t *ahead = pointers + own[AHEAD].column;
    const CodedBlock *asked = blocks + ahead[0];
    for (size_t at = 0; at < entries; at++) products[at] = own->value * table[at];
    const CodedBlock *end = blocks + pointers[own->column + 1];
    for (const CodedBlock *block = blocks + pointers[own->column]; block < end; block++, asked++) {
      __builtin_prefetch(asked);
      for (int at = 0; at < TOGETHER; at++) {
        sums[block->rows[at]] += products[block->codes[at]];
      }
    }
    askFor(asked, blocks + ahead[own[AHEAD].column < columns]);
  }
  finish(sums, output, rows, (float)a[7], (float)a[8]);
}

/** Columns that meet the sums together. */
enum { COLUMNS_TOGETHER = 4 };

/** Adds `together` columns, each times its activation, to the sums of all rows. */
ZS_INLINE void addColumns(const float *weights, size_t step, const Active *active, float *sums,
                          size_t rows, const int together) {
  const float *from[COLUMNS_TOGETHER];
  vf value[COLUMNS_TOGETHER];
  for (int k = 0; k < together; k++) {
    from[k] = weights + active[k].column * step;
    value[k] = vf_set1(active[k].value);
  }
  size_t row = 0;
  for (; row + VF <= rows; row += VF) {
    vf sum = vf_load(sums + row);
    for (int k = 0; k < together; k++) sum = vf_fma(value[k], vf_load(from[k] + row), sum);
    vf_store(sums + row, sum);
  }
  const int rest = (int)(rows - row);
  if (rest == 0) return;
  vf sum = vf_load_n(sums + row, rest);
  for (int k = 0; k < together; k++) {
    sum = vf_fma(value[k], vf_load_n(from[k] + row, rest), sum);
  }
  vf_store_n(sums + row, rest, sum);
}

/**
 * Rows of a matrix of dense columns times a vector.
 * input, output, weights, bias, columns, rows, bytes from column to column, least, most, room
 * for columns + AHEAD active ones
 */
ZS_EXPORT void zs_columns_dense(uint8_t *memory, const double *a) {
  float *output = zs_floats(memory, a[1]);
  const float *weights = zs_floats(memory, a[2]);
  const size_t columns = (size_t)a[4], rows = (size_t)a[5], step = (size_t)a[6] / sizeof(float);
  Active *active = (Active *)zs_floats(memory, a[9]);
  memcpy(output, zs_floats(memory, a[3]), rows * sizeof(float));
  const size_t count = findActive(zs_floats(memory, a[0]), columns, active);
  size_t at = 0;
  for (; at + COLUMNS_TOGETHER <= count; at += COLUMNS_TOGETHER) {
    addColumns(weights, step, active + at, output, rows, COLUMNS_TOGETHER);
  }
  for (; at < count; at++) addColumns(weights, step, active + at, output, rows, 1);
  finish(output, output, rows, (float)a[7], (float)a[8]);
}
