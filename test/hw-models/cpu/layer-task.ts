// One layer's task, and what a preset says that it costs.

import { bind } from '../../../hw-models/bind.js';
import type { LayerCost, Preset } from '../../../hw-models/contract.js';
import type { CpuConfig } from '../../../hw-models/cpu/config.js';
import { cpu } from '../../../hw-models/cpu/index.js';
import { buildNetwork } from '../../../workloads/graph.js';
import {
  type LayerTask,
  type LayerWeights,
  type Shape,
  weightShapeOf,
} from '../../../workloads/network.js';
import type { LayerSpec } from '../../../workloads/spec.js';
import { activations, taskOf } from '../../../workloads/tasks.js';
import { drawWeights } from '../../../workloads/weights/synthetic.js';
import { evenCsr } from './presets.js';

export function costOf(preset: Preset<CpuConfig>, task: LayerTask, kernel?: string): LayerCost {
  const [cost] = bind(cpu, preset).cost([task], kernel);
  if (!cost) throw new Error('no cost');
  return cost;
}

export const conv = (channels: number, kernel: number, options = {}): LayerSpec => ({
  kind: 'conv2d',
  name: 'conv',
  channels,
  kernel,
  stride: 1,
  pad: 0,
  groups: 1,
  bias: true,
  activation: 'relu',
  ...options,
});

/** One layer on an input of ones; a drawn share of the weights is kept. */
export function layerTask(input: Shape, spec: LayerSpec, density = 1, batch = 1): LayerTask {
  return taskWith(input, spec, batch, (shape, name) => drawWeights(shape, density, 1, name));
}

/** The same with as many weights kept in each filter. */
export function evenTask(input: Shape, spec: LayerSpec, keptPerRow: number, batch = 1): LayerTask {
  return taskWith(input, spec, batch, ({ rows, columns }) => ({
    store: evenCsr(rows, columns, rows * keptPerRow),
    bias: null,
    origin: 'synthetic',
  }));
}

type Shaped = NonNullable<ReturnType<typeof weightShapeOf>>;

function taskWith(
  input: Shape,
  spec: LayerSpec,
  batch: number,
  weightsOf: (shape: Shaped, name: string) => LayerWeights,
): LayerTask {
  const source = { work: 'none', at: 'none' };
  const network = buildNetwork({ name: 'test', title: 'test', input, layers: [spec], source });
  const [layer] = network.layers;
  if (!layer) throw new Error('no layer');
  const shape = weightShapeOf(layer);
  const weights = new Map(shape ? [[layer.name, weightsOf(shape, layer.name)]] : []);
  const size = input.reduce((product: number, extent) => product * extent, 1);
  const ones = activations(new Float32Array(size).fill(1), 'synthetic');
  const task = taskOf({ network, weights, origin: 'synthetic' }, layer, ones, batch);
  if (!task) throw new Error('a layer that costs nothing');
  return task;
}
