// Layers with weights in Winograd's domain: the forward pass against tiles in double precision,
// gradients against differences of that loss.

import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Backend, openBackend } from '../../../hw-models/host/tfjs-backend.js';
import { createRandom } from '../../../workloads/base/random.js';
import { buildNetwork } from '../../../workloads/graph.js';
import { inputImageOf, type Network } from '../../../workloads/network.js';
import type { LayerSpec } from '../../../workloads/spec.js';
import { type LayerValues, trainable } from '../../../workloads/train/network.js';
import {
  inWinogradDomain,
  type LayerParameters,
  valuesOf,
} from '../../../workloads/train/parameters.js';
import { cookToom, toFloat } from '../../../workloads/transforms/cook-toom.js';
import { positionReach, winogradConvolve } from '../../../workloads/transforms/winograd.js';

let backend: Backend;
beforeAll(async () => {
  backend = await openBackend(['wasm']);
});

interface Shape {
  readonly channels: number;
  readonly outputs: number;
  readonly groups: number;
  readonly height: number;
  readonly width: number;
  readonly pad: number;
}

/**
 * A convolution on which a second one and the classes rest, so that its input gradient is wanted
 * too.
 */
function networkOf({ channels, outputs, groups, height, width, pad }: Shape): Network {
  const conv = (name: string, count: number, ofGroups: number): LayerSpec => ({
    ...{
      kind: 'conv2d',
      name,
      channels: count,
      kernel: 3,
      stride: 1,
      dilation: 1,
      pad,
      groups: ofGroups,
    },
    ...{ bias: true, activation: 'none' },
  });
  return buildNetwork({
    ...{
      name: 'small',
      title: 'small',
      input: [2, height, width],
      source: { work: 'test', at: 'here' },
    },
    layers: [
      conv('first', channels, 1),
      conv('conv', outputs, groups),
      { kind: 'softmax', name: 'prob' },
    ],
  });
}

const draw = (count: number, seed: number, label: string) => {
  const random = createRandom(seed, label);
  return Float32Array.from({ length: count }, () => 2 * random.uniform() - 1);
};

function parametersOf(network: Network, seed: number): Map<string, LayerParameters> {
  const parameters = new Map<string, LayerParameters>();
  for (const layer of network.layers) {
    if (layer.kind !== 'conv2d') continue;
    const columns = (9 * inputImageOf(layer)[0]) / layer.groups;
    parameters.set(layer.name, {
      ...{ rows: layer.channels, columns, mask: null, binding: { kind: 'free' } },
      weights: draw(layer.channels * columns, seed, layer.name),
      bias: draw(layer.channels, seed, `${layer.name}/bias`),
    });
  }
  return parameters;
}

/** Channels last → channels first. */
function channelsFirst(values: Float32Array, channels: number): Float32Array {
  const pixels = values.length / channels;
  return values.map(
    (_, at) => values[(at % pixels) * channels + Math.floor(at / pixels)] as number,
  );
}

const shapes: fc.Arbitrary<Shape> = fc
  .record({
    groups: fc.integer({ min: 1, max: 2 }),
    perGroup: fc.integer({ min: 1, max: 3 }),
    outputsPerGroup: fc.integer({ min: 1, max: 3 }),
    height: fc.integer({ min: 5, max: 9 }),
    width: fc.integer({ min: 5, max: 9 }),
    pad: fc.integer({ min: 0, max: 1 }),
  })
  .map(({ groups, perGroup, outputsPerGroup, ...rest }) => {
    return { ...rest, groups, channels: groups * perGroup, outputs: groups * outputsPerGroup };
  });

