// How a weight matrix lies on the PEs, as counts: how many entries each PE holds of each column. Timing needs no more.
// Han et al., EIE, ISCA 2016, Section III-B; padding as the authors' simulator writes it (Section VII-B's rule).

import { InputError } from '../../workloads/base/errors.js';
import type { LayerWeights } from '../../workloads/network.js';
import { type CsrMatrix, toCsr } from '../../workloads/weights/store.js';

/** Row i lies on PE i mod `pes`. A bias is one more column, the last, whose activation is 1. */
export interface ColumnLayout {
  readonly pes: number;
  /** Elements from one column's counts to the next: `pes` rounded up to a whole number of SIMD vectors. */
  readonly stride: number;
  /** The bias column included. */
  readonly columns: number;
  readonly hasBias: boolean;
  /** Entries of each column in each PE, padding included: [columns × stride], 0 beyond `pes`. */
  readonly entries: Uint16Array;
  /** Per column, over all PEs: entries with padding, padding alone, PEs without any entry. */
  readonly columnEntries: Uint32Array;
  readonly columnPadding: Uint32Array;
  readonly columnEmptyPes: Uint32Array;
  /** Per PE, over all columns: entries with padding. */
  readonly peEntries: Uint32Array;
}

/** Lanes of a SIMD vector of 32-bit numbers. */
const LANES = 4;
const MOST_ROWS_PER_PE = 65_535;

const layouts = new WeakMap<LayerWeights, Map<string, readonly ColumnLayout[]>>();

/**
 * The layout of a layer's weights, in `blocks` blocks of rows where they are too many to be held at once; computed once
 * per weights, number of PEs and index width. The weights of `groups` groups lie on the diagonal of one matrix, whose
 * columns are all groups' inputs. @throws InputError where a PE would hold more rows than counts can tell.
 */
export function layoutsOf(
  weights: LayerWeights,
  groups: number,
  pes: number,
  indexBits: number,
  blocks = 1,
): readonly ColumnLayout[] {
  const known = layouts.get(weights) ?? new Map<string, readonly ColumnLayout[]>();
  layouts.set(weights, known);
  const key = `${groups}/${pes}/${indexBits}/${blocks}`;
  let found = known.get(key);
  if (!found) {
    const csr = toCsr(weights.store);
    const machine = { pes, indexBits };
    // Whole rounds over the PEs, so that each row stays on its PE.
    const blockRows = Math.ceil(csr.rows / pes / blocks) * pes;
    found = Array.from({ length: Math.ceil(csr.rows / blockRows) }, (_, block) => {
      const from = block * blockRows;
      return countEntries(csr, weights.bias, machine, { groups, from, to: Math.min(csr.rows, from + blockRows) });
    });
    known.set(key, found);
  }
  return found;
}

/** Where a matrix has entries: all of it that a layout depends on. */
export type SparsePattern = Pick<CsrMatrix, 'rows' | 'columns' | 'pointers' | 'indices'>;

/** Counts the entries of rows `from` to `to` − 1 of `csr` (and of their biases) per column and PE. */
export function countEntries(
  csr: SparsePattern,
  bias: Float32Array | null,
  { pes, indexBits }: { readonly pes: number; readonly indexBits: number },
  { groups = 1, from = 0, to = csr.rows } = {},
): ColumnLayout {
  if (!(Math.ceil((to - from) / pes) <= MOST_ROWS_PER_PE)) {
    throw new InputError(`found ${to - from} rows on ${pes} PEs, expected at most ${MOST_ROWS_PER_PE} rows per PE`);
  }
  const { pointers, indices } = csr;
  const columns = groups * csr.columns + (bias ? 1 : 0);
  const stride = Math.ceil(pes / LANES) * LANES;
  const entries = new Uint16Array(columns * stride);
  const columnPadding = new Uint32Array(columns);
  const peEntries = new Uint32Array(pes);
  // One PE after another, so that the two arrays that every non-zero touches stay in the first-level cache.
  const lastRow = new Int32Array(columns);
  const counts = new Uint16Array(columns);
  const biasColumn = columns - 1;
  for (let pe = 0; pe < pes; pe++) {
    lastRow.fill(-1);
    counts.fill(0);
    for (let row = from + pe, local = 0; row < to; row += pes, local++) {
      const end = pointers[row + 1] as number;
      const firstColumn = Math.floor((row * groups) / csr.rows) * csr.columns;
      for (let at = pointers[row] as number; at < end; at++) {
        const column = firstColumn + (indices[at] as number);
        const padding = (local - (lastRow[column] as number) - 1) >> indexBits;
        lastRow[column] = local;
        counts[column] = (counts[column] as number) + 1 + padding;
        if (padding > 0) columnPadding[column] = (columnPadding[column] as number) + padding;
      }
      if (bias && bias[row] !== 0) {
        const padding = (local - (lastRow[biasColumn] as number) - 1) >> indexBits;
        lastRow[biasColumn] = local;
        counts[biasColumn] = (counts[biasColumn] as number) + 1 + padding;
        columnPadding[biasColumn] = (columnPadding[biasColumn] as number) + padding;
      }
    }
    let total = 0;
    for (let column = 0; column < columns; column++) {
      const held = counts[column] as number;
      entries[column * stride + pe] = held;
      total += held;
    }
    peEntries[pe] = total;
  }
  return {
    pes,
    stride,
    columns,
    hasBias: bias !== null,
    entries,
    columnPadding,
    peEntries,
    ...overPes(entries, columns, stride, pes),
  };
}

function overPes(entries: Uint16Array, columns: number, stride: number, pes: number) {
  const columnEntries = new Uint32Array(columns);
  const columnEmptyPes = new Uint32Array(columns);
  for (let column = 0; column < columns; column++) {
    let total = 0;
    let empty = 0;
    const base = column * stride;
    for (let pe = 0; pe < pes; pe++) {
      const held = entries[base + pe] as number;
      total += held;
      if (held === 0) empty++;
    }
    columnEntries[column] = total;
    columnEmptyPes[column] = empty;
  }
  return { columnEntries, columnEmptyPes };
}

/** The word addresses that a column's entries span in each PE: [columns × 2 × stride], first words then last words. */
export type WordSpans = Int32Array;

/** What stands for a PE without entries: an address no read has, and a last word one before it, hence no words. */
const NO_FIRST = -2;
const NO_LAST = -3;

const spans = new WeakMap<ColumnLayout, Map<number, WordSpans>>();

/** First and last word of each column in each PE when a word holds `entriesPerWord`; once per layout and width. */
export function wordSpansOf(layout: ColumnLayout, entriesPerWord: number): WordSpans {
  const known = spans.get(layout) ?? new Map<number, WordSpans>();
  spans.set(layout, known);
  const found = known.get(entriesPerWord) ?? spanWords(layout, entriesPerWord);
  known.set(entriesPerWord, found);
  return found;
}

function spanWords({ entries, columns, stride, pes }: ColumnLayout, entriesPerWord: number): WordSpans {
  const words = new Int32Array(columns * 2 * stride).fill(NO_FIRST);
  const next = new Uint32Array(pes);
  for (let column = 0; column < columns; column++) {
    const firsts = column * 2 * stride;
    for (let lane = 0; lane < stride; lane++) {
      const held = entries[column * stride + lane] as number;
      if (held === 0) {
        words[firsts + stride + lane] = NO_LAST;
        continue;
      }
      const start = next[lane] as number;
      words[firsts + lane] = (start / entriesPerWord) | 0;
      words[firsts + stride + lane] = ((start + held - 1) / entriesPerWord) | 0;
      next[lane] = start + held;
    }
  }
  return words;
}
