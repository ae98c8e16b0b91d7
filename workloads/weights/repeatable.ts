import { finish, type Steps } from '../base/steps.js';
import type { CsrMatrix } from './store.js';

/** A matrix that its entries can be taken from. */
export interface Repeatable {
  readonly store: CsrMatrix;
  /** Lets the entries go; where each row ends stays. */
  letGo(): void;
  /** Draws them again if they were let go. */
  hold(): Steps<void>;
}

/** `first`, whose entries `draw` draws again when they are asked for after they were let go. */
export function repeatable(first: CsrMatrix, draw: () => Steps<CsrMatrix>): Repeatable {
  const { format, rows, columns, pointers } = first;
  let held: CsrMatrix | null = first;
  const entries = () => {
    held ??= finish(draw());
    return held;
  };
  return {
    store: {
      ...{ format, rows, columns, pointers },
      get indices() {
        return entries().indices;
      },
      get values() {
        return entries().values;
      },
    },
    letGo() {
      held = null;
    },
    *hold() {
      held ??= yield* draw();
    },
  };
}
