// Matrices of 8-bit weights times vectors of 8-bit activations, summed in 32 bits: dense rows, and
// for many vectors ("tokens") rows of blocks of four weights, of which those without any are left
// out; tokens lie along the lanes as in sparse-tokens.c.

#include "bytes.h"
#include "functions.h"
#include "transpose.h"

/** Bytes of a row that lie together, and rows that do. */
enum { CHUNK = 64, ROWS = 4 };
/** Bytes by which weights are asked for: so many are on their way from memory at once. */
enum { AHEAD = 12288 };
/** Vectors that meet weights together: as many as their sums have registers. */
#if ZS_AVX512 || ZS_NEON
enum { TOGETHER = 4 };
#else
enum { TOGETHER = 2 };
#endif

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

static float bounded(float value, float least, float most) {
  const float raised = value < least ? least : value;
  return raised > most ? most : raised;
}

/**
 * Vectors as a scale each times −127 … 127, with the offset, and zeros filled in.
 * from, to, scales, vectors, values of each, bytes from vector to vector before and behind
 */
ZS_EXPORT void zs_to_int8(uint8_t *memory, const double *a) {
  float *scales = zs_floats(memory, a[2]);
  const size_t vectors = (size_t)a[3], count = (size_t)a[4];
  const size_t fromStep = (size_t)a[5] / sizeof(float), step = (size_t)a[6];
  for (size_t vector = 0; vector < vectors; vector++) {
    const float *from = zs_floats(memory, a[0]) + vector * fromStep;
    uint8_t *to = memory + (size_t)a[1] + vector * step;
    vf sizes = vf_zero();
    size_t whole = 0;
    for (; whole + VF <= count; whole += VF) {
      sizes = vf_max(vf_abs(vf_load(from + whole)), sizes);
    }
    sizes = vf_max(vf_abs(vf_load_n(from + whole, (int)(count - whole))), sizes);
    const float scale = vf_greatest(sizes) / 127;
    scales[vector] = scale;
    memset(to, ZS_BYTE_OFFSET, step);
    if (!(scale > 0)) continue;
    for (size_t at = 0; at < count; at++) {
      const float value = rintf(bounded(from[at] / scale, -127, 127));
      const int32_t code = value == value ? (int32_t)value : 0;
      to[at] = (uint8_t)(code + ZS_BYTE_OFFSET);
    }
  }
}

/** A call's matrix and vectors. */
typedef struct {
  const uint8_t *activations;
  const float *activationScales;
  float *output;
  const float *bias, *scales;
  /** Of a row's weights, which the offset was multiplied with. */
  const int32_t *totals;
  size_t rows;
  /** Bytes of a vector of activations. */
  size_t step;
  /** Values from one vector of the output to the next. */
  size_t outputStep;
  float least, most;
} Layer;

ZS_INLINE void multiplyFour(const Layer *layer, size_t row, const int8_t *weights, size_t first,
                            const int vectors) {
  vq sums[ROWS][TOGETHER];
  for (int k = 0; k < ROWS; k++) {
    for (int vector = 0; vector < vectors; vector++) sums[k][vector] = vq_zero();
  }
  const uint8_t *activations = layer->activations + first * layer->step;
  for (size_t at = 0; at < layer->step; at += CHUNK, weights += ROWS * CHUNK) {
    for (int k = 0; k < ROWS; k++) __builtin_prefetch(weights + AHEAD + k * CHUNK);
    for (int part = 0; part < CHUNK; part += 4 * VF) {
      vq own[TOGETHER];
      for (int vector = 0; vector < vectors; vector++) {
        own[vector] = vq_load(activations + vector * layer->step + at + part);
      }
      for (int k = 0; k < ROWS; k++) {
        const vq four = vq_load(weights + k * CHUNK + part);
        for (int vector = 0; vector < vectors; vector++) {
          sums[k][vector] = vq_dot(sums[k][vector], own[vector], four);
        }
      }
    }
  }
  const int rows = (int)smaller(ROWS, layer->rows - row);
  for (int vector = 0; vector < vectors; vector++) {
    const float scale = layer->activationScales[first + vector];
    float *to = layer->output + (first + vector) * layer->outputStep + row;
    for (int k = 0; k < rows; k++) {
      const uint32_t offset = (uint32_t)ZS_BYTE_OFFSET * (uint32_t)layer->totals[row + k];
      const int32_t sum = (int32_t)((uint32_t)vq_sum(sums[k][vector]) - offset);
      const float value = layer->bias[row + k] + layer->scales[row + k] * scale * (float)sum;
      to[k] = bounded(value, layer->least, layer->most);
    }
  }
}

/**
 * Dense rows times vectors: weights as [⌈rows / ROWS⌉][bytes of a row / CHUNK][ROWS][CHUNK].
 * activations, their scales, output, bias, scales of rows, totals of rows, rows, bytes of a row,
 * vectors, bytes from vector to vector of the output, least, most, weights
 */
