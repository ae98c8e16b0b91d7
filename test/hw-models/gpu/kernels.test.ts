import fc from 'fast-check';
import type { Patch } from 'immer';
import { describe, expect, it } from 'vitest';
import { bind } from '../../../hw-models/bind.js';
import { secondsOf, sum } from '../../../hw-models/cost.js';
import { gpu } from '../../../hw-models/gpu/index.js';
import { columnBytes } from '../../../hw-models/gpu/kernels/gemv.js';
import type { LayerSpec } from '../../../workloads/spec.js';
import { presetOf, presets } from './presets.js';
import { conv, dense, task, tasks } from './random.js';

const hardware = presets.map((name) => bind(gpu, presetOf(name)));

const unweighted: readonly LayerSpec[] = [
  { kind: 'pool2d', name: 'pool', mode: 'max', kernel: 3, stride: 2, pad: 0, rounding: 'ceil' },
  {
    kind: 'pool2d',
    name: 'average',
    mode: 'average',
    kernel: 'global',
    stride: 1,
    pad: 0,
    rounding: 'floor',
  },
  { kind: 'lrn', name: 'lrn', size: 5, alpha: 1e-4, beta: 0.75, k: 1 },
  { kind: 'concat', name: 'concat' },
  { kind: 'softmax', name: 'softmax' },
];

