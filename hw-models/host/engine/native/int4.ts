// A row of native kernels for fully connected layers whose weights are rounded to 4 bits in blocks
// of 32 with a float16 scale, as GGUF's Q4_0 lays them out: 4.5 bits a weight are read for each
// token. Activations stay float32. Weights that are such numbers already are computed with as they
// are; of others it computes another function, so it runs only where it is asked for.

import {
  type GroupedMatrix,
  groupsOf,
  quantizeGroups,
} from '../../../../workloads/compress/grouped.js';
import { numberToHalf } from '../../../../workloads/formats/half.js';
import type { LayerOf, LayerWeights } from '../../../../workloads/network.js';
import { activationRange } from '../../../../workloads/operators/relu.js';
import { toDense, type WeightStore } from '../../../../workloads/weights/store.js';
import { apart, eachVector, rowsOf } from '../close-up.js';
import { placeBias } from '../convolution.js';
import type { Heap, HostKernel, PreparedLayer } from '../kernel.js';
import { cutEvenly, type Part, planeOf, weightedRow } from '../rows.js';
import { FLOAT } from '../tensor.js';
import { nativeCall as call, nativeRow } from './native.js';

/** Columns of a block, of which byte k holds k and k + 16 (native/c/int4.c). */
const BLOCK = 32;
const HALF = BLOCK / 2;
/** What a half byte is above its weight. */
const ZERO = 8;

const rounding = { bits: 4, group: BLOCK };

/** Layers may share their weights: they are rounded once. */
const known = new WeakMap<WeightStore, GroupedMatrix>();

function prepare(layer: LayerOf<'dense'>, weights: LayerWeights, heap: Heap): PreparedLayer {
  const { store } = weights;
  const matrix = known.get(store) ?? quantizeGroups(toDense(store), rounding);
  known.set(store, matrix);
  const { rows, columns } = matrix;
  const biasAt = placeBias(weights, heap);
  const { min, max } = activationRange(layer.activation);
  const parts = cutEvenly(rows, heap.threads).map((part) => {
    return { ...part, addresses: placeRows(matrix, part, heap) };
  });
  return {
    isClipped: true,
    plan: (inputs, outputs, batch, scratch) =>
      eachVector(rowsOf(layer, rows), inputs, outputs, batch, scratch, (input, output, count) => [
        parts.map(({ first, end, addresses }) => {
          const own = [planeOf(input, 0), planeOf(output, 0, first), biasAt + first * FLOAT];
          const extent = [end - first, columns, count, input.frameBytes, output.frameBytes];
          return call('zs_int4', ...own, ...extent, min, max, ...addresses);
        }),
      ]),
  };
}

/** Half bytes of each block of a row, and the scales apart. */
function placeRows(
  { values, scales, columns }: GroupedMatrix,
  { first, end }: Part,
  heap: Heap,
): readonly number[] {
  const blocks = groupsOf(columns, BLOCK);
  const bytes = new Uint8Array((end - first) * blocks * HALF);
  for (let row = first, at = 0; row < end; row++) {
    const rowEnd = (row + 1) * columns;
    for (let block = 0; block < blocks; block++) {
      let from = row * columns + block * BLOCK;
      for (let byte = 0; byte < HALF; byte++, from++) {
        const low = from < rowEnd ? (values[from] as number) : 0;
        const high = from + HALF < rowEnd ? (values[from + HALF] as number) : 0;
        bytes[at++] = (low + ZERO) | ((high + ZERO) << 4);
      }
    }
  }
  const halves = Uint16Array.from(scales.subarray(first * blocks, end * blocks), numberToHalf);
  return [heap.place(bytes), heap.place(halves)];
}

export const int4Dense: HostKernel = nativeRow(
  weightedRow('dense', 'native-int4', { optIn: true, refusal: apart }, prepare),
);
