// Batches in a Redis queue for workers on any machine. The coordinator alone knows what is missing;
// Redis may forget everything, workers may die, answers may come twice: whatever a batch that is
// waited for is not on its way to be, it is put into the queue again, and what is not waited for
// any more is ignored.

import { createHash } from 'node:crypto';
import { type Job, Queue, QueueEvents } from 'bullmq';
import type { Redis } from 'ioredis';
import { InputError } from '../../workloads/base/errors.js';
import { readBytes } from '../files.node.js';
import { packageVersion } from '../version.node.js';
import type { Crew, Evaluated } from './crew.js';
import type { SweepPlan } from './plan.js';
import { type BatchAnswer, type BatchJob, planKey, queueName, weightsKey } from './queue.js';
import { connectRedis } from './redis.node.js';
import type { Proposal } from './result.js';

/**
 * Batches in the queue at a time: enough for as many workers, and few to give out anew when Redis
 * forgets them.
 */
const CAPACITY = 64;
const BATCH_SECONDS = 0.5;
/** Between two looks at what is waited for. Answers usually come sooner, by events. */
const LOOK_MS = 1000;
/** How long Redis keeps an answer that nobody fetched. */
const KEEP_SECONDS = 3600;

interface Waiting {
  readonly batch: readonly Proposal[];
  readonly resolve: (evaluated: Evaluated) => void;
  readonly reject: (error: Error) => void;
}

/** Workers that take batches of `plan` from the Redis at `url`. */
export async function redisCrew(plan: SweepPlan, url: string): Promise<Crew> {
  const redis = await connectRedis(url);
  const listening = redis.duplicate();
  const name = queueName(packageVersion());
  const queue = new Queue<BatchJob, BatchAnswer>(name, { connection: redis });
  const events = new QueueEvents(name, { connection: listening });
  // Both connect again by themselves.
  queue.on('error', () => {});
  events.on('error', () => {});
  await publish(plan, redis);

  const waiting = new Map<string, Waiting>();
  const put = (id: string, batch: readonly Proposal[]) =>
    queue.add(
      'batch',
      { fingerprint: plan.fingerprint, batch },
      { jobId: id, removeOnComplete: { age: KEEP_SECONDS } },
    );

  const settle = async (id: string, job: Job<BatchJob, BatchAnswer>) => {
    const answer = job.returnvalue;
    const waiter = waiting.get(id);
    if (!waiter || !answer) return;
    waiting.delete(id);
    if ('fault' in answer)
      waiter.reject(answer.isInput ? new InputError(answer.fault) : new Error(answer.fault));
    else waiter.resolve(answer);
    await job.remove().catch(() => {});
  };

  const look = async (id: string) => {
    const job: Job<BatchJob, BatchAnswer> | undefined = await queue.getJob(id);
    const waiter = waiting.get(id);
    if (!waiter) return;
    if (!job) return void (await put(id, waiter.batch));
    if (await job.isCompleted()) return settle(id, job);
    // A worker's process failed, not the batch: what a batch fails by is in its answer.
    if (await job.isFailed()) await job.retry().catch(() => {});
  };

  events.on('completed', ({ jobId }) => {
    if (waiting.has(jobId)) look(jobId).catch(() => {});
  });

  let isClosed = false;
  const watch = async () => {
    while (!isClosed) {
      await new Promise((wake) => setTimeout(wake, LOOK_MS));
      // Redis may have lost the plan as well.
      await publish(plan, redis).catch(() => {});
      for (const id of [...waiting.keys()]) await look(id).catch(() => {});
    }
  };
  const watching = watch();

  return {
    capacity: CAPACITY,
    batchSeconds: BATCH_SECONDS,
    evaluate(batch) {
      const id = jobId(plan, batch);
      return new Promise((resolve, reject) => {
        waiting.set(id, { batch, resolve, reject });
        put(id, batch).catch(() => {});
      });
    },
    async close() {
      isClosed = true;
      await watching;
      await events.close();
      await queue.close();
      for (const connection of [redis, listening]) connection.disconnect();
    },
  };
}

/** The same batch has the same id, so that putting it into the queue twice changes nothing. */
function jobId({ fingerprint }: SweepPlan, batch: readonly Proposal[]): string {
  const ordinals = batch.map(({ ordinal }) => ordinal).join();
  return `${fingerprint}-${createHash('sha256').update(ordinals).digest('hex').slice(0, 32)}`;
}

/** Puts plan and weights where workers look for them, unless they are there. */
async function publish(plan: SweepPlan, redis: Redis): Promise<void> {
  for (const { weights, network } of plan.workloads) {
    if (network)
      throw new InputError(
        `${network.file}: a sweep over Redis runs networks of the zoo, expected one`,
      );
    if (!weights || (await redis.exists(weightsKey(weights.sha256)))) continue;
    await redis.set(weightsKey(weights.sha256), Buffer.from(await readBytes(weights.file)));
  }
  await redis.set(planKey(plan), JSON.stringify(plan));
}
