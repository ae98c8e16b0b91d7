// Parts of a weight matrix: some rows, some columns. Stored once for each matrix and part.

import type { LayerWeights } from '../operators/operator.js';
import { matrixOnDemand } from './on-demand.js';
import {
  type CsrMatrix,
  type DenseMatrix,
  partsIn,
  type SingleStore,
  stackOf,
  toCsr,
  type WeightStore,
} from './store.js';

const kept = new WeakMap<WeightStore, Map<string, WeightStore>>();

function once(store: WeightStore, key: string, make: () => WeightStore): WeightStore {
  const known = kept.get(store) ?? new Map<string, WeightStore>();
  kept.set(store, known);
  const found = known.get(key) ?? make();
  known.set(key, found);
  return found;
}

/** Rows `from` to `to` − 1. */
export function sliceRows(weights: LayerWeights, from: number, to: number): LayerWeights {
  const { store, bias, origin } = weights;
  if (from === 0 && to === store.rows) return weights;
  const whole = wholeParts(store, from, to);
  if (whole) return { store: whole, bias: bias?.subarray(from, to) ?? null, origin };
  const part = once(store, `rows ${from} ${to}`, () => {
    if (store.format === 'dense') {
      const { columns, isFull = false } = store;
      return {
        ...{ format: 'dense', rows: to - from, columns, isFull },
        get values() {
          return store.values.subarray(from * columns, to * columns);
        },
      };
    }
    return csrRows(toCsr(store), from, to);
  });
  return { store: part, bias: bias?.subarray(from, to) ?? null, origin };
}

/** Rows of a store that are one whole matrix of it; null for others. */
export function wholePart(store: WeightStore, from: number, to: number): SingleStore | null {
  const parts = wholeParts(store, from, to);
  return parts === null || parts.format === 'stacked' ? null : parts;
}

/** Rows of a stack that are whole matrices of it; null for others. */
function wholeParts(store: WeightStore, from: number, to: number): WeightStore | null {
  if (store.format !== 'stacked') return null;
  const each = store.rows / store.parts.length;
  if (from % each !== 0 || to % each !== 0) return null;
  const parts = store.parts.slice(from / each, to / each);
  return parts.length === 1 ? (parts[0] ?? null) : stackOf(parts);
}

/** The matrices of a stack at these places. */
export function pickMatrices(weights: LayerWeights, places: readonly number[]): LayerWeights {
  const parts = partsIn(weights.store);
  const picked = places.flatMap((place) => parts[place] ?? []);
  const [first] = picked;
  return { ...weights, store: picked.length === 1 && first ? first : stackOf(picked) };
}

function csrRows(csr: CsrMatrix, from: number, to: number): CsrMatrix {
  const first = csr.pointers[from] as number;
  const end = csr.pointers[to] as number;
  return {
    ...{ format: 'csr', rows: to - from, columns: csr.columns },
    pointers: csr.pointers.slice(from, to + 1).map((pointer) => pointer - first),
    indices: csr.indices.subarray(first, end),
    get values() {
      return csr.values.subarray(first, end);
    },
  };
}

/** Columns `from` to `to` − 1. */
export function sliceColumns(weights: LayerWeights, from: number, to: number): LayerWeights {
  const { store } = weights;
  if (from === 0 && to === store.columns) return weights;
  return {
    ...weights,
    store: once(store, `columns ${from} ${to}`, () =>
      store.format === 'dense' && store.isFull
        ? denseColumns(store, from, to)
        : csrColumns(toCsr(store), from, to),
    ),
  };
}

/** Of a matrix without zeros. */
function denseColumns(store: DenseMatrix, from: number, to: number): DenseMatrix {
  const { rows, columns } = store;
  return matrixOnDemand(
    rows,
    to - from,
    () => {
      const { values } = store;
      const kept = new Float32Array(rows * (to - from));
      for (let row = 0; row < rows; row++)
        kept.set(values.subarray(row * columns + from, row * columns + to), row * (to - from));
      return kept;
    },
    true,
  );
}

function csrColumns(
  { rows, pointers, indices, values }: CsrMatrix,
  from: number,
  to: number,
): CsrMatrix {
  const kept: number[] = [];
  const ends = new Uint32Array(rows + 1);
  for (let row = 0; row < rows; row++) {
    for (let at = pointers[row] as number; at < (pointers[row + 1] as number); at++) {
      const column = indices[at] as number;
      if (column >= from && column < to) kept.push(at);
    }
    ends[row + 1] = kept.length;
  }
  return {
    ...{ format: 'csr', rows, columns: to - from, pointers: ends },
    indices: Uint32Array.from(kept, (at) => (indices[at] as number) - from),
    values: Float32Array.from(kept, (at) => values[at] as number),
  };
}
