// The engine's kernels by the names of the executors that run them, and each by its own.

import type { LayerTask } from '../../workloads/network.js';
import type { Kernel, LayerCost } from '../contract.js';
import { cyclesOf } from '../cost.js';
import { type Choice, type Choose, kernelsFor } from '../host/engine/choice.js';
import type { HostKernel } from '../host/engine/kernel.js';
import { rules } from '../host/engine/rules.js';
import { exactKernels } from '../host/engine/table.js';
import type { HostConfig } from './config.js';
import { engineCost, laidOutBytes, plainCost } from './engine-cost.js';
import { type EngineLayer, type EngineTask, engineLayerOf, isOneByOne } from './layer.js';
import { enginePlace, type HostResidency, metByAny, networkOf, residencyOf } from './place.js';

/**
 * Multiply-accumulates that a kernel carries out, of those that the layer's definition asks for.
 */
function macsOf({ name }: HostKernel, { macs, batch }: LayerTask): number {
  const own = name.replace(/^native-/, '');
  if (own === 'sparse-columns' || own === 'coded-columns') return macs.effective * batch;
  return (own === 'sparse-convolution' ? macs.keptWeights : macs.dense) * batch;
}

/** Of kernels that need the native build, which not every machine was measured with. */
const NATIVE = 'native-';
const isMeasured = ({ native }: HostConfig) => native !== undefined;

/**
 * What an engine's kernel of one of `choicesFor` takes, the fastest; a plain pass where no kernel
 * can run the layer.
 */
function fastestOf(
  task: EngineTask,
  residency: HostResidency,
  config: HostConfig,
  choicesFor: (own: EngineLayer) => readonly Choice[],
  weightBytes = residency.weightBytes.sparse,
): LayerCost {
  const place = enginePlace(residency, weightBytes);
  const own = engineLayerOf(task);
  const costs = own
    ? choicesFor(own).map(({ kernel, notes }) => ({
        ...engineCost(task, own, kernel, macsOf(kernel, task), place, config),
        notes: [...residency.notes, ...notes],
      }))
    : [plainCost(task, place, config)];
  return costs.reduce((best, cost) => (cyclesOf(cost) < cyclesOf(best) ? cost : best));
}

/**
 * The kernels that an executor takes by rule. `weightBytes`: what a run of the network reads of
 * them.
 */
function byRule(
  name: keyof typeof rules,
  weightBytes: (residency: HostResidency, config: HostConfig) => number,
  isNative = false,
): Kernel<HostConfig> {
  const choose: Choose = rules[name];
  return {
    ...(isNative ? { name: `${NATIVE}${name}`, optIn: true, available: isMeasured } : { name }),
    accepts: isOneByOne,
    cost(task, config, residency) {
      const place = residencyOf(task, residency, config);
      const choices = ({ layer, weights }: EngineLayer) => [choose(layer, weights, isNative)];
      return fastestOf(task, place, config, choices, weightBytes(place, config));
    },
  };
}

/** Weights that a rule's kernels have transformed: many times as large as before. */
function transformed(name: 'winograd' | 'fft', isNative = false) {
  const bytesOf = (task: LayerTask, config: HostConfig) => {
    const own = engineLayerOf(task);
    if (!own?.weights) return 0;
    const { kernel } = rules[name](own.layer, own.weights, isNative);
    // Columns of fully connected layers whose activation is zero are not read.
    const read =
      task.demand.kind === 'product' ? metByAny(task.demand.rows, task.input.density) : 1;
    return laidOutBytes(task, own, kernel, config) * read;
  };
  return (residency: HostResidency, config: HostConfig): number =>
    networkOf(residency).reduce((sum, task) => sum + bytesOf(task, config), 0);
}

/** The fastest kernel of each layer, as the executor of that name finds by timing them. */
const fastest = (isNative: boolean): Kernel<HostConfig> => ({
  ...(isNative ? { name: `${NATIVE}auto`, optIn: true, available: isMeasured } : { name: 'auto' }),
  accepts: isOneByOne,
  cost: (task, config, residency) =>
    fastestOf(task, residencyOf(task, residency, config), config, ({ layer, weights }) =>
      kernelsFor(exactKernels, layer, weights, isNative).map((kernel) => ({ kernel, notes: [] })),
    ),
});

/**
 * One kernel; what it cannot run is left to the sparse rule, with the reason where the layer is of
 * its kind.
 */
function byName(row: HostKernel): Kernel<HostConfig> {
  const { isNative = false } = row;
  const choose = ({ layer, weights }: EngineLayer): Choice => {
    const other = rules.sparse(layer, weights, isNative);
    if (layer.kind !== row.kind) return other;
    const reason = row.refusal(layer, weights);
    if (reason === null) return { kernel: row, notes: [] };
    return { kernel: other.kernel, notes: [`${other.kernel.name}: the layer ${reason}`] };
  };
  return {
    name: row.name,
    optIn: true,
    ...(isNative ? { available: isMeasured } : {}),
    accepts: isOneByOne,
    cost: (task, config, residency) =>
      fastestOf(task, residencyOf(task, residency, config), config, (own) => [choose(own)]),
  };
}

/** As a layer runs that no kernel of the engine can run. */
const plain: Kernel<HostConfig> = {
  name: 'plain',
  optIn: true,
  accepts: isOneByOne,
  cost(task, config, residency) {
    const place = residencyOf(task, residency, config);
    return plainCost(task, enginePlace(place, place.weightBytes.sparse), config);
  },
};

export const engineKernels: readonly Kernel<HostConfig>[] = [
  fastest(false),
  byRule('dense', ({ weightBytes }) => weightBytes.dense),
  byRule('winograd', transformed('winograd')),
  byRule('fft', transformed('fft')),
  byRule('sparse', ({ weightBytes }) => weightBytes.sparse),
  fastest(true),
  byRule('dense', ({ weightBytes }) => weightBytes.dense, true),
  byRule('winograd', transformed('winograd', true), true),
  byRule('sparse', ({ weightBytes }) => weightBytes.sparse, true),
  ...exactKernels.map(byName),
  plain,
];
