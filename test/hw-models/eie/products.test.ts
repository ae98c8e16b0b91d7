// Products of several rows, of several matrices and of two results on EIE.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cyclesOf } from '../../../hw-models/cost.js';
import { type EieConfig, entriesPerWord, entryBitsOf } from '../../../hw-models/eie/config.js';
import { operandConfig } from '../../../hw-models/eie/operands.js';
import { place } from '../../../hw-models/eie/placement.js';
import { firstRows, sampleOf } from '../../../hw-models/eie/sampling.js';
import { InputError } from '../../../workloads/base/errors.js';
import type { ProductDemand } from '../../../workloads/demand.js';
import type { LayerTask } from '../../../workloads/network.js';
import { toDense } from '../../../workloads/weights/store.js';
import { productTask, taskWithout } from '../product-task.js';
import { costOf, eie64, replace } from './layer-task.js';
import { tickingProducts } from './ticking-products.js';

const config = eie64.config as EieConfig;
const share = fc.constantFrom(0, 0.4, 1);
const extent = (max: number) => fc.integer({ min: 1, max });

/** Every row of every matrix on the ticking machine. */
function tickProduct({ demand, weights, input }: LayerTask, pes: number) {
  const { matrices, rows, depth, columns } = demand as ProductDemand;
  const bank = tickingProducts();
  const { values } = toDense(
    weights?.store ?? { format: 'dense', rows: 0, columns: 0, values: new Float32Array(0) },
  );
  for (let matrix = 0; matrix < matrices; matrix++) {
    const own = values.subarray(matrix * columns * depth, (matrix + 1) * columns * depth);
    const store = { format: 'dense', rows: columns, columns: depth, values: own } as const;
    const bias = weights?.bias?.subarray(matrix * columns, (matrix + 1) * columns) ?? null;
    const multiply = bank.load({ store, bias, origin: 'synthetic' }, pes);
    for (let row = 0; row < rows; row++) {
      const first = (matrix * rows + row) * depth;
      multiply(input.values.slice(first, first + depth));
    }
  }
  return bank.total();
}

const cases = fc.record({
  ...{
    matrices: extent(3),
    rows: extent(3),
    depth: extent(12),
    columns: extent(12),
    bias: fc.boolean(),
  },
  ...{ pes: fc.constantFrom(1, 3, 8), weights: share, activations: share, seed: fc.nat(50) },
});

