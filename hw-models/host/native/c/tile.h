// A tile of a convolution's output, and the part of the input that it is made of, packed so that
// every tap reads whole aligned vectors one behind the other.

#ifndef ZEROSKIP_TILE_H
#define ZEROSKIP_TILE_H

#include "shuffle.h"

/** Vectors of the largest tile. */
#define MOST_VECTORS 64

/** A layer's images and window, and how its output is cut into tiles. */
struct layer {
  const uint8_t *input;
  uint8_t *output;
  int64_t inputPlane, outputPlane;
  int height, width, outHeight, outWidth;
  int kernelHeight, kernelWidth, strideY, strideX, dilationY, dilationX, top, left;
  /**
   * Rows of a tile, and vectors of each; of a flat one, whose rows of pixels follow each other
   * without gaps, vectors of them all.
   */
  int tileRows, tileColumns, isFlat;
};

#define LAYER_NUMBERS 19

ZS_INLINE struct layer layer_of(uint8_t *memory, const double *a) {
  return (struct layer){
      .input = memory + (uint64_t)a[0],
      .output = memory + (uint64_t)a[1],
      .inputPlane = (int64_t)a[2],
      .outputPlane = (int64_t)a[3],
      .height = (int)a[4],
      .width = (int)a[5],
      .outHeight = (int)a[6],
      .outWidth = (int)a[7],
      .kernelHeight = (int)a[8],
      .kernelWidth = (int)a[9],
      .strideY = (int)a[10],
      .strideX = (int)a[11],
      .dilationY = (int)a[12],
      .dilationX = (int)a[13],
      .top = (int)a[14],
      .left = (int)a[15],
      .tileRows = (int)a[16],
      .tileColumns = (int)a[17],
      .isFlat = (int)a[18],
  };
}

/** Where a tile lies in the output, and what of its vectors is real. */
struct tile {
  int row, column;
  /** Rows within the output, and vectors of them all. */
  int rows, vectors;
  /** Whether all of every vector is written. */
  int isWhole;
  /** For each vector, the bytes from the plane's first and how many floats are real. */
  int64_t at[MOST_VECTORS];
  int count[MOST_VECTORS];
};

static inline void find_tile(const struct layer *l, int number, struct tile *t) {
  const int width = l->tileColumns * VF;
  const int across = l->isFlat ? 1 : (l->outWidth + width - 1) / width;
  t->row = number / across * l->tileRows;
  t->column = number % across * width;
  t->rows = l->outHeight - t->row < l->tileRows ? l->outHeight - t->row : l->tileRows;
  t->isWhole = 1;
  // As one row of pixels, or row by row.
  const int lines = l->isFlat ? 1 : t->rows;
  const int pixels = l->isFlat ? t->rows * l->outWidth : l->outWidth - t->column;
  const int needed = (pixels + VF - 1) / VF;
  const int columns = lines == 1 && needed < l->tileColumns ? needed : l->tileColumns;
  t->vectors = lines * columns;
  for (int v = 0; v < t->vectors; v++) {
    const int line = v / columns, column = v % columns * VF;
    const int count = pixels - column;
    t->count[v] = count < 0 ? 0 : count < VF ? count : VF;
    t->at[v] = ((int64_t)(t->row + line) * l->outWidth + t->column + column) * 4;
    t->isWhole &= count >= VF;
  }
}

/** Some vectors of one tap's row, of every stride-th float from x on. */
ZS_INLINE void pack_row(const struct layer *l, const uint8_t *plane, int64_t y, int64_t x,
                        int vectors, float *to) {
  if (y < 0 || y >= l->height) {
    for (int v = 0; v < vectors; v++) vf_store(to + v * VF, vf_zero());
    return;
  }
  const float *row = (const float *)plane + y * l->width;
#define PACK(stride)                                                                               \
  for (int v = 0; v < vectors; v++, x += VF * (stride))                                            \
    vf_store(to + v * VF, load_spaced(row, x, stride, l->width))
  switch (l->strideX) {
    case 1: PACK(1); break;
    case 2: PACK(2); break;
    case 4: PACK(4); break;
    default: PACK(l->strideX);
  }
#undef PACK
}

/**
 * Packs channels first … end − 1 as [channel][kernel column][row modulo stride][row][vector]: tap
 * (ky, kx) of a channel reads from row ky · dilation / stride on. Of a flat layer as
 * [channel][kernel row][kernel column][vector].
 */
static inline void pack_tile(const struct layer *l, const struct tile *t, int first, int end,
                      uint8_t *to) {
  const int columns = l->tileColumns;
  for (int channel = first; channel < end; channel++) {
    const uint8_t *plane = l->input + channel * l->inputPlane;
    const int64_t y0 = (int64_t)t->row * l->strideY - l->top;
    const int64_t x0 = (int64_t)t->column * l->strideX - l->left;
    if (l->isFlat) {
      const int vectors = (l->outWidth + VF - 1) / VF;
      for (int ky = 0; ky < l->kernelHeight; ky++) {
        for (int kx = 0; kx < l->kernelWidth; kx++, to += columns * VB) {
          // Rows are packed in turn: what is written behind one is overwritten by the next.
          for (int row = 0; row < t->rows; row++) {
            const int64_t y = y0 + (int64_t)row * l->strideY + ky * l->dilationY;
            pack_row(l, plane, y, x0 + kx * l->dilationX, vectors,
                     (float *)to + row * l->outWidth);
          }
        }
      }
      continue;
    }
    const int reach = (l->kernelHeight - 1) * l->dilationY;
    const int phases = l->kernelHeight == 1 ? 1 : l->strideY;
    // As for a whole tile, also where this one has fewer rows.
    const int rows = l->tileRows + reach / l->strideY;
    for (int kx = 0; kx < l->kernelWidth; kx++) {
      for (int phase = 0; phase < phases; phase++) {
        for (int row = 0; row < rows; row++, to += columns * VB)
          pack_row(l, plane, y0 + (int64_t)row * l->strideY + phase, x0 + kx * l->dilationX,
                   columns, (float *)to);
      }
    }
  }
}

/** Writes vector v of a row's tile, kept within bounds. */
ZS_INLINE void store_result(uint8_t *plane, const struct tile *t, int v, vf value) {
  float *to = (float *)(plane + t->at[v]);
  if (t->isWhole)
    vf_store(to, value);
  else
    vf_store_n(to, t->count[v], value);
}

#endif
