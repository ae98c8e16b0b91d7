import { describe, expect, it } from 'vitest';
import { cyclesOf, sum } from '../../../hw-models/cost.js';
import { loadHardware } from '../../../hw-models/presets.node.js';
import { SystolicSchema } from '../../../hw-models/systolic/config.js';
import { place } from '../../../hw-models/systolic/placement.js';
import { conv, dense, maxPool } from '../../../workloads/zoo/entry.js';
import { costOf, drawTask, layerOf, replace } from '../eie/layer-task.js';
import { productTask, taskWithout } from '../product-task.js';

const usb = loadHardware('edge-tpu');
/** The array by itself: nothing starts it, and what exceeds its SRAM goes to DRAM. */
const edgeTpu = usb.vary([
  { op: 'remove', path: ['host'] },
  { op: 'replace', path: ['overflow'], value: 'dram' },
]);
const config = SystolicSchema.parse(edgeTpu.config);
const flexible = loadHardware('dense-eie-area');

describe('a layer on a systolic array', () => {
  it('takes the folds of its im2col matrix, streamed one after another', () => {
    // 3 × 3 × 64 = 576 inputs of 128 outputs over 14 × 14 pixels: 9 × 2 folds of 196 steps; the
    // last one drains alone.
    const task = drawTask(layerOf(conv('c', 128, 3, { pad: 1 }), [64, 14, 14]), 1, 1);
    const cost = costOf(task, edgeTpu);
    expect(cost.counters.folds).toBe(18);
    expect(cyclesOf(cost)).toBe(18 * 196 + 2 * 64 + 64 - 2);
    expect(cost.counters.weight_sram_reads).toBe(576 * 128);
    expect(cost.counters.input_sram_reads).toBe(576 * 196 * 2);
    expect(cost.counters.sum_accesses).toBe(2 * 8 * 196 * 128);
    expect(cost.counters.macs).toBe(576 * 128 * 196);
    expect(cost.counters.dram_bytes).toBe(0);
  });

  it('puts as many depthwise groups on the diagonal as the array has room for, and says so', () => {
    const task = drawTask(layerOf(conv('dw', 64, 3, { pad: 1, groups: 64 }), [64, 14, 14]), 1, 1);
    const cost = costOf(task, edgeTpu);
    expect(cost.counters.groups_at_once).toBe(7); // 7 × 9 of 64 rows
    expect(cost.counters.folds).toBe(10);
    expect(cost.notes.join()).toContain('7 groups at a time on the diagonal');
    expect(cost.bound).toBe('imbalance');
    const outputs = costOf(task, flexible, 'os');
    expect(outputs.counters.groups_at_once).toBe(1);
    expect(outputs.counters.folds).toBe(64 * 4);
  });

  it('multiplies zeros like everything else', () => {
    const layer = layerOf(conv('c', 16, 3), [8, 10, 10]);
    const [full, empty] = [drawTask(layer, 1, 1), drawTask(layer, 0.1, 0.1)];
    expect(costOf(empty, edgeTpu).cycles).toEqual(costOf(full, edgeTpu).cycles);
  });

  it('streams weights that have no place at the speed of the link', () => {
    const fc6 = drawTask(layerOf(dense('fc6', 4096, 'relu'), [9216]), 0.09, 0.35);
    const cost = costOf(fc6, edgeTpu);
    const bytes = 4096 * 9216;
    expect(cost.counters.dram_bytes).toBe(bytes);
    expect(cost.bound).toBe('memory');
    // The fetches hide the folds, all but the last one's.
    const seconds = cyclesOf(cost) / cost.clockHz;
    expect(seconds).toBeWithin(1e-3, bytes / config.dram.bytesPerSecond);
  });

  it('keeps weights in network order while they leave room to stream the others', () => {
    const tasks = [1000, 9000, 1000].map((outputs, at) =>
      drawTask(layerOf(dense(`fc${at}`, outputs, 'none'), [1000]), 1, 1),
    );
    const placed = place(tasks, config);
    expect(placed.map(({ resident }) => resident)).toEqual([true, false, true]);
    expect(placed[1]?.freeBytes).toBe(config.sram.weightBytes - 2_000_000);
    expect(place(tasks.slice(0, 1), config)[0]).toMatchObject({ resident: true, notes: [] });
  });

  it('fetches activations that exceed their SRAM, all frames at a time or one after another', () => {
    const layer = layerOf(conv('c', 64, 3, { pad: 1 }), [64, 112, 112]);
    const bytes = 2 * 64 * 112 * 112;
    const [one, four] = [
      costOf(drawTask(layer, 1, 1), edgeTpu),
      costOf(drawTask(layer, 1, 1, 0, 4), edgeTpu),
    ];
    expect(one.counters.dram_bytes).toBe(0);
    expect(four.counters.dram_bytes).toBe(0); // frame by frame, as each fits
    const little = edgeTpu.vary([replace(bytes - 1, 'sram', 'activationBytes')]);
    const spilled = costOf(drawTask(layer, 1, 1), little);
    expect(spilled.counters.dram_bytes).toBe(bytes);
    expect(spilled.notes.join()).toContain('activations exceed their SRAM');
    expect(cyclesOf(spilled)).toBeGreaterThan(cyclesOf(one));
  });

  it('runs in strips instead where a compiler tiles, reading its weights once for each', () => {
    const layer = layerOf(conv('c', 64, 1), [64, 112, 112]);
    const bytes = 2 * 64 * 112 * 112;
    const tiled = edgeTpu.vary([
      replace(bytes / 2, 'sram', 'activationBytes'),
      { op: 'replace', path: ['overflow'], value: 'strips' },
    ]);
    const [whole, strips] = [edgeTpu, tiled].map((on) => costOf(drawTask(layer, 1, 1), on));
    expect(strips?.counters.dram_bytes).toBe(0);
    expect(strips?.counters.weight_sram_reads).toBe(2 * (whole?.counters.weight_sram_reads ?? 0));
    expect(strips?.counters.macs).toBe(whole?.counters.macs);
    expect(strips?.notes.join()).toContain('runs in strips');
  });

  it('splits a batch so that it never costs more than its parts, in whole cycles', () => {
    const layer = layerOf(conv('c', 32, 3, { pad: 1 }), [16, 40, 40]);
    const cycles = (batch: number) => cyclesOf(costOf(drawTask(layer, 1, 1, 0, batch), edgeTpu));
    const batches = [1, 2, 3, 5, 16, 48, 64, 128, 256];
    const taken = batches.map(cycles);
    for (const value of taken) expect(Number.isInteger(value)).toBe(true);
    expect(taken).toEqual([...taken].sort((a, b) => a - b));
    expect(cycles(256)).toBeLessThanOrEqual(2 * cycles(128));
    expect(cycles(48)).toBeLessThanOrEqual(48 * cycles(1));
  });

  it('pays for each inference that a host starts, and for its inputs and results on the link', () => {
    const task = drawTask(layerOf(conv('c', 32, 3, { pad: 1 }), [16, 40, 40]), 1, 1, 0, 3);
    const { host, clockHz } = SystolicSchema.parse(usb.config);
    if (!host) throw new Error('no host');
    const { counters, joules, cycles } = costOf(task, usb);
    const frame = host.inferenceSeconds + ((16 + 32) * 40 * 40) / host.bytesPerSecond;
    expect(cycles.host).toBe(3 * Math.ceil(frame * clockHz));
    expect(joules?.host).toBeGreaterThan(0);
    expect(counters.macs).toBe(3 * 9 * 16 * 32 * 40 * 40);
    expect(costOf(task, edgeTpu).cycles).not.toHaveProperty('host');
  });

  it('cuts what it streams into pieces where the accumulators are short', () => {
    const task = drawTask(layerOf(conv('c', 64, 3, { pad: 1 }), [64, 16, 16]), 1, 1);
    const short = edgeTpu.vary([replace(2 * 64 * 64 * 4, 'sram', 'accumulatorBytes')]);
    const [whole, pieces] = [costOf(task, edgeTpu), costOf(task, short)];
    expect(pieces.counters.folds).toBe(4 * (whole.counters.folds ?? 0));
    expect(pieces.counters.weight_sram_reads).toBe(4 * (whole.counters.weight_sram_reads ?? 0));
    expect(cyclesOf(pieces)).toBeGreaterThanOrEqual(cyclesOf(whole));
  });

  it('pools on its vector unit', () => {
    const cost = costOf(drawTask(layerOf(maxPool('p', 3, 2), [64, 15, 15]), 1, 1), edgeTpu);
    expect(cyclesOf(cost)).toBe((9 * 64 * 7 * 7) / 64);
  });
});