describe.each([2, 4])('weights in the domain of tiles of %i × %i outputs', (tile) => {
  it('compute what the kernels did that they come from', () => {
    fc.assert(
      fc.property(shapes, fc.nat(), (shape, seed) => {
        const network = networkOf(shape);
        const direct = parametersOf(network, seed);
        const own = inWinogradDomain(direct.get('conv') as LayerParameters, tile);
        const input = draw(2 * 2 * shape.height * shape.width, seed, 'input');
        const outputs = (parameters: ReadonlyMap<string, LayerParameters>) => {
          const placed = trainable(backend.tf, network).place(valuesOf(parameters));
          const result = placed.outputs(input, 2);
          placed.dispose();
          return result;
        };
        const expected = outputs(direct);
        const scale = expected.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
        outputs(new Map([...direct, ['conv', own]])).forEach((value, at) => {
          expect(Math.abs(value - (expected[at] as number))).toBeLessThan(2e-5 * scale);
        });
      }),
      { numRuns: 15 },
    );
  });

  it('compute what tiles in double precision give, pruned to what no kernel has', () => {
    const shape = { channels: 3, outputs: 4, groups: 1, height: 7, width: 6, pad: 1 };
    const network = networkOf(shape);
    const direct = parametersOf(network, 1);
    const whole = inWinogradDomain(direct.get('conv') as LayerParameters, tile);
    const own = {
      ...whole,
      weights: whole.weights.map((weight, at) => (at % 3 === 0 ? 0 : weight)),
    };
    const input = draw(2 * 42, 1, 'input');
    const values = (layer: LayerParameters) => valuesOf(new Map([...direct, ['conv', layer]]));
    const placed = trainable(backend.tf, network).place(values(own));
    const found = placed.outputs(input, 1);
    placed.dispose();

    const filtering = toFloat(cookToom(tile, 3));
    const reach = positionReach(filtering);
    const kernels = shape.outputs * shape.channels;
    const unscaled = Float64Array.from({ length: kernels * reach.length }, (_, at) => {
      const position = Math.floor(at / kernels);
      return (
        (own.weights[(at % kernels) * reach.length + position] as number) /
        (reach[position] as number)
      );
    });
    const first = direct.get('first') as LayerParameters;
    const before = trainable(backend.tf, oneLayer(shape)).place(
      new Map([['first', first as LayerValues]]),
    );
    const middle = channelsFirst(before.outputs(input, 1), shape.channels);
    before.dispose();
    const expected = winogradConvolve(
      { ...shape, kernel: 3, groups: 1 },
      { filtering, outputs: shape.outputs, channels: shape.channels, values: unscaled },
      own.bias,
      middle,
    );
    const result = channelsFirst(found, shape.outputs);
    expected.forEach((value, at) => {
      expect(Math.abs((result[at] as number) - value)).toBeLessThan(1e-4);
    });
  });

  it('have gradients that are the slopes of the loss', () => {
    const shape = { channels: 2, outputs: 2, groups: 2, height: 5, width: 6, pad: 1 };
    const network = networkOf(shape);
    const trained = trainable(backend.tf, network);
    const direct = parametersOf(network, 2);
    const start = valuesOf(
      new Map([...direct, ['conv', inWinogradDomain(direct.get('conv') as LayerParameters, tile)]]),
    );
    const batch = { input: draw(2 * 2 * 30, 2, 'input'), labels: Uint8Array.of(7, 31) };
    const { gradients } = trained.step(batch, start, null);
    for (const name of ['first', 'conv']) {
      const own = start.get(name) as LayerValues;
      const gradient = gradients.get(name) as LayerValues;
      const largest = gradient.weights.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
      // The slope along a random direction: single precision allows no difference weight by weight.
      for (let trial = 0; trial < 4; trial++) {
        const direction = draw(own.weights.length, trial, name);
        const lossAt = (step: number) => {
          const weights = own.weights.map(
            (weight, at) => weight + step * (direction[at] as number),
          );
          return (
            trained.step(batch, new Map([...start, [name, { ...own, weights }]]), null).loss / 2
          );
        };
        const slope = (lossAt(0.01) - lossAt(-0.01)) / 0.02;
        const expected = gradient.weights.reduce(
          (sum, value, at) => sum + value * (direction[at] as number),
          0,
        );
        expect(Math.abs(slope - expected)).toBeLessThan(
          0.02 * largest * Math.sqrt(own.weights.length),
        );
      }
    }
  });
});

function oneLayer(shape: Shape): Network {
  const network = networkOf(shape);
  const layers = network.layers.slice(0, 1);
  return { ...network, layers, outputs: layers.map(({ name }) => name) };
}
