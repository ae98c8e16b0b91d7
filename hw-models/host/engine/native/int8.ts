// Rows of native kernels for fully connected layers with 8-bit weights and 8-bit activations,
// summed in 32 bits: every weight, or for many vectors those blocks of four inputs of a row that
// have any. Each computes another function than the layer's weights say, so it runs only where it
// is asked for.

import { type Int8Matrix, quantize } from '../../../../workloads/compress/int8.js';
import type { LayerOf, LayerWeights } from '../../../../workloads/network.js';
import { activationRange } from '../../../../workloads/operators/relu.js';
import { toDense, type WeightStore } from '../../../../workloads/weights/store.js';
import { eachVector, rowsOf } from '../close-up.js';
import { placeBias } from '../convolution.js';
import type { Call, Heap, HostKernel, PreparedLayer, Scratch, Tensor } from '../kernel.js';
import { refusalOfInt8 } from '../lowprecision.js';
import { cutInMultiples, planeOf, weightedRow } from '../rows.js';
import { FLOAT } from '../tensor.js';
import { nativeCall as call, nativeRow } from './native.js';
import { apartCalls, chunkOf, placeParts, TILE, TILE_BYTES, type TokenEntries } from './tokens.js';

/** Bytes of a row that lie together, and rows that do (native/c/int8.c). */
const CHUNK = 64;
const ROWS = 4;
/** Inputs whose weights and activations share 32 bits. */
const FOUR = 4;
/**
 * From so many vectors a frame on, and up to this share of blocks, sparse rows are faster: 128
 * vectors break even at 80 % (Zen 5), and tiles are of 64.
 */
const SPARSE_FROM = 32;
const SPARSE_UP_TO = 0.75;

interface Rounded {
  readonly matrix: Int8Matrix;
  /** Of each row. */
  readonly totals: Int32Array;
}

/** Layers may share their weights: they are rounded once. */
const known = new WeakMap<WeightStore, Rounded>();

function roundedOf(store: WeightStore): Rounded {
  const before = known.get(store);
  if (before) return before;
  const matrix = quantize(toDense(store));
  const totals = new Int32Array(matrix.rows);
  for (let row = 0, at = 0; row < matrix.rows; row++) {
    let total = 0;
    for (let column = 0; column < matrix.columns; column++) total += matrix.values[at++] as number;
    totals[row] = total;
  }
  known.set(store, { matrix, totals });
  return { matrix, totals };
}

/** A layer's weights as both rows need them. */
function placeScales(weights: LayerWeights, heap: Heap) {
  const { matrix, totals } = roundedOf(weights.store);
  return {
    matrix,
    biasAt: placeBias(weights, heap),
    scalesAt: heap.place(matrix.scales),
    totalsAt: heap.place(totals),
  };
}

/** Vectors of bytes with their scales, and the call that makes them. */
function rounded(input: Tensor, count: number, step: number, scratch: Scratch) {
  const [bytesAt, scalesAt] = [scratch.take(count * step), scratch.take(count * FLOAT)];
  const own = [planeOf(input, 0), bytesAt, scalesAt, count, input.channels];
  return { bytesAt, scalesAt, call: call('zs_to_int8', ...own, input.frameBytes, step) };
}

function prepareDense(layer: LayerOf<'dense'>, weights: LayerWeights, heap: Heap): PreparedLayer {
  const { matrix, biasAt, scalesAt, totalsAt } = placeScales(weights, heap);
  const { rows, columns } = matrix;
  const step = Math.ceil(columns / CHUNK) * CHUNK;
  const weightsAt = heap.place(inFours(matrix, step));
  const parts = cutInMultiples(rows, ROWS, heap.threads);
  const { min, max } = activationRange(layer.activation);
  const vectors = rowsOf(layer, rows);
  return {
    isClipped: true,
    plan: (inputs, outputs, batch, scratch) =>
      eachVector(vectors, inputs, outputs, batch, scratch, (input, output, count) => {
        const own = rounded(input, count, step, scratch);
        const made = parts.map(({ first, end }): Call => {
          const given = [own.bytesAt, own.scalesAt, planeOf(output, 0, first)];
          const ofRows = [biasAt, scalesAt, totalsAt].map((address) => address + first * FLOAT);
          const extent = [end - first, step, count, output.frameBytes];
          const at = weightsAt + first * step;
          return call('zs_int8_dense', ...given, ...ofRows, ...extent, min, max, at);
        });
        return [[own.call], made];
      }),
  };
}

