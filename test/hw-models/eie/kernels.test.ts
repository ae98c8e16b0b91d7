import { describe, expect, it } from 'vitest';
import { cyclesOf, joulesOf, secondsOf } from '../../../hw-models/cost.js';
import { tasksOf as tasksIn, traceRandom } from '../../../sim/trace.js';
import { buildNetwork } from '../../../workloads/graph.js';
import type { LayerTask } from '../../../workloads/network.js';
import type { SpecOf } from '../../../workloads/spec.js';
import { drawModel } from '../../../workloads/synthesis.js';
import { toCodebook, toCsr } from '../../../workloads/weights/store.js';
import { drawWeights } from '../../../workloads/weights/synthetic.js';
import { groups as workloadGroups, zoo } from '../../../workloads/zoo/index.js';
import { costOf, drawTask, eie64, layerOf, replace, taskWith } from './layer-task.js';

const dense = (outputs: number, bias = true): SpecOf<'dense'> => ({
  ...{ kind: 'dense', name: 'fc', activation: 'relu' },
  ...{ outputs, bias },
});

/** A network of the zoo as tasks, drawn with seed 0. */
function tasksOf(name: string): readonly LayerTask[] {
  const entry = zoo.get(name);
  if (!entry) throw new Error(`no ${name}`);
  const model = drawModel(entry.network, entry.densities, 0);
  return tasksIn(model, traceRandom(entry.network, entry.densities, 0), 1);
}

describe('the sparse kernel', () => {
  it('splits its cycles so that they add up, whatever the shape', () => {
    const task = drawTask(layerOf(dense(300), [500]), 0.1, 0.4);
    const { cycles, counters, floorCycles } = costOf(task);
    expect(cycles.compute).toBeWithin(
      1e-9,
      ((counters.macs ?? 0) + (counters.bias_adds ?? 0)) / 64,
    );
    expect(cycles.padding).toBe((counters.padding_zeros ?? 0) / 64);
    expect(counters.entries).toBe(
      (counters.macs ?? 0) + (counters.bias_adds ?? 0) + (counters.padding_zeros ?? 0),
    );
    expect(floorCycles).toBeGreaterThanOrEqual(counters.broadcasts ?? 0);
    expect(cycles.memory).toBe(0);
  });

  it('takes frames one by one', () => {
    const layer = layerOf(dense(100), [200]);
    const one = costOf(drawTask(layer, 0.2, 0.5, 3, 1));
    const five = costOf(drawTask(layer, 0.2, 0.5, 3, 5));
    expect(cyclesOf(five)).toBeWithin(1e-12, 5 * cyclesOf(one));
    expect(joulesOf(five)).toBeWithin(1e-12, 5 * (joulesOf(one) ?? 0));
    expect(five.counters.nonzeros).toBe(one.counters.nonzeros);
  });

  it('counts passes over long vectors always, and charges cycles for them when told to', () => {
    const layer = layerOf(dense(5000, false), [9000]);
    const task = drawTask(layer, 0.01, 0.05);
    const plain = costOf(task);
    // 4096 registers: three fillings of the source for each of two of the destination.
    expect(plain.counters.passes).toBe(6);
    expect(plain.counters.activation_sram_accesses).toBe(2 * 9000 + 5000);
    expect(plain.cycles.passes).toBe(0);
    const charged = costOf(task, eie64.vary([replace(2, 'activations', 'moveCycles')]));
    expect(charged.cycles.passes).toBe((2 * (2 * 9000 + 5000)) / 64);
    expect(costOf(drawTask(layerOf(dense(64), [4096]), 0.1, 0.1)).counters.passes).toBe(1);
  });

  it('needs no activation to take time', () => {
    const cost = costOf(drawTask(layerOf(dense(10, false), [100]), 0.5, 0));
    expect(cost.counters.broadcasts).toBe(0);
    expect(cyclesOf(cost)).toBe(1 + 6); // one fetch of the second group, then the flush
  });

  it('says when the weights of a file have more values than its table', () => {
    const layer = layerOf(dense(20, false), [30]);
    const random = drawWeights({ rows: 20, columns: 30, biases: 0 }, 0.5, 0, 'fc');
    const many = costOf(taskWith(layer, { ...random, origin: 'real' }, 0.5, 0, 1));
    expect(many.notes.join()).toContain('shared again into 15 values (4-bit codes)');
    const csr = toCsr(random.store);
    const two = { ...csr, values: csr.values.map((value) => Math.sign(value)) };
    const store = toCodebook(two, Float32Array.of(0, -1, 1), 4);
    const few = costOf(taskWith(layer, { ...random, store, origin: 'real' }, 0.5, 0, 1));
    expect(few.notes).toEqual([]);
    expect(cyclesOf(few)).toBe(cyclesOf(many));
    expect(costOf(taskWith(layer, random, 0.5, 0, 1)).notes).toEqual([]);
  });

  it('is not slower with a deeper queue or a wider index', () => {
    const task = drawTask(layerOf(dense(600), [400]), 0.1, 0.5);
    const cycles = [1, 2, 4, 8, 16].map((depth) =>
      cyclesOf(costOf(task, eie64.vary([replace(depth, 'queueDepth')]))),
    );
    expect([...cycles].sort((a, b) => b - a)).toEqual(cycles);
    const entries = [1, 2, 4, 8].map(
      (bits) => costOf(task, eie64.vary([replace(bits, 'indexBits')])).counters.entries,
    );
    expect([...entries].sort((a, b) => (b ?? 0) - (a ?? 0))).toEqual(entries);
  });
});

