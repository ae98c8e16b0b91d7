// Columns of weights that a zero activation leaves out, compared with a count column by column.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { loadHardware } from '../../../hw-models/presets.node.js';
import type { ProductDemand } from '../../../workloads/demand.js';
import type { LayerTask } from '../../../workloads/network.js';
import { activations, countMacs } from '../../../workloads/tasks.js';

function taskOf(depth: number, columns: number, input: Float32Array, batch = 1): LayerTask {
  const demand: ProductDemand = {
    ...{ kind: 'product', matrices: 1, rows: 1, depth, columns, right: 'weights' },
    ...{ bias: false, activation: 'none' },
  };
  const values = new Float32Array(depth * columns).fill(1);
  const store = { format: 'dense', rows: columns, columns: depth, values } as const;
  const weights = { store, bias: null, origin: 'synthetic' } as const;
  const met = activations(input, 'synthetic');
  const macs = countMacs(demand, weights, met);
  return { name: 'columns', demand, batch, weights, input: met, macs };
}

/** Every `every`-th activation is not zero. */
const spread = (depth: number, every: number) =>
  Float32Array.from({ length: depth }, (_, at) => (at % every === 0 ? 1 : 0));

it('are read and multiplied as often as an activation is not zero', () => {
  const drawn = fc.record({
    depth: fc.integer({ min: 1, max: 300 }),
    columns: fc.integer({ min: 1, max: 200 }),
    every: fc.integer({ min: 1, max: 9 }),
  });
  fc.assert(
    fc.property(drawn, ({ depth, columns, every }) => {
      const input = spread(depth, every);
      const [cost] = loadHardware('cortex-a76').cost([taskOf(depth, columns, input)], 'columns');
      let macs = 0;
      for (const value of input) if (value !== 0) macs += columns;
      expect(cost?.kernel).toBe('columns');
      expect(cost?.counters.macs).toBeWithin(1e-9, macs);
      // All of them lie there.
      expect(cost?.counters.weight_bytes).toBe(4 * depth * columns);
    }),
    { numRuns: 40 },
  );
});

it('take from memory what is read of them, more of a batch', () => {
  const [depth, columns] = [8192, 4096];
  const device = loadHardware('cortex-a76');
  const bytes = (every: number, batch: number) => {
    const [cost] = device.cost([taskOf(depth, columns, spread(depth, every), batch)], 'columns');
    return cost?.counters.dram_bytes ?? 0;
  };
  const weights = 4 * depth * columns;
  expect(bytes(1, 1)).toBeWithin(0.01, weights);
  expect(bytes(8, 1)).toBeWithin(0.01, weights / 8);
  // Four frames with an eighth each, their places independent.
  expect(bytes(8, 4)).toBeWithin(0.01, weights * (1 - (7 / 8) ** 4));
});

it('are no gain where all activations are there, and serve only by name', () => {
  const [depth, columns] = [4096, 4096];
  const device = loadHardware('cortex-a76');
  const seconds = (kernel: string, every: number) => {
    const [cost] = device.cost([taskOf(depth, columns, spread(depth, every))], kernel);
    return Object.values(cost?.cycles ?? {}).reduce((sum, part) => sum + part, 0);
  };
  expect(seconds('columns', 1)).toBeGreaterThanOrEqual(0.99 * seconds('dense', 1));
  expect(seconds('columns', 10)).toBeLessThan(0.2 * seconds('dense', 10));
  expect(device.kernels).not.toContain('columns');
  expect(device.optInKernels).toContain('columns');
});
