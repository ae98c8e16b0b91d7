import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EieConfig } from '../../../hw-models/eie/config.js';
import { countEntries, layoutsOf } from '../../../hw-models/eie/layout.js';
import { runProducts } from '../../../hw-models/eie/products.js';
import { forEachRow } from '../../../hw-models/eie/vectors.js';
import type { ProductDemand } from '../../../workloads/demand.js';
import { activations } from '../../../workloads/tasks.js';
import {
  patternOfDense,
  type SingleStore,
  stackOf,
  toCsr,
} from '../../../workloads/weights/store.js';
import { drawWeights } from '../../../workloads/weights/synthetic.js';
import { fullMatrix } from '../../full-matrix.js';
import { eie64 } from './layer-task.js';

const machines = fc.record({
  pes: fc.integer({ min: 1, max: 20 }),
  indexBits: fc.integer({ min: 1, max: 4 }),
});

describe('the layout of a matrix', () => {
  it('without zeros is that of its entries, with biases and groups, of all rows or of some', () => {
    const cases = fc.record({
      ...{ machine: machines, groups: fc.integer({ min: 1, max: 3 }) },
      ...{ perGroup: fc.integer({ min: 1, max: 40 }), columns: fc.integer({ min: 1, max: 9 }) },
      ...{ biased: fc.boolean(), ends: fc.tuple(fc.nat(120), fc.nat(120)) },
    });
    fc.assert(
      fc.property(cases, ({ machine, groups, perGroup, columns, biased, ends }) => {
        const rows = groups * perGroup;
        const values = new Float32Array(rows * columns).fill(1);
        const bias = biased ? Float32Array.from({ length: rows }, (_, row) => row % 3) : null;
        const [from = 0, to = rows] = ends.map((end) => end % (rows + 1)).sort((a, b) => a - b);
        for (const part of [{}, { from, to }]) {
          expect(
            countEntries(fullMatrix(rows, columns), bias, machine, { groups, ...part }),
          ).toEqual(
            countEntries(patternOfDense({ rows, columns, values }), bias, machine, {
              groups,
              ...part,
            }),
          );
        }
      }),
    );
  });

  it('of a matrix in a stack is its own, counted once however often it stands there', () => {
    const cases = fc.record({
      ...{ machine: machines, rows: fc.integer({ min: 1, max: 30 }) },
      ...{ density: fc.constantFrom(0, 0.3, 1), order: fc.array(fc.nat(2), { minLength: 2 }) },
    });
    fc.assert(
      fc.property(cases, ({ machine: { pes, indexBits }, rows, density, order }) => {
        const stores = [0, 1, 2].map(
          (seed) =>
            drawWeights({ rows, columns: 5, biases: 0 }, density, seed, 'part')
              .store as SingleStore,
        );
        const store = stackOf(order.map((at) => stores[at] as SingleStore));
        const weights = { store, bias: null, origin: 'synthetic' } as const;
        const plain = toCsr(store);
        const seen = order.map((at, place) => {
          const part = { from: place * rows, to: (place + 1) * rows };
          const [layout] = layoutsOf(weights, 1, pes, indexBits, part);
          expect(layout).toEqual(countEntries(plain, null, { pes, indexBits }, part));
          return [at, layout] as const;
        });
        for (const [at, layout] of seen) {
          const [, first] = seen.find(([other]) => other === at) ?? [];
          expect(layout).toBe(first);
        }
      }),
    );
  });
});

describe('vectors that are all the same', () => {
  it('take and do what they do one by one', () => {
    const cases = fc.record({
      ...{ depth: fc.integer({ min: 1, max: 40 }), columns: fc.integer({ min: 1, max: 40 }) },
      ...{ rows: fc.integer({ min: 1, max: 7 }), pes: fc.integer({ min: 1, max: 9 }) },
      ...{ density: fc.constantFrom(0, 0.3, 1), biased: fc.boolean() },
    });
    fc.assert(
      fc.property(cases, ({ depth, columns, rows, pes, density, biased }) => {
        const machine = { ...(eie64.config as EieConfig), pes };
        const demand: ProductDemand = {
          ...{ kind: 'product', matrices: 1, rows, depth, columns, right: 'weights' },
          ...{ bias: biased, activation: 'none' },
        };
        const shape = { rows: columns, columns: depth, biases: biased ? columns : 0 };
        const { store, bias } = drawWeights(shape, density, 1, 'alike');
        const layout = countEntries(store, bias, { pes, indexBits: 4 });
        const chosen = { matrix: 0, rows: [...Array(rows).keys()] };
        const ones = activations(new Float32Array(rows * depth).fill(1), 'synthetic');
        // Said to be less dense than they are, their values are looked at.
        const looked = { ...ones, density: 0.5 };
        const products = (input: typeof ones) => ({
          layout,
          visit: (run: Parameters<typeof forEachRow>[4]) =>
            forEachRow(demand, input, layout, chosen, run),
        });
        expect(runProducts({ ...products(ones), alike: rows }, columns, machine)).toEqual(
          runProducts(products(looked), columns, machine),
        );
      }),
    );
  });
});
