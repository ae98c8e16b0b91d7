import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createFft,
  createSparseFft,
  fftRefusal,
  fftSizes,
} from '../../../../hw-models/host/engine/fft.js';
import type { HostKernel } from '../../../../hw-models/host/engine/kernel.js';
import type { Activation, Layer, LayerWeights } from '../../../../workloads/network.js';
import {
  pruneSpectra,
  spectralConvolve,
  spectraOf,
} from '../../../../workloads/transforms/fft-convolution.js';
import type { ConvolutionShape } from '../../../../workloads/transforms/shape.js';
import { convolve } from '../../../reference/convolution.js';
import {
  type ConvolutionCase,
  convolutionCases,
  drawFrom,
  expectNear,
  magnitudesOf,
} from '../../../workloads/transforms/cases.js';
import { layerOn } from '../one-layer.js';
import { loadKernel } from '../run-kernel.js';

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

function spectraFor({ shape, weights }: ConvolutionCase, size: number) {
  return spectraOf(weights, shape.outputs, shape.channels / shape.groups, shape.kernel, size);
}

interface Random {
  readonly one: ConvolutionCase;
  readonly activation: Activation;
  readonly batch: number;
  readonly threads: number;
}

const cases = (minKernel: number): fc.Arbitrary<Random> =>
  fc
    .record({
      one: convolutionCases({ minKernel, maxKernel: 7, maxExtent: 40 }),
      activation: fc.constantFrom<Activation>('relu', 'none'),
      batch: fc.integer({ min: 1, max: 2 }),
      threads: fc.integer({ min: 1, max: 3 }),
    })
    .filter(({ one }) => one.shape.kernel > 1);

/** Of the largest sum of magnitudes: rounding errors of a transform spread over its tile. */
const BOUND = 1e-6;

/**
 * Runs a kernel on a batch of frames, the case's input the first, and holds each against
 * `expected`.
 */
function check(
  kernel: HostKernel,
  { one, activation, batch, threads }: Random,
  expected: (frame: Float32Array) => ArrayLike<number>,
): void {
  const { shape, input, weights, bias } = one;
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
    const largest = magnitudesOf(shape, frame, weights, bias).reduce(
      (max, sum) => Math.max(max, sum),
      0,
    );
    expectNear(found.subarray(at * size, (at + 1) * size), sums, () => BOUND * largest);
  });
}

describe.each(fftSizes)('Fourier transforms of %i on the host', (size) => {
  it('give the convolution, for any kernel, padding and groups', () => {
    fc.assert(
      fc.property(cases(2), (random) => {
        const { shape, weights, bias } = random.one;
        check(createFft(size), random, (frame) =>
          convolve({ ...shape, stride: 1 }, frame, weights, bias),
        );
      }),
      { numRuns: 40 },
    );
  });

  it('cut images into blocks of tiles and output channels into chunks', () => {
    const shape = {
      channels: 5,
      height: 3 * size,
      width: 5 * size,
      outputs: 19,
      kernel: 3,
      pad: 1,
      groups: 1,
    };
    const draw = drawFrom(size);
    const one = { shape, input: draw(75 * size * size), weights: draw(19 * 45), bias: draw(19) };
    const whole = { one, activation: 'none', batch: 1, threads: 2 } as const;
    for (const kernel of [createFft(size), createSparseFft(size, 1)]) {
      check(kernel, whole, (frame) =>
        convolve({ ...shape, stride: 1 }, frame, one.weights, one.bias),
      );
    }
  });

  it('with weights pruned in the transform domain give what the pruned spectra say', () => {
    fc.assert(
      fc.property(cases(2), fc.constantFrom(0, 0.1, 0.5, 1), (random, density) => {
        const { one } = random;
        const pruned = pruneSpectra(spectraFor(one, size), density);
        check(createSparseFft(size, density), random, (frame) =>
          spectralConvolve(one.shape, pruned, one.bias, frame),
        );
      }),
      { numRuns: 15 },
    );
  });

  it('refuse what they cannot do, and say so', () => {
    const shape = { channels: 2, height: 40, width: 40, outputs: 4, kernel: 3, pad: 1, groups: 1 };
    const wide = { ...shape, channels: 1024, outputs: 1024 };
    const refusals: readonly (readonly [Layer, RegExp | null])[] = [
      [layerOf(shape, 'none'), null],
      [
        layerOf(shape, 'none', 2),
        /^has stride 2: a transform computes every output, 4 times the work$/,
      ],
      [
        layerOf({ ...shape, kernel: 1 }, 'none'),
        /^has 1×1 kernels: nothing to share between outputs$/,
      ],
      [
        layerOf({ ...shape, kernel: 17 }, 'none'),
        /^has 17×17 kernels, more than half of a transform of \d+$/,
      ],
      [layerOf(wide, 'none'), /^has spectra of \d+ MiB, more than 256$/],
    ];
    for (const [layer, refusal] of refusals) {
      if (refusal) expect(fftRefusal(layer, size)).toMatch(refusal);
      else expect(fftRefusal(layer, size)).toBeNull();
    }
  });

  it('keep the share of weights that the layer keeps, unless told', () => {
    const shape = { channels: 4, height: 9, width: 9, outputs: 4, kernel: 3, pad: 1, groups: 1 };
    const draw = drawFrom(3);
    const weights = draw(4 * 4 * 9).map((value, at) => (at % 3 === 0 ? value : 0));
    const one = { shape, input: draw(4 * 81), weights, bias: draw(4) };
    const random = { one, activation: 'none', batch: 1, threads: 1 } as const;
    const pruned = pruneSpectra(spectraFor(one, size), 1 / 3);
    check(createSparseFft(size), random, (frame) =>
      spectralConvolve(shape, pruned, one.bias, frame),
    );
  });
});
