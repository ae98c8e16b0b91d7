import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstThatPays } from '../../../../hw-models/host/engine/choice.js';
import { createEngine } from '../../../../hw-models/host/engine/engine.js';
import type { HostKernel } from '../../../../hw-models/host/engine/kernel.js';
import { denseKernels } from '../../../../hw-models/host/engine/table.js';
import {
  createSparseWinograd,
  createWinograd,
  winogradRefusal,
} from '../../../../hw-models/host/engine/winograd.js';
import { filterings, winogradSource } from '../../../../hw-models/host/engine/winograd-source.js';
import { createReference } from '../../../../hw-models/host/reference.js';
import type { Activation, Layer, LayerWeights } from '../../../../workloads/network.js';
import {
  cookToom,
  type Filtering,
  type Matrix,
  toFloat,
} from '../../../../workloads/transforms/cook-toom.js';
import type { ConvolutionShape } from '../../../../workloads/transforms/shape.js';
import {
  pruneTransformed,
  type TransformedWeights,
  transformWeights,
  winogradConvolve,
} from '../../../../workloads/transforms/winograd.js';
import { convolve } from '../../../reference/convolution.js';
import {
  type ConvolutionCase,
  convolutionCases,
  drawFrom,
  expectNear,
} from '../../../workloads/transforms/cases.js';
import { layerOn } from '../one-layer.js';
import { cases as networkCases } from '../random-network.js';
import { loadKernel } from '../run-kernel.js';

/** Half a unit in the last place of 1, in 32 bits. */
const ROUNDING = 2 ** -24;

function layerOf(shape: ConvolutionShape, activation: Activation, stride = 1): Layer {
  const { channels, height, width, outputs, kernel, pad, groups } = shape;
  const square = { kernel, stride, pad, groups } as const;
  const spec = {
    kind: 'conv2d',
    name: 'conv',
    channels: outputs,
    ...square,
    bias: true,
    activation,
  } as const;
  return layerOn([channels, height, width], spec);
}

function weightsOf({ shape, weights, bias }: ConvolutionCase): LayerWeights {
  const columns = (shape.channels / shape.groups) * shape.kernel ** 2;
  return {
    store: { format: 'dense', rows: shape.outputs, columns, values: weights },
    bias,
    origin: 'synthetic',
  };
}

function absolute({ outputs, taps, ...matrices }: Filtering<number>): Filtering<number> {
  const of = (matrix: Matrix<number>) => matrix.map((row) => row.map(Math.abs));
  return {
    outputs,
    taps,
    outputMatrix: of(matrices.outputMatrix),
    tapMatrix: of(matrices.tapMatrix),
    inputMatrix: of(matrices.inputMatrix),
  };
}

/**
 * How far 32-bit arithmetic may be off at each output. Every output is a sum of products whose
 * every factor was rounded at most k times, so it is off by at most k u / (1 − k u) times the sum
 * of their magnitudes, which is the same Winograd convolution of absolute values with absolute
 * matrices. k: a transform of n values takes n + 1 roundings (n products and sums, its rounded
 * coefficient), the input's and the output's two each; a weight 1; C products and sums; the bias;
 * and the reference's own result.
 */
function boundsOf(
  { shape, input, bias }: ConvolutionCase,
  transformed: TransformedWeights,
): Float64Array {
  const { filtering, values, channels } = transformed;
  const magnitudes = {
    ...transformed,
    filtering: absolute(filtering),
    values: values.map(Math.abs),
  };
  const k = 4 * (filtering.inputMatrix.length + 1) + 1 + channels + 2;
  const factor = (k * ROUNDING) / (1 - k * ROUNDING);
  return winogradConvolve(shape, magnitudes, bias.map(Math.abs), input.map(Math.abs)).map(
    (sum) => factor * sum,
  );
}

function transformedOf({ shape, weights }: ConvolutionCase, outputs: number): TransformedWeights {
  const channels = shape.channels / shape.groups;
  return transformWeights(
    toFloat(cookToom(outputs, shape.kernel)),
    shape.outputs,
    channels,
    weights,
  );
}

const cases = fc.record({
  one: convolutionCases({ minKernel: 3, maxKernel: 3, maxExtent: 30 }),
  activation: fc.constantFrom<Activation>('relu', 'none'),
  batch: fc.integer({ min: 1, max: 2 }),
  threads: fc.integer({ min: 1, max: 3 }),
});

type Random = typeof cases extends fc.Arbitrary<infer Value> ? Value : never;

/**
 * Runs `kernel` on the case's image and, as later frames, on other ones; each frame is compared
 * with `expected`.
 */
