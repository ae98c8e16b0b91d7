// Every row of the engine's table against the plain forward passes, each alone in a network of one
// layer.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstThatPays } from '../../../../hw-models/host/engine/choice.js';
import {
  denseConvolution,
  sparseConvolution,
} from '../../../../hw-models/host/engine/convolution.js';
import { elementwiseKernels } from '../../../../hw-models/host/engine/elementwise.js';
import { createEngine } from '../../../../hw-models/host/engine/engine.js';
import { filteredConvolution } from '../../../../hw-models/host/engine/filtering.js';
import { fullyConnectedKernels } from '../../../../hw-models/host/engine/fully-connected.js';
import type { HostKernel } from '../../../../hw-models/host/engine/kernel.js';
import { buildNetwork } from '../../../../workloads/graph.js';
import {
  type Image,
  type LayerWeights,
  type Shape,
  weightShapeOf,
} from '../../../../workloads/network.js';
import { type LayerSpec, opOf, type SpecOf } from '../../../../workloads/spec.js';
import { sizeOf } from '../../../../workloads/tensor.js';
import { toCodebook, toDense } from '../../../../workloads/weights/store.js';
import { drawActivations, drawWeights } from '../../../../workloads/weights/synthetic.js';
import { fits, windowsOf } from '../../../operators/random-windows.js';
import { convolve } from '../../../reference/convolution.js';
import { passOf } from '../one-layer.js';

interface Case {
  readonly input: Shape;
  readonly layer: LayerSpec;
  readonly density: number;
  readonly inputDensity: number;
  readonly batch: number;
  readonly threads: number;
  readonly seed: number;
}

const density = fc.oneof(fc.constantFrom(0, 0.5, 1), fc.double({ min: 0, max: 1, noNaN: true }));
const common = {
  density,
  inputDensity: density,
  batch: fc.integer({ min: 1, max: 5 }),
  seed: fc.nat(),
};
const activation = fc.constantFrom('relu' as const, 'relu6' as const, 'none' as const);
const extent = fc.integer({ min: 1, max: 17 });

const convolutions: fc.Arbitrary<Case> = fc
  .record({
    ...common,
    groups: fc.constantFrom(1, 1, 2, 3),
    channels: fc.integer({ min: 1, max: 5 }),
    outputs: fc.integer({ min: 1, max: 7 }),
    height: extent,
    width: fc.oneof(extent, fc.constantFrom(27, 28, 29, 55)),
    window: windowsOf(7),
    bias: fc.boolean(),
    activation,
  })
  .filter(({ height, width, window }) => fits(window, height, width))
  .map(({ groups, channels, outputs, height, width, window, bias, activation, ...rest }) => ({
    ...rest,
    threads: 1,
    input: [groups * channels, height, width],
    layer: {
      kind: 'conv2d',
      name: 'layer',
      channels: groups * outputs,
      ...window,
      groups,
      bias,
      activation,
    },
  }));

const connections: fc.Arbitrary<Case> = fc
  .record({
    ...common,
    batch: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constantFrom(6, 27, 28, 29, 57)),
    input: fc.oneof(
      fc.tuple(fc.integer({ min: 1, max: 60 })),
      fc.tuple(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 4 }),
      ),
    ),
    outputs: fc.integer({ min: 1, max: 40 }),
    bias: fc.boolean(),
    activation,
  })
  .map(({ outputs, bias, activation, ...rest }) => ({
    ...rest,
    threads: 1,
    layer: { kind: 'dense', name: 'layer', outputs, bias, activation },
  }));

