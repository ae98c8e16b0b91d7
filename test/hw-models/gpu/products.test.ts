// Products of tokens, of several matrices and of two results.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bind } from '../../../hw-models/bind.js';
import type { Hardware, LayerCost } from '../../../hw-models/contract.js';
import { cyclesOf } from '../../../hw-models/cost.js';
import { gpu } from '../../../hw-models/gpu/index.js';
import { streamOf } from '../../../workloads/demand.js';
import type { LayerTask } from '../../../workloads/network.js';
import { presetOf } from './presets.js';
import { productTask, type Sizes, sizes } from './product-task.js';

const devices = ['titan-x', 'tegra-k1', 'a10g', 'h100-sxm'].map((name) =>
  bind(gpu, presetOf(name)),
);
const [titan, , a10g, h100] = devices as [Hardware, Hardware, Hardware, Hardware];
const exact = fc.constantFrom('dense', 'sparse');
const coded = fc.constantFrom('tensor', 'tensor-int8', 'structured');
const withKernel = fc.oneof(
  fc.tuple(fc.constantFrom(...devices), exact),
  fc.tuple(fc.constantFrom(a10g, h100), coded),
);

function costOf(device: Hardware, task: LayerTask, kernel?: string): LayerCost {
  const [cost] = device.cost([task], kernel);
  if (!cost) throw new Error('nothing costed');
  return cost;
}

function expectRising(cycles: readonly number[]): void {
  for (const [at, value] of cycles.entries()) {
    expect(value * (1 + 1e-9)).toBeGreaterThanOrEqual(cycles[at - 1] ?? 0);
  }
}

describe('products of tokens', () => {
  it('cost what as many frames of one token cost, to the last bit', () => {
    fc.assert(
      fc.property(sizes, fc.constantFrom(1, 3), withKernel, (random, batch, [device, kernel]) => {
        const one = { ...random, matrices: 1 };
        const tokens = costOf(device, productTask(one, batch), kernel);
        const frames = costOf(device, productTask({ ...one, rows: 1 }, batch * one.rows), kernel);
        expect(tokens).toEqual(frames);
      }),
      { numRuns: 80 },
    );
  });

  it('read their weights once for all rows', () => {
    // 64 tokens fit one tile's columns, so that each weight comes once, and tokens for each tile.
    const task = productTask({ matrices: 1, rows: 64, depth: 256, columns: 128 }, 1, 'weights', 1);
    const { counters } = costOf(titan, task, 'dense');
    expect(counters).toMatchObject({
      launches: 1,
      macs: 64 * 256 * 128,
      weight_bytes: 4 * 256 * 128,
    });
    const down = counters.blocks ?? Number.NaN;
    expect(counters.l2_bytes).toBe(4 * (256 * 128 + down * 64 * 256 + 64 * 128));
  });
});

describe('several matrices', () => {
  it('are one launch of as many tiles', () => {
    const of = (matrices: number) =>
      costOf(titan, productTask({ matrices, rows: 64, depth: 256, columns: 128 }, 1), 'dense')
        .counters;
    const [one, twelve] = [of(1), of(12)];
    expect(twelve).toMatchObject({ launches: 1, blocks: 12 * (one.blocks ?? 0) });
    for (const name of ['macs', 'mac_slots', 'l2_bytes', 'weight_bytes', 'instructions']) {
      expect(twelve[name], name).toBe(12 * (one[name] ?? 0));
    }
  });

  it('never cost less than fewer of them, and keep their floors', () => {
    fc.assert(
      fc.property(sizes, fc.constantFrom(1, 3), withKernel, (random, batch, [device, kernel]) => {
        // bind() refuses what lies below its floor.
        const cycles = [1, 2, 4, 16].map((matrices) =>
          cyclesOf(
            costOf(device, productTask({ ...random, matrices }, batch, 'weights', 1), kernel),
          ),
        );
        expectRising(cycles);
      }),
      { numRuns: 40 },
    );
  });

  it('never cost less for more rows, once there are several', () => {
    fc.assert(
      fc.property(sizes, withKernel, (random, [device, kernel]) => {
        const cycles = [32, 64, 128, 512].map((rows) =>
          cyclesOf(costOf(device, productTask({ ...random, rows }, 1, 'weights', 1), kernel)),
        );
        expectRising(cycles);
      }),
      { numRuns: 40 },
    );
  });
});

