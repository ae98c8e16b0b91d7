// Matrix Market, SciPy and NumPy matrices: the same matrix, however it is stored.

import fc from 'fast-check';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { readMatrixMarket } from '../../../../workloads/formats/matrices/matrix-market.js';
import { writeNpy } from '../../../../workloads/formats/matrices/npy.js';
import { readNpz } from '../../../../workloads/formats/matrices/npz.js';
import { readSmtx } from '../../../../workloads/formats/matrices/smtx.js';
import { nonzerosOf } from '../../../../workloads/weights/entries.js';
import { toDense } from '../../../../workloads/weights/store.js';
import type { ZooEntry } from '../../../../workloads/zoo/entry.js';
import { refusal, source } from '../source.js';

function matrixOf(entries: readonly ZooEntry[]) {
  const [entry] = entries;
  const [weights] = entry?.weights?.values() ?? [];
  if (!entry || !weights) throw new Error('no weights');
  const { rows, columns, values } = toDense(weights.store);
  return {
    rows,
    columns,
    values: [...values],
    origin: weights.origin,
    kept: nonzerosOf(weights.store),
    entry,
  };
}

const banner = (rest: string) => `%%MatrixMarket matrix ${rest}\n% a comment\n`;
const market = (text: string) => matrixOf(readMatrixMarket(source('m.mtx', text)));

describe('Matrix Market files', () => {
  it('hold coordinates in any order, those of one place added up', () => {
    const { rows, columns, values, origin, entry } = market(
      `${banner('coordinate real general')}3 4 5\n3 1 5\n1 2 -1.5e0\n\n1 4 2\n1 4 0.5\n2 2 0\n`,
    );
    expect([rows, columns, origin]).toEqual([3, 4, 'real']);
    expect(values).toEqual([0, -1.5, 0, 2.5, 0, 0, 0, 0, 5, 0, 0, 0]);
    expect(entry.network.layers[0]).toMatchObject({ name: 'm', kind: 'dense', outputs: 3 });
    expect(entry.densities.layers.m?.weights).toBe(3 / 12);
  });

  it('leave out what symmetry says', () => {
    expect(market(`${banner('coordinate integer symmetric')}2 2 2\n1 1 7\n2 1 3\n`).values).toEqual(
      [7, 3, 3, 0],
    );
    expect(market(`${banner('coordinate real skew-symmetric')}2 2 1\n2 1 3\n`).values).toEqual([
      0, -3, 3, 0,
    ]);
    expect(market(`${banner('array real symmetric')}2 2\n1\n2\n3\n`).values).toEqual([1, 2, 2, 3]);
  });

  it('are patterns of ones, or arrays column after column', () => {
    expect(market(`${banner('coordinate pattern general')}1 3 2\n1 3\n1 1\n`).values).toEqual([
      1, 0, 1,
    ]);
    expect(market(`${banner('array real general')}2 3\n1\n2\n3\n4\n5\n6\n`).values).toEqual([
      1, 3, 5, 2, 4, 6,
    ]);
  });

  it.each([
    ['hello', "m.mtx:1: found 'hello', expected %%MatrixMarket"],
    [banner('coordinate complex general'), 'found complex entries, expected real'],
    [banner('coordinate real hermitian'), 'found a hermitian matrix, expected general'],
    [
      `${banner('coordinate real general')}2 2`,
      "m.mtx:3: found '2 2', expected the size of the matrix, 3 numbers",
    ],
    [`${banner('coordinate real general')}2 2 9`, 'found 9 entries, expected at most the 0'],
    [
      `${banner('coordinate real general')}2 2 2\n1 1 1\n`,
      'm.mtx:4: found the end of the file, expected entry 2 of 2: truncated',
    ],
    [
      `${banner('coordinate real general')}2 2 1\n3 1 1\n`,
      'm.mtx:4: found an entry at 3, 1, expected 1 to 2, 1 to 2',
    ],
    [
      `${banner('coordinate real general')}2 2 1\n1 1 x\n`,
      "m.mtx:4: found '1 1 x', expected entry 1 of 1, 3 numbers",
    ],
    [
      `${banner('coordinate real general')}2 2 1\n1 1 1\n1 1 1\n`,
      "m.mtx:5: found '1 1 1', expected nothing",
    ],
    [`${banner('coordinate real general')}0 2 0\n`, 'found a matrix of 0×2, expected at least 1×1'],
    [`${banner('coordinate real general')}4000000000 4000000000 1\n1 1 1\n`, 'limit elements'],
    [
      `${banner('array real general')}30000 30000\n1\n`,
      'expected at most the 1 entries there is room for: truncated',
    ],
    [
      `${banner('coordinate real symmetric')}2 3 1\n1 1 1`,
      'found 2×3, expected a square symmetric matrix',
    ],
    [
      `${banner('coordinate real general')}1 1 1\n1 1 1e39`,
      'm.mtx:4: found 1e+39, expected a value of at most 3.4',
    ],
    [
      `${banner('array real general')}1 1\n-1e39`,
      'm.mtx:4: found -1e+39, expected a value of at most 3.4',
    ],
    [
      `${banner('coordinate real general')}1 2 2\n1 1 3e38\n1 1 3e38`,
      'm.mtx: found 6e+38 at 1, 1, expected at most 3.4',
    ],
    [
      `${banner('coordinate real skew-symmetric')}2 2 2\n1 1 4\n2 1 1\n`,
      'm.mtx:4: found an entry at 1, 1, expected none on the diagonal of a skew-symmetric matrix',
    ],
  ])('refuse %j', async (text, expected) => {
    expect(await refusal(() => readMatrixMarket(source('m.mtx', text)))).toContain(expected);
  });
});