function check(
  kernel: HostKernel,
  { one, activation, batch, threads }: Random,
  transformed: TransformedWeights,
  expected: (frame: Float32Array) => ArrayLike<number>,
): void {
  const { shape, input } = one;
  const frames = [input, drawFrom(input.length)(input.length)].slice(0, batch);
  const together = new Float32Array(batch * input.length);
  frames.forEach((frame, at) => {
    together.set(frame, at * input.length);
  });
  const found = loadKernel(kernel, layerOf(shape, activation), weightsOf(one), batch, threads).run(
    together,
  );
  const size = found.length / batch;
  frames.forEach((frame, at) => {
    const sums = Array.from(expected(frame), (sum) =>
      activation === 'relu' ? Math.max(sum, 0) : sum,
    );
    const bounds = boundsOf({ ...one, input: frame }, transformed);
    expectNear(
      found.subarray(at * size, (at + 1) * size),
      sums,
      (value) => bounds[value] as number,
    );
  });
}

describe.each(filterings)('Winograd F(%i, %i) on the host', (outputs) => {
  it('is the convolution, within the bound of its rounding errors', () => {
    fc.assert(
      fc.property(cases, (random) => {
        const { shape, weights, bias } = random.one;
        check(createWinograd(outputs), random, transformedOf(random.one, outputs), (frame) =>
          convolve({ ...shape, stride: 1 }, frame, weights, bias),
        );
      }),
      { numRuns: 40 },
    );
  });

  it('cuts images into blocks of tiles and output channels into chunks', () => {
    const shape = { channels: 9, height: 31, width: 61, outputs: 37, kernel: 3, pad: 1, groups: 1 };
    const draw = drawFrom(outputs);
    const one = { shape, input: draw(9 * 31 * 61), weights: draw(37 * 81), bias: draw(37) };
    const transformed = transformedOf(one, outputs);
    const whole = { one, activation: 'none', batch: 1, threads: 2 } as const;
    for (const kernel of [createWinograd(outputs), createSparseWinograd(outputs, 1)]) {
      check(kernel, whole, transformed, (frame) =>
        convolve({ ...shape, stride: 1 }, frame, one.weights, one.bias),
      );
    }
  });

  it('with weights pruned in the transform domain is that of the pruned weights', () => {
    fc.assert(
      fc.property(cases, fc.constantFrom(0, 0.1, 0.5, 1), (random, density) => {
        const pruned = pruneTransformed(transformedOf(random.one, outputs), density);
        check(createSparseWinograd(outputs, density), random, pruned, (frame) =>
          winogradConvolve(random.one.shape, pruned, random.one.bias, frame),
        );
      }),
      { numRuns: 30 },
    );
  });
});

describe('Winograd rows', () => {
  const shape = { channels: 2, height: 9, width: 9, outputs: 4, kernel: 3, pad: 1, groups: 1 };

  it('refuse what they cannot do, and say so', () => {
    const row = createWinograd(4);
    const given = weightsOf({
      shape,
      weights: new Float32Array(72),
      bias: new Float32Array(4),
      input: new Float32Array(),
    });
    const refusals: readonly (readonly [Layer, string | null])[] = [
      [layerOf(shape, 'none'), null],
      [
        layerOf(shape, 'none', 2),
        'has stride 2: a transform computes every output, 4 times the work',
      ],
      [
        layerOf({ ...shape, kernel: 1 }, 'none'),
        'has 1×1 kernels: nothing to share between outputs',
      ],
      [layerOf({ ...shape, kernel: 5 }, 'none'), 'has 5×5 kernels, not 3×3'],
    ];
    for (const [layer, refusal] of refusals) {
      expect(winogradRefusal(layer)).toBe(refusal);
      expect(row.refusal(layer, given)).toBe(refusal);
    }
  });

  it('give way to the rows behind them, so that whole networks run', async () => {
    const winograd = createEngine(
      'winograd',
      'Winograd',
      firstThatPays([createWinograd(4), ...denseKernels]),
    );
    await fc.assert(
      fc.asyncProperty(networkCases, async ({ model, batch, inputs }) => {
        const [found, expected] = await Promise.all(
          [winograd, createReference()].map(async (executor) => {
            const network = await executor.load(model);
            const { output } = await network.run(inputs, batch);
            network.dispose();
            return output;
          }),
        );
        const largest = Math.max(...(expected as Float32Array).map(Math.abs));
        expectNear(found as Float32Array, expected as Float32Array, () => 1e-4 * largest);
      }),
      { numRuns: 40 },
    );
  });
});

describe('the generated transforms', () => {
  it('are those of the generator', async () => {
    await expect(winogradSource()).toMatchFileSnapshot(
      '../../../../hw-models/host/asm/generated/winograd-transforms.ts',
    );
  });
});
