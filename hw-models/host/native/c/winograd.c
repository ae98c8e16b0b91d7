// Winograd convolution F(4×4, r×r) for kernels of r = 3 and 4 taps a side: tiles of 6×6 inputs
// become 36 products each in place of 144, of 7×7 inputs 49 in place of 256. A stride makes phases
// of fewer taps, each like a channel of its own. Tiles lie along the lanes. A block of tiles is
// transformed for all channels, multiplied by the transformed weights position by position, some
// rows of weights at a time, and transformed back, all within the second-level cache. Transforms go
// row of tiles by row of tiles; products see tiles without gaps.

#include "panel.h"

/** Outputs of a tile along an axis, and positions of the largest. */
#define OUTPUTS 4
#define MOST_SIDE 7

struct winograd {
  const uint8_t *input;
  uint8_t *output;
  int64_t inputPlane, outputPlane;
  int height, width, outHeight, outWidth, top, left, strideY, strideX;
  /** Positions of a tile along an axis. */
  int side;
  int channels;
  /** Channels and phases, each with tiles of its own. */
  int64_t depth;
  /** Tiles of a row of tiles. */
  int across;
  /** Bytes from one channel's or row's tiles to the next, and of all of a position's. */
  int64_t tileBytes, inputBytes, outputBytes;
  /** Rows multiplied before they are transformed back. */
  int64_t chunk;
};

/** Bᵀ for the points 0, ±1, ±2 and infinity, as workloads/transforms/cook-toom.ts makes it. */
ZS_INLINE void transform_six(const vf d[6], vf t[6]) {
  const vf four = vf_set1(4), five = vf_set1(5), two = vf_set1(2);
  const vf even = vf_sub(vf_mul(four, d[2]), d[4]), odd = vf_sub(vf_mul(four, d[1]), d[3]);
  const vf evens = vf_sub(d[4], d[2]), odds = vf_mul(two, vf_sub(d[3], d[1]));
  t[0] = vf_fma(four, d[0], vf_sub(d[4], vf_mul(five, d[2])));
  t[1] = vf_add(even, odd);
  t[2] = vf_sub(even, odd);
  t[3] = vf_add(evens, odds);
  t[4] = vf_sub(evens, odds);
  t[5] = vf_fma(four, d[1], vf_sub(d[5], vf_mul(five, d[3])));
}

ZS_INLINE vf times(float factor, vf value, vf more) { return vf_fma(vf_set1(factor), value, more); }

/** The same with the point ½. */
ZS_INLINE void transform_seven(const vf d[7], vf t[7]) {
  const vf d24 = vf_sub(d[4], vf_mul(vf_set1(5), d[2])), d53 = vf_sub(vf_mul(vf_set1(5), d[3]), d[5]);
  t[0] = times(2, d[0], times(-4, d[1], times(0.5f, d24, d53)));
  t[1] = times(-2, d[1], times(2, d[2], times(4.5f, d[3], times(-0.5f, d[4], vf_sub(vf_zero(), d[5])))));
  t[2] = times(-2, d[1], times(6, d[2], times(-3.5f, d[3], times(-1.5f, d[4], d[5]))));
  t[3] = times(-1.5f, d[2], times(-2, d[3], times(1.5f, d[4], vf_add(d[1], d[5]))));
  t[4] = times(2.5f, vf_sub(d[4], d[2]), vf_sub(d[1], d[5]));
  t[5] = times(4, d[1], times(-5, d[3], d[5]));
  t[6] = times(-2, d[1], times(4, d[2], times(2.5f, d[3], times(-5, d[4], times(-0.5f, d[5], d[6])))));
}

ZS_INLINE void transform_input(const int side, const vf *d, vf *t) {
  if (side == 6)
    transform_six(d, t);
  else
    transform_seven(d, t);
}

