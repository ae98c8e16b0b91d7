// Values that are read or worked out when somebody asks for them, from a file's bytes in whatever
// narrow form they have there. Of what takes room besides the file little is held.

import { Recent } from '../base/recent.js';
import type { ElementType, Shape, Tensor, Values } from '../tensor.js';
import type { CsrMatrix, DenseMatrix, SparsePattern } from './store.js';

/** Of values made on demand, those asked for last. */
const HELD_BYTES = 2 ** 24;
/** So many elements are kept for good. */
const KEPT = 4096;

const held = new Recent<object, Values>(HELD_BYTES);

/**
 * What `make` gives, made again when it was let go in between: it must give the same each time, and
 * nobody may change it.
 */
export function onDemand<Kind extends Values>(make: () => Kind): () => Kind {
  const key = {};
  let kept: Kind | null = null;
  return () => {
    const known = kept ?? (held.get(key) as Kind | undefined);
    if (known) return known;
    const values = make();
    // A part of a larger buffer is a view of the file, which takes no room of its own.
    if (values.byteLength < values.buffer.byteLength) return values;
    if (values.length <= KEPT) kept = values;
    else held.set(key, values, values.byteLength);
    return values;
  };
}

/** A tensor whose values are made when they are asked for. */
export function tensorOnDemand(shape: Shape, type: ElementType, make: () => Values): Tensor {
  const values = onDemand(make);
  return {
    ...{ shape, type },
    get values() {
      return values();
    },
  };
}

/** A matrix whose values are made when they are asked for; `isFull`: none of them is zero. */
export function matrixOnDemand(
  rows: number,
  columns: number,
  make: () => Float32Array,
  isFull = false,
): DenseMatrix {
  const values = onDemand(make);
  return {
    ...{ format: 'dense', rows, columns, isFull },
    get values() {
      return values();
    },
  };
}

/** Compressed rows at `pattern` whose values are made when they are asked for. */
export function csrOnDemand(pattern: SparsePattern, make: () => Float32Array): CsrMatrix {
  const values = onDemand(make);
  return {
    ...{ format: 'csr', ...pattern },
    get values() {
      return values();
    },
  };
}

/** A matrix of ones, made when somebody looks. */
export const matrixOfOnes = (rows: number, columns: number): DenseMatrix =>
  matrixOnDemand(rows, columns, () => new Float32Array(rows * columns).fill(1), true);