describe('patterns of pruned matrices', () => {
  const read = (text: string) => matrixOf(readSmtx(source('m.smtx', text)));

  it('have their own zeros and drawn values', () => {
    const { rows, columns, values, entry } = read('3, 4, 4\n0 2 2 4 \n3 0 1 2 \n');
    expect([rows, columns]).toEqual([3, 4]);
    expect(values.map((value) => value !== 0)).toEqual(
      [1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 1, 0].map((kept) => kept === 1),
    );
    expect(read('3,4,4\r\n0 2 2 4\r\n3 0 1 2').values).toEqual(values);
    expect(entry.network.layers[0]).toMatchObject({ name: 'm', kind: 'dense', outputs: 3 });
    expect(entry.densities.layers.m?.weights).toBe(4 / 12);
    expect(entry.notes).toEqual([
      'the file has no values: where its weights are is real, what they are is drawn',
    ]);
  });

  it('may hold nothing', () => {
    expect(read('2, 2, 0\n0 0 0\n\n').values).toEqual([0, 0, 0, 0]);
  });

  it('are drawn with the variance that keeps the input\u2019s', () => {
    const size = 100;
    const all = Array.from({ length: size }, (_, row) =>
      Array.from({ length: size / 4 }, (_, at) => (4 * at + row) % size),
    );
    const pointers = Array.from({ length: size + 1 }, (_, row) => (row * size) / 4);
    const { values } = read(
      `${size}, ${size}, ${(size * size) / 4}\n${pointers.join(' ')}\n${all.flat().join(' ')}\n`,
    );
    const squares = values.reduce((sum, value) => sum + value ** 2, 0) / size;
    // He: the squares of a row add up to 2.
    expect(squares).toBeWithin(0.05, 2);
  });

  it.each([
    ['', 'm.smtx:1: rows: found the end of the file, expected a whole number'],
    ['hello', "m.smtx:1: rows: found 'hello'"],
    ['0, 4, 0\n0\n', 'found a matrix of 0×4, expected at least 1×1'],
    ['2, 2, 5\n0 2 4\n0 1 0 1 0', 'found 5 nonzeros, expected at most the 4 there is room for'],
    ['2, 2, -1\n', "m.smtx:1: nonzeros: found '-1'"],
    ['4000000000, 4000000000, 1\n', 'limit elements'],
    ['200000000, 1, 1\n0 1', 'found 200000000 rows, expected at most the'],
    ['2, 2, 2\n0 2 1\n0 1', "m.smtx:2: row offset: found '1', expected a whole number from 2 to 2"],
    ['2, 2, 2\n0 1 3\n0 1', "m.smtx:2: row offset: found '3', expected a whole number from 1 to 2"],
    ['2, 2, 2\n1 1 2\n0 1', 'found row offsets from 1 to 2, expected from 0 to 2'],
    ['2, 2, 2\n0 1 1\n0 1', 'found row offsets from 0 to 1, expected from 0 to 2'],
    ['2, 2, 2\n0 1 2\n0 2', "m.smtx:3: column: found '2', expected a whole number from 0 to 1"],
    ['2, 2, 2\n0 1 2\n0', 'm.smtx:3: column: found the end of the file'],
    ['2, 2, 2\n0 2 2\n1 1', 'found column 1 twice in row 0, expected once'],
    [
      '2, 2, 2\n0 1 2\n0 1\n0.5 0.5',
      "m.smtx:4: found '0.5 0.5', expected nothing behind the last column",
    ],
    ['2, 2, 2\n0 1 2\n0 1.5', "m.smtx:3: column: found '1.5'"],
  ])('refuse %j', async (text, expected) => {
    expect(await refusal(() => readSmtx(source('m.smtx', text)))).toContain(expected);
  });
});

