import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode, encode, shareCodes } from '../../../hw-models/eie/encode.js';
import { countEntries, layoutsOf } from '../../../hw-models/eie/layout.js';
import { InputError } from '../../../workloads/base/errors.js';
import type { LayerWeights } from '../../../workloads/network.js';
import { toCsr, toDense } from '../../../workloads/weights/store.js';
import { drawWeights } from '../../../workloads/weights/synthetic.js';

function column(values: readonly number[]): LayerWeights {
  const store = {
    format: 'dense',
    rows: values.length,
    columns: 1,
    values: Float32Array.from(values),
  } as const;
  return { store, bias: null, origin: 'real' };
}

const shapes = fc.record({
  rows: fc.integer({ min: 1, max: 90 }),
  columns: fc.integer({ min: 1, max: 20 }),
  density: fc.constantFrom(0, 0.03, 0.2, 0.5, 1),
  biased: fc.boolean(),
  pes: fc.integer({ min: 1, max: 33 }),
  indexBits: fc.integer({ min: 1, max: 8 }),
  seed: fc.nat(1000),
});

describe('interleaved relative-index columns', () => {
  it('encode the example of EIE, Section III-B', () => {
    // [0, 0, 1, 2, 0 × 18, 3] → v = [1, 2, 0, 3], z = [2, 0, 15, 2]
    const coded = shareCodes(column([0, 0, 1, 2, ...Array(18).fill(0), 3]), 4);
    const [memory] = encode(coded, 1, 4).memories;
    expect([...coded.table]).toEqual([0, 1, 2, 3]);
    expect([...(memory?.codes ?? [])]).toEqual([1, 2, 0, 3]);
    expect([...(memory?.zeros ?? [])]).toEqual([2, 0, 15, 2]);
    expect([...(memory?.pointers ?? [])]).toEqual([0, 4]);
  });

  it('pad a run only when the index cannot tell it: 15 zeros fit 4 bits, 16 do not, trailing zeros never matter', () => {
    for (const [zeros, entries] of [
      [15, 1],
      [16, 2],
      [31, 2],
      [32, 3],
    ] as const) {
      const csr = toCsr(column([...Array(zeros).fill(0), 1, ...Array(40).fill(0)]).store);
      expect(countEntries(csr, null, { pes: 1, indexBits: 4 }).columnEntries[0]).toBe(entries);
    }
  });

  it('decode to the codes they were given, on any number of PEs', () => {
    fc.assert(
      fc.property(shapes, ({ rows, columns, density, biased, pes, indexBits, seed }) => {
        const weights = drawWeights(
          { rows, columns, biases: biased ? rows : 0 },
          density,
          seed,
          'encode',
        );
        const coded = shareCodes(weights, 4);
        const expected = new Uint8Array(rows * coded.columns);
        for (let j = 0; j < coded.columns; j++) {
          for (let at = coded.pointers[j] as number; at < (coded.pointers[j + 1] as number); at++) {
            expected[(coded.indices[at] as number) * coded.columns + j] = coded.codes[at] as number;
          }
        }
        expect(decode(encode(coded, pes, indexBits))).toEqual(expected);
        expect(coded.codes.every((code) => code > 0)).toBe(true);
      }),
    );
  });

  it('are counted without being written', () => {
    fc.assert(
      fc.property(shapes, ({ rows, columns, density, biased, pes, indexBits, seed }) => {
        const weights = drawWeights(
          { rows, columns, biases: biased ? rows : 0 },
          density,
          seed,
          'count',
        );
        const encoded = encode(shareCodes(weights, 4), pes, indexBits);
        const [layout] = layoutsOf(weights, 1, pes, indexBits);
        encoded.memories.forEach(({ pointers, codes }, pe) => {
          expect(layout?.peEntries[pe]).toBe(codes.length);
          for (let j = 0; j < encoded.columns; j++) {
            const [start, end] = [pointers[j] as number, pointers[j + 1] as number];
            const stride = layout?.stride ?? 0;
            expect(layout?.entries[j * stride + pe]).toBe(end - start);
          }
        });
        const padding = encoded.memories.reduce(
          (sum, { codes }) => sum + codes.filter((code) => code === 0).length,
          0,
        );
        expect(layout?.columnPadding.reduce((sum, held) => sum + held, 0)).toBe(padding);
      }),
    );
  });

  it('of groups lie on the diagonal of one matrix', () => {
    const weights = drawWeights({ rows: 12, columns: 5, biases: 12 }, 0.5, 0, 'groups');
    const whole = toDense(weights.store).values;
    const diagonal = new Float32Array(12 * 15);
    for (let row = 0; row < 12; row++) {
      const group = Math.floor(row / 4);
      diagonal.set(whole.subarray(row * 5, (row + 1) * 5), row * 15 + group * 5);
    }
    const store = { format: 'dense', rows: 12, columns: 15, values: diagonal } as const;
    expect(layoutsOf(weights, 3, 4, 1)).toEqual(layoutsOf({ ...weights, store }, 1, 4, 1));
  });

  it('of blocks of rows are those of the rows alone, rows staying on their PEs', () => {
    const weights = drawWeights({ rows: 23, columns: 6, biases: 23 }, 0.5, 0, 'blocks');
    const csr = toCsr(weights.store);
    const machine = { pes: 4, indexBits: 4 };
    const blocks = layoutsOf(weights, 1, 4, 4, { blocks: 3 });
    expect(blocks).toEqual([
      countEntries(csr, weights.bias, machine, { from: 0, to: 8 }),
      countEntries(csr, weights.bias, machine, { from: 8, to: 16 }),
      countEntries(csr, weights.bias, machine, { from: 16, to: 23 }),
    ]);
    expect(layoutsOf(weights, 1, 4, 4, { blocks: 3 })).toBe(blocks);
    // A dense matrix has no padding, so that its blocks hold what the whole does.
    const dense = drawWeights({ rows: 23, columns: 6, biases: 0 }, 1, 0, 'dense');
    const held = (layouts: readonly { readonly peEntries: Uint32Array }[]) =>
      [0, 1, 2, 3].map((pe) =>
        layouts.reduce((sum, { peEntries }) => sum + (peEntries[pe] ?? 0), 0),
      );
    expect(held(layoutsOf(dense, 1, 4, 4, { blocks: 3 }))).toEqual(held(layoutsOf(dense, 1, 4, 4)));
  });

  it('refuse weights that are not finite and more rows than a PE can count', () => {
    expect(() => shareCodes(column([1, Number.NaN]), 4)).toThrow(
      'weight in row 1: found NaN, expected a finite number',
    );
    const tall = {
      format: 'csr',
      rows: 70_000,
      columns: 1,
      pointers: new Uint32Array(70_001),
    } as const;
    const csr = { ...tall, indices: new Uint32Array(0), values: new Float32Array(0) };
    expect(() => countEntries(csr, null, { pes: 1, indexBits: 4 })).toThrow(InputError);
    expect(countEntries(csr, null, { pes: 2, indexBits: 4 }).columnEmptyPes[0]).toBe(2);
  });
});
