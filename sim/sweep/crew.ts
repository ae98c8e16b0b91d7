// Whoever evaluates designs: this thread, other threads, other machines.

import type { Evaluator } from './evaluator.js';
import type { Proposal, Result } from './result.js';

/** What came of a batch. */
export interface Evaluated {
  /** In any order, one for each proposal. */
  readonly results: readonly Result[];
  /** What evaluating took, waiting apart. */
  readonly seconds: number;
}

export interface Crew {
  /** Batches that may be under way at a time before more would only wait. */
  readonly capacity: number;
  /**
   * How long a batch should take: long against its way there and back, short against a person's
   * patience.
   */
  readonly batchSeconds: number;
  evaluate(batch: readonly Proposal[]): Promise<Evaluated>;
  close(): Promise<void>;
}

export const THREAD_BATCH_SECONDS = 0.1;

/** This thread alone. */
export function soloCrew(evaluator: Evaluator): Crew {
  return {
    capacity: 1,
    batchSeconds: THREAD_BATCH_SECONDS,
    evaluate: async (batch) => {
      const began = performance.now();
      const results: Result[] = [];
      for (const proposal of batch) results.push(await evaluator.evaluate(proposal));
      return { results, seconds: (performance.now() - began) / 1e3 };
    },
    close: async () => {},
  };
}
