// Sweeps over real models: the same results for any crew, in one go or in many.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Crew } from '../../../sim/sweep/crew.js';
import { soloCrew } from '../../../sim/sweep/crew.js';
import { createEvaluator } from '../../../sim/sweep/evaluator.js';
import { queryStore } from '../../../sim/sweep/query.node.js';
import { openStore } from '../../../sim/sweep/store-duckdb.node.js';
import { mergeStores } from '../../../sim/sweep/stores.node.js';
import { runInStore, sweep } from '../../../sim/sweep/sweep.node.js';
import { createWorkloadSource, loadWorkloads } from '../../../sim/sweep/workloads.node.js';
import {
  planOf,
  runSolo,
  smallSpec,
  sortedDesigns,
  specFile,
  temporaryFolder,
} from './small-plan.js';

const spec = specFile(smallSpec);
const DESIGNS = 48;

async function solo(): Promise<string> {
  const store = temporaryFolder();
  await runSolo(smallSpec, store);
  return sortedDesigns(store);
}

describe('a sweep', () => {
  it('gives the same bytes on this thread, on 1, 2 and 4 threads, and in shards', async () => {
    const expected = await solo();
    for (const workers of [1, 2, 4]) {
      const store = temporaryFolder();
      expect(await sweep({ spec, store, workers })).toMatchObject({
        complete: true,
        evaluated: DESIGNS,
      });
      expect(await sortedDesigns(store)).toBe(expected);
    }
    const sharded = temporaryFolder();
    for (const part of [3, 1, 2])
      await sweep({ spec, store: sharded, workers: 1, shard: { part, of: 3 } });
    expect(await mergeStores([sharded], sharded)).toMatchObject({
      parts: 3,
      designs: DESIGNS,
      missing: 0,
    });
    expect(await sortedDesigns(sharded)).toBe(expected);
  });

  it('costs a design as the hardware itself does', async () => {
    const store = temporaryFolder();
    await sweep({ spec, store, workers: 1 });
    const { rows } = await queryStore(
      store,
      'SELECT seconds, area_mm2 FROM designs WHERE pes = 16 AND "queueDepth" = 8 AND width = 64 AND "clockHz" = 800',
    );
    const { loadHardware } = await import('../../../hw-models/presets.node.js');
    const { secondsOf, sum } = await import('../../../hw-models/cost.js');
    const hardware = loadHardware('eie-64').vary([
      { op: 'replace', path: ['pes'], value: 16 },
      { op: 'replace', path: ['queueDepth'], value: 8 },
    ]);
    const [mix] = await loadWorkloads(await planOf(smallSpec));
    const seconds = hardware.cost(mix?.tasks ?? []).reduce((all, cost) => all + secondsOf(cost), 0);
    expect(rows).toEqual([[seconds, sum(hardware.area ?? {})]]);
  });

  it('takes a network from a file, and tells when it is another one', async () => {
    const file = join(process.cwd(), 'test/fixtures/onnx/torch-16.onnx');
    const plan = await planOf({ ...smallSpec, workloads: file, axes: { pes: [4, 8] } });
    const [mix] = await loadWorkloads(plan);
    expect(mix).toMatchObject({ name: 'torch-16' });
    expect(mix?.tasks.find(({ weights }) => weights)?.weights?.origin).toBe('real');
    const [workload] = plan.workloads;
    const network = { file, at: 0, sha256: 'another' };
    const changed = { ...plan, workloads: workload ? [{ ...workload, network }] : [] };
    await expect(loadWorkloads(changed)).rejects.toThrow('found another content than was planned');
  });

  it('stops when told to, and a resumed one finishes exactly what is missing', async () => {
    const plan = await planOf(smallSpec);
    const store = temporaryFolder();
    const evaluator = createEvaluator(plan, createWorkloadSource(plan));
    const evaluated: number[] = [];
    const stop = new AbortController();
    const crew = (): Crew => ({
      ...soloCrew(evaluator),
      evaluate: async (batch) => {
        evaluated.push(...batch.map(({ ordinal }) => ordinal));
        if (evaluated.length > 10) stop.abort();
        return soloCrew(evaluator).evaluate(batch);
      },
    });
    const first = await runInStore(plan, { store, signal: stop.signal }, async () => crew());
    expect(first.complete).toBe(false);
    expect(first.evaluated).toBeGreaterThan(10);
    expect(first.evaluated).toBeLessThan(DESIGNS);
    await expect(runInStore(plan, { store }, async () => crew())).rejects.toThrow(
      'expected --resume to go on',
    );
    const second = await runInStore(plan, { store, resume: true }, async () => crew());
    expect(second).toMatchObject({ complete: true, evaluated: DESIGNS - first.evaluated });
    expect(evaluated.toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: DESIGNS }, (_, at) => at),
    );
    expect(await sortedDesigns(store)).toBe(await solo());
  });

  it.each(['nsga2', 'bayesian'])(
    'resumed takes the same way as one that was never stopped: %s',
    async (strategy) => {
      const searching = {
        ...smallSpec,
        strategy: strategy === 'nsga2' ? { kind: strategy, population: 8 } : strategy,
        budget: 30,
      };
      const plan = await planOf(searching);
      const evaluator = createEvaluator(plan, createWorkloadSource(plan));
      const whole = temporaryFolder();
      await runInStore(plan, { store: whole }, async () => soloCrew(evaluator));
      const cut = temporaryFolder();
      for (let run = 0, complete = false; !complete; run++) {
        const stop = new AbortController();
        const onProgress = ({ done, doneBefore }: { done: number; doneBefore: number }) => {
          if (done - doneBefore >= 7) stop.abort();
        };
        ({ complete } = await runInStore(
          plan,
          { store: cut, resume: run > 0, signal: stop.signal, onProgress },
          async () => soloCrew(evaluator),
        ));
      }
      expect(await sortedDesigns(cut)).toBe(await sortedDesigns(whole));
      await expect(
        runInStore(plan, { store: whole, shard: { part: 1, of: 2 } }, async () =>
          soloCrew(evaluator),
        ),
      ).rejects.toThrow('has no shards');
    },
  );

  it('keeps what a design refuses, and why', async () => {
    const axes = { pes: [4, 8], width: { field: 'spmat.widthBits', values: [4, 64] } };
    const store = temporaryFolder();
    await sweep({ spec: specFile({ ...smallSpec, axes }), store, workers: 1 });
    const { rows } = await queryStore(
      store,
      'SELECT width, feasible, fault, seconds IS NULL FROM designs ORDER BY ordinal',
    );
    expect(rows[0]).toEqual([
      4,
      false,
      expect.stringContaining('expected at least the 8 bits of one entry'),
      true,
    ]);
    expect(rows[1]).toEqual([64, true, null, false]);
  });
});

