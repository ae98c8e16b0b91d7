// Max and average pooling, plane by plane.

#include "shuffle.h"

struct pool {
  int height, width, outHeight, outWidth;
  int kernelHeight, kernelWidth, strideY, strideX, top, left, bottom, right;
  int countsPadding;
  /** A line for each output row: `left` floats, a row, and what the last windows reach over it. */
  float *lines;
  int64_t lineFloats;
};

ZS_INLINE vf fold(const int averages, vf a, vf b) {
  return averages ? vf_add(a, b) : vf_max(a, b);
}

/** How much of a window along one axis an average divides by. */
static int extent_of(int start, int kernel, int size, int after, int countsPadding) {
  const int end = start + kernel, most = countsPadding ? size + after : size;
  return (end < most ? end : most) - (countsPadding || start > 0 ? start : 0);
}

/** All rows of a plane, then all columns: what was stored just now is slow to load shifted. */
ZS_INLINE void pool_plane(const int averages, const int knownKernel, const int knownStride,
                          const struct pool *p, const float *from, float *to) {
  const float outside = averages ? 0 : -INFINITY;
  const int kernelHeight = knownKernel ? knownKernel : p->kernelHeight;
  const int kernelWidth = knownKernel ? knownKernel : p->kernelWidth;
  const int stride = knownStride ? knownStride : p->strideX;
  for (int oy = 0; oy < p->outHeight; oy++) {
    const int top = oy * p->strideY - p->top;
    const int first = top < 0 ? 0 : top;
    const int end = top + kernelHeight < p->height ? top + kernelHeight : p->height;
    const float *row = from + (int64_t)first * p->width;
    float *line = p->lines + oy * p->lineFloats;
    float *image = line + p->left;
    for (int x = 0; x < p->width; x += VF) {
      vf value = vf_load(row + x);
      if (knownKernel && end - first == knownKernel) {
        ZS_UNROLL
        for (int y = 1; y < knownKernel; y++)
          value = fold(averages, value, vf_load(row + y * p->width + x));
      } else {
        for (int y = 1; y < end - first; y++)
          value = fold(averages, value, vf_load(row + y * p->width + x));
      }
      vf_store(image + x, value);
    }
    for (int x = 0; x < p->left; x++) line[x] = outside;
    for (int x = 0; x < kernelWidth; x++) image[p->width + x] = outside;
  }
  for (int oy = 0; oy < p->outHeight; oy++, to += p->outWidth) {
    const float *line = p->lines + oy * p->lineFloats;
    const int rows = averages ? extent_of(oy * p->strideY - p->top, kernelHeight, p->height,
                                          p->bottom, p->countsPadding)
                              : 1;
    for (int ox = 0; ox < p->outWidth; ox += VF) {
      const float *at = line + (int64_t)ox * stride;
      vf value = vf_set1(outside);
      if (knownKernel == 3 && knownStride == 2) {
        // The third column is the next window's first.
        const vf low = vf_load(at), high = vf_load(at + VF);
        const vf even = vf_even(low, high);
        const vf next = vf_shift(even, vf_load(at + 2 * VF));
        value = fold(averages, fold(averages, even, vf_odd(low, high)), next);
      } else if (stride == 1 || stride == 2) {
        ZS_UNROLL
        for (int kx = 0; kx < kernelWidth; kx++) {
          const vf one = vf_load(at + kx);
          value = fold(averages, value, stride == 1 ? one : vf_even(one, vf_load(at + kx + VF)));
        }
      } else {
        float spaced[VF];
        for (int kx = 0; kx < kernelWidth; kx++) {
          for (int i = 0; i < VF; i++) spaced[i] = at[kx + i * stride];
          value = fold(averages, value, vf_load(spaced));
        }
      }
      if (averages) {
        float counts[VF];
        for (int i = 0; i < VF; i++)
          counts[i] = (float)(rows * extent_of((ox + i) * stride - p->left, kernelWidth, p->width,
                                               p->right, p->countsPadding));
        value = vf_div(value, vf_load(counts));
      }
      const int left = p->outWidth - ox;
      if (left >= VF)
        vf_store(to + ox, value);
      else
        vf_store_n(to + ox, left, value);
    }
  }
}

/** The largest of three rows' VF floats. */
ZS_INLINE vf most_of_three(const float *at, int64_t width) {
  return vf_max(vf_max(vf_load(at), vf_load(at + width)), vf_load(at + 2 * width));
}

