import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cyclesOf, joulesOf } from '../../../hw-models/cost.js';
import type { LayerTask } from '../../../workloads/network.js';
import { cookToom, toFloat } from '../../../workloads/transforms/cook-toom.js';
import { outputExtent, transformable } from '../../../workloads/transforms/shape.js';
import {
  cutTile,
  nested,
  pruneTransformed,
  transformWeights,
} from '../../../workloads/transforms/winograd.js';
import { nonzerosOf } from '../../../workloads/weights/entries.js';
import { toDense } from '../../../workloads/weights/store.js';
import { fits, type Window, windowsOf } from '../../operators/random-windows.js';
import { costOf, drawTask, eie64, layerOf, replace } from './layer-task.js';
import { onDiagonal, tickingProducts } from './ticking-products.js';

interface Random {
  readonly groups: number;
  readonly perGroup: number;
  readonly filters: number;
  readonly height: number;
  readonly width: number;
  readonly bias: boolean;
  readonly pes: number;
  readonly seed: number;
}

const shapes: fc.Arbitrary<Random> = fc.record({
  groups: fc.constantFrom(1, 1, 2, 3),
  perGroup: fc.integer({ min: 1, max: 3 }),
  filters: fc.integer({ min: 1, max: 5 }),
  height: fc.integer({ min: 3, max: 6 }),
  width: fc.integer({ min: 3, max: 6 }),
  bias: fc.boolean(),
  pes: fc.constantFrom(1, 2, 3, 8),
  seed: fc.nat(100),
});

function taskOf(
  { groups, perGroup, filters, height, width, bias, seed }: Random,
  window: Window,
): LayerTask {
  const op = { kind: 'conv2d', channels: filters * groups, activation: 'relu' } as const;
  const layer = layerOf({ ...op, name: 'conv', ...window, groups, bias }, [
    perGroup * groups,
    height,
    width,
  ]);
  return drawTask(layer, 0.5, 0.5, seed);
}

const withPes = (pes: number) => eie64.vary([replace(pes, 'pes')]);

describe('a convolution by im2col', () => {
  it('costs what the ticked machine takes, pixel by pixel', () => {
    fc.assert(
      fc.property(shapes, windowsOf(3, 2, 1), (random, window) => {
        fc.pre(fits(window, random.height, random.width));
        const task = taskOf(random, window);
        const cost = costOf(task, withPes(random.pes), 'im2col');
        const slow = tickConvolution(task, random.pes);
        expect(cyclesOf(cost)).toBeWithin(1e-9, slow.cycles);
        expect(cost.counters).toMatchObject(slow.counters);
      }),
      { numRuns: 80 },
    );
  });

  it('works through weights that exceed the memories in blocks of rows, each over all pixels', () => {
    const window = { kernel: 3, stride: 1, pad: 0, groups: 1 } as const;
    const spec = {
      kind: 'conv2d',
      name: 'conv',
      channels: 12,
      ...window,
      bias: true,
      activation: 'relu',
    } as const;
    const task = drawTask(layerOf(spec, [4, 5, 5]), 1, 0.5);
    const whole = costOf(task, withPes(2), 'im2col');
    // 6 rows of 36 weights and a bias, a byte each, on each of 2 PEs: 222 bytes, for which there is
    // room for 96 only.
    const small = withPes(2).vary([replace(96, 'spmat', 'bytes')]);
    const blocked = costOf(task, small, 'im2col');
    expect(blocked.notes.join()).toContain('3 blocks of rows');
    expect(blocked.counters.entries).toBe(whole.counters.entries);
    expect(blocked.counters.broadcasts).toBe(3 * (whole.counters.broadcasts ?? 0));
    // Each weight comes from DRAM once, a byte each, with 38 pointers of two bytes on each PE for
    // each block.
    expect(blocked.counters.dram_bytes).toBe(12 * 37 + 3 * 2 * 38 * 2);
  });
});

