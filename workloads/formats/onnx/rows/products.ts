// Products of matrices: fully connected layers where one operand is a constant matrix, else
// products of two results.

import { elementTypes, type Shape, sizeOf } from '../../../tensor.js';
import { matrixOnDemand } from '../../../weights/on-demand.js';
import type { FileWeights } from '../../graph-builder.js';
import { Blocked, type Emit, floatsOf, type Operation, type Rows } from '../operation.js';

export interface ProductOptions {
  readonly transposeLeft?: boolean;
  readonly transposeRight?: boolean;
  /** What the product is multiplied by. */
  readonly alpha?: number;
  /** A vector that is added to every row of the result: the name of a constant; '' for none. */
  readonly bias?: string;
  /** The layer's own name is the node's. */
  readonly emit?: Emit;
}

/** left · right as NumPy's matmul has it. */
export function product(
  op: Operation,
  left: string,
  right: string,
  options: ProductOptions = {},
): string {
  const {
    transposeLeft = false,
    transposeRight = false,
    alpha = 1,
    bias = '',
    emit = op.result,
  } = options;
  if (
    isWeight(op, right) &&
    !op.builder.isConstant(left) &&
    !transposeLeft &&
    op.shapeOf(left).length >= 1
  ) {
    return fullyConnected(op, left, right, { transposeRight, alpha, bias, emit });
  }
  const flags = {
    ...(transposeLeft ? { transposeLeft } : {}),
    ...(transposeRight ? { transposeRight } : {}),
    ...(alpha === 1 ? {} : { alpha }),
  };
  const multiplied = (bias === '' ? emit : op.step)({ kind: 'matmul', ...flags }, [left, right]);
  return bias === '' ? multiplied : op.binary('add', multiplied, bias, emit);
}

/** A constant matrix of floats. */
export function isWeight(op: Operation, tensor: string): boolean {
  const { shape, type } = op.typeOf(tensor);
  return op.builder.isConstant(tensor) && shape.length === 2 && elementTypes[type].isFloat;
}

function fullyConnected(
  op: Operation,
  left: string,
  right: string,
  { transposeRight, alpha, bias, emit }: Required<Omit<ProductOptions, 'transposeLeft'>>,
): string {
  const rank = op.shapeOf(left).length;
  const { shape } = op.typeOf(right);
  const outputs = shape[transposeRight ? 0 : 1] as number;
  const depth = shape[transposeRight ? 1 : 0] as number;
  if (op.shapeOf(left).at(-1) !== depth) {
    throw op.fault(
      `a product of ${op.shapeOf(left).join('×')} and ${shape.join('×')}`,
      'matrices that fit',
    );
  }
  const isBiased =
    bias !== '' && isVector(op.shapeOf(bias), outputs) && op.builder.isConstant(bias);
  const weights = matrixOf(op, right, transposeRight, alpha, isBiased ? bias : '');
  const layer = {
    kind: 'dense',
    outputs,
    bias: isBiased,
    activation: 'none',
    axis: rank - 1,
  } as const;
  if (bias === '' || isBiased) return emit(layer, [left], weights);
  return op.binary('add', op.named(layer, [left], weights), bias, emit);
}

/** One value for each of the last axis, or one for all. */
function isVector(shape: Shape, extent: number): boolean {
  const size = sizeOf(shape);
  return size === 1 ? shape.length <= 2 : size === extent && shape.at(-1) === extent;
}

/** The matrix [outputs × depth] of a layer; null where the file lacks its values. */
function matrixOf(
  op: Operation,
  matrix: string,
  isTransposed: boolean,
  alpha: number,
  bias: string,
): FileWeights {
  const tensor = op.builder.valuesOf(matrix);
  const biases = bias === '' ? null : op.builder.valuesOf(bias);
  if (!tensor || (bias !== '' && !biases)) return null;
  const [first = 0, second = 0] = tensor.shape;
  const [rows, columns] = isTransposed ? [first, second] : [second, first];
  const store = matrixOnDemand(rows, columns, () => {
    const values = floatsOf(tensor);
    const turned = isTransposed ? values : transposed(values, first, second);
    return alpha === 1 ? turned : turned.map((value) => value * alpha);
  });
  return {
    store,
    bias: biases && filled(floatsOf(biases), rows),
  };
}

function filled(values: Float32Array, count: number): Float32Array {
  return values.length === 1 && count !== 1
    ? new Float32Array(count).fill(values[0] as number)
    : values;
}

const BLOCK = 32;

/** Rows for columns, block by block, so that neither side leaves the cache. */
export function transposed(values: Float32Array, rows: number, columns: number): Float32Array {
  const turned = new Float32Array(values.length);
  for (let top = 0; top < rows; top += BLOCK) {
    const bottom = Math.min(rows, top + BLOCK);
    for (let left = 0; left < columns; left += BLOCK) {
      const right = Math.min(columns, left + BLOCK);
      for (let row = top; row < bottom; row++) {
        for (let column = left; column < right; column++) {
          turned[column * rows + row] = values[row * columns + column] as number;
        }
      }
    }
  }
  return turned;
}

