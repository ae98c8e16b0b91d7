// Products with weights, and of two results.

import { type Shape, shapeText, sizeOf } from '../../../tensor.js';
import {
  channelsFirst,
  identity,
  isIdentity,
  type Permutation,
  samePermutation,
} from '../permutation.js';
import type { Handle } from '../tensors.js';
import { floatsOf, type Use } from './use.js';
import { filterMatrix, weightsOf } from './windows.js';

/**
 * `kernel` [inputs, outputs], or the other way round. The last axis of the input is summed over.
 */
export function dense(
  use: Use,
  input: Handle,
  kernel: Handle,
  bias: Handle | null,
  isTransposed = false,
): Handle {
  const { tensors, name, fault, readers } = use;
  const [inputs = 1, outputs = 1] = isTransposed ? [...kernel.shape].reverse() : kernel.shape;
  const rank = input.shape.length;
  if (kernel.shape.length !== 2 || rank < 1 || input.shape[rank - 1] !== inputs) {
    throw fault(
      `weights of ${shapeText(kernel.shape)} for an input of ${shapeText(input.shape)}`,
      'some that fit',
    );
  }
  const stored = floatsOf(use, kernel);
  const matrix = stored && (isTransposed ? stored : filterMatrix(stored, 1, inputs, outputs));
  const shared = { name, bias: bias !== null, activation: 'none' } as const;
  const flat = flattened(use, input);
  if (flat) {
    const columns =
      matrix &&
      columnsInOrder(
        matrix,
        flat.shape.slice(1),
        flat.order.slice(1).map((axis) => axis - 1),
      );
    const weights = weightsOf(use, columns, outputs, inputs, bias);
    const made = tensors.addWeighted(
      { ...shared, kind: 'dense', inputs: [flat.tensor], outputs },
      weights,
    );
    return tensors.made(made, identity(2), { scalable: readers === 1 });
  }
  const weights = weightsOf(use, matrix, outputs, inputs, bias);
  const first = channelsFirst(rank);
  const orders = tensors.orders(input);
  if (
    rank === 4 &&
    !orders.some(isIdentity) &&
    orders.some((order) => samePermutation(order, first))
  ) {
    // A product for each pixel.
    const window = { kernel: 1, stride: 1, pad: 0, groups: 1, channels: outputs } as const;
    const made = tensors.addWeighted(
      { ...shared, kind: 'conv2d', inputs: [tensors.first(input)], ...window },
      weights,
    );
    return tensors.made(made, first, { scalable: readers === 1 });
  }
  const axis = rank === 2 ? {} : { axis: rank - 1 };
  const made = tensors.addWeighted(
    { ...shared, kind: 'dense', inputs: [tensors.plain(input)], outputs, ...axis },
    weights,
  );
  return tensors.made(made, identity(rank), { scalable: rank === 2 && readers === 1 });
}

interface Flat {
  readonly tensor: string;
  /** Of the tensor before it was flattened. */
  readonly shape: Shape;
  readonly order: Permutation;
}

/** An image that was flattened, as it lies: the product's columns follow its order. */
function flattened({ tensors }: Use, { shape, copies, view }: Handle): Flat | null {
  if (shape.length !== 2 || copies.length > 0 || !view || view.shape[0] !== shape[0]) return null;
  const order = tensors.best([view], view.shape.length);
  return order[0] === 0 ? { tensor: tensors.in(view, order), shape: view.shape, order } : null;
}

/** Columns over `shape` as columns over the same axes in another order. */
export function columnsInOrder(
  matrix: Float32Array,
  shape: Shape,
  order: Permutation,
): Float32Array {
  if (isIdentity(order)) return matrix;
  const columns = sizeOf(shape);
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  let places = [0];
  for (const axis of order) {
    const stride = strides[axis] as number;
    const extent = shape[axis] as number;
    places = places.flatMap((place) =>
      Array.from({ length: extent }, (_, index) => place + index * stride),
    );
  }
  const moved = new Float32Array(matrix.length);
  for (let row = 0; row < matrix.length; row += columns) {
    for (const [at, place] of places.entries()) moved[row + at] = matrix[row + place] as number;
  }
  return moved;
}

/**
 * A product of matrices, stacks of them broadcast. What is a constant matrix on the right is
 * weights.
 */
export function product(
  use: Use,
  left: Handle,
  right: Handle,
  {
    transposeLeft = false,
    transposeRight = false,
  }: { readonly transposeLeft?: boolean; readonly transposeRight?: boolean },
  bias: Handle | null = null,
): Handle {
  const { tensors, name } = use;
  const rank = right.shape.length;
  const isMatrix =
    tensors.isConstant(right) &&
    !tensors.isConstant(left) &&
    sizeOf(right.shape.slice(0, -2)) === 1;
  if (isMatrix && rank >= 2 && left.shape.length >= rank && right.type === 'float32') {
    const matrix = tensors.reshape(right, right.shape.slice(-2));
    const last = left.shape.length - 1;
    const swapped = [...identity(last - 1), last, last - 1];
    const rows = transposeLeft ? tensors.transpose(left, swapped, `${name}/transposed`) : left;
    return dense(use, rows, matrix, bias, transposeRight);
  }
  const inputs = [tensors.plain(left), tensors.plain(right)];
  const made = tensors.add({ kind: 'matmul', name, inputs, transposeLeft, transposeRight });
  if (!bias) return tensors.made(made);
  const shifted = [made, tensors.plain(bias)];
  return tensors.made(
    tensors.add({ kind: 'binary', name: `${name}/bias`, inputs: shifted, function: 'add' }),
  );
}
