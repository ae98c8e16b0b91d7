// One sparse matrix from a file as a network of one layer: rows are its outputs, columns its
// inputs.

import { InputError } from '../../base/errors.js';
import { buildNetwork } from '../../graph.js';
import { nonzerosOf } from '../../weights/entries.js';
import type { CsrMatrix, DenseMatrix, WeightStore } from '../../weights/store.js';
import type { ZooEntry } from '../../zoo/entry.js';
import { requireAtMost, type SourceFile, stemOf } from '../source.js';

/** The largest finite float32: (2 − 2⁻²³) · 2¹²⁷. */
export const MAX_FLOAT32 = 3.4028234663852886e38;

/** A matrix times a vector, whose activations are dense unless an input is given. */
export function matrixEntry(file: SourceFile, store: WeightStore): ZooEntry {
  const { rows, columns } = store;
  const name = stemOf(file.name);
  const kept = nonzerosOf(store);
  const source = { work: file.name, at: `${rows}×${columns} matrix` };
  const network = buildNetwork({
    name,
    title: `${rows}×${columns} matrix, ${kept} not zero`,
    input: [columns],
    layers: [{ kind: 'dense', name, outputs: rows, bias: false, activation: 'none' }],
    source,
  });
  const weights = new Map([[name, { store, bias: null, origin: 'real' as const }]]);
  const densities = { source, input: 1, layers: { [name]: { weights: kept / (rows * columns) } } };
  return { network, densities, preprocessing: null, weights };
}

/** @throws InputError for a matrix that is empty or larger than the limits allow. */
export function requireSize({ name, limits }: SourceFile, rows: number, columns: number): void {
  if (!(Number.isSafeInteger(rows) && Number.isSafeInteger(columns) && rows >= 1 && columns >= 1)) {
    throw new InputError(`${name}: found a matrix of ${rows}×${columns}, expected at least 1×1`);
  }
  requireAtMost(
    name,
    `elements in a matrix of ${rows}×${columns}`,
    rows * columns,
    limits.elements,
    'elements',
  );
}

/**
 * Entries in any order, of which those of one place are added up: what a coordinate format says.
 */
export interface Coordinates {
  readonly rows: number;
  readonly columns: number;
  readonly rowOf: Uint32Array;
  readonly columnOf: Uint32Array;
  readonly values: Float64Array;
}

/**
 * Compressed sparse rows, columns ascending, without entries that come to zero. @throws InputError
 * where entries of one place come to more than a float32 holds.
 */
export function fromCoordinates(
  { rows, columns, rowOf, columnOf, values }: Coordinates,
  { name }: Pick<SourceFile, 'name'>,
): CsrMatrix {
  const order = sortedBy(rowOf, rows, sortedBy(columnOf, columns, Uint32Array.from(values.keys())));
  const pointers = new Uint32Array(rows + 1);
  const indices = new Uint32Array(values.length);
  const kept = new Float32Array(values.length);
  let to = 0;
  for (let at = 0; at < order.length; ) {
    const row = rowOf[order[at] as number] as number;
    const column = columnOf[order[at] as number] as number;
    let sum = 0;
    for (; at < order.length; at++) {
      const entry = order[at] as number;
      if (rowOf[entry] !== row || columnOf[entry] !== column) break;
      sum += values[entry] as number;
    }
    const value = Math.fround(sum);
    if (value === 0) continue;
    if (!Number.isFinite(value)) {
      throw new InputError(
        `${name}: found ${sum} at ${row + 1}, ${column + 1}, expected at most ${MAX_FLOAT32}`,
      );
    }
    indices[to] = column;
    kept[to++] = value;
    pointers[row + 1] = to;
  }
  for (let row = 0; row < rows; row++) {
    pointers[row + 1] = Math.max(pointers[row + 1] as number, pointers[row] as number);
  }
  return {
    format: 'csr',
    rows,
    columns,
    pointers,
    indices: indices.slice(0, to),
    values: kept.slice(0, to),
  };
}

/** `order` sorted by what `keyOf` gives, below `keys`; equal ones stay in their order. */
function sortedBy(keyOf: Uint32Array, keys: number, order: Uint32Array): Uint32Array {
  const next = new Uint32Array(keys + 1);
  for (const entry of order)
    next[(keyOf[entry] as number) + 1] = (next[(keyOf[entry] as number) + 1] as number) + 1;
  for (let key = 0; key < keys; key++)
    next[key + 1] = (next[key + 1] as number) + (next[key] as number);
  const sorted = new Uint32Array(order.length);
  for (const entry of order) {
    const key = keyOf[entry] as number;
    const to = next[key] as number;
    sorted[to] = entry;
    next[key] = to + 1;
  }
  return sorted;
}

/** A dense matrix, row after row. */
export function denseMatrix(rows: number, columns: number, values: Float32Array): DenseMatrix {
  return { format: 'dense', rows, columns, values };
}
