// Small random networks of every kind of layer, for holding executors against each other.

import fc from 'fast-check';
import { createRandom } from '../../../workloads/base/random.js';
import { buildNetwork, placeLayer } from '../../../workloads/graph.js';
import type { Model } from '../../../workloads/model.js';
import {
  type LayerKind,
  type NamedTensor,
  type Shape,
  type Tensor,
  type TensorType,
  type Values,
  weightShapeOf,
} from '../../../workloads/network.js';
import type { LayerSpec } from '../../../workloads/spec.js';
import { roomFor, sizeOf } from '../../../workloads/tensor.js';
import { toCodebook, toCsc, toDense, type WeightStore } from '../../../workloads/weights/store.js';
import { drawWeights } from '../../../workloads/weights/synthetic.js';
import { type Given, layerDraws } from './random-layers.js';

export interface Case {
  readonly model: Model;
  readonly batch: number;
  readonly inputs: ReadonlyMap<string, Values>;
}

const imageKinds: readonly LayerKind[] = [
  ...(['conv2d', 'conv2d', 'conv2d', 'pool2d', 'pool2d', 'lrn'] as const),
  ...(['concat', 'add', 'relu', 'dense', 'softmax'] as const),
];
const vectorKinds: readonly LayerKind[] = ['dense', 'dense', 'add', 'relu', 'softmax'];
const allKinds = Object.keys(layerDraws) as readonly LayerKind[];

/** What a network is drawn from. */
interface Terms {
  readonly seed: number;
  readonly layers: number;
  readonly batch: number;
  /** A chain of image layers, as most networks were; else any layers on any tensors. */
  readonly isPlain: boolean;
}

const terms = fc.record({
  seed: fc.nat(),
  layers: fc.integer({ min: 1, max: 7 }),
  batch: fc.integer({ min: 1, max: 3 }),
});

/**
 * Graphs with several inputs, outputs and constants, weights in any storage format, and a batch of
 * up to 3.
 */
export const graphs: fc.Arbitrary<Case> = terms.map((random) =>
  drawCase({ ...random, isPlain: false }),
);

/** Chains of convolutions, pools and what goes with them, on an image or a vector. */
export const cases: fc.Arbitrary<Case> = terms.map((random) =>
  drawCase({ ...random, isPlain: true }),
);

function drawCase({ seed, layers: count, batch, isPlain }: Terms): Case {
  const random = createRandom(seed, 'network');
  const between = (min: number, max: number) => min + random.below(max - min + 1);
  const floatsOf = (size: number) =>
    Float32Array.from({ length: size }, () => 2 * random.uniform() - 1);
  const image = (): Shape => [1, between(1, 6), between(1, 9), between(1, 9)];
  const first = between(0, 7) === 0 ? [1, between(1, 12)] : image();
  const shapes = [
    [1, between(1, 5), between(2, 9)],
    [2, 3, between(1, 5), between(1, 5)],
    [between(1, 9)],
  ];
  const inputs: NamedTensor[] = [{ name: 'data', shape: first, type: 'float32' }];
  const constants = new Map<string, Tensor>();
  if (!isPlain) {
    const shape = shapes[between(0, 2)] as Shape;
    inputs.push(
      { name: 'other', shape, type: 'float32' },
      { name: 'indices', shape: [1, 3], type: 'int64' },
    );
    for (const [at, own] of [image(), [1, sizeOf(first.slice(-1))], [2, 4]].entries()) {
      constants.set(`constant${at}`, {
        shape: own,
        type: 'float32',
        values: floatsOf(sizeOf(own)),
      });
    }
  }
  const types = new Map<string, TensorType>([
    ...inputs.map((input) => [input.name, input] as const),
    ...constants,
  ]);
  const layers: LayerSpec[] = [];
  let last = 'data';
  for (let tries = 0; layers.length < count && tries < 100; tries++) {
    const tensors = [...types].map(([name, { shape, type }]): Given => ({ name, shape, type }));
    const isFork = !isPlain && between(0, 2) === 0;
    const input = (
      isFork ? tensors[between(0, tensors.length - 1)] : tensors.find(({ name }) => name === last)
    ) as Given;
    const kinds = isPlain ? (input.shape.length === 4 ? imageKinds : vectorKinds) : allKinds;
    const kind = kinds[random.below(kinds.length)] as LayerKind;
    const made = layerDraws[kind]?.({ name: `layer${layers.length}`, input, tensors, between });
    if (!made) continue;
    const spec = { inputs: [input.name], ...made } as LayerSpec & {
      readonly inputs: readonly string[];
    };
    const { results } = placeLayer(spec, types, 'random');
    if (sizeOf(results[0]?.shape ?? []) > 20_000) continue;
    for (const result of results) types.set(result.name, result);
    layers.push(spec);
    last = results.at(-1)?.name ?? last;
  }
  const made = [...types.keys()].filter((name) => name !== last && !isPlain && between(0, 6) === 0);
  const source = { work: 'drawn', at: `seed ${seed}` };
  const network = buildNetwork({
    ...{
      name: 'random',
      title: 'random',
      inputs,
      layers,
      constants,
      outputs: [last, ...made],
      source,
    },
  });
  const weights = network.layers.flatMap((layer) => {
    const needed = weightShapeOf(layer);
    if (!needed) return [];
    const made = drawWeights(needed, [0.2, 0.6, 1][random.below(3)] ?? 1, seed, layer.name);
    return [[layer.name, { ...made, store: inSomeFormat(made.store, random.below(4)) }] as const];
  });
  const values = network.inputs.map(({ name, shape, type }) => {
    const own = roomFor({ shape: [batch, ...shape], type });
    for (let at = 0; at < own.length; at++)
      own[at] = type === 'int64' ? between(0, 1) : 2 * random.uniform() - 1;
    return [name, own] as const;
  });
  return {
    model: { network, weights: new Map(weights), origin: 'synthetic' },
    batch,
    inputs: new Map(values),
  };
}

function inSomeFormat(store: WeightStore, format: number): WeightStore {
  if (format === 0) return store;
  if (format === 1) return toDense(store);
  if (format === 2) return toCsc(store);
  const shared = toDense(store);
  const values = shared.values.map((value) => (value === 0 ? 0 : Math.sign(value) / 4));
  return toCodebook({ ...shared, values }, Float32Array.of(0, -0.25, 0.25), 4);
}
