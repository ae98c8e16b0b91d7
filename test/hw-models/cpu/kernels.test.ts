import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bind } from '../../../hw-models/bind.js';
import type { Preset } from '../../../hw-models/contract.js';
import { cyclesOf, joulesOf, secondsOf, sum } from '../../../hw-models/cost.js';
import type { CpuConfig } from '../../../hw-models/cpu/config.js';
import { cpu } from '../../../hw-models/cpu/index.js';
import type { LayerTask, Shape } from '../../../workloads/network.js';
import type { LayerSpec } from '../../../workloads/spec.js';
import { conv, costOf, layerTask } from './layer-task.js';
import { cpuPreset, denseLayerTask } from './presets.js';

const presets = ['i7-5930k', 'xeon-platinum-8375c', 'cortex-a76'].map(cpuPreset);
const [i7, xeon] = presets as [Preset<CpuConfig>, Preset<CpuConfig>];

const secondsOn = (config: CpuConfig, task: LayerTask, kernel: string) =>
  secondsOf(costOf({ ...i7, config }, task, kernel));

describe('closed forms on the i7-5930k', () => {
  it('GEMV from memory takes its bytes over what the library streams', () => {
    // 4096 × 4096 × 4 B at 64 GB/s × ½ × ½ = 16 GB/s; vectors of 16 KiB stay in L2; one call on six
    // cores: 0.5 + log2(6) × 1.16 µs.
    const config = {
      ...i7.config,
      memory: { ...i7.config.memory, bandwidth: 64e9, sustained: 0.5 },
      dense: { ...i7.config.dense, streamShare: 0.5 },
    };
    const seconds = secondsOn(config, denseLayerTask('fc', 4096, 4096, 1, 1), 'dense');
    expect(seconds).toBeWithin(1e-9, (4096 * 4096 * 4) / 16e9 + 0.5e-6 + Math.log2(6) * 1.16e-6);
  });

  it('SpMV is bound by its in-core cycles where its data are near', () => {
    // 100 000 non-zeros × 3 cycles; loads, stores and 804 kB from L3 (189 thousand cycles) hide
    // behind them. One core.
    const config = { ...i7.config, sparse: { ...i7.config.sparse, cyclesPerNonzero: 3 } };
    const cost = costOf({ ...i7, config }, denseLayerTask('fc', 1000, 1000, 0.1, 1), 'sparse');
    expect(cyclesOf(cost)).toBeWithin(1e-9, 300_000 + 0.5e-6 * 3.5e9);
    expect(cost.counters).toMatchObject({
      macs: 100_000,
      nonzeros: 100_000,
      dram_bytes: 0,
      cores: 1,
    });
    expect(cost.bound).toBe('compute');
  });

  it('GEMM multiplies at its share of the peak rate of six cores', () => {
    const cost = costOf(i7, denseLayerTask('fc', 1024, 1024, 1, 64), 'dense');
    const macs = 64 * 1024 * 1024;
    expect(cost.counters.macs).toBe(macs);
    expect(cost.cycles.compute).toBeWithin(
      1e-9,
      macs / (6 * 8 * 2 * i7.config.dense.gemmEfficiency),
    );
  });
});

