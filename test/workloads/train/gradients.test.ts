// Gradients on TensorFlow.js against derivatives of a loss in double precision, over every kind of
// layer and shape.

import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Backend, openBackend } from '../../../hw-models/host/tfjs-backend.js';
import { InputError } from '../../../workloads/base/errors.js';
import { createRandom } from '../../../workloads/base/random.js';
import { buildNetwork } from '../../../workloads/graph.js';
import {
  frameShape,
  type Network,
  onlyInput,
  type Shape,
  weightShapeOf,
} from '../../../workloads/network.js';
import type { LayerSpec } from '../../../workloads/spec.js';
import { type LayerValues, trainable } from '../../../workloads/train/network.js';
import { gradientDeviation } from '../../reference/derivatives.js';
import { referenceLoss } from '../../reference/training.js';

let backend: Backend;
beforeAll(async () => {
  backend = await openBackend(['wasm']);
});

const dense = (
  name: string,
  outputs: number,
  activation: 'relu' | 'relu6' | 'none' = 'relu',
  inputs?: string[],
): LayerSpec => ({
  ...{ kind: 'dense', name, outputs, bias: true, activation },
  ...(inputs && { inputs }),
});

const conv = (
  name: string,
  channels: number,
  rest: Partial<Extract<LayerSpec, { kind: 'conv2d' }>> = {},
): LayerSpec => ({
  ...{
    kind: 'conv2d',
    name,
    channels,
    kernel: 3,
    stride: 1,
    dilation: 1,
    pad: 0,
    groups: 1,
    bias: true,
    activation: 'relu',
  },
  ...rest,
});

const pool = (
  name: string,
  mode: 'max' | 'average',
  rest: Partial<Extract<LayerSpec, { kind: 'pool2d' }>> = {},
): LayerSpec => ({
  ...{ kind: 'pool2d', name, mode, kernel: 2, stride: 2, pad: 0, rounding: 'floor' },
  ...rest,
});

function network(input: Shape, layers: readonly LayerSpec[]): Network {
  const all: readonly LayerSpec[] = [...layers, { kind: 'softmax', name: 'prob' }];
  return buildNetwork({
    name: 'small',
    title: 'small',
    input,
    layers: all,
    source: { work: 'test', at: 'here' },
  });
}

/** The largest deviation of a gradient from the derivative, over the largest derivative. */
function deviationOf(net: Network, seed: number, frames = 3): number {
  const random = createRandom(seed, 'gradients');
  const draw = () => 2 * random.uniform() - 1;
  const values = new Map<string, LayerValues>();
  for (const layer of net.layers) {
    const shape = weightShapeOf(layer);
    if (!shape) continue;
    const scale = Math.sqrt(3 / shape.columns);
    values.set(layer.name, {
      weights: Float32Array.from({ length: shape.rows * shape.columns }, () => scale * draw()),
      bias:
        shape.biases > 0 ? Float32Array.from({ length: shape.biases }, () => 0.3 * draw()) : null,
    });
  }
  const [channels = 1, height = 1, width = 1] = frameShape(onlyInput(net).shape);
  const pixels = height * width;
  const inputs = Array.from({ length: frames }, () =>
    Array.from({ length: channels * pixels }, () => Math.fround(draw())),
  );
  const trained = trainable(backend.tf, net);
  const labels = Uint8Array.from({ length: frames }, () => random.below(trained.classes));
  const input = Float32Array.from(
    inputs.flatMap((frame) =>
      Array.from(
        { length: frame.length },
        (_, i) => frame[(i % channels) * pixels + Math.floor(i / channels)] as number,
      ),
    ),
  );
  const step = trained.step({ input, labels }, values, null);
  const meanLoss = (
    changed: ReadonlyMap<string, { weights: ArrayLike<number>; bias: ArrayLike<number> | null }>,
  ) =>
    inputs.reduce(
      (sum, frame, i) => sum + referenceLoss(net, changed, frame, labels[i] as number),
      0,
    ) / frames;
  expect(step.loss / frames).toBeWithin(1e-4, meanLoss(values));
  return gradientDeviation(values, step.gradients, meanLoss, { random, trials: 6, reach: 1e-6 });
}

