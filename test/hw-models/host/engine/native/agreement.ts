// Holding a native row against the plain forward pass: the row alone, calls one by one, the last
// thread's first; and in the engine on two real threads.

import { expect } from 'vitest';
import { firstThatPays } from '../../../../../hw-models/host/engine/choice.js';
import { createEngine } from '../../../../../hw-models/host/engine/engine.js';
import type { HostKernel } from '../../../../../hw-models/host/engine/kernel.js';
import { buildNetwork } from '../../../../../workloads/graph.js';
import {
  type Layer,
  type LayerWeights,
  type Shape,
  weightShapeOf,
} from '../../../../../workloads/network.js';
import type { LayerSpec } from '../../../../../workloads/spec.js';
import { sizeOf } from '../../../../../workloads/tensor.js';
import { toCodebook, toDense } from '../../../../../workloads/weights/store.js';
import { drawActivations, drawWeights } from '../../../../../workloads/weights/synthetic.js';
import { passOf } from '../../one-layer.js';
import { loadKernel } from '../../run-kernel.js';

export interface NativeCase {
  /** Of one frame, the leading 1 left out. */
  readonly input: Shape;
  readonly layer: LayerSpec;
  /** Of the weights, and of the activations. */
  readonly density: number;
  readonly inputDensity: number;
  readonly batch: number;
  readonly threads: number;
  readonly seed: number;
  /** Into how many other values weights are rounded and kept as codes; left out: not. */
  readonly shared?: number;
}

/** How far sums of float32 in another order may be off, relative to the sum of their magnitudes. */
export const SUM_BOUND: Bound = { relative: 1e-5, to: 'own' };

/**
 * What an output may be off: relative to the sum of its own terms' magnitudes, or to the largest of
 * them all, where outputs that share a transform share its rounding.
 */
export interface Bound {
  readonly relative: number;
  readonly to: 'own' | 'largest';
}

/** Transforms and normalisations subtract multiples of their terms from each other. */
export const TRANSFORM_BOUND: Bound = { relative: 2e-5, to: 'largest' };

/** A drawn case made ready. */
export function random({ input, layer, density, inputDensity, batch, seed, shared }: NativeCase) {
  const source = { work: 'drawn', at: `seed ${seed}` };
  const network = buildNetwork({ name: 'one', title: 'one', input, layers: [layer], source });
  const [built] = network.layers as readonly [Layer];
  const shape = weightShapeOf(built);
  const floats = shape && drawWeights(shape, density, seed, 'layer');
  const weights = floats && shared !== undefined ? withCodes(floats, shared) : floats;
  const size = sizeOf(input);
  const { values } = drawActivations(batch * size, inputDensity, seed, 'input');
  // Signs and sizes as they come: half of the values negative.
  for (let at = 0; at < values.length; at += 2) values[at] = -(values[at] as number);
  const frames = Array.from({ length: batch }, (_, frame) =>
    values.subarray(frame * size, (frame + 1) * size),
  );
  return { network, layer: built, weights, values, frames };
}

/**
 * The row alone makes what the plain pass makes, each value within `bound` of the sum of its terms'
 * magnitudes.
 */
export function expectRow(row: HostKernel, one: NativeCase, bound: Bound = SUM_BOUND): void {
  const { layer, weights, values, frames } = random(one);
  expect(row.refusal(layer, weights)).toBeNull();
  const found = loadKernel(row, layer, weights, one.batch, one.threads).run(values);
  expectNear(found, layer, weights, frames, bound);
}

/** The same in the engine with its own threads. */
export async function expectInEngine(
  row: HostKernel,
  one: NativeCase,
  bound: Bound = SUM_BOUND,
): Promise<void> {
  const { network, layer, weights, values, frames } = random(one);
  const options = { threads: one.threads, engine: 'native' } as const;
  const loaded = await createEngine('test', 'test', firstThatPays([row]), options).load({
    network,
    weights: new Map(weights ? [['layer', weights]] : []),
    origin: 'synthetic',
  });
  try {
    const { output, layers } = await loaded.run(values, one.batch);
    expect(layers.map(({ kernel }) => kernel)).toEqual([row.name]);
    expectNear(Float32Array.from(output), layer, weights, frames, bound);
  } finally {
    loaded.dispose();
  }
}

export function expectNear(
  found: Float32Array,
  layer: Layer,
  weights: LayerWeights | null,
  frames: readonly Float32Array[],
  { relative, to }: Bound,
): void {
  const expected = frames.flatMap((frame) => [...passOf(layer, weights, frame)]);
  const terms = frames.flatMap((frame) => [
    ...passOf(unbounded(layer), weights && magnitudes(weights), frame.map(Math.abs)),
  ]);
  expect(found.length).toBe(expected.length);
  // A transform rounds products too that meet padding alone.
  const product = frames.reduce((max, frame) => Math.max(max, maxOf(frame)), 0) * heaviest(weights);
  const largest = Math.max(1e-30, maxOf(terms), product);
  for (const [at, value] of expected.entries()) {
    const off = Math.abs((found[at] as number) - value);
    const own = Math.max(1e-30, Math.abs(terms[at] as number), Math.abs(value));
    const max = relative * (to === 'own' ? own : largest);
    if (!(off <= max))
      throw new Error(`value ${at}: found ${found[at]}, expected ${value} within ${max}`);
  }
}

function maxOf(values: Iterable<number>): number {
  let max = 0;
  for (const value of values) max = Math.max(max, Math.abs(value));
  return max;
}

function heaviest(weights: LayerWeights | null): number {
  return weights ? maxOf(toDense(weights.store).values) : 0;
}

/** Without a ReLU's upper bound, which would hide how large terms are. */
function unbounded(layer: Layer): Layer {
  return 'activation' in layer ? ({ ...layer, activation: 'none' } as Layer) : layer;
}

/** So that a layer sums up the sizes of its terms. */
function magnitudes({ store, bias, origin }: LayerWeights): LayerWeights {
  const dense = toDense(store);
  return {
    store: { ...dense, values: dense.values.map(Math.abs) },
    bias: bias?.map(Math.abs) ?? null,
    origin,
  };
}

/** Each weight replaced by one of `shared` others. */
export function withCodes(weights: LayerWeights, shared: number): LayerWeights {
  const { rows, columns, ...dense } = toDense(weights.store);
  const codebook = Float32Array.from({ length: shared + 1 }, (_, code) =>
    code === 0 ? 0 : Math.sin(code),
  );
  const values = dense.values.map((value, at) => value && (codebook[1 + (at % shared)] as number));
  return { ...weights, store: toCodebook({ format: 'dense', rows, columns, values }, codebook, 4) };
}
