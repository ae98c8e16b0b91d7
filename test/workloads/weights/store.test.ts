import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../workloads/base/errors.js';
import { nonzerosOf, rowEndsOf } from '../../../workloads/weights/entries.js';
import { sliceRows } from '../../../workloads/weights/slices.js';
import {
  type DenseMatrix,
  stackOf,
  toCodebook,
  toCsc,
  toCsr,
  toDense,
} from '../../../workloads/weights/store.js';

/** Matrices whose values come from a small table, so that every format can hold them. */
const table = [0, -1.5, 0.25, 3, 7];
const matrices = fc
  .record({
    rows: fc.integer({ min: 1, max: 12 }),
    columns: fc.integer({ min: 1, max: 40 }),
    zeros: fc.integer({ min: 0, max: 20 }),
  })
  .chain(({ rows, columns, zeros }) =>
    fc
      .array(fc.integer({ min: -zeros, max: table.length - 1 }), {
        minLength: rows * columns,
        maxLength: rows * columns,
      })
      .map(
        (picks): DenseMatrix => ({
          format: 'dense',
          rows,
          columns,
          values: Float32Array.from(picks, (pick) => table[Math.max(0, pick)] as number),
        }),
      ),
  );

describe('weight stores', () => {
  it('keep a matrix through CSR, CSC and back', () => {
    fc.assert(
      fc.property(matrices, (matrix) => {
        expect(toDense(toCsr(matrix)).values).toEqual(matrix.values);
        expect(toDense(toCsc(matrix)).values).toEqual(matrix.values);
        expect(toCsr(toCsc(matrix))).toEqual(toCsr(matrix));
      }),
    );
  });

  it('say where their rows end, whatever their formats', () => {
    fc.assert(
      fc.property(matrices, (matrix) => {
        const { rows, columns, values } = matrix;
        const stack = stackOf([matrix, toCsr(matrix), matrix]);
        for (const store of [matrix, toCsr(matrix), toCsc(matrix), stack]) {
          const { ends, entries, ...size } = rowEndsOf(store);
          expect(size).toEqual({ rows: store.rows, columns });
          const each = Array.from({ length: rows }, (_, row) =>
            values.slice(row * columns, (row + 1) * columns).reduce((n, v) => n + +(v !== 0), 0),
          );
          const found = [...ends.slice(1)].map((end, row) => end - (ends[row] as number));
          expect(found).toEqual(Array.from({ length: store.rows }, (_, row) => each[row % rows]));
          expect(entries).toBe(found.reduce((sum, count) => sum + count, 0));
        }
      }),
    );
  });

  it('stand below each other as one matrix, whatever their formats', () => {
    fc.assert(
      fc.property(matrices, (matrix) => {
        const { rows, columns, values } = matrix;
        const stack = stackOf([matrix, toCsr(matrix), toCsc(matrix), matrix]);
        const whole: DenseMatrix = {
          ...{ format: 'dense', rows: 4 * rows, columns },
          values: Float32Array.from({ length: 4 * values.length }, (_, at) => {
            return values[at % values.length] as number;
          }),
        };
        expect(toDense(stack)).toEqual(whole);
        expect(toCsr(stack)).toEqual(toCsr(whole));
        expect(nonzerosOf(stack)).toBe(nonzerosOf(whole));
        const weights = { store: stack, bias: null, origin: 'real' as const };
        const [from, to] = [rows, 3 * rows];
        expect(toDense(sliceRows(weights, from, to).store).values).toEqual(
          whole.values.slice(from * columns, to * columns),
        );
      }),
    );
  });

  it('count the non-zeros of any format', () => {
    fc.assert(
      fc.property(matrices, (matrix) => {
        const expected = matrix.values.filter((value) => value !== 0).length;
        for (const store of [
          matrix,
          toCsr(matrix),
          toCsc(matrix),
          toCodebook(matrix, Float32Array.from(table), 4),
        ]) {
          expect(nonzerosOf(store)).toBe(expected);
        }
      }),
    );
  });

  it('keep a matrix through a codebook with any index width', () => {
    fc.assert(
      fc.property(matrices, fc.integer({ min: 1, max: 8 }), (matrix, indexBits) => {
        const coded = toCodebook(matrix, Float32Array.from(table), indexBits);
        expect(Math.max(0, ...coded.gaps)).toBeLessThan(2 ** indexBits);
        expect(toDense(coded).values).toEqual(matrix.values);
      }),
    );
  });

  it('bridge a gap of 18 zeros with one padding entry, as in the paper’s example', () => {
    // EIE, Section III-B: [0,0,1,2,0 × 18,3] → v = [1,2,0,3], z = [2,0,15,2].
    const values = Float32Array.from([0, 0, 1, 2, ...new Array(18).fill(0), 3]);
    const coded = toCodebook(
      { format: 'dense', rows: 1, columns: 23, values },
      Float32Array.from([0, 1, 2, 3]),
      4,
    );
    expect([...coded.codes]).toEqual([1, 2, 0, 3]);
    expect([...coded.gaps]).toEqual([2, 0, 15, 2]);
  });

  it('refuse an entry past the end', () => {
    const store = {
      ...({
        format: 'codebook',
        rows: 1,
        columns: 2,
        codebook: Float32Array.from([0, 1]),
      } as const),
      ...{ codes: Uint8Array.from([1, 1]), gaps: Uint8Array.from([1, 0]) },
    };
    expect(() => toCsr(store)).toThrow(
      new InputError('entry 1 lies at weight 2, expected a position below 2'),
    );
  });
});
