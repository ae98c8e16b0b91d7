// Products of dense matrices: a tile of sums in registers, one column of the left matrix and one
// row of the right one at a time.

#include "transpose.h"

/** Columns that lie together where the right matrix is packed. */
enum { PANEL = 32 };
#if ZS_AVX512
enum { TILE_ROWS = 14 };
#elif ZS_NEON
enum { TILE_ROWS = 8 };
#else
enum { TILE_ROWS = 6 };
#endif
/** Vectors of a tile's rows. */
enum { TILE_VECTORS = 2, TILE_COLUMNS = TILE_VECTORS * VF };
/** What stays in the second-level cache: rows of the left matrix by columns of it. */
enum { BLOCK_ROWS = 12 * TILE_ROWS, BLOCK_DEPTH = 768 };

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

typedef struct {
  const float *left;
  size_t leftStep;
  const float *right;
  size_t rightStep;
  float *output;
  size_t outputStep;
  size_t depth;
  /** Columns, at most those of a tile. */
  size_t columns;
  /** Sums so far are added where this is not the first block of the depth. */
  int isFirst;
  /** Scaled, the bias added and kept within bounds behind the last one. */
  int isLast;
  float scale;
  const float *bias;
  float least;
  float most;
} Tile;

ZS_INLINE void multiplyTile(const Tile *t, const int rows, const int vectors) {
  vf sum[TILE_ROWS][TILE_VECTORS];
  for (int row = 0; row < rows; row++) {
    for (int v = 0; v < vectors; v++) sum[row][v] = vf_zero();
  }
  const float *left = t->left, *right = t->right;
  const size_t leftStep = t->leftStep;
  for (const float *end = left + t->depth; left < end; left++, right += t->rightStep) {
    vf beside[TILE_VECTORS];
    for (int v = 0; v < vectors; v++) beside[v] = vf_load(right + v * VF);
    for (int row = 0; row < rows; row++) {
      const vf value = vf_set1(left[row * leftStep]);
      for (int v = 0; v < vectors; v++) sum[row][v] = vf_fma(value, beside[v], sum[row][v]);
    }
  }
  const vf scale = vf_set1(t->scale), low = vf_set1(t->least), high = vf_set1(t->most);
  for (int row = 0; row < rows; row++) {
    for (int v = 0; v < vectors; v++) {
      const int count = (int)smaller(VF, t->columns - (size_t)v * VF);
      float *to = t->output + row * t->outputStep + v * VF;
      vf value = sum[row][v];
      if (!t->isFirst) value = vf_add(value, vf_load_n(to, count));
      if (t->isLast) {
        const vf bias = t->bias ? vf_load_n(t->bias + v * VF, count) : vf_zero();
        value = vf_min(high, vf_max(low, vf_fma(scale, value, bias)));
      }
      vf_store_n(to, count, value);
    }
  }
}

#define CASE(rows)                                                                                 \
  case rows:                                                                                       \
    if (t->columns > VF) multiplyTile(t, rows, 2);                                                 \
    else multiplyTile(t, rows, 1);                                                                 \
    break

static void multiplyRows(const Tile *t, size_t rows) {
  switch (rows) {
    CASE(1);
    CASE(2);
    CASE(3);
    CASE(4);
    CASE(5);
    CASE(6);
#if ZS_AVX512 || ZS_NEON
    CASE(7);
    CASE(8);
#endif
#if ZS_AVX512
    CASE(9);
    CASE(10);
    CASE(11);
    CASE(12);
    CASE(13);
    CASE(14);
#endif
  }
}

/**
 * output = scale · left × right + bias, none of it below `least` nor above `most`.
 * left, bytes from row to row; right, bytes from row to row, bytes from one PANEL of columns to the
 * next; bias or 0 for none; output, bytes from row to row; rows, depth, columns, scale, least, most
 */
ZS_EXPORT void zs_product(uint8_t *memory, const double *a) {
  const float *left = zs_floats(memory, a[0]);
  const size_t leftStep = (size_t)a[1] / 4;
  const float *right = zs_floats(memory, a[2]);
  const size_t rightStep = (size_t)a[3] / 4, panelStep = (size_t)a[4] / 4;
  const float *bias = a[5] > 0 ? zs_floats(memory, a[5]) : NULL;
  float *output = zs_floats(memory, a[6]);
  const size_t outputStep = (size_t)a[7] / 4;
  const size_t rows = (size_t)a[8], depth = (size_t)a[9], columns = (size_t)a[10];
  Tile t = {.leftStep = leftStep, .rightStep = rightStep, .outputStep = outputStep};
  t.scale = (float)a[11];
  t.least = (float)a[12];
  t.most = (float)a[13];
  for (size_t blockRow = 0; blockRow < rows; blockRow += BLOCK_ROWS) {
    const size_t blockRows = smaller(BLOCK_ROWS, rows - blockRow);
    const size_t tiles = (blockRows + TILE_ROWS - 1) / TILE_ROWS;
    size_t from = 0;
    do {
      t.depth = smaller(BLOCK_DEPTH, depth - from);
      t.isFirst = from == 0;
      t.isLast = from + t.depth == depth;
      for (size_t column = 0; column < columns; column += TILE_COLUMNS) {
        t.right = right + column / PANEL * panelStep + column % PANEL + from * rightStep;
        t.columns = smaller(TILE_COLUMNS, columns - column);
        t.bias = bias ? bias + column : NULL;
        for (size_t tile = 0; tile < tiles; tile++) {
          // Tiles of nearly the same height, so that none is a poor rest.
          const size_t first = blockRow + tile * blockRows / tiles;
          t.left = left + first * leftStep + from;
          t.output = output + first * outputStep + column;
          multiplyRows(&t, blockRow + (tile + 1) * blockRows / tiles - first);
        }
      }
      from += t.depth;
    } while (from < depth);
  }
}

/** The transpose of a matrix: from, bytes from row to row, to, the same, rows, columns */
ZS_EXPORT void zs_transpose(uint8_t *memory, const double *a) {
  transpose(zs_floats(memory, a[0]), (size_t)a[1] / 4, zs_floats(memory, a[2]), (size_t)a[3] / 4,
            (size_t)a[4], (size_t)a[5]);
}