describe('data in caches', () => {
  it('pruning moves VGG-7 from memory into L3', () => {
    const vgg7 = denseLayerTask('VGG-7', 4096, 4096, 0.04, 1);
    expect(costOf(i7, vgg7, 'dense').counters.dram_bytes).toBe(4096 * 4096 * 4);
    expect(costOf(i7, vgg7, 'sparse').counters.dram_bytes).toBe(0);
  });

  it('the layers of a network compete: each alone fits, two together do not', () => {
    // 1200 × 1200 × 4 B = 5.8 MB below half of L3's 15 MiB, twice that above.
    const task = denseLayerTask('fc', 1200, 1200, 1, 1);
    const hardware = bind(cpu, i7);
    const traffic = (tasks: readonly LayerTask[]) =>
      hardware.cost(tasks, 'dense').map(({ counters }) => counters.dram_bytes);
    expect(traffic([task])).toEqual([0]);
    expect(traffic([task, task])).toEqual([1200 * 1200 * 4, 1200 * 1200 * 4]);
  });

  it('a plain 1×1 convolution needs no im2col matrix, a 3×3 one does', () => {
    const input: Shape = [16, 14, 14];
    expect(costOf(i7, layerTask(input, conv(32, 1)), 'dense').cycles).not.toHaveProperty('im2col');
    expect(
      costOf(i7, layerTask(input, conv(32, 3, { pad: 1 })), 'dense').cycles.im2col,
    ).toBeGreaterThan(0);
  });

  it('a depthwise convolution takes a load and a multiply-add a tap and vector of channels', () => {
    const task = layerTask([30, 28, 28], conv(30, 3, { pad: 1, groups: 30 }));
    const dense = costOf(i7, task, 'dense');
    expect(dense.counters.macs).toBe(30 * 9 * 28 * 28);
    // 4 vectors of 8 channels, the last one of 6; two loads a cycle at 0.9 of their rate, 6 cores.
    const loads = 4 * 9 * 28 * 28;
    expect(dense.cycles.compute).toBeWithin(1e-9, loads / 2 / 0.9 / 6);
    // Four vectors on six cores: two have nothing to do.
    expect(dense.cycles.imbalance).toBeGreaterThan(0);
    // Zero weights are multiplied all the same.
    expect(
      cyclesOf(
        costOf(i7, layerTask([30, 28, 28], conv(30, 3, { pad: 1, groups: 30 }), 0.2), 'dense'),
      ),
    ).toBe(cyclesOf(dense));
  });
});

describe('counters and energy', () => {
  it('counts kept weights on every pixel of every frame', () => {
    const task = layerTask([8, 9, 9], conv(16, 3, { pad: 1 }), 0.25, 3);
    const nonzeros = 16 * 8 * 9 * 0.25;
    expect(costOf(i7, task, 'sparse').counters).toMatchObject({
      nonzeros,
      macs: nonzeros * 81 * 3,
    });
    expect(costOf(i7, task, 'dense').counters.macs).toBe(16 * 8 * 9 * 81 * 3);
  });

  it('draws idle power and the power of its busy cores at least', () => {
    const cost = costOf(i7, denseLayerTask('fc', 2000, 2000, 0.1, 1), 'sparse');
    const watts = (joulesOf(cost) ?? 0) / secondsOf(cost);
    const { idle, core } = i7.config.energy;
    expect(watts).toBeGreaterThan(idle + core);
    expect(watts).toBeLessThan(idle + core + 10);
  });

  it('declares meters of distinct meaning', () => {
    const meanings = Object.values(cpu.meters).map(({ meaning }) => meaning);
    expect(new Set(meanings).size).toBe(meanings.length);
  });
});

const weighted = fc.oneof(
  fc
    .record({
      inputs: fc.integer({ min: 1, max: 300 }),
      outputs: fc.integer({ min: 1, max: 300 }),
      density: fc.constantFrom(0, 0.01, 0.3, 1),
      batch: fc.constantFrom(1, 2, 7, 64),
    })
    .map(({ inputs, outputs, density, batch }) =>
      denseLayerTask('fc', inputs, outputs, density, batch),
    ),
  fc
    .record({
      channels: fc.constantFrom(1, 3, 8),
      filters: fc.constantFrom(1, 5, 16),
      size: fc.integer({ min: 5, max: 24 }),
      kernel: fc.constantFrom(1, 3, 5),
      stride: fc.constantFrom(1, 2, 4),
      pad: fc.constantFrom(0, 1),
      density: fc.constantFrom(0.02, 0.3, 1),
      batch: fc.constantFrom(1, 5),
    })
    .map(({ channels, filters, size, kernel, stride, pad, density, batch }) =>
      layerTask([channels, size, size], conv(filters, kernel, { stride, pad }), density, batch),
    ),
);

