// The plain forward passes as an executor: slow, readable, and what all other executors are checked
// against.

import { weightsOf } from '../../workloads/model.js';
import { forwardLayer } from '../../workloads/network.js';
import type { Executor } from './contract.js';
import { createFramewise } from './framewise.js';

export function createReference(): Executor {
  return createFramewise({
    name: 'reference',
    optIn: false,
    engine: 'plain TypeScript over compressed sparse rows, 1 thread',
    prepare: (model) => (layer, inputs) => forwardLayer(layer, weightsOf(model, layer), inputs),
  });
}
