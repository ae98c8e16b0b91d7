// Depthwise convolution: each output channel is made of one input channel, vector by vector of its
// pixels.

#include "tile.h"

struct plane {
  const struct layer *layer;
  const uint8_t *input;
  uint8_t *output;
  const float *weights;
  vf bias, least, most;
};

/** One plane, its window known where it is not 0. */
ZS_INLINE void filter_plane(const struct plane *p, const int knownHeight, const int knownWidth,
                            const int knownStride) {
  const struct layer *l = p->layer;
  const int kernelHeight = knownHeight ? knownHeight : l->kernelHeight;
  const int kernelWidth = knownWidth ? knownWidth : l->kernelWidth;
  const int stride = knownStride ? knownStride : l->strideX;
  const int dilation = knownStride ? 1 : l->dilationX;
  for (int oy = 0; oy < l->outHeight; oy++) {
    float *to = (float *)p->output + (int64_t)oy * l->outWidth;
    for (int ox = 0; ox < l->outWidth; ox += VF) {
      vf sum = p->bias;
      const int64_t x = (int64_t)ox * stride - l->left;
      const int reach = (VF - 1) * stride + (kernelWidth - 1) * dilation + stride;
      const int isInside = x >= 0 && x + reach <= l->width;
      ZS_UNROLL
      for (int ky = 0; ky < kernelHeight; ky++) {
        const int64_t y = (int64_t)oy * l->strideY + ky * l->dilationY - l->top;
        if (y < 0 || y >= l->height) continue;
        const float *row = (const float *)p->input + y * l->width;
        const float *weights = p->weights + ky * kernelWidth;
        ZS_UNROLL
        for (int kx = 0; kx < kernelWidth; kx++) {
          const int64_t at = x + kx * dilation;
          vf value;
          if (knownStride == 1 && isInside)
            value = vf_load(row + at);
          else if (knownStride == 2 && isInside)
            value = vf_even(vf_load(row + at), vf_load(row + at + VF));
          else
            value = load_spaced(row, at, stride, l->width);
          sum = vf_fma(vf_set1(weights[kx]), value, sum);
        }
      }
      sum = vf_min(p->most, vf_max(p->least, sum));
      if (ox + VF <= l->outWidth)
        vf_store(to + ox, sum);
      else
        vf_store_n(to + ox, l->outWidth - ox, sum);
    }
  }
}

/**
 * The layer's numbers (tile.h), then: output channels first … end − 1, how many are made of one
 * input channel, weights [output][kernel row][kernel column], bias, bounds.
 */
ZS_EXPORT void zs_depthwise(uint8_t *memory, const double *a) {
  const struct layer layer = layer_of(memory, a);
  a += LAYER_NUMBERS;
  const int64_t first = (int64_t)a[0], end = (int64_t)a[1], multiplier = (int64_t)a[2];
  const float *weights = zs_floats(memory, a[3]), *bias = zs_floats(memory, a[4]);
  const int64_t taps = (int64_t)layer.kernelHeight * layer.kernelWidth;
  const int isPlain = layer.dilationX == 1;
  struct plane plane = {
      .layer = &layer, .least = vf_set1((float)a[5]), .most = vf_set1((float)a[6])};
  for (int64_t channel = first; channel < end; channel++) {
    plane.input = layer.input + channel / multiplier * layer.inputPlane;
    plane.output = layer.output + channel * layer.outputPlane;
    plane.weights = weights + channel * taps;
    plane.bias = vf_set1(bias[channel]);
    const int window = isPlain && layer.kernelHeight == layer.kernelWidth
                           ? layer.kernelWidth * 8 + layer.strideX
                           : 0;
    switch (window) {
      case 3 * 8 + 1: filter_plane(&plane, 3, 3, 1); break;
      case 3 * 8 + 2: filter_plane(&plane, 3, 3, 2); break;
      case 5 * 8 + 1: filter_plane(&plane, 5, 5, 1); break;
      case 5 * 8 + 2: filter_plane(&plane, 5, 5, 2); break;
      default: filter_plane(&plane, 0, 0, 0);
    }
  }
}
