// Layers as a framework without a compiler runs them, one library call after another: biases or
// normalisations, ReLUs and sums each pass over their tensor in a kernel of their own.

import type { StreamDemand } from '../../../workloads/demand.js';
import type { LayerTask } from '../../../workloads/network.js';
import type { Kernel, LayerCost, Residency } from '../../contract.js';
import { addCosts } from '../../cost.js';
import { outputElements } from '../../work.js';
import type { GpuConfig } from '../config.js';
import { costDense } from './dense.js';
import { costElementwise } from './elementwise.js';
import { isServed, tensor } from './tensor.js';

export const eager: Kernel<GpuConfig> = {
  name: 'eager',
  optIn: true,
  accepts: isServed,
  cost: (task, config, residency) =>
    costApart(task, config, residency, { name: 'eager', wordBytes: 4, multiply: costDense }),
};

export const eagerHalf: Kernel<GpuConfig> = {
  name: 'eager-half',
  precision: 'fp16',
  optIn: true,
  available: (config) => config.tensor !== undefined,
  accepts: isServed,
  cost: (task, config, residency) =>
    costApart(task, config, residency, {
      ...{ name: 'eager-half', wordBytes: 2, multiply: tensor.cost },
    }),
};

interface Calls {
  readonly name: string;
  readonly wordBytes: 2 | 4;
  readonly multiply: Kernel<GpuConfig>['cost'];
}

function costApart(
  task: LayerTask,
  config: GpuConfig,
  residency: Residency,
  { name, wordBytes, multiply }: Calls,
): LayerCost {
  const { demand } = task;
  const alone: Residency = { resident: residency.resident, notes: residency.notes };
  if (demand.kind === 'stream') return costElementwise(task, config, alone, wordBytes);
  const multiplied = multiply(task, config, alone);
  if (demand.kind !== 'product' && demand.kind !== 'convolution') return multiplied;
  const elements = outputElements(demand);
  const steps = [demand.bias, demand.activation !== 'none'].filter(Boolean).length;
  const pass = passOver(task, elements);
  const passes = Array.from({ length: steps }, () =>
    costElementwise(pass, config, alone, wordBytes),
  );
  return { ...addCosts([multiplied, ...passes]), kernel: name };
}

/** One operation for each element, read and written. */
function passOver(task: LayerTask, elements: number): LayerTask {
  const { name, batch } = task;
  const demand: StreamDemand = {
    ...{ kind: 'stream', inputs: elements, looks: elements, passes: 1, outputs: elements },
    operations: { add: elements, multiply: 0, exponential: 0, divide: 0 },
  };
  const macs = { dense: 0, keptWeights: 0, effective: 0 };
  return {
    ...{ name, demand, weights: null, macs, batch },
    get input() {
      return task.input;
    },
  };
}
