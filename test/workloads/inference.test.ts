import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../workloads/base/random.js';
import { buildNetwork, INPUT } from '../../workloads/graph.js';
import {
  type BatchNorm,
  foldBatchNorm,
  foldWeights,
  forInference,
} from '../../workloads/inference.js';
import {
  forwardLayer,
  type Layer,
  type LayerWeights,
  parametersIn,
  type Shape,
  weightShapeOf,
} from '../../workloads/network.js';
import type { TrainedLayerSpec } from '../../workloads/spec.js';
import { floats } from '../../workloads/tensor.js';
import { toCodebook, toCsc, toDense } from '../../workloads/weights/store.js';
import { drawWeights } from '../../workloads/weights/synthetic.js';
import { conv, dense, maxPool } from '../../workloads/zoo/entry.js';

const source = { work: 'a test', at: 'here' };
const build = (layers: readonly TrainedLayerSpec[], input: Shape = [3, 6, 6]) =>
  buildNetwork({ name: 'net', title: 'net', input, layers, source });

const linear = (name: string, channels: number, bias = false) => ({
  ...conv(name, channels, 3),
  bias,
  activation: 'none' as const,
});
const norm = (name: string, channels: number, inputs?: readonly string[]): TrainedLayerSpec => ({
  kind: 'batch-norm',
  name,
  channels,
  ...(inputs && { inputs }),
});
const relu = (name: string): TrainedLayerSpec => ({ kind: 'relu', name, activation: 'relu' });
const dropout = (name: string): TrainedLayerSpec => ({ kind: 'dropout', name, rate: 0.5 });

/** The values of a layer's result. */
function forward(layer: Layer, weights: LayerWeights | null, input: Float32Array): Float32Array {
  const [result] = forwardLayer(layer, weights, [floats(layer.inputTypes[0]?.shape ?? [], input)]);
  return Float32Array.from(result?.values ?? []);
}

function drawNorm(channels: number, seed: number): BatchNorm {
  const random = createRandom(seed, 'norm');
  const draw = (min: number, max: number) =>
    Float32Array.from({ length: channels }, () => min + (max - min) * random.uniform());
  return {
    scale: draw(-2, 2),
    shift: draw(-1, 1),
    mean: draw(-1, 1),
    variance: draw(0.1, 2),
    epsilon: 1e-5,
  };
}

describe('what only training needs', () => {
  it('is folded into the convolution before it, which gets a bias and the ReLU', () => {
    const net = build([linear('a', 4), norm('bn', 4), relu('r'), dropout('d'), conv('b', 2, 1)]);
    expect(net.layers.map(({ name, inputs }) => [name, ...inputs])).toEqual([
      ['a', 'data'],
      ['b', 'a'],
    ]);
    expect(net.layers[0]).toMatchObject({ bias: true, activation: 'relu' });
  });

  it('leaves the parameters of training known', () => {
    // Weights, then scales and shifts, then b's weights and biases.
    expect(build([linear('a', 4), norm('bn', 4), conv('b', 2, 1)]).trainedParameters).toBe(
      4 * 27 + 8 + 4 * 2 + 2,
    );
    // A bias before the normalisation is a parameter too.
    expect(build([linear('a', 4, true), norm('bn', 4)]).trainedParameters).toBe(4 * 27 + 4 + 8);
    expect(build([norm('bn', 3)]).trainedParameters).toBe(6);
    expect(build([conv('b', 2, 1)]).trainedParameters).toBeNull();
  });

  it('stays a layer of its own where others read what it normalises, or where a ReLU follows that', () => {
    const shared = build([
      linear('a', 4),
      norm('bn', 4),
      relu('r'),
      { kind: 'concat', name: 'c', inputs: ['a', 'r'] },
    ]);
    expect(shared.layers.map(({ name }) => name)).toEqual(['a', 'bn', 'r', 'c']);
    expect(shared.layers[1]).toMatchObject({
      kind: 'affine',
      axis: 1,
      inputs: ['a', 'bn.scale', 'bn.shift'],
    });
    expect(shared.layers[3]?.inputs).toEqual(['a', 'r']);
    const clamped = build([conv('a', 4, 3), norm('bn', 4)]);
    expect(clamped.layers.map(({ name }) => name)).toEqual(['a', 'bn']);
  });

  it('keeps a ReLU that is not the last step of one layer', () => {
    const net = build([
      maxPool('p', 2, 2),
      relu('r'),
      linear('a', 2),
      { kind: 'relu', name: 's', activation: 'relu6' },
    ]);
    expect(net.layers.map(({ name }) => name)).toEqual(['p', 'r', 'a']);
    expect(net.layers[2]).toMatchObject({ activation: 'relu6' });
  });

  it('is refused where it cannot be', () => {
    expect(() =>
      build([{ kind: 'dropout', name: 'd', rate: 0.5, inputs: ['data', 'data'] }]),
    ).toThrow('layer d: found 2 inputs, expected one');
    expect(() => build([conv('a', 2, 1), norm('a', 2)])).toThrow('net: two layers are named a');
    expect(() => build([norm('bn', 4)])).toThrow(
      'layer bn: found a scale or shift of 4 values, expected 3, one an index of axis 1',
    );
  });
});