describe('a convolution by Winograd', () => {
  const square: fc.Arbitrary<Window> = fc.integer({ min: 0, max: 2 }).map((pad) => ({
    kernel: [3, 3],
    stride: [1, 1],
    dilation: [1, 1],
    pad: [pad, pad, pad, pad],
  }));

  it.each(['winograd', 'winograd-pruned'])(
    'costs what the ticked machine takes, tile by tile and position by position: %s',
    (kernel) => {
      fc.assert(
        fc.property(shapes, square, (random, window) => {
          const task = taskOf(random, window);
          const cost = costOf(task, withPes(random.pes), kernel);
          const slow = [2, 4].map((outputs) =>
            tickWinograd(task, outputs, random.pes, kernel === 'winograd-pruned'),
          );
          const best = slow.reduce((a, b) => (b.cycles < a.cycles ? b : a));
          expect(cyclesOf(cost)).toBeWithin(1e-9, best.cycles);
          expect(cost.counters).toMatchObject(best.counters);
          expect(cost.kernel).toBe(kernel);
          expect(cost.notes[0]).toContain(`Winograd F(${best.outputs}×${best.outputs}, 3×3)`);
        }),
        { numRuns: 40 },
      );
    },
  );

  const spec = {
    ...({
      kind: 'conv2d',
      name: 'conv',
      channels: 64,
      kernel: 3,
      stride: 1,
      pad: 1,
      groups: 1,
    } as const),
    ...({ bias: true, activation: 'relu' } as const),
  };
  const layer = layerOf(spec, [32, 16, 16]);

  it('fills up what was pruned before, and keeps as few as asked of what is pruned after', () => {
    const task = drawTask(layer, 0.25, 0.5);
    const kept = nonzerosOf(
      task.weights?.store ?? { format: 'dense', rows: 0, columns: 0, values: new Float32Array(0) },
    );
    const before = costOf(task, eie64, 'winograd');
    const positions = before.notes[0]?.includes('F(2×2') ? 16 : 36;
    // A position is zero where all the taps that it mixes are: the first and the last row of G mix
    // one, the others three.
    const rows = [1, ...Array(Math.sqrt(positions) - 2).fill(3), 1];
    const filled = rows.flatMap((down) => rows.map((along) => 1 - 0.75 ** (down * along)));
    const expected = filled.reduce((sum, share) => sum + share, 0);
    expect((before.counters.transformed_nonzeros ?? 0) / (64 * 32)).toBeWithin(0.02, expected);
    const after = costOf(task, eie64, 'winograd-pruned');
    const share = kept / (64 * 32 * 9);
    const transformed = (after.counters.transformed_nonzeros ?? 0) / (64 * 32);
    expect(
      [16 * share, 36 * share].some((expected) => Math.abs(transformed - expected) < 0.01),
    ).toBe(true);
    expect(cyclesOf(after)).toBeLessThanOrEqual(cyclesOf(before));
    expect(after.counters.entries).toBeLessThan(before.counters.entries ?? 0);
    expect(joulesOf(after) ?? 0).toBeLessThan(joulesOf(before) ?? 0);
    expect(after.notes.join()).toContain('another function');
  });

  it('is taken where it is cheapest, and only where it computes the same', () => {
    const dense = drawTask(layer, 1, 1);
    expect(costOf(dense).kernel).toBe('winograd');
    expect(cyclesOf(costOf(dense))).toBeLessThan(cyclesOf(costOf(dense, eie64, 'im2col')));
    // A weight in a hundred and one pixel in ten: next to no products, so that transforming
    // everything does not pay.
    expect(costOf(drawTask(layer, 0.01, 0.1)).kernel).toBe('im2col');
    const pointwise = { ...spec, kernel: 1, pad: 0 } as const;
    expect(costOf(drawTask(layerOf(pointwise, [32, 16, 16]), 1, 1), eie64, 'winograd').kernel).toBe(
      'sparse',
    );
  });

  it('streams transformed weights that do not fit where the layer’s own do', () => {
    const task = drawTask(layer, 0.25, 0.5);
    // The layer's own: 64 × 288 / 4 entries on 64 PEs, 72 bytes; 36 dense positions of 32 columns:
    // 1152.
    const room = costOf(task, eie64.vary([replace(2048, 'spmat', 'bytes')]), 'winograd');
    expect(room.notes.join()).not.toContain('streamed');
    const short = costOf(
      task,
      eie64.vary([replace(256, 'spmat', 'bytes'), replace(1024, 'pointers', 'bytes')]),
      'winograd',
    );
    expect(short.notes.join()).toContain(
      'transformed weights do not fit and are streamed from DRAM',
    );
    expect(short.counters.dram_bytes).toBeGreaterThan(0);
  });
});

/**
 * Every product of every tile from the definitions, ticked, and every PE's transforms of the
 * channels that it holds.
 */
