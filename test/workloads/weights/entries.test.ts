import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  entriesPerColumn,
  isFull,
  nonzerosOf,
  rowEndsOf,
  rowsOf,
} from '../../../workloads/weights/entries.js';
import {
  type DenseMatrix,
  type SingleStore,
  stackOf,
  toCsc,
  toCsr,
  type WeightStore,
} from '../../../workloads/weights/store.js';
import { fullMatrix } from '../../full-matrix.js';

const sizes = { rows: fc.integer({ min: 1, max: 9 }), columns: fc.integer({ min: 1, max: 11 }) };

/** Rows of columns, true where there is an entry. */
type Plain = readonly (readonly boolean[])[];

const plainOf = (rows: number, columns: number, chance: number): fc.Arbitrary<Plain> =>
  fc.array(
    fc.array(
      fc.integer({ min: 0, max: 99 }).map((drawn) => drawn < chance),
      { minLength: columns, maxLength: columns },
    ),
    { minLength: rows, maxLength: rows },
  );

const denseOf = (plain: Plain): DenseMatrix => ({
  ...{ format: 'dense', rows: plain.length, columns: plain[0]?.length ?? 0 },
  values: Float32Array.from(plain.flat(), Number),
});

const asStored: readonly ((dense: DenseMatrix) => SingleStore)[] = [
  (dense) => dense,
  toCsr,
  toCsc,
  (dense) => (dense.values.includes(0) ? dense : fullMatrix(dense.rows, dense.columns)),
];

/** One matrix, or a stack in which matrices may stand again, in any format. */
const matrices = fc
  .record({ ...sizes, chance: fc.constantFrom(0, 30, 90, 100) })
  .chain(({ rows, columns, chance }) =>
    fc.record({
      own: fc.array(plainOf(rows, columns, chance), { minLength: 1, maxLength: 3 }),
      formats: fc.array(fc.nat(asStored.length - 1), { minLength: 3, maxLength: 3 }),
      order: fc.array(fc.nat(2), { minLength: 1, maxLength: 4 }),
    }),
  )
  .map(({ own, formats, order }) => {
    const stores = own.map((plain, at) => (asStored[formats[at] ?? 0] ?? toCsr)(denseOf(plain)));
    const places = order.map((at) => at % own.length);
    const parts = places.map((at) => stores[at] as SingleStore);
    const store: WeightStore = parts.length === 1 && parts[0] ? parts[0] : stackOf(parts);
    return { store, plain: places.flatMap((at) => own[at] as Plain) };
  });

describe('where a store has entries', () => {
  it('is told as by looking at each of its values, in any format', () => {
    fc.assert(
      fc.property(matrices, ({ store, plain }) => {
        const kept = plain.map((row) => row.flatMap((isKept, at) => (isKept ? [at] : [])));
        expect(nonzerosOf(store)).toBe(kept.flat().length);
        expect(isFull(store)).toBe(plain.flat().every(Boolean));
        const { rows, columns, ends, entries } = rowEndsOf(store);
        expect({ rows, columns, entries }).toEqual({
          ...{ rows: plain.length, columns: plain[0]?.length },
          entries: kept.flat().length,
        });
        expect([...ends]).toEqual(
          [0, ...kept.keys()].map((_, row) => kept.slice(0, row).flat().length),
        );
        const rowAt = rowsOf(store);
        for (const [row, expected] of kept.entries()) {
          const { indices, from, to } = rowAt(row);
          expect([...indices.subarray(from, to)]).toEqual(expected);
        }
      }),
    );
  });

  it('is counted by column, apart for each group, of all rows or of some', () => {
    fc.assert(
      fc.property(
        matrices,
        fc.integer({ min: 1, max: 4 }),
        fc.nat(40),
        fc.nat(40),
        ({ store, plain }, groups, a, b) => {
          const { rows, columns } = store;
          const [from = 0, to = 0] = [a % (rows + 1), b % (rows + 1)].sort((x, y) => x - y);
          for (const [first, end] of [
            [0, rows],
            [from, to],
          ] as const) {
            const expected = new Array<number>(groups * columns).fill(0);
            for (let row = first; row < end; row++) {
              for (const [column, isKept] of (plain[row] ?? []).entries()) {
                const place = Math.floor((row * groups) / rows) * columns + column;
                if (isKept) expected[place] = (expected[place] ?? 0) + 1;
              }
            }
            expect([...entriesPerColumn(store, groups, first, end)]).toEqual(expected);
          }
        },
      ),
    );
  });

  it('is known of a matrix without zeros while nobody has made its values', () => {
    const store = fullMatrix(3, 4);
    const stack = stackOf([store, store]);
    expect([nonzerosOf(stack), isFull(stack)]).toEqual([24, true]);
    expect([...rowEndsOf(store).ends]).toEqual([0, 4, 8, 12]);
    expect([...entriesPerColumn(stack, 2)]).toEqual(new Array(8).fill(3));
  });

  it('is the same row where rows are known to be the same', () => {
    const rowAt = rowsOf(fullMatrix(3, 4));
    expect(rowAt(2)).toBe(rowAt(0));
  });
});
