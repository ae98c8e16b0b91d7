// The executor that times kernels once and remembers which were the fastest.

import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAuto } from '../../../hw-models/host/auto.js';
import { buildOf, type EngineBuild } from '../../../hw-models/host/engine/builds.js';
import { kernelsFor } from '../../../hw-models/host/engine/choice.js';
import { exactKernels } from '../../../hw-models/host/engine/table.js';
import {
  cacheFolder,
  openPlanStore,
  type Plan,
  type PlanStore,
} from '../../../hw-models/host/plan-store.node.js';
import { createReference } from '../../../hw-models/host/reference.js';
import { buildNetwork } from '../../../workloads/graph.js';
import type { Model } from '../../../workloads/model.js';
import { drawModel } from '../../../workloads/synthesis.js';
import { conv, dense, maxPool, softmax } from '../../../workloads/zoo/entry.js';
import { distance } from './agreement.js';
import { library } from './native-library.js';
import { cases, graphs } from './random-network.js';

const source = { work: 'test', at: 'test' };
const network = buildNetwork({
  ...{ name: 'small', title: 'small', source, input: [3, 12, 12] },
  layers: [conv('conv', 8, 3, { pad: 1 }), maxPool('pool', 2, 2), dense('fc', 10, 'none'), softmax],
});

function modelOf(density: number, seed = 0): Model {
  const layers = Object.fromEntries(
    ['conv', 'fc'].map((name) => [name, { weights: density, output: 0.5 }]),
  );
  return drawModel(network, { source, input: 1, layers }, seed);
}

const input = new Float32Array(2 * 3 * 144).fill(0.5);

/** Keeps plans, and counts how often it was asked. */
function recordingStore() {
  const kept = new Map<string, Plan>();
  const store: PlanStore = {
    read: (key) => kept.get(key) ?? null,
    write: async (key, plan) => void kept.set(key, plan),
  };
  return { store, kept };
}

interface Once {
  readonly model?: Model;
  readonly batch?: number;
  readonly threads?: number;
  readonly engine?: EngineBuild;
}

async function runOnce(
  plans: PlanStore,
  { model = modelOf(0.3), batch = 1, threads = 1, engine }: Once = {},
) {
  const loaded = await createAuto({ plans, threads, ...buildOf({ engine }) }).load(model);
  const doings: string[] = [];
  const run = await loaded.run(input.subarray(0, batch * 3 * 144), batch, {
    onProgress: (doing) => doings.push(doing),
  });
  loaded.dispose();
  return { ...run, timed: doings.length > 0 };
}

