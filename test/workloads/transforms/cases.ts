// Random convolutions of stride 1, and how far apart two of their results may be.

import fc from 'fast-check';
import { expect } from 'vitest';
import type { ConvolutionShape } from '../../../workloads/transforms/shape.js';
import { convolve } from '../../reference/convolution.js';

export interface ConvolutionCase {
  readonly shape: ConvolutionShape;
  readonly input: Float32Array;
  readonly weights: Float32Array;
  readonly bias: Float32Array;
}

interface Limits {
  readonly minKernel?: number;
  readonly maxKernel: number;
  readonly maxExtent?: number;
}

/** Images of 1 × 1 up, so that tiles hang over one edge, both or none. */
export function convolutionCases({
  minKernel = 1,
  maxKernel,
  maxExtent = 11,
}: Limits): fc.Arbitrary<ConvolutionCase> {
  return fc
    .record({
      groups: fc.integer({ min: 1, max: 2 }),
      groupChannels: fc.integer({ min: 1, max: 3 }),
      groupOutputs: fc.integer({ min: 1, max: 5 }),
      kernel: fc.integer({ min: minKernel, max: maxKernel }),
      pad: fc.integer({ min: 0, max: 2 }),
      height: fc.integer({ min: 1, max: maxExtent }),
      width: fc.integer({ min: 1, max: maxExtent }),
      seed: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
    })
    .filter(({ kernel, pad, height, width }) => Math.min(height, width) + 2 * pad >= kernel)
    .map(({ groups, groupChannels, groupOutputs, seed, ...rest }) => {
      const shape = {
        ...rest,
        groups,
        channels: groups * groupChannels,
        outputs: groups * groupOutputs,
      };
      const draw = drawFrom(seed);
      return {
        shape,
        input: draw(shape.channels * shape.height * shape.width),
        weights: draw(shape.outputs * groupChannels * shape.kernel ** 2),
        bias: draw(shape.outputs),
      };
    });
}

/**
 * Numbers in −1 … 1 by a linear congruential generator: enough for sums that must not cancel by
 * design.
 */
export function drawFrom(seed: number): (count: number) => Float32Array {
  let state = seed;
  return (count) =>
    Float32Array.from({ length: count }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 2 ** 31 - 1;
    });
}

/** Σ |w| |x| + |b| of each output: what a sum's rounding errors are measured against. */
export function magnitudesOf(
  shape: ConvolutionShape,
  input: Float32Array,
  weights: Float32Array,
  bias: Float32Array,
) {
  return convolve(
    { ...shape, stride: 1 },
    input.map(Math.abs),
    weights.map(Math.abs),
    bias.map(Math.abs),
  );
}

/** Fails naming the first value that is further off than `allowed` of its place. */
export function expectNear(
  found: ArrayLike<number>,
  expected: ArrayLike<number>,
  allowed: (at: number) => number,
): void {
  expect(found.length).toBe(expected.length);
  for (let at = 0; at < expected.length; at++) {
    const off = Math.abs((found[at] as number) - (expected[at] as number));
    if (!(off <= allowed(at)))
      expect.fail(`value ${at}: found ${found[at]}, expected ${expected[at]} ± ${allowed(at)}`);
  }
}