describe('a store', () => {
  it('is refused to another spec', async () => {
    const store = temporaryFolder();
    await sweep({ spec, store, workers: 1 });
    const other = specFile({ ...smallSpec, seed: 1 });
    await expect(sweep({ spec: other, store, workers: 1, resume: true })).rejects.toThrow(
      'a sweep with another seed',
    );
  });

  it('takes a result once', async () => {
    const plan = await planOf(smallSpec);
    const evaluator = createEvaluator(plan, createWorkloadSource(plan));
    const store = await openStore(join(temporaryFolder(), 'results.duckdb'), {
      plan,
      version: 'x',
    });
    const result = await evaluator.evaluate({
      ordinal: 3,
      settings: { pes: 4, queueDepth: 1, width: 32, clockHz: 400 },
    });
    await store.append([result]);
    await expect(store.append([{ ...result, ordinal: 4 }, result])).rejects.toThrow(
      'Duplicate key',
    );
    expect([...(await store.ordinals())]).toEqual([3]);
    await store.close();
  });

  it('has whole batches after its process was killed at any moment, and is finished by a resumed sweep', async () => {
    const expected = await solo();
    const store = temporaryFolder();
    for (let kill = 0; kill < 4; kill++) {
      const child = spawn(
        process.execPath,
        [
          '--import',
          'tsx',
          'reports/cli/bin.ts',
          'sweep',
          spec,
          '--store',
          store,
          '--resume',
          '--workers',
          '1',
          '--quiet',
        ],
        { stdio: 'ignore' },
      );
      const exit = once(child, 'exit');
      await Promise.race([exit, new Promise((wake) => setTimeout(wake, 700 + 300 * kill))]);
      child.kill('SIGKILL');
      await exit;
    }
    await sweep({ spec, store, workers: 1, resume: true });
    expect(await sortedDesigns(store)).toBe(expected);
  });
});
