// Quantised operators as the numbers that they make: integers become floats by their scale, the
// layer is that of floats, and its result is quantised again.

import { type ElementType, elementTypes, sizeOf } from '../../../tensor.js';
import { Blocked, type Emit, type Operation, type Rows } from '../operation.js';
import { elementTypeOf } from '../tensors.js';
import { convolve } from './convolutions.js';
import { levels, product } from './products.js';

/** Names of a tensor's scale and zero point; '' for a zero point of 0. */
interface Scaled {
  readonly tensor: string;
  readonly scale: string;
  readonly zero: string;
}

export function scaledAt(
  op: Operation,
  tensor: number,
  scale = tensor + 1,
  zero = tensor + 2,
): Scaled {
  return { tensor: op.input(tensor), scale: op.input(scale), zero: op.optional(zero) };
}

/** The numbers that integers stand for. */
export function dequantised(
  op: Operation,
  { tensor, scale, zero }: Scaled,
  axis = 1,
  emit: Emit = op.step,
): string {
  const rank = op.shapeOf(tensor).length;
  const { type, shape } = op.typeOf(scale);
  const along = sizeOf(shape) === 1 ? 0 : axis;
  // One scale for each row of a matrix is written as a column too.
  const isFlat = shape.length <= 1 || sizeOf(shape) === 1;
  const factor = isFlat ? scale : op.reshape(scale, [sizeOf(shape)]);
  const shift =
    zero === '' || op.shapeOf(zero).length <= 1
      ? zero
      : op.reshape(zero, [sizeOf(op.shapeOf(zero))]);
  return emit({ kind: 'dequantise', axis: rank === 0 ? 0 : along, type }, [tensor, factor, shift]);
}

/** Integers again, of the zero point's type. */
export function requantised(
  op: Operation,
  input: string,
  scale: string,
  zero: string,
  emit: Emit = op.result,
): string {
  const type = zero === '' ? 'uint8' : op.typeOf(zero).type;
  return emit({ kind: 'quantise', axis: 0, type }, [input, scale, zero]);
}

function blockOf(op: Operation) {
  const blockSize = op.int('block_size', 0);
  return blockSize > 0 ? { blockSize } : {};
}

/** Types with fewer than 4 bits, or floats of 8: no tensor here has them. */
function targetType(op: Operation, otherwise: ElementType): ElementType {
  const written = op.int('output_dtype', 0);
  const type = written === 0 ? otherwise : elementTypeOf(written);
  if (!type) throw new Blocked('a type that tensors here do not have');
  return type;
}

function quantizeLinear(op: Operation): void {
  op.ignore('saturate', 'precision');
  const type = op.has(2) ? op.type(2).type : targetType(op, 'uint8');
  op.ignore('output_dtype');
  if (elementTypes[type].isFloat) throw new Blocked(`quantisation to ${type}`);
  const attributes = { axis: axisFor(op), type, ...blockOf(op) };
  op.result({ kind: 'quantise', ...attributes }, [op.input(0), op.input(1), op.optional(2)]);
}

function dequantizeLinear(op: Operation): void {
  const attributes = { axis: axisFor(op), type: targetType(op, op.type(1).type), ...blockOf(op) };
  op.result({ kind: 'dequantise', ...attributes }, [op.input(0), op.input(1), op.optional(2)]);
}

/** Of no meaning where there is one scale for all. */
function axisFor(op: Operation): number {
  const axis = op.int('axis', 1);
  return sizeOf(op.shape(1)) === 1 && op.int('block_size', 0) === 0 ? 0 : axis;
}

function qLinearConv(op: Operation): void {
  const x = scaledAt(op, 0);
  const w = scaledAt(op, 3);
  let bias = op.optional(8);
  if (bias !== '') {
    // Biases count in steps of both scales.
    const step = op.binary('multiply', x.scale, w.scale);
    const { shape } = op.typeOf(step);
    const flat =
      shape.length > 1 || (shape.length === 0 ? false : sizeOf(shape) === 1)
        ? op.reshape(step, [])
        : step;
    bias = op.step({ kind: 'dequantise', axis: 0, type: 'float32' }, [
      bias,
      sizeOf(shape) === 1 ? flat : step,
    ]);
  }
  const parts = { input: dequantised(op, x), filters: dequantised(op, w, 0), bias };
  requantised(op, convolve(op, parts, op.named), op.input(6), op.optional(7));
}

function convInteger(op: Operation): void {
  const input = levels(op, op.input(0), op.optional(2), 0);
  const filters = levels(op, op.input(1), op.optional(3), 0);
  op.cast(convolve(op, { input, filters, bias: '' }, op.named), 'int32', op.result);
}

function qLinearMatMul(op: Operation): void {
  const [left, right] = [
    dequantised(op, scaledAt(op, 0), -2),
    dequantised(op, scaledAt(op, 3), -1),
  ];
  requantised(op, product(op, left, right, { emit: op.named }), op.input(6), op.optional(7));
}

export const quantisedRows: Rows = {
  QuantizeLinear: quantizeLinear,
  DequantizeLinear: dequantizeLinear,
  DynamicQuantizeLinear(op) {
    op.results({ kind: 'dynamic-quantise' }, [op.input(0)]);
  },
  QLinearConv: qLinearConv,
  ConvInteger: convInteger,
  QLinearMatMul: qLinearMatMul,
};