describe('a product on a systolic array', () => {
  const shape = { rows: 196, depth: 576, columns: 128 };

  it('takes its rows for pixels', () => {
    const cost = costOf(productTask(shape), edgeTpu);
    const pixels = costOf(drawTask(layerOf(conv('c', 128, 1), [576, 14, 14]), 1, 1), edgeTpu);
    expect(cost).toEqual(pixels);
  });

  it('takes its matrices for groups, with room for several on the diagonal', () => {
    const cost = costOf(productTask({ matrices: 12, rows: 10, depth: 16, columns: 20 }), edgeTpu);
    expect(cost.counters.groups_at_once).toBe(3);
    expect(cost.counters.folds).toBe(4);
  });

  it('of two results reads both from the activations, none of which stays over frames', () => {
    const weights = costOf(productTask(shape), edgeTpu);
    const task = productTask({ ...shape, right: 'activations' });
    const cost = costOf(task, edgeTpu);
    expect(cyclesOf(cost)).toBe(cyclesOf(weights));
    expect(cost.counters.weight_sram_reads).toBe(0);
    const reads =
      (weights.counters.input_sram_reads ?? 0) + (weights.counters.weight_sram_reads ?? 0);
    expect(cost.counters.input_sram_reads).toBe(reads);
    expect(cost.counters.dram_bytes).toBe(0);
    expect(
      place([productTask({ ...shape, right: 'activations', columns: 1e5 })], config)[0],
    ).toMatchObject({
      ...{ resident: true, freeBytes: config.sram.weightBytes },
    });
    // Frame by frame or all together: each has a second factor of its own.
    const four = costOf({ ...task, batch: 4 }, edgeTpu);
    expect(four.counters.macs).toBe(4 * (cost.counters.macs ?? 0));
    expect(four.counters.folds).toBe(4 * (cost.counters.folds ?? 0));
  });

  it('passes two results through DRAM where they do not fit', () => {
    const little = edgeTpu.vary([replace(100_000, 'sram', 'activationBytes')]);
    const cost = costOf(productTask({ ...shape, right: 'activations' }), little);
    const [left, right, out] = [196 * 576, 576 * 128, 196 * 128];
    expect(cost.counters.dram_bytes).toBe(left + right + out); // weight-stationary takes each once
  });

  it('looks up rows of a table in DRAM', () => {
    const demand = { kind: 'embedding', lookups: 10, width: 64, entries: 1000 } as const;
    const cost = costOf(taskWithout(demand, 10), edgeTpu);
    expect(cost.counters.dram_bytes).toBe(640);
  });
});

