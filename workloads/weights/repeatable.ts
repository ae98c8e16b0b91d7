import { finish, type Steps } from '../base/steps.js';
import type { CsrMatrix, DenseMatrix } from './store.js';

/** A matrix that its entries can be taken from. */
export interface Repeatable {
  readonly store: Drawn;
  /** Lets the entries go; where each row ends stays. */
  letGo(): void;
  /** Draws them again if they were let go. */
  hold(): Steps<void>;
}

/** Entries by row, or values that are drawn when they are read. */
type Drawn = CsrMatrix | DenseMatrix;

/** `first`, whose entries `draw` draws again when they are asked for after they were let go. */
export function repeatable(first: Drawn, draw: () => Steps<Drawn>): Repeatable {
  let held: Drawn | null = first;
  const entries = () => {
    held ??= finish(draw());
    return held;
  };
  return {
    store: first.format === 'csr' ? csrOf(first, entries) : denseOf(first, entries),
    letGo() {
      held = null;
    },
    *hold() {
      held ??= yield* draw();
    },
  };
}

function csrOf({ format, rows, columns, pointers }: CsrMatrix, entries: () => Drawn): CsrMatrix {
  return {
    ...{ format, rows, columns, pointers },
    get indices() {
      return (entries() as CsrMatrix).indices;
    },
    get values() {
      return entries().values;
    },
  };
}

function denseOf(first: DenseMatrix, entries: () => Drawn): DenseMatrix {
  const { format, rows, columns, isFull = false } = first;
  return {
    ...{ format, rows, columns, isFull },
    get values() {
      return entries().values;
    },
  };
}
