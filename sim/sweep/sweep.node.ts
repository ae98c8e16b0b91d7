// `sweep` by files: what the command line and the library call.

import { availableParallelism } from 'node:os';
import { InputError, requireWhole } from '../../workloads/base/errors.js';
import { packageVersion } from '../version.node.js';
import type { Crew } from './crew.js';
import type { SweepPlan } from './plan.js';
import { planSweep } from './plan.node.js';
import { type RunOptions, runSweep, type SweepOutcome } from './run.js';
import { openStore } from './store-duckdb.node.js';
import { storeFile } from './stores.node.js';
import { startThreads } from './threads.node.js';
import { sharedWorkloads } from './workloads.node.js';

export interface SweepRequest extends RunOptions {
  /** The spec's file. */
  readonly spec: string;
  /** Extents of open dimensions of all networks; they go before those that the spec tells. */
  readonly dims?: ReadonlyMap<string, number>;
  /** Threads on this machine; all cores when left out. */
  readonly workers?: number;
  /** A Redis whose workers evaluate the designs, instead of threads on this machine. */
  readonly redis?: string | undefined;
  /** The folder of the store; the spec's name and `.sweep` when left out. */
  readonly store?: string | undefined;
  /** Go on with what is in the store. Without it a store that holds results is refused. */
  readonly resume?: boolean;
}

export interface SweepReport extends SweepOutcome {
  readonly plan: SweepPlan;
  /** The store's file. */
  readonly file: string;
}

/**
 * Runs a sweep or finishes one. @throws InputError before anything is run where spec, store or
 * options are wrong.
 */
export async function sweep(request: SweepRequest): Promise<SweepReport> {
  const { workers = availableParallelism() } = request;
  requireWhole('workers', workers, 1);
  const plan = await planSweep(request.spec, request.dims);
  const { redis } = request;
  return runInStore(plan, request, async () =>
    redis === undefined
      ? startThreads(plan, workers, await sharedWorkloads(plan))
      : redisCrewOf(plan, redis),
  );
}

/** Opens the store, has a crew that `start` brings together finish the sweep, and closes both. */
export async function runInStore(
  plan: SweepPlan,
  {
    store: folder = `${plan.spec.name}.sweep`,
    resume = false,
    ...options
  }: Omit<SweepRequest, 'spec'>,
  start: () => Promise<Crew>,
): Promise<SweepReport> {
  const file = storeFile(folder, options.shard);
  const store = await openStore(file, { plan, version: packageVersion() });
  try {
    const { size: stored } = await store.ordinals();
    if (stored > 0 && !resume) {
      throw new InputError(
        `${file}: found ${stored} results; expected --resume to go on, or another --store`,
      );
    }
    const crew = await start();
    try {
      return { ...(await runSweep(plan, crew, store, options)), plan, file };
    } finally {
      await crew.close();
    }
  } finally {
    await store.close();
  }
}

/** Loaded only when asked for: most sweeps need no Redis. */
async function redisCrewOf(plan: SweepPlan, url: string): Promise<Crew> {
  const { redisCrew } = await import('./queue-redis.node.js');
  return redisCrew(plan, url);
}
