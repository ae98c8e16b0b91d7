// Where a store has entries, and how many, as models ask: of a matrix without zeros no value is looked
// at, of a stack each matrix is counted once, a dense matrix is read as it stands.

import {
  countNonzeros,
  type DenseMatrix,
  type SparsePattern,
  type StackedMatrix,
  toCsr,
  type WeightStore,
} from './store.js';

/** Of dense matrices, counted once: layers may share one, and each pass asks again. */
const denseCounts = new WeakMap<DenseMatrix, number>();

/** How many weights are not zero; padding entries don't count. */
export function nonzerosOf(store: WeightStore): number {
  if (store.format === 'dense') {
    if (store.isFull) return store.rows * store.columns;
    const count = denseCounts.get(store) ?? countNonzeros(store.values);
    denseCounts.set(store, count);
    return count;
  }
  if (store.format === 'stacked') {
    const counts = eachOnce(store, nonzerosOf);
    return store.parts.reduce((sum, part) => sum + (counts.get(part) as number), 0);
  }
  const { rows, pointers } = toCsr(store);
  return pointers[rows] as number;
}

function eachOnce<Value>({ parts }: StackedMatrix, of: (part: WeightStore) => Value) {
  return new Map<WeightStore, Value>([...new Set(parts)].map((part) => [part, of(part)]));
}

/** The share of weights that are not zero. */
export function densityOf(store: WeightStore): number {
  return nonzerosOf(store) / (store.rows * store.columns);
}

/** Whether no weight is zero: each row is like the first one, and each column. */
export function isFull(store: WeightStore): boolean {
  return nonzerosOf(store) === store.rows * store.columns;
}

/** How many entries each row has: those of row r end at `ends[r + 1]` and begin at `ends[r]`. */
export interface RowEnds {
  readonly rows: number;
  readonly columns: number;
  readonly ends: Uint32Array;
  readonly entries: number;
}

/** Where rows end, without a look at the columns. */
export function rowEndsOf(store: WeightStore): RowEnds {
  const { rows, columns } = store;
  const ends = endsOf(store);
  return { rows, columns, ends, entries: ends[rows] as number };
}

function endsOf(store: WeightStore): Uint32Array {
  if (store.format === 'stacked') return stackEnds(store);
  if (isFull(store)) return multiples(store.columns, store.rows);
  return store.format === 'dense' ? denseEnds(store) : toCsr(store).pointers;
}

/** 0, `step`, 2 · `step`, … `count` · `step`. */
const multiples = (step: number, count: number): Uint32Array => {
  const all = new Uint32Array(count + 1);
  for (let at = 0; at <= count; at++) all[at] = at * step;
  return all;
};

function denseEnds(store: DenseMatrix): Uint32Array {
  const { rows, columns, values } = store;
  const ends = new Uint32Array(rows + 1);
  let entries = 0;
  for (let row = 0, at = 0; row < rows; row++) {
    for (const end = at + columns; at < end; at++) if (values[at] !== 0) entries++;
    ends[row + 1] = entries;
  }
  return ends;
}

function stackEnds(store: StackedMatrix): Uint32Array {
  const ends = new Uint32Array(store.rows + 1);
  const each = eachOnce(store, rowEndsOf);
  let row = 0;
  for (const part of store.parts) {
    const own = each.get(part) as RowEnds;
    const before = ends[row] as number;
    for (let at = 1; at <= own.rows; at++) ends[row + at] = before + (own.ends[at] as number);
    row += own.rows;
  }
  return ends;
}

/** A weight store, or where something else has entries. */
export type Entries = WeightStore | SparsePattern;

/** The columns of a row's entries: indices[from] … indices[to − 1], ascending. */
export interface RowEntries {
  readonly indices: Uint32Array;
  readonly from: number;
  readonly to: number;
}

/**
 * Finds the entries of a row, which are valid until the next row is asked for. Where rows are known
 * to be the same it is the same object.
 */
export function rowsOf(matrix: Entries): (row: number) => RowEntries {
  if (!('format' in matrix)) return patternRows(matrix);
  if (isFull(matrix)) {
    const whole = { indices: multiples(1, matrix.columns), from: 0, to: matrix.columns };
    return () => whole;
  }
  if (matrix.format === 'stacked') return stackRows(matrix);
  return matrix.format === 'dense' ? denseRows(matrix) : patternRows(toCsr(matrix));
}

