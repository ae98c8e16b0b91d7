// Small random networks of every kind of layer, for holding executors against each other.

import fc from 'fast-check';
import { createRandom } from '../../../workloads/base/random.js';
import { buildNetwork } from '../../../workloads/graph.js';
import { inferShape, sizeOf, weightShapeOf } from '../../../workloads/layers/index.js';
import type { Model } from '../../../workloads/model.js';
import type { LayerKind, Padding, Pair, Shape } from '../../../workloads/network.js';
import { type LayerSpec, opOf } from '../../../workloads/spec.js';
import { toCodebook, toCsc, toDense, type WeightStore } from '../../../workloads/weights/store.js';
import { drawWeights } from '../../../workloads/weights/synthetic.js';

export interface Case {
  readonly model: Model;
  readonly batch: number;
  readonly input: Float32Array;
}

const imageKinds: readonly LayerKind[] = [
  ...(['conv2d', 'conv2d', 'conv2d', 'pool2d', 'pool2d', 'lrn'] as const),
  ...(['concat', 'add', 'rectify', 'dense', 'softmax'] as const),
];
const vectorKinds: readonly LayerKind[] = ['dense', 'dense', 'add', 'rectify', 'softmax'];

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
    shape = inferShape(opOf(spec), spec.inputs?.map(() => shape) ?? [shape], spec.name);
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
  const activation = (['relu', 'none', 'relu6'] as const)[between(0, 2)] ?? 'none';
  /** The same extent on both axes, or one for each. */
  const extents = (draw: (axis: 0 | 1) => number): Pair => {
    const first = draw(0);
    return [first, between(0, 1) ? Math.min(first, draw(1)) : draw(1)];
  };
  const bias = between(0, 2) > 0;
  switch (kind) {
    case 'dense':
      return { kind, name, outputs: between(1, 9), bias, activation };
    case 'conv2d': {
      const pad: Padding = [between(0, 2), between(0, 2), between(0, 2), between(0, 2)];
      const room = (axis: 0 | 1) => (axis === 0 ? height : width) + pad[axis] + (pad[axis === 0 ? 2 : 3] as number);
      const kernel = extents((axis) => between(1, Math.min(5, room(axis))));
      const dilation = extents((axis) => {
        return kernel[axis] > 1 && between(0, 3) === 0
          ? between(1, Math.floor((room(axis) - 1) / (kernel[axis] - 1)))
          : 1;
      });
      const divisors = [1, 2, 3, channels].filter((groups) => channels % groups === 0);
      const groups = divisors[between(0, divisors.length - 1)] ?? 1;
      return {
        kind,
        name,
        channels: groups * between(1, 4),
        kernel,
        stride: extents(() => between(1, 3)),
        dilation,
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
      const kernel = extents((axis) => between(1, Math.min(4, axis === 0 ? height : width)));
      const stride = extents((axis) => between(1, kernel[axis]));
      const [vertical, horizontal] = [() => between(0, kernel[0] - 1), () => between(0, kernel[1] - 1)];
      const pad: Padding = [vertical(), horizontal(), vertical(), horizontal()];
      return { kind, name, mode, kernel, stride, pad, rounding, countsPadding: between(0, 1) === 0 };
    }
    case 'lrn':
      return { kind, name, size: 2 * between(0, 2) + 1, alpha: 0.5, beta: 0.75, k: between(1, 2) };
    case 'concat':
      return { kind, name, inputs: between(0, 1) ? [last, last] : [last, last, last] };
    case 'add':
      return { kind, name, inputs: Array(between(1, 3)).fill(last), activation };
    case 'rectify':
      return { kind, name, activation: between(0, 1) ? 'relu' : 'relu6' };
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