describe('kernels of GPUs', () => {
  it('keep every promise of a cost on any layer', () => {
    // bind() checks: parts finite, counters declared, no time below the floor, multiplications
    // conserved.
    fc.assert(
      fc.property(
        tasks,
        fc.constantFrom(...hardware),
        fc.constantFrom('dense', 'sparse'),
        (task, device, kernel) => {
          const [cost] = device.cost([task], kernel);
          const macs = kernel === 'dense' ? task.macs.dense : task.macs.keptWeights;
          expect(cost?.counters.macs).toBe(macs * task.batch);
          expect(cost?.counters.mac_slots).toBeGreaterThanOrEqual(
            cost?.counters.macs ?? Number.NaN,
          );
          expect(cost).toEqual(device.cost([task], kernel)[0]);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('load the pixels of a sparse convolution in rows', () => {
    // 8 weights of 4 filters over 2 channels, 64 pixels: two passes of 32 pixels, 16 steps of four
    // sectors. A block fetches 32 pixels of two channels; each pass reads the matrix (8 · 8 + 4 · 5
    // B); 256 outputs are written.
    const [cost] = hardware[0]?.cost([conv(2, 8, 1, 1, 1, 1)], 'sparse') ?? [];
    expect(cost?.counters).toMatchObject({
      instructions: 64,
      gather_sectors: 0,
      coalesced_bytes: 16 * 128,
      blocks: 2,
    });
    expect(cost?.counters.l2_bytes).toBe(2 * 2 * 32 * 4 + 2 * 84 + 256 * 4);
    // With three taps a row, pixels seldom start a sector: 32 · 144 / 2 weights, each of 98 / 32
    // passes five sectors.
    const [taps] = hardware[0]?.cost([conv(2, 7, 3, 1, 1, 2)], 'sparse') ?? [];
    expect(taps?.counters.coalesced_bytes).toBe(72 * 4 * 5 * 32);
  });

  it('fetch what a sparse convolution cannot keep in the cheaper order', () => {
    // 128 filters over 64 · 28 · 28 inputs; 3686 weights of 8 bytes and row pointers fit Tegra K1's
    // L2 of 128 KB.
    const layer = conv(64, 28, 1, 1, 0.45, 1);
    const [tegra] = hardware[1]?.cost([layer], 'sparse') ?? [];
    const [inputs, outputs, weights] = [4 * 64 * 784, 4 * 128 * 784, 8 * 3686 + 4 * 129];
    // Three quarters of the cache keep activations.
    const kept = 0.75 * 131072;
    expect(tegra?.counters.dram_bytes).toBeWithin(1e-12, inputs + outputs - kept + weights);
    const small = hardware[1]?.vary([
      { op: 'replace', path: ['l2', 'bytes'], value: 16384 },
      { op: 'replace', path: ['sm', 'gatherCacheBytes'], value: 16384 },
    ]);
    // 16 KB do not hold them: 25 passes over the matrix, or four rounds over the inputs, since
    // registers allow four blocks of eight filters at a time.
    const [rounds] = small?.cost([layer], 'sparse') ?? [];
    const few = 0.75 * 16384;
    expect(rounds?.counters.dram_bytes).toBeWithin(1e-12, 4 * inputs + outputs - few + weights);
    // 16 pixels are one pass.
    const [once] = small?.cost([conv(64, 4, 1, 1, 0.9, 1)], 'sparse') ?? [];
    expect(once?.counters.dram_bytes).toBe(8 * 7373 + 4 * 129);
  });

  it('gain from a sparse convolution where few weights are left, not where a third is', () => {
    const ratio = (density: number) => {
      const [titan] = hardware;
      const [fast, slow] = ['dense', 'sparse'].map((kernel) =>
        (titan?.cost([conv(64, 28, 3, 1, density, 16)], kernel) ?? []).map(secondsOf),
      );
      return (slow?.[0] ?? Number.NaN) / (fast?.[0] ?? Number.NaN);
    };
    expect(ratio(0.05)).toBeLessThan(1);
    expect(ratio(0.35)).toBeGreaterThan(1);
    expect(ratio(0.35)).toBeLessThan(4);
  });

  it.each(unweighted)('serve $name without weights', (spec) => {
    for (const device of hardware) {
      const [cost] = device.cost([task(spec, [24, 27, 27], 0, 3)]);
      expect(cost).toMatchObject({ kernel: 'elementwise', counters: { macs: 0, launches: 1 } });
    }
  });

  it('never get slower with a higher clock, wider memory or more SMs', () => {
    const patches: readonly Patch[] = [
      { op: 'replace', path: ['clockHz'], value: 2e9 },
      { op: 'replace', path: ['dram', 'bytesPerSecond'], value: 500e9 },
      { op: 'replace', path: ['sm', 'count'], value: 25 },
      { op: 'replace', path: ['l2', 'bytes'], value: 64e6 },
      { op: 'replace', path: ['launchSeconds'], value: 1e-6 },
    ];
    const [titan] = hardware;
    fc.assert(
      fc.property(
        tasks,
        fc.constantFrom(...patches),
        fc.constantFrom('dense', 'sparse'),
        (task, patch, kernel) => {
          const seconds = (device = titan) =>
            (device?.cost([task], kernel) ?? []).map(secondsOf)[0];
          expect(seconds(titan?.vary([patch]))).toBeLessThanOrEqual((seconds() ?? 0) * (1 + 1e-9));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('keep small weights in the L2 cache, unless the network overruns it', () => {
    const [titan] = hardware;
    const small = dense(4096, 600, 0.1, 1); // 245 760 weights of 8 bytes: 2 of 3 MB
    const [alone] = titan?.cost([small], 'sparse') ?? [];
    expect(alone?.counters.dram_bytes).toBe(0);
    expect(alone?.notes).toContain('weights stay in the L2 cache between frames');
    const [first] = titan?.cost([small, small], 'sparse') ?? [];
    expect(first?.counters.dram_bytes).toBe(8 * 245760 + 4 * 601);
    const [unpruned] = titan?.cost([small], 'dense') ?? [];
    expect(unpruned?.counters.dram_bytes).toBe(4 * 4096 * 600);
  });

  it('slow down until the board can feed them, and say so', () => {
    const [titan] = hardware;
    const layer = conv(256, 28, 3, 1, 1, 16);
    const watts = (boardWatts: number) => {
      const fed = titan?.vary([
        { op: 'replace', path: ['energy', 'boardWatts'], value: boardWatts },
      ]);
      const [cost] = fed?.cost([layer], 'dense') ?? [];
      if (!cost) throw new Error('nothing costed');
      return { random: sum(cost.joules ?? {}) / secondsOf(cost), cost };
    };
    const free = watts(250);
    expect(free.cost.clockHz).toBe(1.075e9);
    expect(free.random).toBeLessThan(250);
    const min = titan?.figures.get('energy.activeWatts')?.value ?? Number.NaN;
    const tight = watts((free.random + min) / 2);
    expect(tight.random).toBeLessThanOrEqual(((free.random + min) / 2) * (1 + 1e-6));
    expect(tight.cost.clockHz).toBeLessThan(1.075e9);
    expect(secondsOf(tight.cost)).toBeGreaterThan(secondsOf(free.cost));
    expect(tight.cost.notes.join()).toMatch(/limited to \d+ of 1075 MHz by the board's .* W/);
  });
});

describe('the columns of a column-major matrix', () => {
  it('are fetched in whole granules by each warp', () => {
    // 64 rows of 4 B fill two 128-byte lines in every column.
    expect(columnBytes(64, 32, 128)).toBe(256);
    // 48 rows: columns start at word 0, 16, 0, … (48 mod 32). From 0: words 0–31 and 32–47, two
    // lines; from 16: words 16–47 straddle two lines, words 48–63 lie in one. 2.5 lines on average.
    expect(columnBytes(48, 32, 128)).toBe(2.5 * 128);
    // The same rows in 32-byte sectors: 48 words are six sectors wherever a multiple of 8 starts.
    expect(columnBytes(48, 32, 32)).toBe(6 * 32);
    // One row, lines of two words: a line for every column.
    expect(columnBytes(1, 32, 8)).toBe(8);
  });

  it('cost at least their bytes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 500 }),
        fc.constantFrom(4, 32, 128),
        (rows, granule) => {
          expect(columnBytes(rows, 32, granule)).toBeGreaterThanOrEqual(4 * rows);
        },
      ),
    );
  });
});
