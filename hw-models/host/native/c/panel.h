// A panel of 8 rows of dense weights times vectors of columns.

#ifndef ZEROSKIP_PANEL_H
#define ZEROSKIP_PANEL_H

#include "shuffle.h"

/** Rows of weights that lie together, [column][8]. */
#define PANEL 8
/** Rows whose sums stay in registers with three vectors each. */
#ifdef ZS_AVX2
#define ROWS_AT_ONCE 4
#else
#define ROWS_AT_ONCE 8
#endif

/** Bytes by which weights are fetched before they are met, from memory where caches are too small. */
#define AHEAD 8192

/**
 * Adds to sums[r · V + v], the R rows of a panel from `weights` on (their first of 8), depth
 * products; vector v of factor k lies at `from` + offsets[k], or + k · stride without offsets.
 */
ZS_INLINE void add_products(const int R, const int V, vf *sums, const float *weights,
                            const uint8_t *from, const uint32_t *offsets, int64_t stride,
                            int64_t depth) {
  for (int64_t k = 0; k < depth; k++, weights += PANEL) {
    const float *at = (const float *)(from + (offsets ? (int64_t)offsets[k] : k * stride));
    __builtin_prefetch((const uint8_t *)weights + AHEAD);
    vf factor[3];
    ZS_UNROLL
    for (int v = 0; v < V; v++) factor[v] = vf_load(at + v * VF);
    ZS_UNROLL
    for (int r = 0; r < R; r++) {
      const vf weight = vf_set1(weights[r]);
      ZS_UNROLL
      for (int v = 0; v < V; v++) sums[r * V + v] = vf_fma(weight, factor[v], sums[r * V + v]);
    }
  }
}

#endif
