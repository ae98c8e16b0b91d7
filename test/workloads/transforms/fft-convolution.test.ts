import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { complex, transformSquare } from '../../../workloads/transforms/fft.js';
import {
  type KernelSpectra,
  pruneSpectra,
  spectralConvolve,
  spectraOf,
} from '../../../workloads/transforms/fft-convolution.js';
import { convolve } from '../../reference/convolution.js';
import {
  type ConvolutionCase,
  convolutionCases,
  drawFrom,
  expectNear,
  magnitudesOf,
} from './cases.js';

const tiledFrom = (minKernel: number) =>
  convolutionCases({ minKernel, maxKernel: 5 }).chain((one) => {
    return fc.constantFrom(8, 16).map((size) => ({ ...one, size }));
  });

function spectraFor({ shape, weights }: ConvolutionCase, size: number): KernelSpectra {
  return spectraOf(weights, shape.outputs, shape.channels / shape.groups, shape.kernel, size);
}

describe('spectra of kernels', () => {
  it('are the conjugates of their Fourier transforms', () => {
    const [size, kernel] = [8, 3];
    const weights = drawFrom(1)(2 * 9);
    const { real, imaginary } = spectraOf(weights, 2, 1, kernel, size);
    for (let o = 0; o < 2; o++) {
      const square = complex(size * size);
      for (let tap = 0; tap < 9; tap++) {
        square.real[Math.floor(tap / kernel) * size + (tap % kernel)] = weights[
          o * 9 + tap
        ] as number;
      }
      transformSquare(square, 'forward');
      for (let fx = 0; fx <= size / 2; fx++) {
        for (let fy = 0; fy < size; fy++) {
          const at = (fx * size + fy) * 2 + o;
          const [re, im] = [
            square.real[fy * size + fx] as number,
            square.imaginary[fy * size + fx] as number,
          ];
          expect(
            Math.hypot((real[at] as number) - re, (imaginary[at] as number) + im),
          ).toBeLessThan(1e-12);
        }
      }
    }
  });

  it('refuse tiles smaller than the kernel', () => {
    expect(() => spectraOf(new Float32Array(25), 1, 1, 5, 4)).toThrow(
      'a transform of 4 for kernels of 5',
    );
  });
});

describe('convolution by Fourier transforms', () => {
  it('is the convolution, for any kernel, padding, groups and tile', () => {
    fc.assert(
      fc.property(tiledFrom(1), ({ size, ...one }) => {
        const { shape, input, weights, bias } = one;
        const found = spectralConvolve(shape, spectraFor(one, size), bias, input);
        const expected = convolve({ ...shape, stride: 1 }, input, weights, bias);
        // The reference is in 32 bits; errors of a transform spread over its tile, so the largest
        // magnitude bounds all.
        const largest = Math.max(...magnitudesOf(shape, input, weights, bias));
        expectNear(found, expected, () => 1e-6 * largest);
      }),
      { numRuns: 50 },
    );
  });
});

describe('pruned spectra', () => {
  const kept = ({ real, imaginary }: KernelSpectra) =>
    real.filter((value, at) => value !== 0 || imaginary[at] !== 0);

  // A 1×1 kernel is as large at every frequency: all of it is kept or nothing.
  it('keep the share asked for, up to conjugates, and all of it at 1', () => {
    fc.assert(
      fc.property(tiledFrom(2), fc.constantFrom(0, 0.1, 0.5, 1), ({ size, ...one }, density) => {
        const spectra = spectraFor(one, size);
        const pruned = pruneSpectra(spectra, density);
        const wanted = density * kept(spectra).length;
        expect(kept(pruned).length).toBeGreaterThanOrEqual(Math.floor(wanted) - 1);
        expect(kept(pruned).length).toBeLessThanOrEqual(
          Math.ceil(density * spectra.real.length) + 1,
        );
        if (density === 1) expect(pruned).toEqual(spectra);
      }),
      { numRuns: 50 },
    );
  });

  it('lose what changes the output least: the loss is the energy dropped, and no other choice drops less', () => {
    const one = {
      shape: { channels: 1, height: 8, width: 8, outputs: 1, kernel: 3, pad: 0, groups: 1 },
    };
    const weights = drawFrom(7)(9);
    const spectra = spectraOf(weights, 1, 1, 3, 8);
    const pruned = pruneSpectra(spectra, 0.25);
    const energy = ({ real, imaginary }: KernelSpectra) =>
      real.reduce((sum, re, at) => {
        const fx = Math.floor(at / 8);
        return sum + (fx === 0 || fx === 4 ? 1 : 2) * (re ** 2 + (imaginary[at] as number) ** 2);
      }, 0);
    // Parseval: Σ |w|² over all 64 frequencies is 64 Σ g².
    expect(energy(spectra)).toBeWithin(
      1e-9,
      64 * weights.reduce((sum, weight) => sum + weight ** 2, 0),
    );
    // A white input (one pixel at a time) meets the dropped energy.
    let loss = 0;
    for (let pixel = 0; pixel < 64; pixel++) {
      const input = new Float32Array(64);
      input[pixel] = 1;
      const [full, less] = [spectra, pruned].map((of) =>
        spectralConvolve({ ...one.shape }, of, null, input),
      );
      loss += (full ?? new Float64Array()).reduce(
        (sum, value, at) => sum + (value - (less?.[at] ?? 0)) ** 2,
        0,
      );
    }
    // 36 of the tile's 64 outputs are the convolution's, each of which sees every pixel.
    expect(loss).toBeWithin(1e-9, (36 / 64) * (energy(spectra) - energy(pruned)));
  });
});
