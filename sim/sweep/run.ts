// Runs a sweep: a strategy proposes, stages do the rest. The same designs with the same results for
// any crew, in one go or in many.

import { InputError, invariant } from '../../workloads/base/errors.js';
import { violationOf } from './constraints.js';
import type { Crew } from './crew.js';
import { type SweepPlan, spaceOf } from './plan.js';
import type { Proposal, Result } from './result.js';
import type { Settings } from './space.js';
import { cut, evaluateBy, only, recordIn, type Stage, until } from './stages.js';
import type { StoredResult, SweepStore } from './store.js';
import { strategyOf } from './strategies/index.js';
import type { Outcome, Proposals } from './strategies/strategy.js';

/** One of `of` equal parts of a sweep, counted from 1. */
export interface Shard {
  readonly part: number;
  readonly of: number;
}

export interface SweepProgress {
  /** Designs stored, of this shard. */
  readonly done: number;
  readonly doneBefore: number;
  /** How many there will be; null where that is not known. */
  readonly total: number | null;
}

export interface RunOptions {
  readonly shard?: Shard | undefined;
  /** Stops the sweep once what is under way has been stored. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: SweepProgress) => void) | undefined;
}

export interface SweepOutcome {
  /** False where a signal stopped it first. */
  readonly complete: boolean;
  /** Results that this run added. */
  readonly evaluated: number;
}

/** Designs that a sweep will evaluate at most. */
export function designsOf(plan: SweepPlan): number | null {
  const { size } = spaceOf(plan);
  const { budget } = plan.spec;
  return size === null || budget === undefined ? (size ?? budget ?? null) : Math.min(size, budget);
}

/**
 * Finishes what `store` lacks of a plan. @throws InputError for a shard of a strategy that learns
 * from all results.
 */
export async function runSweep(
  plan: SweepPlan,
  crew: Crew,
  store: SweepStore,
  { shard, signal, onProgress }: RunOptions = {},
): Promise<SweepOutcome> {
  const { kind } = plan.spec.strategy ?? { kind: 'grid' };
  const strategy = strategyOf(plan.spec.strategy);
  if (strategy.adaptive && shard) {
    throw new InputError(
      `strategy ${kind} learns from every result, so it has no shards; expected --redis or one process`,
    );
  }
  const done = await store.ordinals();
  const isOurs = ({ ordinal }: Proposal) => !shard || ordinal % shard.of === shard.part - 1;
  const total = designsOf(plan);
  const ours = total === null || !shard ? total : Math.ceil((total - (shard.part - 1)) / shard.of);
  let evaluated = 0;
  const report = () =>
    onProgress?.({ done: done.size + evaluated, doneBefore: done.size, total: ours });

  const chunk = chunkSizer(crew.batchSeconds);
  const stages = (input: AsyncIterable<readonly Proposal[]>) => {
    const missing = only((proposal) => isOurs(proposal) && !done.has(proposal.ordinal))(input);
    const batches = until<readonly Proposal[]>(signal)(cut(chunk.size)(missing));
    return recordIn(store)(evaluateBy(crew, chunk.learn)(batches));
  };
  const drain: Stage<readonly Proposal[], readonly Result[]> = async function* (input) {
    for await (const results of stages(input)) {
      evaluated += results.length;
      report();
      yield results;
    }
  };

  report();
  const search = strategy.propose(searchOf(plan));
  if (strategy.adaptive) await learn(search, drain, plan, store, signal);
  else for await (const _ of drain(numbered(search)));
  return { complete: !signal?.aborted, evaluated };
}

function searchOf(plan: SweepPlan) {
  const { spec } = plan;
  const budget = spec.budget ?? Number.POSITIVE_INFINITY;
  return { space: spaceOf(plan), budget, seed: spec.seed ?? 0, objectives: spec.objectives.length };
}

/** Every batch of a strategy that needs no outcomes, its designs numbered. */
async function* numbered(search: Proposals): AsyncGenerator<readonly Proposal[]> {
  let ordinal = 0;
  for (let turn = search.next([]); !turn.done; turn = search.next([])) {
    yield turn.value.map((settings) => ({ ordinal: ordinal++, settings }));
  }
}

/**
 * Batch by batch; what is stored already is answered from the store, so that a resumed search takes
 * the same way.
 */
async function learn(
  search: Proposals,
  drain: Stage<readonly Proposal[], readonly Result[]>,
  plan: SweepPlan,
  store: SweepStore,
  signal: AbortSignal | undefined,
): Promise<void> {
  const outcomes = new Map<number, Outcome>();
  const note = (result: StoredResult) => outcomes.set(result.ordinal, outcomeOf(plan, result));
  for await (const results of store.results()) results.forEach(note);
  let ordinal = 0;
  for (let turn = search.next([]); !turn.done; ) {
    const batch = turn.value.map((settings: Settings) => ({ ordinal: ordinal++, settings }));
    for await (const results of drain(once(batch))) results.forEach(note);
    if (signal?.aborted) return;
    turn = search.next(
      batch.map(({ ordinal: at }) => {
        const outcome = outcomes.get(at);
        invariant(outcome !== undefined, () => `design ${at} came to nothing`);
        return outcome;
      }),
    );
  }
}

async function* once<Item>(item: Item): AsyncGenerator<Item> {
  yield item;
}

/** A result as a strategy learns of it. */
export function outcomeOf(
  { spec }: SweepPlan,
  { fault, metrics, settings }: StoredResult,
): Outcome {
  const objectives = spec.objectives.flatMap((name) => metrics[name] ?? []);
  const known = fault === null && objectives.length === spec.objectives.length;
  return {
    objectives: known ? objectives : null,
    violation: known ? violationOf(spec.constraints, metrics, settings) : 0,
  };
}

const MAX_PER_BATCH = 512;
const FIRST_BATCH = 4;

/** Sizes batches by how long those before took. */
function chunkSizer(batchSeconds: number) {
  let size = FIRST_BATCH;
  return {
    size: () => size,
    learn: (designs: number, seconds: number) => {
      const fitting = Math.round((designs / seconds) * batchSeconds);
      size = Math.max(1, Math.min(MAX_PER_BATCH, 2 * size, fitting));
    },
  };
}
