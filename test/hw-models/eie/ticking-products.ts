// Sums over matrix-vector products on the ticking machine.

import { chooseFractions } from '../../../hw-models/eie/datapath.js';
import { encode, shareCodes } from '../../../hw-models/eie/encode.js';
import type { LayerWeights } from '../../../workloads/network.js';
import type { DenseMatrix } from '../../../workloads/weights/store.js';
import { tick } from '../../reference/eie-ticking.js';

/**
 * [rows, columns] of `groups` groups of rows → [rows, groups · columns], each group's columns its
 * own.
 */
export function onDiagonal({ rows, columns, values }: DenseMatrix, groups: number): DenseMatrix {
  const wide = new Float32Array(rows * groups * columns);
  for (let row = 0; row < rows; row++) {
    const group = Math.floor((row * groups) / rows);
    wide.set(values.subarray(row * columns, (row + 1) * columns), (row * groups + group) * columns);
  }
  return { format: 'dense', rows, columns: groups * columns, values: wide };
}

/** Ticks one product after another and adds up what they take. */
export function tickingProducts() {
  let cycles = 0;
  const counters = {
    entries: 0,
    padding_zeros: 0,
    spmat_reads: 0,
    ptr_reads: 0,
    broadcasts: 0,
    stall_cycles: 0,
  };
  return {
    load(weights: LayerWeights, pes: number) {
      const coded = shareCodes(weights, 4);
      const encoded = encode(coded, pes, 4);
      return (vector: Float32Array) => {
        const fractions = chooseFractions(coded, vector, 16);
        // Positions alone: a value that rounds to zero was broadcast all the same.
        const ones = Int16Array.from(
          [...vector].map((value) => (value === 0 ? 0 : 1)).concat(weights.bias ? [1] : []),
        );
        const ticked = tick(
          encoded,
          ones,
          { queueDepth: 8, groupFetchCycles: 1, entriesPerWord: 8 },
          fractions,
        );
        cycles += ticked.cycles;
        counters.entries += ticked.entries;
        counters.padding_zeros += ticked.padding;
        counters.spmat_reads += ticked.wordReads;
        counters.ptr_reads += ticked.pointerReads;
        counters.broadcasts += ticked.broadcasts;
        counters.stall_cycles += ticked.stallCycles;
      };
    },
    total: () => ({ cycles, counters }),
  };
}