describe('a product on EIE', () => {
  it('costs what the ticked machine takes, row by row and matrix by matrix', () => {
    fc.assert(
      fc.property(cases, ({ pes, weights, activations, seed, ...shape }) => {
        const task = productTask(shape, { weights, activations, seed });
        const cost = costOf(task, eie64.vary([replace(pes, 'pes')]));
        const slow = tickProduct(task, pes);
        expect(cyclesOf(cost)).toBeWithin(1e-9, slow.cycles);
        expect(cost.counters).toMatchObject({
          ...slow.counters,
          vectors: shape.matrices * shape.rows,
        });
      }),
      { numRuns: 60 },
    );
  });

  it('of two results takes the encoding of one of them besides, in entries that hold whole values', () => {
    fc.assert(
      fc.property(cases, ({ pes, weights, activations, seed, ...shape }) => {
        const task = productTask(
          { ...shape, bias: false, right: 'activations' },
          { weights, activations, seed },
        );
        const cost = costOf(task, eie64.vary([replace(pes, 'pes')]));
        const { matrices, depth, columns } = shape;
        // Each PE looks at every value of its rows.
        const encode = matrices * depth * Math.ceil(columns / pes);
        expect(cost.cycles.encode).toBe(encode);
        const { cycles, counters } = tickProduct(task, pes);
        expect(cyclesOf(cost)).toBeWithin(1e-9, cycles + encode);
        const { spmat_reads: _, ...events } = counters;
        expect(cost.counters).toMatchObject(events);
        expect(cost.notes.join()).toContain('encoded on the fly');
      }),
      { numRuns: 60 },
    );
    const whole = operandConfig(config);
    expect([entryBitsOf(whole), entriesPerWord(whole)]).toEqual([20, 3]);
  });

  it('has no weights of its own where both factors are results', () => {
    const huge = { rows: 4, depth: 512, columns: 32_000 };
    const placed = place(
      [productTask({ ...huge, right: 'activations' }), productTask(huge)],
      config,
      () => false,
    );
    expect(placed.map(({ resident }) => resident)).toEqual([true, false]);
    const cost = costOf(productTask({ rows: 4, depth: 64, columns: 64, right: 'activations' }));
    expect(cost.joules?.dram).toBe(0);
    expect(cost.counters.encoded_entries).toBe(64 * 64);
  });

  it('is worked through in blocks of rows where its weights exceed the memories, each over all rows', () => {
    const small = eie64.vary([replace(2, 'pes'), replace(96, 'spmat', 'bytes')]);
    const cost = costOf(productTask({ rows: 5, depth: 36, columns: 12 }), small);
    expect(cost.notes.join()).toContain('3 blocks of rows');
    expect(cost.counters.broadcasts).toBe(3 * 5 * 36);
  });

  it('reads the weights once to place them, and keeps none', () => {
    let reads = 0;
    const { weights, ...task } = productTask({ rows: 2, depth: 8, columns: 8 });
    const lazy: LayerTask = {
      ...task,
      get weights() {
        reads++;
        return weights;
      },
    };
    place([lazy], config, () => false);
    place([lazy], { ...config, queueDepth: 4 }, () => false);
    expect(reads).toBe(1);
  });

  it('looks up rows of a table in DRAM', () => {
    const demand = { kind: 'embedding', lookups: 10, width: 64, entries: 1000 } as const;
    const cost = costOf(taskWithout(demand, 10));
    expect(cost.counters.dram_bytes).toBe(10 * 64 * 2);
    expect(cost.notes.join()).toContain('read from DRAM');
  });

  it('refuses a matrix of more inputs than it can count in one line', () => {
    const { weights: _, ...small } = productTask({ rows: 1, depth: 1, columns: 4 });
    const columns = 200e6;
    const pointers = Uint32Array.of(0, 1, 1, 2, 3);
    const indices = Uint32Array.of(5, 199_999_999, 7);
    const store = {
      format: 'csr',
      rows: 4,
      columns,
      pointers,
      indices,
      values: Float32Array.of(1, 2, 3),
    } as const;
    const demand = { ...(small.demand as ProductDemand), depth: columns };
    const task: LayerTask = { ...small, demand, weights: { store, bias: null, origin: 'real' } };
    expect(() => eie64.cost([task])).toThrow(InputError);
    expect(() => eie64.cost([task])).toThrow(
      /^layer product: found a matrix of 200,000,000 inputs, expected at most 2,097,152 on 64 PEs, [^\n]*$/,
    );
  });
});

describe('a product of too many rows', () => {
  const of = (matrices: number, rows: number) =>
    productTask({ matrices, rows, depth: 1, columns: 1 }).demand as ProductDemand;

  it('is played through on rows that are spread evenly, as many as fit', () => {
    fc.assert(
      fc.property(
        extent(200),
        extent(300),
        extent(50),
        extent(100_000),
        (matrices, rows, perRow, max) => {
          const sample = sampleOf(of(matrices, rows), perRow, max);
          const count = sample.matrices.length * sample.rows.length;
          if (matrices * rows * perRow <= max) expect(count).toBe(matrices * rows);
          else expect(count * perRow).toBeLessThanOrEqual(Math.max(max, perRow));
          for (const [picked, all] of [
            [sample.matrices, matrices],
            [sample.rows, rows],
          ] as const) {
            expect(picked.length).toBeGreaterThan(0);
            const stretch = all / picked.length;
            for (const [at, one] of picked.entries()) {
              expect(one).toBeGreaterThanOrEqual(Math.floor(at * stretch));
              expect(one).toBeLessThan((at + 1) * stretch);
            }
          }
          const first = firstRows(of(matrices, rows), perRow, max);
          expect(first.rows).toEqual(first.rows.map((_, at) => at));
          expect(first.matrices.length * first.rows.length * perRow).toBeLessThanOrEqual(
            Math.max(max, perRow),
          );
        },
      ),
    );
  });

  it('takes as long as its rows do where they are alike, and says that some stood for all', () => {
    const wide = eie64.vary([replace(1024, 'pes')]);
    const shape = { depth: 4096, columns: 2048 };
    const density = { weights: 0.05 };
    const one = costOf(productTask({ ...shape, rows: 1 }, density), wide);
    const many = costOf(productTask({ ...shape, rows: 256 }, density), wide);
    expect(many.notes.join()).toContain('128 of 256 rows, evenly spread, represent all');
    const onChip = ({ cycles }: typeof one) => (cycles.compute ?? 0) + (cycles.starvation ?? 0);
    expect(onChip(many)).toBeWithin(1e-9, 256 * onChip(one));
    expect(many.counters.macs).toBe(256 * (one.counters.macs ?? 0));
    expect(many.counters.executed_macs).toBeWithin(1e-12, many.counters.macs ?? 0);
  });
});
