import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bind } from '../../../hw-models/bind.js';
import type { LayerCost } from '../../../hw-models/contract.js';
import { secondsOf, sum } from '../../../hw-models/cost.js';
import { callCycles, inCore } from '../../../hw-models/host-model/engine-cost.js';
import { hostModel } from '../../../hw-models/host-model/index.js';
import { loopNames } from '../../../hw-models/host-model/loops.js';
import { type Hierarchy, LayerMemory, sharesBeyond } from '../../../hw-models/host-model/memory.js';
import { readPreset } from '../../../hw-models/preset.js';
import type { Demand } from '../../../workloads/demand.js';
import { buildNetwork } from '../../../workloads/graph.js';
import type { LayerTask } from '../../../workloads/network.js';
import type { LayerSpec } from '../../../workloads/spec.js';
import { drawModel } from '../../../workloads/synthesis.js';
import { activations, countMacs } from '../../../workloads/tasks.js';
import { drawActivations, drawWeights } from '../../../workloads/weights/synthetic.js';
import { conv, dense } from '../../../workloads/zoo/entry.js';
import { engineTask } from './engine-task.js';

const preset = readPreset(
  readFileSync('hw-models/host-model/presets/zen4-host.yaml', 'utf8'),
  'zen4-host',
  hostModel,
);
const hardware = bind(hostModel, preset);
const onTwo = hardware.vary([{ op: 'replace', path: ['threads'], value: 2 }]);
const { config } = preset;

const KIB = 1024;
const none = { read: 0, write: 0, restart: 0, stream: 0, page: 0 };
const line = { read: 2, write: 3, restart: 100, stream: 10, page: 5 };
const hierarchy: Hierarchy = {
  ...{ l1: { capacity: 32 * KIB }, l2: { capacity: 512 * KIB }, l3: { capacity: 8192 * KIB } },
  ...{ cacheShare: 0.5, lineBytes: 64 },
};

/** One layer on a drawn input. */
function task(
  spec: LayerSpec,
  input: readonly [number] | readonly [number, number, number],
  kept: number,
  active = 1,
) {
  const source = { work: 'a test', at: 'here' };
  const network = buildNetwork({ name: 'one', title: 'one', input, layers: [spec], source });
  const model = drawModel(
    network,
    { source, input: 1, layers: { [spec.name]: { weights: kept, output: 1 } } },
    1,
  );
  const [layer] = network.layers;
  if (!layer) throw new Error('one layer');
  const size = input.reduce((product: number, extent) => product * extent, 1);
  return engineTask(
    model,
    layer,
    activations(drawActivations(size, active, 1, 'x').values, 'synthetic'),
    1,
  );
}

const only = (costs: readonly LayerCost[]) => {
  const [cost] = costs;
  if (!cost) throw new Error('one cost');
  return cost;
};
const seconds = (one: LayerTask, kernel: string, threads = 1) =>
  secondsOf(only((threads === 1 ? hardware : onTwo).cost([one], kernel)));

describe('inCore', () => {
  it('adds up turns', () => {
    const cycles = Object.fromEntries(loopNames.map((name) => [name, 2])) as typeof config.turns;
    // 10 taps of 8 instructions and 32 multiply-adds, 3 tiles of 8 instructions and none.
    expect(inCore({ denseTap: 10, denseTile: 3 }, cycles)).toEqual({
      cycles: 26,
      instructions: 104,
      macs: 320,
    });
  });
});

