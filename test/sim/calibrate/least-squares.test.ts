import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundedLeastSquares } from '../../../sim/calibrate/least-squares.js';

const number = fc.double({ min: -2, max: 2, noNaN: true });
const problem = fc
  .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 4, max: 8 }))
  .chain(([columns, rows]) =>
    fc.record({
      matrix: fc.array(fc.array(number, { minLength: columns, maxLength: columns }), {
        minLength: rows,
        maxLength: rows,
      }),
      target: fc.array(number, { minLength: rows, maxLength: rows }),
      bounds: fc.array(fc.double({ min: -1, max: 1, noNaN: true }), {
        minLength: columns,
        maxLength: columns,
      }),
    }),
  );

const loss = (
  matrix: readonly (readonly number[])[],
  target: readonly number[],
  values: readonly number[],
) =>
  matrix.reduce((sum, row, at) => {
    const product = row.reduce(
      (total, entry, column) => total + entry * (values[column] as number),
      0,
    );
    return sum + (product - (target[at] as number)) ** 2;
  }, 0);

describe('boundedLeastSquares', () => {
  it('finds values from which no step within the bounds leads nearer', () => {
    fc.assert(
      fc.property(problem, ({ matrix, target, bounds }) => {
        const values = boundedLeastSquares(matrix, target, bounds);
        const min = loss(matrix, target, values);
        for (const [at, value] of values.entries()) {
          expect(value).toBeGreaterThanOrEqual(bounds[at] as number);
          for (const step of [-0.01, 0.01]) {
            const next = values.map((other, i) =>
              i === at ? Math.max(bounds[at] as number, other + step) : other,
            );
            expect(loss(matrix, target, next)).toBeGreaterThanOrEqual(min - 1e-6);
          }
        }
      }),
    );
  });

  it('solves what has a solution', () => {
    // 2 a + b = 5, a + 3 b = 10, a + b = 4: a = 1, b = 3.
    const [a, b] = boundedLeastSquares(
      [
        [2, 1],
        [1, 3],
        [1, 1],
      ],
      [5, 10, 4],
      [0, 0],
    );
    expect(a).toBeWithin(1e-6, 1);
    expect(b).toBeWithin(1e-6, 3);
  });

  it('leaves at its bound what nothing depends on', () => {
    expect(boundedLeastSquares([[1, 0]], [3], [0, 0.25])).toEqual([3, 0.25]);
  });
});
