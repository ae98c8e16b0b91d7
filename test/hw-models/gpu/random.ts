// Layers of any size as tasks, and an arbitrary of them.

import fc from 'fast-check';
import { buildNetwork } from '../../../workloads/graph.js';
import {
  type Layer,
  type LayerTask,
  type Shape,
  weightShapeOf,
} from '../../../workloads/network.js';
import type { LayerSpec } from '../../../workloads/spec.js';
import { taskOf } from '../../../workloads/tasks.js';
import { sizeOf } from '../../../workloads/tensor.js';
import { drawActivations, drawWeights } from '../../../workloads/weights/synthetic.js';

/** A network of one layer, its weights drawn at `density`. */
export function task(spec: LayerSpec, input: Shape, density: number, batch: number): LayerTask {
  const source = { work: 'a test', at: 'here' };
  const network = buildNetwork({ name: 'test', title: 'test', input, layers: [spec], source });
  const layer = network.layers[0] as Layer;
  const shape = weightShapeOf(layer);
  const weights = shape ? drawWeights(shape, density, 1, layer.name) : null;
  const model = {
    network,
    weights: new Map(weights ? [[layer.name, weights]] : []),
    origin: 'synthetic' as const,
  };
  const random = taskOf(model, layer, drawActivations(sizeOf(input), 0.5, 1, layer.name), batch);
  if (!random) throw new Error('a layer that costs nothing');
  return random;
}

/** A dense layer. */
export const dense = (inputs: number, outputs: number, density: number, batch: number) =>
  task(
    { kind: 'dense', name: 'fc', outputs, bias: true, activation: 'relu' },
    [inputs],
    density,
    batch,
  );

/** A convolution of stride 1, padded to keep its size, with twice as many filters as channels. */
export const conv = (
  channels: number,
  size: number,
  kernel: number,
  groups: number,
  density: number,
  batch: number,
) => {
  const shape = { kernel, stride: 1, pad: Math.floor(kernel / 2), groups, bias: true } as const;
  const spec = {
    kind: 'conv2d',
    name: 'conv',
    channels: 2 * channels,
    activation: 'relu',
    ...shape,
  } as const;
  return task(spec, [channels, size, size], density, batch);
};

export const tasks = fc.oneof(
  fc
    .tuple(
      fc.integer({ min: 1, max: 300 }),
      fc.integer({ min: 1, max: 300 }),
      fc.constantFrom(0, 0.05, 0.5, 1),
    )
    .chain(([inputs, outputs, density]) =>
      fc.constantFrom(1, 2, 7, 64).map((batch) => dense(inputs, outputs, density, batch)),
    ),
  fc
    .tuple(
      fc.constantFrom(2, 16, 34),
      fc.integer({ min: 3, max: 14 }),
      fc.constantFrom(1, 3),
      fc.constantFrom(1, 2),
    )
    .chain(([channels, size, kernel, groups]) =>
      fc.constantFrom(0, 0.3, 1).map((density) => conv(channels, size, kernel, groups, density, 2)),
    ),
);
