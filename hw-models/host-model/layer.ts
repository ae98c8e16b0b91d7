// Tasks as the engine meets them: layers of a network, which its kernels are chosen by.

import type { Demand } from '../../workloads/demand.js';
import type { Layer, LayerTask, LayerWeights } from '../../workloads/network.js';
import { kernelsFor } from '../host/engine/choice.js';
import { plain } from '../host/engine/plain.js';
import { exactKernels } from '../host/engine/table.js';
import { isGrouped, keptMatrixOf } from '../work.js';

/** A task with the layer that sets it, where that is known. */
export type EngineTask = LayerTask & { readonly layer?: Layer };

/** Experts run one after another, each by kernels of fully connected layers. */
export function isOneByOne(demand: Demand): boolean {
  return demand.kind !== 'routed' && !isGrouped(demand);
}

/** A layer as the engine would run it: one that a kernel of its own can take. */
export interface EngineLayer {
  readonly layer: Layer;
  readonly weights: LayerWeights | null;
}

/**
 * The layer of a task, or one that demands the same; null where none of the engine's own kernels
 * can run it.
 */
export function engineLayerOf(task: EngineTask): EngineLayer | null {
  const layer = task.layer ?? layerLike(task.name, task.demand);
  if (!layer) return null;
  const weights = keptMatrixOf(task.demand) ? task.weights : null;
  return kernelsFor(exactKernels, layer, weights, false).some((row) => row !== plain)
    ? { layer, weights }
    : null;
}

/** A layer that makes this demand, of those with weights. */
function layerLike(name: string, demand: Demand): Layer | null {
  const float = (...shape: readonly number[]) => ({ shape, type: 'float32' }) as const;
  const placed = { name, inputs: [''], demand };
  if (demand.kind === 'product' && demand.matrices === 1 && demand.right === 'weights') {
    const { rows, depth, columns: outputs, bias, activation } = demand;
    const types = {
      inputTypes: [float(rows, depth)],
      results: [{ name, ...float(rows, outputs) }],
    };
    return { kind: 'dense', outputs, bias, activation, ...placed, ...types };
  }
  if (demand.kind === 'convolution' && demand.images === 1) {
    const { input, output, kernel, stride, dilation, pad, groups, bias, activation } = demand;
    const types = { inputTypes: [float(1, ...input)], results: [{ name, ...float(1, ...output) }] };
    const window = { kernel, stride, dilation, pad, groups };
    return {
      kind: 'conv2d',
      channels: output[0],
      ...window,
      bias,
      activation,
      ...placed,
      ...types,
    };
  }
  return null;
}
