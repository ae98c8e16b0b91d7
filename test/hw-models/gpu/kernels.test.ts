import fc from 'fast-check';
import type { Patch } from 'immer';
import { describe, expect, it } from 'vitest';
import { bind } from '../../../hw-models/bind.js';
import { secondsOf } from '../../../hw-models/cost.js';
import { gpu } from '../../../hw-models/gpu/index.js';
import { columnBytes } from '../../../hw-models/gpu/kernels/dense.js';
import { buildNetwork, type LayerSpec } from '../../../workloads/graph.js';
import { sizeOf, weightShapeOf } from '../../../workloads/layers/index.js';
import type { Layer, LayerTask, Shape } from '../../../workloads/network.js';
import { taskOf } from '../../../workloads/tasks.js';
import { drawActivations, drawWeights } from '../../../workloads/weights/synthetic.js';
import { presetOf } from './published.js';

const hardware = ['titan-x', 'tegra-k1', 'tesla-t4', 'a10g'].map((name) => bind(gpu, presetOf(name)));

function task(spec: LayerSpec, input: Shape, density: number, batch: number): LayerTask {
  const source = { work: 'a test', at: 'here' };
  const network = buildNetwork({ name: 'test', title: 'test', input, layers: [spec], source });
  const layer = network.layers[0] as Layer;
  const shape = weightShapeOf(layer);
  const weights = shape ? drawWeights(shape, density, 1, layer.name) : null;
  const model = { network, weights: new Map(weights ? [[layer.name, weights]] : []), origin: 'synthetic' as const };
  return taskOf(model, layer, drawActivations(sizeOf(input), 0.5, 1, layer.name), batch);
}

const fc6 = (inputs: number, outputs: number, density: number, batch: number) =>
  task({ kind: 'dense', name: 'fc', outputs, bias: true, activation: 'relu' }, [inputs], density, batch);

const conv = (channels: number, size: number, kernel: number, groups: number, density: number, batch: number) => {
  const shape = { kernel, stride: 1, pad: Math.floor(kernel / 2), groups, bias: true } as const;
  const spec = { kind: 'conv2d', name: 'conv', channels: 2 * channels, activation: 'relu', ...shape } as const;
  return task(spec, [channels, size, size], density, batch);
};

const tasks = fc.oneof(
  fc
    .tuple(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 300 }), fc.constantFrom(0, 0.05, 0.5, 1))
    .chain(([inputs, outputs, density]) =>
      fc.constantFrom(1, 2, 7, 64).map((batch) => fc6(inputs, outputs, density, batch)),
    ),
  fc
    .tuple(fc.constantFrom(2, 16, 34), fc.integer({ min: 3, max: 14 }), fc.constantFrom(1, 3), fc.constantFrom(1, 2))
    .chain(([channels, size, kernel, groups]) =>
      fc.constantFrom(0, 0.3, 1).map((density) => conv(channels, size, kernel, groups, density, 2)),
    ),
);

const unweighted: readonly LayerSpec[] = [
  { kind: 'pool2d', name: 'pool', mode: 'max', kernel: 3, stride: 2, pad: 0, rounding: 'ceil' },
  { kind: 'pool2d', name: 'average', mode: 'average', kernel: 'global', stride: 1, pad: 0, rounding: 'floor' },
  { kind: 'lrn', name: 'lrn', size: 5, alpha: 1e-4, beta: 0.75, k: 1 },
  { kind: 'concat', name: 'concat' },
  { kind: 'softmax', name: 'softmax' },
];

describe('kernels of GPUs', () => {
  it('keep every promise of a cost on any layer', () => {
    // bind() checks: parts finite, counters declared, no time below the floor, multiplications conserved.
    fc.assert(
      fc.property(tasks, fc.constantFrom(...hardware), fc.constantFrom('dense', 'sparse'), (task, device, kernel) => {
        const [cost] = device.cost([task], kernel);
        const macs = kernel === 'dense' ? task.macs.dense : task.macs.keptWeights;
        expect(cost?.counters.macs).toBe(macs * task.batch);
        expect(cost?.counters.mac_slots).toBeGreaterThanOrEqual(cost?.counters.macs ?? Number.NaN);
        expect(cost).toEqual(device.cost([task], kernel)[0]);
      }),
      { numRuns: 60 },
    );
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
      fc.property(tasks, fc.constantFrom(...patches), fc.constantFrom('dense', 'sparse'), (task, patch, kernel) => {
        const seconds = (device = titan) => (device?.cost([task], kernel) ?? []).map(secondsOf)[0];
        expect(seconds(titan?.vary([patch]))).toBeLessThanOrEqual((seconds() ?? 0) * (1 + 1e-9));
      }),
      { numRuns: 40 },
    );
  });

  it('keep small weights in the L2 cache, unless the network overruns it', () => {
    const [titan] = hardware;
    const small = fc6(4096, 600, 0.1, 1); // 245 760 weights of 8 bytes: 2 of 3 MB
    const [alone] = titan?.cost([small], 'sparse') ?? [];
    expect(alone?.counters.dram_bytes).toBe(0);
    expect(alone?.notes).toContain('weights stay in the L2 cache between frames');
    const [first] = titan?.cost([small, small], 'sparse') ?? [];
    expect(first?.counters.dram_bytes).toBe(8 * 245760 + 4 * 601);
    const [dense] = titan?.cost([small], 'dense') ?? [];
    expect(dense?.counters.dram_bytes).toBe(4 * 4096 * 600);
  });

  it('say when the board could not feed them', () => {
    const [titan] = hardware;
    const fed = titan?.vary([{ op: 'replace', path: ['energy', 'boardWatts'], value: 147 }]);
    expect(fed?.cost([fc6(1000, 1000, 1, 1)], 'dense')[0]?.notes.join()).toContain("above the board's 147 W");
  });
});

describe('the columns of a column-major matrix', () => {
  it('are fetched in whole granules by each warp', () => {
    // 64 rows of 4 B fill two 128-byte lines in every column.
    expect(columnBytes(64, 32, 128)).toBe(256);
    // 48 rows: columns start at word 0, 16, 0, … (48 mod 32). From 0: words 0–31 and 32–47, two lines; from 16:
    // words 16–47 straddle two lines, words 48–63 lie in one. 2.5 lines on average.
    expect(columnBytes(48, 32, 128)).toBe(2.5 * 128);
    // The same rows in 32-byte sectors: 48 words are six sectors wherever a multiple of 8 starts.
    expect(columnBytes(48, 32, 32)).toBe(6 * 32);
    // One row, lines of two words: a line for every column.
    expect(columnBytes(1, 32, 8)).toBe(8);
  });

  it('cost at least their bytes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.constantFrom(4, 32, 128), (rows, granule) => {
        expect(columnBytes(rows, 32, granule)).toBeGreaterThanOrEqual(4 * rows);
      }),
    );
  });
});
