// Sparse matrix × many vectors ("tokens"): the tokens of a tile lie along the lanes, and each
// weight meets all of them at once. Features are cut into chunks whose tile stays in the
// first-level cache, outputs into groups whose sums stay in the second.

#include "transpose.h"

/** Tokens of a tile: so many floats lie between the features of a tile. */
enum { TILE = 64, TILE_BYTES = 4 * TILE };
/** Tiles that go through a chunk's weights together, so that their sums stay near. */
enum { TILES_TOGETHER = 2 };
/** Bytes by which weights are asked for before they are needed. */
enum { AHEAD = 2048 };

typedef struct {
  /** Of the feature in its chunk, in bytes. */
  uint32_t offset;
  float weight;
} Entry;

typedef struct {
  /** Of the output's sums in its group, in bytes. */
  uint32_t offset;
  uint32_t entries;
} Row;

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

/**
 * Tokens, a vector of `features` each, as tiles [tile][feature][TILE]; of the features from `first`
 * to `end` − 1. Lanes behind the last token hold zeros.
 * from, to, tokens, first, end, features, bytes from token to token
 */
ZS_EXPORT void zs_tokens_apart(uint8_t *memory, const double *a) {
  const float *from = (const float *)(memory + (size_t)a[0]);
  float *to = (float *)(memory + (size_t)a[1]);
  const size_t tokens = (size_t)a[2], first = (size_t)a[3], end = (size_t)a[4];
  const size_t features = (size_t)a[5], step = (size_t)a[6] / 4;
  for (size_t token = 0; token < tokens; token += TILE) {
    const size_t own = smaller(TILE, tokens - token);
    float *tile = to + token * features;
    if (own < TILE) memset(tile + first * TILE, 0, (end - first) * TILE_BYTES);
    transpose(from + token * step + first, step, tile + first * TILE, TILE, own, end - first);
  }
}

/** Adds a chunk's weights times `vectors` vectors of tokens to the sums of a group's rows. */
ZS_INLINE const Entry *addChunk(const float *features, float *sums, const Row *rows, size_t count,
                             const Entry *entry, const float *bias, vf low, vf high, const int vectors) {
  for (const Row *row = rows; row < rows + count; row++) {
    float *own = (float *)((uint8_t *)sums + row->offset);
    __builtin_prefetch((const uint8_t *)entry + AHEAD);
    __builtin_prefetch((const uint8_t *)entry + AHEAD + 64);
    vf sum[TILE / VF];
    if (bias) {
      for (int v = 0; v < vectors; v++) sum[v] = vf_set1(bias[row->offset / TILE_BYTES]);
    } else {
      for (int v = 0; v < vectors; v++) sum[v] = vf_load(own + v * VF);
    }
    for (const Entry *end = entry + row->entries; entry < end; entry++) {
      const float *from = (const float *)((const uint8_t *)features + entry->offset);
      const vf weight = vf_set1(entry->weight);
      for (int v = 0; v < vectors; v++) sum[v] = vf_fma(weight, vf_load(from + v * VF), sum[v]);
    }
    for (int v = 0; v < vectors; v++) vf_store(own + v * VF, vf_min(high, vf_max(low, sum[v])));
  }
  return entry;
}

/** The same for so many tokens as there are, in quarters of a tile. */
static const Entry *addTokens(const float *features, float *sums, const Row *rows, size_t count,
                              const Entry *entry, const float *bias, vf low, vf high,
                              size_t tokens) {
  if (tokens > 48) return addChunk(features, sums, rows, count, entry, bias, low, high, 64 / VF);
  if (tokens > 32) return addChunk(features, sums, rows, count, entry, bias, low, high, 48 / VF);
  if (tokens > 16) return addChunk(features, sums, rows, count, entry, bias, low, high, 32 / VF);
  return addChunk(features, sums, rows, count, entry, bias, low, high, 16 / VF);
}

/**
 * Outputs of tiles, none below `least` nor above `most`: group after group of `groupRows` rows,
 * and in it chunk after chunk of features, there is a Row for each row and its entries.
 * tiles, output, rows, entries, bias, room for the sums of TILES_TOGETHER tiles of a group, tokens,
 * rows, rows of a group, features, features of a chunk, bytes from token to token, least, most
 */
ZS_EXPORT void zs_tokens_sparse(uint8_t *memory, const double *a) {
  const float *tiles = (const float *)(memory + (size_t)a[0]);
  float *output = (float *)(memory + (size_t)a[1]);
  const Row *lists = (const Row *)(memory + (size_t)a[2]);
  const Entry *entries = (const Entry *)(memory + (size_t)a[3]);
  const float *bias = (const float *)(memory + (size_t)a[4]);
  float *sums = (float *)(memory + (size_t)a[5]);
  const size_t tokens = (size_t)a[6], rows = (size_t)a[7], groupRows = (size_t)a[8];
  const size_t features = (size_t)a[9], chunk = (size_t)a[10], step = (size_t)a[11] / 4;
  const vf low = vf_set1((float)a[12]), high = vf_set1((float)a[13]);
  const vf lowest = vf_set1(-INFINITY), highest = vf_set1(INFINITY);
  for (size_t group = 0; group < rows; group += groupRows) {
    const size_t count = smaller(groupRows, rows - group);
    const Row *groupLists = lists;
    const Entry *groupEntries = entries;
    for (size_t block = 0; block < tokens; block += TILES_TOGETHER * TILE) {
      const size_t end = smaller(tokens, block + TILES_TOGETHER * TILE);
      lists = groupLists;
      entries = groupEntries;
      for (size_t feature = 0; feature < features; feature += chunk, lists += count) {
        const Entry *next = entries;
        const int isLast = feature + chunk >= features;
        for (size_t token = block; token < end; token += TILE) {
          next = addTokens(tiles + token * features + feature * TILE,
                           sums + (token - block) * groupRows, lists, count, entries,
                           feature == 0 ? bias + group : NULL,
                           isLast ? low : lowest, isLast ? high : highest, tokens - token);
        }
        entries = next;
      }
      for (size_t token = block; token < end; token += TILE) {
        transpose(sums + (token - block) * groupRows, TILE, output + token * step + group, step,
                  count, smaller(TILE, tokens - token));
      }
    }
  }
}
