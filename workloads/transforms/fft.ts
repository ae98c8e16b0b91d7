// The fast Fourier transform of powers of two, in double precision: Cooley and Tukey, "An Algorithm
// for the Machine Calculation of Complex Fourier Series", Mathematics of Computation 19, 1965.

import { invariant } from '../base/errors.js';

/** Complex numbers as two arrays of the same length. */
export interface Complex {
  readonly real: Float64Array;
  readonly imaginary: Float64Array;
}

/**
 * The discrete Fourier transform of 2ᵏ numbers in place, Σ xₜ exp(∓2πi·tf/N); the inverse one is
 * not divided by N.
 */
export function transformInPlace(
  { real, imaginary }: Complex,
  direction: 'forward' | 'inverse',
): void {
  const size = real.length;
  invariant(
    size > 0 && (size & (size - 1)) === 0,
    () => `a transform of ${size} values, not a power of two`,
  );
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

/** `size` zeros. */
export function complex(size: number): Complex {
  return { real: new Float64Array(size), imaginary: new Float64Array(size) };
}
