// Products of any rows and matrices as tasks.

import fc from 'fast-check';
import type { ProductDemand } from '../../../workloads/demand.js';
import type { LayerTask } from '../../../workloads/network.js';
import { activations, countMacs } from '../../../workloads/tasks.js';
import { drawActivations, drawWeights } from '../../../workloads/weights/synthetic.js';

export interface Sizes {
  readonly matrices: number;
  readonly rows: number;
  readonly depth: number;
  readonly columns: number;
}

/**
 * The same vector in every row, half of it zero; a drawn share of what it is multiplied by is kept.
 */
export function productTask(
  sizes: Sizes,
  batch: number,
  right: ProductDemand['right'] = 'weights',
  density = 0.5,
): LayerTask {
  const demand: ProductDemand = {
    kind: 'product',
    ...sizes,
    right,
    bias: false,
    activation: 'none',
  };
  const { matrices, rows, depth, columns } = sizes;
  const vector = drawActivations(depth, 0.5, 1, 'vector').values;
  const values = new Float32Array(matrices * rows * depth);
  for (let at = 0; at < matrices * rows; at++) values.set(vector, at * depth);
  const weights = drawWeights(
    { rows: matrices * columns, columns: depth, biases: 0 },
    density,
    1,
    'right',
  );
  const input = activations(values, 'synthetic');
  return {
    name: 'product',
    demand,
    weights,
    input,
    macs: countMacs(demand, weights, input),
    batch,
  };
}

export const sizes: fc.Arbitrary<Sizes> = fc.record({
  matrices: fc.constantFrom(1, 2, 5),
  rows: fc.constantFrom(1, 2, 3, 17, 64),
  depth: fc.integer({ min: 1, max: 130 }),
  columns: fc.integer({ min: 1, max: 130 }),
});
