// Products of several rows and matrices, as tests of families set them.

import type { Demand, ProductDemand } from '../../workloads/demand.js';
import type { LayerTask } from '../../workloads/network.js';
import { countMacs } from '../../workloads/tasks.js';
import { drawActivations, drawWeights } from '../../workloads/weights/synthetic.js';

type Shape = Pick<ProductDemand, 'rows' | 'depth' | 'columns'> & Partial<ProductDemand>;

export interface Densities {
  readonly weights?: number;
  readonly activations?: number;
  readonly seed?: number;
}

export function productTask(
  shape: Shape,
  { weights = 1, activations = 1, seed = 0 }: Densities = {},
): LayerTask {
  const demand: ProductDemand = {
    ...{ kind: 'product', matrices: 1, right: 'weights', bias: false, activation: 'none' },
    ...shape,
  };
  const { matrices, rows, depth, columns, bias } = demand;
  const outputs = matrices * columns;
  const matrix = drawWeights(
    { rows: outputs, columns: depth, biases: bias ? outputs : 0 },
    weights,
    seed,
    'weights',
  );
  const input = drawActivations(matrices * rows * depth, activations, seed, 'input');
  return {
    name: 'product',
    demand,
    weights: matrix,
    input,
    macs: countMacs(demand, matrix, input),
    batch: 1,
  };
}

/** What is demanded without weights, of `inputs` values. */
export function taskWithout(demand: Demand, inputs: number): LayerTask {
  const macs = { dense: 0, keptWeights: 0, effective: 0 };
  return {
    name: demand.kind,
    demand,
    weights: null,
    input: drawActivations(inputs, 1, 0, 'input'),
    macs,
    batch: 1,
  };
}