describe('callCycles', () => {
  const lines = {
    l2: { ...none, read: 50 },
    l3: { ...none, read: 100, restart: 2, stream: 3, page: 4 },
    memory: none,
  };
  const costs = { l2: line, l3: line, memory: line };

  it.each([
    // T_data = 2 · 150 = 300; waits 2 · 100 + 3 · 10 + 4 · 5 = 250.
    ['hides the shorter behind the longer', 0, 0, 1000, 1000 + 250],
    ['whichever it is', 0, 0, 100, 300 + 250],
    ['adds what is exposed of the shorter', 0.5, 0.5, 1000, 1000 + 150 + 250],
    ['or all of it', 1, 1, 100, 400 + 250],
    // A third of the transfers is L2's, two thirds L3's.
    ['each level by its share of the transfers', 0, 0.75, 1000, 1000 + 150 + 250],
  ])('%s', (_, l2, l3, core, expected) => {
    const cycles = callCycles(core, lines, { l2, l3, memory: 1 }, { lines: costs });
    expect(sum(cycles)).toBeWithin(1e-12, expected);
    expect(cycles.compute).toBe(core);
    expect(cycles.memory).toBe(0);
  });
});

describe('sharesBeyond', () => {
  it('finds in L1 what is used again at once, and the rest where caches still hold it', () => {
    expect(sharesBeyond(16 * KIB, hierarchy)).toEqual({ l2: 0, l3: 0, memory: 0 });
    // Of 64 KiB L1 keeps 16, of 1 MiB L2 keeps 256 KiB, of 16 MiB L3 keeps 4 MiB.
    expect(sharesBeyond(64 * KIB, hierarchy)).toEqual({ l2: 0.75, l3: 0, memory: 0 });
    expect(sharesBeyond(16 * KIB * KIB, hierarchy).memory).toBe(0.75);
    const { l2, l3, memory } = sharesBeyond(64 * KIB * KIB, hierarchy);
    expect(l2 + l3 + memory).toBeWithin(1e-12, 1 - 16 / (64 * KIB));
  });
});

describe('LayerMemory', () => {
  const memory = () => new LayerMemory(1000, { weightBytes: 1e9, valueBytes: 8 * KIB }, hierarchy);
  const touched = (...touches: Parameters<LayerMemory['lines']>[0]['touches']) =>
    memory().lines({ turns: {}, touches });

  it('finds weights where the frame before left them and values where they were made', () => {
    const lines = touched({ address: 0, bytes: 640, starts: 2 }, { address: 4096, bytes: 640 });
    expect(lines.memory.read + lines.l3.read + lines.l2.read).toBeWithin(1e-3, 10);
    expect(lines.memory.read).toBeGreaterThan(9.9);
    expect(lines.memory.restart).toBeGreaterThan(1.98);
  });

  it('finds what a call writes near when the next one reads it', () => {
    const memoryOfLayer = memory();
    memoryOfLayer.lines({ turns: {}, touches: [{ address: 8192, bytes: 4096, writes: true }] });
    const again = memoryOfLayer.lines({ turns: {}, touches: [{ address: 8192, bytes: 4096 }] });
    expect([again.l2.read, again.l3.read, again.memory.read]).toEqual([0, 0, 0]);
  });

  it('counts further passes by what lies between them', () => {
    const lines = touched({ address: 4096, bytes: 6400, passes: 3, apart: 64 * KIB });
    // The first pass is in L1; of the other two 1 − 16/64 come from L2.
    expect(lines.l2.read).toBeWithin(1e-12, 2 * 100 * 0.75);
  });
});

