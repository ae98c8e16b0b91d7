import { expect } from 'vitest';

declare module 'vitest' {
  interface Matchers<T> {
    /**
     * Passes when actual / expected − 1 is at most ±relative. NaN, infinities and a zero `expected`
     * fail.
     */
    toBeWithin(relative: number, expected: number): T;
  }
}

expect.extend({
  toBeWithin(actual: number, relative: number, expected: number) {
    const error = actual / expected - 1;
    return {
      pass: Number.isFinite(error) && Math.abs(error) <= relative,
      message: () =>
        `${actual} is ${(100 * error).toFixed(4)} % off ${expected} (allowed: ±${100 * relative} %)`,
    };
  },
});
