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

/** Layouts beyond this are dropped, the longest unused first, and counted again when they are next asked for. */
const MOST_KEPT_BYTES = 256 * 2 ** 20;

/** Layouts of one layer on one machine. */
interface Kept {
  readonly layouts: readonly ColumnLayout[];
  readonly bytes: number;
  drop(): void;
}

const kept = new WeakMap<LayerWeights, Map<string, Kept>>();
/** The longest unused first. */
const byUse = new Set<Kept>();

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
  const known = kept.get(weights) ?? new Map<string, Kept>();
  kept.set(weights, known);
  const key = `${groups}/${pes}/${indexBits}/${blocks}`;
  const found = known.get(key) ?? keep(countBlocks(weights, groups, { pes, indexBits }, blocks), known, key);
  byUse.delete(found);
  byUse.add(found);
  return found.layouts;
}

function countBlocks(
  { store, bias }: LayerWeights,
  groups: number,
  machine: { readonly pes: number; readonly indexBits: number },
  blocks: number,
): readonly ColumnLayout[] {
  const csr = toCsr(store);
  // Whole rounds over the PEs, so that each row stays on its PE.
  const blockRows = Math.ceil(csr.rows / machine.pes / blocks) * machine.pes;
  return Array.from({ length: Math.ceil(csr.rows / blockRows) }, (_, block) => {
    const from = block * blockRows;
    return countEntries(csr, bias, machine, { groups, from, to: Math.min(csr.rows, from + blockRows) });
  });
}

function keep(layouts: readonly ColumnLayout[], known: Map<string, Kept>, key: string): Kept {
  const bytes = layouts.reduce((sum, { entries }) => sum + entries.byteLength, 0);
  let total = bytes;
  for (const old of byUse) total += old.bytes;
  for (const old of byUse) {
    if (total <= MOST_KEPT_BYTES) break;
    total -= old.bytes;
    byUse.delete(old);
    old.drop();
  }
  const made: Kept = { layouts, bytes, drop: () => known.delete(key) };
  known.set(key, made);
  return made;
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

/** First and last word of each column in each PE when a word holds `entriesPerWord`. */
export function spanWords({ entries, columns, stride, pes }: ColumnLayout, entriesPerWord: number): WordSpans {
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