describe('the engine’s kernels', () => {
  const layer = conv('c', 64, 3, { pad: 1 });

  it('take less time for fewer weights where they skip them, and as long where they don’t', () => {
    const [full, few] = [task(layer, [32, 28, 28], 1), task(layer, [32, 28, 28], 0.2)];
    expect(seconds(few, 'sparse-convolution')).toBeLessThan(
      0.4 * seconds(full, 'sparse-convolution'),
    );
    // But for what the weights of the network leave in the caches.
    expect(seconds(few, 'dense-convolution')).toBeWithin(1e-3, seconds(full, 'dense-convolution'));
  });

  it('skip zero activations of fully connected layers', () => {
    const fc = dense('f', 512, 'relu');
    const [all, third] = [task(fc, [1024], 0.1), task(fc, [1024], 0.1, 0.3)];
    expect(seconds(third, 'sparse')).toBeLessThan(0.6 * seconds(all, 'sparse'));
    expect(seconds(third, 'dense')).toBeLessThan(0.6 * seconds(all, 'dense'));
  });

  it('gain from a second thread, and less than twice', () => {
    const one = task(layer, [64, 56, 56], 1);
    for (const kernel of ['dense', 'winograd', 'sparse']) {
      const gain = seconds(one, kernel) / seconds(one, kernel, 2);
      expect(gain, kernel).toBeGreaterThan(1.3);
      expect(gain, kernel).toBeLessThanOrEqual(2);
    }
  });

  it('are the same by rule and by name, and auto is the fastest of them', () => {
    const one = task(layer, [32, 28, 28], 0.3);
    const { kernel } = only(hardware.cost([one], 'sparse'));
    expect(kernel).toBe('sparse-convolution');
    expect(seconds(one, kernel)).toBe(seconds(one, 'sparse'));
    const fastest = Math.min(
      ...['dense-convolution', 'sparse-convolution', 'winograd-f4', 'fft-16'].map((k) =>
        seconds(one, k),
      ),
    );
    expect(seconds(one, 'auto')).toBeLessThanOrEqual(fastest);
  });

  it('cost one kernel a layer where several are named', () => {
    const one = task(layer, [32, 28, 28], 1);
    const costs = hardware.cost([one, one], ['dense-convolution', 'winograd-f4']);
    expect(costs.map(({ kernel }) => kernel)).toEqual(['dense-convolution', 'winograd-f4']);
    expect(() => hardware.cost([one, one], ['dense-convolution', 'magic'])).toThrow(
      "found kernel 'magic'",
    );
  });

  it('say why another kernel runs a layer', () => {
    const strided = task(conv('c', 8, 3, { stride: 2 }), [4, 15, 15], 1);
    const { kernel, notes } = only(hardware.cost([strided], 'winograd-f4'));
    expect(kernel).not.toBe('winograd-f4');
    expect(notes.join()).toMatch(/stride/);
  });
});

describe('libraries', () => {
  it('take as long for a pruned layer as for a dense one', () => {
    const layer = conv('c', 64, 3, { pad: 1 });
    const [full, few] = [task(layer, [32, 28, 28], 1), task(layer, [32, 28, 28], 0.2)];
    for (const library of ['tfjs', 'onnxruntime'])
      expect(seconds(few, library)).toBe(seconds(full, library));
  });

  it('have rates of their own on several threads, and say on how many', () => {
    const one = task(conv('c', 64, 3, { pad: 1 }), [32, 28, 28], 1);
    expect(seconds(one, 'onnxruntime', 2)).toBeLessThan(seconds(one, 'onnxruntime'));
    expect(only(onTwo.cost([one], 'onnxruntime')).notes).toEqual([]);
    const onThree = hardware.vary([{ op: 'replace', path: ['threads'], value: 3 }]);
    expect(only(onThree.cost([one], 'onnxruntime')).notes).toEqual([
      'onnxruntime: rates measured on 2 threads',
    ]);
  });

  it('stream weights that no cache holds', () => {
    const large = task(dense('f', 4096, 'relu'), [4096], 1);
    const { bound, counters } = only(hardware.cost([large], 'onnxruntime'));
    expect(bound).toBe('memory');
    // 64 MiB of weights, of which half of an L3 of 32 MiB keeps a quarter.
    expect(counters.dram_bytes).toBeWithin(1e-9, 0.75 * 4 * 4096 ** 2);
  });
});

