// Weights in a transform domain (Winograd's or Fourier's) in the engine's memory: per group of a
// convolution, either dense panels of rows or lists of the non-zero ones, and where a call finds
// those of a row.

import type { Heap } from './kernel.js';
import { FLOAT } from './tensor.js';

/** The function that multiplies, and its arguments for a group's rows from `firstRow` on. */
export type WeightsAt = (
  group: number,
  firstRow: number,
) => { readonly function: string; readonly weights: readonly number[] };

interface Groups {
  readonly groups: number;
  /** Output channels of a group. */
  readonly rows: number;
}

/**
 * Dense panels in which `together` rows share `togetherBytes`; `panelOf` makes that of the rows
 * from `firstRow` on.
 */
export function densePanels(
  { groups, rows }: Groups,
  together: number,
  togetherBytes: number,
  heap: Heap,
  panelOf: (firstRow: number) => Float32Array,
): WeightsAt {
  const panels = Array.from({ length: groups }, (_, group) => heap.place(panelOf(group * rows)));
  return (group, firstRow) => ({
    function: 'dense',
    weights: [
      (panels[group] as number) + (firstRow / together) * togetherBytes,
      Math.ceil(rows / together) * togetherBytes,
    ],
  });
}

/**
 * Non-zero weights and each position's row pointers; `listsOf` makes those of the rows from
 * `firstRow` on.
 */
export function sparseLists(
  { groups, rows }: Groups,
  heap: Heap,
  listsOf: (firstRow: number) => { readonly pointers: Uint32Array; readonly entries: Uint32Array },
): WeightsAt {
  const lists = Array.from({ length: groups }, (_, group) => {
    const { pointers, entries } = listsOf(group * rows);
    return { pointers: heap.place(pointers), entries: heap.place(entries) };
  });
  return (group, firstRow) => {
    const { pointers, entries } = lists[group] as (typeof lists)[number];
    return {
      function: 'sparse',
      weights: [pointers + firstRow * FLOAT, (rows + 1) * FLOAT, entries],
    };
  };
}
