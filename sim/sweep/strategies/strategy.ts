// The interface of search strategies: a strategy proposes batches and is told their results.

import type { Settings, Space } from '../space.js';

/** What a strategy learns of a design that it proposed. */
export interface Outcome {
  /**
   * In the order of the spec's objectives, less is better; null where the design is refused or one
   * is not known.
   */
  readonly objectives: readonly number[] | null;
  /** How far outside its bounds, 0 within all. */
  readonly violation: number;
}

export interface Search {
  readonly space: Space;
  /** Most designs to propose. */
  readonly budget: number;
  readonly seed: number;
  readonly objectives: number;
}

/** Yields batches of designs, none twice, and is handed their outcomes in the same order. */
export type Proposals = Generator<readonly Settings[], void, readonly Outcome[]>;

export interface Strategy {
  /**
   * Whether batches depend on the outcomes of those before. Where they do not, outcomes may be left
   * out.
   */
  readonly adaptive: boolean;
  propose(search: Search): Proposals;
}