describe('what no kernel of the engine runs', () => {
  const gates = { add: 640, multiply: 480, exponential: 320, divide: 320 };
  const demands: readonly Demand[] = [
    {
      kind: 'product',
      matrices: 4,
      rows: 8,
      depth: 16,
      columns: 8,
      right: 'activations',
      bias: false,
      activation: 'none',
    },
    { kind: 'move', inputs: 1000, outputs: 1000 },
    { kind: 'embedding', lookups: 10, width: 64, entries: 1000 },
    { kind: 'opaque', operator: 'Mystery', inputs: 1000, outputs: 500 },
    {
      ...{
        kind: 'recurrent',
        directions: 1,
        steps: 5,
        sequences: 1,
        inputs: 8,
        hidden: 16,
        gates: 4,
      },
      operations: gates,
    },
    {
      kind: 'stream',
      inputs: 1000,
      looks: 1000,
      passes: 2,
      outputs: 1000,
      operations: { ...gates, exponential: 1000 },
    },
  ];
  const taskOf = (demand: Demand): LayerTask => {
    const shape = { product: [32, 16], recurrent: [64, 24] }[demand.kind as 'product'] ?? null;
    const [rows = 0, columns = 0] = shape ?? [];
    const weights = shape && drawWeights({ rows, columns, biases: 0 }, 0.5, 1, 'w');
    const input = activations(
      new Float32Array(demand.kind === 'product' ? 512 : 40).fill(1),
      'synthetic',
    );
    return {
      name: 'x',
      demand,
      weights,
      input,
      macs: countMacs(demand, weights, input),
      batch: 2,
    };
  };

  it.each(demands)('is costed as a plain pass on one thread: $kind', (demand) => {
    const task = taskOf(demand);
    for (const kernel of ['auto', 'dense', 'sparse', 'winograd', 'sparse-columns']) {
      const cost = only(onTwo.cost([task], kernel));
      expect(cost).toMatchObject({ kernel: 'plain', counters: { calls: 1 } });
      expect(cost.notes).toHaveLength(1);
      // Nothing slower than a kernel for as many frames more.
      const more = only(onTwo.cost([{ ...task, batch: 6 }], kernel));
      expect(secondsOf(more)).toBeGreaterThan(secondsOf(cost));
    }
    for (const library of ['tfjs', 'onnxruntime'])
      expect(seconds(task, library)).toBeGreaterThan(0);
  });

  it('pays for exponentials', () => {
    const [plain, many] = [0, 1000].map((exponential) =>
      seconds(taskOf({ ...demands[5], operations: { ...gates, exponential } } as Demand), 'auto'),
    );
    expect(many).toBeGreaterThan(2 * (plain ?? 0));
  });
});

describe('tasks without their layer', () => {
  it('cost what a layer that demands the same costs', () => {
    for (const one of [
      task(layerOf('conv'), [32, 28, 28], 0.3),
      task(layerOf('dense'), [1024], 0.1, 0.3),
    ]) {
      const { layer: _layer, ...bare } = one;
      expect(hardware.cost([bare], 'auto')).toEqual(hardware.cost([one], 'auto'));
    }
  });

  it('of several tokens read no more weights than one, and take longer', () => {
    const demand = {
      kind: 'product',
      matrices: 1,
      depth: 64,
      columns: 64,
      right: 'weights',
    } as const;
    const of = (rows: number) => {
      const whole: Demand = { ...demand, rows, bias: false, activation: 'none' };
      const weights = drawWeights({ rows: 64, columns: 64, biases: 0 }, 0.5, 1, 'w');
      const input = activations(new Float32Array(64 * rows).fill(1), 'synthetic');
      const macs = countMacs(whole, weights, input);
      return only(
        hardware.cost([{ name: 'x', demand: whole, weights, input, macs, batch: 1 }], 'sparse'),
      );
    };
    const [one, eight] = [of(1), of(8)];
    expect(eight.counters.macs).toBe(8 * (one.counters.macs ?? 0));
    expect(secondsOf(eight)).toBeGreaterThan(secondsOf(one));
    expect(eight.counters.weight_bytes).toBe(one.counters.weight_bytes);
  });
});

const layerOf = (kind: 'conv' | 'dense') =>
  kind === 'conv' ? conv('c', 64, 3, { pad: 1 }) : dense('f', 512, 'relu');
