// What each ONNX operator is here: a layer, a way to the same values, or a constant. The one table of what is supported.

import { sizeOf } from '../layers/index.js';
import type { Value } from './graph-builder.js';
import { floatOf, intOf, intsOf, windowOf } from './onnx-attributes.js';
import { constantOperators } from './onnx-constants.js';
import { type Meaning, type Operation, permutationOf } from './onnx-operation.js';
import { convolved, multiplied, rowsOf } from './onnx-products.js';
import type { Constant } from './onnx-proto.js';
import {
  convInteger,
  dynamicQuantizeLinear,
  matMulInteger,
  qLinearConv,
  qLinearMatMul,
  quantizeLinear,
} from './onnx-quantized.js';

type Layer = (operation: Operation) => Value;

const layers: Readonly<Record<string, Layer>> = {
  Conv: (operation) => convolved(operation, operation.constant(1), operation.optionalConstant(2)),
  Gemm: gemm,
  MatMul: (operation) => multiplied(operation, operation.constant(1)),
  MaxPool: (operation) => pool(operation, 'max'),
  AveragePool: (operation) => pool(operation, 'average'),
  GlobalMaxPool: (operation) => globalPool(operation, 'max'),
  GlobalAveragePool: (operation) => globalPool(operation, 'average'),
  ReduceMean: reduceMean,
  BatchNormalization: batchNorm,
  Relu: (operation) => operation.builder.rectify(operation.name, operation.value(0), 'relu'),
  Clip: clip,
  Add: (operation) => plus(operation, 1),
  Sub: (operation) => plus(operation, -1),
  Sum: (operation) =>
    operation.builder.sum(
      operation.name,
      operation.node.input.map((_, at) => operation.value(at)),
    ),
  Mul: (operation) => times(operation, false),
  Div: (operation) => times(operation, true),
  Concat: concat,
  Softmax: softmax,
  LRN: localResponse,
  Flatten: flatten,
  Reshape: reshape,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Transpose: transpose,
  Pad: pad,
  Dropout: (operation) => operation.builder.dropout(operation.value(0)),
  Identity: (operation) => operation.value(0),
  Cast: (operation) => operation.value(0),
  QuantizeLinear: quantizeLinear,
  DequantizeLinear: (operation) => operation.value(0),
  QLinearConv: qLinearConv,
  QLinearMatMul: qLinearMatMul,
  ConvInteger: convInteger,
  MatMulInteger: matMulInteger,
};

/** Operators that take part in layers; others are worked out where all that they read is constant. */
export const layerOperators: readonly string[] = [...Object.keys(layers), 'DynamicQuantizeLinear'].sort();

/** What the node's results stand for, in their order. @throws InputError where it is no constant and no layer. */
export async function meaningsOf(operation: Operation): Promise<readonly Meaning[]> {
  const { opType } = operation.node;
  const folded = await constantOperators[opType]?.(operation);
  if (folded) return [{ kind: 'constant', constant: folded }];
  if (opType === 'DynamicQuantizeLinear') return dynamicQuantizeLinear(operation);
  const layer = layers[opType];
  if (!layer) throw operation.fault("an input that is computed from the network's input", 'constants');
  return [{ kind: 'value', value: layer(operation) }];
}

/** y = alpha · x · B + beta · C. */
function gemm(operation: Operation): Value {
  const { node, builder, name } = operation;
  if (intOf(node, 'transA', 0) !== 0) throw operation.fault('transA of 1', '0');
  const transposed = intOf(node, 'transB', 0) !== 0;
  const weights = rowsOf(operation, operation.constant(1), transposed, floatOf(node, 'alpha', 1));
  const beta = floatOf(node, 'beta', 1);
  const constant = operation.optionalConstant(2);
  const bias = constant && broadcast(operation, constant, weights.rows).map((value) => value * beta);
  return builder.dense(name, operation.value(0), { ...weights, bias });
}

