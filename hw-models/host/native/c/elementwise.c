// Sums, and values kept within bounds.

#include "vector.h"

/** The sum of two, of which `b` may be absent, not below `least` nor above `most`. */
static inline void clip(const float *a, const float *b, float *to, int64_t count, float least,
                        float most) {
  const vf low = vf_set1(least);
  const vf high = vf_set1(most);
  int64_t at = 0;
  for (; at + VF <= count; at += VF) {
    vf v = vf_load(a + at);
    if (b) v = vf_add(v, vf_load(b + at));
    vf_store(to + at, vf_min(high, vf_max(low, v)));
  }
  const int left = (int)(count - at);
  if (left == 0) return;
  vf v = vf_load_n(a + at, left);
  if (b) v = vf_add(v, vf_load_n(b + at, left));
  vf_store_n(to + at, left, vf_min(high, vf_max(low, v)));
}

/** from, to, count, least, most: in place where both are the same. */
ZS_EXPORT void zs_clip(uint8_t *memory, const double *a) {
  clip(zs_floats(memory, a[0]), NULL, zs_floats(memory, a[1]), (int64_t)a[2], (float)a[3],
       (float)a[4]);
}

/** first, second, to, count, least, most: the sum, where `to` may be one of them. */
ZS_EXPORT void zs_add(uint8_t *memory, const double *a) {
  clip(zs_floats(memory, a[0]), zs_floats(memory, a[1]), zs_floats(memory, a[2]), (int64_t)a[3],
       (float)a[4], (float)a[5]);
}