/** A constant vector that the only reader of the result adds to it, as frameworks write biases. */
export function followingBias(op: Operation, shape: Shape, axis: number): string {
  const follower = op.place.follower();
  if (
    follower?.node.opType !== 'Add' ||
    (follower.node.domain !== '' && follower.node.domain !== 'ai.onnx')
  )
    return '';
  const bias = follower.inputs.find((name) => name !== '') ?? '';
  if (bias === '' || !op.builder.has(bias) || !op.builder.isConstant(bias)) return '';
  const added = op.shapeOf(bias);
  const behind = shape.length - 1 - axis;
  const place = added.length - 1 - behind;
  const extent = shape[axis] as number;
  if (!elementTypes[op.typeOf(bias).type].isFloat || added.length > shape.length) return '';
  if (added[place] !== extent || sizeOf(added) !== extent) return '';
  follower.absorb();
  return bias;
}

function matMul(op: Operation): void {
  const [left, right] = [op.input(0), op.input(1)];
  const { shape } = op.type(0);
  const outputs = op.shape(1)[1] ?? 0;
  const isFullyConnected = isWeight(op, right) && !op.builder.isConstant(left) && shape.length >= 1;
  const bias =
    isFullyConnected && outputs > 0
      ? followingBias(op, [...shape.slice(0, -1), outputs], shape.length - 1)
      : '';
  product(op, left, right, { bias });
}

/** alpha · A · B + beta · C. */
function gemm(op: Operation): void {
  op.ignore('broadcast');
  const [transposeLeft, transposeRight] = [op.flag('transA'), op.flag('transB')];
  const [alpha, beta] = [op.float('alpha', 1), op.float('beta', 1)];
  let bias = op.optional(2);
  if (bias !== '' && beta !== 1)
    bias = op.binary('multiply', bias, op.scalar(beta, op.typeOf(bias).type));
  // A matrix of one column and one row for each of A has to be told from a vector.
  const isColumn = bias !== '' && op.shapeOf(bias).length === 2 && op.shapeOf(bias)[0] !== 1;
  if (!isColumn) {
    product(op, op.input(0), op.input(1), { transposeLeft, transposeRight, alpha, bias });
    return;
  }
  const multiplied = product(op, op.input(0), op.input(1), {
    transposeLeft,
    transposeRight,
    alpha,
    emit: op.named,
  });
  op.binary('add', multiplied, bias, op.result);
}

/** The product of 8-bit integers less their zero points, in 32 bits. */
function matMulInteger(op: Operation): void {
  const [left, right] = [op.input(0), op.input(1)];
  if (
    !op.builder.isConstant(right) ||
    op.shapeOf(right).length !== 2 ||
    op.builder.isConstant(left)
  ) {
    op.result({ kind: 'matmul', type: 'int32' }, [left, right, op.optional(2), op.optional(3)]);
    return;
  }
  const multiplied = product(
    op,
    levels(op, left, op.optional(2), -2),
    levels(op, right, op.optional(3), -1),
    {
      emit: op.named,
    },
  );
  op.cast(multiplied, 'int32', op.result);
}

/** Integers less their zero point, as floats; several zero points run along an axis. */
export function levels(op: Operation, tensor: string, zero: string, axis: number): string {
  const count = zero === '' ? 1 : sizeOf(op.shapeOf(zero));
  const scale = op.constant(new Float32Array(count).fill(1), count === 1 ? [] : [count]);
  return op.step({ kind: 'dequantise', axis, type: 'float32' }, [tensor, scale, zero]);
}

function einsum(op: Operation): void {
  const equation = op.text('equation', '').replace(/\s/g, '');
  if (equation === '') throw new Blocked('no equation');
  const [terms = '', result = ''] = equation.split('->');
  const [left = '', right = '', ...more] = terms.split(',');
  // A layer over the last axis of a result.
  const isFullyConnected =
    more.length === 0 &&
    right.length === 2 &&
    /^[a-z]+$/i.test(terms.replace(',', '')) &&
    new Set(left).size === left.length;
  const [first = '', second = ''] = right;
  if (isFullyConnected && isWeight(op, op.input(1)) && !op.builder.isConstant(op.input(0))) {
    for (const [depth, output, transposeRight] of [
      [first, second, false],
      [second, first, true],
    ] as const) {
      if (left.endsWith(depth) && result === left.slice(0, -1) + output && !left.includes(output)) {
        product(op, op.input(0), op.input(1), { transposeRight });
        return;
      }
    }
  }
  op.result({ kind: 'einsum', equation }, op.inputs);
}

export const productRows: Rows = {
  MatMul: matMul,
  Gemm: gemm,
  MatMulInteger: matMulInteger,
  Einsum: einsum,
};
