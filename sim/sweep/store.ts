// The interface of result stores. Results survive a crash of the process once `append` has
// returned.

import type { Result } from './result.js';

/** A stored result; what the spec asks for of each workload stays in the store. */
export type StoredResult = Omit<Result, 'workloads'>;

export interface SweepStore {
  /** Ordinals of the stored results. */
  ordinals(): Promise<ReadonlySet<number>>;
  /** All of them or none. @throws where an ordinal is stored already. */
  append(results: readonly Result[]): Promise<void>;
  /** In the order of ordinals, a batch at a time. */
  results(): AsyncIterable<readonly StoredResult[]>;
  close(): Promise<void>;
}
