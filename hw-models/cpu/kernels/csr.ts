// Distributes the rows of a CSR matrix over cores.

import type { RowEnds } from '../../../workloads/weights/entries.js';

/**
 * Rows are dealt out in equal blocks, whatever is in them: the fullest block's load over the mean
 * block's. A row loads its core with its entries and with what `rowLoad` entries cost.
 */
export function fullestShare(
  { rows, ends, entries }: Pick<RowEnds, 'rows' | 'ends' | 'entries'>,
  cores: number,
  rowLoad = 0,
): number {
  const total = entries + rowLoad * rows;
  if (total === 0) return 1;
  const block = Math.ceil(rows / cores);
  let fullest = 0;
  for (let row = 0; row < rows; row += block) {
    const end = Math.min(row + block, rows);
    fullest = Math.max(
      fullest,
      (ends[end] as number) - (ends[row] as number) + rowLoad * (end - row),
    );
  }
  // At least the mean: rounding must not make it less.
  return Math.max(1, (fullest * cores) / total);
}
