// Rows of native kernels for fully connected layers with weights and activations rounded to
// bfloat16, which halves the bytes that a decoder reads for each token: every weight, or a bitmask
// and the weights that are left. Each computes another function than the layer's weights say, so it
// runs only where it is asked for.

import type { LayerOf, LayerWeights } from '../../../../workloads/network.js';
import { activationRange } from '../../../../workloads/operators/relu.js';
import { type DenseMatrix, toDense } from '../../../../workloads/weights/store.js';
import { apart, eachVector, rowsOf } from '../close-up.js';
import { placeBias } from '../convolution.js';
import type { Heap, HostKernel, PreparedLayer } from '../kernel.js';
import { cutEvenly, type Part, planeOf, weightedRow } from '../rows.js';
import { FLOAT } from '../tensor.js';
import { nativeCall as call, nativeRow } from './native.js';

/** Columns of a block, of whose mask the lower half are the even ones (native/c/bfloat16.c). */
const BLOCK = 32;
const HALF = BLOCK / 2;
const WORD = 2;

type Function = 'zs_bfloat16_dense' | 'zs_bfloat16_sparse';

/** Lays out a part of the rows and returns the addresses that its calls end with. */
type PlaceRows = (matrix: DenseMatrix, part: Part, heap: Heap) => readonly number[];

function prepare(name: Function, placeRows: PlaceRows) {
  return (layer: LayerOf<'dense'>, weights: LayerWeights, heap: Heap): PreparedLayer => {
    const matrix = toDense(weights.store);
    const { rows, columns } = matrix;
    const blocks = Math.ceil(columns / BLOCK);
    const biasAt = placeBias(weights, heap);
    const { min, max } = activationRange(layer.activation);
    const parts = cutEvenly(rows, heap.threads).map((part) => {
      return { ...part, addresses: placeRows(matrix, part, heap) };
    });
    return {
      isClipped: true,
      plan: (inputs, outputs, batch, scratch) =>
        eachVector(rowsOf(layer, rows), inputs, outputs, batch, scratch, (input, output, count) => {
          const step = blocks * BLOCK * WORD;
          const rounded = scratch.take(count * step);
          const from = [planeOf(input, 0), rounded, count, columns, input.frameBytes, step];
          const made = parts.map(({ first, end, addresses }) => {
            const own = [rounded, planeOf(output, 0, first), biasAt + first * FLOAT];
            const extent = [end - first, blocks, count, step, output.frameBytes];
            return call(name, ...own, ...extent, min, max, ...addresses);
          });
          return [[call('zs_to_bfloat16', ...from)], made];
        }),
    };
  };
}

/** Every value as the nearest bfloat16, of two the even one: the upper half of its bits. */
export function toBfloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const words = new Uint16Array(values.length);
  for (let at = 0; at < words.length; at++) {
    const own = bits[at] as number;
    const isNumber = (own & 0x7fffffff) <= 0x7f800000;
    words[at] = isNumber ? (own + 0x7fff + ((own >>> 16) & 1)) >>> 16 : (own >>> 16) | 0x40;
  }
  return words;
}

/** [row][columns, filled up with zeros to whole blocks] */
const placeDense: PlaceRows = ({ values, columns }, { first, end }, heap) => {
  const rowWords = Math.ceil(columns / BLOCK) * BLOCK;
  const words = new Uint16Array((end - first) * rowWords);
  for (let row = first; row < end; row++) {
    const own = toBfloat16(values.subarray(row * columns, (row + 1) * columns));
    words.set(own, (row - first) * rowWords);
  }
  return [heap.place(words)];
};

/** A mask for each block of a row, and behind each other what they have: even columns first. */
const placeSparse: PlaceRows = ({ values, columns }, { first, end }, heap) => {
  const blocks = Math.ceil(columns / BLOCK);
  const masks = new Uint32Array((end - first) * blocks);
  const packed = new Float32Array((end - first) * columns);
  let count = 0;
  for (let row = first; row < end; row++) {
    for (let block = 0; block < blocks; block++) {
      let mask = 0;
      for (let bit = 0; bit < BLOCK; bit++) {
        const column = block * BLOCK + (bit < HALF ? 2 * bit : 2 * (bit - HALF) + 1);
        const value = column < columns ? (values[row * columns + column] as number) : 0;
        if (value === 0) continue;
        mask |= 1 << bit;
        packed[count++] = value;
      }
      masks[(row - first) * blocks + block] = mask;
    }
  }
  return [heap.place(masks), heap.place(toBfloat16(packed.subarray(0, count)))];
};

const terms = { optIn: true, refusal: apart };

export const bfloat16Dense: HostKernel = nativeRow(
  weightedRow('dense', 'native-bfloat16', terms, prepare('zs_bfloat16_dense', placeDense)),
);

export const bfloat16Sparse: HostKernel = nativeRow(
  weightedRow('dense', 'native-bfloat16-sparse', terms, prepare('zs_bfloat16_sparse', placeSparse)),
);
