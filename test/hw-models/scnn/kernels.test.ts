import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cyclesOf, sum } from '../../../hw-models/cost.js';
import { loadHardware } from '../../../hw-models/presets.node.js';
import { ScnnSchema } from '../../../hw-models/scnn/config.js';
import { cyclesPerIssue } from '../../../hw-models/scnn/contention.js';
import { tilingOf } from '../../../hw-models/scnn/tiling.js';
import type { Layer } from '../../../workloads/network.js';
import { toDense } from '../../../workloads/weights/store.js';
import { conv, dense, maxPool } from '../../../workloads/zoo/entry.js';
import { costOf, drawTask, layerOf, replace } from '../eie/layer-task.js';
import { productTask } from '../product-task.js';

const scnn = loadHardware('scnn');
const config = ScnnSchema.parse(scnn.config);
const convolution = (...spec: Parameters<typeof conv>) => layerOf(conv(...spec), [16, 16, 16]);

const tilingFor = ({ demand }: Layer, design: typeof scnn) => {
  if (demand?.kind !== 'convolution') throw new Error('no convolution');
  return tilingOf(demand, ScnnSchema.parse(design.config));
};

describe('a convolution on SCNN', () => {
  it('fills every multiplier where vectors, tiles and channels come out even', () => {
    // 2 × 2 pixels a PE, 16 channels, 8 outputs in one group: 1 · 2 issues for each channel.
    const cost = costOf(
      drawTask(convolution('c', 8, 1), 1, 1),
      scnn.vary([replace(1024, 'bankQueue')]),
    );
    expect(cost.counters.issues).toBe(64 * 16 * 2);
    expect(cost.counters.products).toBe(cost.counters.product_slots);
    expect(cost.cycles.compute).toBe(32);
    expect(cost.cycles.fragmentation).toBe(0);
    expect(cost.cycles.drain).toBe((8 * 4) / 4);
  });

  it('loses most multipliers in late layers, whose tiles are small (the paper: below 20 % in the last ones)', () => {
    const utilisation = (
      spec: ReturnType<typeof conv>,
      input: readonly [number, number, number],
    ) => {
      const { counters } = costOf(drawTask(layerOf(spec, input), 0.3, 0.35), scnn);
      return (counters.products ?? 0) / (counters.product_slots ?? 0);
    };
    const early = utilisation(conv('c', 32, 3, { pad: 1 }), [32, 56, 56]);
    const late = utilisation(conv('c', 64, 1), [256, 7, 7]);
    expect(early).toBeGreaterThan(0.7);
    expect(late).toBeLessThan(0.2);
  });

  it('takes fewer channels in a group, then bands of the plane, where sums exceed the accumulators', () => {
    const layer = layerOf(conv('c', 8, 3, { pad: 1 }), [3, 224, 224]);
    // Tiles of 28 × 28 reach 30 × 30 = 900 outputs, of the 1,024 that fit.
    expect(tilingFor(layer, scnn)).toMatchObject({
      bands: 1,
      groupChannels: 1,
      reachedRows: 30,
      groups: 8,
    });
    const half = scnn.vary([replace(16, 'pe', 'bankEntries')]);
    expect(tilingFor(layer, half)).toMatchObject({
      bands: 2,
      groupChannels: 1,
      reachedRows: 16,
      groups: 8,
    });
    // Weights pass by for each band; activations spill, as outputs of 15.7 KB a PE do not fit.
    const activations = (3 + 8) * 224 * 224 * 2.5;
    expect(costOf(drawTask(layer, 1, 1), half).counters.dram_bytes).toBe(
      2 * 216 * 2.5 + activations,
    );
  });

  it('says where the time of each PE goes, and no PE works longer than the layer', () => {
    const cost = costOf(drawTask(convolution('c', 24, 3, { pad: 1 }), 0.4, 0.4, 0, 3), scnn);
    const { busyCycles = [], cycles = 0 } = cost.load ?? {};
    expect(busyCycles).toHaveLength(64);
    expect(Math.max(...busyCycles)).toBeLessThanOrEqual(cycles);
    expect(cycles).toBeWithin(1e-9, cyclesOf(cost));
    expect(sum(Object.fromEntries(busyCycles.entries()))).toBeWithin(
      1e-9,
      (cost.counters.issues ?? 0) + (cost.counters.stall_cycles ?? 0),
    );
  });

  it('streams its compressed weights once a frame, and activations that exceed its RAMs', () => {
    const layer = layerOf(conv('c', 8, 3, { pad: 1 }), [64, 112, 112]);
    const cost = costOf(drawTask(layer, 1, 1), scnn);
    // 14 × 14 × 64 values of 20 bits are more than 10 KB a PE.
    const weights = 8 * 64 * 9 * 2.5;
    expect(cost.counters.dram_bytes).toBe(weights + (64 + 8) * 112 * 112 * 2.5);
    expect(cost.notes.join()).toContain('exceed the RAM of the fullest PE');
    const little = costOf(drawTask(convolution('c', 8, 3), 1, 1, 0, 2), scnn);
    expect(little.counters.dram_bytes).toBe(2 * 8 * 16 * 9 * 2.5);
  });

  it('waits longer for fewer banks and shorter queues, and never less than a cycle', () => {
    const cycles = (banks: number, bankQueue: number) => {
      const pe = { ...config.pe, banks };
      return cyclesPerIssue({ pe, bankQueue })[16] ?? Number.NaN;
    };
    expect(cycles(256, 8)).toBe(1);
    expect(cycles(32, 64)).toBeLessThan(1.001);
    expect(cycles(32, 1)).toBeGreaterThan(cycles(32, 4));
    expect(cycles(16, 4)).toBeGreaterThan(cycles(32, 4));
    // One bank: every product waits for the one before it.
    expect(cycles(1, 1)).toBeGreaterThanOrEqual(15);
  });
});

