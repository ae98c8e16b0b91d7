// The engine without threads: the same bits as on one thread, and nothing of Node.js in its code.

import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { createSparseAlone } from '../../../../hw-models/host/engine/alone.js';
import { hasFusedMultiplyAdd } from '../../../../hw-models/host/engine/fused.node.js';
import { createExecutor } from '../../../../hw-models/host/executors.js';
import { tasksOf, traceRandom, traceRun } from '../../../../sim/trace.js';
import { drawModel } from '../../../../workloads/synthesis.js';
import { zoo } from '../../../../workloads/zoo/index.js';

describe('the engine alone', () => {
  it.each(['lenet-5', 'resnet-8'])(
    'meets the same activations in %s as the executor sparse by WebAssembly',
    async (name) => {
      const entry = zoo.get(name);
      if (!entry) throw new Error('not in the zoo');
      const model = drawModel(entry.network, entry.densities, 3);
      const { inputs } = traceRandom(entry.network, entry.densities, 3);
      // Node.js 20 has to be told first.
      hasFusedMultiplyAdd();
      const own = await traceRun(model, inputs, createSparseAlone());
      const theirs = await traceRun(model, inputs, createExecutor('sparse', { engine: 'wasm' }));
      const [a, b] = [own, theirs].map((trace) => tasksOf(model, trace, 1));
      const bits = (tasks = a) => tasks?.map(({ input }) => Buffer.from(input.values.buffer));
      expect(bits(a)).toEqual(bits(b));
      expect(a?.some(({ input }) => input.density < 1)).toBe(true);
    },
  );

  it('is made of no Node.js module', async () => {
    const { outputFiles } = await build({
      entryPoints: ['hw-models/host/engine/alone.ts'],
      ...{ bundle: true, write: false, format: 'esm', platform: 'browser' },
    });
    expect(outputFiles[0]?.text).not.toMatch(/\bprocess\.|\bBuffer\b/);
  });
});
