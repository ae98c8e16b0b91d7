// Wanda's and SparseGPT's criteria against their definitions: what is kept, and that the weights
// behind a zeroed one are those of a least-squares problem.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../workloads/base/random.js';
import type { PrunableLayer } from '../../../workloads/compress/prune.js';
import { sparseGpt, wandaScores } from '../../../workloads/compress/sparsegpt.js';

/** A layer, the inputs that it reads, and their mean products. */
function drawn(seed: number, rows: number, columns: number) {
  const random = createRandom(seed, 'calibrated pruning');
  const draw = () => 2 * random.uniform() - 1;
  const layer: PrunableLayer = {
    ...{ rows, columns, mask: null },
    weights: Float32Array.from({ length: rows * columns }, draw),
  };
  // A few sources are behind all inputs, so that other weights can make up for one.
  const sources = Math.ceil(columns / 4);
  const mix = Array.from({ length: columns }, () => Array.from({ length: sources }, draw));
  const inputs = Array.from({ length: 4 * columns }, () => {
    const from = Array.from({ length: sources }, draw);
    return mix.map(
      (row) => row.reduce((sum, share, i) => sum + share * (from[i] as number), 0) + 0.2 * draw(),
    );
  });
  const products = new Float64Array(columns * columns);
  for (const x of inputs)
    for (let i = 0; i < columns; i++)
      for (let j = 0; j < columns; j++)
        products[i * columns + j] =
          (products[i * columns + j] as number) +
          ((x[i] as number) * (x[j] as number)) / inputs.length;
  return { layer, products };
}

/** Mean squared change of a row's output: δᵀ · H · δ. */
function change(before: ArrayLike<number>, after: ArrayLike<number>, products: Float64Array) {
  const size = before.length;
  let sum = 0;
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++)
      sum +=
        ((after[i] as number) - (before[i] as number)) *
        (products[i * size + j] as number) *
        ((after[j] as number) - (before[j] as number));
  return sum;
}

/** Solves a · x = b by elimination with the largest pivot. */
function solve(a: readonly (readonly number[])[], b: readonly number[]): readonly number[] {
  const rows = a.map((row, i) => [...row, b[i] as number]);
  const size = rows.length;
  for (let k = 0; k < size; k++) {
    const pivot = rows.reduce(
      (best, row, i) =>
        i >= k && Math.abs(row[k] as number) > Math.abs(rows[best]?.[k] as number) ? i : best,
      k,
    );
    [rows[k], rows[pivot]] = [rows[pivot] as number[], rows[k] as number[]];
    for (let i = 0; i < size; i++) {
      if (i === k) continue;
      const share = (rows[i]?.[k] as number) / (rows[k]?.[k] as number);
      rows[i] = (rows[i] as number[]).map((value, j) => value - share * (rows[k]?.[j] as number));
    }
  }
  return rows.map((row, i) => (row[size] as number) / (row[i] as number));
}

/**
 * One row, column after column: a masked weight becomes 0 and those behind it move so that the
 * output changes least.
 */
function slowRow(
  weights: readonly number[],
  mask: readonly number[],
  damped: readonly (readonly number[])[],
): readonly number[] {
  const now = [...weights];
  for (let column = 0; column < now.length; column++) {
    if (mask[column] === 1) continue;
    const own = now[column] as number;
    now[column] = 0;
    const later = Array.from({ length: now.length - column - 1 }, (_, i) => column + 1 + i);
    if (later.length === 0) continue;
    const moves = solve(
      later.map((i) => later.map((j) => damped[i]?.[j] as number)),
      later.map((i) => (damped[i]?.[column] as number) * own),
    );
    later.forEach((i, at) => {
      now[i] = (now[i] as number) + (moves[at] as number);
    });
  }
  return now;
}

const cases = fc.record({
  seed: fc.nat(1000),
  rows: fc.integer({ min: 1, max: 5 }),
  columns: fc.integer({ min: 2, max: 14 }),
});

