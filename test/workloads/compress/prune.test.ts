import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PrunePattern } from '../../../workloads/compress/pattern.js';
import {
  globalDensities,
  maskByDensity,
  maskByQuality,
  type PrunableLayer,
} from '../../../workloads/compress/prune.js';

const layers = fc
  .record({
    rows: fc.integer({ min: 1, max: 9 }),
    columns: fc.integer({ min: 1, max: 13 }),
    pruned: fc.boolean(),
  })
  .chain(({ rows, columns, pruned }) =>
    fc.record({
      rows: fc.constant(rows),
      columns: fc.constant(columns),
      weights: fc
        .array(fc.integer({ min: -20, max: 20 }), {
          minLength: rows * columns,
          maxLength: rows * columns,
        })
        .map((values) => Float32Array.from(values)),
      mask: pruned
        ? fc
            .array(fc.nat(1), { minLength: rows * columns, maxLength: rows * columns })
            .map((bits) => Uint8Array.from(bits))
        : fc.constant(null),
    }),
  );
const density = fc.double({ min: 0, max: 1, noNaN: true });
const free: PrunePattern = { kind: 'free' };
const kept = (mask: Uint8Array) => mask.reduce((sum, bit) => sum + bit, 0);
const left = ({ mask, weights }: PrunableLayer) => (mask ? kept(mask) : weights.length);
const isWithin = (mask: Uint8Array, layer: PrunableLayer) =>
  mask.every((bit, at) => bit === 0 || (layer.mask?.[at] ?? 1) === 1);

describe('pruning to a density', () => {
  it.each(['rows', 'columns'] as const)('keeps or drops whole %s, the strongest', (kind) => {
    fc.assert(
      fc.property(layers, density, ({ rows, columns, weights }, share) => {
        const layer: PrunableLayer = { rows, columns, weights, mask: null };
        const mask = maskByDensity(layer, share, { kind });
        const lines = kind === 'rows' ? rows : columns;
        const places = (line: number) =>
          [...weights.keys()].filter(
            (at) => line === (kind === 'rows' ? Math.floor(at / columns) : at % columns),
          );
        const strength = (line: number) =>
          places(line).reduce((sum, at) => sum + (weights[at] as number) ** 2, 0);
        const states = Array.from({ length: lines }, (_, line) => {
          const bits = new Set(places(line).map((at) => mask[at]));
          expect(bits.size).toBe(1);
          return { kept: bits.has(1), strength: Math.fround(strength(line)) };
        });
        const own = states.filter(({ kept: isKept }) => isKept);
        // As many whole lines as fit into the share.
        const size = weights.length / lines;
        expect(own).toHaveLength(Math.floor(Math.round(share * weights.length) / size));
        const weakest = Math.min(...own.map((line) => line.strength));
        for (const line of states)
          if (!line.kept) expect(line.strength).toBeLessThanOrEqual(weakest * (1 + 1e-5));
      }),
    );
  });

  it('keeps the same share of each row where scores are compared by row', () => {
    const layer: PrunableLayer = {
      ...{ rows: 2, columns: 4, mask: null },
      weights: Float32Array.of(9, 8, 7, 6, 1, 2, 3, 4),
    };
    const scores = layer.weights;
    expect([...maskByDensity(layer, 0.5, free, { scores, byRow: true })]).toEqual([
      ...[1, 1, 0, 0],
      ...[0, 0, 1, 1],
    ]);
    expect([...maskByDensity(layer, 0.5, free, { scores, byRow: false })]).toEqual([
      ...[1, 1, 1, 1],
      ...[0, 0, 0, 0],
    ]);
  });

  it('keeps so many of the largest magnitudes that are left', () => {
    fc.assert(
      fc.property(layers, density, (layer, share) => {
        const mask = maskByDensity(layer, share, free);
        expect(isWithin(mask, layer)).toBe(true);
        expect(kept(mask)).toBe(Math.min(left(layer), Math.round(share * layer.weights.length)));
        const magnitudes = [...layer.weights].map(Math.abs);
        const min = Math.min(...magnitudes.filter((_, at) => mask[at] === 1));
        const dropped = magnitudes.filter(
          (_, at) => mask[at] === 0 && (layer.mask?.[at] ?? 1) === 1,
        );
        expect(Math.max(...dropped, Number.NEGATIVE_INFINITY)).toBeLessThanOrEqual(min);
      }),
    );
  });

  it('keeps at most two of four neighbours of a row', () => {
    const pattern = { kind: 'n-of-m', keep: 2, of: 4 } as const;
    fc.assert(
      fc.property(layers, density, (layer, share) => {
        const mask = maskByDensity(layer, share, pattern);
        expect(isWithin(mask, layer)).toBe(true);
        for (let row = 0; row < layer.rows; row++) {
          for (let from = 0; from < layer.columns; from += 4) {
            const to = Math.min(from + 4, layer.columns);
            expect(
              kept(mask.slice(row * layer.columns + from, row * layer.columns + to)),
            ).toBeLessThanOrEqual(2);
          }
        }
      }),
    );
    const layer = {
      rows: 1,
      columns: 8,
      weights: Float32Array.of(1, -5, 3, 2, 9, 8, 7, 6),
      mask: null,
    };
    expect([...maskByDensity(layer, 1, pattern)]).toEqual([0, 1, 1, 0, 1, 1, 0, 0]);
  });

  it('keeps whole blocks, the strongest first', () => {
    const pattern = { kind: 'block', rows: 2, columns: 3 } as const;
    fc.assert(
      fc.property(layers, density, (layer, share) => {
        const mask = maskByDensity(layer, share, pattern);
        expect(isWithin(mask, layer)).toBe(true);
        const states = new Map<string, number>();
        mask.forEach((bit, at) => {
          if (layer.mask?.[at] === 0) return;
          const block = `${Math.floor(at / layer.columns / 2)},${Math.floor((at % layer.columns) / 3)}`;
          expect(states.get(block) ?? bit).toBe(bit);
          states.set(block, bit);
        });
        expect(kept(mask)).toBeLessThanOrEqual(Math.round(share * layer.weights.length));
      }),
    );
    // Sums of squares of the blocks of 1×2: 1, 25, 8.
    const layer = { rows: 1, columns: 6, weights: Float32Array.of(1, 0, 0, -5, 2, 2), mask: null };
    expect([...maskByDensity(layer, 2 / 3, { kind: 'block', rows: 1, columns: 2 })]).toEqual([
      0, 0, 1, 1, 1, 1,
    ]);
  });
});

