// What is recorded of folds: edges as on the ticking array, all of it as long as the layer costs.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cyclesOf } from '../../../hw-models/cost.js';
import { loadHardware } from '../../../hw-models/presets.node.js';
import { dataflows } from '../../../hw-models/systolic/config.js';
import { foldingOf } from '../../../hw-models/systolic/gemm.js';
import { recordFolds } from '../../../hw-models/systolic/record.js';
import { arrayCycles } from '../../../hw-models/systolic/timing.js';
import { tasksOf, traceRandom } from '../../../sim/trace.js';
import { drawModel } from '../../../workloads/synthesis.js';
import { zoo } from '../../../workloads/zoo/index.js';
import type { Passing } from '../../reference/systolic-ticking.js';
import { areaUnder, lengthOf, recordedBy, recordedOn, type Told } from '../recorded.js';
import { type Small, small, tick } from './ticked-product.js';

/** The array of a small product, recorded alone: with no DRAM. */
function recorded(c: Small, dataflow: (typeof dataflows)[number], stationarySets: number) {
  const accumulatorBytes = c.held * c.columns * 4 * 2;
  const sram = { wordBits: 64, weightBytes: 1, activationBytes: 1, accumulatorBytes };
  const config = { rows: c.rows, columns: c.columns, stationarySets, accumulatorBits: 32, sram };
  const gemm = { groups: 1, pixels: c.pixels, depth: c.depth, outputs: c.outputs };
  const folding = foldingOf(gemm, dataflow, config);
  const array = arrayCycles(folding, config);
  const chunk = {
    ...{ frames: 1, gemm, strips: 1, folding, array, dramBytes: 0, memoryCycles: 0 },
    cycles: array.total,
  };
  return recordedBy(1e9, (recorder) =>
    recordFolds({ chunk, chunks: 1, rest: null }, dataflow, config, recorder),
  );
}

/** In which cycles something passes each row or column. */
const cyclesBy = (passing: readonly Passing[]) => {
  const all = new Map<number, number[]>();
  for (const { at, cycle } of passing) all.set(at, [...(all.get(at) ?? []), cycle]);
  return new Map([...all].map(([at, cycles]) => [at, cycles.sort((a, b) => a - b)]));
};

const ofTracks = (tracks: ReadonlyMap<string, readonly Told[]>, kind: 'row' | 'column') =>
  new Map(
    [...tracks].flatMap(([track, slices]) => {
      const [, own, at] = /^(row|column) (\d+)$/.exec(track) ?? [];
      if (own !== kind) return [];
      const cycles = slices.flatMap(({ from, cycles: taken }) =>
        Array.from({ length: taken }, (_, step) => from + step),
      );
      return [[Number(at), cycles] as const];
    }),
  );

describe.each(dataflows)('folds of %s, recorded', (dataflow) => {
  it.each([1, 2])('pass rows and columns as on the ticking array with %d sets', (sets) => {
    fc.assert(
      fc.property(small, (c) => {
        const ticked = tick(c, dataflow, (steps) =>
          sets === 1 ? 2 * c.rows + c.columns + steps - 2 : Math.max(steps, c.rows),
        );
        const { tracks, levels } = recorded(c, dataflow, sets);
        expect(ofTracks(tracks, 'row')).toEqual(cyclesBy(ticked.entered));
        expect(ofTracks(tracks, 'column')).toEqual(cyclesBy(ticked.leaving));
        expect(lengthOf(tracks.get('array') ?? [])).toBe(ticked.cycles);
        // Every product once.
        expect(areaUnder(levels.get('PEs at work') ?? [])).toBeWithin(
          1e-9,
          c.pixels * c.depth * c.outputs,
        );
      }),
    );
  });
});

const tasksAt = (name: string, batch: number) => {
  const entry = zoo.get(name);
  if (!entry) throw new Error(`no ${name}`);
  const { network, densities } = entry;
  return tasksOf(drawModel(network, densities, 1), traceRandom(network, densities, 1), batch);
};

/** With little memory and a slow link: strips, and weights that are fetched for each frame. */
const starved = loadHardware('edge-tpu').vary([
  { op: 'replace', path: ['sram', 'weightBytes'], value: 2 * 64 * 64 },
  { op: 'replace', path: ['sram', 'activationBytes'], value: 2048 },
]);

describe.each([
  ['edge-tpu', loadHardware('edge-tpu')],
  ['dense-eie-area', loadHardware('dense-eie-area')],
  ['dense-eie-bandwidth', loadHardware('dense-eie-bandwidth')],
  ['edge-tpu, starved', starved],
] as const)('%s, recorded', (_, hardware) => {
  it.each([1, 3])('takes as long as each layer of lenet-5 costs, %d frames', (batch) => {
    const tasks = tasksAt('lenet-5', batch);
    for (const kernel of hardware.kernels) {
      const costs = hardware.cost(tasks, kernel);
      for (const [at, cost] of costs.entries()) {
        if (cost.kernel !== kernel) continue;
        const { tracks, levels } = recordedOn(hardware, tasks, at, kernel, 1e9);
        const { host = 0 } = cost.cycles;
        const cycles = cyclesOf(cost) - host;
        const array = tracks.get('array') ?? [];
        let end = 0;
        for (const { from, cycles: taken } of array) {
          expect(Math.abs(from - end)).toBeLessThanOrEqual(1e-9 * end);
          end = from + taken;
        }
        expect(end).toBeWithin(1e-9, cycles);
        const { dram = 0 } = cost.busy ?? {};
        expect(Math.abs(lengthOf(tracks.get('DRAM') ?? []) - dram)).toBeLessThanOrEqual(
          1e-9 * dram,
        );
        const steps = array.filter(({ name }) => name.startsWith('fold'));
        expect(steps).toHaveLength(cost.counters.folds ?? 0);
        const { compute = 0, unused_pes = 0 } = cost.cycles;
        expect(lengthOf(steps)).toBeWithin(1e-9, compute + unused_pes);
        // More where the last strip is cut short.
        expect(areaUnder(levels.get('PEs at work') ?? [])).toBeGreaterThanOrEqual(
          (cost.counters.macs ?? 0) * (1 - 1e-9),
        );
        for (const slices of tracks.values()) {
          let last = 0;
          for (const { from, cycles: taken } of slices) {
            expect(from).toBeGreaterThanOrEqual(last * (1 - 1e-9));
            last = from + taken;
          }
          expect(last).toBeLessThanOrEqual(cycles * (1 + 1e-9));
        }
      }
    }
  });

  it('tells as many folds as there is room for, the last among them', () => {
    const tasks = tasksAt('lenet-300-100', 1);
    const [{ kernel } = { kernel: '' }] = hardware.cost(tasks);
    const [all, some] = [1e9, 300].map((room) => recordedOn(hardware, tasks, 0, kernel, room));
    const count = (told: typeof all) => [...(told?.tracks.values() ?? [])].flat().length;
    expect(count(some)).toBeLessThanOrEqual(300 + 50);
    const endOf = (told: typeof all) => told?.tracks.get('array')?.at(-1);
    expect(endOf(some)).toEqual(endOf(all));
  });
});
