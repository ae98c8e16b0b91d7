// What each TensorFlow operator is here, those that the TensorFlow.js converter fuses among them.

import type { InputError } from '../base/errors.js';
import { sizeOf } from '../layers/index.js';
import type { Padding, Pair } from '../network.js';
import type { GraphBuilder, Value } from './graph-builder.js';
import { depthwiseFiltersOf, filtersOf, rowsOf, type TfTensor } from './tfjs-weights.js';
import { samePadding } from './window-padding.js';

export type Meaning =
  | { readonly kind: 'constant'; readonly constant: TfTensor }
  | { readonly kind: 'value'; readonly value: Value }
  | { readonly kind: 'nothing' };

export interface GraphUse {
  readonly name: string;
  readonly builder: GraphBuilder;
  readonly attr: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly inputs: number;
  fault(found: string, expected: string): InputError;
  meaning(at: number): Meaning | null;
  value(at: number): Value;
  constant(at: number): TfTensor;
}

const layer =
  (make: (use: GraphUse) => Value) =>
  (use: GraphUse): Meaning => ({ kind: 'value', value: make(use) });

export const tfOperators: Readonly<Record<string, (use: GraphUse) => Meaning>> = {
  Conv2D: layer(convolution),
  _FusedConv2D: layer((use) => fused(use, convolution(use))),
  DepthwiseConv2dNative: layer(depthwise),
  FusedDepthwiseConv2dNative: layer((use) => fused(use, depthwise(use))),
  MatMul: layer(product),
  _FusedMatMul: layer((use) => fused(use, product(use))),
  BiasAdd: layer((use) => shifted(use, 1)),
  Add: layer((use) => shifted(use, 1)),
  AddV2: layer((use) => shifted(use, 1)),
  AddN: layer((use) =>
    use.builder.sum(
      use.name,
      Array.from({ length: use.inputs }, (_, at) => use.value(at)),
    ),
  ),
  Sub: layer((use) => shifted(use, -1)),
  Mul: layer(scaled),
  Relu: layer((use) => use.builder.rectify(use.name, use.value(0), 'relu')),
  Relu6: layer((use) => use.builder.rectify(use.name, use.value(0), 'relu6')),
  MaxPool: layer((use) => pool(use, 'max')),
  AvgPool: layer((use) => pool(use, 'average')),
  Mean: layer(mean),
  FusedBatchNorm: layer(batchNorm),
  FusedBatchNormV2: layer(batchNorm),
  FusedBatchNormV3: layer(batchNorm),
  ConcatV2: layer(concat),
  Softmax: layer((use) => use.builder.softmax(use.name, use.value(0))),
  Reshape: layer(reshape),
  Squeeze: layer(squeeze),
  Pad: layer(pad),
  PadV2: layer(pad),
  Identity: same,
  StopGradient: same,
};

function same(use: GraphUse): Meaning {
  const found = use.meaning(0);
  if (!found) throw use.fault('no input', 'one');
  return found;
}

/** A list of whole numbers: { list: { i: ['1', …] } }. */
function ints({ attr }: GraphUse, key: string): readonly number[] {
  const list: unknown = attr[key]?.list;
  const items: unknown = list !== null && typeof list === 'object' && 'i' in list ? list.i : [];
  return Array.isArray(items) ? items.map(Number) : [];
}

/** Texts are in base 64; what is none is no text that any attribute takes. */
function decoded(text: unknown): string {
  try {
    return typeof text === 'string' ? atob(text) : '';
  } catch {
    return '';
  }
}

const text = ({ attr }: GraphUse, key: string) => decoded(attr[key]?.s);

/** Strides and the like are told for [batch, rows, columns, channels]. */
function spatial(use: GraphUse, key: string): Pair {
  const [, vertical = 1, horizontal = 1] = ints(use, key);
  return [vertical, horizontal];
}

function windowOf(use: GraphUse, kernel: Pair) {
  if (text(use, 'data_format') === 'NCHW') throw use.fault('channels first', 'channels last');
  const [stride, dilation] = [spatial(use, 'strides'), spatial(use, 'dilations')];
  return { kernel, stride, dilation, pad: padOf(use, kernel, stride, dilation) };
}

