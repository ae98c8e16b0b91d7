// Convolution that multiplies every weight: a matrix product whose right side is read from the
// image by the taps' offsets, never laid out as a matrix.

#include "panel.h"
#include "tile.h"

struct products {
  const struct layer *layer;
  const struct tile *tile;
  const uint8_t *input;
  /** Bytes of each tap; null where they are `stride` apart. */
  const uint32_t *offsets;
  int64_t stride, depth;
  const float *panels, *bias;
  float least, most;
};

/** Some rows from `row` on, those before `end`, of the tile's vectors from v0 on. */
ZS_INLINE void multiply(const int V, const struct products *p, int v0, int64_t row, int64_t end) {
  const vf least = vf_set1(p->least), most = vf_set1(p->most);
  const uint8_t *from = p->input + v0 * VB;
  const int64_t panel = row / PANEL * PANEL;
  const float *weights = p->panels + panel * p->depth + (row - panel);
  vf sums[24];
  ZS_UNROLL
  for (int r = 0; r < ROWS_AT_ONCE; r++) {
    const vf bias = vf_set1(row + r < end ? p->bias[row + r] : 0);
    ZS_UNROLL
    for (int v = 0; v < V; v++) sums[r * V + v] = bias;
  }
  if (p->offsets)
    add_products(ROWS_AT_ONCE, V, sums, weights, from, p->offsets, 0, p->depth);
  else
    add_products(ROWS_AT_ONCE, V, sums, weights, from, NULL, p->stride, p->depth);
  ZS_UNROLL
  for (int r = 0; r < ROWS_AT_ONCE; r++) {
    if (row + r >= end) break;
    uint8_t *plane = p->layer->output + (row + r) * p->layer->outputPlane;
    ZS_UNROLL
    for (int v = 0; v < V; v++)
      store_result(plane, p->tile, v0 + v, vf_min(most, vf_max(least, sums[r * V + v])));
  }
}

/**
 * The layer's numbers (tile.h), then: whether the input is read in place, tiles first … end − 1,
 * rows first … end − 1 (first a multiple of 8), channels packed, depth, offsets, panels
 * [row / 8][depth][8], bias, packed input, bounds.
 */
ZS_EXPORT void zs_dense_convolution(uint8_t *memory, const double *a) {
  const struct layer layer = layer_of(memory, a);
  a += LAYER_NUMBERS;
  const int inPlace = (int)a[0];
  const int firstTile = (int)a[1], endTile = (int)a[2];
  const int64_t firstRow = (int64_t)a[3], endRow = (int64_t)a[4];
  const int channels = (int)a[5];
  uint8_t *packed = memory + (uint64_t)a[10];
  struct tile tile;
  struct products products = {
      .layer = &layer,
      .tile = &tile,
      .offsets = inPlace ? NULL : (const uint32_t *)(memory + (uint64_t)a[7]),
      .stride = layer.inputPlane,
      .depth = (int64_t)a[6],
      .panels = zs_floats(memory, a[8]),
      .bias = zs_floats(memory, a[9]),
      .least = (float)a[11],
      .most = (float)a[12],
  };
  for (int number = firstTile; number < endTile; number++) {
    find_tile(&layer, number, &tile);
    if (inPlace) {
      products.input = layer.input + (int64_t)tile.column * 4;
    } else {
      pack_tile(&layer, &tile, 0, channels, packed);
      products.input = packed;
    }
    // In nearly equal parts of at most three vectors; a few planes at a time are written in turn.
    const int parts = (tile.vectors + 2) / 3;
    for (int64_t row = firstRow; row < endRow; row += ROWS_AT_ONCE) {
      for (int part = 0; part < parts; part++) {
        const int v0 = tile.vectors * part / parts;
        switch (tile.vectors * (part + 1) / parts - v0) {
          case 1: multiply(1, &products, v0, row, endRow); break;
          case 2: multiply(2, &products, v0, row, endRow); break;
          default: multiply(3, &products, v0, row, endRow);
        }
      }
    }
  }
}
