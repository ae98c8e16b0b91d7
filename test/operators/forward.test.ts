import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../workloads/base/random.js';
import { buildNetwork } from '../../workloads/graph.js';
import {
  forwardLayer,
  type Layer,
  type LayerWeights,
  type Shape,
} from '../../workloads/network.js';
import type { LayerSpec, SpecOf } from '../../workloads/spec.js';
import { floats } from '../../workloads/tensor.js';
import { toDense } from '../../workloads/weights/store.js';
import { drawWeights } from '../../workloads/weights/synthetic.js';
import { convolve } from '../reference/convolution.js';
import { fits, windowsOf } from './random-windows.js';

function layerOf(spec: LayerSpec, input: Shape): Layer {
  const source = { work: 'test', at: 'test' };
  const [layer] = buildNetwork({ name: 'n', title: 'n', input, layers: [spec], source }).layers;
  return layer as Layer;
}

/** The values of a layer's result, its inputs given as values. */
function forward(
  layer: Layer,
  weights: LayerWeights | null,
  inputs: readonly Float32Array[],
): Float32Array {
  const tensors = inputs.map((values, at) => floats(layer.inputTypes[at]?.shape ?? [], values));
  const [result] = forwardLayer(layer, weights, tensors);
  expect(result?.shape).toEqual(layer.results[0]?.shape);
  return Float32Array.from(result?.values ?? []);
}

function drawValues(size: number, seed: number): Float32Array {
  const random = createRandom(seed, 'values');
  return Float32Array.from({ length: size }, () => 2 * random.uniform() - 1);
}

/** The largest difference as a share of the largest expected value. */
function errorOf(actual: Float32Array, expected: Float32Array): number {
  expect(actual.length).toBe(expected.length);
  const scale = expected.reduce((max, value) => Math.max(max, Math.abs(value)), 1e-30);
  return actual.reduce(
    (worst, value, at) => Math.max(worst, Math.abs(value - (expected[at] as number)) / scale),
    0,
  );
}

const dense = (
  rows: number,
  columns: number,
  values: readonly number[],
  bias: readonly number[] | null,
) =>
  ({
    store: { format: 'dense', rows, columns, values: Float32Array.from(values) },
    bias: bias && Float32Array.from(bias),
    origin: 'real',
  }) satisfies LayerWeights;

