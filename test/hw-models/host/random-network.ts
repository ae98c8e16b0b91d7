// Small random networks of every kind of layer, for holding executors against each other.

import fc from 'fast-check';
import { createRandom } from '../../../workloads/base/random.js';
import { buildNetwork, type LayerSpec } from '../../../workloads/graph.js';
import { inferShape, sizeOf, weightShapeOf } from '../../../workloads/layers/index.js';
import type { Model } from '../../../workloads/model.js';
import type { LayerKind, Shape } from '../../../workloads/network.js';
import { toCodebook, toCsc, toDense, type WeightStore } from '../../../workloads/weights/store.js';
import { drawWeights } from '../../../workloads/weights/synthetic.js';

export interface Case {
  readonly model: Model;
  readonly batch: number;
  readonly input: Float32Array;
}

const imageKinds: readonly LayerKind[] = ['conv2d', 'conv2d', 'pool2d', 'pool2d', 'lrn', 'concat', 'dense', 'softmax'];
const vectorKinds: readonly LayerKind[] = ['dense', 'dense', 'softmax'];

/** A network of up to five layers on an image or a vector, with weights in any storage format, and a batch of up to 3. */
export const cases: fc.Arbitrary<Case> = fc
  .record({
    seed: fc.nat(),
    layers: fc.integer({ min: 1, max: 5 }),
    vector: fc.integer({ min: 0, max: 7 }),
    batch: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ seed, layers, vector, batch }) => drawCase(seed, layers, vector === 0, batch));

function drawCase(seed: number, count: number, isVector: boolean, batch: number): Case {
  const random = createRandom(seed, 'network');
  const between = (least: number, most: number) => least + random.below(most - least + 1);
  const input: Shape = isVector ? [between(1, 12)] : [between(1, 6), between(1, 9), between(1, 9)];
  const layers: LayerSpec[] = [];
  let shape: Shape = input;
  let last = 'data';
  for (let at = 0; at < count; at++) {
    const kinds = shape.length === 3 ? imageKinds : vectorKinds;
    const kind = kinds[random.below(kinds.length)] ?? 'softmax';
    const spec = drawLayer(kind, `layer${at}`, shape, last, between);
    shape = inferShape(spec, spec.inputs?.map(() => shape) ?? [shape], spec.name);
    layers.push(spec);
    last = spec.name;
  }
  const source = { work: 'drawn', at: `seed ${seed}` };
  const network = buildNetwork({ name: 'random', title: 'random', input, layers, source });
  const weights = network.layers.flatMap((layer) => {
    const needed = weightShapeOf(layer);
    if (!needed) return [];
    const drawn = drawWeights(needed, [0.2, 0.6, 1][random.below(3)] ?? 1, seed, layer.name);
    return [[layer.name, { ...drawn, store: inSomeFormat(drawn.store, random.below(4)) }] as const];
  });
  const values = Float32Array.from({ length: batch * sizeOf(input) }, () => 2 * random.uniform() - 1);
  return { model: { network, weights: new Map(weights), origin: 'synthetic' }, batch, input: values };
}

function drawLayer(
  kind: LayerKind,
  name: string,
  shape: Shape,
  last: string,
  between: (least: number, most: number) => number,
): LayerSpec {
  const [channels, height = 1, width = 1] = shape;
  const activation = between(0, 1) ? 'relu' : 'none';
  const bias = between(0, 2) > 0;
  switch (kind) {
    case 'dense':
      return { kind, name, outputs: between(1, 9), bias, activation };
    case 'conv2d': {
      const pad = between(0, 2);
      const kernel = between(1, Math.min(5, Math.min(height, width) + 2 * pad));
      const groups = channels % 2 === 0 && between(0, 1) ? 2 : channels % 3 === 0 && between(0, 1) ? 3 : 1;
      return {
        kind,
        name,
        channels: groups * between(1, 4),
        kernel,
        stride: between(1, 3),
        pad,
        groups,
        bias,
        activation,
      };
    }
    case 'pool2d': {
      const mode = between(0, 1) ? 'max' : 'average';
      const rounding = between(0, 2) ? 'ceil' : 'floor';
      if (between(0, 4) === 0) return { kind, name, mode, kernel: 'global', stride: 1, pad: 0, rounding };
      const kernel = between(1, Math.min(4, height, width));
      return { kind, name, mode, kernel, stride: between(1, kernel), pad: between(0, kernel - 1), rounding };
    }
    case 'lrn':
      return { kind, name, size: 2 * between(0, 2) + 1, alpha: 0.5, beta: 0.75, k: between(1, 2) };
    case 'concat':
      return { kind, name, inputs: between(0, 1) ? [last, last] : [last, last, last] };
    case 'softmax':
      return { kind, name };
  }
}

function inSomeFormat(store: WeightStore, format: number): WeightStore {
  if (format === 0) return store;
  if (format === 1) return toDense(store);
  if (format === 2) return toCsc(store);
  const shared = toDense(store);
  const values = shared.values.map((value) => (value === 0 ? 0 : Math.sign(value) / 4));
  return toCodebook({ ...shared, values }, Float32Array.of(0, -0.25, 0.25), 4);
}
