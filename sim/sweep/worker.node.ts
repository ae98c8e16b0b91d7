// A worker: takes batches of any sweep from a Redis queue, evaluates them on threads, hands back
// results.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UnrecoverableError, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { InputError } from '../../workloads/base/errors.js';
import { packageVersion } from '../version.node.js';
import type { Crew, Evaluated } from './crew.js';
import type { SweepPlan } from './plan.js';
import { readPlan } from './plan-text.node.js';
import { type BatchAnswer, type BatchJob, planKey, queueName, weightsKey } from './queue.js';
import { connectRedis } from './redis.node.js';
import { startThreads } from './threads.node.js';
import { sharedWorkloads } from './workloads.node.js';

export interface WorkerOptions {
  readonly redis: string;
  readonly threads: number;
  /** After this long without a sign of life another worker is given what this one was at. */
  readonly leaseSeconds: number;
  readonly signal?: AbortSignal;
  readonly onReady?: () => void;
  readonly onBatch?: (designs: number) => void;
}

/** A worker that died is no fault of the batch that it was at. */
const MAX_STALLS = 1_000_000;

/** Works until `signal` says otherwise; what is under way then is finished first. */
export async function runWorker({
  redis: url,
  threads,
  leaseSeconds,
  signal,
  onReady,
  onBatch,
}: WorkerOptions): Promise<void> {
  const redis = await connectRedis(url);
  const taking = redis.duplicate();
  const crew = new CrewOfOneSweep(redis, threads);
  const worker = new Worker<BatchJob, BatchAnswer>(
    queueName(packageVersion()),
    async ({ data }) => {
      const answer = await answerOf(() => crew.evaluate(data));
      onBatch?.(data.batch.length);
      return answer;
    },
    {
      connection: taking,
      concurrency: threads + 1,
      lockDuration: leaseSeconds * 1e3,
      stalledInterval: leaseSeconds * 1e3,
      maxStalledCount: MAX_STALLS,
    },
  );
  // It connects again by itself.
  worker.on('error', () => {});
  await worker.waitUntilReady();
  onReady?.();
  await new Promise<void>((resolve) => {
    if (signal?.aborted) resolve();
    signal?.addEventListener('abort', () => resolve());
  });
  await worker.close();
  await crew.close();
  for (const connection of [redis, taking]) connection.disconnect();
}

async function answerOf(evaluate: () => Promise<Evaluated>): Promise<BatchAnswer> {
  try {
    return await evaluate();
  } catch (error) {
    if (error instanceof UnrecoverableError) throw error;
    const fault = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return error instanceof InputError
      ? { fault: error.message, isInput: true }
      : { fault, isInput: false };
  }
}

/**
 * Threads for the sweep that was worked on last: networks take memory, and sweeps seldom alternate.
 */
class CrewOfOneSweep {
  #fingerprint = '';
  #crew: Promise<Crew> = Promise.reject(new Error('no sweep yet'));
  readonly #underWay = new Set<Promise<Evaluated>>();
  /**
   * With this machine's copies of weights, which threads may read again while the sweep goes on.
   */
  #folders: string[] = [];

  constructor(
    readonly redis: Redis,
    readonly threads: number,
  ) {
    this.#crew.catch(() => {});
  }

  async evaluate({ fingerprint, batch }: BatchJob): Promise<Evaluated> {
    if (fingerprint !== this.#fingerprint) {
      const dismissed = this.close();
      this.#fingerprint = fingerprint;
      this.#crew = dismissed.then(() => this.#start(fingerprint));
      this.#crew.catch(() => {
        this.#fingerprint = '';
      });
    }
    const work = this.#crew.then((crew) => crew.evaluate(batch));
    this.#underWay.add(work);
    try {
      return await work;
    } finally {
      this.#underWay.delete(work);
    }
  }

  /** Waits for what is under way, then dismisses the threads. */
  async close(): Promise<void> {
    const crew = this.#crew;
    await Promise.allSettled(this.#underWay);
    await crew.then(
      (threads) => threads.close(),
      () => {},
    );
    const folders = this.#folders;
    this.#folders = [];
    for (const folder of folders) await rm(folder, { recursive: true, force: true });
  }

  async #start(fingerprint: string): Promise<Crew> {
    const text = await this.redis.get(planKey({ fingerprint }));
    // The coordinator publishes it again, and gives the batch out again.
    if (text === null) throw new UnrecoverableError(`no plan ${fingerprint} in Redis`);
    const plan = await withFiles(
      readPlan(text, planKey({ fingerprint })),
      this.redis,
      this.#folders,
    );
    return startThreads(plan, this.threads, await sharedWorkloads(plan));
  }
}

/**
 * The plan with files of weights where this machine has them, in folders of their own that are
 * added to `folders`.
 */
async function withFiles(plan: SweepPlan, redis: Redis, folders: string[]): Promise<SweepPlan> {
  const workloads = [];
  for (const workload of plan.workloads) {
    const { weights } = workload;
    if (!weights) {
      workloads.push(workload);
      continue;
    }
    const bytes = await redis.getBuffer(weightsKey(weights.sha256));
    if (!bytes) throw new UnrecoverableError(`no weights ${weights.sha256} in Redis`);
    const folder = await mkdtemp(join(tmpdir(), 'zeroskip-worker-'));
    folders.push(folder);
    const file = join(folder, weights.file.split(/[\\/]/).at(-1) ?? 'weights');
    await writeFile(file, bytes);
    workloads.push({ ...workload, weights: { ...weights, file } });
  }
  return { ...plan, workloads };
}
