// What each Caffe layer type is here. Defaults are those of BVLC/caffe, src/caffe/proto/caffe.proto.

import { sizeOf } from '../layers/index.js';
import type { LayerText } from './caffe-layers.js';
import type { Blob } from './caffe-proto.js';
import type { GraphBuilder, OpenWeights, Value, Weights } from './graph-builder.js';

export interface CaffeLayer {
  readonly layer: LayerText;
  readonly bottoms: readonly Value[];
  /** Its weights; null where the network has none at hand. */
  readonly blobs: readonly Blob[] | null;
  readonly builder: GraphBuilder;
}

/** The results, one for each `top`; a single one serves all. */
type CaffeType = (layer: CaffeLayer) => readonly Value[];

export const caffeTypes: Readonly<Record<string, CaffeType>> = {
  Convolution: convolution,
  InnerProduct: innerProduct,
  Pooling: pooling,
  ReLU: (from) => {
    const { layer, builder } = from;
    if (layer.number('relu_param', 'negative_slope', 0) !== 0) throw layer.fault('a slope below zero', 'none');
    return [builder.rectify(layer.name, first(from), 'relu')];
  },
  ReLU6: (from) => [from.builder.rectify(from.layer.name, first(from), 'relu6')],
  LRN: localResponse,
  BatchNorm: batchNorm,
  Scale: scale,
  Eltwise: eltwise,
  Concat: concat,
  Softmax: (from) => [from.builder.softmax(from.layer.name, first(from))],
  Dropout: (from) => [from.builder.dropout(first(from))],
  Flatten: (from) => [from.builder.reshape(from.layer.name, first(from), [sizeOf(first(from).actual)])],
  Reshape: (from) => [from.builder.reshape(from.layer.name, first(from), [sizeOf(first(from).actual)])],
  Split: (from) => [first(from)],
};

function first({ layer, bottoms }: CaffeLayer): Value {
  const [value, ...others] = bottoms;
  if (!value || others.length > 0) throw layer.fault(`${bottoms.length} inputs`, 'one');
  return value;
}

/** One number for both axes, one for each, or `_h` and `_w`. */
function pair(
  { numbers, fault }: LayerText,
  parameters: string,
  stem: string,
  field: string,
  otherwise: number,
): readonly [number, number] {
  const both = numbers(parameters, field);
  if (both.length > 2) throw fault(`${field} of ${both.length} axes`, '2');
  const [vertical = otherwise, horizontal = vertical] = both;
  return [numbers(parameters, `${stem}_h`)[0] ?? vertical, numbers(parameters, `${stem}_w`)[0] ?? horizontal];
}

const flag = (layer: LayerText, parameters: string, field: string, otherwise: boolean) =>
  layer.word(parameters, field, String(otherwise)) === 'true';

function convolution(from: CaffeLayer): readonly Value[] {
  const { layer, builder } = from;
  const value = first(from);
  const parameters = 'convolution_param';
  const kernel = pair(layer, parameters, 'kernel', 'kernel_size', 0);
  const pad = pair(layer, parameters, 'pad', 'pad', 0);
  const window = {
    kernel,
    stride: pair(layer, parameters, 'stride', 'stride', 1),
    dilation: pair(layer, parameters, 'dilation', 'dilation', 1),
    pad: [pad[0], pad[1], pad[0], pad[1]],
    groups: layer.number(parameters, 'group', 1),
  } as const;
  const columns = (value.actual[0] / window.groups) * kernel[0] * kernel[1];
  return [builder.convolution(layer.name, value, window, weightsOf(from, parameters, columns))];
}

function innerProduct(from: CaffeLayer): readonly Value[] {
  const { layer, builder } = from;
  const value = first(from);
  const parameters = 'inner_product_param';
  if (layer.number(parameters, 'axis', 1) !== 1) throw layer.fault('another axis', '1');
  if (flag(layer, parameters, 'transpose', false)) throw layer.fault('transpose', 'a row an output');
  return [builder.dense(layer.name, value, weightsOf(from, parameters, sizeOf(value.actual)))];
}

/** A row an output, with a bias unless told otherwise. */
function weightsOf({ layer, blobs }: CaffeLayer, parameters: string, columns: number): Weights | OpenWeights {
  const rows = layer.number(parameters, 'num_output', 0);
  const hasBias = flag(layer, parameters, 'bias_term', true);
  if (!blobs) return { rows, hasBias };
  const [weights, bias] = blobs;
  if (!weights || (hasBias && !bias)) throw layer.fault(`${blobs.length} blobs of weights`, hasBias ? '2' : '1');
  return { rows, columns, values: weights.values, bias: hasBias && bias ? bias.values : null };
}

