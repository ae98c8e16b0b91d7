// Winograd convolution F(4×4, 3×3): tiles of 6×6 inputs become 36 products each in place of 144.
// Tiles lie along the lanes. A block of tiles is transformed for all channels, multiplied by the
// transformed weights position by position, and transformed back, all within the second-level
// cache. Transforms go row of tiles by row of tiles; products see tiles without gaps.

#include "panel.h"

#define VB (VF * 4)
#define POSITIONS 36

struct winograd {
  const uint8_t *input;
  uint8_t *output;
  int64_t inputPlane, outputPlane;
  int height, width, outHeight, outWidth, top, left;
  int channels;
  /** Tiles of a row of tiles. */
  int across;
  /** Bytes from one channel's or row's tiles to the next, and of all of a position's. */
  int64_t tileBytes, inputBytes, outputBytes;
};

/** Bᵀ for the points 0, ±1, ±2 and infinity, as workloads/transforms/cook-toom.ts makes it. */
ZS_INLINE void transform_input(const vf d[6], vf t[6]) {
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

/** Aᵀ. */
ZS_INLINE void transform_output(const vf m[6], vf t[4]) {
  const vf s12 = vf_add(m[1], m[2]), d12 = vf_sub(m[1], m[2]);
  const vf s34 = vf_add(m[3], m[4]), d34 = vf_sub(m[3], m[4]);
  t[0] = vf_add(m[0], vf_add(s12, s34));
  t[1] = vf_fma(vf_set1(2), d34, d12);
  t[2] = vf_fma(vf_set1(4), s34, s12);
  t[3] = vf_add(m[5], vf_fma(vf_set1(8), d34, d12));
}

/** The VF floats of a row from x on, zeros beyond its ends. */
ZS_INLINE vf load_image(const float *row, int64_t x, int width) {
  if (x >= 0 && x + VF <= width) return vf_load(row + x);
  if (x <= -VF || x >= width) return vf_zero();
  return vf_load_part(row + x, x < 0 ? (int)-x : 0, x + VF > width ? (int)(width - x) : VF);
}

/**
 * A row of tiles of one channel: down the columns as pixels lie, then split by column modulo 4,
 * then along the rows. `lines`: 6 · 4 lines of `pitch` floats, and one of pixels.
 */
static void transform_row(const struct winograd *w, const uint8_t *plane, int tileRow,
                          uint8_t *to, float *lines, int64_t pitch) {
  float *split = lines + 6 * 4 * pitch;
  const int64_t y0 = (int64_t)tileRow * 4 - w->top;
  const int pixels = w->across * 4 + 2;
  // Of each of six rows, 4 · VF pixels at a time: VF of each phase.
  for (int x = 0, tile = 0; x < pixels; x += 4 * VF, tile += VF) {
    for (int part = 0; part < 4 && x + part * VF < pixels; part++) {
      vf d[6], t[6];
      ZS_UNROLL
      for (int i = 0; i < 6; i++) {
        const int64_t y = y0 + i;
        d[i] = y < 0 || y >= w->height
                   ? vf_zero()
                   : load_image((const float *)plane + y * w->width, x + part * VF - w->left,
                                w->width);
      }
      transform_input(d, t);
      ZS_UNROLL
      for (int i = 0; i < 6; i++) vf_store(split + (4 * i + part) * VF, t[i]);
    }
    ZS_UNROLL
    for (int i = 0; i < 6; i++) {
      vf fours[4];
      vf_load_fours(split + 4 * i * VF, fours);
      for (int j = 0; j < 4; j++) vf_store(lines + (4 * i + j) * pitch + tile, fours[j]);
    }
  }
  for (int i = 0; i < 6; i++) {
    const float *line = lines + 4 * i * pitch;
    for (int tile = 0; tile < w->across; tile += VF) {
      vf d[6], t[6];
      ZS_UNROLL
      for (int j = 0; j < 4; j++) d[j] = vf_load(line + j * pitch + tile);
      // The next tile's first two columns.
      ZS_UNROLL
      for (int j = 0; j < 2; j++) d[4 + j] = vf_shift(d[j], vf_load(line + j * pitch + tile + VF));
      transform_input(d, t);
      ZS_UNROLL
      for (int j = 0; j < 6; j++)
        vf_store((float *)(to + (6 * i + j) * w->inputBytes) + tile, t[j]);
    }
  }
}

/** Rows of tiles back to pixels: of one output channel. */
static void transform_back(const struct winograd *w, const uint8_t *from, uint8_t *plane,
                           int tileRow, vf bias, vf least, vf most) {
  for (int tile = 0; tile < w->across; tile += VF) {
    vf half[4][6];
    ZS_UNROLL
    for (int j = 0; j < 6; j++) {
      vf m[6], t[4];
      ZS_UNROLL
      for (int i = 0; i < 6; i++)
        m[i] = vf_load((const float *)(from + (6 * i + j) * w->outputBytes) + tile);
      transform_output(m, t);
      ZS_UNROLL
      for (int i = 0; i < 4; i++) half[i][j] = t[i];
    }
    ZS_UNROLL
    for (int i = 0; i < 4; i++) {
      const int y = tileRow * 4 + i;
      if (y >= w->outHeight) break;
      vf t[4], row[4];
      transform_output(half[i], t);
      vf_interleave_fours(t, row);
      float *to = (float *)plane + (int64_t)y * w->outWidth;
      ZS_UNROLL
      for (int part = 0; part < 4; part++) {
        const int x = tile * 4 + part * VF;
        const vf value = vf_min(most, vf_max(least, vf_add(bias, row[part])));
        if (x + VF <= w->outWidth)
          vf_store(to + x, value);
        else if (x < w->outWidth)
          vf_store_n(to + x, w->outWidth - x, value);
      }
    }
  }
}

/** R rows of V vectors of tiles: weights times inputs over all channels, `sums` apart by rows. */
ZS_INLINE void multiply_tiles(const int R, const int V, const struct winograd *w,
                              const float *weights, const uint8_t *input, uint8_t *output,
                              int64_t rows) {
  vf sums[24];
  ZS_UNROLL
  for (int i = 0; i < R * V; i++) sums[i] = vf_zero();
  add_products(R, V, sums, weights, input, NULL, w->tileBytes, w->channels);
  ZS_UNROLL
  for (int r = 0; r < R; r++) {
    if (r >= rows) break;
    ZS_UNROLL
    for (int v = 0; v < V; v++)
      vf_store((float *)(output + r * w->tileBytes) + v * VF, sums[r * V + v]);
  }
}

/** All rows of one position. */
static void multiply_position(const struct winograd *w, const float *panels, const uint8_t *input,
                              uint8_t *output, int64_t rows, int vectors) {
  const int parts = (vectors + 2) / 3;
  for (int64_t row = 0; row < rows; row += ROWS_AT_ONCE) {
    const int64_t panel = row / PANEL * PANEL;
    const float *weights = panels + panel * w->channels + (row - panel);
    for (int part = 0; part < parts; part++) {
      const int v0 = vectors * part / parts;
      const uint8_t *from = input + v0 * VB;
      uint8_t *to = output + row * w->tileBytes + v0 * VB;
      switch (vectors * (part + 1) / parts - v0) {
        case 1: multiply_tiles(ROWS_AT_ONCE, 1, w, weights, from, to, rows - row); break;
        case 2: multiply_tiles(ROWS_AT_ONCE, 2, w, weights, from, to, rows - row); break;
        default: multiply_tiles(ROWS_AT_ONCE, 3, w, weights, from, to, rows - row);
      }
    }
  }
}

/**
 * input, output, planes' bytes, height, width, output's height, width, rows and columns of padding
 * before, channels, rows of tiles first … end − 1 and how many make a block, rows first … end − 1
 * (first a multiple of 8), panels [position][row / 8][channel][8], bytes of a position's, bias,
 * transformed inputs [position][channel][tile], sums [position][row][tile], a channel's lines,
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
      .channels = (int)a[10],
      .across = ((int)a[7] + 3) / 4,
  };
  const int firstTileRow = (int)a[11], endTileRow = (int)a[12], blockRows = (int)a[13];
  const int64_t firstRow = (int64_t)a[14], endRow = (int64_t)a[15];
  const uint8_t *panels = memory + (uint64_t)a[16] + firstRow * w.channels * 4;
  const int64_t panelBytes = (int64_t)a[17];
  const float *bias = zs_floats(memory, a[18]);
  uint8_t *inputs = memory + (uint64_t)a[19];
  uint8_t *sums = memory + (uint64_t)a[20];
  float *lines = zs_floats(memory, a[21]);
  const vf least = vf_set1((float)a[22]), most = vf_set1((float)a[23]);
  const int64_t rows = endRow - firstRow;
  const int64_t pitch = (w.across + 2 * VF) / VF * VF;
  for (int block = firstTileRow; block < endTileRow; block += blockRows) {
    const int end = block + blockRows < endTileRow ? block + blockRows : endTileRow;
    const int vectors = ((end - block) * w.across + VF - 1) / VF;
    w.tileBytes = (int64_t)vectors * VB;
    // Odd numbers of lines apart, so that positions do not fall on the same few sets of a cache.
    w.inputBytes = (((w.channels * w.tileBytes + 63 + VB) >> 6) | 1) << 6;
    w.outputBytes = (((rows * w.tileBytes + 63 + VB) >> 6) | 1) << 6;
    // What a row of tiles writes behind its end is overwritten by the next row's, and by the next
    // channel's.
    for (int channel = 0; channel < w.channels; channel++) {
      for (int tileRow = block; tileRow < end; tileRow++)
        transform_row(&w, w.input + channel * w.inputPlane, tileRow,
                      inputs + channel * w.tileBytes + (int64_t)(tileRow - block) * w.across * 4,
                      lines, pitch);
    }
    for (int position = 0; position < POSITIONS; position++)
      multiply_position(&w, (const float *)(panels + position * panelBytes),
                        inputs + position * w.inputBytes, sums + position * w.outputBytes, rows,
                        vectors);
    for (int64_t row = 0; row < rows; row++) {
      for (int tileRow = block; tileRow < end; tileRow++)
        transform_back(&w, sums + row * w.tileBytes + (int64_t)(tileRow - block) * w.across * 4,
                       w.output + (firstRow + row) * w.outputPlane, tileRow,
                       vf_set1(bias[firstRow + row]), least, most);
    }
  }
}