/** A constant with one value for each of `channels`, or one for all. */
function broadcast(operation: Operation, { dims, values }: Constant, channels: number): Float32Array {
  if (values.length === 1) return new Float32Array(channels).fill(values[0] as number);
  if (values.length === channels) return Float32Array.from(values);
  throw operation.fault(`a constant of ${dims.join('×')}`, `one value for each of ${channels} channels`);
}

function pool(operation: Operation, mode: 'max' | 'average'): Value {
  const { node, builder, name } = operation;
  const value = operation.value(0);
  const { kernel, stride, dilation, pad } = windowOf(operation, intsOf(node, 'kernel_shape') ?? [], value.actual);
  if (dilation[0] !== 1 || dilation[1] !== 1) throw operation.fault(`dilations of ${dilation.join(', ')}`, '1');
  if (node.output.length > 1 && node.output[1] !== '') throw operation.fault('a second result', 'one');
  const rounding = intOf(node, 'ceil_mode', 0) !== 0 ? 'ceil' : 'floor';
  const countsPadding = intOf(node, 'count_include_pad', 0) !== 0;
  return builder.pool(name, value, { mode, kernel, stride, pad, rounding, countsPadding });
}

function globalPool({ builder, name, value }: Operation, mode: 'max' | 'average'): Value {
  return builder.pool(name, value(0), { mode, kernel: 'global', stride: 1, pad: 0, rounding: 'floor' });
}

/** The mean over height and width, which is what pooling over all of an image is. */
function reduceMean(operation: Operation): Value {
  const { node, builder, name } = operation;
  const value = operation.value(0);
  const axes = intsOf(node, 'axes') ?? [...(operation.optionalConstant(1)?.values ?? [])];
  const rank = value.seen.length + 1;
  const positive = axes.map((axis) => (axis < 0 ? axis + rank : axis)).sort((a, b) => a - b);
  const expected = value.order === 'hwc' ? '1,2' : '2,3';
  if (positive.join() !== expected)
    throw operation.fault(`a mean over axes ${axes.join(', ')}`, 'over height and width');
  const pooled = builder.pool(name, value, { mode: 'average', kernel: 'global', stride: 1, pad: 0, rounding: 'floor' });
  return intOf(node, 'keepdims', 1) !== 0 ? pooled : builder.reshape(name, pooled, [pooled.actual[0]]);
}

function batchNorm(operation: Operation): Value {
  const { node, builder, name } = operation;
  if (intOf(node, 'training_mode', 0) !== 0) throw operation.fault('training_mode of 1', '0');
  const value = operation.value(0);
  const [scale, shift, mean, variance] = [1, 2, 3, 4].map((at) => Float32Array.from(operation.constant(at).values));
  if (!scale || !shift || !mean || !variance) throw operation.fault('fewer inputs', '5');
  return builder.normalise(name, value, { scale, shift, mean, variance, epsilon: floatOf(node, 'epsilon', 1e-5) });
}

function clip(operation: Operation): Value {
  const { node, builder, name, opset } = operation;
  const bound = (at: number, attribute: string, otherwise: number) =>
    opset < 11 ? floatOf(node, attribute, otherwise) : (operation.optionalConstant(at)?.values[0] ?? otherwise);
  const least = bound(1, 'min', Number.NEGATIVE_INFINITY);
  const most = bound(2, 'max', Number.POSITIVE_INFINITY);
  if (least === 0 && most === 6) return builder.rectify(name, operation.value(0), 'relu6');
  if (least === 0 && most > 1e38) return builder.rectify(name, operation.value(0), 'relu');
  throw operation.fault(`bounds of ${least} and ${most}`, '0 and 6, or 0 and none');
}

/** Two results, or a result and a constant for each channel. */
function plus(operation: Operation, sign: 1 | -1): Value {
  const { builder, name } = operation;
  const [left, right] = [operation.meaning(0), operation.meaning(1)];
  if (left?.kind === 'value' && right?.kind === 'value') {
    if (sign < 0) throw operation.fault('a difference of two results', 'a sum');
    return builder.sum(name, [left.value, right.value]);
  }
  if (left?.kind === 'constant' && sign < 0)
    throw operation.fault('a constant less a result', 'a result less a constant');
  const [value, constant] =
    left?.kind === 'value' ? [left.value, operation.constant(1)] : [operation.value(1), operation.constant(0)];
  return builder.shift(
    name,
    value,
    perChannel(operation, constant, value).map((each) => each * sign),
  );
}