describe('pruning by quality', () => {
  it('drops what lies below so many standard deviations', () => {
    // Standard deviation of 1, −1, 2, −2: √2.5 = 1.58.
    const layer = { rows: 2, columns: 2, weights: Float32Array.of(1, -1, 2, -2), mask: null };
    expect([...maskByQuality(layer, 1)]).toEqual([0, 0, 1, 1]);
    expect([...maskByQuality(layer, 0.6)]).toEqual([1, 1, 1, 1]);
    expect([...maskByQuality(layer, 1.3)]).toEqual([0, 0, 0, 0]);
  });

  it('takes the deviation of what is left', () => {
    const layer = {
      rows: 1,
      columns: 4,
      weights: Float32Array.of(3, -3, 100, 0.5),
      mask: Uint8Array.of(1, 1, 0, 0),
    };
    expect([...maskByQuality(layer, 1)]).toEqual([1, 1, 0, 0]);
  });
});

describe('one threshold over all layers', () => {
  it('keeps more where weights are larger, and the target in all', () => {
    const small = { rows: 1, columns: 4, weights: Float32Array.of(0.1, 0.2, 0.3, 0.9), mask: null };
    const large = { rows: 1, columns: 4, weights: Float32Array.of(1, 2, 3, 0.4), mask: null };
    expect(
      globalDensities(
        new Map([
          ['s', small],
          ['l', large],
        ]),
        0.5,
      ),
    ).toEqual(
      new Map([
        ['s', 0.25],
        ['l', 0.75],
      ]),
    );
  });
});
