// Rows of native kernels for products of dense matrices: fully connected layers whose weights meet
// many vectors, and products of two results.

import { activationRange } from '../../../../workloads/operators/relu.js';
import { toDense } from '../../../../workloads/weights/store.js';
import { apart, eachVector, rowsOf } from '../close-up.js';
import { placeBias } from '../convolution.js';
import type { Call, HostKernel, Step } from '../kernel.js';
import { multipliedBy, panelsOf, piecesOf, unusual } from '../product.js';
import {
  cutInMultiples,
  dealSequences,
  eachFrame,
  planeOf,
  roomsByThread,
  streamRow,
  weightedRow,
} from '../rows.js';
import { FLOAT } from '../tensor.js';
import { nativeCall as call, nativeRow } from './native.js';

/** Columns that lie together in packed weights. */
const PANEL = 32;
const PANEL_BYTES = PANEL * FLOAT;
/**
 * From so many vectors a frame on weights are worth panels: below, zero activations are skipped.
 */
const PAYS_FROM = 4;
/** An address that says there is none. */
const NO_BIAS = 0;

const denseProduct = nativeRow(
  weightedRow(
    'dense',
    'native-product',
    { refusal: apart, pays: (layer) => rowsOf(layer, layer.outputs) >= PAYS_FROM },
    (layer, weights, heap) => {
      const matrix = toDense(weights.store);
      const { rows: columns, columns: depth } = matrix;
      const panelBytes = PANEL_BYTES * depth;
      const panelsAt = heap.place(panelsOf(matrix, PANEL));
      const biasAt = placeBias(weights, heap);
      const parts = cutInMultiples(columns, PANEL, heap.threads);
      const { min, max } = activationRange(layer.activation);
      return {
        isClipped: true,
        plan(inputs, outputs, batch, scratch) {
          const vectors = rowsOf(layer, columns);
          return eachVector(vectors, inputs, outputs, batch, scratch, (input, output, count) => [
            parts.map(({ first, end }) => {
              const left = [planeOf(input, 0), input.frameBytes];
              const right = [panelsAt + (first / PANEL) * panelBytes, PANEL_BYTES, panelBytes];
              const to = [biasAt + first * FLOAT, planeOf(output, 0, first), output.frameBytes];
              const extent = [count, depth, end - first];
              return call('zs_product', ...left, ...right, ...to, ...extent, 1, min, max);
            }),
          ]);
        },
      };
    },
  ),
);

/** A matrix of `rows` rows as it lies, and how a product reads it: there, or turned in `room`. */
function operand(
  isTurned: boolean,
  at: number,
  rowBytes: number,
  rows: number,
  columns: number,
  room: number,
): { readonly turn: readonly Call[]; readonly read: readonly [at: number, rowBytes: number] } {
  if (!isTurned) return { turn: [], read: [at, rowBytes] };
  const turn = call('zs_transpose', at, rowBytes, room, rows * FLOAT, rows, columns);
  return { turn: [turn], read: [room, rows * FLOAT] };
}

const matmul = nativeRow(
  streamRow('matmul', 'native-matmul', unusual, (layer) => {
    const { transposeLeft = false, transposeRight = false, alpha = 1 } = layer;
    return {
      plan(inputs, outputs, batch, scratch) {
        const { left, right, product, depth, matrices, rows, leftOf, rightOf } = multipliedBy(
          transposeLeft,
          inputs,
          outputs,
        );
        const cuts = Math.ceil(scratch.threads / matrices);
        const parts = cutInMultiples(product.columns, PANEL, cuts);
        const roomOf = roomsByThread(scratch, {
          left: transposeLeft ? rows * depth * FLOAT : 0,
          right: transposeRight ? product.columns * depth * FLOAT : 0,
        });
        const pieces = piecesOf(matrices, parts);
        return eachFrame(batch, (frame): readonly Step[] => {
          const sequences = pieces.map(({ matrix, first, end }, at): readonly Call[] => {
            const room = roomOf(at);
            const from = planeOf(left.tensor, frame) + (leftOf[matrix] as number) * left.bytes;
            const by = operand(
              transposeLeft,
              from,
              left.columns * FLOAT,
              left.rows,
              left.columns,
              room.left,
            );
            const rightBytes = right.columns * FLOAT;
            const beside =
              planeOf(right.tensor, frame) +
              (rightOf[matrix] as number) * right.bytes +
              first * (transposeRight ? rightBytes : FLOAT);
            const width = end - first;
            const own = operand(transposeRight, beside, rightBytes, width, depth, room.right);
            const to = planeOf(product.tensor, frame) + matrix * product.bytes + first * FLOAT;
            const output = [NO_BIAS, to, product.columns * FLOAT, rows, depth, width];
            const bounds = [alpha, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
            return [
              ...by.turn,
              ...own.turn,
              call('zs_product', ...by.read, ...own.read, PANEL_BYTES, ...output, ...bounds),
            ];
          });
          return dealSequences(sequences, scratch.threads);
        });
      },
    };
  }),
);

export const nativeDenseProducts: readonly HostKernel[] = [denseProduct];
export const nativeProducts: readonly HostKernel[] = [matmul];
