// What each Keras layer is here (Keras 2 and 3 configs, as TensorFlow.js writes them).

import type { InputError } from '../base/errors.js';
import { sizeOf } from '../layers/index.js';
import type { Padding, Pair } from '../network.js';
import type { GraphBuilder, OpenWeights, Value, Weights } from './graph-builder.js';
import { depthwiseFiltersOf, filtersOf, rowsOf, type TfTensor } from './tfjs-weights.js';
import { samePadding } from './window-padding.js';

/** A layer's settings, by Keras's names. */
export type KerasConfig = Readonly<Record<string, unknown>>;

export interface KerasUse {
  readonly name: string;
  readonly config: KerasConfig;
  readonly inputs: readonly Value[];
  readonly builder: GraphBuilder;
  fault(found: string, expected: string): InputError;
  /** A weight by its name within the layer; null where the model has no weights. */
  weight(name: string): TfTensor | null;
}

export const kerasLayers: Readonly<Record<string, (use: KerasUse) => Value>> = {
  Conv2D: (use) => activated(use, convolution(use)),
  DepthwiseConv2D: (use) => activated(use, depthwise(use)),
  SeparableConv2D: separable,
  Dense: (use) => activated(use, dense(use)),
  MaxPooling2D: (use) => pool(use, 'max'),
  AveragePooling2D: (use) => pool(use, 'average'),
  GlobalMaxPooling2D: (use) => globalPool(use, 'max'),
  GlobalAveragePooling2D: (use) => globalPool(use, 'average'),
  BatchNormalization: batchNorm,
  Activation: (use) => activated(use, one(use)),
  ReLU: rectified,
  Softmax: (use) => use.builder.softmax(use.name, one(use)),
  Add: (use) => use.builder.sum(use.name, use.inputs),
  Concatenate: concatenated,
  Flatten: (use) => use.builder.reshape(use.name, one(use), [sizeOf(one(use).actual)]),
  Reshape: reshaped,
  Dropout: (use) => use.builder.dropout(one(use)),
  SpatialDropout2D: (use) => use.builder.dropout(one(use)),
  ZeroPadding2D: zeroPadded,
};

function one({ inputs, fault }: KerasUse): Value {
  const [value, ...others] = inputs;
  if (!value || others.length > 0) throw fault(`${inputs.length} inputs`, 'one');
  return value;
}

const activations: Readonly<Record<string, (use: KerasUse, value: Value, name: string) => Value>> = {
  linear: (_use, value) => value,
  relu: ({ builder }, value, name) => builder.rectify(name, value, 'relu'),
  relu6: ({ builder }, value, name) => builder.rectify(name, value, 'relu6'),
  softmax: ({ builder }, value, name) => builder.softmax(name, value),
};

function activated(use: KerasUse, value: Value): Value {
  const activation = String(use.config.activation ?? 'linear');
  const apply = Object.hasOwn(activations, activation) ? activations[activation] : undefined;
  if (!apply) throw use.fault(`activation ${activation.slice(0, 40)}`, Object.keys(activations).join(', '));
  return apply(use, value, `${use.name}/${activation}`);
}

/** One number for both axes, or one for each. */
function pair({ config, fault }: KerasUse, key: string, otherwise: Pair): Pair {
  const value = config[key];
  if (value === undefined || value === null) return otherwise;
  if (typeof value === 'number') return [value, value];
  const [vertical, horizontal]: unknown[] = Array.isArray(value) ? value : [];
  if (typeof vertical === 'number' && typeof horizontal === 'number') return [vertical, horizontal];
  throw fault(`${key} of ${JSON.stringify(value).slice(0, 40)}`, 'two numbers');
}

function windowOf(use: KerasUse, kernel: Pair, otherwise: Pair) {
  const { config, fault } = use;
  if ((config.data_format ?? 'channels_last') !== 'channels_last') throw fault('channels first', 'channels last');
  const stride = pair(use, 'strides', otherwise);
  const dilation = pair(use, 'dilation_rate', [1, 1]);
  return { kernel, stride, dilation, pad: padOf(use, kernel, stride, dilation) };
}

function padOf({ config, fault, ...use }: KerasUse, kernel: Pair, stride: Pair, dilation: Pair): Padding {
  const mode = config.padding ?? 'valid';
  if (mode === 'valid') return [0, 0, 0, 0];
  if (mode !== 'same') throw fault(`padding ${String(mode).slice(0, 20)}`, 'valid or same');
  const [, height = 1, width = 1] = use.inputs[0]?.actual ?? [];
  return samePadding([height, width], kernel, stride, dilation);
}

const usesBias = ({ config }: KerasUse) => config.use_bias !== false;

function biasOf(use: KerasUse): Float32Array | null {
  return usesBias(use) ? (use.weight('bias')?.values ?? null) : null;
}

function convolution(use: KerasUse): Value {
  const { config, builder, name } = use;
  const kernel = pair(use, 'kernel_size', [1, 1]);
  const groups = Number(config.groups ?? 1);
  const stored = use.weight('kernel');
  const weights: Weights | OpenWeights = stored
    ? { ...filtersOf(stored), bias: biasOf(use) }
    : { rows: Number(config.filters), hasBias: usesBias(use) };
  return builder.convolution(name, one(use), { ...windowOf(use, kernel, [1, 1]), groups }, weights);
}

