import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cookToom, toFloat, usualPoints } from '../../../workloads/transforms/cook-toom.js';
import {
  nested,
  pruneTransformed,
  type TransformedWeights,
  transformWeights,
  winogradConvolve,
} from '../../../workloads/transforms/winograd.js';
import { convolve } from '../../reference/convolution.js';
import { convolutionCases, drawFrom, expectNear, magnitudesOf } from './cases.js';

const cases = convolutionCases({ maxKernel: 5 }).chain((one) => {
  return fc.integer({ min: 1, max: 6 }).map((outputs) => ({ ...one, outputs }));
});

function transformed(
  outputs: number,
  taps: number,
  rows: number,
  channels: number,
  weights: Float32Array,
) {
  return transformWeights(toFloat(cookToom(outputs, taps)), rows, channels, weights);
}

describe('nested Winograd convolution', () => {
  it('is the convolution, for any tile, kernel, padding and groups', () => {
    fc.assert(
      fc.property(cases, ({ shape, input, weights, bias, outputs }) => {
        const kernels = transformed(
          outputs,
          shape.kernel,
          shape.outputs,
          shape.channels / shape.groups,
          weights,
        );
        const found = winogradConvolve(shape, kernels, bias, input);
        const magnitudes = magnitudesOf(shape, input, weights, bias);
        const expected = convolve({ ...shape, stride: 1 }, input, weights, bias);
        expectNear(found, expected, (at) => 1e-6 * (magnitudes[at] as number));
      }),
    );
  });

  it('transforms a kernel as G g Gᵀ', () => {
    const kernel = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9);
    const { filtering, values } = transformed(2, 3, 1, 1, kernel);
    const expected = nested(filtering.tapMatrix, kernel);
    // By hand for position (1, 1): a quarter of the sum of all nine.
    expect(expected[5]).toBe(45 / 4);
    expectNear(values, expected, () => 1e-12);
  });

  it('refuses kernels of another size', () => {
    const shape = { channels: 1, height: 5, width: 5, outputs: 1, kernel: 5, pad: 0, groups: 1 };
    const kernels = transformed(2, 3, 1, 1, new Float32Array(9));
    expect(() => winogradConvolve(shape, kernels, null, new Float32Array(25))).toThrow(
      'F(2, 3) for kernels of 5',
    );
    expect(() => transformed(2, 3, 1, 2, new Float32Array(9))).toThrow('9 weights, not 18');
  });
});

describe('pruning in the transform domain', () => {
  const [rows, channels] = [6, 5];
  const kernels = transformed(4, 3, rows, channels, drawFrom(3)(rows * channels * 9));

  it('keeps exactly the asked share, unchanged', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (density) => {
        const { values } = pruneTransformed(kernels, density);
        const kept = values.reduce((count, value, at) => {
          expect(value === 0 || value === kernels.values[at]).toBe(true);
          return count + (value !== 0 ? 1 : 0);
        }, 0);
        expect(kept).toBe(Math.round(density * kernels.values.length));
      }),
    );
  });

  it('keeps as many as asked for where all are alike', () => {
    const alike: TransformedWeights = {
      ...transformed(1, 1, 4, 4, new Float32Array(16).fill(1)),
    };
    expect(pruneTransformed(alike, 0.25).values.filter((value) => value !== 0)).toHaveLength(4);
  });

  it('changes the output less than pruning by magnitude alone', () => {
    const shape = { channels, height: 24, width: 24, outputs: rows, kernel: 3, pad: 1, groups: 1 };
    const input = drawFrom(4)(channels * 24 * 24);
    const whole = winogradConvolve(shape, kernels, null, input);
    const errorOf = (pruned: TransformedWeights) => {
      const output = winogradConvolve(shape, pruned, null, input);
      return output.reduce((sum, value, at) => sum + (value - (whole[at] as number)) ** 2, 0);
    };
    const cut = kernels.values.map(Math.abs).sort()[kernels.values.length / 2] as number;
    const byMagnitude = {
      ...kernels,
      values: kernels.values.map((value) => (Math.abs(value) < cut ? 0 : value)),
    };
    expect(errorOf(pruneTransformed(kernels, 0.5))).toBeLessThan(0.5 * errorOf(byMagnitude));
  });

  it('counts a position by how far its weights reach', () => {
    // F(1, 2) from 0: Aᵀ = [1 1], rows of Bᵀ: [1 0] and [0 1] up to sign: all positions alike,
    // magnitude decides.
    const flat = transformWeights(
      toFloat(cookToom(1, 2, usualPoints(1))),
      1,
      1,
      Float32Array.of(4, 3, 2, 1),
    );
    const [largest, ...others] = [...pruneTransformed(flat, 0.25).values]
      .map(Math.abs)
      .toSorted((a, b) => b - a);
    expect(largest).toBe(Math.max(...flat.values.map(Math.abs)));
    expect(others).toEqual([0, 0, 0]);
  });
});
