// Finds the entries of a weight matrix row by row, in any storage format.

import { isLargeDense, patternOf, type WeightStore } from '../../workloads/weights/store.js';

/**
 * The columns of a row's entries: indices[from] … indices[to − 1], ascending, valid until the next
 * row is asked for.
 */
export interface RowEntries {
  readonly indices: Uint32Array;
  readonly from: number;
  readonly to: number;
}

export function rowsOf(store: WeightStore): (row: number) => RowEntries {
  if (isLargeDense(store)) {
    const { columns, values } = store;
    const indices = new Uint32Array(columns);
    return (row) => {
      const first = row * columns;
      let to = 0;
      for (let column = 0; column < columns; column++) {
        // Written always, kept where it is not zero.
        indices[to] = column;
        if (values[first + column] !== 0) to++;
      }
      return { indices, from: 0, to };
    };
  }
  const { pointers, indices } = patternOf(store);
  return (row) => ({ indices, from: pointers[row] as number, to: pointers[row + 1] as number });
}