function depthwise(use: KerasUse, kernelName = 'depthwise_kernel', bias = usesBias(use)): Value {
  const { config, builder, name } = use;
  const value = one(use);
  const kernel = pair(use, 'kernel_size', [1, 1]);
  const stored = use.weight(kernelName);
  const groups = value.actual[0];
  const weights: Weights | OpenWeights = stored
    ? { ...depthwiseFiltersOf(stored), bias: bias ? biasOf(use) : null }
    : { rows: groups * Number(config.depth_multiplier ?? 1), hasBias: bias };
  return builder.convolution(name, value, { ...windowOf(use, kernel, [1, 1]), groups }, weights);
}

/** A depthwise convolution, then a pointwise one. */
function separable(use: KerasUse): Value {
  const { config, builder, name } = use;
  const inner = depthwise({ ...use, name: `${name}/depthwise` }, 'depthwise_kernel', false);
  const stored = use.weight('pointwise_kernel');
  const weights: Weights | OpenWeights = stored
    ? { ...filtersOf(stored), bias: biasOf(use) }
    : { rows: Number(config.filters), hasBias: usesBias(use) };
  const window = { kernel: [1, 1], stride: [1, 1], dilation: [1, 1], pad: [0, 0, 0, 0], groups: 1 } as const;
  return activated(use, builder.convolution(name, inner, window, weights));
}

function dense(use: KerasUse): Value {
  const { config, builder, name, fault } = use;
  const value = one(use);
  if (value.seen.length !== 1) throw fault(`an input of ${value.seen.join('×')}`, 'a vector');
  const stored = use.weight('kernel');
  if (!stored) return builder.dense(name, value, { rows: Number(config.units), hasBias: usesBias(use) });
  return builder.dense(name, value, { ...rowsOf(stored), bias: biasOf(use) });
}

function pool(use: KerasUse, mode: 'max' | 'average'): Value {
  const kernel = pair(use, 'pool_size', [2, 2]);
  const { stride, pad } = windowOf(use, kernel, kernel);
  const plain = { mode, kernel, stride, pad, rounding: 'floor', countsPadding: false } as const;
  return use.builder.pool(use.name, one(use), plain);
}

function globalPool(use: KerasUse, mode: 'max' | 'average'): Value {
  const { builder, name, config } = use;
  const pooled = builder.pool(name, one(use), { mode, kernel: 'global', stride: 1, pad: 0, rounding: 'floor' });
  return config.keepdims === true ? pooled : builder.reshape(name, pooled, [pooled.actual[0]]);
}

function batchNorm(use: KerasUse): Value {
  const { config, builder, name, weight } = use;
  const value = one(use);
  const axis = Array.isArray(config.axis) ? config.axis[0] : (config.axis ?? -1);
  if (axis !== -1 && axis !== value.seen.length) throw use.fault(`axis ${String(axis).slice(0, 20)}`, 'the channels');
  const [mean, variance] = [weight('moving_mean'), weight('moving_variance')];
  if (!mean || !variance) return builder.normalise(name, value, null);
  const scale = config.scale === false ? null : weight('gamma');
  const shift = config.center === false ? null : weight('beta');
  return builder.normalise(name, value, {
    scale: scale?.values ?? mean.values.map(() => 1),
    shift: shift?.values ?? mean.values.map(() => 0),
    ...{ mean: mean.values, variance: variance.values },
    epsilon: Number(config.epsilon ?? 1e-3),
  });
}

function rectified(use: KerasUse): Value {
  const { max_value: most = null, negative_slope: slope = 0, threshold = 0 } = use.config;
  if (!(slope === 0 || slope === null) || !(threshold === 0 || threshold === null))
    throw use.fault('a slope or a threshold', 'none');
  if (most !== null && most !== 6) throw use.fault(`a bound of ${String(most).slice(0, 20)}`, '6 or none');
  return use.builder.rectify(use.name, one(use), most === 6 ? 'relu6' : 'relu');
}

function concatenated({ config, builder, name, inputs, fault }: KerasUse): Value {
  const axis = config.axis ?? -1;
  const rank = inputs[0]?.seen.length ?? 0;
  if (axis !== -1 && axis !== rank) throw fault(`axis ${String(axis).slice(0, 20)}`, 'the channels');
  return builder.concatenate(name, inputs);
}

function reshaped(use: KerasUse): Value {
  const { config, builder, name, fault } = use;
  const value = one(use);
  const target: unknown = config.target_shape;
  const shape = Array.isArray(target) ? target.filter((extent): extent is number => typeof extent === 'number') : [];
  const known = sizeOf(shape.filter((extent) => extent !== -1));
  const seen = shape.map((extent) => (extent === -1 ? sizeOf(value.actual) / known : extent));
  if (seen.length === 0 || !seen.every((extent) => Number.isSafeInteger(extent) && extent >= 1)) {
    throw fault(`target_shape of ${JSON.stringify(target)?.slice(0, 40)}`, 'a shape of as many values');
  }
  return builder.reshape(name, value, seen);
}

function zeroPadded(use: KerasUse): Value {
  const { config, builder, name, fault } = use;
  const padding: unknown = config.padding ?? 1;
  const axes = Array.isArray(padding) ? padding : [padding, padding];
  const sides = axes.flatMap((axis: unknown) => (Array.isArray(axis) ? axis : [axis, axis]));
  const [top, bottom, left, right] = sides.filter(
    (pixels): pixels is number => Number.isSafeInteger(pixels) && Number(pixels) >= 0,
  );
  if (top === undefined || bottom === undefined || left === undefined || right === undefined) {
    throw fault(`padding of ${JSON.stringify(padding).slice(0, 40)}`, 'whole numbers of at least 0');
  }
  return builder.padded(name, one(use), [top, left, bottom, right]);
}