function padOf(use: GraphUse, kernel: Pair, stride: Pair, dilation: Pair): Padding {
  const mode = text(use, 'padding');
  if (mode === 'VALID') return [0, 0, 0, 0];
  if (mode === 'EXPLICIT') {
    const [, , top = 0, bottom = 0, left = 0, right = 0] = ints(use, 'explicit_paddings');
    return [top, left, bottom, right];
  }
  if (mode !== 'SAME') throw use.fault(`padding ${mode.slice(0, 20)}`, 'SAME, VALID or EXPLICIT');
  const [, height = 1, width = 1] = use.value(0).actual;
  return samePadding([height, width], kernel, stride, dilation);
}

function kernelOf({ shape }: TfTensor): Pair {
  const [vertical = 1, horizontal = 1] = shape;
  return [vertical, horizontal];
}

function convolution(use: GraphUse): Value {
  const stored = use.constant(1);
  const value = use.value(0);
  const groups = value.actual[0] / (stored.shape[2] ?? 1);
  const window = { ...windowOf(use, kernelOf(stored)), groups };
  if (!Number.isSafeInteger(groups))
    throw use.fault(`weights for ${stored.shape[2]} channels`, `the ${value.actual[0]} of its input`);
  return use.builder.convolution(use.name, value, window, { ...filtersOf(stored), bias: null });
}

function depthwise(use: GraphUse): Value {
  const stored = use.constant(1);
  const value = use.value(0);
  const window = { ...windowOf(use, kernelOf(stored)), groups: value.actual[0] };
  return use.builder.convolution(use.name, value, window, { ...depthwiseFiltersOf(stored), bias: null });
}

function product(use: GraphUse): Value {
  const stored = use.constant(1);
  if (use.attr.transpose_a?.b === true) throw use.fault('transpose_a', 'none');
  const [rows = 1, columns = 1] = stored.shape;
  const weights = use.attr.transpose_b?.b === true ? { rows, columns, values: stored.values } : rowsOf(stored);
  return use.builder.dense(use.name, use.value(0), { ...weights, bias: null });
}

/** What the converter appended: a bias, a normalisation's shift, a rectifier. */
function fused(use: GraphUse, made: Value): Value {
  const list: unknown = use.attr.fused_ops?.list;
  const items: unknown = list !== null && typeof list === 'object' && 's' in list ? list.s : [];
  let value = made;
  for (const op of Array.isArray(items) ? items.map(decoded) : []) {
    if (op === 'BiasAdd') value = use.builder.shift(`${use.name}/bias`, value, use.constant(2).values);
    else if (op === 'Relu') value = use.builder.rectify(`${use.name}/relu`, value, 'relu');
    else if (op === 'Relu6') value = use.builder.rectify(`${use.name}/relu6`, value, 'relu6');
    else throw use.fault(`fused ${op.slice(0, 40)}`, 'BiasAdd, Relu or Relu6');
  }
  return value;
}

/** Two results, or one and a constant for each channel. */
function operands(use: GraphUse): readonly [value: Value, other: Value | Float32Array] {
  const [left, right] = [use.meaning(0), use.meaning(1)];
  if (left?.kind === 'value' && right?.kind === 'value') return [left.value, right.value];
  const [value, constant] = left?.kind === 'value' ? [left.value, use.constant(1)] : [use.value(1), use.constant(0)];
  const [channels] = value.actual;
  const { values, shape } = constant;
  if (values.length === 1) return [value, new Float32Array(channels).fill(values[0] as number)];
  if (values.length === channels && shape.at(-1) === channels) return [value, values];
  throw use.fault(`a constant of ${shape.join('×')}`, `one value for each of ${channels} channels`);
}

