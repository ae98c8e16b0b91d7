// A sweep over worker processes and Redis: workers are killed, Redis forgets everything, nothing is
// lost or double.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectRedis } from '../../../sim/sweep/redis.node.js';
import { sweep } from '../../../sim/sweep/sweep.node.js';
import { sweepUnderKills } from '../../faults/kills.js';
import { hasRedis, RedisServer } from './redis-server.js';
import { smallSpec, sortedDesigns, specFile, temporaryFolder } from './small-plan.js';

const spec = specFile({
  ...smallSpec,
  axes: {
    pes: { from: 1, to: 32, whole: true },
    queueDepth: { from: 1, to: 64, factor: 2 },
    width: { field: 'spmat.widthBits', values: [32, 64, 128] },
    clockHz: { unit: 'MHz', values: [200, 400, 600, 800] },
  },
});
const DESIGNS = 32 * 7 * 3 * 4;

it('is refused where no Redis answers, and where the URL is none', async () => {
  await expect(connectRedis('redis://127.0.0.1:1')).rejects.toThrow(
    'redis://127.0.0.1:1: no Redis answers',
  );
  await expect(connectRedis('127.0.0.1:1')).rejects.toThrow(
    "found '127.0.0.1:1', expected redis://HOST:PORT",
  );
});

describe.skipIf(!hasRedis)(
  `workers over Redis${hasRedis ? '' : ' (skipped: no redis-server on this machine)'}`,
  () => {
    let redis: RedisServer;
    const workers: ChildProcess[] = [];
    const startWorker = () => {
      const argv = ['--import', 'tsx', 'reports/cli/bin.ts', 'worker', '--redis', redis.url];
      const worker = spawn(
        process.execPath,
        [...argv, '--threads', '1', '--lease', '2', '--quiet'],
        {
          stdio: 'inherit',
        },
      );
      workers.push(worker);
      return worker;
    };

    beforeAll(async () => {
      redis = await RedisServer.start();
    });
    afterAll(async () => {
      for (const worker of workers) worker.kill('SIGKILL');
      await redis.kill();
    });

    it('gives the bytes that threads give, one worker killed and Redis restarted on the way', async () => {
      const threads = temporaryFolder();
      await sweep({ spec, store: threads, workers: 2 });
      const [victim] = [startWorker(), startWorker(), startWorker()];
      const done: string[] = [];
      const onProgress = ({ done: designs }: { done: number }) => {
        if (designs > DESIGNS / 10 && done.length === 0) {
          done.push('worker killed');
          victim?.kill('SIGKILL');
        }
        if (designs > DESIGNS / 3 && done.length === 1) {
          done.push('Redis restarted');
          redis.kill().then(() => redis.start());
        }
      };
      const store = temporaryFolder();
      const report = await sweep({ spec, store, redis: redis.url, onProgress });
      expect(done).toEqual(['worker killed', 'Redis restarted']);
      expect(report).toMatchObject({ complete: true, evaluated: DESIGNS });
      expect(await sortedDesigns(store)).toBe(await sortedDesigns(threads));
    }, 300_000);

    it('gives them though coordinator, workers and Redis die at random and are started again', async () => {
      const [threads, store] = [temporaryFolder(), temporaryFolder()];
      await sweep({ spec, store: threads, workers: 2 });
      const killed = await sweepUnderKills({
        ...{ spec, store, kills: 5, seed: 0, workers: 2, maxSeconds: 1.5 },
        onKill: () => {},
      });
      expect(killed.coordinator).toBeGreaterThan(0);
      expect(await sortedDesigns(store)).toBe(await sortedDesigns(threads));
    }, 300_000);

    it('ends a worker that is asked to, once its batch is done', async () => {
      const argv = [
        '--import',
        'tsx',
        'reports/cli/bin.ts',
        'worker',
        '--redis',
        redis.url,
        '--threads',
        '1',
      ];
      const worker = spawn(process.execPath, argv, { stdio: ['ignore', 'ignore', 'pipe'] });
      await once(worker.stderr, 'data');
      worker.kill('SIGTERM');
      const [code] = await once(worker, 'exit');
      expect(code).toBe(0);
    });
  },
);