function times(operation: Operation, divides: boolean): Value {
  const { builder, name } = operation;
  const [left, right] = [operation.meaning(0), operation.meaning(1)];
  if (left?.kind === 'value' && right?.kind === 'value')
    throw operation.fault('a product of two results', 'a result and a constant');
  if (left?.kind === 'constant' && divides)
    throw operation.fault('a constant over a result', 'a result over a constant');
  const [value, constant] =
    left?.kind === 'value' ? [left.value, operation.constant(1)] : [operation.value(1), operation.constant(0)];
  const scale = perChannel(operation, constant, value).map((each) => (divides ? 1 / each : each));
  return builder.scaleAndShift(
    name,
    value,
    scale,
    scale.map(() => 0),
  );
}

/** A constant that varies along the channels alone, as seen from the result that it meets. */
function perChannel(operation: Operation, constant: Constant, value: Value): Float32Array {
  const [channels] = value.actual;
  const channelAxis = value.order === 'hwc' ? value.seen.length : 1;
  // Axes are matched from the last one on.
  const axis = constant.dims.findIndex((extent) => extent > 1);
  const meets = axis < 0 ? channelAxis : axis + value.seen.length + 1 - constant.dims.length;
  if (meets !== channelAxis)
    throw operation.fault(`a constant of ${constant.dims.join('×')}`, 'one value for each channel');
  return broadcast(operation, constant, channels);
}

function concat(operation: Operation): Value {
  const { node, builder, name } = operation;
  const values = node.input.map((_, at) => operation.value(at));
  const rank = (values[0]?.seen.length ?? 0) + 1;
  const axis = intOf(node, 'axis', 1);
  const expected = values[0]?.order === 'hwc' ? rank - 1 : 1;
  if ((axis < 0 ? axis + rank : axis) !== expected) throw operation.fault(`axis ${axis}`, `${expected}, the channels`);
  return builder.concatenate(name, values);
}

function softmax(operation: Operation): Value {
  const { node, builder, name, opset } = operation;
  const value = operation.value(0);
  const axis = intOf(node, 'axis', opset < 13 ? 1 : -1);
  const rank = value.seen.length + 1;
  const along = axis < 0 ? axis + rank : axis;
  // Before operator set 13, a softmax ran over everything from its axis on.
  if (opset < 13 && along === 1) return builder.softmax(name, builder.reshape(name, value, [sizeOf(value.actual)]));
  if ((value.seen[along - 1] ?? 0) !== sizeOf(value.actual))
    throw operation.fault(`a softmax over axis ${axis} of ${value.seen.join('×')}`, 'one over a whole vector');
  return builder.softmax(name, value);
}

function localResponse({ node, builder, name, value }: Operation): Value {
  return builder.localResponse(name, value(0), {
    size: intOf(node, 'size', 0),
    alpha: floatOf(node, 'alpha', 1e-4),
    beta: floatOf(node, 'beta', 0.75),
    k: floatOf(node, 'bias', 1),
  });
}

function flatten(operation: Operation): Value {
  const value = operation.value(0);
  const axis = intOf(operation.node, 'axis', 1);
  if (axis !== 1 && axis !== -value.seen.length) throw operation.fault(`axis ${axis}`, '1, behind the batch');
  return operation.builder.reshape(operation.name, value, [sizeOf(value.actual)]);
}