/** Aᵀ. */
ZS_INLINE void transform_output(const int side, const vf *m, vf t[4]) {
  const vf s12 = vf_add(m[1], m[2]), d12 = vf_sub(m[1], m[2]);
  const vf s34 = vf_add(m[3], m[4]), d34 = vf_sub(m[3], m[4]);
  t[0] = vf_add(m[0], vf_add(s12, s34));
  t[1] = times(2, d34, d12);
  t[2] = times(4, s34, s12);
  t[3] = vf_add(m[side - 1], times(8, d34, d12));
  if (side == 6) return;
  t[0] = vf_add(t[0], m[5]);
  t[1] = times(0.5f, m[5], t[1]);
  t[2] = times(0.25f, m[5], t[2]);
  t[3] = times(0.125f, m[5], t[3]);
}

/**
 * A row of tiles of one phase of a channel: down the columns as pixels lie, then split by column
 * modulo 4, then along the rows. `lines`: side · 4 lines of `pitch` floats, and as many of pixels.
 */
ZS_INLINE void transform_row(const int side, const int stride, const struct winograd *w,
                             const uint8_t *plane, int64_t y0, int64_t x0, uint8_t *to,
                             float *lines, int64_t pitch) {
  float *split = lines + MOST_SIDE * 4 * pitch;
  const int pixels = w->across * OUTPUTS + side - OUTPUTS;
  // Of each row, 4 · VF pixels at a time: VF of each column modulo 4.
  for (int x = 0, tile = 0; x < pixels; x += 4 * VF, tile += VF) {
    for (int part = 0; part < 4 && x + part * VF < pixels; part++) {
      vf d[MOST_SIDE], t[MOST_SIDE];
      const int64_t at = x0 + (int64_t)(x + part * VF) * stride;
      ZS_UNROLL
      for (int i = 0; i < side; i++) {
        const int64_t y = y0 + (int64_t)i * w->strideY;
        const float *row = (const float *)plane + y * w->width;
        d[i] = y < 0 || y >= w->height ? vf_zero() : load_spaced(row, at, stride, w->width);
      }
      transform_input(side, d, t);
      ZS_UNROLL
      for (int i = 0; i < side; i++) vf_store(split + (4 * i + part) * VF, t[i]);
    }
    for (int i = 0; i < side; i++) {
      vf fours[4];
      vf_load_fours(split + 4 * i * VF, fours);
      ZS_UNROLL
      for (int j = 0; j < 4; j++) vf_store(lines + (4 * i + j) * pitch + tile, fours[j]);
    }
  }
  for (int i = 0; i < side; i++) {
    const float *line = lines + 4 * i * pitch;
    for (int tile = 0; tile < w->across; tile += VF) {
      vf d[MOST_SIDE], t[MOST_SIDE];
      ZS_UNROLL
      for (int j = 0; j < 4; j++) d[j] = vf_load(line + j * pitch + tile);
      // The next tile's first columns.
      ZS_UNROLL
      for (int j = 4; j < side; j++)
        d[j] = vf_shift(d[j - 4], vf_load(line + (j - 4) * pitch + tile + VF));
      transform_input(side, d, t);
      ZS_UNROLL
      for (int j = 0; j < side; j++)
        vf_store((float *)(to + (side * i + j) * w->inputBytes) + tile, t[j]);
    }
  }
}

/** All channels and phases of rows of tiles first … end − 1. */
ZS_INLINE void transform_block(const int side, const int stride, const struct winograd *w,
                               int first, int end, uint8_t *to, float *lines, int64_t pitch) {
  // What a row of tiles writes behind its end is overwritten by the next row's, and by the next
  // channel's.
  for (int channel = 0; channel < w->channels; channel++) {
    const uint8_t *plane = w->input + channel * w->inputPlane;
    for (int py = 0; py < w->strideY; py++) {
      for (int px = 0; px < w->strideX; px++, to += w->tileBytes) {
        for (int tileRow = first; tileRow < end; tileRow++) {
          const int64_t y0 = (int64_t)tileRow * OUTPUTS * w->strideY + py - w->top;
          transform_row(side, stride, w, plane, y0, px - w->left,
                        to + (int64_t)(tileRow - first) * w->across * 4, lines, pitch);
        }
      }
    }
  }
}