describe('auto', () => {
  it('computes what the plain forward passes compute', async () => {
    const { store } = recordingStore();
    await fc.assert(
      fc.asyncProperty(fc.oneof(cases, graphs), async ({ model, batch, inputs }) => {
        const [found, expected] = await Promise.all(
          [createAuto({ plans: store }), createReference()].map(async (executor) => {
            const loaded = await executor.load(model);
            const { output } = await loaded.run(inputs, batch);
            loaded.dispose();
            return output;
          }),
        );
        if (!found || !expected) throw new Error('two executors ran');
        expect(distance(found, expected, 1e-2)).toBeLessThanOrEqual(1e-4);
      }),
      { numRuns: 60 },
    );
  });

  it('times every kernel that can run a layer, and takes the fastest', async () => {
    const { store, kept } = recordingStore();
    const { layers } = await runOnce(store, { engine: 'wasm' });
    const [plan] = kept.values();
    expect(plan?.layers.map(({ name }) => name)).toEqual(['conv', 'pool', 'fc', 'prob']);
    expect(layers.map(({ kernel }) => kernel)).toEqual(plan?.layers.map(({ kernel }) => kernel));
    for (const [at, { kernel, seconds }] of (plan?.layers ?? []).entries()) {
      const { kind } = network.layers[at] ?? {};
      const able = exactKernels.filter(
        (row) => row.kind === kind && !row.isNative && !row.name.endsWith('coded-columns'),
      );
      // Of what has no weights the first row that can is taken.
      const isTimed = kind === 'conv2d' || kind === 'dense';
      expect(Object.keys(seconds)).toEqual(isTimed ? able.map(({ name }) => name) : []);
      if (isTimed) expect(seconds[kernel]).toBe(Math.min(...Object.values(seconds)));
      else expect(kernel).toBe(able[0]?.name);
    }
  });

  it.skipIf(library === null)('times native kernels, and others that may be faster', async () => {
    const { store, kept } = recordingStore();
    const model = modelOf(0.3);
    const { layers } = await runOnce(store, { model, engine: 'native' });
    const [plan] = kept.values();
    expect(layers.map(({ kernel }) => kernel)).toEqual(plan?.layers.map(({ kernel }) => kernel));
    for (const [at, { kernel, seconds }] of (plan?.layers ?? []).entries()) {
      const layer = network.layers[at];
      if (layer?.kind !== 'conv2d' && layer?.kind !== 'dense') {
        expect(kernel).toMatch(/^native-/);
        continue;
      }
      const weights = model.weights.get(layer.name) ?? null;
      const able = kernelsFor(exactKernels, layer, weights, true);
      for (const row of able) {
        const isLeftOut = !(row.name in seconds);
        if (isLeftOut) expect(row.isNative ?? false).toBe(false);
        if (isLeftOut) expect(row.minMacs?.(layer, weights)).toBeGreaterThan(0);
      }
      expect(seconds[kernel]).toBe(Math.min(...Object.values(seconds)));
    }
  });

  it('times once for the same weights, batch and threads, and anew for others', async () => {
    const { store, kept } = recordingStore();
    const timed = async (of: Parameters<typeof runOnce>[1]) => (await runOnce(store, of)).timed;
    expect(await timed({})).toBe(true);
    expect(await timed({})).toBe(false);
    expect(await timed({ batch: 2 })).toBe(true);
    expect(await timed({ threads: 2 })).toBe(true);
    expect(await timed({ model: modelOf(0.3, 1) })).toBe(true);
    expect(await timed({ batch: 2 })).toBe(false);
    expect(kept.size).toBe(4);
  });

  it('changes its kernels with the batch, between runs of one loaded network', async () => {
    const { store } = recordingStore();
    const loaded = await createAuto({ plans: store }).load(modelOf(0.3));
    const one = await loaded.run(input.subarray(0, 3 * 144), 1);
    const two = await loaded.run(input, 2);
    expect(two.output.length).toBe(2 * one.output.length);
    two.output.forEach((value, at) => {
      expect(value).toBeWithin(1e-5, one.output[at % one.output.length] ?? Number.NaN);
    });
    loaded.dispose();
    await expect(loaded.run(input, 2)).rejects.toThrow('small: run after dispose');
  });

  it('does not follow a plan of other layers or kernels', async () => {
    const { store, kept } = recordingStore();
    await runOnce(store);
    for (const [key, plan] of kept) {
      kept.set(key, {
        ...plan,
        layers: plan.layers.map((layer) => ({ ...layer, kernel: 'no-such-kernel' })),
      });
    }
    const again = await runOnce(store);
    expect(again.timed).toBe(true);
    expect(again.notes).toEqual(['the remembered plan is of other layers or kernels; timed again']);
    expect((await runOnce(store)).notes).toEqual([]);
  });
});

describe('the cache folder', () => {
  const folder = () => mkdtempSync(join(tmpdir(), 'zeroskip-plans-'));

  it('keeps plans as files', async () => {
    const plans = openPlanStore(folder());
    expect((await runOnce(plans)).timed).toBe(true);
    expect((await runOnce(plans)).timed).toBe(false);
  });

  it.each(['', '{', 'null', '{"version":1}', '\0\0\0'])(
    'a damaged plan %j is made again, with a note',
    async (text) => {
      const where = folder();
      const plans = openPlanStore(where);
      await runOnce(plans);
      const [name = ''] = readdirSync(join(where, 'plans'));
      const file = join(where, 'plans', name);
      const whole = readFileSync(file, 'utf8');
      for (const damaged of [text, whole.slice(0, whole.length / 2)]) {
        writeFileSync(file, damaged);
        const { timed, notes } = await runOnce(plans);
        expect(timed).toBe(true);
        expect(notes).toEqual([
          `${file}: found no plan (damaged or of another version); timed again`,
        ]);
        expect((await runOnce(plans)).timed).toBe(false);
      }
    },
  );

  it('may be unusable: then nothing is remembered, and a note says so', async () => {
    const file = join(folder(), 'file');
    writeFileSync(file, '');
    const { timed, notes } = await runOnce(openPlanStore(file));
    expect(timed).toBe(true);
    expect(notes.join('\n')).toMatch(
      /cannot be read \(ENOTDIR\); timed again\n.*cannot be written \(E\w+\); not remembered/,
    );
  });

  it('is where the environment says', () => {
    expect(cacheFolder({ ZEROSKIP_CACHE: '/a', XDG_CACHE_HOME: '/b' })).toBe('/a');
    expect(cacheFolder({ XDG_CACHE_HOME: '/b' })).toBe(join('/b', 'zeroskip'));
    expect(cacheFolder({ XDG_CACHE_HOME: 'relative' })).toMatch(/\.cache.zeroskip$/);
    expect(cacheFolder({})).toMatch(/\.cache.zeroskip$/);
  });
});