describe('products of two results', () => {
  const scores: Sizes = { matrices: 12, rows: 128, depth: 64, columns: 128 };

  it('have no weights: what they multiply by comes as activations, for each frame anew', () => {
    const { counters, notes } = costOf(titan, productTask(scores, 2, 'activations'), 'dense');
    expect(counters).toMatchObject({ weight_bytes: 0, nonzeros: 0, macs: 2 * 12 * 128 * 128 * 64 });
    // Two tiles of 128 × 64 for each of 24 products: the rows of each come twice.
    const [right, left, outputs] = [128 * 64, 128 * 64, 128 * 128];
    expect(counters.l2_bytes).toBe(4 * 24 * (2 * right + left + outputs));
    expect(notes.join()).not.toContain('weights');
  });

  it('cross the pins where they exceed the L2 cache', () => {
    const { counters } = costOf(
      titan,
      productTask({ ...scores, rows: 1024 }, 1, 'activations'),
      'dense',
    );
    const elements = 12 * (1024 * 64 + 128 * 64 + 1024 * 128);
    // Three quarters of the 3 MiB keep what passes from layer to layer.
    expect(counters.dram_bytes).toBeWithin(1e-12, 4 * elements - 0.75 * 3 * 2 ** 20);
  });

  it('run dense where sparse or pruned weights are asked for', () => {
    expect(costOf(a10g, productTask(scores, 1, 'activations'), 'sparse').kernel).toBe('dense');
    const { kernel, notes } = costOf(a10g, productTask(scores, 1, 'activations'), 'structured');
    expect(kernel).toBe('tensor');
    expect(notes).toContain('multiplies activations with each other: runs dense');
  });

  it('are never cheaper than their bytes', () => {
    const kernels = fc.constantFrom('dense', 'tensor', 'tensor-int8');
    fc.assert(
      fc.property(
        sizes,
        fc.constantFrom(1, 3),
        fc.constantFrom(a10g, h100),
        kernels,
        (random, batch, device, kernel) => {
          const { matrices, rows, depth, columns } = random;
          const cost = costOf(device, productTask(random, batch, 'activations'), kernel);
          const word = { dense: 4, tensor: 2, 'tensor-int8': 1 }[kernel as 'dense'];
          const elements = matrices * (rows * depth + depth * columns + rows * columns) * batch;
          expect(cost.counters.l2_bytes).toBeGreaterThanOrEqual(word * elements);
          const roof =
            device.peaks?.roofs.find(({ name }) => name === 'L2 cache')?.bytesPerSecond ??
            Number.NaN;
          expect(cyclesOf(cost) / cost.clockHz).toBeGreaterThanOrEqual((word * elements) / roof);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('of one row stream the matrix as GEMV does', () => {
    const task = (right: 'weights' | 'activations') =>
      productTask({ matrices: 8, rows: 1, depth: 64, columns: 512 }, 1, right);
    const [weights, results] = [
      costOf(titan, task('weights'), 'dense'),
      costOf(titan, task('activations'), 'dense'),
    ];
    expect(results.counters.l2_bytes).toBe(weights.counters.l2_bytes);
    expect(results.counters.blocks).toBe(8 * (512 / 32));
  });
});

describe('streams', () => {
  const elements = 32 * 1000;
  const instructionsOf = (operations: object, passes = 1) => {
    const all = { add: 0, multiply: 0, exponential: 0, divide: 0, ...operations };
    const demand = { ...streamOf(elements, elements, all), passes };
    const input = { values: new Float32Array(1), density: 1, origin: 'synthetic' } as const;
    const macs = { dense: 0, keptWeights: 0, effective: 0 };
    return costOf(titan, { name: 's', demand, weights: null, input, macs, batch: 1 }).counters
      .instructions;
  };

  it('take four instructions an element, and what arithmetic finds no room among them', () => {
    expect(instructionsOf({})).toBe(4 * 1000);
    expect(instructionsOf({ add: 4 * elements })).toBe(4 * 1000);
    expect(instructionsOf({ add: 6 * elements })).toBe(6 * 1000);
    // SiLU: an exponential of 3, a division of 2, a sum and a product.
    const silu = { add: elements, multiply: elements, exponential: elements, divide: elements };
    expect(instructionsOf(silu)).toBe(7 * 1000);
    // Softmax passes twice over what it looks at: 3 sums, an exponential and a division fill the
    // room.
    expect(instructionsOf({ add: 3 * elements, exponential: elements, divide: elements }, 2)).toBe(
      4 * 1000,
    );
  });
});
