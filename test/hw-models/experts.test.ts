// Experts that a pass meets, compared with a drawing of every token's choice.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { partsOf } from '../../hw-models/lowering.js';
import { loadHardware } from '../../hw-models/presets.node.js';
import { createRandom } from '../../workloads/base/random.js';
import { expectedExperts, type RoutedDemand } from '../../workloads/demand.js';
import type { LayerTask, LayerWeights } from '../../workloads/network.js';
import { activations, countMacs } from '../../workloads/tasks.js';
import { nonzerosOf } from '../../workloads/weights/entries.js';
import { type DenseMatrix, stackOf } from '../../workloads/weights/store.js';

/** Experts that so many tokens really meet, each choosing other ones among its own. */
function drawnExperts(experts: number, choices: number, tokens: number, seed: number): number {
  const random = createRandom(seed, 'experts');
  const met = new Set<number>();
  for (let token = 0; token < tokens; token++) {
    const own = new Set<number>();
    while (own.size < choices) own.add(random.below(experts));
    for (const expert of own) met.add(expert);
  }
  return met.size;
}

const sizes = fc.integer({ min: 1, max: 24 }).chain((experts) =>
  fc.record({
    experts: fc.constant(experts),
    choices: fc.integer({ min: 1, max: experts }),
    tokens: fc.integer({ min: 1, max: 12 }),
    batch: fc.integer({ min: 1, max: 4 }),
    density: fc.constantFrom(1, 0.5),
  }),
);

function taskOf({ experts, choices, tokens, batch, density }: Drawn): LayerTask {
  const [depth, columns] = [8, 4];
  const demand: RoutedDemand = {
    ...{ kind: 'routed', experts, choices, tokens, vectors: 1, depth, columns },
  };
  const parts = Array.from({ length: experts }, (_, at): DenseMatrix => {
    const values = new Float32Array(depth * columns).map((_, place) =>
      place % 2 === 0 || density === 1 ? at + 1 : 0,
    );
    return { format: 'dense', rows: columns, columns: depth, values };
  });
  const weights: LayerWeights = {
    store: stackOf(parts),
    ...{ bias: null, origin: 'synthetic' },
  };
  const input = activations(new Float32Array(tokens * depth).fill(1), 'synthetic');
  const macs = countMacs(demand, weights, input);
  return { ...{ name: 'experts', demand, batch, weights, input, macs } };
}

interface Drawn {
  readonly experts: number;
  readonly choices: number;
  readonly tokens: number;
  readonly batch: number;
  readonly density: number;
}

describe('experts that a pass meets', () => {
  it('are as many as tokens meet that choose by lot', () => {
    const runs = 400;
    fc.assert(
      fc.property(sizes, ({ experts, choices, tokens }) => {
        const counts = Array.from({ length: runs }, (_, seed) =>
          drawnExperts(experts, choices, tokens, seed),
        );
        const mean = counts.reduce((sum, count) => sum + count, 0) / runs;
        const variance = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / runs;
        const expected = expectedExperts({ experts, choices }, tokens);
        // Five standard errors; none where every run meets as many.
        const room = 5 * Math.sqrt(variance / runs) + 1e-9;
        expect(Math.abs(mean - expected)).toBeLessThanOrEqual(room + (variance === 0 ? 0.05 : 0));
      }),
      { numRuns: 40 },
    );
  });

  it('make products of as many weights and multiplications, on average', () => {
    fc.assert(
      fc.property(sizes, (drawn) => {
        const { experts, choices, tokens, batch } = drawn;
        const task = taskOf(drawn);
        const parts = partsOf(task);
        const sum = (of: (matrices: number, rows: number) => number) =>
          parts.reduce((total, { task: part, times }) => {
            if (part.demand.kind !== 'product') throw new Error('no product');
            expect(part.batch).toBe(1);
            expect(part.demand.right).toBe('weights');
            expect(part.weights?.store.rows).toBe(part.demand.matrices * part.demand.columns);
            return total + times * of(part.demand.matrices, part.demand.rows);
          }, 0);
        const frames = tokens * batch;
        expect(sum((matrices) => matrices)).toBeWithin(
          1e-9,
          expectedExperts({ experts, choices }, frames),
        );
        expect(sum((matrices, rows) => matrices * rows)).toBeWithin(1e-9, frames * choices);
        const macs = (what: 'dense' | 'keptWeights') =>
          parts.reduce((total, { task: part, times }) => total + times * part.macs[what], 0);
        expect(macs('dense')).toBeWithin(1e-9, task.macs.dense * batch);
        expect(macs('keptWeights')).toBeWithin(1e-9, task.macs.keptWeights * batch);
      }),
      { numRuns: 200 },
    );
  });

  it('are all that a processor and a graphics processor read', () => {
    for (const name of ['cortex-a76', 'a100']) {
      const hardware = loadHardware(name);
      for (const [tokens, batch] of [
        [1, 1],
        [1, 4],
        [3, 2],
      ] as const) {
        const drawn = { experts: 8, choices: 2, tokens, batch, density: 1 };
        const [cost] = hardware.cost([taskOf(drawn)], 'dense');
        const met = expectedExperts(drawn, tokens * batch);
        expect(cost?.counters.weight_bytes).toBeWithin(1e-9, met * 8 * 4 * 4);
        expect(cost?.counters.macs).toBeWithin(1e-9, tokens * batch * 2 * 8 * 4);
        expect(cost?.notes.some((note) => note.startsWith('8 experts, each token meets 2'))).toBe(
          true,
        );
      }
    }
  });

  it('are costed by every family, whatever is zero', () => {
    const devices = ['titan-x', 'a100', 'i7-5930k', 'eie-64', 'scnn', 'edge-tpu', 'eyeriss'];
    for (const name of [...devices, 'zen4-host']) {
      const hardware = loadHardware(name);
      for (const density of [1, 0.5]) {
        const drawn = { experts: 8, choices: 2, tokens: 3, batch: 2, density };
        const task = taskOf(drawn);
        const input = activations(
          task.input.values.map((value, at) => (at % 3 === 0 ? 0 : value)),
          'synthetic',
        );
        const macs = countMacs(task.demand, task.weights, input);
        for (const one of [task, { ...task, input, macs }]) {
          const [cost] = hardware.cost([one]);
          // Zeros of the tokens that stand for all; the task's are those of all on average.
          expect(cost?.counters.macs, name).toBeGreaterThan(0.9 * 2 * one.macs.effective);
          expect(cost?.counters.macs, name).toBeLessThanOrEqual(one.macs.dense * 2 + 1e-6);
        }
      }
    }
  });

  it('share the mean of all zeros', () => {
    const drawn = { experts: 4, choices: 1, tokens: 2, batch: 1, density: 0.5 };
    const { weights, macs } = taskOf(drawn);
    expect(nonzerosOf((weights as LayerWeights).store)).toBe(4 * 16);
    expect(macs).toEqual({ dense: 64, keptWeights: 32, effective: 32 });
  });
});
