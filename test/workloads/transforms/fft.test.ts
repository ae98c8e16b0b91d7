import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Complex,
  transformInPlace,
  transformSquare,
} from '../../../workloads/transforms/fft.js';

/** From the definition: Σ xₜ exp(−2πi·tf/N). */
function discreteFourierTransform({ real, imaginary }: Complex): Complex {
  const size = real.length;
  const result = { real: new Float64Array(size), imaginary: new Float64Array(size) };
  for (let frequency = 0; frequency < size; frequency++) {
    let [re, im] = [0, 0];
    for (let time = 0; time < size; time++) {
      const angle = (-2 * Math.PI * time * frequency) / size;
      const [a, b] = [real[time] as number, imaginary[time] as number];
      re += a * Math.cos(angle) - b * Math.sin(angle);
      im += a * Math.sin(angle) + b * Math.cos(angle);
    }
    result.real[frequency] = re;
    result.imaginary[frequency] = im;
  }
  return result;
}

const numbers = (length: number) =>
  fc
    .array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: length, maxLength: length })
    .map((values) => Float64Array.from(values));
const signals = fc
  .integer({ min: 0, max: 5 })
  .chain((power) => fc.record({ real: numbers(2 ** power), imaginary: numbers(2 ** power) }));

function copyOf({ real, imaginary }: Complex): Complex {
  return { real: real.slice(), imaginary: imaginary.slice() };
}

function expectSame(found: Complex, expected: Complex, factor: number): void {
  for (let i = 0; i < found.real.length; i++) {
    expect(
      Math.abs((found.real[i] as number) - factor * (expected.real[i] as number)),
    ).toBeLessThan(1e-12);
    expect(
      Math.abs((found.imaginary[i] as number) - factor * (expected.imaginary[i] as number)),
    ).toBeLessThan(1e-12);
  }
}

describe('the fast Fourier transform', () => {
  it('is the discrete one', () => {
    fc.assert(
      fc.property(signals, (signal) => {
        const found = copyOf(signal);
        transformInPlace(found, 'forward');
        expectSame(found, discreteFourierTransform(signal), 1);
      }),
    );
  });

  it('comes back N times as large', () => {
    fc.assert(
      fc.property(signals, (signal) => {
        const found = copyOf(signal);
        transformInPlace(found, 'forward');
        transformInPlace(found, 'inverse');
        expectSame(found, signal, signal.real.length);
      }),
    );
  });

  it('transforms a square along rows and columns: a single wave is a single frequency', () => {
    // x(r, c) = exp(2πi (1·r + 3·c) / 4) is 16 at frequency (1, 3), 0 elsewhere.
    const square = { real: new Float64Array(16), imaginary: new Float64Array(16) };
    for (let at = 0; at < 16; at++) {
      const angle = (2 * Math.PI * (Math.floor(at / 4) + 3 * (at % 4))) / 4;
      square.real[at] = Math.cos(angle);
      square.imaginary[at] = Math.sin(angle);
    }
    transformSquare(square, 'forward');
    const expected = { real: new Float64Array(16), imaginary: new Float64Array(16) };
    expected.real[4 + 3] = 16;
    expectSame(square, expected, 1);
  });

  it('refuses sizes that are no power of two', () => {
    const three = { real: new Float64Array(3), imaginary: new Float64Array(3) };
    expect(() => transformInPlace(three, 'forward')).toThrow(
      'a transform of 3 values, not a power of two',
    );
  });
});
