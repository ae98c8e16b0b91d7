// Threads that evaluate designs. Weights and activations lie in memory that all of them share.

import type { Worker } from 'node:worker_threads';
import { InputError, invariant } from '../../workloads/base/errors.js';
import { startWorker } from '../../workloads/base/worker.node.js';
import { loadedPlugins } from '../plugin.node.js';
import { type Crew, type Evaluated, THREAD_BATCH_SECONDS } from './crew.js';
import type { MixedWorkload } from './evaluator.js';
import type { SweepPlan } from './plan.js';
import type { Proposal } from './result.js';

/** What a thread is started with. */
export interface ThreadStart {
  readonly plan: SweepPlan;
  /** The networks at published densities, typed arrays in shared memory. */
  readonly published: readonly MixedWorkload[] | undefined;
  /** Files with families from outside, as loaded here. */
  readonly plugins: readonly string[];
}

/** What a thread says of a batch. */
export type ThreadReply =
  | Evaluated
  | {
      readonly fault: {
        readonly message: string;
        readonly stack: string | undefined;
        readonly isInput: boolean;
      };
    };

interface Thread {
  readonly worker: Worker;
  /** Batches that it has, the one it works on first. */
  readonly waiting: {
    readonly resolve: (evaluated: Evaluated) => void;
    readonly reject: (error: Error) => void;
  }[];
}

/** Batches each thread has: one to work on, one to go on with. */
const BATCHES_PER_THREAD = 2;

/** `count` threads that evaluate designs of `plan`. */
export function startThreads(
  plan: SweepPlan,
  count: number,
  published?: readonly MixedWorkload[],
): Crew {
  const start: ThreadStart = {
    plan,
    published: published && shareArrays(published),
    plugins: loadedPlugins(),
  };
  const threads = Array.from({ length: count }, () => startThread(start));
  return {
    capacity: count * BATCHES_PER_THREAD,
    batchSeconds: THREAD_BATCH_SECONDS,
    evaluate(batch: readonly Proposal[]) {
      const idlest = threads.reduce((best, thread) =>
        thread.waiting.length < best.waiting.length ? thread : best,
      );
      return new Promise((resolve, reject) => {
        idlest.waiting.push({ resolve, reject });
        idlest.worker.postMessage(batch);
      });
    },
    async close() {
      await Promise.all(threads.map(({ worker }) => worker.terminate()));
    },
  };
}

function startThread(start: ThreadStart): Thread {
  const worker = startWorker(import.meta.url, 'thread.node', start);
  const waiting: Thread['waiting'] = [];
  worker.on('message', (reply: ThreadReply) => {
    const next = waiting.shift();
    invariant(next !== undefined, 'a thread replied to nothing');
    if ('results' in reply) next.resolve(reply);
    else next.reject(errorOf(reply.fault));
  });
  const failAll = (error: Error) => {
    for (const { reject } of waiting.splice(0)) reject(error);
  };
  worker.on('error', failAll);
  worker.on('exit', (code) => failAll(new Error(`a worker thread ended with code ${code}`)));
  return { worker, waiting };
}

function errorOf({
  message,
  stack,
  isInput,
}: Extract<ThreadReply, { fault: object }>['fault']): Error {
  if (isInput) return new InputError(message);
  const error = new Error(message);
  if (stack !== undefined) error.stack = stack;
  return error;
}

/**
 * The same value with its large arrays in memory that threads share; whatever else is copied to
 * each thread.
 */
function shareArrays<Value>(value: Value): Value {
  const done = new Map<object, unknown>();
  const share = (inner: unknown): unknown => {
    if (inner === null || typeof inner !== 'object') return inner;
    const known = done.get(inner);
    if (known !== undefined) return known;
    const shared = Array.isArray(inner)
      ? inner.map(share)
      : (shareArray(inner) ?? shareEntries(inner));
    done.set(inner, shared);
    return shared;
  };
  const shareEntries = (inner: object) =>
    Object.fromEntries(Object.entries(inner).map(([key, part]) => [key, share(part)]));
  return share(value) as Value;
}

function shareArray(array: object): object | null {
  if (!ArrayBuffer.isView(array)) return null;
  const memory = new SharedArrayBuffer(array.byteLength);
  new Uint8Array(memory).set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  if (array instanceof Float32Array) return new Float32Array(memory);
  if (array instanceof Uint32Array) return new Uint32Array(memory);
  return array instanceof Uint8Array ? new Uint8Array(memory) : array;
}