/** [⌈rows / 4⌉][bytes of a row / 64][4][64], filled up with zeros. */
function inFours({ rows, columns, values }: Int8Matrix, step: number): Int8Array {
  const packed = new Int8Array(Math.ceil(rows / ROWS) * ROWS * step);
  for (let row = 0; row < rows; row++) {
    const to = (row - (row % ROWS)) * step + (row % ROWS) * CHUNK;
    for (let column = 0; column < columns; column += CHUNK) {
      const end = Math.min(columns, column + CHUNK);
      packed.set(values.subarray(row * columns + column, row * columns + end), to + ROWS * column);
    }
  }
  return packed;
}

function prepareSparse(layer: LayerOf<'dense'>, weights: LayerWeights, heap: Heap): PreparedLayer {
  const { matrix, biasAt, scalesAt, totalsAt } = placeScales(weights, heap);
  const entries = blocksOf(matrix);
  const blocks = entries.columns;
  const chunk = chunkOf(blocks);
  const parts = placeParts(entries, chunk, heap);
  const { min, max } = activationRange(layer.activation);
  const vectors = rowsOf(layer, matrix.rows);
  return {
    isClipped: true,
    plan: (inputs, outputs, batch, scratch) =>
      eachVector(vectors, inputs, outputs, batch, scratch, (input, output, count) => {
        const own = rounded(input, count, blocks * FOUR, scratch);
        const bytes = { ...input, address: own.bytesAt, frameBytes: blocks * FOUR };
        const tilesAt = scratch.take(Math.ceil(count / TILE) * blocks * TILE_BYTES);
        const made = parts.map(({ first, end, groupRows, rowsAt, entriesAt }, thread) => {
          const sums = scratch.take(groupRows * TILE_BYTES, thread);
          const lists = [rowsAt, entriesAt, biasAt + first * FLOAT, sums];
          const extent = [count, end - first, groupRows, blocks, chunk, output.frameBytes];
          const ofRows = [scalesAt, totalsAt].map((address) => address + first * FLOAT);
          const to = [tilesAt, planeOf(output, 0, first)];
          const bounds = [min, max, own.scalesAt];
          return call('zs_int8_sparse', ...to, ...lists, ...extent, ...bounds, ...ofRows);
        });
        return [[own.call], apartCalls(bytes, count, blocks, tilesAt, scratch), made];
      }),
  };
}

/** Blocks of four inputs of a row that have a weight, as four bytes each. */
function blocksOf({ rows, columns, values }: Int8Matrix): TokenEntries {
  const blocks = Math.ceil(columns / FOUR);
  const pointers = new Uint32Array(rows + 1);
  const indices = new Uint32Array(rows * blocks);
  const bits = new Uint32Array(rows * blocks);
  const bytes = new Int8Array(bits.buffer);
  let count = 0;
  for (let row = 0; row < rows; row++) {
    for (let block = 0; block < blocks; block++) {
      const from = row * columns + block * FOUR;
      const end = Math.min(from + FOUR, (row + 1) * columns);
      const own = values.subarray(from, end);
      if (own.every((value) => value === 0)) continue;
      bytes.set(own, count * FOUR);
      indices[count++] = block;
    }
    pointers[row + 1] = count;
  }
  return { rows, columns: blocks, pointers, indices: indices.subarray(0, count), bits };
}

/** As many vectors and as few blocks as make lists worth while. */
function isSparse(layer: LayerOf<'dense'>, { store }: LayerWeights): boolean {
  if (rowsOf(layer, store.rows) < SPARSE_FROM) return false;
  const { values, rows, columns } = toDense(store);
  const max = (SPARSE_UP_TO * rows * columns) / FOUR;
  let blocks = 0;
  for (let row = 0; row < rows && blocks <= max; row++) {
    for (let from = row * columns; from < (row + 1) * columns; from += FOUR) {
      const end = Math.min(from + FOUR, (row + 1) * columns);
      for (let at = from; at < end; at++) {
        if (values[at] === 0) continue;
        blocks++;
        break;
      }
    }
  }
  return blocks <= max;
}

export const int8Dense: HostKernel = nativeRow(
  weightedRow('dense', 'native-int8', { optIn: true, refusal: refusalOfInt8 }, prepareDense),
);

export const int8Sparse: HostKernel = nativeRow(
  weightedRow(
    'dense',
    'native-int8-sparse',
    {
      optIn: true,
      refusal: refusalOfInt8,
      pays: isSparse,
    },
    prepareSparse,
  ),
);
