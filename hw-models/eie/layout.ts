// How a weight matrix lies on the PEs, as counts: how many entries each PE holds of each column. Timing needs no more.
// Han et al., EIE, ISCA 2016, Section III-B; padding as the authors' simulator writes it (Section VII-B's rule).

import { InputError } from '../../workloads/base/errors.js';
import type { LayerWeights } from '../../workloads/network.js';
import { countNonzeros, entriesPerColumn, type SparsePattern, toCsr } from '../../workloads/weights/store.js';

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
/** Counts of one layout: a gigabyte of them. */
const MOST_COUNTS = 2 ** 29;
const LOWER_HALF = 0xffff;
/** PEs whose counts are worked on at a time: in the second-level cache together. */
const PES_AT_ONCE = 16;

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
 * columns are all groups' inputs. @throws InputError where a PE would hold more rows than counts can tell, or there would
 * be too many counts.
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
  if (!(columns * stride <= MOST_COUNTS)) {
    const most = Math.floor(MOST_COUNTS / stride);
    throw new InputError(`found a layer of ${columns} columns on ${pes} PEs, expected at most ${most}`);
  }
  const entries = new Uint16Array(columns * stride);
  const columnEntries = new Uint32Array(columns);
  const columnEmptyPes = new Uint32Array(columns);
  const peEntries = new Uint32Array(pes);
  // One PE after another, so that the array that every non-zero touches stays in the first-level cache. Of each column
  // it holds the entries in the upper half, and the row after the last of them in the lower one.
  const held = new Int32Array(Math.min(pes, PES_AT_ONCE) * columns);
  for (let first = 0; first < pes; first += PES_AT_ONCE) {
    const end = Math.min(pes, first + PES_AT_ONCE);
    held.fill(0);
    for (let pe = first; pe < end; pe++) {
      const base = (pe - first) * columns;
      for (let row = from + pe, local = 0; row < to; row += pes, local++) {
        const firstColumn = base + Math.floor((row * groups) / csr.rows) * csr.columns;
        const rowEnd = pointers[row + 1] as number;
        for (let at = pointers[row] as number; at < rowEnd; at++) {
          const column = firstColumn + (indices[at] as number);
          held[column] = withEntry(held[column] as number, local, indexBits);
        }
        const last = base + columns - 1;
        if (bias && bias[row] !== 0) held[last] = withEntry(held[last] as number, local, indexBits);
      }
    }
    // Together: a column's counts lie side by side.
    for (let column = 0; column < columns; column++) {
      let total = 0;
      let some = 0;
      for (let pe = first, at = column; pe < end; pe++, at += columns) {
        const count = (held[at] as number) >>> 16;
        entries[column * stride + pe] = count;
        peEntries[pe] = (peEntries[pe] as number) + count;
        total += count;
        // 1 where there are any: a branch would be mispredicted.
        some += -count >>> 31;
      }
      columnEntries[column] = (columnEntries[column] as number) + total;
      columnEmptyPes[column] = (columnEmptyPes[column] as number) + end - first - some;
    }
  }
  const kept = entriesPerColumn(csr, groups, from, to);
  const columnPadding = columnEntries.map((all, column) => all - (kept[column] ?? 0));
  if (bias)
    columnPadding[columns - 1] = (columnEntries[columns - 1] as number) - countNonzeros(bias.subarray(from, to));
  return {
    ...{ pes, stride, columns, hasBias: bias !== null, entries },
    ...{ columnEntries, columnPadding, columnEmptyPes, peEntries },
  };
}

/** What a PE holds of a column with one more entry, in its row `local`: see {@link countEntries}. */
function withEntry(held: number, local: number, indexBits: number): number {
  const padding = (local - (held & LOWER_HALF)) >> indexBits;
  return (((held >>> 16) + 1 + padding) << 16) | (local + 1);
}