function shifted(use: GraphUse, sign: 1 | -1): Value {
  const [value, other] = operands(use);
  if (other instanceof Float32Array) {
    if (sign < 0 && use.meaning(0)?.kind === 'constant')
      throw use.fault('a constant less a result', 'a result less a constant');
    return use.builder.shift(
      use.name,
      value,
      other.map((each) => each * sign),
    );
  }
  if (sign < 0) throw use.fault('a difference of two results', 'a sum');
  return use.builder.sum(use.name, [value, other]);
}

function scaled(use: GraphUse): Value {
  const [value, other] = operands(use);
  if (!(other instanceof Float32Array)) throw use.fault('a product of two results', 'a result and a constant');
  return use.builder.scaleAndShift(
    use.name,
    value,
    other,
    other.map(() => 0),
  );
}

function pool(use: GraphUse, mode: 'max' | 'average'): Value {
  const { kernel, stride, pad } = windowOf(use, spatial(use, 'ksize'));
  return use.builder.pool(use.name, use.value(0), {
    mode,
    kernel,
    stride,
    pad,
    rounding: 'floor',
    countsPadding: false,
  });
}

/** Over height and width. */
function mean(use: GraphUse): Value {
  const { name, builder } = use;
  const axes = [...use.constant(1).values].map((axis) => (axis < 0 ? axis + 4 : axis)).sort((a, b) => a - b);
  if (axes.join() !== '1,2') throw use.fault(`a mean over axes ${axes.join(', ')}`, 'over height and width');
  const pooled = builder.pool(name, use.value(0), {
    mode: 'average',
    kernel: 'global',
    stride: 1,
    pad: 0,
    rounding: 'floor',
  });
  return use.attr.keep_dims?.b === true ? pooled : builder.reshape(name, pooled, [pooled.actual[0]]);
}

function batchNorm(use: GraphUse): Value {
  if (use.attr.is_training?.b === true) throw use.fault('is_training', 'inference');
  const [scale, shift, mean, variance] = [1, 2, 3, 4].map((at) => use.constant(at).values) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const epsilon = Number(use.attr.epsilon?.f ?? 1e-4);
  return use.builder.normalise(use.name, use.value(0), { scale, shift, mean, variance, epsilon });
}

function concat(use: GraphUse): Value {
  const values = Array.from({ length: use.inputs - 1 }, (_, at) => use.value(at));
  const axis = use.constant(use.inputs - 1).values[0] ?? 0;
  const rank = (values[0]?.seen.length ?? 0) + 1;
  if (axis !== -1 && axis !== rank - 1) throw use.fault(`axis ${axis}`, 'the channels');
  return use.builder.concatenate(use.name, values);
}

function reshape(use: GraphUse): Value {
  const value = use.value(0);
  const [, ...target] = use.constant(1).values;
  const known = sizeOf(target.filter((extent) => extent !== -1));
  const seen = target.map((extent) => (extent === -1 ? sizeOf(value.actual) / known : extent));
  if (!seen.every((extent) => Number.isSafeInteger(extent) && extent >= 1)) {
    throw use.fault(`a reshape to ${target.join(', ')}`, 'a shape of as many values');
  }
  return use.builder.reshape(use.name, value, seen);
}

function squeeze(use: GraphUse): Value {
  const value = use.value(0);
  const given = ints(use, 'squeeze_dims').map((axis) => (axis < 0 ? axis + value.seen.length + 1 : axis));
  const seen = value.seen.filter((extent, at) => !(given.length > 0 ? given.includes(at + 1) : extent === 1));
  return use.builder.reshape(use.name, value, seen);
}

/** Zeros around an image: [[0, 0], [top, bottom], [left, right], [0, 0]]. */
function pad(use: GraphUse): Value {
  const { values } = use.constant(1);
  const filler = use.inputs > 2 ? use.constant(2).values[0] : 0;
  const [batchBefore, batchAfter, top = 0, bottom = 0, left = 0, right = 0, before, after] = values;
  if (filler !== 0 || values.length !== 8 || batchBefore || batchAfter || before || after) {
    throw use.fault(`pads of ${values.join(', ').slice(0, 60)}`, 'zeros around height and width');
  }
  return use.builder.padded(use.name, use.value(0), [top, left, bottom, right]);
}