const cases: readonly (readonly [string, Shape, readonly LayerSpec[]])[] = [
  ['fully connected layers', [7], [dense('a', 9), dense('b', 5, 'relu6'), dense('c', 3, 'none')]],
  ['one layer', [5], [dense('a', 4, 'none')]],
  [
    'convolutions and maxima',
    [2, 9, 8],
    [conv('a', 4), pool('p', 'max'), conv('b', 3, { kernel: 2 }), dense('c', 4, 'none')],
  ],
  [
    'overlapping maxima, rounded up',
    [1, 8, 8],
    [conv('a', 3), pool('p', 'max', { kernel: 3, rounding: 'ceil' }), dense('c', 3, 'none')],
  ],
  [
    'maxima of negative values',
    [1, 6, 6],
    [conv('a', 3, { activation: 'none' }), pool('p', 'max'), dense('c', 3, 'none')],
  ],
  ['averages', [2, 8, 6], [conv('a', 3), pool('p', 'average'), dense('c', 3, 'none')]],
  ['a global average', [2, 6, 6], [conv('a', 4), pool('p', 'average', { kernel: 'global' })]],
  [
    'groups, strides and padding',
    [4, 9, 9],
    [conv('a', 6, { groups: 2, stride: 2, pad: 1 }), dense('c', 3, 'none')],
  ],
  [
    'rectangular windows',
    [2, 9, 7],
    [
      conv('z', 3),
      conv('a', 4, { kernel: [3, 2], stride: [2, 1], pad: [1, 0, 0, 1] }),
      dense('c', 3, 'none'),
    ],
  ],
  [
    'dilation',
    [2, 9, 9],
    [conv('z', 3), conv('a', 3, { dilation: 2, pad: 1 }), dense('c', 3, 'none')],
  ],
  [
    'branches',
    [2, 6, 6],
    [
      conv('a', 3, { pad: 1 }),
      conv('b', 3, { kernel: 1, inputs: ['a'], activation: 'none' }),
      { kind: 'add', name: 's', inputs: ['a', 'b'], activation: 'relu' },
      conv('d', 2, { kernel: 1, inputs: ['a'] }),
      { kind: 'concat', name: 'j', inputs: ['s', 'd'] },
      { kind: 'relu', name: 'r', activation: 'relu6' },
      dense('c', 3, 'none'),
    ],
  ],
  [
    'normalisation across channels',
    [3, 4, 4],
    [
      conv('a', 6),
      { kind: 'lrn', name: 'n', size: 3, alpha: 0.5, beta: 0.75, k: 1 },
      dense('c', 3, 'none'),
    ],
  ],
];

describe('the gradients of a batch', () => {
  it.each(cases)('are derivatives of the loss: %s', (_name, input, layers) => {
    expect(deviationOf(network(input, layers), 1)).toBeLessThan(2e-3);
  });

  it('are derivatives of the loss for convolutions of any shape', () => {
    const extent = fc.integer({ min: 1, max: 3 });
    fc.assert(
      fc.property(
        fc.record({
          kernel: fc.tuple(extent, extent),
          stride: fc.tuple(extent, extent),
          pad: fc.nat(2),
          seed: fc.nat(),
        }),
        ({ kernel, stride, pad, seed }) => {
          const net = network(
            [2, 8, 7],
            [
              conv('z', 2, { kernel: 1 }),
              conv('a', 3, { kernel, stride, pad, activation: 'none' }),
              dense('c', 3, 'none'),
            ],
          );
          expect(deviationOf(net, seed, 2)).toBeLessThan(2e-3);
        },
      ),
      { numRuns: 20 },
    );
  });
});

describe('a network that cannot be trained', () => {
  it('says why', () => {
    const both = network(
      [1, 9, 9],
      [conv('a', 2, { stride: 2, dilation: 2 }), dense('c', 2, 'none')],
    );
    expect(() => trainable(backend.tf, both)).toThrow(
      new InputError(
        'layer a: found strides and dilations together, expected one of them for training',
      ),
    );
  });
});