async function expectAgreement(
  kernel: HostKernel,
  { input, layer, batch, seed, threads, ...random }: Case,
) {
  const source = { work: 'drawn', at: `seed ${seed}` };
  const network = buildNetwork({ name: 'one', title: 'one', input, layers: [layer], source });
  const [built] = network.layers;
  if (!built) throw new Error('no layer');
  const shape = weightShapeOf(built);
  const weights = shape && inCodes(kernel, drawWeights(shape, random.density, seed, 'layer'));
  const size = sizeOf(input);
  const values = drawActivations(batch * size, random.inputDensity, seed, 'input').values;
  // Signs and sizes as they come: half of the values negative.
  for (let i = 0; i < values.length; i += 2) values[i] = -(values[i] as number);
  const loaded = await createEngine('test', 'test', firstThatPays([kernel]), { threads }).load({
    network,
    weights: new Map(weights ? [['layer', weights]] : []),
    origin: 'synthetic',
  });
  const { output } = await loaded.run(values, batch);
  loaded.dispose();
  const frames = Array.from({ length: batch }, (_, frame) =>
    values.subarray(frame * size, (frame + 1) * size),
  );
  const expected = frames.flatMap((frame) => [...passOf(built, weights, frame)]);
  const terms = frames.flatMap((frame) => [
    ...passOf(built, weights && magnitudes(weights), frame.map(Math.abs)),
  ]);
  const isSum = weights !== null || built.kind === 'pool2d';
  expectClose(output, expected, isSum ? terms : expected, boundOf(kernel));
  return { weights, output, values };
}

/**
 * With magnitudes of weights and activations a layer sums up the sizes of its terms, which rounding
 * is relative to.
 */
function magnitudes({ store, bias, origin }: LayerWeights): LayerWeights {
  const dense = toDense(store);
  return {
    store: { ...dense, values: dense.values.map(Math.abs) },
    bias: bias?.map(Math.abs) ?? null,
    origin,
  };
}

/**
 * Up to 1,575 products in another order, in float32; filtering adds and subtracts multiples of
 * them.
 */
function boundOf(kernel: HostKernel): number {
  return kernel === filteredConvolution ? 2e-5 : 2e-6;
}

/** The coded kernel takes weights that are shared. */
function inCodes(kernel: HostKernel, weights: LayerWeights): LayerWeights {
  if (kernel.name !== 'coded-columns') return weights;
  const shared = toDense(weights.store);
  const values = shared.values.map((value) => (value === 0 ? 0 : Math.sign(value) / 4));
  return {
    ...weights,
    store: toCodebook({ ...shared, values }, Float32Array.of(0, -0.25, 0.25), 4),
  };
}

function expectClose(
  found: Float32Array,
  expected: readonly number[],
  terms: readonly number[],
  bound: number,
) {
  expect(found.length).toBe(expected.length);
  const scale = terms.reduce((max, value) => Math.max(max, Math.abs(value)), 1e-30);
  const worst = found.reduce(
    (max, value, at) => Math.max(max, Math.abs(value - (expected[at] as number))),
    0,
  );
  expect(worst / scale).toBeLessThanOrEqual(bound);
}

function asConvolution(layer: LayerSpec) {
  const op = opOf(layer);
  if (op.kind !== 'conv2d') throw new Error('not a convolution');
  return op;
}

describe.each([sparseConvolution, denseConvolution, filteredConvolution])('$name', (kernel) => {
  // Filtering knows at most five taps a phase, side by side.
  const served = convolutions.filter(({ layer }) => {
    if (kernel !== filteredConvolution) return true;
    const { kernel: taps, stride, dilation } = asConvolution(layer);
    return Math.ceil(taps[1] / stride[1]) <= 5 && Math.max(...dilation) === 1;
  });

  it('computes what the forward pass computes, at every stride, pad, group and density', async () => {
    await fc.assert(
      fc.asyncProperty(served, async (random) => void (await expectAgreement(kernel, random))),
      { numRuns: 300 },
    );
  });

  it('computes what the definition of convolution says', async () => {
    await fc.assert(
      fc.asyncProperty(served, async (random) => {
        const { layer, input } = random;
        if (input.length !== 3) throw new Error('not an image');
        const convolution = asConvolution(layer);
        const plain = {
          ...random,
          batch: 1,
          layer: { ...convolution, name: 'layer', activation: 'none' as const },
        };
        const { weights, output, values } = await expectAgreement(kernel, plain);
        if (!weights) throw new Error('no weights');
        const [channels, height, width] = input as Image;
        const outputs = convolution.channels;
        const shape = { ...convolution, channels, height, width, outputs };
        const bias = weights.bias ?? new Float32Array(outputs);
        const terms = magnitudes(weights);
        const dense = (of: LayerWeights) => toDense(of.store).values;
        const expected = convolve(shape, values, dense(weights), bias);
        const sizes = convolve(shape, values.map(Math.abs), dense(terms), bias.map(Math.abs));
        expectClose(output, [...expected], [...sizes], boundOf(kernel));
      }),
      { numRuns: 100 },
    );
  });
});