/** A row of tiles of one output channel back to pixels. */
ZS_INLINE void transform_back(const int side, const struct winograd *w, const uint8_t *from,
                              uint8_t *plane, int tileRow, vf bias, vf least, vf most) {
  for (int tile = 0; tile < w->across; tile += VF) {
    vf half[OUTPUTS][MOST_SIDE];
    ZS_UNROLL
    for (int j = 0; j < side; j++) {
      vf m[MOST_SIDE], t[OUTPUTS];
      ZS_UNROLL
      for (int i = 0; i < side; i++)
        m[i] = vf_load((const float *)(from + (side * i + j) * w->outputBytes) + tile);
      transform_output(side, m, t);
      ZS_UNROLL
      for (int i = 0; i < OUTPUTS; i++) half[i][j] = t[i];
    }
    ZS_UNROLL
    for (int i = 0; i < OUTPUTS; i++) {
      const int y = tileRow * OUTPUTS + i;
      if (y >= w->outHeight) break;
      vf t[4], row[4];
      transform_output(side, half[i], t);
      vf_interleave_fours(t, row);
      float *to = (float *)plane + (int64_t)y * w->outWidth;
      ZS_UNROLL
      for (int part = 0; part < 4; part++) {
        const int x = tile * OUTPUTS + part * VF;
        const vf value = vf_min(most, vf_max(least, vf_add(bias, row[part])));
        if (x + VF <= w->outWidth)
          vf_store(to + x, value);
        else if (x < w->outWidth)
          vf_store_n(to + x, w->outWidth - x, value);
      }
    }
  }
}

/** R rows of V vectors of tiles: weights times inputs over all of the depth. */
ZS_INLINE void multiply_tiles(const int R, const int V, const struct winograd *w,
                              const float *weights, const uint8_t *input, uint8_t *output) {
  vf sums[24];
  ZS_UNROLL
  for (int i = 0; i < R * V; i++) sums[i] = vf_zero();
  add_products(R, V, sums, weights, input, NULL, w->tileBytes, w->depth);
  ZS_UNROLL
  for (int r = 0; r < R; r++) {
    ZS_UNROLL
    for (int v = 0; v < V; v++)
      vf_store((float *)(output + r * w->tileBytes) + v * VF, sums[r * V + v]);
  }
}

/** Whole panels of rows of one position. */
static void multiply_position(const struct winograd *w, const float *weights,
                              const uint8_t *input, uint8_t *output, int64_t rows, int vectors) {
  const int parts = (vectors + 2) / 3;
  for (int64_t row = 0; row < rows; row += ROWS_AT_ONCE) {
    const int64_t panel = row / PANEL * PANEL;
    const float *own = weights + panel * w->depth + (row - panel);
    for (int part = 0; part < parts; part++) {
      const int v0 = vectors * part / parts;
      const uint8_t *from = input + v0 * VB;
      uint8_t *to = output + row * w->tileBytes + v0 * VB;
      switch (vectors * (part + 1) / parts - v0) {
        case 1: multiply_tiles(ROWS_AT_ONCE, 1, w, own, from, to); break;
        case 2: multiply_tiles(ROWS_AT_ONCE, 2, w, own, from, to); break;
        default: multiply_tiles(ROWS_AT_ONCE, 3, w, own, from, to);
      }
    }
  }
}

/**
 * input, output, planes' bytes, height, width, output's height, width, rows and columns of padding
 * before, strides, positions of a tile along an axis (6 or 7), channels, rows of tiles
 * first … end − 1 and how many make a block, rows first … end − 1 and how many make a chunk (first a
 * multiple of it), weights [row / chunk][position][row / 8][channel and phase][8], bias, transformed
 * inputs [position][channel and phase][tile], sums [position][row][tile], lines of one channel,
 * bounds.
 */
