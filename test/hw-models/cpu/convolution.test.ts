// Direct sparse convolution and Winograd.

import fc from 'fast-check';
import { median } from 'simple-statistics';
import { describe, expect, it } from 'vitest';
import { bind } from '../../../hw-models/bind.js';
import type { Preset } from '../../../hw-models/contract.js';
import { cyclesOf, secondsOf } from '../../../hw-models/cost.js';
import type { CpuConfig } from '../../../hw-models/cpu/config.js';
import { peakMacsPerCycle } from '../../../hw-models/cpu/ecm.js';
import { cpu } from '../../../hw-models/cpu/index.js';
import { tilingOf } from '../../../hw-models/cpu/kernels/sparse-convolution.js';
import { scale } from '../../../hw-models/technology/scaling.js';
import type { LayerTask, Shape } from '../../../workloads/network.js';
import { conv, costOf, evenTask, layerTask } from './layer-task.js';
import { cpuPreset, denseLayerTask } from './presets.js';

const presets = ['i7-5930k', 'xeon-platinum-8375c', 'cortex-a76'].map(cpuPreset);
const [i7, xeon] = presets as [Preset<CpuConfig>, Preset<CpuConfig>];

/** Cycles of a library call on the i7's six cores. */
const callCycles = (0.5e-6 + Math.log2(6) * 1.16e-6) * 3.5e9;

const tiling = (task: LayerTask, config: CpuConfig) => {
  if (task.demand.kind !== 'convolution') throw new Error('no convolution');
  return tilingOf(task.demand, config);
};

