// Rows of native kernels for fully connected layers that meet few vectors: column by column, so
// that zero activations cost nothing, sparse or dense. Where vectors are many, sparse rows meet all
// of them at once (tokens.ts).

import { invariant } from '../../../../workloads/base/errors.js';
import type { Layer, LayerOf, LayerWeights } from '../../../../workloads/network.js';
import { activationRange } from '../../../../workloads/operators/relu.js';
import { nonzerosOf } from '../../../../workloads/weights/entries.js';
import { type CsrMatrix, toCsc, toCsr, toDense } from '../../../../workloads/weights/store.js';
import { apart, eachVector, rowsOf } from '../close-up.js';
import { placeBias } from '../convolution.js';
import { cutRows } from '../fully-connected.js';
import type { Call, Heap, HostKernel, PreparedLayer, Scratch } from '../kernel.js';
import {
  cutByWork,
  cutEvenly,
  cutInMultiples,
  eachFrame,
  type Part,
  planeOf,
  weightedRow,
} from '../rows.js';
import { FLOAT } from '../tensor.js';
import { nativeCall as call, nativeRow } from './native.js';
import { placeTokens, SPARSE_TOKENS_UP_TO } from './tokens.js';

/** Entries of a block, and how rows are numbered in it. */
const TOGETHER = 8;
const MAX_ROWS = 2 ** 16 - TOGETHER;
/** Of an active column in a list, and how many more than there are columns are written. */
const ACTIVE_BYTES = 8;
const AHEAD = 4;
/**
 * From so many vectors a layer on they lie side by side: fc6 of AlexNet, 35 % of activations.
 */
const TOGETHER_FROM = 3;
/**
 * Up to this share of weights sparse columns are faster than dense ones, at any share of zero
 * activations, as both skip those.
 */
const SPARSE_UP_TO = 0.3;

/** A block of rows as columns of entries, padded to whole blocks. */
interface ColumnPart extends Part {
  readonly pointersAt: number;
  readonly blocksAt: number;
}

interface Layout {
  readonly blockBytes: number;
  /** Writes entry number `at` of the block that starts at byte `base`. */
  readonly write: (view: DataView, base: number, at: number, row: number, value: number) => void;
}

/** Rows of nearly equal work for each thread, column by column. */
function placeColumns(csr: CsrMatrix, heap: Heap, { blockBytes, write }: Layout) {
  const parts = cutByWork(csr.pointers, heap.threads).flatMap(({ first, end }) =>
    cutEvenly(end - first, Math.ceil((end - first) / MAX_ROWS)).map((piece) => {
      return { first: first + piece.first, end: first + piece.end };
    }),
  );
  return parts.map(({ first, end }): ColumnPart => {
    const { pointers, indices, values } = toCsc(cutRows(csr, first, end));
    const blocks = new Uint32Array(csr.columns + 1);
    for (let column = 0; column < csr.columns; column++) {
      const entries = (pointers[column + 1] as number) - (pointers[column] as number);
      blocks[column + 1] = (blocks[column] as number) + Math.ceil(entries / TOGETHER);
    }
    const bytes = new Uint8Array((blocks[csr.columns] as number) * blockBytes);
    const view = new DataView(bytes.buffer);
    for (let column = 0; column < csr.columns; column++) {
      const from = pointers[column] as number;
      const count = (pointers[column + 1] as number) - from;
      const base = (blocks[column] as number) * blockBytes;
      for (let at = 0; at < Math.ceil(count / TOGETHER) * TOGETHER; at++) {
        // Behind a column's last entry nothing is added to sums behind the last row.
        const isEntry = at < count;
        const row = isEntry ? (indices[from + at] as number) : end - first + (at % TOGETHER);
        const value = isEntry ? (values[from + at] as number) : 0;
        write(view, base + Math.floor(at / TOGETHER) * blockBytes, at % TOGETHER, row, value);
      }
    }
    return { first, end, pointersAt: heap.place(blocks), blocksAt: heap.place(bytes) };
  });
}

type PartCall = (part: ColumnPart, own: readonly number[], scratch: Scratch) => Call;

