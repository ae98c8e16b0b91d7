// Products of tokens, of several matrices and of two results.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Preset } from '../../../hw-models/contract.js';
import { cyclesOf, secondsOf } from '../../../hw-models/cost.js';
import type { CpuConfig } from '../../../hw-models/cpu/config.js';
import { supplyBytesPerSecond } from '../../../hw-models/cpu/memory.js';
import type { ConvolutionDemand } from '../../../workloads/demand.js';
import type { LayerTask } from '../../../workloads/network.js';
import { activations, countMacs } from '../../../workloads/tasks.js';
import { productTask, sizes } from '../gpu/product-task.js';
import { conv, costOf, layerTask } from './layer-task.js';
import { cpuPreset } from './presets.js';

const presets = ['i7-5930k', 'xeon-platinum-8375c', 'cortex-a76'].map(cpuPreset);
const [i7] = presets as [Preset<CpuConfig>];
const presetAndKernel = fc.tuple(fc.constantFrom(...presets), fc.constantFrom('dense', 'sparse'));

describe('products of tokens', () => {
  it('cost what as many frames of one token cost, to the last bit', () => {
    fc.assert(
      fc.property(
        sizes,
        fc.constantFrom(1, 3),
        presetAndKernel,
        (random, batch, [preset, kernel]) => {
          const one = { ...random, matrices: 1 };
          const tokens = costOf(preset, productTask(one, batch), kernel);
          expect(tokens).toEqual(
            costOf(preset, productTask({ ...one, rows: 1 }, batch * one.rows), kernel),
          );
        },
      ),
      { numRuns: 80 },
    );
  });

  it('pack their weights once for all rows', () => {
    const packing = (rows: number) =>
      costOf(i7, productTask({ matrices: 1, rows, depth: 512, columns: 512 }, 1), 'dense').cycles
        .packing ?? 0;
    expect(packing(1)).toBe(0);
    expect(packing(2)).toBeGreaterThan(0);
    expect(packing(256)).toBe(packing(2));
  });
});

describe('several matrices', () => {
  it('never cost less than fewer of them or of fewer rows, and keep their floors', () => {
    fc.assert(
      fc.property(
        sizes,
        fc.constantFrom(1, 3),
        presetAndKernel,
        (random, batch, [preset, kernel]) => {
          // bind() refuses what lies below its floor. The last row pointer is shared out over more
          // cores by more rows.
          const cyclesWith = (changed: object) =>
            cyclesOf(
              costOf(preset, productTask({ ...random, ...changed }, batch, 'weights', 1), kernel),
            ) *
            (1 + 1e-4);
          const own = cyclesOf(costOf(preset, productTask(random, batch, 'weights', 1), kernel));
          expect(cyclesWith({ matrices: 2 * random.matrices })).toBeGreaterThanOrEqual(own);
          if (random.rows > 1)
            expect(cyclesWith({ rows: 2 * random.rows })).toBeGreaterThanOrEqual(own);
        },
      ),
      { numRuns: 80 },
    );
  });
});

describe('products of two results', () => {
  it('have no weights, and read what they multiply by for each frame anew', () => {
    const task = (batch: number) =>
      productTask({ matrices: 4, rows: 1, depth: 64, columns: 96 }, batch, 'activations', 1);
    const cost = costOf(i7, task(2), 'dense');
    expect(cost.counters).toMatchObject({ weight_bytes: 0, macs: 2 * 4 * 64 * 96 });
    // 2 × 4 × (64 + 64 × 96 + 96) floats are more than half of L1 and fit half of L2; outputs come
    // and go.
    expect(cost.counters.l2_bytes).toBe(4 * 2 * 4 * (64 + 64 * 96 + 2 * 96));
    const [one, two] = [costOf(i7, task(1), 'dense'), cost].map(
      ({ cycles }) => cycles.compute ?? 0,
    );
    expect(two).toBeWithin(1e-9, 2 * (one ?? 0));
  });

  it('run dense where CSR is asked for', () => {
    const task = productTask({ matrices: 2, rows: 8, depth: 16, columns: 16 }, 1, 'activations');
    expect(costOf(i7, task, 'sparse').kernel).toBe('dense');
    expect(costOf(i7, task).kernel).toBe('dense');
  });

  it('are never cheaper than their bytes', () => {
    const large = fc.record({
      matrices: fc.constantFrom(1, 16),
      rows: fc.constantFrom(1, 64, 1024),
      depth: fc.constantFrom(64, 128),
      columns: fc.constantFrom(64, 1024),
    });
    fc.assert(
      fc.property(large, fc.constantFrom(...presets), (random, preset) => {
        const { matrices, rows, depth, columns } = random;
        const cost = costOf(preset, productTask(random, 1, 'activations'), 'dense');
        const bytes = 4 * matrices * (rows * depth + depth * columns + rows * columns);
        const { l2, l3, memory, cores } = preset.config;
        expect(secondsOf(cost)).toBeGreaterThanOrEqual(cost.floorCycles / cost.clockHz);
        if (bytes <= 0.5 * Math.max(l2.capacity, l3.capacity)) return;
        expect(cost.counters.dram_bytes).toBeGreaterThanOrEqual(bytes);
        expect(secondsOf(cost)).toBeGreaterThanOrEqual(
          bytes / supplyBytesPerSecond(preset.config, cores),
        );
        expect(cost.floorCycles).toBeGreaterThanOrEqual(
          (bytes / memory.bandwidth) * preset.config.clock,
        );
      }),
      { numRuns: 12 },
    );
  });
});

describe('convolutions of several images', () => {
  it.each(['dense', 'winograd', 'sparse'])('cost what as many frames cost: %s', (kernel) => {
    for (const groups of [1, 8]) {
      const spec = conv(8, 3, { pad: 1, groups });
      const frames = layerTask([8, 12, 12], spec, 0.5, 6);
      const one = frames.demand as ConvolutionDemand;
      const demand = { ...one, images: 3 };
      const values = new Float32Array(3 * 8 * 144).fill(1);
      const input = activations(values, 'synthetic');
      const macs = countMacs(demand, frames.weights, input);
      const task: LayerTask = {
        name: 'conv',
        demand,
        weights: frames.weights,
        input,
        macs,
        batch: 2,
      };
      expect(costOf(i7, task, kernel)).toEqual(costOf(i7, frames, kernel));
    }
  });
});