const presetAndKernel = fc.record({
  preset: fc.constantFrom(...presets),
  kernel: fc.constantFrom('dense', 'winograd', 'sparse'),
});

describe('every kernel on every preset', () => {
  it('stays above its floor with parts that are finite and not negative', () => {
    // bind() refuses a cost below its floor, with negative parts or wrong MACs; a tiny L3 makes all
    // data stream.
    fc.assert(
      fc.property(presetAndKernel, weighted, fc.boolean(), ({ preset, kernel }, task, isSmall) => {
        const { l3, ...rest } = preset.config;
        const config = isSmall ? { ...rest, l3: { ...l3, capacity: 0 } } : preset.config;
        const cost = costOf({ ...preset, config }, task, kernel);
        expect(sum(cost.cycles)).toBeGreaterThanOrEqual(cost.floorCycles);
        expect(joulesOf(cost)).toBeGreaterThan(0);
        expect(cost.counters.cores).toBeLessThanOrEqual(config.cores);
      }),
      { numRuns: 300 },
    );
  });

  it('is never slower with more bandwidth, a faster clock or a larger L3', () => {
    fc.assert(
      fc.property(
        presetAndKernel,
        weighted,
        fc.double({ min: 1, max: 8, noNaN: true }),
        ({ preset, kernel }, task, factor) => {
          const { config } = preset;
          const seconds = (varied: CpuConfig) =>
            secondsOf(costOf({ ...preset, config: varied }, task, kernel));
          const limit = seconds(config) * (1 + 1e-9);
          const { memory, l3 } = config;
          expect(
            seconds({ ...config, memory: { ...memory, bandwidth: memory.bandwidth * factor } }),
          ).toBeLessThanOrEqual(limit);
          expect(seconds({ ...config, clock: config.clock * factor })).toBeLessThanOrEqual(limit);
          expect(
            seconds({ ...config, l3: { ...l3, capacity: l3.capacity * factor } }),
          ).toBeLessThanOrEqual(limit);
        },
      ),
      { numRuns: 200 },
    );
  });

  it.each(['dense', 'sparse'] as const)(
    '%s is never slower on twice the cores, once it uses two, what joins them apart',
    (kernel) => {
      for (const batch of [1, 64]) {
        const task = denseLayerTask('fc', 2000, 2048, 0.1, batch);
        const seconds = [2, 4, 8].map((cores) => {
          const { dense, sparse, sparseConvolution } = xeon.config;
          const libraries = {
            dense: { ...dense, cores },
            sparse: { ...sparse, cores },
            sparseConvolution: { ...sparseConvolution, cores },
          };
          const config = { ...xeon.config, cores, ...libraries };
          const cost = costOf({ ...xeon, config }, task, kernel);
          return cyclesOf(cost) - (cost.cycles.overhead ?? 0);
        });
        expect(seconds).toEqual([...seconds].sort((a, b) => b - a));
      }
    },
  );

  it.each<readonly [Shape, LayerSpec]>([
    [
      [8, 12, 12],
      { kind: 'pool2d', name: 'pool', mode: 'max', kernel: 3, stride: 2, pad: 0, rounding: 'ceil' },
    ],
    [
      [8, 12, 12],
      {
        kind: 'pool2d',
        name: 'pool',
        mode: 'average',
        kernel: 'global',
        stride: 1,
        pad: 0,
        rounding: 'floor',
      },
    ],
    [[8, 12, 12], { kind: 'lrn', name: 'norm', size: 5, alpha: 1e-4, beta: 0.75, k: 1 }],
    [[8, 12, 12], { kind: 'concat', name: 'concat' }],
    [[1000], { kind: 'softmax', name: 'prob' }],
  ])('serves a layer without weights: %j %j', (input, spec) => {
    for (const preset of presets) {
      const cost = costOf(preset, layerTask(input, spec));
      expect(cost.kernel).toBe('elementwise');
      expect(cost.counters.macs).toBe(0);
      expect(sum(cost.cycles)).toBeGreaterThanOrEqual(cost.floorCycles);
    }
  });
});
