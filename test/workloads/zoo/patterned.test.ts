// Networks of the zoo with zeros in a pattern that the user names.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../workloads/base/errors.js';
import { attentionsOf } from '../../../workloads/compress/heads.js';
import { drawModel } from '../../../workloads/synthesis.js';
import { toDense } from '../../../workloads/weights/store.js';
import { type DrawnPattern, drawPatternWeights } from '../../../workloads/weights/synthetic.js';
import type { ZooEntry } from '../../../workloads/zoo/entry.js';
import { dimensionsOf, zooEntry } from '../../../workloads/zoo/index.js';

const shapes = fc.record({
  rows: fc.integer({ min: 1, max: 12 }),
  columns: fc.integer({ min: 1, max: 17 }),
  biases: fc.constant(0),
});

/** Corners and extents of the blocks that a pattern cuts a matrix into. */
function blocksOf(pattern: DrawnPattern, rows: number, columns: number) {
  const [high, wide] =
    pattern.kind === 'rows'
      ? [1, columns]
      : pattern.kind === 'columns'
        ? [rows, 1]
        : pattern.kind === 'block'
          ? [pattern.rows, pattern.columns]
          : [1, pattern.kind === 'n-of-m' ? pattern.of : 1];
  const blocks: (readonly number[])[] = [];
  for (let top = 0; top < rows; top += high)
    for (let left = 0; left < columns; left += wide) {
      const places: number[] = [];
      for (let row = top; row < Math.min(rows, top + high); row++)
        for (let column = left; column < Math.min(columns, left + wide); column++)
          places.push(row * columns + column);
      blocks.push(places);
    }
  return blocks;
}

describe('weights in a pattern', () => {
  it('are whole blocks, rows or columns, as many as fit; of N:M all that it allows', () => {
    const patterns = fc.constantFrom<DrawnPattern>(
      { kind: 'rows' },
      { kind: 'columns' },
      { kind: 'block', rows: 4, columns: 1 },
      { kind: 'block', rows: 2, columns: 3 },
      { kind: 'n-of-m', keep: 2, of: 4 },
    );
    const densities = fc.constantFrom(0, 0.25, 0.5, 1);
    fc.assert(
      fc.property(shapes, patterns, densities, fc.nat(), (shape, pattern, density, seed) => {
        const { rows, columns } = shape;
        const { store } = drawPatternWeights(shape, pattern, density, seed, 'x');
        const { values } = toDense(store);
        let kept = 0;
        let smallestLeft = Number.POSITIVE_INFINITY;
        for (const places of blocksOf(pattern, rows, columns)) {
          const own = places.filter((at) => values[at] !== 0).length;
          kept += own;
          if (pattern.kind === 'n-of-m') {
            expect(own).toBe(Math.min(pattern.keep, places.length));
          } else {
            expect([0, places.length]).toContain(own);
            if (own === 0) smallestLeft = Math.min(smallestLeft, places.length);
          }
        }
        if (pattern.kind === 'n-of-m') return;
        const room = Math.round(density * rows * columns) - kept;
        expect(room).toBeGreaterThanOrEqual(0);
        expect(room).toBeLessThan(smallestLeft === Number.POSITIVE_INFINITY ? 1 : smallestLeft);
      }),
    );
  });
});

describe('NETWORK@PATTERN', () => {
  it('is the network with such weights, its first and last layers dense', () => {
    const { network, densities } = zooEntry('lenet-5@block:4x4-75') as ZooEntry;
    expect(network.name).toBe('lenet-5@block:4x4-75');
    expect(network.title).toBe('LeNet-5 (Caffe), MNIST digits, 75 % zeros as block:4x4, drawn');
    expect(densities.layers.conv2).toMatchObject({
      ...{ weights: 0.25, pattern: { kind: 'block', rows: 4, columns: 4 } },
    });
    expect(densities.layers.conv1?.pattern).toBeUndefined();
    const store = drawModel(network, densities, 0).weights.get('fc1')?.store;
    const { rows, columns, values } = toDense(store as NonNullable<typeof store>);
    const kept = blocksOf({ kind: 'block', rows: 4, columns: 4 }, rows, columns).filter((places) =>
      places.every((at) => values[at] !== 0),
    );
    expect(kept.length * 16).toBe((rows * columns) / 4);
  });

  it('of N:M keeps N of M; dimensions are those of the network', () => {
    const { densities } = zooEntry('char-decoder@1:4', new Map([['sequence', 8]])) as ZooEntry;
    expect(densities.layers['layers.0.mlp.up_proj']).toMatchObject({
      ...{ weights: 0.25, pattern: { kind: 'n-of-m', keep: 1, of: 4 } },
    });
    expect(densities.layers.embed_tokens).toMatchObject({ weights: 1 });
    expect(Object.keys(dimensionsOf('char-decoder@1:4'))).toEqual(['sequence', 'past']);
  });

  it('leaves out whole heads, the same in all layers of an attention', () => {
    const dims = new Map([['sequence', 8]]);
    for (const [name, percent, groups] of [
      ['char-decoder', 50, 4],
      ['bert-base', 25, 12],
    ] as const) {
      const { network, densities } = zooEntry(`${name}@heads-${percent}`, dims) as ZooEntry;
      expect(network.title).toContain(`${percent} % of heads left out, drawn`);
      const { weights } = drawModel(network, densities, 3);
      const attentions = attentionsOf(network);
      expect(attentions.length).toBeGreaterThan(0);
      for (const { inputs, output } of attentions.slice(0, 2)) {
        const keptIn = (layer: string, isOfRows: boolean) => {
          const store = weights.get(layer)?.store;
          const { rows, columns, values } = toDense(store as NonNullable<typeof store>);
          const kept = new Set<number>();
          for (const [at, value] of values.entries()) {
            const [place, extent] = isOfRows
              ? [Math.floor(at / columns), rows]
              : [at % columns, columns];
            if (value !== 0) kept.add(Math.floor((place * groups) / extent));
          }
          expect(values.filter((value) => value !== 0).length).toBe(
            (kept.size * values.length) / groups,
          );
          return [...kept].sort((a, b) => a - b);
        };
        const expected = keptIn(output, false);
        expect(expected.length).toBe((groups * (100 - percent)) / 100);
        for (const input of inputs.keys()) expect(keptIn(input, true)).toEqual(expected);
      }
    }
  });

  it.each([
    ['lenet-5@heads', /^workload 'lenet-5@heads': found no heads of attention/],
    ['lenet-5@2:4-50', /found 50 beside 2:4, expected N:M alone/],
    ['lenet-5@5:4', /^workload 'lenet-5@5:4': pattern: found '5:4', expected free, N:M/],
  ])('%s is refused in one line', (name, message) => {
    expect(() => zooEntry(name)).toThrow(InputError);
    expect(() => zooEntry(name)).toThrow(message);
  });

  it('is unknown where the network is', () => {
    expect(zooEntry('lenet-6@2:4')).toBeUndefined();
  });
});
