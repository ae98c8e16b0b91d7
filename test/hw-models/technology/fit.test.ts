import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ArrayPoint,
  evaluate,
  fitArray,
  fitErrors,
} from '../../../hw-models/technology/fit.js';

const shapes = [128, 1024, 8192, 65_536].flatMap((bytes) =>
  [16, 64, 256].map((bits) => ({ bytes, bits })),
);

/** The least sum of squared logarithms over a grid of all three numbers. */
function bestOnGrid(points: readonly ArrayPoint[]): number {
  let min = Number.POSITIVE_INFINITY;
  for (let fixedShare = 0; fixedShare < 1; fixedShare += 0.05) {
    for (let exponent = 0; exponent <= 1.2; exponent += 0.05) {
      for (let scale = 0.2; scale < 20; scale *= 1.05) {
        const law = { scale, exponent, fixedShare };
        min = Math.min(
          min,
          residual(points, (point) => evaluate(law, point)),
        );
      }
    }
  }
  return min;
}

const residual = (points: readonly ArrayPoint[], predict: (point: ArrayPoint) => number) =>
  points.reduce((total, point) => total + Math.log(predict(point) / point.value) ** 2, 0);

describe('the law of an array', () => {
  const law = fc.record({
    scale: fc.double({ min: 0.5, max: 10, noNaN: true }),
    exponent: fc.double({ min: 0.1, max: 1, noNaN: true }),
    fixedShare: fc.double({ min: 0.05, max: 0.95, noNaN: true }),
  });

  it('is found again in its own points', () => {
    fc.assert(
      fc.property(law, (hidden) => {
        const points = shapes.map((shape) => ({ ...shape, value: evaluate(hidden, shape) }));
        const found = fitArray(points);
        expect(found.scale).toBeWithin(1e-4, hidden.scale);
        expect(found.exponent).toBeWithin(1e-4, hidden.exponent);
        expect(found.fixedShare).toBeWithin(1e-3, hidden.fixedShare);
      }),
      { numRuns: 50 },
    );
  });

  it('is no farther from noisy points than any law of a grid', () => {
    const noise = fc.array(fc.double({ min: 0.5, max: 2, noNaN: true }), {
      minLength: shapes.length,
      maxLength: shapes.length,
    });
    fc.assert(
      fc.property(law, noise, (hidden, factors) => {
        const points = shapes.map((shape, at) => ({
          ...shape,
          value: evaluate(hidden, shape) * (factors[at] ?? 1),
        }));
        const found = fitArray(points);
        expect(residual(points, (point) => evaluate(found, point))).toBeLessThanOrEqual(
          bestOnGrid(points),
        );
      }),
      { numRuns: 5 },
    );
  });

  it('leaves a point out to judge it', () => {
    const points = shapes.map((shape) => ({
      ...shape,
      value: evaluate({ scale: 2, exponent: 0.5, fixedShare: 0.3 }, shape),
    }));
    const spoilt = points.with(4, {
      ...(points[4] as ArrayPoint),
      value: 2 * (points[4]?.value ?? 0),
    });
    const errors = fitErrors(spoilt);
    // The other eleven lie on the law, so the law without the spoilt one is exact: half of the
    // spoilt value.
    expect(errors[4]?.leftOut).toBeWithin(1e-3, -0.5);
    expect(Math.abs(errors[4]?.error ?? 0)).toBeLessThan(0.5);
  });

  it('needs three points', () => {
    expect(() => fitArray([{ bytes: 1, bits: 1, value: 1 }])).toThrow(
      '1 points cannot fix a law of three numbers',
    );
  });
});