ZS_EXPORT void zs_int8_dense(uint8_t *memory, const double *a) {
  const Layer layer = {
      .activations = memory + (size_t)a[0],
      .activationScales = zs_floats(memory, a[1]),
      .output = zs_floats(memory, a[2]),
      .bias = zs_floats(memory, a[3]),
      .scales = zs_floats(memory, a[4]),
      .totals = (const int32_t *)zs_floats(memory, a[5]),
      .rows = (size_t)a[6],
      .step = (size_t)a[7],
      .outputStep = (size_t)a[9] / sizeof(float),
      .least = (float)a[10],
      .most = (float)a[11],
  };
  const size_t vectors = (size_t)a[8];
  const int8_t *weights = (const int8_t *)(memory + (size_t)a[12]);
  for (size_t row = 0; row < layer.rows; row += ROWS, weights += ROWS * layer.step) {
    size_t at = 0;
    for (; at + TOGETHER <= vectors; at += TOGETHER) {
      multiplyFour(&layer, row, weights, at, TOGETHER);
    }
    for (; at < vectors; at++) multiplyFour(&layer, row, weights, at, 1);
  }
}

/** Tokens of a tile, each of which has four activations in a lane. */
enum { TILE = 64, TILE_BYTES = 4 * TILE };

typedef struct {
  /** Of the block of four features in its chunk, in bytes of a tile. */
  uint32_t offset;
  /** Its four weights. */
  int32_t weights;
} Entry;

typedef struct {
  /** Of the row's sums in its group, in bytes. */
  uint32_t offset;
  uint32_t entries;
} Row;

/** Adds a chunk's blocks to the sums of a group's rows, which begin at 0 where it is the first. */
ZS_INLINE const Entry *addBlocks(const uint8_t *tile, uint8_t *sums, const Row *rows, size_t count,
                                 const Entry *entry, int isFirst) {
  enum { VECTORS = TILE / VF };
  for (const Row *row = rows; row < rows + count; row++) {
    uint8_t *own = sums + row->offset;
    vq sum[VECTORS];
    for (int v = 0; v < VECTORS; v++) {
      sum[v] = isFirst ? vq_zero() : vq_load(own + v * sizeof(vq));
    }
    for (const Entry *end = entry + row->entries; entry < end; entry++) {
      const uint8_t *from = tile + entry->offset;
      const vq weights = vq_set1(entry->weights);
      for (int v = 0; v < VECTORS; v++) {
        sum[v] = vq_dot(sum[v], vq_load(from + v * sizeof(vq)), weights);
      }
    }
    for (int v = 0; v < VECTORS; v++) vq_store(own + v * sizeof(vq), sum[v]);
  }
  return entry;
}

/**
 * Outputs of tiles [tile][block of four][TILE]: group after group of rows, and in it chunk after
 * chunk of blocks, there is a Row for each row and its entries.
 * tiles, output, rows, entries, bias, room for the sums of a group, tokens, rows, rows of a group,
 * blocks, blocks of a chunk, bytes from token to token, least, most, scales of tokens, scales of
 * rows, totals of rows
 */
ZS_EXPORT void zs_int8_sparse(uint8_t *memory, const double *a) {
  const uint8_t *tiles = memory + (size_t)a[0];
  float *output = zs_floats(memory, a[1]);
  const Row *lists = (const Row *)(memory + (size_t)a[2]);
  const Entry *entries = (const Entry *)(memory + (size_t)a[3]);
  const float *bias = zs_floats(memory, a[4]);
  uint8_t *sums = memory + (size_t)a[5];
  const size_t tokens = (size_t)a[6], rows = (size_t)a[7], groupRows = (size_t)a[8];
  const size_t blocks = (size_t)a[9], chunk = (size_t)a[10], step = (size_t)a[11] / sizeof(float);
  const vf low = vf_set1((float)a[12]), high = vf_set1((float)a[13]);
  const float *tokenScales = zs_floats(memory, a[14]), *scales = zs_floats(memory, a[15]);
  const int32_t *totals = (const int32_t *)zs_floats(memory, a[16]);
  for (size_t group = 0; group < rows; group += groupRows) {
    const size_t count = smaller(groupRows, rows - group);
    const Row *nextLists = lists;
    const Entry *nextEntries = entries;
    for (size_t token = 0; token < tokens; token += TILE) {
      nextLists = lists;
      nextEntries = entries;
      for (size_t block = 0; block < blocks; block += chunk, nextLists += count) {
        const uint8_t *tile = tiles + (token * blocks + block * TILE) * 4;
        nextEntries = addBlocks(tile, sums, nextLists, count, nextEntries, block == 0);
      }
      const size_t own = smaller(TILE, tokens - token);
      for (size_t row = 0; row < count; row++) {
        const uint32_t offset = (uint32_t)ZS_BYTE_OFFSET * (uint32_t)totals[group + row];
        const vq correction = vq_set1((int32_t)offset);
        const vf start = vf_set1(bias[group + row]), scale = vf_set1(scales[group + row]);
        uint8_t *line = sums + row * TILE_BYTES;
        for (size_t at = 0; at < own; at += VF) {
          const vf sum = vq_floats(vq_sub(vq_load(line + 4 * at), correction));
          const int rest = (int)smaller(VF, own - at);
          const vf factor = vf_mul(scale, vf_load_n(tokenScales + token + at, rest));
          const vf value = vf_min(high, vf_max(low, vf_fma(factor, sum, start)));
          vf_store((float *)(line + 4 * at), value);
        }
      }
      transpose((const float *)sums, TILE, output + token * step + group, step, count, own);
    }
    lists = nextLists;
    entries = nextEntries;
  }
}