describe('direct sparse convolution', () => {
  it('takes a load a vector of pixels and two a weight and tile', () => {
    // 14 × 8 pixels are 14 vectors of 8 lanes: one tile of 14 sums in 16 registers. 6 filters keep
    // 2 of 4 weights each: 12 × (14 + 2) = 192 loads at 2 a cycle are 96 cycles, at half the ports'
    // rate 192; 84 stores and 84 cycles of multiply-adds hide behind. The weights, (2 × 12 + 7 + 6)
    // × 4 B = 148 B, come from L2 at 64 B a cycle; one core's activations stay in its L1.
    const config = { ...i7.config, sparseConvolution: { cores: 1, efficiency: 0.5 } };
    const cost = costOf({ ...i7, config }, evenTask([4, 14, 8], conv(6, 1), 2), 'sparse');
    expect(cost.cycles.compute).toBeWithin(1e-9, 192);
    expect(cost.cycles.l2).toBeWithin(1e-9, 148 / 64);
    expect(cost.cycles).toMatchObject({ l3: 0, memory: 0, imbalance: 0 });
    expect(cost.cycles.overhead).toBeWithin(1e-9, 0.5e-6 * 3.5e9);
    expect(cost.counters).toMatchObject({ cores: 1, macs: 12 * 112 });
  });

  it('runs on all cores of the i7, where the library for fully connected layers runs on one', () => {
    expect(costOf(i7, layerTask([8, 9, 9], conv(16, 3), 0.3), 'sparse').counters.cores).toBe(6);
    expect(costOf(i7, denseLayerTask('fc', 64, 64, 0.3, 1), 'sparse').counters.cores).toBe(1);
  });

  it('loses the lanes at the end of each row', () => {
    // AVX-512: rows of 13 and 7 pixels take a vector of 16 each, rows of 55 four.
    const vectors = (size: number) =>
      tiling(evenTask([4, size, size], conv(8, 3, { pad: 1 }), 1), xeon.config).vectors;
    expect([7, 13, 16, 17, 55].map(vectors)).toEqual([7, 13, 16, 34, 220]);
    const compute = (width: number) =>
      costOf(xeon, evenTask([4, 7, width], conv(8, 3, { pad: 1 }), 5), 'sparse').cycles.compute;
    expect(compute(7)).toBeWithin(1e-9, compute(16) ?? 0);
  });

  it('takes all pixels of a 1×1 kernel as one row', () => {
    expect(tiling(evenTask([4, 13, 13], conv(8, 1), 1), xeon.config).vectors).toBe(
      Math.ceil(169 / 16),
    );
  });

  it('blocks input channels so that the rows of a tile stay in half of L1', () => {
    // 16 rows of 16 pixels are 16 of 30 sums; 18 × 18 pixels × 4 B × 64 channels = 82 944 B, half
    // of 48 KiB is 24 576.
    const task = (channels: number) => evenTask([channels, 16, 16], conv(8, 3, { pad: 1 }), 9);
    expect(tiling(task(64), xeon.config)).toEqual({
      vectors: 16,
      tiles: 1,
      blocks: 4,
      tileInputBytes: 82944,
    });
    expect(tiling(task(16), xeon.config).blocks).toBe(1);
  });

  it('has each core read the image for its filters', () => {
    // 1024 pixels are 128 vectors of 8, 10 tiles of 103 pixels at most: 8 channels × 103 × 4 B × 10
    // for each of 6 cores. 25 words of CSR a tile; 6 × 1024 outputs × 4 B come and go. The cores
    // share the 14 planes, 57 344 B, in L3.
    const cost = costOf(i7, evenTask([8, 32, 32], conv(6, 1), 1), 'sparse');
    expect(cost.counters.l2_bytes).toBe(8 * 103 * 4 * 10 * 6 + 25 * 4 * 10 + 2 * 6 * 1024 * 4);
    // The weights stay in each core's L2.
    expect(cost.counters.l3_bytes).toBe(8 * 103 * 4 * 10 * 6 + 2 * 6 * 1024 * 4);
  });

  it('copies the image where it needs a halo or a stride', () => {
    const cycles = (options: object) =>
      costOf(i7, evenTask([4, 12, 12], conv(8, 3, options), 9), 'sparse').cycles;
    expect(cycles({})).not.toHaveProperty('halo');
    expect(cycles({ pad: 1 }).halo).toBeGreaterThan(0);
    expect(cycles({ stride: 2 }).halo).toBeGreaterThan(0);
  });

  it('repeats its work for each frame of a batch', () => {
    const compute = (batch: number) =>
      costOf(i7, evenTask([4, 12, 12], conv(8, 3, { pad: 1 }), 9, batch), 'sparse').cycles
        .compute ?? 0;
    expect(compute(5)).toBeWithin(1e-9, 5 * compute(1));
  });

  // A prototype of this loop on one core (Zen 5, 3.8 GHz; measured 238 GFLOP/s at peak, L2 180 to
  // 240 and L3 80 to 105 GB/s): 3×3, 32 → 128 channels, 55×55, milliseconds by density. The
  // presets' efficiencies come from here.
  const measured = [
    [0.09, 0.2],
    [0.1, 0.22],
    [0.2, 0.35],
    [0.33, 0.47],
  ] as const;
  it.each([
    ['serial', 0.9, 0.15],
    ['full', 0.7, 0.21],
  ] as const)(
    'with overlap %s and efficiency %d lies near the prototype',
    (overlap, efficiency, error) => {
      const { l2, l3, dense, sparse } = xeon.config;
      const clock = 238e9 / 64;
      const config: CpuConfig = {
        ...xeon.config,
        cores: 1,
        clock,
        overlap,
        l2: { ...l2, capacity: 2 ** 20, bytesPerCycle: 210e9 / clock },
        l3: { ...l3, capacity: 2 ** 25, bytesPerCycle: 92e9 / clock },
        dense: { ...dense, cores: 1 },
        sparse: { ...sparse, cores: 1 },
        sparseConvolution: { cores: 1, efficiency },
        call: { entry: 0, forkJoin: 0 },
      };
      const ratios = measured.map(([density, milliseconds]) => {
        const task = layerTask([32, 55, 55], conv(128, 3, { pad: 1 }), density);
        return (secondsOf(costOf({ ...xeon, config }, task, 'sparse')) * 1e3) / milliseconds;
      });
      for (const ratio of ratios) expect(ratio).toBeWithin(error, 1);
    },
  );
});

/** The variant that a cost names: 2 or 4 outputs a side. */
function outputsOf(notes: readonly string[]): number {
  const [, m] = /F\((\d)×\1, 3×3\)/.exec(notes.join()) ?? [];
  if (!m) throw new Error('no variant named');
  return Number(m);
}

