// Whoever evaluates designs: this thread, other threads, other machines.

import type { Evaluator } from './evaluator.js';
import type { Proposal, Result } from './result.js';

export interface Crew {
  /** Batches that may be under way at a time before more would only wait. */
  readonly capacity: number;
  /** Results in any order, one for each proposal. */
  evaluate(batch: readonly Proposal[]): Promise<readonly Result[]>;
  close(): Promise<void>;
}

/** This thread alone. */
export function soloCrew(evaluator: Evaluator): Crew {
  return {
    capacity: 1,
    evaluate: async (batch) => {
      const results: Result[] = [];
      for (const proposal of batch) results.push(await evaluator.evaluate(proposal));
      return results;
    },
    close: async () => {},
  };
}
