// Depthwise convolution: each output channel is made of one input channel. A channel is copied into
// a plane with its padding around it; some rows of outputs are made together, so that they share
// loads.

#include "tile.h"

struct plane {
  const struct layer *layer;
  /** The padded input, `pitch` floats from row to row. */
  const float *input;
  int64_t pitch;
  uint8_t *output;
  const float *weights;
  vf bias, least, most;
};

/** VF floats, `stride` apart where it is known. */
ZS_INLINE vf load_every(const int stride, const float *from, int step) {
  if (stride == 1) return vf_load(from);
  if (stride == 2) return vf_even(vf_load(from), vf_load(from + VF));
  float spaced[VF];
  for (int i = 0; i < VF; i++) spaced[i] = from[i * step];
  return vf_load(spaced);
}

/** `rows` rows of outputs with a K × K window at every S-th pixel. */
ZS_INLINE void filter_square(const int K, const int S, const int rows, const struct plane *p) {
  const struct layer *l = p->layer;
  for (int oy = 0; oy < l->outHeight; oy += rows) {
    const float *from = p->input + (int64_t)oy * S * p->pitch;
    for (int ox = 0; ox < l->outWidth; ox += VF) {
      vf sum[4];
      ZS_UNROLL
      for (int r = 0; r < rows; r++) sum[r] = p->bias;
      ZS_UNROLL
      for (int y = 0; y < (rows - 1) * S + K; y++) {
        ZS_UNROLL
        for (int kx = 0; kx < K; kx++) {
          const vf value = load_every(S, from + y * p->pitch + ox * S + kx, S);
          ZS_UNROLL
          for (int r = 0; r < rows; r++) {
            const int ky = y - r * S;
            if (ky >= 0 && ky < K) sum[r] = vf_fma(vf_set1(p->weights[ky * K + kx]), value, sum[r]);
          }
        }
      }
      ZS_UNROLL
      for (int r = 0; r < rows; r++) {
        if (oy + r >= l->outHeight) break;
        float *to = (float *)p->output + (int64_t)(oy + r) * l->outWidth + ox;
        const vf result = vf_min(p->most, vf_max(p->least, sum[r]));
        if (ox + VF <= l->outWidth)
          vf_store(to, result);
        else
          vf_store_n(to, l->outWidth - ox, result);
      }
    }
  }
}

static void filter_any(const struct plane *p) {
  const struct layer *l = p->layer;
  for (int oy = 0; oy < l->outHeight; oy++) {
    float *to = (float *)p->output + (int64_t)oy * l->outWidth;
    for (int ox = 0; ox < l->outWidth; ox += VF) {
      vf sum = p->bias;
      for (int ky = 0; ky < l->kernelHeight; ky++) {
        const float *from = p->input +
                            ((int64_t)oy * l->strideY + ky * l->dilationY) * p->pitch +
                            (int64_t)ox * l->strideX;
        for (int kx = 0; kx < l->kernelWidth; kx++)
          sum = vf_fma(vf_set1(p->weights[ky * l->kernelWidth + kx]),
                       load_every(0, from + kx * l->dilationX, l->strideX), sum);
      }
      const vf result = vf_min(p->most, vf_max(p->least, sum));
      const int left = l->outWidth - ox;
      vf_store_n(to + ox, left < VF ? left : VF, result);
    }
  }
}

/** Copies an input channel between its padding. */
static void copy_channel(const struct layer *l, int64_t channel, float *to, int64_t pitch,
                         int rows) {
  const float *from = (const float *)(l->input + channel * l->inputPlane);
  const int height = l->height < rows - l->top ? l->height : rows - l->top;
  to += l->top * pitch + l->left;
  for (int y = 0; y < height; y++, from += l->width, to += pitch) {
    int x = 0;
    for (; x + VF <= l->width; x += VF) vf_store(to + x, vf_load(from + x));
    vf_store_n(to + x, l->width - x, vf_load_n(from + x, l->width - x));
  }
}

/**
 * The layer's numbers (tile.h), then: output channels first … end − 1, how many are made of one
 * input channel, weights [output][kernel row][kernel column], bias, bounds, two padded planes, rows
 * and floats of a row of one.
 */
ZS_EXPORT void zs_depthwise(uint8_t *memory, const double *a) {
  const struct layer layer = layer_of(memory, a);
  a += LAYER_NUMBERS;
  const int64_t first = (int64_t)a[0], end = (int64_t)a[1], multiplier = (int64_t)a[2];
  const float *weights = zs_floats(memory, a[3]), *bias = zs_floats(memory, a[4]);
  float *padded = zs_floats(memory, a[7]);
  const int rows = (int)a[8];
  const int64_t pitch = (int64_t)a[9], floats = rows * pitch;
  const int64_t taps = (int64_t)layer.kernelHeight * layer.kernelWidth;
  struct plane plane = {.layer = &layer,
                        .pitch = pitch,
                        .least = vf_set1((float)a[5]),
                        .most = vf_set1((float)a[6])};
  const int isSquare = layer.kernelHeight == layer.kernelWidth &&
                       layer.strideY == layer.strideX &&
                       layer.dilationY * layer.dilationX == 1;
  memset(padded, 0, (size_t)(2 * floats) * sizeof(float));
  // One plane is copied while the other is read: what was stored just now is slow to load shifted.
  copy_channel(&layer, first / multiplier, padded + first / multiplier % 2 * floats, pitch, rows);
  for (int64_t channel = first; channel < end; channel++) {
    const int64_t own = channel / multiplier, next = (channel + 1) / multiplier;
    if (channel + 1 < end && next > own)
      copy_channel(&layer, next, padded + next % 2 * floats, pitch, rows);
    plane.input = padded + own % 2 * floats;
    plane.output = layer.output + channel * layer.outputPlane;
    plane.weights = weights + channel * taps;
    plane.bias = vf_set1(bias[channel]);
    switch (isSquare ? layer.kernelWidth * 8 + layer.strideX : 0) {
      case 3 * 8 + 1: filter_square(3, 1, 4, &plane); break;
      case 3 * 8 + 2: filter_square(3, 2, 4, &plane); break;
      case 5 * 8 + 1: filter_square(5, 1, 4, &plane); break;
      case 5 * 8 + 2: filter_square(5, 2, 4, &plane); break;
      default: filter_any(&plane);
    }
  }
}
