// Distributes the rows of a CSR matrix over cores.

import type { SparsePattern } from '../../../workloads/weights/store.js';

/**
 * Rows are dealt out in equal blocks, whatever is in them: the fullest block's load over the mean
 * block's. A row loads its core with its entries and with what `rowLoad` entries cost.
 */
export function fullestShare(
  { rows, pointers, indices }: Pick<SparsePattern, 'rows' | 'pointers' | 'indices'>,
  cores: number,
  rowLoad = 0,
): number {
  const total = indices.length + rowLoad * rows;
  if (total === 0) return 1;
  const block = Math.ceil(rows / cores);
  let fullest = 0;
  for (let row = 0; row < rows; row += block) {
    const end = Math.min(row + block, rows);
    fullest = Math.max(
      fullest,
      (pointers[end] as number) - (pointers[row] as number) + rowLoad * (end - row),
    );
  }
  // At least the mean: rounding must not make it less.
  return Math.max(1, (fullest * cores) / total);
}