describe('a fully connected layer on SCNN', () => {
  it('takes what its outputs, dealt out and counted one by one, take', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 30 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (outputs, inputs, weights, activations) => {
          const task = drawTask(
            layerOf(dense('fc', outputs, 'none'), [inputs]),
            weights,
            activations,
          );
          if (!task.weights) throw new Error('no weights');
          const matrix = toDense(task.weights.store);
          const share = Math.ceil(outputs / 64);
          let issues = 0;
          for (let pe = 0; pe < 64; pe++) {
            for (let input = 0; input < inputs; input++) {
              if (task.input.values[input] === 0) continue;
              let [zeros, elements] = [0, 0];
              for (
                let output = pe * share;
                output < Math.min(outputs, (pe + 1) * share);
                output++
              ) {
                if (matrix.values[output * inputs + input] === 0) zeros++;
                else {
                  elements += 1 + Math.floor(zeros / 16);
                  zeros = 0;
                }
              }
              issues += Math.ceil(elements / 4);
            }
          }
          const { counters } = costOf(task, scnn);
          expect(counters.issues).toBe(issues);
          expect(counters.products).toBe(task.macs.effective);
          expect(counters.products).toBeLessThanOrEqual((counters.product_slots ?? 0) / 4);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('uses a quarter of the multipliers at most, and waits for its weights', () => {
    const cost = costOf(drawTask(layerOf(dense('fc', 1024, 'relu'), [256]), 1, 1), scnn);
    expect(cost.counters.products).toBe((cost.counters.product_slots ?? 0) / 4);
    expect(cost.bound).toBe('memory');
    expect(cyclesOf(cost) / config.clockHz).toBeWithin(
      1e-9,
      (1024 * 256 * 2.5) / config.dram.bytesPerSecond,
    );
    expect(cost.notes.join()).toContain('at most 4 of 16 multipliers');
  });
});

describe('a product on SCNN', () => {
  const densities = { weights: 0.3, activations: 0.4 };

  it('takes its rows for pixels, dealt out to all PEs', () => {
    const cost = costOf(productTask({ rows: 128, depth: 64, columns: 32 }, densities), scnn);
    const pixels = costOf(productTask({ rows: 128, depth: 64, columns: 32 }), scnn);
    expect(pixels.counters.products).toBe(128 * 64 * 32);
    expect(Math.min(...(pixels.load?.busyCycles ?? []))).toBeGreaterThan(0);
    expect(cost.counters.products).toBe(
      productTask({ rows: 128, depth: 64, columns: 32 }, densities).macs.effective,
    );
    // 17 rows: 3 PEs have none of the last column.
    const odd = productTask({ rows: 17, depth: 64, columns: 32 }, densities);
    expect(costOf(odd, scnn).counters.products).toBe(odd.macs.effective);
  });

  it('multiplies each of several matrices', () => {
    for (const rows of [1, 5]) {
      const task = productTask(
        { matrices: 3, rows, depth: 16, columns: 12, right: 'activations' },
        densities,
      );
      const cost = costOf(task, scnn);
      expect(cost.counters.products).toBe(task.macs.effective);
      expect(cost.counters.dram_bytes).toBe(0);
      expect(cost.notes.join()).toContain('a product of two activations');
    }
  });

  it('reads a second factor of activations from their RAMs, weights from DRAM', () => {
    const shape = { rows: 64, depth: 32, columns: 16 };
    const [weights, activations] = [
      costOf(productTask(shape), scnn),
      costOf(productTask({ ...shape, right: 'activations' }), scnn),
    ];
    expect(weights.counters.dram_bytes).toBe(32 * 16 * 2.5);
    expect(activations.counters.dram_bytes).toBe(0);
    expect(activations.joules?.activation_ram).toBeGreaterThan(weights.joules?.activation_ram ?? 0);
  });

  it('plays some output-channel groups through where there are too many, and says so', () => {
    const shape = { rows: 8, depth: 4096, columns: 8 * 1024 };
    const cost = costOf(productTask(shape), scnn);
    expect(cost.notes.join()).toContain(
      '512 of 1024 output-channel groups, evenly spread, represent all',
    );
    expect(cost.counters.products).toBeWithin(1e-9, 8 * 4096 * 8 * 1024);
  });
});

describe('an SCNN', () => {
  it('has the area of the paper', () => {
    expect(sum(scnn.area ?? {})).toBeWithin(0.01, 7.9);
    expect(sum(scnn.vary([replace(64, 'pe', 'banks')]).area ?? {})).toBeGreaterThan(
      sum(scnn.area ?? {}),
    );
  });

  it('takes the energy of events that a preset states', () => {
    const task = drawTask(convolution('c', 8, 3), 0.5, 0.5);
    const stated = scnn.vary([{ op: 'add', path: ['eventJoules'], value: { multiply: 1e-12 } }]);
    expect(costOf(task, stated).joules?.multipliers).toBeWithin(
      1e-9,
      1e-12 * (costOf(task, scnn).counters.products ?? 0),
    );
  });

  it('pools with its post-processing units', () => {
    const cost = costOf(drawTask(layerOf(maxPool('p', 2, 2), [64, 16, 16]), 1, 1), scnn);
    expect(cyclesOf(cost)).toBe((64 * 16 * 16) / (64 * 4));
  });

  it('refuses what cannot be', () => {
    const vary =
      (value: number, ...path: readonly string[]) =>
      () =>
        scnn.vary([replace(value, ...path)]);
    expect(vary(9, 'pe', 'weightFifoBytes')).toThrow(
      'pe.weightFifoBytes: found 9, expected room for the 10 B',
    );
    expect(vary(15, 'sumBits')).toThrow('sumBits: found 15, expected at least the 16 bits');
    expect(vary(0, 'peRows')).toThrow('peRows: found 0, expected a whole number from 1 to 64');
  });
});