/** 0 keeps an extent, −1 takes what is left; the batch stays apart. */
function reshape(operation: Operation): Value {
  const { node, builder, name, batch } = operation;
  const value = operation.value(0);
  const target = [...operation.constant(1).values];
  const before = [batch, ...value.seen];
  const kept = intOf(node, 'allowzero', 0) === 0;
  const extents = target.map((extent, axis) => (extent === 0 && kept ? (before[axis] ?? 0) : extent));
  const known = sizeOf(extents.filter((extent) => extent !== -1));
  const whole = extents.map((extent) => (extent === -1 ? (batch * sizeOf(value.actual)) / known : extent));
  const [first, ...seen] = whole;
  if (first !== batch || !seen.every((extent) => Number.isSafeInteger(extent) && extent >= 1)) {
    throw operation.fault(`a reshape of ${before.join('×')} to ${target.join(', ')}`, 'one that keeps the batch');
  }
  return builder.reshape(name, value, seen);
}

function squeeze(operation: Operation): Value {
  const value = operation.value(0);
  const rank = value.seen.length + 1;
  const axes = axesOf(operation, rank);
  const seen = value.seen.filter((extent, at) => !(axes ? axes.includes(at + 1) : extent === 1));
  if (axes?.includes(0)) throw operation.fault('a squeeze of the batch', 'of other axes');
  return operation.builder.reshape(operation.name, value, seen);
}

function unsqueeze(operation: Operation): Value {
  const value = operation.value(0);
  const axes = axesOf(operation, value.seen.length + 1 + (intsOf(operation.node, 'axes')?.length ?? 1));
  if (!axes || axes.includes(0)) throw operation.fault('an axis before the batch', 'axes behind it');
  const seen = [...value.seen];
  for (const axis of [...axes].sort((a, b) => a - b)) seen.splice(axis - 1, 0, 1);
  return operation.builder.reshape(operation.name, value, seen);
}

function axesOf(operation: Operation, rank: number): readonly number[] | null {
  const { node, opset } = operation;
  const axes = opset < 13 ? intsOf(node, 'axes') : [...(operation.optionalConstant(1)?.values ?? [])];
  return axes && axes.length > 0 ? axes.map((axis) => (axis < 0 ? axis + rank : axis)) : null;
}

function transpose(operation: Operation): Value {
  const value = operation.value(0);
  const given = permutationOf(operation.node);
  const permutation = given.length > 0 ? given : [...value.seen.keys(), value.seen.length].reverse();
  const isPermutation = [...permutation].sort((a, b) => a - b).every((axis, at) => axis === at);
  if (!isPermutation || permutation.length !== value.seen.length + 1 || permutation[0] !== 0) {
    throw operation.fault(`a transposition by ${permutation.join(', ')}`, 'one of all axes that keeps the batch first');
  }
  return operation.builder.transpose(operation.name, value, permutation);
}

/** Zeros around an image, for the convolution behind. */
function pad(operation: Operation): Value {
  const { node, builder, name, opset } = operation;
  const value = operation.value(0);
  const mode = node.attribute.find((attribute) => attribute.name === 'mode')?.s;
  const pads = opset < 11 ? (intsOf(node, 'pads') ?? []) : [...operation.constant(1).values];
  const filler = opset < 11 ? floatOf(node, 'value', 0) : (operation.optionalConstant(2)?.values[0] ?? 0);
  const constantMode = mode === undefined || new TextDecoder().decode(mode) === 'constant';
  if (!constantMode || filler !== 0) throw operation.fault('another padding than zeros', 'zeros');
  if (pads.length !== 8 || !pads.every((pixels) => Number.isSafeInteger(pixels) && pixels >= 0)) {
    throw operation.fault(`pads of ${pads.join(', ')}`, '8 whole numbers of at least 0');
  }
  const [height, width] = value.order === 'hwc' ? [1, 2] : [2, 3];
  const spatial = [height, width, height + 4, width + 4] as const;
  if (pads.some((pixels, at) => pixels > 0 && !spatial.includes(at)))
    throw operation.fault(`pads of ${pads.join(', ')}`, 'around height and width');
  const [top, left, bottom, right] = spatial.map((at) => pads[at] ?? 0);
  return builder.padded(name, value, [top ?? 0, left ?? 0, bottom ?? 0, right ?? 0]);
}
