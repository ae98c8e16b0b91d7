// Fully connected layers of a mixture of experts: each token's vector meets the matrices of the
// experts that were chosen for it. Expert by expert, so that a matrix is read once for all tokens
// that meet it.

#include "vector.h"

/** Rows that meet a vector together. */
enum { ROWS = 4 };
/** Floats by which weights are asked for before they are met. */
enum { AHEAD = 1024 };

/** Some rows of one matrix times one vector. */
ZS_INLINE void multiplyRows(const float *weights, const float *vector, float *output, size_t depth,
                            const int rows) {
  vf sums[ROWS];
  for (int row = 0; row < rows; row++) sums[row] = vf_zero();
  size_t at = 0;
  for (; at + VF <= depth; at += VF) {
    const vf beside = vf_load(vector + at);
    for (int row = 0; row < rows; row++) {
      __builtin_prefetch(weights + (size_t)row * depth + at + AHEAD);
      sums[row] = vf_fma(vf_load(weights + (size_t)row * depth + at), beside, sums[row]);
    }
  }
  const int rest = (int)(depth - at);
  if (rest > 0) {
    const vf beside = vf_load_n(vector + at, rest);
    for (int row = 0; row < rows; row++)
      sums[row] = vf_fma(vf_load_n(weights + (size_t)row * depth + at, rest), beside, sums[row]);
  }
  for (int row = 0; row < rows; row++) output[row] = vf_sum(sums[row]);
}

/**
 * Vectors, chosen experts (as doubles), output, weights, room for a number for each pair of token
 * and choice; tokens, choices, experts, depth, rows of an expert; first and end of the rows to
 * make; bytes from token to token and from choice to choice of the vectors, and from token to token
 * of the output.
 */
ZS_EXPORT void zs_experts(uint8_t *memory, const double *a) {
  const uint8_t *vectors = memory + (uint64_t)a[0];
  const double *chosen = (const double *)(memory + (uint64_t)a[1]);
  uint8_t *output = memory + (uint64_t)a[2];
  const float *weights = zs_floats(memory, a[3]);
  uint32_t *pairs = (uint32_t *)(memory + (uint64_t)a[4]);
  const size_t tokens = (size_t)a[5], choices = (size_t)a[6], experts = (size_t)a[7];
  const size_t depth = (size_t)a[8], rows = (size_t)a[9];
  const size_t first = (size_t)a[10], end = (size_t)a[11];
  const size_t tokenStep = (size_t)a[12], choiceStep = (size_t)a[13], outputStep = (size_t)a[14];
  for (size_t expert = 0; expert < experts; expert++) {
    size_t count = 0;
    for (size_t pair = 0; pair < tokens * choices; pair++) {
      pairs[count] = (uint32_t)pair;
      // An index below zero counts from behind.
      const double own = chosen[pair];
      count += (own < 0 ? own + (double)experts : own) == (double)expert;
    }
    if (count == 0) continue;
    const float *matrix = weights + expert * rows * depth;
    for (size_t row = first; row < end; row += ROWS) {
      const int together = end - row < ROWS ? (int)(end - row) : ROWS;
      for (size_t at = 0; at < count; at++) {
        const size_t token = pairs[at] / choices, choice = pairs[at] % choices;
        const float *vector =
            (const float *)(vectors + token * tokenStep + choice * choiceStep);
        float *to = (float *)(output + token * outputStep) + choice * rows + row;
        if (together == ROWS) {
          multiplyRows(matrix + row * depth, vector, to, depth, ROWS);
        } else {
          for (int own = 0; own < together; own++)
            multiplyRows(matrix + (row + (size_t)own) * depth, vector, to + own, depth, 1);
        }
      }
    }
  }
}
