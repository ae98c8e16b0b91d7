// The stages that designs go through between proposal and store. They process batches rather than
// single designs, because there may be a million.

import type { Crew } from './crew.js';
import type { Proposal, Result } from './result.js';
import type { SweepStore } from './store.js';

export type Stage<In, Out> = (input: AsyncIterable<In>) => AsyncIterable<Out>;

type Proposals = readonly Proposal[];
type Results = readonly Result[];

/** Leaves out designs for which `keep` is false. */
export function only(keep: (proposal: Proposal) => boolean): Stage<Proposals, Proposals> {
  return async function* (input) {
    for await (const batch of input) {
      const kept = batch.filter(keep);
      if (kept.length > 0) yield kept;
    }
  };
}

/**
 * Lets no further batch in once `signal` says so; what is under way behind it still comes through.
 */
export function until<Item>(signal: AbortSignal | undefined): Stage<Item, Item> {
  return async function* (input) {
    for await (const item of input) {
      if (signal?.aborted) return;
      yield item;
    }
  };
}

/** Cuts batches into smaller ones of at most `size()` designs. */
export function cut(size: () => number): Stage<Proposals, Proposals> {
  return async function* (input) {
    for await (const batch of input) {
      for (let from = 0; from < batch.length; ) {
        const to = from + size();
        yield batch.slice(from, to);
        from = to;
      }
    }
  };
}

/** Has a crew evaluate batches, as many at a time as it can, and passes results on as they come. */
export function evaluateBy(
  crew: Crew,
  onBatch: (designs: number, seconds: number) => void,
): Stage<Proposals, Results> {
  return async function* (input) {
    const source = input[Symbol.asyncIterator]();
    const underWay = new Set<Promise<Results>>();
    const start = (batch: Proposals) => {
      const work = crew.evaluate(batch).then(({ results, seconds }) => {
        onBatch(batch.length, seconds);
        return results;
      });
      underWay.add(work);
    };
    try {
      for (let more = true; more || underWay.size > 0; ) {
        while (more && underWay.size < crew.capacity) {
          const { value, done } = await source.next();
          if (done) more = false;
          else start(value);
        }
        if (underWay.size === 0) break;
        // Which of them it was: a promise in the set cannot tell by its value alone.
        const finished = await Promise.race(
          [...underWay].map(async (work) => ({ work, results: await work })),
        );
        underWay.delete(finished.work);
        yield finished.results;
      }
    } finally {
      await Promise.allSettled(underWay);
    }
  };
}

/** Results that are kept back together, and for how long at most. */
const MAX_HELD = 2000;
const LONGEST_HELD_SECONDS = 1;

/** Stores results; passes them on once nothing can lose them. */
export function recordIn(store: SweepStore): Stage<Results, Results> {
  return async function* (input) {
    let held: Result[] = [];
    let since = performance.now();
    for await (const results of input) {
      if (held.length === 0) since = performance.now();
      held.push(...results);
      if (held.length < MAX_HELD && (performance.now() - since) / 1e3 < LONGEST_HELD_SECONDS)
        continue;
      await store.append(held);
      yield held;
      held = [];
    }
    if (held.length === 0) return;
    await store.append(held);
    yield held;
  };
}