function tickWinograd(
  { demand, weights, input }: LayerTask,
  outputs: number,
  pes: number,
  isPruned: boolean,
) {
  const shape = transformable(demand);
  if (typeof shape === 'string' || !weights) throw new Error('not a convolution to transform');
  const filtering = toFloat(cookToom(outputs, 3));
  const { rows, columns, values } = toDense(weights.store);
  const channels = columns / 9;
  const whole = transformWeights(filtering, rows, channels, values);
  const { values: matrices } = isPruned
    ? pruneTransformed(whole, nonzerosOf(weights.store) / values.length)
    : whole;
  const edge = outputs + 2;
  const [height, width] = outputExtent(shape);
  const tiles: Float64Array[][] = [];
  for (let top = 0; top < height; top += outputs) {
    for (let left = 0; left < width; left += outputs) {
      tiles.push(
        Array.from({ length: shape.channels }, (_, channel) =>
          nested(
            filtering.inputMatrix,
            cutTile(shape, input.values, channel, top - shape.pad, left - shape.pad, edge),
          ),
        ),
      );
    }
  }
  const bank = tickingProducts();
  for (let position = 0; position < edge ** 2; position++) {
    const own = Float32Array.from(
      matrices.subarray(position * rows * channels, (position + 1) * rows * channels),
    );
    const store = onDiagonal(
      { format: 'dense', rows, columns: channels, values: own },
      shape.groups,
    );
    const multiply = bank.load({ store, bias: null, origin: 'synthetic' }, pes);
    for (const tile of tiles)
      multiply(Float32Array.from(tile, (transformed) => transformed[position] ?? 0));
  }
  // Additions of one tile: 4 rows of Bᵀ on 4 columns and 4 rows, 4 of Aᵀ on 4 columns and 2 rows;
  // for F(4×4) 12 and 10.
  const [forward, backward] =
    outputs === 2 ? [4 * (4 + 4), 4 * (4 + 2)] : [12 * (6 + 6), 10 * (6 + 4)];
  const biases = weights.bias ? outputs ** 2 : 0;
  const busy = new Float64Array(pes);
  for (let channel = 0; channel < shape.channels; channel++) {
    busy[channel % pes] = (busy[channel % pes] ?? 0) + Math.max(forward, 2 * edge ** 2);
  }
  const collecting = new Float64Array(pes);
  for (let row = 0; row < rows; row++) {
    const accesses = 2 * edge ** 2 + outputs ** 2;
    collecting[row % pes] = (collecting[row % pes] ?? 0) + Math.max(backward + biases, accesses);
  }
  const { cycles, counters } = bank.total();
  const operations = tiles.length * (shape.channels * forward + rows * (backward + biases));
  return {
    outputs,
    cycles: cycles + tiles.length * (Math.max(...busy) + Math.max(...collecting)),
    counters: { ...counters, transform_operations: operations },
  };
}

/**
 * Every pixel's im2col vector of all groups from the definition, ticked; cycles, events and passes
 * added up.
 */
function tickConvolution({ demand, weights, input }: LayerTask, pes: number) {
  if (demand.kind !== 'convolution' || !weights) throw new Error('not a convolution');
  const [channels, height, width] = demand.input;
  const [, outHeight, outWidth] = demand.output;
  const bank = tickingProducts();
  const matrix = { ...weights, store: onDiagonal(toDense(weights.store), demand.groups) };
  const multiply = bank.load(matrix, pes);
  for (let pixel = 0; pixel < outHeight * outWidth; pixel++) {
    const patch = new Float32Array(matrix.store.columns);
    for (let column = 0; column < patch.length; column++) {
      const [kernelHeight, kernelWidth] = demand.kernel;
      const tap = column % (kernelHeight * kernelWidth);
      const channel = Math.floor(column / (kernelHeight * kernelWidth));
      const [oy, ox] = [Math.floor(pixel / outWidth), pixel % outWidth];
      const y =
        oy * demand.stride[0] + Math.floor(tap / kernelWidth) * demand.dilation[0] - demand.pad[0];
      const x = ox * demand.stride[1] + (tap % kernelWidth) * demand.dilation[1] - demand.pad[1];
      if (channel >= channels || y < 0 || y >= height || x < 0 || x >= width) continue;
      patch[column] = input.values[(channel * height + y) * width + x] as number;
    }
    multiply(patch);
  }
  return bank.total();
}
