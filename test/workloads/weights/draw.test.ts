import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../workloads/base/random.js';
import { finish } from '../../../workloads/base/steps.js';
import { drawFull, drawGroups, drawMatrix } from '../../../workloads/weights/draw.js';
import { drawEntries, drawGroupEntries } from '../../reference/draw.js';

const chances = (max: number) =>
  fc.array(fc.oneof(fc.constant(1), fc.double({ min: 1e-3, max: 2, noNaN: true })), {
    minLength: 1,
    maxLength: max,
  });

const draws = fc
  .record({
    rows: chances(40),
    columns: chances(130),
    share: fc.oneof(fc.constantFrom(0, 0.5, 1), fc.double({ min: 0, max: 1, noNaN: true })),
    values: fc.integer({ min: 1, max: 6 }),
    seed: fc.nat(1e6),
  })
  .map(({ rows, columns, share, values, seed }) => ({
    draw: {
      rowChances: Float64Array.from(rows),
      columnChances: Float64Array.from(columns),
      nonzeros: Math.round(share * rows.length * columns.length),
      table: Float32Array.from({ length: 2 ** values }, (_, at) => at + 0.5),
    },
    seed,
  }));

describe('the draw of a matrix', () => {
  it('draws what the plain loop draws, and leaves the stream where it does', () => {
    fc.assert(
      fc.property(draws, ({ draw, seed }) => {
        const [fast, slow] = [createRandom(seed, 'draw'), createRandom(seed, 'draw')];
        const { rows, columns, pointers, indices, values } = finish(drawMatrix(draw, fast));
        const rowOf = Array.from({ length: rows }, (_, row) =>
          new Array<number>((pointers[row + 1] as number) - (pointers[row] as number)).fill(row),
        ).flat();
        const entries = [...indices].map((column, at) => [
          (rowOf[at] as number) * columns + column,
          values[at],
        ]);
        expect(entries).toEqual(drawEntries(draw, slow));
        expect(fast.uniform()).toBe(slow.uniform());
      }),
      { numRuns: 300 },
    );
  });

  it('draws large matrices alike, part by part', () => {
    // More pairs than are drawn and more entries than are listed at a time.
    const [rows, columns] = [100, 1001];
    const evenly = (length: number) => Float64Array.from({ length }, (_, at) => 1 + (at % 7) / 10);
    for (const nonzeros of [45_000, 60_000]) {
      const table = Float32Array.of(1, -1);
      const draw = { rowChances: evenly(rows), columnChances: evenly(columns), nonzeros, table };
      const { pointers, indices, values } = finish(drawMatrix(draw, createRandom(1, 'draw')));
      const entries = drawEntries(draw, createRandom(1, 'draw'));
      expect([...indices]).toEqual(entries.map(([place]) => place % columns));
      expect([...values]).toEqual(entries.map(([, value]) => value));
      const before = (row: number) => entries.filter(([place]) => place < row * columns).length;
      expect([...pointers]).toEqual(Array.from({ length: rows + 1 }, (_, row) => before(row)));
    }
  });

  it('draws nothing of a matrix without zeros before its values are read, then the same', () => {
    fc.assert(
      fc.property(draws, ({ draw, seed }) => {
        const { rowChances, columnChances, table } = draw;
        const [rows, columns] = [rowChances.length, columnChances.length];
        const [fast, slow] = [createRandom(seed, 'draw'), createRandom(seed, 'draw')];
        const full = drawFull(rows, columns, table, fast);
        const entries = drawEntries({ ...draw, nonzeros: rows * columns }, slow);
        expect(fast.uniform()).toBe(slow.uniform());
        expect([...full.values]).toEqual(entries.map(([, value]) => value));
        expect(full.values).toBe(full.values);
      }),
      { numRuns: 100 },
    );
  });

  it('lets values be read while places are being drawn', () => {
    const table = Float32Array.of(1, -1);
    const chances = new Float64Array(300).fill(1);
    const draw = { rowChances: chances, columnChances: chances, nonzeros: 30_000, table };
    const full = drawFull(30, 30, table, createRandom(1, 'full'));
    const places = drawMatrix(draw, createRandom(2, 'places'));
    places.next();
    expect(full.values.length).toBe(900);
    expect(finish(places)).toEqual(finish(drawMatrix(draw, createRandom(2, 'places'))));
  });

  it('keeps some of each group as the plain loop does, values drawn again when they are read', () => {
    const cases = fc.record({
      ...{ rows: fc.integer({ min: 1, max: 20 }), columns: fc.integer({ min: 1, max: 60 }) },
      ...{
        of: fc.integer({ min: 1, max: 9 }),
        kept: fc.nat(9),
        values: fc.integer({ min: 1, max: 6 }),
      },
      seed: fc.nat(1e6),
    });
    const check = (
      rows: number,
      columns: number,
      keep: number,
      of: number,
      seed: number,
      values: number,
    ) => {
      const table = Float32Array.from({ length: 2 ** values }, (_, at) => at + 0.5);
      const draw = { rows, columns, keep, of, table };
      const [fast, slow] = [createRandom(seed, 'draw'), createRandom(seed, 'draw')];
      const store = drawGroups(draw, fast);
      const entries = drawGroupEntries(draw, slow);
      expect(fast.uniform()).toBe(slow.uniform());
      expect([...store.indices]).toEqual(entries.map(([, column]) => column));
      expect([...store.values]).toEqual(entries.map(([, , value]) => value));
      const entriesBefore = (row: number) => entries.filter(([at]) => at < row).length;
      expect([...store.pointers]).toEqual(
        Array.from({ length: rows + 1 }, (_, row) => entriesBefore(row)),
      );
    };
    fc.assert(
      fc.property(cases, ({ rows, columns, of, kept, seed, values }) =>
        check(rows, columns, kept % (of + 1), of, seed, values),
      ),
    );
    // More than are drawn at a time.
    check(50, 2000, 2, 4, 1, 3);
  });
});
