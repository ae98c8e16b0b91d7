// What is counted of the engine's calls, held against the definition of the layers that they make.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kernelsFor } from '../../../hw-models/host/engine/choice.js';
import { exactKernels } from '../../../hw-models/host/engine/table.js';
import { frameBytesOf } from '../../../hw-models/host/engine/tensor.js';
import { countCall } from '../../../hw-models/host-model/calls/index.js';
import type { CallWork } from '../../../hw-models/host-model/calls/work.js';
import { layOut } from '../../../hw-models/host-model/layout.js';
import { loopOf, turnsIn } from '../../../hw-models/host-model/loops.js';
import { pixelsOf } from '../../../hw-models/work.js';
import { inputShapeOf, type Layer, resultOf } from '../../../workloads/network.js';
import { activations, countMacs } from '../../../workloads/tasks.js';
import { sizeOf } from '../../../workloads/tensor.js';
import { cases } from '../host/random-network.js';
import { engineTask } from './engine-task.js';

type Task = ReturnType<typeof engineTask>;

/** Every layer of a random network on activations of its own, a third of them zero. */
const tasks: fc.Arbitrary<readonly Task[]> = cases.map(({ model, batch }) =>
  model.network.layers
    .filter(({ demand }) => demand !== null)
    .map((layer, at) => {
      const size = sizeOf(inputShapeOf(layer));
      const values = Float32Array.from({ length: size }, (_, i) => ((i + at) % 3 === 0 ? 0 : 1));
      return engineTask(model, layer, activations(values, 'synthetic'), batch);
    }),
);

/** All but the plain pass, which makes no calls. */
const ownKernels = ({ layer, weights }: Task) =>
  kernelsFor(exactKernels, layer, weights, false).filter((row) => exactKernels.includes(row));

function countedBy(task: Task, name: string, threads: number) {
  const kernel = exactKernels.find((row) => row.name === name && row.kind === task.layer.kind);
  if (!kernel) throw new Error(`no kernel ${name}`);
  const { steps, seen } = layOut(task, task, kernel, threads, []);
  return steps.flat().flatMap((call) => countCall(call, seen));
}

const macsOf = (pieces: readonly CallWork[]) =>
  pieces
    .flatMap(({ turns }) => turnsIn(turns))
    .reduce((sum, [name, times]) => sum + loopOf(name).macs * times, 0);

const padded = (size: number) => 4 * Math.ceil(size / 4);

/**
 * Multiply-adds of a convolution whose outputs fill vectors, halos of the pitch included: no kernel
 * does more.
 */
function maxMacs({ layer, batch, macs }: Task, kept: number): number {
  if (layer.kind !== 'conv2d') return macs.dense;
  const [, , height = 1, width = 1] = resultOf(layer).shape;
  const reach = (layer.kernel[1] - 1) * layer.dilation[1] + 1;
  const pitch = Math.max(width + reach, inputShapeOf(layer)[3] as number);
  return batch * kept * (padded(height * pitch) + 4 * height);
}

describe('countCall', () => {
  it('counts every call of every kernel that computes what the weights say, with whole numbers of turns', () => {
    fc.assert(
      fc.property(tasks, fc.integer({ min: 1, max: 3 }), (layers, threads) => {
        for (const task of layers) {
          for (const { name } of ownKernels(task)) {
            for (const { turns, touches } of countedBy(task, name, threads)) {
              for (const [loop, times] of turnsIn(turns))
                expect(times, `${name} ${loop}`).toBeGreaterThan(0);
              for (const { address, bytes, passes = 1 } of touches) {
                expect(address, name).toBeGreaterThanOrEqual(2 ** 20);
                expect(Number.isFinite(bytes) && bytes >= 0 && passes >= 0, name).toBe(true);
              }
            }
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('counts the multiply-adds of direct convolutions: all taps inside the image, and no more than vectors add', () => {
    fc.assert(
      fc.property(tasks, (layers) => {
        for (const task of layers.filter(({ layer }) => layer.kind === 'conv2d')) {
          const { macs, batch, weights, demand, layer } = task;
          const ones = activations(
            new Float32Array(sizeOf(inputShapeOf(layer))).fill(1),
            'synthetic',
          );
          const needed = batch * countMacs(demand, weights, ones).effective;
          const rows = weights?.store.rows ?? 0;
          const columns = weights?.store.columns ?? 0;
          const pixels = macs.keptWeights === 0 ? 0 : macs.dense / (rows * columns);
          const { groups } = layer as Layer & { readonly groups: number };
          const kept = {
            'sparse-convolution': pixels === 0 ? 0 : macs.keptWeights / pixels,
            'dense-convolution': groups * padded(rows / groups) * columns,
          };
          // A kernel that refuses a layer, as direct ones do several images a frame, counts nothing
          // of sense for it.
          const own = ownKernels(task).map(({ name }) => name);
          for (const name of ['sparse-convolution', 'dense-convolution'] as const) {
            if (!own.includes(name)) continue;
            const counted = macsOf(countedBy(task, name, 1));
            expect(counted, name).toBeGreaterThanOrEqual(needed);
            expect(counted, name).toBeLessThanOrEqual(maxMacs(task, kept[name]));
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it('counts in sparse columns the weights that meet a non-zero activation, in whole groups of four', () => {
    fc.assert(
      fc.property(tasks, fc.integer({ min: 1, max: 2 }), (layers, threads) => {
        const dense = layers.filter((task) =>
          ownKernels(task).some(({ name }) => name === 'sparse-columns'),
        );
        // Several vectors at once are multiplied as pixels are.
        for (const task of dense.filter(({ demand, batch }) => batch * pixelsOf(demand) < 4)) {
          const { macs, batch, input } = task;
          const counted = macsOf(countedBy(task, 'sparse-columns', threads));
          expect(counted).toBeGreaterThanOrEqual(macs.effective * batch);
          // At most three entries are filled up for each column that is met, block of rows by
          // block.
          const columns = input.values.filter((value) => value !== 0).length;
          expect(counted).toBeLessThanOrEqual((macs.effective + 3 * columns * threads) * batch);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('goes through all of a layer’s outputs', () => {
    fc.assert(
      fc.property(tasks, (layers) => {
        for (const task of layers.filter(({ weights }) => weights !== null)) {
          for (const { name } of ownKernels(task)) {
            const written = countedBy(task, name, 1)
              .flatMap(({ touches }) => touches)
              .filter(({ writes }) => writes)
              .reduce((sum, { bytes }) => sum + bytes, 0);
            const size = sizeOf(resultOf(task.layer).shape);
            expect(written, name).toBeGreaterThanOrEqual(task.batch * size * 4 * 0.5);
            expect(frameBytesOf(resultOf(task.layer))).toBeGreaterThanOrEqual(size * 4);
          }
        }
      }),
      { numRuns: 30 },
    );
  });
});