describe('a design varied from a preset', () => {
  it('takes energy from another process, and products of other widths', () => {
    const task = drawTask(layerOf(conv('c', 64, 3, { pad: 1 }), [64, 16, 16]), 1, 1);
    const joules = (...patches: Parameters<typeof edgeTpu.vary>[0]) =>
      costOf(task, edgeTpu.vary(patches)).joules?.arithmetic ?? Number.NaN;
    expect(joules(replace(45, 'processNm'))).toBeGreaterThan(joules());
    const wide = joules(replace(16, 'operandBits'), replace(45, 'processNm'));
    // Per product at 45 nm: 4 · 0.2 + 0.1 pJ, and 64 bits of registers at 1/32 pJ.
    expect(wide).toBeWithin(1e-9, 64 * 576 * 256 * (0.8 + 0.1 + 2) * 1e-12);
    expect(joules({ op: 'add', path: ['eventJoules'], value: { mac: 1e-12 } })).toBeWithin(
      1e-9,
      64 * 576 * 256 * 1e-12,
    );
  });

  it('refuses what cannot be', () => {
    const vary =
      (value: number, ...path: readonly string[]) =>
      () =>
        edgeTpu.vary([replace(value, ...path)]);
    expect(vary(8191, 'sram', 'weightBytes')).toThrow(
      'edge-tpu: sram.weightBytes: found 8191, expected at least two',
    );
    expect(vary(511, 'sram', 'accumulatorBytes')).toThrow(
      'accumulatorBytes: found 511, expected at least two',
    );
    expect(vary(15, 'accumulatorBits')).toThrow(
      'accumulatorBits: found 15, expected at least the 16 bits',
    );
    expect(vary(0, 'rows')).toThrow('rows: found 0, expected a whole number from 1 to 1024');
    expect(vary(0.2, 'volts')).toThrow('volts: found 0.2, expected 0.6 to 0.880 V');
  });

  it('counts area and joules by component', () => {
    expect(Object.keys(edgeTpu.area ?? {})).toEqual([
      'array',
      'weight_sram',
      'activation_sram',
      'accumulator_sram',
    ]);
    expect(sum(edgeTpu.area ?? {})).toBeGreaterThan(0);
    expect(edgeTpu.events.map(({ path }) => path)).toContain('eventJoules.weightByte');
  });
});
