// The engine's kernels by the names of the executors that run them, and each by its own.

import type { LayerTask } from '../../workloads/network.js';
import type { Kernel, LayerCost } from '../contract.js';
import { cyclesOf } from '../cost.js';
import { type Choice, type Choose, kernelsFor } from '../host/engine/choice.js';
import type { HostKernel } from '../host/engine/kernel.js';
import { rules } from '../host/engine/rules.js';
import { exactKernels } from '../host/engine/table.js';
import type { HostConfig } from './config.js';
import { engineCost, laidOutBytes } from './engine-cost.js';
import { enginePlace, type HostResidency, residencyOf } from './place.js';

/** Multiply-accumulates that a kernel carries out, of those that the layer's definition asks for. */
function macsOf({ name }: HostKernel, { macs, batch }: LayerTask): number {
  if (name === 'sparse-columns' || name === 'coded-columns') return macs.effective * batch;
  return (name === 'sparse-convolution' ? macs.keptWeights : macs.dense) * batch;
}

function costOf(
  task: LayerTask,
  { kernel, notes }: Choice,
  residency: HostResidency,
  config: HostConfig,
  weightBytes = residency.weightBytes.sparse,
): LayerCost {
  const cost = engineCost(task, kernel, macsOf(kernel, task), enginePlace(residency, weightBytes), config);
  return { ...cost, notes: [...residency.notes, ...notes] };
}

/** The kernels that an executor takes by rule. `weightBytes`: what a run of the network reads of them. */
function byRule(
  name: keyof typeof rules,
  weightBytes: (residency: HostResidency, config: HostConfig) => number,
): Kernel<HostConfig> {
  const choose: Choose = rules[name];
  return {
    name,
    accepts: () => true,
    cost(task, config, residency) {
      const place = residencyOf(task, residency, config);
      return costOf(task, choose(task.layer, task.weights), place, config, weightBytes(place, config));
    },
  };
}

/** Weights that a rule's kernels have transformed: many times as large as before. */
function transformed(name: 'winograd' | 'fft') {
  const bytesOf = (task: LayerTask, threads: number) => {
    if (!task.weights) return 0;
    const { kernel } = rules[name](task.layer, task.weights);
    // Columns of fully connected layers whose activation is zero are not read.
    return laidOutBytes(task, kernel, threads) * (task.layer.kind === 'dense' ? task.input.density : 1);
  };
  return ({ tasks }: HostResidency, { threads }: HostConfig): number =>
    tasks.reduce((sum, task) => sum + bytesOf(task, threads), 0);
}

/** The fastest kernel of each layer, as the executor of that name finds by timing them. */
const auto: Kernel<HostConfig> = {
  name: 'auto',
  accepts: () => true,
  cost(task, config, residency) {
    const place = residencyOf(task, residency, config);
    const costs = kernelsFor(exactKernels, task.layer, task.weights).map((kernel) =>
      costOf(task, { kernel, notes: [] }, place, config),
    );
    return costs.reduce((best, cost) => (cyclesOf(cost) < cyclesOf(best) ? cost : best));
  },
};

/** One kernel; what it cannot run is left to the sparse rule, with the reason. */
function byName(row: HostKernel): Kernel<HostConfig> {
  return {
    name: row.name,
    optIn: true,
    accepts: (layer) => layer.kind === row.kind,
    cost(task, config, residency) {
      const reason = row.refusal(task.layer, task.weights);
      const other = rules.sparse(task.layer, task.weights).kernel;
      const choice =
        reason === null ? { kernel: row, notes: [] } : { kernel: other, notes: [`${other.name}: the layer ${reason}`] };
      return costOf(task, choice, residencyOf(task, residency, config), config);
    },
  };
}

const sparse = byRule('sparse', ({ weightBytes }) => weightBytes.sparse);

export const engineKernels: readonly Kernel<HostConfig>[] = [
  auto,
  byRule('dense', ({ weightBytes }) => weightBytes.dense),
  byRule('winograd', transformed('winograd')),
  byRule('fft', transformed('fft')),
  sparse,
  ...exactKernels.map(byName),
  // Layers of another kind than a kernel that was asked for by name.
  { ...sparse, fallback: true },
];
