import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toCsc, toCsr } from '../../../workloads/weights/store.js';
import { drawActivations, drawWeights } from '../../../workloads/weights/synthetic.js';

const shape = { rows: 60, columns: 50, biases: 60 };

describe('synthetic weights', () => {
  it('keep exactly the rounded share, with ascending columns and no explicit zero', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(1000), (density, seed) => {
        const { pointers, indices, values } = toCsr(drawWeights(shape, density, seed, 'w').store);
        expect(indices.length).toBe(Math.round(3000 * density));
        expect(values.every((value) => Number.isFinite(value) && value !== 0)).toBe(true);
        for (let row = 0; row < shape.rows; row++) {
          const columns = indices.subarray(pointers[row], pointers[row + 1]);
          expect(
            columns.every((column, at) => at === 0 || column > (columns[at - 1] as number)),
          ).toBe(true);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('are the same for the same seed and label, and others for another', () => {
    const draw = (seed: number, label: string) => drawWeights(shape, 0.2, seed, label);
    expect(draw(1, 'a')).toEqual(draw(1, 'a'));
    expect(draw(1, 'a')).not.toEqual(draw(2, 'a'));
    expect(draw(1, 'a')).not.toEqual(draw(1, 'b'));
  });

  it('fill rows and columns as unevenly as the real matrix that the scatter was counted in', () => {
    // fc8 of the pruned AlexNet: 25.66 % kept, standard deviations 139 over rows and 25 over
    // columns.
    const store = drawWeights({ rows: 1000, columns: 4096, biases: 0 }, 0.2566, 3, 'w').store;
    const deviation = (pointers: Uint32Array) => {
      const counts = Array.from(
        { length: pointers.length - 1 },
        (_, at) => (pointers[at + 1] as number) - (pointers[at] as number),
      );
      const mean = counts.reduce((sum, n) => sum + n, 0) / counts.length;
      return Math.sqrt(counts.reduce((sum, n) => sum + (n - mean) ** 2, 0) / counts.length);
    };
    // The standard error of a standard deviation over n counts is 1 / √(2 n): 2.2 % and 1.1 %.
    // Drawing without replacement evens full rows out a little.
    expect(deviation(toCsr(store).pointers)).toBeWithin(0.1, 139);
    expect(deviation(toCsc(store).pointers)).toBeWithin(0.1, 25);
  });

  it('keep the variance of what passes through: sum of squares of a row is 2 on average (He)', () => {
    for (const density of [0.05, 0.5, 1]) {
      const { values } = toCsr(
        drawWeights({ rows: 200, columns: 300, biases: 0 }, density, 1, 'w').store,
      );
      const squares = values.reduce((sum, value) => sum + value * value, 0);
      expect(squares / 200).toBeWithin(0.03, 2);
    }
  });

  it('have nothing between the tails: magnitude pruning left the outer share', () => {
    const { values } = toCsr(
      drawWeights({ rows: 200, columns: 300, biases: 0 }, 0.1, 1, 'w').store,
    );
    const magnitudes = values.map(Math.abs).sort();
    // The outer 10 % of a Gaussian start at 1.645 σ and have a root mean square of 2.09 σ or so.
    expect((magnitudes[0] as number) / Math.sqrt(2 / 30)).toBeWithin(0.03, 1.645 / 2.095);
  });
});

describe('synthetic activations', () => {
  it('have exactly the rounded share, all positive', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 500 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (size, density) => {
          const { values } = drawActivations(size, density, 0, 'a');
          expect(values.filter((value) => value > 0).length).toBe(Math.round(size * density));
          expect(values.every((value) => value >= 0)).toBe(true);
        },
      ),
    );
  });

  it('refuse a density above 1', () => {
    expect(() => drawActivations(10, 1.1, 0, 'a')).toThrow('found density 1.1, expected 0 to 1');
  });
});