/** Columns for few vectors, rows side by side for many. */
function sparseLayer(
  layer: LayerOf<'dense'>,
  weights: LayerWeights,
  heap: Heap,
  layout: Layout,
  partCall: PartCall,
): PreparedLayer {
  const csr = toCsr(weights.store);
  const vectors = rowsOf(layer, csr.rows);
  const biasAt = placeBias(weights, heap);
  const { min, max } = activationRange(layer.activation);
  const parts = vectors < TOGETHER_FROM ? placeColumns(csr, heap, layout) : [];
  const together = placeTokens(csr, biasAt, [min, max], heap);
  return {
    isClipped: true,
    plan: (inputs, outputs, batch, scratch) =>
      eachVector(vectors, inputs, outputs, batch, scratch, (input, output, count) => {
        if (count >= TOGETHER_FROM || parts.length === 0)
          return together(input, output, count, scratch);
        const rooms = parts.map(({ first, end }, thread) => [
          scratch.take((csr.columns + AHEAD) * ACTIVE_BYTES, thread),
          scratch.take((end - first + TOGETHER) * FLOAT, thread),
        ]);
        return eachFrame(count, (vector) => [
          parts.map((part, at) => {
            const { first, end, pointersAt, blocksAt } = part;
            const tensors = [planeOf(input, vector), planeOf(output, vector, first)];
            const own = [pointersAt, blocksAt, biasAt + first * FLOAT, csr.columns, end - first];
            return partCall(part, [...tensors, ...own, min, max, ...(rooms[at] ?? [])], scratch);
          }),
        ]);
      }),
  };
}

/** As a layer meets many vectors or, mostly, one. */
function isSparse(layer: Layer, { store }: LayerWeights): boolean {
  const isMany = rowsOf(layer, store.rows) >= TOGETHER_FROM;
  const max = isMany ? SPARSE_TOKENS_UP_TO : SPARSE_UP_TO;
  return nonzerosOf(store) <= max * store.rows * store.columns;
}

const sparse = nativeRow(
  weightedRow(
    'dense',
    'native-sparse-columns',
    { refusal: apart, pays: isSparse },
    (layer, weights, heap) => {
      const layout: Layout = {
        blockBytes: TOGETHER * (2 + FLOAT),
        write(view, base, at, row, value) {
          view.setUint16(base + 2 * at, row, true);
          view.setFloat32(base + 2 * TOGETHER + FLOAT * at, value, true);
        },
      };
      return sparseLayer(layer, weights, heap, layout, (_part, own) =>
        call('zs_columns_sparse', ...own),
      );
    },
  ),
);

/** The same with 8-bit codes into a table of shared weights: half of the bytes. */
const coded = nativeRow(
  weightedRow(
    'dense',
    'native-coded-columns',
    {
      refusal: (layer, { store }) =>
        apart(layer) ?? (store.format === 'codebook' ? null : 'has weights without a codebook'),
      pays: isSparse,
    },
    (layer, weights, heap) => {
      invariant(weights.store.format === 'codebook', () => `${layer.name} has no codebook`);
      const table = Float32Array.from(new Set([0, ...weights.store.codebook]));
      const codes = new Map([...table].map((value, code) => [value, code]));
      const tableAt = heap.place(table);
      const layout: Layout = {
        blockBytes: TOGETHER * (2 + 1),
        write(view, base, at, row, value) {
          view.setUint8(base + at, codes.get(value) ?? 0);
          view.setUint16(base + TOGETHER + 2 * at, row, true);
        },
      };
      return sparseLayer(layer, weights, heap, layout, (_part, own, scratch) => {
        const room = scratch.take(table.byteLength);
        return call('zs_columns_coded', ...own, tableAt, table.length, room);
      });
    },
  ),
);

const denseColumns = nativeRow(
  weightedRow('dense', 'native-dense-columns', { refusal: apart }, (layer, weights, heap) => {
    const { rows, columns, values } = toDense(weights.store);
    const turned = new Float32Array(rows * columns);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        turned[column * rows + row] = values[row * columns + column] as number;
      }
    }
    const [weightsAt, biasAt] = [heap.place(turned), placeBias(weights, heap)];
    const parts = cutInMultiples(rows, heap.vectorFloats, heap.threads);
    const { min, max } = activationRange(layer.activation);
    return {
      isClipped: true,
      plan(inputs, outputs, batch, scratch) {
        const rooms = parts.map((_, thread) =>
          scratch.take((columns + AHEAD) * ACTIVE_BYTES, thread),
        );
        const vectors = rowsOf(layer, rows);
        return eachVector(vectors, inputs, outputs, batch, scratch, (input, output, count) =>
          eachFrame(count, (vector) => [
            parts.map(({ first, end }, part) => {
              const tensors = [planeOf(input, vector), planeOf(output, vector, first)];
              const own = [weightsAt + first * FLOAT, biasAt + first * FLOAT];
              const extent = [columns, end - first, rows * FLOAT, min, max, rooms[part] ?? 0];
              return call('zs_columns_dense', ...tensors, ...own, ...extent);
            }),
          ]),
        );
      },
    };
  }),
);

export const nativeSparseFullyConnected: readonly HostKernel[] = [coded, sparse];
export const nativeDenseFullyConnected: readonly HostKernel[] = [denseColumns];