describe('a convolution', () => {
  it('is what its definition says, for any kernel, stride, dilation, padding, grouping and density', () => {
    const shape = fc.record({
      groups: fc.integer({ min: 1, max: 3 }),
      groupInputs: fc.integer({ min: 1, max: 3 }),
      groupOutputs: fc.integer({ min: 1, max: 3 }),
      height: fc.integer({ min: 1, max: 9 }),
      width: fc.integer({ min: 1, max: 9 }),
      window: windowsOf(5),
      density: fc.constantFrom(0.1, 0.5, 1),
      activation: fc.constantFrom('relu' as const, 'relu6' as const, 'none' as const),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(
        shape,
        ({
          groups,
          groupInputs,
          groupOutputs,
          height,
          width,
          window,
          density,
          activation,
          seed,
        }) => {
          fc.pre(fits(window, height, width));
          const channels = groups * groupInputs;
          const outputs = groups * groupOutputs;
          const layer = layerOf(
            {
              kind: 'conv2d',
              name: 'c',
              channels: outputs,
              ...window,
              groups,
              bias: true,
              activation,
            },
            [channels, height, width],
          );
          const weights = drawWeights(
            {
              rows: outputs,
              columns: groupInputs * window.kernel[0] * window.kernel[1],
              biases: outputs,
            },
            density,
            seed,
            'c',
          );
          const input = drawValues(channels * height * width, seed);
          const expected = convolve(
            { channels, height, width, outputs, groups, ...window },
            input,
            toDense(weights.store).values,
            weights.bias ?? new Float32Array(outputs),
          );
          const max = activation === 'relu6' ? 6 : Number.POSITIVE_INFINITY;
          const clamped =
            activation === 'none'
              ? expected
              : expected.map((value) => Math.min(Math.max(0, value), max));
          expect(errorOf(forward(layer, weights, [input]), clamped)).toBeLessThan(1e-6);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('a fully connected layer', () => {
  // [1 0 2; 0 -3 0] · [1 2 3] + [10 1] = [17 -5]
  const weights = dense(2, 3, [1, 0, 2, 0, -3, 0], [10, 1]);
  it.each([
    ['none', [17, -5]],
    ['relu', [17, 0]],
  ] as const)('multiplies, adds the bias and applies ReLU %s', (activation, expected) => {
    const layer = layerOf({ kind: 'dense', name: 'd', outputs: 2, bias: true, activation }, [3]);
    expect([...forward(layer, weights, [Float32Array.of(1, 2, 3)])]).toEqual(expected);
  });

  it('reads an image in the order channels, height, width', () => {
    const layer = layerOf(
      { kind: 'dense', name: 'd', outputs: 1, bias: false, activation: 'none' },
      [2, 1, 2],
    );
    const output = forward(layer, dense(1, 4, [1, 10, 100, 1000], null), [
      Float32Array.of(1, 2, 3, 4),
    ]);
    expect([...output]).toEqual([4321]);
  });
});

describe('pooling', () => {
  const pool = (rest: Partial<SpecOf<'pool2d'>>, input: Shape) =>
    layerOf(
      {
        kind: 'pool2d',
        name: 'p',
        mode: 'max',
        kernel: 2,
        stride: 2,
        pad: 0,
        rounding: 'ceil',
        ...rest,
      },
      input,
    );
  const nine = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9);

  it('rounds the number of windows up or down', () => {
    // Windows at 0 and 2 of a side of 3; rounding down leaves the second out.
    expect([...forward(pool({}, [1, 3, 3]), null, [nine])]).toEqual([5, 6, 8, 9]);
    expect([...forward(pool({ rounding: 'floor' }, [1, 3, 3]), null, [nine])]).toEqual([5]);
  });

  it('takes the largest value, not zero, where all are negative', () => {
    const layer = pool({ pad: 1, kernel: 3 }, [1, 2, 2]);
    // Windows at −1 (and, rounded up, at 1) of a side of 2.
    expect([...forward(layer, null, [Float32Array.of(-4, -3, -2, -1)])]).toEqual([-1, -1, -1, -1]);
  });

  it('divides by the window cut off where the padding ends', () => {
    // Side 3, kernel 3, stride 2, pad 1: windows −1…1 and 1…3, extent 3 both (3 is padding):
    // divisor 9.
    const whole = pool({ mode: 'average', kernel: 3, pad: 1 }, [1, 3, 3]);
    expect([...forward(whole, null, [nine])]).toEqual(
      [12 / 9, 16 / 9, 24 / 9, 28 / 9].map(Math.fround),
    );
    // Side 3, kernel 2, stride 2, rounded up: the second window has extent 1.
    const cut = pool({ mode: 'average' }, [1, 3, 3]);
    expect([...forward(cut, null, [nine])]).toEqual([3, 4.5, 7.5, 9]);
  });

  it('covers the whole image when global', () => {
    const layer = pool({ mode: 'average', kernel: 'global', stride: 1 }, [2, 1, 3]);
    expect([...forward(layer, null, [Float32Array.of(1, 2, 3, 4, 5, 9)])]).toEqual([2, 6]);
  });
});

describe('a pooling window', () => {
  const pool = (rest: Partial<SpecOf<'pool2d'>>, input: Shape) => {
    const op = { kind: 'pool2d', name: 'p', mode: 'average', rounding: 'floor' } as const;
    return layerOf({ ...op, kernel: 2, stride: 1, pad: 0, ...rest }, input);
  };
  const six = Float32Array.of(1, 2, 3, 4, 5, 6);

  it('has extents, strides and padding of its own on each axis', () => {
    // Rows 1 2 3 / 4 5 6; one row above; windows of 2 rows × 1 column, every other column.
    const layer = pool(
      { mode: 'max', kernel: [2, 1], stride: [1, 2], pad: [1, 0, 0, 0] },
      [1, 2, 3],
    );
    expect(layer.results[0]?.shape).toEqual([1, 1, 2, 2]);
    expect([...forward(layer, null, [six])]).toEqual([1, 3, 4, 6]);
  });

  it('divides by the pixels inside the image where padding does not count', () => {
    const layer = pool({ kernel: [2, 3], pad: [1, 0, 0, 0], countsPadding: false }, [1, 2, 3]);
    expect([...forward(layer, null, [six])]).toEqual([2, 3.5]);
    const counted = pool({ kernel: [2, 3], pad: [1, 0, 0, 0] }, [1, 2, 3]);
    expect([...forward(counted, null, [six])]).toEqual([1, 3.5]);
  });
});

describe('the other layers', () => {
  it('add inputs of one shape and apply a ReLU to the sum', () => {
    const spec: LayerSpec = {
      kind: 'add',
      name: 'a',
      inputs: ['data', 'data', 'data'],
      activation: 'relu',
    };
    const inputs = [Float32Array.of(1, -2), Float32Array.of(3, 1), Float32Array.of(5, -8)];
    expect([...forward(layerOf(spec, [1, 1, 2]), null, inputs)]).toEqual([9, 0]);
    expect([...forward(layerOf({ ...spec, activation: 'relu6' }, [2]), null, inputs)]).toEqual([
      6, 0,
    ]);
  });

  it('apply a ReLU where no other layer does', () => {
    const values = Float32Array.of(-3, 0.5, 7);
    const relu = (activation: 'relu' | 'relu6') =>
      layerOf({ kind: 'relu', name: 'r', activation }, [3]);
    expect([...forward(relu('relu'), null, [values])]).toEqual([0, 0.5, 7]);
    expect([...forward(relu('relu6'), null, [values])]).toEqual([0, 0.5, 6]);
  });

  it('normalise by the squares of neighbouring channels', () => {
    const layer = layerOf(
      { kind: 'lrn', name: 'l', size: 3, alpha: 0.3, beta: 0.5, k: 1 },
      [3, 1, 1],
    );
    // Channel 0 sees 1² + 2², channel 1 all of them, channel 2 sees 2² + 3²; alpha / size = 0.1.
    const expected = [1 / Math.sqrt(1.5), 2 / Math.sqrt(2.4), 3 / Math.sqrt(2.3)];
    const output = forward(layer, null, [Float32Array.of(1, 2, 3)]);
    for (const [channel, value] of expected.entries())
      expect(output[channel]).toBeWithin(1e-6, value);
  });

  it('normalise by an even number of neighbours: one more of those above', () => {
    const layer = layerOf(
      { kind: 'lrn', name: 'l', size: 2, alpha: 0.2, beta: 0.5, k: 1 },
      [3, 1, 1],
    );
    // Channel 0 sees 1² + 2², channel 1 sees 2² + 3², channel 2 itself alone; alpha / size = 0.1.
    const expected = [1 / Math.sqrt(1.5), 2 / Math.sqrt(2.3), 3 / Math.sqrt(1.9)];
    const output = forward(layer, null, [Float32Array.of(1, 2, 3)]);
    for (const [channel, value] of expected.entries())
      expect(output[channel]).toBeWithin(1e-6, value);
  });

  it('concatenate along the channels', () => {
    const spec: LayerSpec = { kind: 'concat', name: 'c', inputs: ['data', 'data'] };
    const output = forward(layerOf(spec, [1, 1, 2]), null, [
      Float32Array.of(1, 2),
      Float32Array.of(3, 4),
    ]);
    expect([...output]).toEqual([1, 2, 3, 4]);
  });

  it('turn scores into probabilities, however large the scores', () => {
    const layer = layerOf({ kind: 'softmax', name: 's' }, [3]);
    const output = forward(layer, null, [
      Float32Array.of(1000, 1000 + Math.log(2), 1000 + Math.log(5)),
    ]);
    // Scores near 1000 are rounded to 2⁻¹⁴.
    for (const [at, share] of [1 / 8, 2 / 8, 5 / 8].entries())
      expect(output[at]).toBeWithin(1e-4, share);
  });

  it('refuse inputs and weights that are not theirs', () => {
    const layer = layerOf({ kind: 'softmax', name: 's' }, [3]);
    expect(() => forward(layer, null, [new Float32Array(2)])).toThrow(
      'layer s: input 0 has 2 values',
    );
    expect(() => forward(layer, dense(1, 1, [1], null), [new Float32Array(3)])).toThrow(
      'layer s: has weights',
    );
  });
});
