import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldGraph } from '../../../../reports/explorer/graph/fold.js';
import { layoutGraph } from '../../../../reports/explorer/graph/layout.js';
import { type GraphLayer, graphOf } from '../../../../sim/network-graph.js';
import { zoo } from '../../../../workloads/zoo/index.js';

const layer = (
  at: number,
  reads: readonly number[],
  hasWeights: boolean,
  alike = at,
): GraphLayer => ({
  ...{ name: `l${at}`, kind: hasWeights ? 'dense' : 'add', shape: [1], hasCost: true },
  ...{ hasWeights, alike, reads },
});

const networks = fc
  .array(
    fc.record({
      reads: fc.array(fc.nat(6), { maxLength: 3 }),
      hasWeights: fc.boolean(),
      alike: fc.nat(3),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .map((drawn) =>
    drawn.map(({ reads, hasWeights, alike }, at) =>
      layer(
        at,
        [...new Set(reads.map((back) => at - 1 - back))]
          .filter((from) => from >= 0)
          .sort((a, b) => a - b),
        hasWeights,
        alike,
      ),
    ),
  );

describe('a folded graph', () => {
  it('has every layer once and no circle, whatever the network', () => {
    fc.assert(
      fc.property(networks, fc.boolean(), (layers, once) => {
        const { nodes, repeats } = foldGraph(layers, once);
        const names = nodes.flatMap((node) => node.layers.map(({ name }) => name));
        expect(names.toSorted()).toEqual(layers.map(({ name }) => name).toSorted());
        for (const [at, { reads }] of nodes.entries())
          for (const from of reads) expect(from).toBeLessThan(at);
        let end = 0;
        for (const { first, length, times } of repeats) {
          expect(first).toBeGreaterThanOrEqual(end);
          end = first + length;
          for (const { layers: own } of nodes.slice(first, end)) expect(own.length % times).toBe(0);
        }
      }),
    );
  });

  it('joins what has no weights to the only layer that it follows', () => {
    const { nodes } = foldGraph(
      [layer(0, [], true), layer(1, [0], false), layer(2, [1], true), layer(3, [1, 2], false)],
      true,
    );
    expect(nodes.map(({ layers }) => layers.map(({ name }) => name))).toEqual([
      ['l0', 'l1'],
      ['l2'],
      ['l3'],
    ]);
    expect(nodes.map(({ reads }) => reads)).toEqual([[], [0], [0, 1]]);
  });

  it('does not take branches beside each other for repeats', () => {
    const branches = [layer(0, [], true), layer(1, [0], true, 9), layer(2, [0], true, 9)];
    expect(foldGraph(branches, true).nodes).toHaveLength(3);
    const chain = [layer(0, [], true), layer(1, [0], true, 9), layer(2, [1], true, 9)];
    expect(foldGraph(chain, true).nodes).toHaveLength(2);
  });

  it.each([
    ['resnet-50', 4, [2, 3, 5, 2]],
    ['bert-base', 10, [11]],
    ['llama-2-7b', 20, [31]],
  ])('draws the blocks of %s once, with what they skip', (name, length, times) => {
    const layers = graphOf(zoo.get(name)?.network ?? { layers: [] });
    const { nodes, repeats } = foldGraph(layers, true);
    const blocks = repeats.filter((repeat) => repeat.length === length);
    expect(blocks.map((block) => block.times)).toEqual(times);
    expect(nodes.length).toBeLessThan(60);
    for (const { first } of blocks) {
      // A block's sum reads its last layer and, past the block, what came before it.
      const within = nodes.slice(first, first + length);
      expect(within.some(({ reads }) => reads.some((from) => from < first))).toBe(true);
      expect(within.some(({ reads }) => reads.length >= 2)).toBe(true);
    }
  });
});

describe('the layout of a graph', () => {
  it('lets no two nodes overlap and puts every node below what it reads', () => {
    fc.assert(
      fc.property(networks, (layers) => {
        const folded = foldGraph(layers, true);
        const { nodes, edges, width, height } = layoutGraph(folded, { width: 120, height: 30 });
        for (const [at, one] of nodes.entries()) {
          expect(one.x).toBeGreaterThanOrEqual(0);
          expect(one.x + one.width).toBeLessThanOrEqual(width);
          expect(one.y + one.height).toBeLessThanOrEqual(height);
          for (const other of nodes.slice(at + 1)) {
            const apart =
              Math.abs(one.x - other.x) >= 120 - 1e-6 || Math.abs(one.y - other.y) >= 30 - 1e-6;
            expect(apart).toBe(true);
          }
        }
        for (const { from, to } of edges)
          expect(nodes[to]?.y).toBeGreaterThan(nodes[from]?.y ?? Number.NaN);
      }),
      { numRuns: 30 },
    );
  });

  it('frames what repeats', () => {
    const folded = foldGraph(graphOf(zoo.get('resnet-50')?.network ?? { layers: [] }), true);
    const { frames, nodes } = layoutGraph(folded, { width: 120, height: 30 });
    expect(frames).toHaveLength(folded.repeats.length);
    for (const [at, { first, length }] of folded.repeats.entries()) {
      const frame = frames[at];
      for (const node of nodes.slice(first, first + length)) {
        expect(node.x).toBeGreaterThan(frame?.x ?? Number.NaN);
        expect(node.y + node.height).toBeLessThan((frame?.y ?? 0) + (frame?.height ?? 0));
      }
    }
  });
});