describe('SparseGPT', () => {
  it('moves the weights behind a zeroed one as least squares does', () => {
    fc.assert(
      fc.property(cases, ({ seed, rows, columns }) => {
        const { layer, products } = drawn(seed, rows, columns);
        const { mask, weights } = sparseGpt(
          layer,
          0.5,
          { kind: 'n-of-m', keep: 1, of: 2 },
          products,
        );
        const diagonal = Array.from(
          { length: columns },
          (_, i) => products[i * columns + i] as number,
        );
        const added = (0.01 * diagonal.reduce((sum, each) => sum + each, 0)) / columns;
        const damped = Array.from({ length: columns }, (_, i) =>
          Array.from(
            { length: columns },
            (_, j) => (products[i * columns + j] as number) + (i === j ? added : 0),
          ),
        );
        for (let row = 0; row < rows; row++) {
          const part = (values: ArrayLike<number>) =>
            Array.from(values).slice(row * columns, (row + 1) * columns);
          const expected = slowRow(part(layer.weights), part(mask), damped);
          const errors = part(weights).map((weight, at) => weight - (expected[at] as number));
          expect(Math.max(...errors.map(Math.abs))).toBeLessThan(1e-5);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('keeps what the pattern allows, and the share that was asked for', () => {
    fc.assert(
      fc.property(
        cases,
        fc.constantFrom([1, 4], [2, 4], [3, 8]),
        ({ seed, rows, columns }, [keep, of]) => {
          const { layer, products } = drawn(seed, rows, columns);
          const pattern = { kind: 'n-of-m', keep: keep as number, of: of as number } as const;
          const { mask, weights } = sparseGpt(layer, 1, pattern, products);
          for (let row = 0; row < rows; row++)
            for (let first = 0; first < columns; first += pattern.of) {
              const end = Math.min(columns, first + pattern.of);
              const kept = mask.subarray(row * columns + first, row * columns + end);
              expect(kept.reduce((sum, bit) => sum + bit, 0)).toBe(
                Math.min(pattern.keep, end - first),
              );
            }
          expect(weights.every((weight, at) => mask[at] === 1 || weight === 0)).toBe(true);
          const free = sparseGpt(layer, 0.5, { kind: 'free' }, products).mask;
          expect(free.reduce((sum, bit) => sum + bit, 0)).toBe(
            Math.round(layer.weights.length / 2),
          );
        },
      ),
      { numRuns: 40 },
    );
  });

  it('changes the output less than magnitude pruning at the same share', () => {
    const { layer, products } = drawn(3, 16, 64);
    const { weights } = sparseGpt(layer, 0.5, { kind: 'free' }, products);
    const order = [...layer.weights.keys()].sort(
      (a, b) => Math.abs(layer.weights[b] as number) - Math.abs(layer.weights[a] as number),
    );
    const byMagnitude = new Float32Array(layer.weights.length);
    for (const at of order.slice(0, order.length / 2))
      byMagnitude[at] = layer.weights[at] as number;
    const total = (after: Float32Array) =>
      Array.from({ length: 16 }, (_, row) =>
        change(
          layer.weights.subarray(row * 64, row * 64 + 64),
          after.subarray(row * 64, row * 64 + 64),
          products,
        ),
      ).reduce((sum, own) => sum + own, 0);
    expect(total(weights)).toBeLessThan(0.5 * total(byMagnitude));
  });

  it('leaves weights that are gone where they are, and inputs that are never there', () => {
    const { layer } = drawn(5, 2, 6);
    const mask = Uint8Array.from(layer.weights, (_, at) => (at % 6 === 0 ? 0 : 1));
    const weights = layer.weights.map((weight, at) => (mask[at] === 0 ? 0 : weight));
    const pruned = sparseGpt(
      { ...layer, weights, mask },
      0.5,
      { kind: 'free' },
      new Float64Array(36),
    );
    expect(pruned.weights[0]).toBe(0);
    expect(pruned.weights[6]).toBe(0);
    expect(pruned.weights.every(Number.isFinite)).toBe(true);
  });
});

describe("Wanda's scores", () => {
  it('are magnitudes times the root mean square of the input, −1 of what is gone', () => {
    const layer: PrunableLayer = {
      ...{ rows: 2, columns: 2, weights: Float32Array.of(3, -1, 0, 2) },
      mask: Uint8Array.of(1, 1, 0, 1),
    };
    expect([...wandaScores(layer, Float64Array.of(4, 7, 7, 9))]).toEqual([6, 3, -1, 6]);
  });
});