describe('foldBatchNorm', () => {
  const formats = [
    (store: LayerWeights['store']) => toDense(store),
    (store: LayerWeights['store']) => store,
    (store: LayerWeights['store']) => toCsc(store),
    (store: LayerWeights['store']) => {
      const whole = toDense(store);
      const values = whole.values.map((value) => (value === 0 ? 0 : Math.sign(value) / 4));
      return toCodebook({ ...whole, values }, Float32Array.of(0, -0.25, 0.25), 4);
    },
  ];

  it('makes weights that do what both layers do, in any format', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom(...formats),
        fc.boolean(),
        (seed, channels, inFormat, bias) => {
          const [layer] = build([linear('a', channels, bias)]).layers;
          const [folded] = build([linear('a', channels, bias), norm('bn', channels)]).layers;
          const shape = layer && weightShapeOf(layer);
          if (!layer || !folded || !shape) throw new Error('no layer');
          const random = drawWeights(shape, 0.5, seed, 'a');
          const weights = { ...random, store: inFormat(random.store) };
          const statistics = drawNorm(channels, seed);
          const input = Float32Array.from({ length: 108 }, (_, at) => Math.sin(at + seed));
          const sums = forward(layer, weights, input);
          const { scale, shift, mean, variance, epsilon } = statistics;
          const expected = sums.map((value, at) => {
            const c = Math.floor(at / (sums.length / channels));
            const deviation = Math.sqrt((variance[c] ?? 0) + epsilon);
            return ((scale[c] ?? 0) * (value - (mean[c] ?? 0))) / deviation + (shift[c] ?? 0);
          });
          const found = forward(folded, foldBatchNorm(weights, statistics, 'bn'), input);
          const size = expected.reduce((max, value) => Math.max(max, Math.abs(value)), 1);
          for (const [at, value] of found.entries()) {
            expect(Math.abs(value - (expected[at] ?? Number.NaN)) / size).toBeLessThan(1e-5);
          }
        },
      ),
    );
  });

  it('says what does not fit', () => {
    const weights = drawWeights({ rows: 3, columns: 2, biases: 0 }, 1, 1, 'a');
    const statistics = drawNorm(3, 1);
    expect(() => foldBatchNorm(weights, drawNorm(4, 1), 'bn')).toThrow(
      'layer bn: found 4 values of scale, expected 3',
    );
    const negative = { ...statistics, variance: Float32Array.of(1, -1, 1) };
    expect(() => foldBatchNorm(weights, negative, 'bn')).toThrow(
      'layer bn: found a variance of -1',
    );
  });
});

describe('foldWeights', () => {
  const layers = [
    linear('a', 4),
    norm('bn1', 4),
    relu('r1'),
    maxPool('p', 2, 2),
    norm('bn2', 4),
    dense('fc', 2, 'none'),
  ];
  const trained = { name: 'net', input: INPUT, outputs: [], layers };
  const norms = new Map([
    ['bn1', drawNorm(4, 1)],
    ['bn2', drawNorm(4, 2)],
  ]);
  const weights = new Map([
    ['a', drawWeights({ rows: 4, columns: 27, biases: 0 }, 1, 1, 'a')],
    ['fc', drawWeights({ rows: 2, columns: 16, biases: 2 }, 1, 1, 'fc')],
  ]);

  it('gives every layer that is left weights of its shape', () => {
    const network = build(layers);
    const folded = foldWeights(trained, weights, norms);
    expect([...forInference(trained).folds]).toEqual([
      ['bn1', 'a'],
      ['bn2', 'bn2'],
    ]);
    for (const layer of network.layers) {
      const shape = weightShapeOf(layer);
      const found = folded.weights.get(layer.name);
      expect(
        found && {
          rows: found.store.rows,
          columns: found.store.columns,
          biases: found.bias?.length ?? 0,
        },
      ).toEqual(shape ?? undefined);
    }
    // bn2 is a layer of its own: what it scales and shifts by are constants.
    expect(parametersIn(network)).toBe(4 * 28 + 8 + 2 * 17);
    expect([...folded.constants].map(([name, { shape }]) => [name, shape])).toEqual([
      ['bn2.scale', [4]],
      ['bn2.shift', [4]],
    ]);
    const { scale, shift, mean, variance, epsilon } = norms.get('bn2') as BatchNorm;
    const factors = scale.map((value, at) => value / Math.sqrt((variance[at] ?? 0) + epsilon));
    const shifts = shift.map((value, at) => value - (mean[at] ?? 0) * (factors[at] ?? 0));
    for (const [name, expected] of Object.entries({ 'bn2.scale': factors, 'bn2.shift': shifts })) {
      for (const [at, value] of expected.entries()) {
        expect(folded.constants.get(name)?.values[at]).toBeWithin(1e-4, value);
      }
    }
  });

  it('asks for what is missing', () => {
    expect(() => foldWeights(trained, weights, new Map())).toThrow(
      'layer bn1: found no batch normalisation statistics',
    );
    expect(() => foldWeights(trained, new Map(), norms)).toThrow(
      'layer a: found no weights to fold bn1 into',
    );
  });
});
