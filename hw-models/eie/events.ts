// Counts the events in EIE's modules during products, for the energy model. The counts are exact
// and independent of time. Han et al., EIE, ISCA 2016, Section IV. A word that was just read is not
// read again, as in the authors' simulator.

import type { ColumnLayout } from './layout.js';
import { type WordSpans, workbench } from './simd.js';

/** Sums over the vectors that ran, over all PEs. */
export interface Events {
  /** Activations that entered a queue, which is also how many pairs of pointers were read. */
  readonly queueEntries: number;
  readonly emptyColumns: number;
  /** Entries that went through the arithmetic units, padding included. */
  readonly entries: number;
  readonly padding: number;
  readonly wordReads: number;
  /** Accumulators read; as many are written. Padding touches none. A bypassed read still is one. */
  readonly accumulations: number;
}

export interface EventCounter {
  /**
   * `active`: the columns with a non-zero activation, ascending, of which the first `count` are
   * read.
   */
  run(active: Int32Array, count: number): void;
  total(): Events;
}

/**
 * A counter for products with the matrix of `layout`, whose memory words hold `entriesPerWord`
 * entries.
 */
export function createEventCounter(layout: ColumnLayout, entriesPerWord: number): EventCounter {
  const { pes, stride, columns, columnEntries, columnPadding, columnEmptyPes } = layout;
  const spans: WordSpans = { layout, entriesPerWord };
  const bench = workbench();
  const rowBytes = 2 * stride * Int32Array.BYTES_PER_ELEMENT;
  let queueEntries = 0;
  let emptyColumns = 0;
  let entries = 0;
  let padding = 0;
  let wordReads = 0;

  /** The word registers hold nothing at the start of a vector. */
  const countWords = (count: number): number => {
    bench.previous.fill(-1, 0, stride);
    bench.reads.fill(0, 0, stride);
    bench.words(count, stride);
    const { reads } = bench;
    let sum = 0;
    for (let pe = 0; pe < pes; pe++) sum += reads[pe] as number;
    return sum;
  };

  return {
    run(active, count) {
      const base = bench.openSpans(spans, columns);
      const { rows } = bench;
      for (let k = 0; k < count; k++) {
        const column = active[k] as number;
        rows[k] = base + column * rowBytes;
        entries += columnEntries[column] as number;
        padding += columnPadding[column] as number;
        emptyColumns += columnEmptyPes[column] as number;
      }
      queueEntries += count * pes;
      if (count > 0) wordReads += countWords(count);
    },
    total: () => ({
      queueEntries,
      emptyColumns,
      entries,
      padding,
      wordReads,
      accumulations: entries - padding,
    }),
  };
}
