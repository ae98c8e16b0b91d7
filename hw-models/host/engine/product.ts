// Rows for products of matrices (asm/product.ts): fully connected layers whose weights meet many
// vectors, and products of two results.

import type { LayerOf, Shape, TensorType } from '../../../workloads/network.js';
import { sizeOf } from '../../../workloads/tensor.js';
import { type DenseMatrix, toDense } from '../../../workloads/weights/store.js';
import {
  wasm as fullyConnectedWasm,
  relaxed as relaxedFullyConnected,
} from '../fully-connected.wasm.js';
import { relaxed, wasm } from '../product.wasm.js';
import { apart, eachVector, rowsOf } from './close-up.js';
import type { Call, HostKernel, Step, Tensor } from './kernel.js';
import {
  all,
  callerOf,
  cutEvenly,
  cutInMultiples,
  dealSequences,
  eachFrame,
  lowerBound,
  only,
  type Part,
  planeOf,
  roomsByThread,
  streamRow,
  weightedRow,
} from './rows.js';
import { FLOAT, isGapless, tensorAt } from './tensor.js';

const call = callerOf({ name: 'product', wasm, relaxed });
const fullyConnected = callerOf({
  name: 'fullyConnected',
  wasm: fullyConnectedWasm,
  relaxed: relaxedFullyConnected,
});

/** Columns of a panel. */
const PANEL = 8;
/**
 * What of the left matrix is met by one panel after another: it stays in the second-level cache.
 */
const LEFT_BYTES = 256 * 1024;
/**
 * From so many vectors a frame on weights are worth a product's panels: below, zero activations are
 * skipped.
 */
const PAYS_FROM = 4;

/** Rows that are multiplied by all panels before the next ones. */
function rowParts(rows: number, depth: number): readonly Part[] {
  return cutEvenly(rows, Math.ceil((rows * depth * FLOAT) / LEFT_BYTES));
}

export const denseProduct: HostKernel = weightedRow(
  'dense',
  'dense-product',
  { refusal: apart, pays: (layer) => rowsOf(layer, layer.outputs) >= PAYS_FROM },
  (layer, { store, bias }, heap) => {
    const { rows: columns, columns: depth, ...matrix } = toDense(store);
    const panelBytes = PANEL * depth * FLOAT;
    const panelsAt = heap.place(panelsOf({ rows: columns, columns: depth, ...matrix }, PANEL));
    const filled = new Float32Array(Math.ceil(columns / PANEL) * PANEL);
    if (bias) filled.set(bias);
    const biasAt = heap.place(filled);
    const parts = cutInMultiples(columns, PANEL, heap.threads);
    const min = lowerBound(layer);
    return {
      plan: (inputs, outputs, batch, scratch) =>
        eachVector(
          rowsOf(layer, columns),
          inputs,
          outputs,
          batch,
          scratch,
          (input, output, count) => [
            rowParts(count, depth).flatMap((rows) =>
              parts.map(({ first, end }) => {
                const from = [
                  planeOf(input, rows.first),
                  panelsAt + (first / PANEL) * panelBytes,
                  biasAt + first * FLOAT,
                ];
                const extent = [
                  rows.end - rows.first,
                  depth,
                  end - first,
                  input.frameBytes,
                  output.frameBytes,
                ];
                return call(
                  'multiply',
                  ...from,
                  planeOf(output, rows.first, first),
                  ...extent,
                  1,
                  min,
                );
              }),
            ),
          ],
        ),
    };
  },
);

/** [⌈outputs / width⌉][depth][width] of a layer's weights, zeros behind the last output. */
export function panelsOf(
  { rows, columns: depth, values }: DenseMatrix,
  width: number,
): Float32Array {
  const panels = new Float32Array(Math.ceil(rows / width) * depth * width);
  for (let row = 0; row < rows; row++) {
    const to = Math.floor(row / width) * depth * width + (row % width);
    for (let column = 0; column < depth; column++) {
      panels[to + column * width] = values[row * depth + column] as number;
    }
  }
  return panels;
}

/** A stack of matrices as they lie. */
interface Stack {
  readonly tensor: Tensor;
  readonly batch: Shape;
  /** As they lie, not as they are multiplied. */
  readonly rows: number;
  readonly columns: number;
  /** From one matrix to the next. */
  readonly bytes: number;
}

function stackOf(tensor: Tensor): Stack {
  const { shape } = tensor;
  const [columns = 1, rows = 1] = [shape.at(-1), shape.at(-2)];
  const bytes = isGapless(tensor) ? rows * columns * FLOAT : tensor.planeBytes;
  return { tensor, batch: shape.slice(0, -2), rows, columns, bytes };
}

/** In words why a product is none of plain matrices, or null where it is. */
export function unusual({ inputTypes }: LayerOf<'matmul'>): string | null {
  if (inputTypes.slice(2).some((type) => type !== null)) return 'has zero points';
  if (inputTypes.some((type: TensorType | null) => type && type.shape.length < 2))
    return 'has a vector';
  return inputTypes.some((type) => type && sizeOf(type.shape) === 0) ? 'is of nothing' : null;
}

