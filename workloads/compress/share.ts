// Weight sharing: one-dimensional k-means over a layer's weights.
// Han et al., "Deep Compression", ICLR 2016, Section 3; initialisations of Section 3.2.

import { invariant } from '../base/errors.js';
import type { Random } from '../base/random.js';

export interface SharedWeights {
  /** Ascending. At most as many as asked for: a cluster that no weight chooses is dropped. */
  readonly centroids: Float32Array;
  /** For each weight the index of its centroid. */
  readonly assignments: Uint16Array;
}

/**
 * Where the centroids start: spread evenly over the range, which keeps the few large weights;
 * evenly over the distribution; or at weights drawn at random ("Forgy").
 */
export type Initialisation = 'linear' | 'density' | 'random';

const MAX_ROUNDS = 200;

/**
 * Lloyd's algorithm from its starting centroids until nothing moves. In one dimension a cluster is
 * an interval of the sorted values, so a round costs O(clusters · log values). `random` is drawn
 * from by a random initialisation alone.
 */
export function shareWeights(
  values: Float32Array,
  clusters: number,
  initialisation: Exclude<Initialisation, 'random'> | Random = 'linear',
): SharedWeights {
  invariant(
    Number.isInteger(clusters) && clusters >= 1 && clusters <= 65_536,
    () => `found ${clusters} clusters`,
  );
  if (values.length === 0)
    return { centroids: new Float32Array(0), assignments: new Uint16Array(0) };
  const sorted = values.slice().sort();
  const sums = new Float64Array(sorted.length + 1);
  for (let i = 0; i < sorted.length; i++) sums[i + 1] = (sums[i] as number) + (sorted[i] as number);
  let centroids: readonly number[] = distinct(startingPoints(sorted, clusters, initialisation));
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const moved = meansOf(centroids, sorted, sums);
    if (moved.length === centroids.length && moved.every((mean, i) => mean === centroids[i])) break;
    centroids = moved;
  }
  // Rounding to 32 bits may merge neighbours.
  const kept = Float32Array.from(distinct([...Float32Array.from(centroids)]));
  return { centroids: kept, assignments: assign(values, kept) };
}

/** Ascending. */
function startingPoints(
  sorted: Float32Array,
  clusters: number,
  initialisation: Exclude<Initialisation, 'random'> | Random,
): number[] {
  if (typeof initialisation === 'object') {
    const random = Array.from(
      { length: clusters },
      () => sorted[initialisation.below(sorted.length)] as number,
    );
    return random.sort((a, b) => a - b);
  }
  if (initialisation === 'density') {
    return Array.from({ length: clusters }, (_, i) => {
      return sorted[Math.floor(((i + 0.5) / clusters) * sorted.length)] as number;
    });
  }
  const min = sorted[0] as number;
  const max = sorted[sorted.length - 1] as number;
  const step = clusters > 1 ? (max - min) / (clusters - 1) : 0;
  return Array.from({ length: clusters }, (_, i) => min + i * step);
}

function distinct(ascending: readonly number[]): readonly number[] {
  return ascending.filter((value, i) => i === 0 || value !== ascending[i - 1]);
}

/**
 * The mean of the values nearest to each centroid, in order; centroids without values fall away.
 */
function meansOf(
  centroids: readonly number[],
  sorted: Float32Array,
  sums: Float64Array,
): readonly number[] {
  const means: number[] = [];
  let from = 0;
  centroids.forEach((centroid, i) => {
    const next = centroids[i + 1];
    const to = next === undefined ? sorted.length : firstAbove(sorted, (centroid + next) / 2);
    if (to > from) means.push(((sums[to] as number) - (sums[from] as number)) / (to - from));
    from = Math.max(from, to);
  });
  return distinct(means);
}

/** How many sorted values are not above `bound`. */
function firstAbove(sorted: Float32Array, bound: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as number) <= bound) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The nearest centroid of each value, the lower one of two as near. */
function assign(values: Float32Array, centroids: Float32Array): Uint16Array {
  const bounds = Float64Array.from({ length: centroids.length - 1 }, (_, i) => {
    return ((centroids[i] as number) + (centroids[i + 1] as number)) / 2;
  });
  const assignments = new Uint16Array(values.length);
  for (let at = 0; at < values.length; at++) {
    const value = values[at] as number;
    let low = 0;
    let high = bounds.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (value <= (bounds[middle] as number)) high = middle;
      else low = middle + 1;
    }
    assignments[at] = low;
  }
  return assignments;
}
