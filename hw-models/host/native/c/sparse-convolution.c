// Convolution that multiplies non-zero weights only. A tile of output pixels lies along the lanes,
// its sums stay in registers while a row's weights are met as (offset, weight); rows of nearly as
// many weights are made together. Channels are cut into segments whose part of the input stays in
// the first-level cache; sums of unfinished rows wait in memory.

#include "tile.h"

struct entry {
  uint32_t offset;
  float weight;
};

/** A part of the channels. */
struct segment {
  /** Channels first … end − 1 are packed. */
  int first, end;
  /** Whether sums begin with the bias, and whether they are results. */
  int isFirst, isLast;
  /** Groups of rows made together: each one's rows and weights a row, from entries on. */
  int64_t groups;
  const uint32_t *rows;
  const uint32_t *counts;
  const struct entry *entries;
};

#define SEGMENT_NUMBERS 8

/** Entries of a cache line, and how far ahead of their use they are fetched. */
#define LINE_ENTRIES (64 / sizeof(struct entry))
#define ENTRIES_AHEAD (4096 / sizeof(struct entry))

struct sums {
  const uint8_t *input;
  const struct layer *layer;
  const struct tile *tile;
  const float *bias;
  uint8_t *partial;
  int64_t partialBytes;
  float least, most;
};

/** The sums of all rows of a segment, R of them at a time, of V vectors each. */
ZS_INLINE void sum_rows(const int R, const int V, const struct sums *s, const struct segment *g) {
  const struct entry *entry = g->entries;
  const uint32_t *row = g->rows;
  const vf least = vf_set1(s->least), most = vf_set1(s->most);
  for (int64_t group = 0; group < g->groups; group++, row += R) {
    vf sum[16];
    ZS_UNROLL
    for (int r = 0; r < R; r++) {
      if (g->isFirst) {
        const vf bias = vf_set1(s->bias[row[r]]);
        ZS_UNROLL
        for (int v = 0; v < V; v++) sum[r * V + v] = bias;
      } else {
        const float *from = (const float *)(s->partial + row[r] * s->partialBytes);
        ZS_UNROLL
        for (int v = 0; v < V; v++) sum[r * V + v] = vf_load(from + v * VF);
      }
    }
    const uint32_t count = g->counts[group];
    // Weights are met once and come from afar: a page ahead, over which the processor's own
    // prefetching does not reach.
    for (uint32_t at = 0; at < count * R; at += LINE_ENTRIES)
      __builtin_prefetch(entry + at + ENTRIES_AHEAD);
    for (uint32_t at = 0; at < count; at++, entry += R) {
      ZS_UNROLL
      for (int r = 0; r < R; r++) {
        const float *from = (const float *)(s->input + entry[r].offset);
        const vf weight = vf_set1(entry[r].weight);
        ZS_UNROLL
        for (int v = 0; v < V; v++)
          sum[r * V + v] = vf_fma(weight, vf_load(from + v * VF), sum[r * V + v]);
      }
    }
    ZS_UNROLL
    for (int r = 0; r < R; r++) {
      if (g->isLast) {
        uint8_t *plane = s->layer->output + row[r] * s->layer->outputPlane;
        ZS_UNROLL
        for (int v = 0; v < V; v++)
          store_result(plane, s->tile, v, vf_min(most, vf_max(least, sum[r * V + v])));
      } else {
        float *to = (float *)(s->partial + row[r] * s->partialBytes);
        ZS_UNROLL
        for (int v = 0; v < V; v++) vf_store(to + v * VF, sum[r * V + v]);
      }
    }
  }
}

#define SUM_ROWS(R, V)                                                                             \
  case (R) * 16 + (V):                                                                             \
    sum_rows(R, V, s, g);                                                                          \
    break

static void sum_segment(int rows, int vectors, const struct sums *s, const struct segment *g) {
  switch (rows * 16 + vectors) {
    SUM_ROWS(1, 1);
    SUM_ROWS(1, 2);
    SUM_ROWS(1, 3);
    SUM_ROWS(1, 4);
    SUM_ROWS(1, 5);
    SUM_ROWS(1, 6);
    SUM_ROWS(1, 7);
    SUM_ROWS(1, 8);
    SUM_ROWS(2, 1);
    SUM_ROWS(2, 2);
    SUM_ROWS(2, 3);
    SUM_ROWS(2, 4);
    SUM_ROWS(2, 5);
    SUM_ROWS(2, 6);
    SUM_ROWS(2, 7);
    SUM_ROWS(2, 8);
    SUM_ROWS(4, 1);
    SUM_ROWS(4, 2);
    SUM_ROWS(4, 3);
    SUM_ROWS(4, 4);
  }
}

/**
 * The layer's numbers (tile.h), then: whether the input is read in place, tiles first … end − 1,
 * rows together, segments, their address, bias, partial sums, packed input, bounds.
 */
ZS_EXPORT void zs_sparse_convolution(uint8_t *memory, const double *a) {
  const struct layer layer = layer_of(memory, a);
  a += LAYER_NUMBERS;
  const int inPlace = (int)a[0];
  const int firstTile = (int)a[1], endTile = (int)a[2];
  const int rows = (int)a[3], segments = (int)a[4];
  const double *segmentsAt = (const double *)(memory + (uint64_t)a[5]);
  uint8_t *packed = memory + (uint64_t)a[8];
  struct tile tile;
  struct sums sums = {
      .layer = &layer,
      .tile = &tile,
      .bias = zs_floats(memory, a[6]),
      .partial = memory + (uint64_t)a[7],
      .partialBytes = (int64_t)(layer.isFlat ? 1 : layer.tileRows) * layer.tileColumns * VB,
      .least = (float)a[9],
      .most = (float)a[10],
  };
  for (int number = firstTile; number < endTile; number++) {
    find_tile(&layer, number, &tile);
    const double *d = segmentsAt;
    for (int at = 0; at < segments; at++, d += SEGMENT_NUMBERS) {
      const struct segment segment = {
          .first = (int)d[0],
          .end = (int)d[1],
          .isFirst = (int)d[2],
          .isLast = (int)d[3],
          .groups = (int64_t)d[4],
          .rows = (const uint32_t *)(memory + (uint64_t)d[5]),
          .counts = (const uint32_t *)(memory + (uint64_t)d[6]),
          .entries = (const struct entry *)(memory + (uint64_t)d[7]),
      };
      if (inPlace) {
        sums.input = layer.input + (int64_t)tile.column * 4;
      } else {
        pack_tile(&layer, &tile, segment.first, segment.end, packed);
        sums.input = packed;
      }
      sum_segment(rows, tile.vectors, &sums, &segment);
    }
  }
}