describe('Winograd', () => {
  it('multiplies 36 times for 16 outputs, at its share of the peak', () => {
    // 12 × 12 outputs are 9 tiles of F(4×4): 36 × 9 × 16 × 32 products where the direct form has
    // 144 × 9 × 16 × 32.
    const cost = costOf(i7, layerTask([16, 12, 12], conv(32, 3, { pad: 1 })), 'winograd');
    expect(cost.notes).toEqual(['Winograd F(4×4, 3×3)']);
    expect(cost.counters).toMatchObject({
      macs: 144 * 9 * 16 * 32,
      executed_macs: 36 * 9 * 16 * 32,
    });
    const rate = 6 * 8 * 2 * i7.config.dense.winogradEfficiency;
    expect(cost.cycles.compute).toBeWithin(1e-9, (36 * 9 * 16 * 32) / rate);
    // 6 columns and 6 rows of 12 operations in, 6 columns and 4 rows of 10 out; 2 and 4 vectors of
    // 8 channels, 9 tiles.
    expect(cost.counters.operations).toBe((2 * 144 + 4 * 100) * 9 * 8);
  });

  it('moves transformed tiles to and fro, and reads the weights once a block of tiles', () => {
    // A frame: 16 × 144 inputs; 36 × 9 tiles of 16 channels written (twice, as all that is written)
    // and read; of 32 filters likewise; 32 × 144 outputs. 36 × 32 × 16 weights and 32 biases. All
    // in the L2s.
    const frame = 4 * (16 * 144 + 3 * 36 * 9 * 16 + 3 * 36 * 9 * 32 + 2 * 32 * 144);
    const weights = 4 * (36 * 32 * 16 + 32);
    const task = (batch: number) => layerTask([16, 12, 12], conv(32, 3, { pad: 1 }), 1, batch);
    const cost = costOf(i7, task(1), 'winograd');
    // What cores write for each other goes through L3; so do the tiles, all at a time, as one core
    // transforms what another multiplies. The weights stay in the L2s.
    expect(cost.counters).toMatchObject({
      l2_bytes: frame + weights,
      weight_bytes: weights,
    });
    expect(cost.cycles.overhead).toBeWithin(1e-9, 3 * callCycles);
    // One core without L3: half of 256 KiB holds 5 frames' 5 × 36 × 9 × 48 × 4 B in three parts.
    const { l3, dense } = i7.config;
    const config = { ...i7.config, l3: { ...l3, capacity: 0 }, dense: { ...dense, cores: 1 } };
    const blocked = costOf({ ...i7, config }, task(5), 'winograd');
    expect(blocked.counters.l2_bytes).toBe(5 * frame + 3 * weights);
    expect(blocked.cycles.overhead).toBeWithin(1e-9, 9 * 0.5e-6 * 3.5e9);
  });

  it('spends energy on what it carries out', () => {
    const { joules, counters } = costOf(
      i7,
      layerTask([16, 12, 12], conv(32, 3, { pad: 1 })),
      'winograd',
    );
    // 45 nm: 3.7 pJ a multiplication, 0.9 pJ an addition; less at 22 nm.
    const expected = (36 * 9 * 16 * 32 * 4.6 + (counters.operations ?? 0) * 0.9) * 1e-12;
    const { energyPerOperation } = scale({ fromNm: 45, toNm: 22 });
    expect(joules?.arithmetic).toBeWithin(1e-9, expected * energyPerOperation);
  });

  it('takes F(2×2) where F(4×4) would mostly fill the edge', () => {
    // 2 × 2 outputs: 16 products a channel against 36.
    const cost = costOf(i7, layerTask([256, 4, 4], conv(256, 3)), 'winograd');
    expect(cost.notes).toEqual(['Winograd F(2×2, 3×3)']);
    expect(cost.counters.executed_macs).toBe(16 * 256 * 256);
  });

  it('has the closed form of multiplications on any shape', () => {
    fc.assert(
      fc.property(
        convolutions,
        fc.constantFrom(...presets),
        ({ input, filters, groups, pad, batch }, preset) => {
          const task = evenTask(input, conv(filters, 3, { pad, groups }), 1, batch);
          const cost = costOf(preset, task, 'winograd');
          const m = outputsOf(cost.notes);
          const [channels, height, width] = input;
          const tiles = (extent: number) => Math.ceil((extent + 2 * pad - 2) / m);
          const products =
            (m + 2) ** 2 * tiles(height) * tiles(width) * filters * (channels / groups) * batch;
          expect(cost.counters.executed_macs).toBe(products);
          expect(
            cyclesOf(cost) * peakMacsPerCycle(preset.config, preset.config.dense.cores),
          ).toBeGreaterThanOrEqual(products);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('leaves to the dense kernel what it cannot take, and says so', () => {
    const kernelOf = (task: LayerTask) => costOf(i7, task, 'winograd').kernel;
    const input: Shape = [8, 12, 12];
    expect(kernelOf(layerTask(input, conv(16, 3), 0.05))).toBe('winograd');
    expect(kernelOf(layerTask(input, conv(16, 3, { stride: 2 }), 0.05))).toBe('dense');
    expect(kernelOf(layerTask(input, conv(16, 1), 0.05))).toBe('dense');
    expect(kernelOf(denseLayerTask('fc', 64, 64, 0.05, 1))).toBe('dense');
    expect(bind(cpu, i7).kernels).toEqual(['dense', 'winograd', 'sparse']);
  });

  it('gains over im2col what NNPACK published for F(6×6, 3×3): median the same, each layer within a factor of 2', () => {
    // NNPACK, README: forward pass on an i7-6700K, Caffe's im2col over Winograd's time. AlexNet
    // without groups, batch 128; VGG-A, batch 64. Channels, filters, size, batch, published
    // speed-up.
    const published = [
      [256, 384, 13, 128, 182 / 70],
      [384, 384, 13, 128, 264 / 89],
      [384, 256, 13, 128, 177 / 64],
      [64, 128, 112, 64, 902 / 372],
      [128, 256, 56, 64, 566 / 279],
      [256, 256, 56, 64, 1091 / 463],
      [256, 512, 28, 64, 432 / 188],
      [512, 512, 28, 64, 842 / 329],
      [512, 512, 14, 64, 292 / 114],
    ] as const;
    const ratios = published.map(([channels, filters, size, batch, speedup]) => {
      const task = evenTask([channels, size, size], conv(filters, 3, { pad: 1 }), 1, batch);
      return (
        secondsOf(costOf(i7, task, 'dense')) / secondsOf(costOf(i7, task, 'winograd')) / speedup
      );
    });
    expect(median(ratios)).toBeWithin(0.02, 1);
    for (const ratio of ratios) expect(Math.abs(Math.log2(ratio))).toBeLessThan(1);
  });
});

const convolutions = fc
  .record({
    groups: fc.constantFrom(1, 2),
    channels: fc.constantFrom(1, 3, 8),
    filters: fc.constantFrom(1, 5, 16),
    height: fc.integer({ min: 3, max: 20 }),
    width: fc.integer({ min: 3, max: 20 }),
    pad: fc.constantFrom(0, 1),
    batch: fc.constantFrom(1, 3),
  })
  .map(({ groups, channels, filters, height, width, pad, batch }) => {
    const input: readonly [number, number, number] = [channels * groups, height, width];
    return { input, filters: filters * groups, groups, pad, batch };
  });

describe('sparse convolutions of any shape', () => {
  const shapes = fc.record({
    convolution: convolutions,
    preset: fc.constantFrom(...presets),
    kernel: fc.constantFrom(1, 3),
    stride: fc.constantFrom(1, 2),
  });

  it('are never faster than the peak rate, dense weights included, and never slower with fewer weights', () => {
    fc.assert(
      fc.property(
        shapes,
        ({ convolution: { input, filters, groups, pad, batch }, preset, kernel, stride }) => {
          const columns = (input[0] / groups) * kernel ** 2;
          const spec = conv(filters, kernel, { pad, groups, stride });
          let fewer = 0;
          for (const kept of new Set([0, 1, Math.ceil(columns / 3), columns])) {
            const task = evenTask(input, spec, kept, batch);
            const cycles = cyclesOf(costOf(preset, task, 'sparse'));
            const peak = peakMacsPerCycle(preset.config, preset.config.sparseConvolution.cores);
            expect(cycles).toBeGreaterThanOrEqual((task.macs.keptWeights * batch) / peak);
            expect(cycles).toBeGreaterThanOrEqual(fewer * (1 - 1e-9));
            fewer = cycles;
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});
