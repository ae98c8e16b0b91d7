// The fast model against an SCNN that really compresses, decodes, multiplies and adds.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LayerCost } from '../../../hw-models/contract.js';
import { sum } from '../../../hw-models/cost.js';
import { loadHardware } from '../../../hw-models/presets.node.js';
import { ScnnSchema } from '../../../hw-models/scnn/config.js';
import { tilingOf } from '../../../hw-models/scnn/tiling.js';
import type { ConvolutionDemand } from '../../../workloads/demand.js';
import type { Layer, LayerTask } from '../../../workloads/network.js';
import { toDense } from '../../../workloads/weights/store.js';
import { conv } from '../../../workloads/zoo/entry.js';
import { convolve } from '../../reference/convolution.js';
import { type Ticked, tick } from '../../reference/scnn-ticking.js';
import { costOf, drawTask, layerOf, replace } from '../eie/layer-task.js';

const scnn = loadHardware('scnn');
const density = fc.oneof(
  fc.constantFrom(0, 0.02, 0.5, 1),
  fc.double({ min: 0, max: 1, noNaN: true }),
);
const extent = (max: number) => fc.integer({ min: 1, max });

const cases = fc
  .record({
    groups: fc.constantFrom(1, 1, 2, 3),
    channels: extent(4),
    outputs: extent(6),
    height: fc.integer({ min: 5, max: 12 }),
    width: fc.integer({ min: 5, max: 12 }),
    kernel: fc.tuple(extent(4), extent(4)),
    stride: fc.tuple(extent(3), extent(3)),
    dilation: fc.constantFrom([1, 1] as const, [1, 2] as const, [2, 1] as const),
    pad: fc.tuple(
      ...([0, 1, 2, 3].map(() => fc.integer({ min: 0, max: 2 })) as [
        fc.Arbitrary<number>,
        fc.Arbitrary<number>,
        fc.Arbitrary<number>,
        fc.Arbitrary<number>,
      ]),
    ),
    weights: density,
    activations: density,
    seed: extent(1000),
    design: fc.record({
      peRows: extent(4),
      peColumns: extent(4),
      weights: extent(5),
      activations: extent(5),
      // Twice the products of an issue at least, so that deep queues never fill.
      banks: fc.integer({ min: 50, max: 100 }),
      bankEntries: extent(2),
      indexBits: extent(4),
      groupChannels: extent(5),
    }),
  })
  .filter(({ height, width, kernel, dilation }) => {
    return (kernel[0] - 1) * dilation[0] < height && (kernel[1] - 1) * dilation[1] < width;
  });
type Case = typeof cases extends fc.Arbitrary<infer One> ? One : never;

function layerFor(c: Case) {
  const { groups, kernel, stride, dilation, pad } = c;
  const spec = conv('c', c.outputs * groups, [...kernel], { stride, dilation, pad, groups });
  return layerOf(spec, [c.channels * groups, c.height, c.width]);
}

function demandOf({ demand }: Layer): ConvolutionDemand {
  if (demand?.kind !== 'convolution') throw new Error('no convolution');
  return demand;
}

function designFor({ design }: Case, bankQueue: number) {
  const { weights, activations, banks, bankEntries, ...others } = design;
  const pe = Object.entries({ weights, activations, banks, bankEntries });
  return scnn.vary([
    ...pe.map(([key, value]) => replace(value, 'pe', key)),
    ...Object.entries({ ...others, bankQueue }).map(([key, value]) => replace(value, key)),
  ]);
}

function ticked(demand: ConvolutionDemand, task: LayerTask, hardware: typeof scnn): Ticked {
  const config = ScnnSchema.parse(hardware.config);
  const tiling = tilingOf(demand, config);
  const [channels, height, width] = demand.input;
  const [outputs, outputHeight, outputWidth] = demand.output;
  if (!task.weights) throw new Error('no weights');
  return tick(
    {
      ...{ channels, height, width, outputs, outputHeight, outputWidth },
      ...{
        kernel: demand.kernel,
        stride: demand.stride,
        dilation: demand.dilation,
        groups: demand.groups,
      },
      pad: [demand.pad[0], demand.pad[1]],
      weights: toDense(task.weights.store).values,
      activations: task.input.values,
    },
    {
      ...{ peRows: config.peRows, peColumns: config.peColumns, indexBits: config.indexBits },
      ...{ weights: config.pe.weights, activations: config.pe.activations },
      ...{ banks: config.pe.banks, bankQueue: config.bankQueue },
      ...{ groupChannels: tiling.groupChannels, bands: tiling.bands },
    },
  );
}

const on = (cost: LayerCost, part: string) => cost.cycles[part] ?? Number.NaN;

describe('a convolution on SCNN', () => {
  it('takes the issues of one that ticks, which computes the convolution', () => {
    fc.assert(
      fc.property(cases, (c) => {
        const layer = layerFor(c);
        const task = drawTask(layer, c.weights, c.activations, c.seed);
        // Queues that never fill: contention aside, every count is exact.
        const hardware = designFor(c, 1024);
        const demand = demandOf(layer);
        const real = ticked(demand, task, hardware);
        const { store } = task.weights ?? { store: null };
        if (!store) throw new Error('no weights');
        const { channels, height, width } = {
          channels: c.channels * c.groups,
          height: c.height,
          width: c.width,
        };
        const expected = convolve(
          { ...demand, channels, height, width, outputs: demand.output[0] },
          task.input.values,
          toDense(store).values,
          new Float32Array(demand.output[0]),
        );
        expect(Array.from(real.output, Math.fround)).toSatisfy((values: number[]) =>
          values.every((value, at) => Math.abs(value - (expected[at] ?? Number.NaN)) <= 1e-4),
        );

        const cost = costOf(task, hardware);
        expect(cost.counters.issues).toBe(real.issues);
        expect(cost.counters.products).toBe(real.products);
        expect(cost.counters.activation_vectors).toBe(real.activationVectors);
        const slowest = on(cost, 'compute') + on(cost, 'fragmentation') + on(cost, 'imbalance');
        expect(Math.abs(slowest - real.slowestIssues)).toBeLessThan(1e-6);
        const nonzeros = Array.from(task.input.values).filter((value) => value !== 0).length;
        const placeholders =
          real.inputElements + real.weightElements - nonzeros - (cost.counters.nonzeros ?? 0);
        expect(cost.counters.placeholders).toBe(placeholders);
        expect(on(cost, 'contention')).toBeLessThan(1e-6);
      }),
    );
  });

  it.each([
    ['3 × 3, as dense as AlexNet’s conv3', conv('c', 16, 3, { pad: 1 }), [8, 13, 13], 0.35, 0.52],
    ['3 × 3, dense', conv('c', 8, 3, { pad: 1 }), [2, 28, 28], 1, 1],
    ['1 × 1, dense', conv('c', 16, 1), [8, 28, 28], 1, 1],
    ['5 × 5, half dense', conv('c', 8, 5, { pad: 2 }), [2, 27, 27], 0.5, 0.5],
  ] as const)(
    'waits for banks about as long as with real addresses: %s',
    (_name, spec, input, weights, activations) => {
      const layer = layerOf(spec, input);
      const task = drawTask(layer, weights, activations);
      const real = ticked(demandOf(layer), task, scnn);
      const cost = costOf(task, scnn);
      const modelled = (cost.counters.issues ?? 0) + (cost.counters.stall_cycles ?? 0);
      expect(modelled).toBeWithin(0.15, real.cycles);
      expect(sum(cost.cycles)).toBeGreaterThanOrEqual(real.slowestIssues);
    },
  );
});
