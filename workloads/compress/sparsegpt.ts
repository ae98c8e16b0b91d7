// Pruning that looks at what a layer reads: Wanda's scores, and SparseGPT, which also moves the
// weights that it keeps so that the layer gives nearly what it gave. Sun et al., "A simple and
// effective pruning approach for large language models", ICLR 2024 (arXiv 2306.11695); Frantar and
// Alistarh, "SparseGPT", ICML 2023 (arXiv 2301.00774).

import { invariant } from '../base/errors.js';
import { keptOf } from '../weights/synthetic.js';
import type { PrunePattern } from './pattern.js';
import type { PrunableLayer } from './prune.js';

/**
 * Mean products of a layer's inputs over calibration data, [columns][columns] and symmetric: x_i ·
 * x_j.
 */
export type InputProducts = ArrayLike<number>;

/** Columns whose weights are compared at once where any weight may go: the paper's 128. */
const BLOCK = 128;
/** Added to the diagonal, a share of its mean: the paper's 1 %. */
const DAMPING = 0.01;

/**
 * Wanda's scores: magnitude times the root mean square of the weight's input. −1 where a weight is
 * gone already.
 */
export function wandaScores(layer: PrunableLayer, products: InputProducts): Float32Array {
  const { columns, weights, mask } = layer;
  const norms = Float64Array.from({ length: columns }, (_, at) =>
    Math.sqrt(products[at * columns + at] as number),
  );
  return weights.map((weight, at) =>
    mask && mask[at] === 0 ? -1 : Math.abs(weight) * (norms[at % columns] as number),
  );
}

/**
 * SparseGPT: column after column, weights that cost least are zeroed and the columns behind make up
 * for them. Returns the mask and the weights that it leaves. Where any weight may go, the same
 * share of each block of 128 columns is kept; of groups all that the pattern allows.
 */
export function sparseGpt(
  layer: PrunableLayer,
  density: number,
  pattern: Extract<PrunePattern, { kind: 'free' | 'n-of-m' }>,
  products: InputProducts,
): { readonly mask: Uint8Array; readonly weights: Float32Array } {
  const { rows, columns } = layer;
  const factor = inverseFactor(damped(products, columns), columns);
  const weights = Float64Array.from(layer.weights);
  const mask = layer.mask?.slice() ?? new Uint8Array(weights.length).fill(1);
  const isGrouped = pattern.kind === 'n-of-m';
  const width = isGrouped ? pattern.of : BLOCK;
  for (let first = 0; first < columns; first += width) {
    const end = Math.min(columns, first + width);
    // What zeroing a weight would cost; those that are gone cost nothing.
    const costs = Float64Array.from({ length: rows * (end - first) }, (_, at) => {
      const column = first + (at % (end - first));
      const place = Math.floor(at / (end - first)) * columns + column;
      const pivot = factor[column * columns + column] as number;
      return mask[place] === 0 ? -1 : ((weights[place] as number) / pivot) ** 2;
    });
    // Weights that compete: of a group, or of all rows of the block.
    const rivals = isGrouped ? end - first : costs.length;
    const kept = isGrouped ? Math.min(pattern.keep, rivals) : keptOf(costs.length, density);
    for (let from = 0; from < costs.length; from += rivals) {
      for (const at of cheapest(costs.subarray(from, from + rivals), rivals - kept)) {
        const row = Math.floor((from + at) / (end - first));
        mask[row * columns + first + ((from + at) % (end - first))] = 0;
      }
    }
    for (let column = first; column < end; column++)
      zeroColumn(weights, mask, factor, column, rows, columns);
  }
  return { mask, weights: Float32Array.from(weights) };
}

/** Indices of the `count` lowest costs; of equals the last ones. */
function cheapest(costs: Float64Array, count: number): Uint32Array {
  return Uint32Array.from(costs.keys())
    .sort((a, b) => (costs[a] as number) - (costs[b] as number) || b - a)
    .subarray(0, count);
}

/** Zeroes a column's masked weights; what is behind in their rows makes up for them. */
function zeroColumn(
  weights: Float64Array,
  mask: Uint8Array,
  factor: Float64Array,
  column: number,
  rows: number,
  columns: number,
): void {
  const own = column * columns;
  const pivot = factor[own + column] as number;
  for (let row = 0; row < rows; row++) {
    const from = row * columns;
    if (mask[from + column] === 1) continue;
    const error = (weights[from + column] as number) / pivot;
    weights[from + column] = 0;
    if (error === 0) continue;
    for (let later = column + 1; later < columns; later++)
      weights[from + later] =
        (weights[from + later] as number) - error * (factor[own + later] as number);
  }
}

/** The products with 1 % of the diagonal's mean added to it; an input that is never there counts. */
function damped(products: InputProducts, columns: number): Float64Array {
  const result = Float64Array.from(products);
  let sum = 0;
  for (let at = 0; at < columns; at++) sum += result[at * columns + at] as number;
  const added = sum > 0 ? (DAMPING * sum) / columns : 1;
  for (let at = 0; at < columns; at++)
    result[at * columns + at] = (result[at * columns + at] as number) + added;
  return result;
}

/**
 * Upper triangular U with Uᵀ · U the inverse of `matrix`, which is symmetric and positive definite,
 * [size][size]: matrix = V · Vᵀ with V upper triangular, from the last row up; U is V's inverse.
 */
function inverseFactor(matrix: Float64Array, size: number): Float64Array {
  const root = new Float64Array(size * size);
  for (let column = size - 1; column >= 0; column--) {
    for (let row = column; row >= 0; row--) {
      let sum = matrix[row * size + column] as number;
      for (let k = column + 1; k < size; k++)
        sum -= (root[row * size + k] as number) * (root[column * size + k] as number);
      if (row === column) invariant(sum > 0, 'products of inputs are positive definite');
      root[row * size + column] =
        row === column ? Math.sqrt(sum) : sum / (root[column * size + column] as number);
    }
  }
  const inverse = new Float64Array(size * size);
  for (let column = 0; column < size; column++) {
    inverse[column * size + column] = 1 / (root[column * size + column] as number);
    for (let row = column - 1; row >= 0; row--) {
      let sum = 0;
      for (let k = row + 1; k <= column; k++)
        sum += (root[row * size + k] as number) * (inverse[k * size + column] as number);
      inverse[row * size + column] = -sum / (root[row * size + row] as number);
    }
  }
  return inverse;
}
