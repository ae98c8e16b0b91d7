// Chooses the weights to keep: by magnitude or another score, freely or in patterns that hardware
// requires. Masks are 1 where a weight is kept. Han et al., "Learning both Weights and Connections
// for Efficient Neural Networks", NIPS 2015, Section 3.

import { invariant } from '../base/errors.js';
import { keptOf } from '../weights/synthetic.js';
import type { PrunePattern } from './pattern.js';

/** Weights [rows][columns], of which those with a 0 in `mask` are gone already; null: none is. */
export interface PrunableLayer {
  readonly rows: number;
  readonly columns: number;
  readonly weights: Float32Array;
  readonly mask: Uint8Array | null;
}

/**
 * Keeps weights whose magnitude is at least `quality` times the standard deviation of the layer's
 * remaining weights: "the pruning threshold is chosen as a quality parameter multiplied by the
 * standard deviation of a layer's weights".
 */
export function maskByQuality(layer: PrunableLayer, quality: number): Uint8Array {
  const { weights, mask } = layer;
  let count = 0;
  let sum = 0;
  let squares = 0;
  weights.forEach((weight, at) => {
    if (mask && mask[at] === 0) return;
    count++;
    sum += weight;
    squares += weight * weight;
  });
  const deviation = count > 0 ? Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2)) : 0;
  const threshold = quality * deviation;
  return Uint8Array.from(weights, (weight, at) => {
    return (!mask || mask[at] === 1) && Math.abs(weight) >= threshold ? 1 : 0;
  });
}

/** What weights are ranked by: one score each, −1 of those that are gone. */
export interface Ranking {
  readonly scores: Float32Array;
  /** Each row keeps the same share, where any weight may go: Wanda's way. */
  readonly byRow: boolean;
}

/**
 * Keeps the highest scores, magnitudes unless told, until a share `density` of all weights is kept,
 * fewer where fewer are left or where a pattern allows no more. Blocks are ranked by their sums of
 * squared scores. Of equals the first is kept. Heads are `maskHeads`'s.
 */
export function maskByDensity(
  layer: PrunableLayer,
  density: number,
  pattern: Exclude<PrunePattern, { kind: 'heads' }>,
  { scores, byRow }: Ranking = { scores: magnitudes(layer), byRow: false },
): Uint8Array {
  const { rows, columns } = layer;
  switch (pattern.kind) {
    case 'free':
      return byRow
        ? keepWithinGroups(layer, scores, keptOf(columns, density), columns, 1)
        : keepLargest(scores, keptOf(scores.length, density));
    case 'n-of-m':
      return keepWithinGroups(layer, scores, pattern.keep, pattern.of, density);
    case 'block':
      return keepBlocks(layer, scores, pattern.rows, pattern.columns, density);
    case 'rows':
      return keepBlocks(layer, scores, 1, columns, density);
    case 'columns':
      return keepBlocks(layer, scores, rows, 1, density);
  }
}

/**
 * The densities at which one threshold over all layers keeps a share `density` of their weights
 * together, by layer name: what "global" magnitude pruning gives each.
 */
export function globalDensities(
  layers: ReadonlyMap<string, PrunableLayer>,
  density: number,
): ReadonlyMap<string, number> {
  const scores = new Map([...layers].map(([name, layer]) => [name, magnitudes(layer)]));
  const all = new Float32Array([...scores.values()].reduce((sum, own) => sum + own.length, 0));
  let to = 0;
  for (const own of scores.values()) {
    all.set(own, to);
    to += own.length;
  }
  all.sort();
  const kept = keptOf(all.length, density);
  const threshold = kept === 0 ? Number.POSITIVE_INFINITY : (all[all.length - kept] as number);
  return new Map(
    [...scores].map(([name, own]) => {
      return [
        name,
        own.reduce((count, score) => count + (score >= threshold && score > 0 ? 1 : 0), 0) /
          own.length,
      ];
    }),
  );
}

/** Magnitude of each weight; −1 where it is pruned, below every other. */
export function magnitudes({ weights, mask }: PrunableLayer): Float32Array {
  return weights.map((weight, at) => (mask && mask[at] === 0 ? -1 : Math.abs(weight)));
}

/** Of `scores` the `count` largest that are not negative. */
function keepLargest(scores: Float32Array, count: number): Uint8Array {
  const keep = new Uint8Array(scores.length);
  if (count === 0) return keep;
  const threshold = scores.slice().sort()[scores.length - count] as number;
  let left = count;
  scores.forEach((score, at) => {
    if (score > threshold && score >= 0) {
      keep[at] = 1;
      left--;
    }
  });
  for (let at = 0; at < scores.length && left > 0 && threshold >= 0; at++) {
    if (scores[at] !== threshold) continue;
    keep[at] = 1;
    left--;
  }
  return keep;
}

function keepWithinGroups(
  { rows, columns }: PrunableLayer,
  scores: Float32Array,
  keep: number,
  of: number,
  density: number,
): Uint8Array {
  invariant(keep <= of, () => `cannot keep ${keep} of ${of}`);
  const allowed = scores.slice().fill(-1);
  for (let row = 0; row < rows; row++) {
    for (let first = 0; first < columns; first += of) {
      const from = row * columns + first;
      const to = row * columns + Math.min(columns, first + of);
      const within = keepLargest(scores.slice(from, to), Math.min(keep, to - from));
      for (let at = from; at < to; at++)
        if (within[at - from] === 1) allowed[at] = scores[at] as number;
    }
  }
  return keepLargest(allowed, keptOf(scores.length, density));
}

function keepBlocks(
  { rows, columns, mask }: PrunableLayer,
  scores: Float32Array,
  blockRows: number,
  blockColumns: number,
  density: number,
): Uint8Array {
  const across = Math.ceil(columns / blockColumns);
  const blockOf = (at: number) =>
    Math.floor(Math.floor(at / columns) / blockRows) * across +
    Math.floor((at % columns) / blockColumns);
  const energy = new Float32Array(across * Math.ceil(rows / blockRows)).fill(-1);
  const sizes = new Uint32Array(energy.length);
  scores.forEach((score, at) => {
    const block = blockOf(at);
    sizes[block] = (sizes[block] as number) + 1;
    if (mask && mask[at] === 0) return;
    energy[block] = Math.max(0, energy[block] as number) + score * score;
  });
  // Blocks at the edges are smaller: the strongest are taken while they fit.
  const strongest = Uint32Array.from(energy.keys()).sort((a, b) => {
    return (energy[b] as number) - (energy[a] as number) || a - b;
  });
  const kept = new Uint8Array(energy.length);
  let left = keptOf(scores.length, density);
  for (const block of strongest) {
    const size = sizes[block] as number;
    if ((energy[block] as number) < 0 || size > left) continue;
    kept[block] = 1;
    left -= size;
  }
  return Uint8Array.from(scores, (_, at) =>
    mask && mask[at] === 0 ? 0 : (kept[blockOf(at)] as number),
  );
}
