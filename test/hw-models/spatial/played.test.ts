// The counts of a mapping are those of playing it through element by element: random small
// problems, architectures and mappings, and random zeros.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accessesOf } from '../../../hw-models/spatial/cost/accesses.js';
import { computeShare, costOf } from '../../../hw-models/spatial/cost/cost.js';
import type { Architecture, Format } from '../../../hw-models/spatial/description/architecture.js';
import { playNest } from '../../reference/spatial-nest.js';
import { countedZeros, randomMasks } from './masks.js';
import { memory } from './nests.js';
import { nestsOf } from './random-nests.js';

describe('counts of a mapping', () => {
  it('are those of playing it through', () => {
    fc.assert(
      fc.property(nestsOf(7, 5), ({ problem, architecture, mapping }) => {
        const counted = accessesOf(problem, architecture, mapping);
        const played = playNest(problem, architecture, mapping);
        expect(counted.steps).toBe(played.steps);
        expect(counted.computes).toBe(played.computes);
        for (const { name, instances, operands } of counted.memories) {
          for (const { operand, reads, fills, updates, reductions } of operands) {
            const own = { reads, fills, updates, reductions };
            const all = Object.fromEntries(
              Object.entries(own).map(([key, count]) => [key, count * instances]),
            );
            expect({ at: `${name} ${operand}`, ...all }).toEqual({
              at: `${name} ${operand}`,
              ...played.counts.get(`${name} ${operand}`),
            });
          }
        }
      }),
      { numRuns: 400 },
    );
  });
});

const factors = ['weights', 'inputs'] as const;

/**
 * Savings at the innermost memory of each operand alone, and below the arrays: there single
 * elements decide.
 */
const sparse = fc
  .record({
    nest: nestsOf(5, 4, 1),
    compressed: fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
    saves: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    how: fc.constantFrom('skip' as const, 'gate' as const),
    seed: fc.nat(),
    densities: fc.tuple(fc.constantFrom(0.2, 0.5, 0.9), fc.constantFrom(0.3, 0.6, 1)),
  })
  .map(({ nest, compressed, saves, how, seed, densities }) => {
    const { problem, mapping } = nest;
    const innermost = (operand: number) =>
      mapping.keeps.findLastIndex((row) => row[operand] === true);
    const isAlone = (node: number) => node === 3 || mapping.loops[2]?.length === 0;
    const nodes = nest.architecture.nodes.map((node, at) => {
      if (node.kind === 'array') return node;
      const formats = factors.map((name, index): [string, Format] => [
        name,
        { kind: compressed[2 * Math.min(at, 2) + index] ? 'bitmask' : 'dense' },
      ]);
      const others = [['inputs'], ['weights'], ['weights', 'inputs']];
      const savings = problem.operands.flatMap(({ name }, index) =>
        saves[index] && innermost(index) === at && isAlone(at)
          ? [{ how, operand: name, where: others[index] as string[] }]
          : [],
      );
      return memory(node.name, { formats: Object.fromEntries(formats), savings });
    });
    const saving = saves[3] && isAlone(innermost(2)) ? { how, where: ['weights', 'inputs'] } : null;
    const architecture: Architecture = {
      ...nest.architecture,
      nodes,
      compute: { ...nest.architecture.compute, saving },
    };
    return { problem, mapping, architecture, masks: randomMasks(problem, densities, seed) };
  });

describe('counts of a mapping with zeros', () => {
  it('are those of playing it through, where no window slides', () => {
    fc.assert(
      fc.property(sparse, ({ problem, mapping, architecture, masks }) => {
        const isZero = (operand: string, element: string) =>
          masks.get(operand)?.has(element) === false;
        const zeros = countedZeros(problem, masks);
        const { accesses, shares } = costOf(problem, architecture, mapping, zeros);
        const played = playNest(problem, architecture, mapping, isZero);
        for (const [place, { name, instances, operands }] of accesses.memories.entries()) {
          for (const [at, { operand, reads, fills, updates }] of operands.entries()) {
            const share = shares[place]?.[at];
            const own = played.counts.get(`${name} ${operand}`);
            if (!share || !own) throw new Error('not counted');
            const where = `${name} ${operand}`;
            const near = (count: number, found: number, what: string) =>
              expect(Math.abs(count * instances - found), `${where} ${what}`).toBeLessThan(1e-6);
            near(updates * share.updates, own.updates, 'updates');
            near(fills * share.fills, own.fills, 'fills');
            // A sum whose first product is skipped is added to nothing by the next one: the model
            // takes the share of reads for that of updates.
            if (operand !== 'outputs') near(reads * share.reads, own.reads, 'reads');
          }
        }
        const { done, gated, time } = computeShare(architecture, zeros);
        const effective = zeros.products(factors);
        const saving = architecture.compute.saving;
        expect(done).toBe(saving ? effective : 1);
        expect(time).toBe(saving?.how === 'skip' ? effective : 1);
        expect(gated).toBe(saving?.how === 'gate' ? 1 - effective : 0);
      }),
      { numRuns: 300 },
    );
  });
});
