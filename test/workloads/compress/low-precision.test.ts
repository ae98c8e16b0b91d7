import fc from 'fast-check';
import { probit } from 'simple-statistics';
import { describe, expect, it } from 'vitest';
import {
  balanceOf,
  binarize,
  binarizeActivations,
  countBits,
} from '../../../workloads/compress/binary.js';
import { quantize, quantizeVector } from '../../../workloads/compress/int8.js';
import { ternarize } from '../../../workloads/compress/ternary.js';
import type { DenseMatrix } from '../../../workloads/weights/store.js';

const matrices = fc
  .record({ rows: fc.integer({ min: 1, max: 4 }), columns: fc.integer({ min: 1, max: 70 }) })
  .chain(({ rows, columns }) =>
    fc
      .array(
        fc.integer({ min: -999, max: 999 }).map((value) => value / 250),
        { minLength: rows * columns, maxLength: rows * columns },
      )
      .map(
        (values): DenseMatrix => ({
          format: 'dense',
          rows,
          columns,
          values: Float32Array.from(values),
        }),
      ),
  );

/** The quantiles of a normal distribution: a row whose errors can be worked out. */
const COUNT = 20_000;
const gaussian: DenseMatrix = {
  format: 'dense',
  rows: 1,
  columns: COUNT,
  values: Float32Array.from({ length: COUNT }, (_, i) => probit((i + 0.5) / COUNT)),
};

/** ‖w − ŵ‖² / ‖w‖². */
function lossOf(values: Float32Array, approximation: (at: number) => number): number {
  const squares = values.reduce((sum, value) => sum + value * value, 0);
  return values.reduce((sum, value, at) => sum + (value - approximation(at)) ** 2, 0) / squares;
}

function signAt(signs: Uint32Array, words: number, row: number, column: number): number {
  return ((signs[row * words + (column >> 5)] as number) >>> (column & 31)) & 1 ? -1 : 1;
}

describe('binary weights', () => {
  it('are each row’s signs and mean magnitude', () => {
    const matrix: DenseMatrix = {
      format: 'dense',
      rows: 2,
      columns: 3,
      values: Float32Array.of(1, -2, 3, 0, -1, -2),
    };
    const { signs, scales } = binarize(matrix);
    expect([...signs]).toEqual([0b010, 0b110]);
    expect([...scales]).toEqual([2, 1]);
    expect([...balanceOf(binarize(matrix))]).toEqual([1, -1]);
  });

  it('are nearer to each row than any other scale of any other signs', () => {
    fc.assert(
      fc.property(
        matrices,
        fc.float({ min: 0, max: 4, noNaN: true }),
        fc.nat(),
        (matrix, scale, flipped) => {
          const { signs, scales, columns } = binarize(matrix);
          const words = Math.ceil(columns / 32);
          for (let row = 0; row < matrix.rows; row++) {
            const weights = matrix.values.subarray(row * columns, (row + 1) * columns);
            const distance = (of: (column: number) => number) =>
              weights.reduce((sum, value, column) => sum + (value - of(column)) ** 2, 0);
            const own = distance(
              (column) => (scales[row] as number) * signAt(signs, words, row, column),
            );
            const other = distance((column) => {
              const sign = signAt(signs, words, row, column);
              return scale * (column === flipped % columns ? -sign : sign);
            });
            expect(own).toBeLessThanOrEqual(other + 1e-4);
          }
        },
      ),
    );
  });

  it('lose 1 − 2/π of a Gaussian', () => {
    const { signs, scales } = binarize(gaussian);
    const loss = lossOf(gaussian.values, (at) => (scales[0] as number) * signAt(signs, 0, 0, at));
    expect(loss).toBeWithin(2e-3, 1 - 2 / Math.PI);
  });

  it('leave the bits beyond the last column zero', () => {
    const { signs } = binarize({
      format: 'dense',
      rows: 1,
      columns: 33,
      values: new Float32Array(33).fill(-1),
    });
    expect([...signs]).toEqual([0xffffffff, 1]);
    expect(countBits(signs)).toBe(33);
  });
});

describe('binary activations', () => {
  it('are split at their mean, behind a ReLU too', () => {
    const { signs, offset, scale } = binarizeActivations(Float32Array.of(0, 0, 0, 4));
    expect([...signs]).toEqual([0b0111]);
    expect(offset).toBe(1);
    // Distances from the mean: 1, 1, 1 and 3.
    expect(scale).toBe(1.5);
  });
});

describe('ternary weights', () => {
  it('drop what lies below 0.7 of the mean magnitude of its row', () => {
    // Means 2 and 10: thresholds 1.4 and 7. Kept are 4 and −2, then 12, −18 and 8.
    const values = Float32Array.of(4, 1, -2, -1, 12, -18, 2, 8);
    const { values: ternary, scales } = ternarize({ format: 'dense', rows: 2, columns: 4, values });
    expect([...ternary]).toEqual([1, 0, -1, 0, 1, -1, 0, 1]);
    expect(scales[0]).toBe(3);
    expect(scales[1]).toBeWithin(1e-6, 38 / 3);
  });

  it('lose 19.2 % of a Gaussian', () => {
    // Threshold t = 0.7 √(2/π) = 0.5585; kept p = 2 (1 − Φ(t)) = 0.5765; their mean magnitude is 2
    // φ(t) / p with φ(t) = 0.3413, so that (2 φ(t))² / p = 0.8083 is kept.
    const { values, scales } = ternarize(gaussian);
    const loss = lossOf(gaussian.values, (at) => (scales[0] as number) * (values[at] as number));
    expect(loss).toBeWithin(5e-3, 0.1917);
  });

  it('of zeros are zeros', () => {
    const { values, scales } = ternarize({
      format: 'dense',
      rows: 1,
      columns: 3,
      values: new Float32Array(3),
    });
    expect([...values, ...scales]).toEqual([0, 0, 0, 0]);
  });
});

describe('8-bit weights', () => {
  it('are off by at most half their row’s step, which takes the largest to 127', () => {
    fc.assert(
      fc.property(matrices, (matrix) => {
        const { values, scales, columns } = quantize(matrix);
        for (let row = 0; row < matrix.rows; row++) {
          const step = scales[row] as number;
          const weights = matrix.values.subarray(row * columns, (row + 1) * columns);
          const codes = values.subarray(row * columns, (row + 1) * columns);
          weights.forEach((weight, column) => {
            const off = Math.abs(weight - step * (codes[column] as number));
            expect(off).toBeLessThanOrEqual(0.5 * step * (1 + 1e-5));
          });
          if (step > 0) expect(Math.max(...codes.map(Math.abs))).toBe(127);
        }
      }),
    );
  });

  it('round halves to even', () => {
    expect([...quantizeVector(Float32Array.of(127, 0.5, 1.5, -2.5)).values]).toEqual([
      127, 0, 2, -2,
    ]);
  });

  it('of zeros are zeros', () => {
    expect(quantizeVector(new Float32Array(2))).toEqual({ values: new Int8Array(2), scale: 0 });
  });
});
