// Who waits for whom: tiles of random products counted once more, row by row.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { problemOf } from '../../../hw-models/spatial/nest/from-demand.js';
import { busiestSteps, imbalanceOf } from '../../../hw-models/spatial/sparse/imbalance.js';
import type { ProductDemand } from '../../../workloads/demand.js';
import type { LayerTask } from '../../../workloads/network.js';
import { activations, countMacs } from '../../../workloads/tasks.js';
import { array, mac, memory } from './nests.js';

const bits = (length: number) => fc.array(fc.boolean(), { minLength: length, maxLength: length });
const [ROWS, DEPTH, COLUMNS] = [3, 8, 4];

function taskOf(kept: readonly boolean[], active: readonly boolean[]): LayerTask {
  const demand: ProductDemand = {
    ...{ kind: 'product', matrices: 1, rows: ROWS, depth: DEPTH, columns: COLUMNS },
    ...{ right: 'weights', bias: false, activation: 'none' },
  };
  const values = Float32Array.from(kept, Number);
  const input = activations(Float32Array.from(active, Number), 'synthetic');
  const store = { format: 'dense' as const, rows: COLUMNS, columns: DEPTH, values };
  const weights = { store, bias: null, origin: 'synthetic' as const };
  return {
    ...{ name: 'product', demand, weights, batch: 1 },
    input,
    macs: countMacs(demand, weights, input),
  };
}

/** Rows of inputs one after another, a unit for each column, each over the depth by itself. */
const architecture = {
  ...{ name: 'test', clockHz: 1e9, fillsAndDrains: false },
  compute: { ...mac, saving: { how: 'skip' as const, where: ['weights', 'inputs'] } },
  nodes: [memory('dram'), array('units', 2, 2), memory('spad')],
};
const loop = (dimension: number, bound: number, axis: 'x' | 'y' | null = null) => ({
  ...{ dimension, bound, axis },
});
const mapping = {
  loops: [[loop(4, ROWS)], [loop(2, 2, 'x'), loop(2, 2, 'y')], [loop(3, DEPTH)]],
  keeps: [
    [true, true, true],
    [false, false, false],
    [true, true, true],
  ],
};

describe('imbalance', () => {
  it('is the busiest column of each row of inputs over the mean', () => {
    fc.assert(
      fc.property(bits(COLUMNS * DEPTH), bits(ROWS * DEPTH), (kept, active) => {
        const task = taskOf(kept, active);
        const share = task.macs.effective / task.macs.dense;
        fc.pre(share > 0 && share < 1);
        const problem = problemOf('product', task.demand as ProductDemand, 1);
        const where = ['weights', 'inputs'];
        const found = imbalanceOf(task, problem, architecture, mapping, where, share);
        let busiest = 0;
        for (let row = 0; row < ROWS; row++) {
          const left = Array.from({ length: COLUMNS }, (_, column) => {
            const products = Array.from(
              { length: DEPTH },
              (_, at) => kept[column * DEPTH + at] && active[row * DEPTH + at],
            );
            return products.filter(Boolean).length;
          });
          busiest += Math.max(...left);
        }
        expect(found.note).toBeNull();
        expect(found.factor).toBeWithin(1e-12, busiest / (task.macs.effective / COLUMNS));
      }),
    );
  });

  it('is expected to grow with units and to shrink with the steps between meetings', () => {
    expect(busiestSteps(1, 64, 0.3)).toBeWithin(1e-12, 64 * 0.3);
    expect(busiestSteps(16, 64, 0.3)).toBeGreaterThan(busiestSteps(4, 64, 0.3));
    expect(busiestSteps(16, 640, 0.3) / 640).toBeLessThan(busiestSteps(16, 64, 0.3) / 64);
    expect(busiestSteps(1e6, 4, 0.5)).toBe(4);
  });
});