describe.each(fullyConnectedKernels)('$name', (kernel) => {
  it('computes what the forward pass computes, for vectors, images and batches', async () => {
    await fc.assert(
      fc.asyncProperty(connections, async (random) => void (await expectAgreement(kernel, random))),
      { numRuns: 300 },
    );
  });
});

/**
 * What small drawn cases do not reach: several blocks of rows, several segments of channels, rows
 * that fill tiles.
 */
describe('large layers', () => {
  const square = {
    kernel: 3,
    stride: 1,
    pad: 1,
    groups: 1,
    bias: true,
    activation: 'relu',
  } as const;
  const conv = (input: Shape, op: Partial<SpecOf<'conv2d'>>, random: Partial<Case> = {}): Case => ({
    input,
    layer: { kind: 'conv2d', name: 'layer', channels: 40, ...square, ...op },
    ...{ density: 0.3, inputDensity: 0.5, batch: 1, threads: 1, seed: 1, ...random },
  });
  const layers: Readonly<Record<string, Case>> = {
    'several segments, rows of 27': conv([96, 27, 27], {}),
    'several segments, rows of 28': conv([96, 28, 28], {}),
    'one segment, rows of 55': conv([8, 55, 55], { channels: 90 }),
    'one segment, rows of 27, two groups': conv([48, 27, 27], { kernel: 5, pad: 2, groups: 2 }),
    'segments of a 1×1 kernel': conv([520, 13, 13], { kernel: 1, pad: 0, channels: 110 }),
    'a first layer of phases': conv(
      [3, 67, 67],
      { kernel: 11, stride: 4, pad: 0, channels: 20 },
      { density: 0.9 },
    ),
    'a batch of large images': conv([16, 31, 29], { channels: 64 }, { batch: 3 }),
  };

  it.each(Object.entries(layers))('%s', async (_name, random) => {
    for (const kernel of [sparseConvolution, denseConvolution, filteredConvolution]) {
      for (const threads of [1, 3]) await expectAgreement(kernel, { ...random, threads });
    }
  });

  it.each(fullyConnectedKernels)(
    '$name with many rows, near each other and further apart than a byte counts',
    async (kernel) => {
      const layer = {
        kind: 'dense',
        name: 'layer',
        outputs: 16_500,
        bias: true,
        activation: 'relu',
      } as const;
      const random = { input: [40] as const, layer, inputDensity: 0.5, seed: 1 };
      for (const density of [0.2, 0.002]) {
        for (const threads of [1, 2, 3]) {
          for (const batch of [1, 7])
            await expectAgreement(kernel, { ...random, density, batch, threads });
        }
      }
    },
  );
});