function patternRows({ pointers, indices }: SparsePattern): (row: number) => RowEntries {
  return (row) => ({ indices, from: pointers[row] as number, to: pointers[row + 1] as number });
}

function denseRows({ columns, values }: DenseMatrix): (row: number) => RowEntries {
  const indices = new Uint32Array(columns);
  return (row) => {
    const first = row * columns;
    let to = 0;
    for (let column = 0; column < columns; column++) {
      // Written always, kept where it is not zero: a branch would be mispredicted.
      indices[to] = column;
      to += values[first + column] === 0 ? 0 : 1;
    }
    return { indices, from: 0, to };
  };
}

function stackRows({ rows, parts }: StackedMatrix): (row: number) => RowEntries {
  const each = rows / parts.length;
  const known = new Map<WeightStore, (row: number) => RowEntries>();
  return (row) => {
    const part = parts[Math.floor(row / each)] as WeightStore;
    const rowAt = known.get(part) ?? rowsOf(part);
    known.set(part, rowAt);
    return rowAt(row % each);
  };
}

const countsByGroups = new WeakMap<Entries, Map<number, Uint32Array>>();

/**
 * Entries of each column, apart for each of `groups` equal blocks of rows: [groups × columns]. Of
 * rows `from` to `to` − 1; counted once where that is all of them.
 */
export function entriesPerColumn(
  matrix: Entries,
  groups = 1,
  from = 0,
  to = matrix.rows,
): Uint32Array {
  if (from > 0 || to < matrix.rows) return countColumns(matrix, groups, from, to);
  const known = countsByGroups.get(matrix) ?? new Map<number, Uint32Array>();
  countsByGroups.set(matrix, known);
  const counts = known.get(groups) ?? countColumns(matrix, groups, from, to);
  known.set(groups, counts);
  return counts;
}

function countColumns(matrix: Entries, groups: number, from: number, to: number): Uint32Array {
  const { rows, columns } = matrix;
  if ('format' in matrix) {
    if (isFull(matrix)) return fullColumns(matrix, groups, from, to);
    if (matrix.format === 'stacked' && matrix.parts.length === groups && to - from === rows)
      return stackColumns(matrix);
    if (matrix.format === 'dense') return denseColumns(matrix, groups, from, to);
  }
  const counts = new Uint32Array(groups * columns);
  const rowAt = rowsOf(matrix);
  for (let row = from; row < to; row++) {
    const base = Math.floor((row * groups) / rows) * columns;
    const own = rowAt(row);
    for (let at = own.from; at < own.to; at++) {
      const column = base + (own.indices[at] as number);
      counts[column] = (counts[column] as number) + 1;
    }
  }
  return counts;
}

/** Every row has an entry in each column of its group. */
function fullColumns(
  { rows, columns }: WeightStore,
  groups: number,
  from: number,
  to: number,
): Uint32Array {
  const counts = new Uint32Array(groups * columns);
  const firstRow = (group: number) => Math.ceil((group * rows) / groups);
  for (let group = 0; group < groups; group++) {
    const [first, end] = [firstRow(group), firstRow(group + 1)];
    const held = Math.max(0, Math.min(to, end) - Math.max(from, first));
    counts.fill(held, group * columns, (group + 1) * columns);
  }
  return counts;
}

/** Each matrix of a stack apart. */
function stackColumns(store: StackedMatrix): Uint32Array {
  const { columns, parts } = store;
  const each = eachOnce(store, (part) => entriesPerColumn(part));
  const counts = new Uint32Array(parts.length * columns);
  for (const [at, part] of parts.entries()) counts.set(each.get(part) as Uint32Array, at * columns);
  return counts;
}

function denseColumns(
  { rows, columns, values }: DenseMatrix,
  groups: number,
  from: number,
  to: number,
): Uint32Array {
  const counts = new Uint32Array(groups * columns);
  for (let row = from, at = from * columns; row < to; row++) {
    const base = Math.floor((row * groups) / rows) * columns;
    // 1 where a value is not zero: a branch would be mispredicted.
    for (let column = base; column < base + columns; column++, at++)
      counts[column] = (counts[column] as number) + (values[at] === 0 ? 0 : 1);
  }
  return counts;
}