ZS_EXPORT void zs_winograd(uint8_t *memory, const double *a) {
  struct winograd w = {
      .input = memory + (uint64_t)a[0],
      .output = memory + (uint64_t)a[1],
      .inputPlane = (int64_t)a[2],
      .outputPlane = (int64_t)a[3],
      .height = (int)a[4],
      .width = (int)a[5],
      .outHeight = (int)a[6],
      .outWidth = (int)a[7],
      .top = (int)a[8],
      .left = (int)a[9],
      .strideY = (int)a[10],
      .strideX = (int)a[11],
      .side = (int)a[12],
      .channels = (int)a[13],
      .across = ((int)a[7] + OUTPUTS - 1) / OUTPUTS,
  };
  w.depth = (int64_t)w.channels * w.strideY * w.strideX;
  const int firstTileRow = (int)a[14], endTileRow = (int)a[15], blockRows = (int)a[16];
  const int64_t firstRow = (int64_t)a[17], endRow = (int64_t)a[18];
  w.chunk = (int64_t)a[19];
  const float *weights = zs_floats(memory, a[20]), *bias = zs_floats(memory, a[21]);
  uint8_t *inputs = memory + (uint64_t)a[22], *sums = memory + (uint64_t)a[23];
  float *lines = zs_floats(memory, a[24]);
  const vf least = vf_set1((float)a[25]), most = vf_set1((float)a[26]);
  const int positions = w.side * w.side;
  const int64_t pitch = (w.across + 2 * VF) / VF * VF;
  for (int block = firstTileRow; block < endTileRow; block += blockRows) {
    const int end = block + blockRows < endTileRow ? block + blockRows : endTileRow;
    const int vectors = ((end - block) * w.across + VF - 1) / VF;
    w.tileBytes = (int64_t)vectors * VB;
    // Odd numbers of lines apart, so that positions do not fall on the same few sets of a cache.
    w.inputBytes = (((w.depth * w.tileBytes + 63 + VB) >> 6) | 1) << 6;
    w.outputBytes = (((w.chunk * w.tileBytes + 63 + VB) >> 6) | 1) << 6;
    if (w.side == 6 && w.strideX == 1)
      transform_block(6, 1, &w, block, end, inputs, lines, pitch);
    else if (w.side == 6)
      transform_block(6, w.strideX, &w, block, end, inputs, lines, pitch);
    else if (w.strideX == 2)
      transform_block(7, 2, &w, block, end, inputs, lines, pitch);
    else
      transform_block(7, w.strideX, &w, block, end, inputs, lines, pitch);
    for (int64_t chunk = firstRow; chunk < endRow; chunk += w.chunk) {
      const int64_t rows = endRow - chunk < w.chunk ? endRow - chunk : w.chunk;
      const int64_t panels = (rows + PANEL - 1) / PANEL;
      const float *own = weights + chunk * positions * w.depth;
      for (int position = 0; position < positions; position++)
        multiply_position(&w, own + position * panels * PANEL * w.depth,
                          inputs + position * w.inputBytes, sums + position * w.outputBytes,
                          panels * PANEL, vectors);
      for (int64_t row = 0; row < rows; row++) {
        for (int tileRow = block; tileRow < end; tileRow++) {
          const uint8_t *from =
              sums + row * w.tileBytes + (int64_t)(tileRow - block) * w.across * 4;
          uint8_t *plane = w.output + (chunk + row) * w.outputPlane;
          const vf own_bias = vf_set1(bias[chunk + row]);
          if (w.side == 6)
            transform_back(6, &w, from, plane, tileRow, own_bias, least, most);
          else
            transform_back(7, &w, from, plane, tileRow, own_bias, least, most);
        }
      }
    }
  }
}