/**
 * For each matrix of the product, the number of an operand's: axes of 1 are met again and again.
 */
function matrixNumbers(from: Shape, to: Shape): readonly number[] {
  const offset = to.length - from.length;
  return Array.from({ length: sizeOf(to) }, (_, matrix) => {
    let [number, stride, rest] = [0, 1, matrix];
    for (let axis = to.length - 1; axis >= 0; axis--) {
      const extent = to[axis] as number;
      const own = from[axis - offset] ?? 1;
      if (own > 1) number += (rest % extent) * stride;
      stride *= own;
      rest = Math.floor(rest / extent);
    }
    return number;
  });
}

/** What a product of two results multiplies: `matrices` times [rows × depth] by a right matrix. */
interface Multiplied {
  readonly left: Stack;
  readonly right: Stack;
  readonly product: Stack;
  readonly depth: number;
  readonly matrices: number;
  readonly rows: number;
  /** By matrix of the product, the number of each operand's. */
  readonly leftOf: readonly number[];
  readonly rightOf: readonly number[];
}

/** Rows that meet the same right matrix become rows of one product. */
export function multipliedBy(
  transposeLeft: boolean,
  inputs: readonly (Tensor | null)[],
  outputs: readonly Tensor[],
): Multiplied {
  const [left, right] = all(inputs).map(stackOf) as [Stack, Stack];
  const product = stackOf(only(outputs));
  const depth = transposeLeft ? left.rows : left.columns;
  const isShared =
    !transposeLeft &&
    sizeOf(right.batch) === 1 &&
    isGapless(left.tensor) &&
    isGapless(product.tensor);
  const stacks = { left, right, product, depth };
  const alike = sizeOf(product.batch);
  return isShared
    ? { ...stacks, matrices: 1, rows: product.rows * alike, leftOf: [0], rightOf: [0] }
    : {
        ...{ ...stacks, matrices: alike, rows: product.rows },
        leftOf: matrixNumbers(left.batch, product.batch),
        rightOf: matrixNumbers(right.batch, product.batch),
      };
}

/** Parts of columns of each matrix, one matrix after the other. */
export function piecesOf(
  matrices: number,
  parts: readonly Part[],
): readonly ({ readonly matrix: number } & Part)[] {
  return Array.from({ length: matrices }, (_, matrix) =>
    parts.map((part) => ({ matrix, ...part })),
  ).flat();
}

const matmul = streamRow('matmul', 'product', unusual, (layer, heap) => {
  const { transposeLeft = false, transposeRight = false, alpha = 1 } = layer;
  const widest = stackOf(tensorAt(0, layer.results[0] as TensorType)).columns;
  const zerosAt = heap.place(new Float32Array(Math.ceil(widest / PANEL) * PANEL));
  return {
    plan(inputs, outputs, batch, scratch) {
      const { left, right, product, depth, matrices, rows, leftOf, rightOf } = multipliedBy(
        transposeLeft,
        inputs,
        outputs,
      );
      const parts = cutInMultiples(product.columns, PANEL, Math.ceil(scratch.threads / matrices));
      const roomOf = roomsByThread(scratch, {
        panels: Math.ceil(product.columns / PANEL) * PANEL * depth * FLOAT,
        turned: transposeLeft ? rows * depth * FLOAT : 0,
      });
      return eachFrame(batch, (frame): readonly Step[] => {
        const made = piecesOf(matrices, parts).map(
          ({ matrix, first, end }, at): readonly Call[] => {
            const { panels, turned } = roomOf(at);
            const from = planeOf(left.tensor, frame) + (leftOf[matrix] as number) * left.bytes;
            const rightBytes = right.columns * FLOAT;
            const column = first * (transposeRight ? rightBytes : FLOAT);
            const beside =
              planeOf(right.tensor, frame) + (rightOf[matrix] as number) * right.bytes + column;
            const to = planeOf(product.tensor, frame) + matrix * product.bytes + first * FLOAT;
            const width = end - first;
            const packed = call(
              transposeRight ? 'packTurned' : 'pack',
              beside,
              panels,
              depth,
              width,
              rightBytes,
            );
            const turn = transposeLeft
              ? [
                  fullyConnected(
                    'transpose',
                    from,
                    turned,
                    depth,
                    rows,
                    left.columns * FLOAT,
                    depth * FLOAT,
                  ),
                ]
              : [];
            const multiplied = rowParts(rows, depth).map((part) => {
              const at = [
                (transposeLeft ? turned : from) + part.first * depth * FLOAT,
                panels,
                zerosAt,
              ];
              const extent = [
                part.end - part.first,
                depth,
                width,
                depth * FLOAT,
                product.columns * FLOAT,
              ];
              const output = to + part.first * product.columns * FLOAT;
              return call('multiply', ...at, output, ...extent, alpha, Number.NEGATIVE_INFINITY);
            });
            return [packed, ...turn, ...multiplied];
          },
        );
        return dealSequences(made, scratch.threads);
      });
    },
  };
});

export const productKernels: readonly HostKernel[] = [matmul];