/** A NumPy array of any element type, as numpy.lib.format writes it. */
function npy(descr: string, shape: readonly number[], bytes: Uint8Array): Uint8Array {
  const extents = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${extents}), }`.padEnd(117);
  const head = new Uint8Array(128 + bytes.length);
  head.set(new TextEncoder().encode(`\x93NUMPY\x01\x00v\x00${text}\n`.replace('\x93', '')), 1);
  head[0] = 0x93;
  head.set(bytes, 128);
  return head;
}
const ints = (values: readonly number[]) =>
  npy('<i4', [values.length], new Uint8Array(Int32Array.from(values).buffer));
const longs = (values: readonly number[]) =>
  npy('<i8', [values.length], new Uint8Array(BigInt64Array.from(values, BigInt).buffer));
const doubles = (values: readonly number[], shape = [values.length]) =>
  npy('<f8', shape, new Uint8Array(Float64Array.from(values).buffer));
const text = (value: string) => npy(`|S${value.length}`, [], new TextEncoder().encode(value));
const zip = (members: Readonly<Record<string, Uint8Array>>) =>
  zipSync(
    Object.fromEntries(Object.entries(members).map(([name, bytes]) => [`${name}.npy`, bytes])),
  );

const csr = {
  format: text('csr'),
  shape: longs([2, 3]),
  data: doubles([1, 2, 3]),
  indices: ints([2, 0, 1]),
  indptr: ints([0, 1, 3]),
};

describe('SciPy files', () => {
  const whole = [0, 0, 1, 2, 3, 0];
  it.each([
    ['csr', csr],
    [
      'csc',
      {
        ...csr,
        format: text('csc'),
        data: doubles([2, 3, 1]),
        indices: ints([1, 1, 0]),
        indptr: ints([0, 1, 2, 3]),
      },
    ],
    [
      'coo',
      {
        format: text('coo'),
        shape: ints([2, 3]),
        data: doubles([3, 1, 2]),
        row: ints([1, 0, 1]),
        col: ints([1, 2, 0]),
      },
    ],
    [
      'bsr',
      {
        ...{
          format: text('bsr'),
          shape: longs([2, 3]),
          indices: ints([1, 0, 1]),
          indptr: ints([0, 1, 3]),
        },
        ...{ data: doubles([0, 1, 2], [3, 1, 1]), indices: ints([1, 0, 2]) },
      },
    ],
  ])('hold %s', (format, members) => {
    const expected = format === 'bsr' ? [0, 0, 0, 1, 0, 2] : whole;
    expect(matrixOf(readNpz(source('m.npz', zip(members)))).values).toEqual(expected);
  });

  it('hold one dense matrix', () => {
    const bytes = zipSync({
      'arr_0.npy': writeNpy({ shape: [2, 2], values: Float32Array.of(1, 0, 0, 4) }),
    });
    expect(matrixOf(readNpz(source('m.npz', bytes))).kept).toBe(2);
  });

  it('give back any matrix', () => {
    const cell = fc.constantFrom(0, 0, 0, 1.5, -2, 3);
    const matrix = fc
      .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }))
      .chain(([rows, columns]) =>
        fc.record({
          rows: fc.constant(rows),
          columns: fc.constant(columns),
          cells: fc.array(cell, { minLength: rows * columns, maxLength: rows * columns }),
        }),
      );
    fc.assert(
      fc.property(matrix, ({ rows, columns, cells }) => {
        const kept = cells.flatMap((value, at) =>
          value === 0 ? [] : [{ value, row: Math.floor(at / columns), column: at % columns }],
        );
        const below = (row: number) => kept.filter((entry) => entry.row < row).length;
        const bytes = zip({
          format: text('csr'),
          shape: longs([rows, columns]),
          data: doubles(kept.map(({ value }) => value)),
          indices: ints(kept.map(({ column }) => column)),
          indptr: ints(Array.from({ length: rows + 1 }, (_, row) => below(row))),
        });
        expect(matrixOf(readNpz(source('m.npz', bytes))).values).toEqual(cells);
        const lines = kept.map(({ value, row, column }) => `${row + 1} ${column + 1} ${value}`);
        const mtx = `${banner('coordinate real general')}${rows} ${columns} ${kept.length}\n${lines.join('\n')}`;
        expect(market(mtx).values).toEqual(cells);
      }),
    );
  });

  it.each([
    ['no zip', new Uint8Array(10), 'expected a zip of NumPy arrays'],
    ['no format', zip({ a: doubles([1]), b: doubles([1]) }), 'found 2 arrays without a format'],
    [
      'an unknown format',
      zip({ ...csr, format: text('dia') }),
      "found a matrix in format 'dia', expected csr, csc, coo, bsr",
    ],
    ['no data', zip({ ...csr, data: new Uint8Array() }), 'm.npz/data.npy: '],
    ['three extents', zip({ ...csr, shape: longs([2, 3, 1]) }), 'found a shape of 3 extents'],
    [
      'a hostile shape',
      zip({ ...csr, shape: longs([4_000_000_000, 4_000_000_000]) }),
      'limit elements',
    ],
    [
      'pointers that fall',
      zip({ ...csr, indptr: ints([0, 4, 3]) }),
      'found other pointers than 3 from 0 rising to 3',
    ],
    [
      'an index outside',
      zip({ ...csr, indices: ints([2, 0, 3]) }),
      'indices of entry 2: found 3, expected 0 to 2',
    ],
    [
      'a value beyond a float32',
      zip({ ...csr, data: doubles([1, 1e39, 3]) }),
      'found 1e+39 at entry 1',
    ],
    [
      'values that add up beyond a float32',
      zip({ ...csr, data: doubles([1, 3e38, 3e38]), indices: ints([2, 1, 1]) }),
      'm.npz: found 6e+38 at 2, 2, expected at most 3.4',
    ],
    [
      'a value that is none',
      zip({ ...csr, data: doubles([1, Number.NaN, 3]) }),
      'found NaN at entry 1',
    ],
  ])('refuse %s', async (_what, bytes, expected) => {
    expect(await refusal(() => readNpz(source('m.npz', bytes)))).toContain(expected);
  });

  it('refuse to expand beyond the limit, whatever is inside', async () => {
    const bomb = zipSync({ 'data.npy': new Uint8Array(50_000_000) });
    expect(bomb.length).toBeLessThan(60_000);
    expect(
      await refusal(() => readNpz(source('m.npz', bomb, {}, { expandedBytes: 1_000_000 }))),
    ).toContain(
      'found 50000000 bytes when expanded, expected at most 1000000 (limit expandedBytes)',
    );
  });
});
