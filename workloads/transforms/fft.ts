// Convolution by the fast Fourier transform, tile by tile (overlap-add), in double precision. A tile of S × S inputs
// meets an r × r kernel in (S + r − 1)² outputs; those of neighbouring tiles overlap by r − 1 and are added.
// Mathieu, Henaff and LeCun, "Fast Training of Convolutional Networks through FFTs", ICLR 2014 (arXiv:1312.5851).

import { invariant } from '../base/errors.js';
import { type ConvolutionShape, outputExtent } from './shape.js';
import { cutTile } from './winograd.js';

/** Complex numbers as two arrays of the same length. */
export interface Complex {
  readonly real: Float64Array;
  readonly imaginary: Float64Array;
}

/** The discrete Fourier transform of 2ᵏ numbers in place, Σ xₜ exp(∓2πi·tf/N); the inverse one is not divided by N. */
export function transformInPlace({ real, imaginary }: Complex, direction: 'forward' | 'inverse'): void {
  const size = real.length;
  invariant(size > 0 && (size & (size - 1)) === 0, () => `a transform of ${size} values, not a power of two`);
  for (let i = 0, reversed = 0; i < size; i++) {
    if (i < reversed) {
      swap(real, i, reversed);
      swap(imaginary, i, reversed);
    }
    let bit = size >> 1;
    for (; bit > 0 && (reversed & bit) !== 0; bit >>= 1) reversed ^= bit;
    reversed |= bit;
  }
  const turn = direction === 'forward' ? -2 * Math.PI : 2 * Math.PI;
  for (let span = 1; span < size; span *= 2) {
    for (let k = 0; k < span; k++) {
      const cosine = Math.cos((turn * k) / (2 * span));
      const sine = Math.sin((turn * k) / (2 * span));
      for (let low = k; low < size; low += 2 * span) {
        const high = low + span;
        const re = (real[high] as number) * cosine - (imaginary[high] as number) * sine;
        const im = (real[high] as number) * sine + (imaginary[high] as number) * cosine;
        real[high] = (real[low] as number) - re;
        imaginary[high] = (imaginary[low] as number) - im;
        real[low] = (real[low] as number) + re;
        imaginary[low] = (imaginary[low] as number) + im;
      }
    }
  }
}

function swap(values: Float64Array, i: number, j: number): void {
  const kept = values[i] as number;
  values[i] = values[j] as number;
  values[j] = kept;
}

/** The two-dimensional transform of a square: along the rows, then down the columns. */
export function transformSquare(square: Complex, direction: 'forward' | 'inverse'): void {
  const size = Math.round(Math.sqrt(square.real.length));
  for (let row = 0; row < size; row++) {
    const part = (values: Float64Array) => values.subarray(row * size, (row + 1) * size);
    transformInPlace({ real: part(square.real), imaginary: part(square.imaginary) }, direction);
  }
  const column = complex(size);
  for (let x = 0; x < size; x++) {
    for (let y = 0; y < size; y++) {
      column.real[y] = square.real[y * size + x] as number;
      column.imaginary[y] = square.imaginary[y * size + x] as number;
    }
    transformInPlace(column, direction);
    for (let y = 0; y < size; y++) {
      square.real[y * size + x] = column.real[y] as number;
      square.imaginary[y * size + x] = column.imaginary[y] as number;
    }
  }
}

function complex(size: number): Complex {
  return { real: new Float64Array(size), imaginary: new Float64Array(size) };
}

/** `sum` += a ⊙ b. */
function addProducts(sum: Complex, a: Complex, b: Complex): void {
  for (let i = 0; i < sum.real.length; i++) {
    const [ar, ai, br, bi] = [a.real[i], a.imaginary[i], b.real[i], b.imaginary[i]] as [number, number, number, number];
    sum.real[i] = (sum.real[i] as number) + ar * br - ai * bi;
    sum.imaginary[i] = (sum.imaginary[i] as number) + ar * bi + ai * br;
  }
}

/**
 * `input` [channels, height, width], `weights` [outputs, channels / groups, r, r] → [outputs, oh, ow], by transforms of
 * `size` × `size`, a power of two of at least r.
 */
export function fftConvolve(
  shape: ConvolutionShape,
  weights: Float32Array,
  bias: Float32Array | null,
  input: Float32Array,
  size: number,
): Float64Array {
  const { channels, height, width, outputs, kernel, pad, groups } = shape;
  const step = size - kernel + 1;
  invariant(step >= 1, () => `a transform of ${size} for kernels of ${kernel}`);
  const [outHeight, outWidth] = outputExtent(shape);
  const groupChannels = channels / groups;
  // Networks correlate: a kernel turned round makes a convolution of it.
  const spectra = Array.from({ length: outputs * groupChannels }, (_, at) => {
    const spectrum = complex(size * size);
    for (let tap = 0; tap < kernel * kernel; tap++) {
      const turned = kernel * kernel - 1 - tap;
      const to = Math.floor(turned / kernel) * size + (turned % kernel);
      spectrum.real[to] = weights[at * kernel * kernel + tap] as number;
    }
    transformSquare(spectrum, 'forward');
    return spectrum;
  });
  const output = new Float64Array(outputs * outHeight * outWidth);
  for (let o = 0; o < outputs; o++)
    output.fill(bias?.[o] ?? 0, o * outHeight * outWidth, (o + 1) * outHeight * outWidth);
  for (let top = 0; top < height; top += step) {
    for (let left = 0; left < width; left += step) {
      const tiles = Array.from({ length: channels }, (_, channel) => {
        const tile = complex(size * size);
        const pixels = cutTile(shape, input, channel, top, left, step);
        for (let y = 0; y < step; y++) tile.real.set(pixels.subarray(y * step, (y + 1) * step), y * size);
        transformSquare(tile, 'forward');
        return tile;
      });
      for (let o = 0; o < outputs; o++) {
        const firstChannel = Math.floor((o * groups) / outputs) * groupChannels;
        const sum = complex(size * size);
        for (let c = 0; c < groupChannels; c++) {
          addProducts(sum, tiles[firstChannel + c] as Complex, spectra[o * groupChannels + c] as Complex);
        }
        transformSquare(sum, 'inverse');
        for (let y = 0; y < size; y++) {
          // The full convolution starts r − 1 outputs before the image; padding moves that by `pad`.
          const oy = top + y - (kernel - 1) + pad;
          if (!(oy >= 0 && oy < outHeight)) continue;
          for (let x = 0; x < size; x++) {
            const ox = left + x - (kernel - 1) + pad;
            if (!(ox >= 0 && ox < outWidth)) continue;
            const to = (o * outHeight + oy) * outWidth + ox;
            output[to] = (output[to] as number) + (sum.real[y * size + x] as number) / (size * size);
          }
        }
      }
    }
  }
  return output;
}