describe('layers without weights', () => {
  const [channels, height, width] = [fc.integer({ min: 1, max: 6 }), extent, extent];
  const image = fc.tuple(channels, height, width);
  const shared = { ...common, density: fc.constant(1), threads: fc.constant(1), input: image };
  const layers: Readonly<Record<string, fc.Arbitrary<Case>>> = {
    pool: fc
      .record({
        ...shared,
        layer: fc.record({
          kind: fc.constant('pool2d' as const),
          name: fc.constant('layer'),
          mode: fc.constantFrom('max' as const, 'average' as const),
          window: fc.oneof(
            windowsOf(4, 3),
            fc.constant({ kernel: 'global' as const, stride: 1, pad: 0 }),
          ),
          rounding: fc.constantFrom('ceil' as const, 'floor' as const),
          countsPadding: fc.boolean(),
        }),
      })
      .map(({ layer: { window, ...layer }, ...rest }) => {
        const { kernel, stride, pad } = window;
        return { ...rest, layer: { ...layer, kernel, stride, pad } };
      })
      .filter(({ input, layer: { kernel, pad } }) => {
        if (kernel === 'global' || typeof pad === 'number') return true;
        const hasRoom = Math.min(input[1] - kernel[0], input[2] - kernel[1]) >= 0;
        return (
          hasRoom && Math.max(pad[0], pad[2]) < kernel[0] && Math.max(pad[1], pad[3]) < kernel[1]
        );
      }),
    normalise: fc.record({
      ...shared,
      layer: fc.record({
        kind: fc.constant('lrn' as const),
        name: fc.constant('layer'),
        size: fc.constantFrom(1, 3, 5),
        alpha: fc.constantFrom(1e-4, 0.5),
        beta: fc.constantFrom(0.5, 0.75, 1.3),
        k: fc.constantFrom(1, 2),
      }),
    }),
    softmax: fc.record({
      ...shared,
      layer: fc.constant({ kind: 'softmax' as const, name: 'layer' }),
    }),
    concatenate: fc.record({
      ...shared,
      layer: fc.constantFrom({
        kind: 'concat' as const,
        name: 'layer',
        inputs: ['data', 'data', 'data'],
      }),
    }),
    add: fc.record({
      ...shared,
      input: fc.oneof(image, fc.tuple(fc.integer({ min: 1, max: 19 }))),
      layer: fc.record({
        kind: fc.constant('add' as const),
        name: fc.constant('layer'),
        inputs: fc.integer({ min: 1, max: 4 }).map((count): string[] => Array(count).fill('data')),
        activation,
      }),
    }),
    relu: fc.record({
      ...shared,
      input: fc.oneof(image, fc.tuple(fc.integer({ min: 1, max: 19 }))),
      layer: fc.record({
        kind: fc.constant('relu' as const),
        name: fc.constant('layer'),
        activation: fc.constantFrom('relu' as const, 'relu6' as const),
      }),
    }),
  };

  it('are all here', () => {
    expect(elementwiseKernels.map(({ name }) => name).sort()).toEqual(Object.keys(layers).sort());
  });

  it.each(elementwiseKernels)('$name computes what the forward pass computes', async (kernel) => {
    const cases = layers[kernel.name];
    if (!cases) throw new Error(`no cases for ${kernel.name}`);
    await fc.assert(
      fc.asyncProperty(cases, async (random) => {
        const { layer, input, batch, seed, inputDensity } = random;
        const inputs = layer.inputs ?? ['data'];
        await expectSame(kernel, { ...random, layer }, inputs.length, {
          input,
          batch,
          seed,
          inputDensity,
        });
      }),
      { numRuns: 200 },
    );
  });

  async function expectSame(
    kernel: HostKernel,
    random: Case,
    inputs: number,
    { input, batch, seed, inputDensity }: Pick<Case, 'input' | 'batch' | 'seed' | 'inputDensity'>,
  ) {
    if (inputs === 1) {
      await expectAgreement(kernel, random);
      return;
    }
    const source = { work: 'drawn', at: `seed ${seed}` };
    const network = buildNetwork({
      name: 'one',
      title: 'one',
      input,
      layers: [random.layer],
      source,
    });
    const [built] = network.layers;
    const size = sizeOf(input);
    const { values } = drawActivations(batch * size, inputDensity, seed, 'input');
    const model = { network, weights: new Map(), origin: 'synthetic' as const };
    const loaded = await createEngine('test', 'test', firstThatPays([kernel])).load(model);
    const { output } = await loaded.run(values, batch);
    loaded.dispose();
    const frames = Array.from({ length: batch }, (_, frame) =>
      values.subarray(frame * size, (frame + 1) * size),
    );
    if (!built) throw new Error('no layer');
    const expected = frames.flatMap((frame) => [...passOf(built, null, frame)]);
    expect([...output]).toEqual(expected);
  }
});
