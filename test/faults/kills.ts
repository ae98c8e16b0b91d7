// A sweep over Redis whose coordinator, workers and Redis are killed (SIGKILL) at random moments
// and started again.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { createRandom } from '../../workloads/base/random.js';
import { RedisServer } from '../sim/sweep/redis-server.js';

export const victims = ['worker', 'coordinator', 'redis'] as const;
export type Victim = (typeof victims)[number];

export interface KillRequest {
  readonly spec: string;
  readonly store: string;
  readonly kills: number;
  readonly seed: number;
  readonly workers: number;
  /** From the start of one process to the next kill, at most; the least is a tenth. */
  readonly maxSeconds: number;
  readonly onKill: (victim: Victim, kill: number) => void;
}

/**
 * How many of each were killed before the sweep was complete. @throws where the last coordinator
 * fails.
 */
export async function sweepUnderKills(
  request: KillRequest,
): Promise<Readonly<Record<Victim, number>>> {
  const { spec, store, kills, seed, onKill } = request;
  const random = createRandom(seed, 'kills');
  const redis = await RedisServer.start();
  const start = (...argv: readonly string[]) =>
    spawn(
      process.execPath,
      ['--import', 'tsx', 'reports/cli/bin.ts', ...argv, '--redis', redis.url, '--quiet'],
      {
        stdio: ['ignore', 'ignore', 'inherit'],
      },
    );
  const startWorker = () => start('worker', '--threads', '1', '--lease', '2');
  const startCoordinator = () => start('sweep', spec, '--store', store, '--resume');
  const workers = Array.from({ length: request.workers }, startWorker);
  let coordinator = startCoordinator();
  const killed = { worker: 0, coordinator: 0, redis: 0 };
  try {
    for (let kill = 1; kill <= kills; kill++) {
      await setTimeout(1000 * request.maxSeconds * (0.1 + 0.9 * random.uniform()));
      if (hasEnded(coordinator) && coordinator.exitCode === 0) break;
      // Whoever starts while Redis is down is refused: what supervises it starts it again.
      if (hasEnded(coordinator)) coordinator = startCoordinator();
      for (const [at, worker] of workers.entries())
        if (hasEnded(worker)) workers[at] = startWorker();
      // The first three are one of each.
      const victim = victims[
        kill <= victims.length ? kill - 1 : random.below(victims.length)
      ] as Victim;
      killed[victim]++;
      onKill(victim, kill);
      if (victim === 'redis') {
        await redis.kill();
        await redis.start();
      } else if (victim === 'coordinator') {
        await end(coordinator);
        coordinator = startCoordinator();
      } else {
        const at = random.below(workers.length);
        await end(workers[at] as ChildProcess);
        workers[at] = startWorker();
      }
    }
    const code = hasEnded(coordinator)
      ? coordinator.exitCode
      : (await once(coordinator, 'exit'))[0];
    if (code !== 0) throw new Error(`the coordinator ended with ${code}`);
    return killed;
  } finally {
    for (const one of [...workers, coordinator]) await end(one);
    await redis.kill();
  }
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess) =>
  exitCode !== null || signalCode !== null;

async function end(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}