/** Caffe rounds up unless told otherwise, and counts padding in averages. */
function pooling(from: CaffeLayer): readonly Value[] {
  const { layer, builder } = from;
  const parameters = 'pooling_param';
  const method = layer.word(parameters, 'pool', 'MAX');
  if (method !== 'MAX' && method !== 'AVE') throw layer.fault(`pool ${method.slice(0, 20)}`, 'MAX or AVE');
  const mode = method === 'MAX' ? 'max' : 'average';
  if (flag(layer, parameters, 'global_pooling', false)) {
    return [builder.pool(layer.name, first(from), { mode, kernel: 'global', stride: 1, pad: 0, rounding: 'floor' })];
  }
  const [top, left] = pair(layer, parameters, 'pad', 'pad', 0);
  const rounding = layer.word(parameters, 'round_mode', 'CEIL') === 'FLOOR' ? 'floor' : 'ceil';
  return [
    builder.pool(layer.name, first(from), {
      ...{ mode, rounding, countsPadding: true, pad: [top, left, top, left] },
      kernel: pair(layer, parameters, 'kernel', 'kernel_size', 0),
      stride: pair(layer, parameters, 'stride', 'stride', 1),
    }),
  ];
}

function localResponse(from: CaffeLayer): readonly Value[] {
  const { layer, builder } = from;
  const parameters = 'lrn_param';
  if (layer.word(parameters, 'norm_region', 'ACROSS_CHANNELS') !== 'ACROSS_CHANNELS') {
    throw layer.fault('a normalisation within channels', 'across channels');
  }
  return [
    builder.localResponse(layer.name, first(from), {
      size: layer.number(parameters, 'local_size', 5),
      alpha: layer.number(parameters, 'alpha', 1),
      beta: layer.number(parameters, 'beta', 0.75),
      k: layer.number(parameters, 'k', 1),
    }),
  ];
}

/** Mean and variance, stored as sums over the third blob's number. */
function batchNorm(from: CaffeLayer): readonly Value[] {
  const { layer, builder, blobs } = from;
  const value = first(from);
  if (!blobs) return [builder.normalise(layer.name, value, null)];
  const [mean, variance, factor] = blobs;
  if (!mean || !variance) throw layer.fault(`${blobs.length} blobs`, 'a mean, a variance and a factor');
  const over = factor?.values[0] ?? 1;
  const divided = (values: Float32Array) => values.map((each) => (over === 0 ? 0 : each / over));
  return [
    builder.normalise(layer.name, value, {
      ...{ scale: mean.values.map(() => 1), shift: mean.values.map(() => 0) },
      ...{ mean: divided(mean.values), variance: divided(variance.values) },
      epsilon: layer.number('batch_norm_param', 'eps', 1e-5),
    }),
  ];
}

function scale(from: CaffeLayer): readonly Value[] {
  const { layer, builder, blobs } = from;
  const value = first(from);
  if (!blobs) return [builder.normalise(layer.name, value, null)];
  const [factors, shift] = blobs;
  const hasBias = flag(layer, 'scale_param', 'bias_term', false);
  if (!factors || (hasBias && !shift)) throw layer.fault(`${blobs.length} blobs`, hasBias ? '2' : '1');
  return [
    builder.scaleAndShift(
      layer.name,
      value,
      factors.values,
      hasBias && shift ? shift.values : factors.values.map(() => 0),
    ),
  ];
}

function eltwise({ layer, bottoms, builder }: CaffeLayer): readonly Value[] {
  const operation = layer.word('eltwise_param', 'operation', 'SUM');
  if (operation !== 'SUM') throw layer.fault(`operation ${operation.slice(0, 20)}`, 'SUM');
  if (layer.numbers('eltwise_param', 'coeff').some((factor) => factor !== 1)) throw layer.fault('factors', '1 each');
  return [builder.sum(layer.name, bottoms)];
}

function concat({ layer, bottoms, builder }: CaffeLayer): readonly Value[] {
  const axis = layer.number('concat_param', 'axis', layer.number('concat_param', 'concat_dim', 1));
  if (axis !== 1) throw layer.fault(`axis ${axis}`, '1, the channels');
  return [builder.concatenate(layer.name, bottoms)];
}
