// Functions of single elements, softmax and normalisation of rows. Of an output no more than its
// values are written.

#include "functions.h"

enum Function {
  GELU,
  GELU_TANH,
  SIGMOID,
  TANH,
  SWISH,
  HARD_SWISH,
  HARD_SIGMOID,
  LEAKY,
  EXP,
  ERF,
  ABS,
  NEG,
  SQRT,
  SQUARE,
  CLIP,
  RECIPROCAL,
};

ZS_INLINE vf valueOf(const enum Function function, vf x, vf a, vf b) {
  const vf zero = vf_zero(), half = vf_set1(0.5f), one = vf_set1(1);
  switch (function) {
    case GELU: {
      const vf erf = vf_erf(vf_mul(x, vf_set1(0.70710678118f)));
      return vf_mul(vf_mul(x, half), vf_add(one, erf));
    }
    case GELU_TANH: {
      const vf cubed = vf_mul(vf_mul(x, x), x);
      const vf inner = vf_fma(vf_set1(0.044715f), cubed, x);
      const vf tanh = vf_tanh(vf_mul(vf_set1(0.7978845608f), inner));
      return vf_mul(vf_mul(x, half), vf_add(one, tanh));
    }
    case SIGMOID:
      return vf_sigmoid(x);
    case TANH:
      return vf_tanh(x);
    case SWISH:
      return vf_mul(x, vf_sigmoid(vf_mul(a, x)));
    case HARD_SWISH: {
      const vf gate = vf_fma(x, vf_set1(1.0f / 6), half);
      return vf_mul(x, vf_min(one, vf_max(zero, gate)));
    }
    case HARD_SIGMOID:
      return vf_min(one, vf_max(zero, vf_fma(a, x, b)));
    case LEAKY:
      return vf_if_less(x, zero, vf_mul(a, x), x);
    case EXP:
      return vf_exp(x);
    case ERF:
      return vf_erf(x);
    case ABS:
      return vf_abs(x);
    case NEG:
      return vf_mul(x, vf_set1(-1));
    case SQRT:
      return vf_sqrt(x);
    case SQUARE:
      return vf_mul(x, x);
    case CLIP:
      return vf_min(b, vf_max(a, x));
    case RECIPROCAL:
      return vf_div(one, x);
  }
  return x;
}

ZS_INLINE void each(const enum Function function, const float *from, float *to, size_t count,
                    vf a, vf b) {
  size_t at = 0;
  for (; at + VF <= count; at += VF) {
    vf_store(to + at, valueOf(function, vf_load(from + at), a, b));
  }
  const int rest = (int)(count - at);
  if (rest > 0) vf_store_n(to + at, rest, valueOf(function, vf_load_n(from + at, rest), a, b));
}

#define CASE(function)                                                                             \
  case function:                                                                                   \
    each(function, from, to, count, first, second);                                                \
    break

/** A function of values: its number, from, to, how many, its two parameters */
ZS_EXPORT void zs_apply(uint8_t *memory, const double *a) {
  const float *from = zs_floats(memory, a[1]);
  float *to = zs_floats(memory, a[2]);
  const size_t count = (size_t)a[3];
  const vf first = vf_set1((float)a[4]), second = vf_set1((float)a[5]);
  switch ((enum Function)a[0]) {
    CASE(GELU);
    CASE(GELU_TANH);
    CASE(SIGMOID);
    CASE(TANH);
    CASE(SWISH);
    CASE(HARD_SWISH);
    CASE(HARD_SIGMOID);
    CASE(LEAKY);
    CASE(EXP);
    CASE(ERF);
    CASE(ABS);
    CASE(NEG);
    CASE(SQRT);
    CASE(SQUARE);
    CASE(CLIP);
    CASE(RECIPROCAL);
  }
}

/** Reads no further than `count` values; the lanes behind them hold `rest`. */
ZS_INLINE vf valuesOr(const float *from, size_t at, size_t count, float rest) {
  if (at + VF <= count) return vf_load(from + at);
  float lanes[VF];
  for (size_t lane = 0; lane < VF; lane++) lanes[lane] = at + lane < count ? from[at + lane] : rest;
  return vf_load(lanes);
}

ZS_INLINE void storeSome(float *to, size_t at, size_t count, vf value) {
  if (at + VF <= count) vf_store(to + at, value);
  else vf_store_n(to + at, (int)(count - at), value);
}

/** Softmax of rows, or its logarithm: from, to, rows, values of a row, 1 for the logarithm */
ZS_EXPORT void zs_softmax_rows(uint8_t *memory, const double *a) {
  const float *from = zs_floats(memory, a[0]);
  float *to = zs_floats(memory, a[1]);
  const size_t rows = (size_t)a[2], count = (size_t)a[3];
  const int logarithm = a[4] != 0;
  for (size_t row = 0; row < rows; row++, from += count, to += count) {
    vf most = vf_set1(-INFINITY);
    for (size_t at = 0; at < count; at += VF) {
      most = vf_max(most, valuesOr(from, at, count, -INFINITY));
    }
    const float greatest = vf_greatest(most);
    const vf shift = vf_set1(greatest);
    vf sums = vf_zero();
    for (size_t at = 0; at < count; at += VF) {
      const vf value = vf_exp(vf_sub(valuesOr(from, at, count, -INFINITY), shift));
      if (!logarithm) storeSome(to, at, count, value);
      sums = vf_add(sums, value);
    }
    const float sum = vf_sum(sums);
    const vf whole = vf_set1(logarithm ? greatest + logf(sum) : 1 / sum);
    for (size_t at = 0; at < count; at += VF) {
      const vf value = valuesOr(logarithm ? from : to, at, count, 0);
      storeSome(to, at, count, logarithm ? vf_sub(value, whole) : vf_mul(value, whole));
    }
  }
}

/**
 * Rows to mean 0 (where centred) and mean square 1, times a scale plus a shift, a row each.
 * from, to, rows, values of a row, scale, shift, epsilon, 1 to centre
 */
ZS_EXPORT void zs_normalise_rows(uint8_t *memory, const double *a) {
  const float *from = zs_floats(memory, a[0]);
  float *to = zs_floats(memory, a[1]);
  const size_t rows = (size_t)a[2], count = (size_t)a[3];
  const float *scale = zs_floats(memory, a[4]), *shift = zs_floats(memory, a[5]);
  const float epsilon = (float)a[6];
  const int centred = a[7] != 0;
  for (size_t row = 0; row < rows; row++, from += count, to += count) {
    float mean = 0;
    if (centred) {
      vf sums = vf_zero();
      for (size_t at = 0; at < count; at += VF) {
        sums = vf_add(sums, valuesOr(from, at, count, 0));
      }
      mean = vf_sum(sums) / (float)count;
    }
    const vf middle = vf_set1(mean);
    vf squares = vf_zero();
    for (size_t at = 0; at < count; at += VF) {
      const vf value = vf_sub(valuesOr(from, at, count, mean), middle);
      squares = vf_fma(value, value, squares);
    }
    const vf factor = vf_set1(1 / sqrtf(vf_sum(squares) / (float)count + epsilon));
    for (size_t at = 0; at < count; at += VF) {
      const vf value = vf_mul(vf_sub(valuesOr(from, at, count, 0), middle), factor);
      const vf own = valuesOr(scale, at, count, 0);
      storeSome(to, at, count, vf_fma(value, own, valuesOr(shift, at, count, 0)));
    }
  }
}