describe('the nine layers of the EIE benchmark', () => {
  // Table IV, EIE, actual, µs.
  const published = [30.3, 12.2, 9.9, 34.4, 8.7, 8.4, 8.0, 13.9, 7.5];

  it('take the published time, in the median within 8 %, at uniformly drawn positions', () => {
    const names = workloadGroups.get('eie-benchmark') ?? [];
    const errors = names.map((name, at) => {
      const [cost] = eie64.cost(tasksOf(name));
      if (!cost) throw new Error(name);
      return Math.abs((secondsOf(cost) * 1e6) / (published[at] ?? Number.NaN) - 1);
    });
    expect(errors).toHaveLength(9);
    expect(errors.toSorted((a, b) => a - b)[4]).toBeLessThan(0.08);
    expect(Math.max(...errors)).toBeLessThan(0.3);
  });
});

describe('placement', () => {
  it('keeps VGG-6 alone, with pointers in the free part of the sparse-matrix SRAM', () => {
    const [cost] = eie64.cost(tasksOf('vgg-6'));
    // 25,089 pointers of 16 bits against 32 KB.
    expect(cost?.notes).toEqual(['8,705 of 25,089 pointers per PE lie in free sparse-matrix SRAM']);
    expect(cost?.joules?.dram).toBe(0);
  });

  it('streams what does not fit, and says what is missing', () => {
    const task = drawTask(layerOf(dense(64 * 100, false), [1500]), 1, 0.1);
    const cost = costOf(task);
    // 100 rows of 1500 entries of a byte on each PE, against 131,072 bytes.
    expect(cost.notes[0]).toBe(
      'does not fit: 18,928 bytes missing on the fullest PE; weights are streamed from DRAM in each frame',
    );
    const bytes = 64 * (150_000 + 1501 * 2);
    expect(cost.counters.dram_bytes).toBe(bytes);
    expect(cost.joules?.dram).toBeWithin(1e-9, bytes * 8 * 20e-12);
    expect(secondsOf(cost)).toBeWithin(1e-9, bytes / 6.4e9);
    expect(cost.bound).toBe('memory');
  });

  it('fills the memories in network order', () => {
    const source = { work: 'test', at: 'test' };
    const layers = ['a', 'b', 'c'].map((name) => ({ ...dense(64 * 60, false), name }));
    const network = buildNetwork({ name: 'three', title: 'three', input: [1200], layers, source });
    const tasks = network.layers.map((layer) => drawTask(layer, 0.2, 0.2));
    const streamed = eie64.cost(tasks).map((cost) => (cost.counters.dram_bytes ?? 0) > 0);
    // The first takes about 15 KB of each PE, the second and third, with 3840 inputs, about 50 KB
    // each.
    expect(streamed).toEqual([false, false, false]);
    const half = eie64.vary([replace(65_536, 'spmat', 'bytes')]);
    expect(half.cost(tasks).map((cost) => (cost.counters.dram_bytes ?? 0) > 0)).toEqual([
      false,
      false,
      true,
    ]);
  });
});

describe('the elementwise kernel', () => {
  it('serves what has no weights, and says that it is an estimate', () => {
    const layer = layerOf(
      {
        kind: 'pool2d',
        name: 'pool',
        mode: 'max',
        kernel: 2,
        stride: 2,
        pad: 0,
        rounding: 'floor',
      },
      [16, 8, 8],
    );
    const cost = costOf(drawTask(layer, 1, 1));
    expect(cost.kernel).toBe('elementwise');
    expect(cyclesOf(cost)).toBe((16 * 8 * 8) / 64);
    expect(cost.notes[0]).toContain('not in the paper');
  });
});
