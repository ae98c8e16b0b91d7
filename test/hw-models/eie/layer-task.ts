// Single layers as EIE's tests set them.

import type { Patch } from 'immer';
import type { LayerCost } from '../../../hw-models/contract.js';
import { loadHardware } from '../../../hw-models/presets.node.js';
import { buildNetwork } from '../../../workloads/graph.js';
import {
  inputShapeOf,
  type Layer,
  type LayerTask,
  type LayerWeights,
  type Shape,
  weightShapeOf,
} from '../../../workloads/network.js';
import type { LayerSpec } from '../../../workloads/spec.js';
import { countMacs } from '../../../workloads/tasks.js';
import { sizeOf } from '../../../workloads/tensor.js';
import { drawActivations, drawWeights } from '../../../workloads/weights/synthetic.js';

export const eie64 = loadHardware('eie-64');
export const replace = (value: number, ...path: readonly string[]): Patch => ({
  op: 'replace',
  path: [...path],
  value,
});

/** `input`: of one frame, without the leading 1. */
export function layerOf(spec: LayerSpec, input: Shape): Layer {
  const source = { work: 'test', at: 'test' };
  const [layer] = buildNetwork({
    name: 'test',
    title: 'test',
    input,
    layers: [spec],
    source,
  }).layers;
  if (!layer) throw new Error('no layer');
  return layer;
}

export function drawTask(
  layer: Layer,
  weightDensity: number,
  inputDensity: number,
  seed = 0,
  batch = 1,
): LayerTask {
  const shape = weightShapeOf(layer);
  const weights = shape && drawWeights(shape, weightDensity, seed, layer.name);
  return taskWith(layer, weights, inputDensity, seed, batch);
}

export function taskWith(
  layer: Layer,
  weights: LayerWeights | null,
  inputDensity: number,
  seed: number,
  batch: number,
): LayerTask {
  const { name, demand } = layer;
  if (!demand) throw new Error(`layer ${name} costs nothing`);
  const input = drawActivations(sizeOf(inputShapeOf(layer)), inputDensity, seed, name);
  return { name, demand, weights, input, macs: countMacs(demand, weights, input), batch };
}

/** What `kernel` costs, or the cheapest one. */
export function costOf(task: LayerTask, hardware = eie64, kernel?: string): LayerCost {
  const [cost] = hardware.cost([task], kernel);
  if (!cost) throw new Error('no cost');
  return cost;
}
