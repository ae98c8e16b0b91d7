// Computes how a weight matrix is distributed over the PEs: the number of entries of each column in
// each PE. Timing needs no more. Han et al., EIE, ISCA 2016, Section III-B; padding as the authors'
// simulator writes it (Section VII-B's rule).

import { InputError } from '../../workloads/base/errors.js';
import type { LayerWeights } from '../../workloads/network.js';
import {
  type Entries,
  entriesPerColumn,
  isFull,
  type RowEntries,
  rowsOf,
} from '../../workloads/weights/entries.js';
import { wholePart } from '../../workloads/weights/slices.js';
import { countNonzeros, type SparsePattern } from '../../workloads/weights/store.js';

/** Row i lies on PE i mod `pes`. A bias is one more column, the last, whose activation is 1. */
export interface ColumnLayout {
  readonly pes: number;
  /**
   * Elements from one column's counts to the next: `pes` rounded up to a whole number of SIMD
   * vectors.
   */
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
const MAX_ROWS_PER_PE = 65_535;
const LOWER_HALF = 0xffff;
/** PEs whose counts are worked on at a time: in the second-level cache together. */
const PES_AT_ONCE = 16;

/**
 * Layouts beyond this are dropped, the longest unused first, and counted again when they are next
 * asked for.
 */
const MAX_KEPT_BYTES = 256 * 2 ** 20;

/** One layer's layouts, all its blocks together, may take so much. */
const MAX_LAYOUT_BYTES = 256 * 2 ** 20;

/** Layouts of one layer on one machine. */
interface Kept {
  readonly layouts: readonly ColumnLayout[];
  readonly bytes: number;
  drop(): void;
}

const kept = new WeakMap<object, Map<string, Kept>>();
/** The longest unused first. */
const byUse = new Set<Kept>();

/**
 * Of which rows a layout is, and in how many blocks of rows one after another; all of them at once
 * unless told.
 */
export interface Part {
  readonly blocks?: number;
  readonly from?: number;
  readonly to?: number;
}

interface Machine {
  readonly pes: number;
  readonly indexBits: number;
}

/**
 * The layouts of a layer's weights, one for each block of rows where they are too many to be held
 * at once; computed once per weights, number of PEs, index width and part. The weights of `groups`
 * groups lie on the diagonal of one matrix, whose columns are all groups' inputs. @throws
 * InputError where counts would take too much room, or where a PE would hold more rows than they
 * can tell.
 */
export function layoutsOf(
  weights: LayerWeights,
  groups: number,
  pes: number,
  indexBits: number,
  { blocks = 1, from = 0, to = weights.store.rows }: Part = {},
): readonly ColumnLayout[] {
  // A matrix that stands in a stack several times is laid out once.
  const part = groups === 1 && weights.bias === null ? wholePart(weights.store, from, to) : null;
  if (part && part !== weights.store)
    return layoutsOf({ ...weights, store: part }, 1, pes, indexBits, { blocks });
  const { owner, rows } = ownerOf(weights, groups, from, to);
  const known = kept.get(owner) ?? new Map<string, Kept>();
  kept.set(owner, known);
  const key = `${groups}/${pes}/${indexBits}/${blocks}/${rows}`;
  const count = () => countBlocks(weights, groups, { pes, indexBits }, { blocks, from, to });
  const found = known.get(key) ?? keep(count(), known, key);
  byUse.delete(found);
  byUse.add(found);
  return found.layouts;
}

/** Of matrices without zeros, by columns: only their extents tell their layouts apart. */
const fullOwners = new Map<number, object>();

/** What the layout of these rows is remembered by. */
function ownerOf(weights: LayerWeights, groups: number, from: number, to: number) {
  const { store, bias } = weights;
  const rows = `${from}/${to}`;
  if (bias !== null) return { owner: weights, rows };
  const isAlone = groups === 1 || (from === 0 && to === store.rows);
  if (!isAlone || !isFull(store)) return { owner: store, rows };
  const owner = fullOwners.get(store.columns) ?? {};
  fullOwners.set(store.columns, owner);
  return { owner, rows: `${to - from}` };
}

function countBlocks(
  { store, bias }: LayerWeights,
  groups: number,
  machine: Machine,
  { blocks, from, to }: Required<Part>,
): readonly ColumnLayout[] {
  requireRoom(groups * store.columns, blocks, machine.pes);
  // Whole rounds over the PEs, so that each row stays on its PE.
  const blockRows = Math.ceil((to - from) / machine.pes / blocks) * machine.pes;
  return Array.from({ length: Math.ceil((to - from) / blockRows) }, (_, block) => {
    const first = from + block * blockRows;
    return countEntries(store, bias, machine, {
      groups,
      from: first,
      to: Math.min(to, first + blockRows),
    });
  });
}

/** Before anything is reserved for them. */
function requireRoom(columns: number, blocks: number, pes: number): void {
  const bytesPerColumn = blocks * strideOf(pes) * Uint16Array.BYTES_PER_ELEMENT;
  const max = Math.floor(MAX_LAYOUT_BYTES / bytesPerColumn);
  if (columns <= max) return;
  const grouped = (count: number) => count.toLocaleString('en-US');
  throw new InputError(
    `found a matrix of ${grouped(columns)} inputs, expected at most ${grouped(max)} on ${pes} PEs, whose entries are counted input by input`,
  );
}

const strideOf = (pes: number) => Math.ceil(pes / LANES) * LANES;

function keep(layouts: readonly ColumnLayout[], known: Map<string, Kept>, key: string): Kept {
  const bytes = layouts.reduce((sum, { entries }) => sum + entries.byteLength, 0);
  let total = bytes;
  for (const old of byUse) total += old.bytes;
  for (const old of byUse) {
    if (total <= MAX_KEPT_BYTES) break;
    total -= old.bytes;
    byUse.delete(old);
    old.drop();
  }
  const made: Kept = { layouts, bytes, drop: () => known.delete(key) };
  known.set(key, made);
  return made;
}

/**
 * Counts the entries of rows `from` to `to` − 1 of `matrix` (and of their biases) per column and
 * PE.
 */
export function countEntries(
  matrix: Entries,
  bias: Float32Array | null,
  { pes, indexBits }: Machine,
  { groups = 1, from = 0, to = matrix.rows } = {},
): ColumnLayout {
  if (!(Math.ceil((to - from) / pes) <= MAX_ROWS_PER_PE)) {
    throw new InputError(
      `found ${to - from} rows on ${pes} PEs, expected at most ${MAX_ROWS_PER_PE} rows per PE`,
    );
  }
  if ('format' in matrix && matrix.columns > 1 && isFull(matrix)) {
    const one = countEntries(
      fullColumn(matrix.rows),
      bias,
      { pes, indexBits },
      { groups, from, to },
    );
    return withColumns(one, matrix.columns);
  }
  const rowAt = rowsOf(matrix);
  const columns = groups * matrix.columns + (bias ? 1 : 0);
  const stride = strideOf(pes);
  const entries = new Uint16Array(columns * stride);
  const columnEntries = new Uint32Array(columns);
  const columnEmptyPes = new Uint32Array(columns);
  const peEntries = new Uint32Array(pes);
  // One PE after another, so that the array that every non-zero touches stays in the first-level
  // cache. Of each column it holds the entries in the upper half, and the row after the last of
  // them in the lower one.
  const held = new Int32Array(Math.min(pes, PES_AT_ONCE) * columns);
  for (let first = 0; first < pes; first += PES_AT_ONCE) {
    const end = Math.min(pes, first + PES_AT_ONCE);
    held.fill(0);
    for (let pe = first; pe < end; pe++) {
      const base = (pe - first) * columns;
      for (let row = from + pe, local = 0; row < to; row += pes, local++) {
        const firstColumn = base + Math.floor((row * groups) / matrix.rows) * matrix.columns;
        addRow(held, firstColumn, rowAt(row), local, indexBits);
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
  const kept = entriesPerColumn(matrix, groups, from, to);
  const columnPadding = columnEntries.map((all, column) => all - (kept[column] ?? 0));
  if (bias)
    columnPadding[columns - 1] =
      (columnEntries[columns - 1] as number) - countNonzeros(bias.subarray(from, to));
  return {
    ...{ pes, stride, columns, hasBias: bias !== null, entries },
    ...{ columnEntries, columnPadding, columnEmptyPes, peEntries },
  };
}

/** A matrix of one column without zeros. */
function fullColumn(rows: number): SparsePattern {
  const pointers = Uint32Array.from({ length: rows + 1 }, (_, row) => row);
  return { rows, columns: 1, pointers, indices: new Uint32Array(rows) };
}

/** A layout with `times` like each of its columns, the bias column aside. */
function withColumns(layout: ColumnLayout, times: number): ColumnLayout {
  const { pes, stride, hasBias } = layout;
  const groups = layout.columns - (hasBias ? 1 : 0);
  const columns = groups * times + (hasBias ? 1 : 0);
  const widened = <Counts extends Uint16Array | Uint32Array>(
    from: Counts,
    to: Counts,
    each: number,
  ): Counts => {
    for (let column = 0; column < layout.columns; column++) {
      const counts = from.subarray(column * each, (column + 1) * each);
      const first = column * times;
      const end = Math.min(columns, first + times);
      for (let at = first; at < end; at++) to.set(counts, at * each);
    }
    return to;
  };
  const counts = (from: Uint32Array) => widened(from, new Uint32Array(columns), 1);
  const peEntries = new Uint32Array(pes);
  for (let column = 0; column < layout.columns; column++) {
    const alike = column < groups ? times : 1;
    for (let pe = 0; pe < pes; pe++)
      peEntries[pe] =
        (peEntries[pe] as number) + alike * (layout.entries[column * stride + pe] as number);
  }
  return {
    ...{ pes, stride, columns, hasBias, peEntries },
    entries: widened(layout.entries, new Uint16Array(columns * stride), stride),
    columnEntries: counts(layout.columnEntries),
    columnPadding: counts(layout.columnPadding),
    columnEmptyPes: counts(layout.columnEmptyPes),
  };
}

function addRow(
  held: Int32Array,
  firstColumn: number,
  { indices, from, to }: RowEntries,
  local: number,
  indexBits: number,
): void {
  for (let at = from; at < to; at++) {
    const column = firstColumn + (indices[at] as number);
    held[column] = withEntry(held[column] as number, local, indexBits);
  }
}

/**
 * What a PE holds of a column with one more entry, in its row `local`: see {@link countEntries}.
 */
function withEntry(held: number, local: number, indexBits: number): number {
  const padding = (local - (held & LOWER_HALF)) >> indexBits;
  return (((held >>> 16) + 1 + padding) << 16) | (local + 1);
}
