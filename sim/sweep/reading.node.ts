// What stores say, by their folders.

import { InputError } from '../../workloads/base/errors.js';
import type { SweepPlan } from './plan.js';
import type { DuckDbStore } from './store-duckdb.node.js';
import { openResults } from './stores.node.js';
import { type SweepSummary, summarizeSweep } from './summary.js';

/** Opens a store, has `read` read it, and closes it. */
async function reading<Value>(
  path: string,
  read: (store: DuckDbStore, plan: SweepPlan) => Promise<Value>,
): Promise<Value> {
  const { store, header } = await openResults(path);
  try {
    return await read(store, header.plan);
  } finally {
    await store.close();
  }
}

/** Sums up a store. @throws InputError where `reference` is not one number an objective. */
export function summarizeStore(path: string, reference?: readonly number[]): Promise<SweepSummary> {
  return reading(path, (store, plan) => {
    const { objectives } = plan.spec;
    if (reference && reference.length !== objectives.length) {
      throw new InputError(
        `reference: found ${reference.length} numbers, expected one each for ${objectives.join(', ')}`,
      );
    }
    return summarizeSweep(plan, store.results(), reference);
  });
}
