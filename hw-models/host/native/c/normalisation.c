// Local response normalisation across channels: x / (k + α/n · Σ x²)^β, the sum over the n channels
// around it. Powers are made of square roots.

#include "functions.h"
#include "shuffle.h"

/** Four times the exponent: 2, 3 and 4 are a half, three quarters and one. */
ZS_INLINE vf power(vf base, int quarters) {
  if (quarters == 4) return base;
  const vf root = vf_sqrt(base);
  return quarters == 2 ? root : vf_mul(root, vf_sqrt(root));
}

/**
 * input, output, channels first … end − 1 of how many, floats of a plane, plane's bytes, n, α/n,
 * four times β, k. Squares are summed anew for each channel, so that no rounding adds up.
 */
ZS_EXPORT void zs_normalise(uint8_t *memory, const double *a) {
  const uint8_t *input = memory + (uint64_t)a[0];
  uint8_t *output = memory + (uint64_t)a[1];
  const int first = (int)a[2], end = (int)a[3], channels = (int)a[4];
  const int64_t floats = (int64_t)a[5], planeBytes = (int64_t)a[6];
  const int half = (int)a[7] / 2, quarters = (int)a[9];
  const vf scale = vf_set1((float)a[8]), k = vf_set1((float)a[10]);
  for (int channel = first; channel < end; channel++) {
    const int low = channel - half < 0 ? 0 : channel - half;
    const int high = channel + half >= channels ? channels - 1 : channel + half;
    const float *own = (const float *)(input + channel * planeBytes);
    float *to = (float *)(output + channel * planeBytes);
    for (int64_t at = 0; at < floats; at += VF) {
      vf sum = vf_zero();
      for (int other = low; other <= high; other++) {
        const vf value = vf_load((const float *)(input + other * planeBytes) + at);
        sum = vf_fma(value, value, sum);
      }
      const vf result = vf_div(vf_load(own + at), power(vf_fma(scale, sum, k), quarters));
      if (at + VF <= floats)
        vf_store(to + at, result);
      else
        vf_store_n(to + at, (int)(floats - at), result);
    }
  }
}
