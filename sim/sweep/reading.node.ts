// Reads stores from their folders.

import type { Hardware } from '../../hw-models/contract.js';
import { InputError } from '../../workloads/base/errors.js';
import { type Difference, differenceOf } from '../difference.js';
import { knownErrors } from '../known-errors.node.js';
import { hardwareOf, type SweepPlan, spaceOf } from './plan.js';
import { createPointMaker, type WorkloadSettings } from './points.js';
import { type Sensitivity, sensitivityOf } from './sensitivity.js';
import type { StoredResult } from './store.js';
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
    return summarizeSweep(plan, store.results(), { reference, errors: knownErrors() });
  });
}

/** What each axis of a store's sweep does to each objective. */
export function sensitivityOfStore(path: string): Promise<Sensitivity> {
  return reading(path, (store, plan) => sensitivityOf(plan, store.results()));
}

/** Two designs of a sweep and in what they differ. */
export interface DesignDifference extends Difference {
  readonly plan: SweepPlan;
  readonly before: ComparedDesign;
  readonly after: ComparedDesign;
}

export interface ComparedDesign {
  readonly result: StoredResult;
  /** The base hardware that it varies. */
  readonly base: string;
  readonly workload: WorkloadSettings;
}

/**
 * Compares two designs of a store by their ordinals. @throws InputError where one is not there, or
 * no design.
 */
export function compareDesigns(
  path: string,
  ordinals: readonly [number, number],
): Promise<DesignDifference> {
  return reading(path, async (store, plan) => {
    const found = new Map<number, StoredResult>();
    for await (const batch of store.results()) {
      for (const result of batch)
        if (ordinals.includes(result.ordinal)) found.set(result.ordinal, result);
    }
    const pointOf = createPointMaker(plan, spaceOf(plan));
    const designAt = (ordinal: number): ComparedDesign & { readonly hardware: Hardware } => {
      const result = found.get(ordinal);
      if (!result) throw new InputError(`${path}: found no design ${ordinal}`);
      if (result.fault !== null)
        throw new InputError(`${path}: design ${ordinal} was refused: ${result.fault}`);
      const { base, patches, workload } = pointOf(result.settings);
      return { result, base: base.label, workload, hardware: hardwareOf(base).vary(patches) };
    };
    const [before, after] = [designAt(ordinals[0]), designAt(ordinals[1])];
    return { plan, before, after, ...differenceOf(before.hardware, after.hardware) };
  });
}