/** Maxima of 3×3 windows at every second pixel, all of them inside the image. */
static void pool_inside(const struct pool *p, const float *from, float *to) {
  const int64_t width = p->width;
  for (int oy = 0; oy < p->outHeight; oy++, from += 2 * width, to += p->outWidth) {
    vf low = most_of_three(from, width), high = most_of_three(from + VF, width);
    vf even = vf_even(low, high);
    for (int ox = 0; ox < p->outWidth; ox += VF) {
      const vf odd = vf_odd(low, high);
      // The third column is the next window's first: of a last vector's last window at most.
      const int isLast = ox + VF >= p->outWidth;
      const float *ahead = from + 2 * (ox + VF);
      low = most_of_three(ahead, width);
      high = isLast ? low : most_of_three(ahead + VF, width);
      const vf next = vf_even(low, high);
      const vf result = vf_max(vf_max(even, odd), vf_shift(even, next));
      if (isLast)
        vf_store_n(to + ox, p->outWidth - ox, result);
      else
        vf_store(to + ox, result);
      even = next;
    }
  }
}

/** The sum or the largest of all of a plane's pixels. */
ZS_INLINE float pool_all(const int averages, const float *from, int64_t pixels) {
  if (!averages) {
    float most = -INFINITY;
    for (int64_t at = 0; at < pixels; at++) most = from[at] > most ? from[at] : most;
    return most;
  }
  vf sum = vf_zero();
  int64_t at = 0;
  for (; at + VF <= pixels; at += VF) sum = vf_add(sum, vf_load(from + at));
  return vf_sum(vf_add(sum, vf_load_n(from + at, (int)(pixels - at)))) / (float)pixels;
}

/**
 * input, output, channels, height, width, plane's bytes, output's height, width, plane's bytes,
 * kernel, stride, padding (top, left, bottom, right), whether it averages, whether padding counts,
 * lines, floats of one.
 */
ZS_EXPORT void zs_pool(uint8_t *memory, const double *a) {
  const uint8_t *from = memory + (uint64_t)a[0];
  uint8_t *to = memory + (uint64_t)a[1];
  const int channels = (int)a[2];
  const int64_t fromBytes = (int64_t)a[5], toBytes = (int64_t)a[8];
  const int averages = (int)a[17];
  const struct pool p = {
      .height = (int)a[3],
      .width = (int)a[4],
      .outHeight = (int)a[6],
      .outWidth = (int)a[7],
      .kernelHeight = (int)a[9],
      .kernelWidth = (int)a[10],
      .strideY = (int)a[11],
      .strideX = (int)a[12],
      .top = (int)a[13],
      .left = (int)a[14],
      .bottom = (int)a[15],
      .right = (int)a[16],
      .countsPadding = (int)a[18],
      .lines = zs_floats(memory, a[19]),
      .lineFloats = (int64_t)a[20],
  };
  const int isAll = p.kernelHeight == p.height && p.kernelWidth == p.width &&
                    p.outHeight * p.outWidth == 1 && p.top + p.left + p.bottom + p.right == 0;
  const int isSquare = p.kernelHeight == p.kernelWidth;
  const int isInside = isSquare && p.kernelWidth == 3 && p.strideX == 2 && p.strideY == 2 &&
                       p.top + p.left == 0 && 2 * p.outHeight + 1 <= p.height &&
                       2 * p.outWidth + 1 <= p.width;
  for (int channel = 0; channel < channels; channel++, from += fromBytes, to += toBytes) {
    const float *plane = (const float *)from;
    float *result = (float *)to;
    if (isAll) {
      const int64_t pixels = (int64_t)p.height * p.width;
      *result = averages ? pool_all(1, plane, pixels) : pool_all(0, plane, pixels);
    } else if (averages) {
      pool_plane(1, 0, 0, &p, plane, result);
    } else if (isInside) {
      pool_inside(&p, plane, result);
    } else if (isSquare && p.kernelWidth == 3 && p.strideX == 2) {
      pool_plane(0, 3, 2, &p, plane, result);
    } else if (isSquare && p.kernelWidth == 2 && p.strideX == 2) {
      pool_plane(0, 2, 2, &p, plane, result);
    } else {
      pool_plane(0, 0, 0, &p, plane, result);
    }
  }
}
