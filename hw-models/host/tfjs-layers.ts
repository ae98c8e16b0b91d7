// Kinds of layers in TensorFlow.js, on images of [batch, height, width, channels], everything else
// of [batch, values], with weights laid out once. Convolutions and pools pad only in the ways that
// every backend knows: none or 'same'; other padding is an operation of its own.

import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { invariant } from '../../workloads/base/errors.js';
import {
  type Activation,
  inputShapeOf,
  type Layer,
  type LayerKind,
  type LayerOf,
  type LayerWeights,
  resultOf,
  type TensorType,
} from '../../workloads/network.js';
import { poolSpans } from '../../workloads/operators/pooling.js';
import { isDepthwise, reachOf, tapsOf } from '../../workloads/operators/window.js';
import { sizeOf } from '../../workloads/tensor.js';
import { toCsr, type WeightStore } from '../../workloads/weights/store.js';
import {
  floatsOnly,
  inputImage,
  interleaves,
  isImage,
  notOneImage,
  outputImage,
  severalSums,
  unequal,
  unevenNormalisation,
} from './fits.js';
import type { Tf } from './tfjs-backend.js';

/** A layer with its weights on the backend. */
export interface CompiledLayer {
  /** The tensors that live until the network is disposed of. */
  readonly constants: readonly Tensor[];
  /** A new tensor; runs inside a `tidy`. */
  apply(inputs: readonly Tensor[]): Tensor;
}

interface Compiler<Kind extends LayerKind> {
  /** In words why it cannot run a layer of its kind, or null where it can. */
  refusal(layer: LayerOf<Kind>): string | null;
  compile(tf: Tf, layer: LayerOf<Kind>, weights: LayerWeights | null): CompiledLayer;
}

const compilers: { readonly [Kind in LayerKind]?: Compiler<Kind> } = {
  dense: { refusal: () => null, compile: compileDense },
  conv2d: { refusal: notOneImage, compile: compileConvolution },
  pool2d: { refusal: notOneImage, compile: compilePool },
  lrn: { refusal: unevenNormalisation, compile: compileNormalisation },
  concat: { refusal: interleaves, compile: (tf) => free((inputs) => tf.concat([...inputs], -1)) },
  add: {
    refusal: unequal,
    compile: (tf, layer) => free((inputs) => relu(tf, tf.addN([...inputs]), layer.activation)),
  },
  relu: {
    refusal: () => null,
    compile: (tf, layer) => free(([input]) => relu(tf, input as Tensor, layer.activation)),
  },
  softmax: {
    refusal: severalSums,
    compile: (tf, layer) =>
      free(([input]) => held(tf, tf.softmax(flat(tf, input as Tensor)), resultOf(layer))),
  },
};

/**
 * `weights` are those of `layer`, of its shape. Null for what TensorFlow.js is not asked to do
 * here.
 */
export function compileLayer(
  tf: Tf,
  layer: Layer,
  weights: LayerWeights | null,
): CompiledLayer | null {
  const compiler = compilers[layer.kind] as Compiler<LayerKind> | undefined;
  if (floatsOnly(layer) !== null) return null;
  // The same values under another shape.
  if (layer.demand === null && layer.results.length === 1) {
    return free(([input]) => held(tf, flat(tf, input as Tensor), resultOf(layer)));
  }
  return compiler && compiler.refusal(layer) === null ? compiler.compile(tf, layer, weights) : null;
}

/** A layer without weights. */
function free(apply: CompiledLayer['apply']): CompiledLayer {
  return { constants: [], apply };
}

/** [batch, values], row-major, of a tensor as it is held. */
export function flat(tf: Tf, tensor: Tensor): Tensor {
  const [batch] = tensor.shape;
  const rows = tensor.rank === 4 ? tf.transpose(tensor, [0, 3, 1, 2]) : tensor;
  return tf.reshape(rows, [batch ?? 1, -1]);
}

/**
 * Row-major values of a batch as a tensor of this type is held: images with their channels last.
 */
export function held(tf: Tf, values: Tensor, type: TensorType): Tensor {
  const size = sizeOf(type.shape);
  if (!isImage(type)) return tf.reshape(values, [-1, size]);
  return tf.transpose(tf.reshape(values, [-1, ...type.shape.slice(1)]), [0, 2, 3, 1]);
}

function compileDense(
  tf: Tf,
  layer: LayerOf<'dense'>,
  weights: LayerWeights | null,
): CompiledLayer {
  const { store, bias } = weights as LayerWeights;
  const [channels, height, width] = isWhole(layer) ? inputImage(layer) : [store.columns, 1, 1];
  // An image that is read as a whole is flattened as it lies, channels last: its weights are laid
  // out to match.
  const matrix = tf.tensor2d(layOut(store, 0, store.rows, channels, everyPixel(height * width)), [
    store.columns,
    store.rows,
  ]);
  const biases = bias && tf.tensor1d(bias);
  return {
    constants: biases ? [matrix, biases] : [matrix],
    apply([input]) {
      const values = isWhole(layer) ? (input as Tensor) : flat(tf, input as Tensor);
      const product = tf.fused.matMul({
        a: tf.reshape(values, [-1, store.columns]),
        b: matrix,
        ...(biases && { bias: biases }),
        activation: activationOf(layer.activation),
      });
      return held(tf, product, resultOf(layer));
    },
  };
}

/** Whether a fully connected layer reads an image as one vector. */
function isWhole(layer: LayerOf<'dense'>): boolean {
  const input = { shape: inputShapeOf(layer), type: 'float32' } as const;
  return isImage(input) && sizeOf(resultOf(layer).shape) === layer.outputs;
}

function compileConvolution(
  tf: Tf,
  layer: LayerOf<'conv2d'>,
  weights: LayerWeights | null,
): CompiledLayer {
  const { store, bias } = weights as LayerWeights;
  const { groups, stride } = layer;
  const inputs = inputImage(layer)[0] / groups;
  // One channel a group: TensorFlow's depthwise convolution, which takes one stride for both axes.
  if (isDepthwise({ groups, input: inputImage(layer) }) && stride[0] === stride[1])
    return compileDepthwise(tf, layer, store, bias);
  const outputs = layer.channels / groups;
  const reach = reachOf(layer);
  const filters = Array.from({ length: groups }, (_, group) => ({
    filter: tf.tensor4d(layOut(store, group * outputs, outputs, inputs, spread(layer)), [
      reach[0],
      reach[1],
      inputs,
      outputs,
    ]),
    bias: bias && tf.tensor1d(bias.slice(group * outputs, (group + 1) * outputs)),
  }));
  const padded = padding(layer);
  const activation = activationOf(layer.activation);
  return {
    constants: filters.flatMap(({ filter, bias }) => (bias ? [filter, bias] : [filter])),
    apply: ([input]) => {
      const image = padImage(tf, asImage(input), padded.rows, padded.columns, 0);
      const parts = groups === 1 ? [image] : tf.split(image, groups, 3);
      const convolved = filters.map(({ filter, bias }, group) =>
        tf.fused.conv2d({
          x: asImage(parts[group]),
          filter,
          strides: [...stride],
          pad: padded.mode,
          activation,
          ...(bias && { bias }),
        }),
      );
      return convolved.length === 1 ? (convolved[0] as Tensor) : tf.concat(convolved, 3);
    },
  };
}

function compileDepthwise(
  tf: Tf,
  layer: LayerOf<'conv2d'>,
  store: WeightStore,
  bias: Float32Array | null,
): CompiledLayer {
  const { channels, groups, stride } = layer;
  const [height, width] = reachOf(layer);
  const shape = [height, width, groups, channels / groups] as const;
  const filter = tf.tensor4d(layOut(store, 0, channels, 1, spread(layer)), [...shape]);
  const biases = bias && tf.tensor1d(bias);
  const padded = padding(layer);
  const activation = activationOf(layer.activation);
  return {
    constants: biases ? [filter, biases] : [filter],
    apply: ([input]) => {
      const x = padImage(tf, asImage(input), padded.rows, padded.columns, 0);
      const strides: [number, number] = [...stride];
      return tf.fused.depthwiseConv2d({
        x,
        filter,
        strides,
        pad: padded.mode,
        activation,
        ...(biases && { bias: biases }),
      });
    },
  };
}

/**
 * Where each tap lies in a filter whose holes are zero weights: TensorFlow.js takes a dilation only
 * without a stride.
 */
function spread(layer: LayerOf<'conv2d'>): Taps {
  const [height, width] = reachOf(layer);
  const { kernel, dilation } = layer;
  const placeOf = (tap: number) =>
    Math.floor(tap / kernel[1]) * dilation[0] * width + (tap % kernel[1]) * dilation[1];
  return { count: tapsOf(layer), room: height * width, placeOf };
}

function compilePool(tf: Tf, layer: LayerOf<'pool2d'>): CompiledLayer {
  const [, height, width] = inputImage(layer);
  const pool = layer.mode === 'max' ? tf.maxPool : tf.avgPool;
  if (layer.kernel === 'global') {
    const apply = ([input]: readonly Tensor[]) => pool(asImage(input), [height, width], 1, 'valid');
    return { constants: [], apply };
  }
  const { kernel, stride, pad, mode } = layer;
  const [, outHeight, outWidth] = outputImage(layer);
  // What the last window needs beyond the image.
  const after = (axis: 0 | 1, size: number, windows: number) =>
    Math.max(0, (windows - 1) * stride[axis] + kernel[axis] - size - pad[axis]);
  const below: Sides = [pad[0], after(0, height, outHeight)];
  const right: Sides = [pad[1], after(1, width, outWidth)];
  const outside = mode === 'max' ? Number.NEGATIVE_INFINITY : 0;
  const correction = mode === 'average' ? averageCorrection(tf, layer, tapsOf({ kernel })) : null;
  return {
    constants: correction ? [correction] : [],
    apply: ([input]) => {
      const image = padImage(tf, asImage(input), below, right, outside);
      const pooled = pool(image, [...kernel], [...stride], 'valid');
      return correction ? tf.mul(pooled, correction) : pooled;
    },
  };
}

/** A layer may divide by less than its kernel, TensorFlow never does: the ratio, if not 1. */
function averageCorrection(tf: Tf, layer: LayerOf<'pool2d'>, taps: number): Tensor | null {
  const rows = poolSpans(layer, inputImage(layer), outputImage(layer), 0);
  const columns = poolSpans(layer, inputImage(layer), outputImage(layer), 1);
  const ratios = rows.flatMap((row) =>
    columns.map((column) => taps / (row.extent * column.extent)),
  );
  return ratios.every((ratio) => ratio === 1)
    ? null
    : tf.tensor4d(ratios, [1, rows.length, columns.length, 1]);
}

function compileNormalisation(tf: Tf, layer: LayerOf<'lrn'>): CompiledLayer {
  const { size, alpha, beta, k } = layer;
  return {
    constants: [],
    apply: ([input]) =>
      tf.localResponseNormalization(asImage(input), (size - 1) / 2, k, alpha / size, beta),
  };
}

type Sides = readonly [before: number, after: number];

/**
 * Padding of a convolution: 'same' where that means the same, which costs nothing, else pixels to
 * add first.
 */
function padding(layer: LayerOf<'conv2d'>): {
  mode: 'same' | 'valid';
  rows: Sides;
  columns: Sides;
} {
  const [top, left, bottom, right] = layer.pad;
  const reach = reachOf(layer);
  const isSame = (before: number, after: number, axis: 0 | 1) =>
    layer.stride[axis] === 1 && before === after && 2 * before === reach[axis] - 1;
  if (isSame(top, bottom, 0) && isSame(left, right, 1))
    return { mode: 'same', rows: [0, 0], columns: [0, 0] };
  return { mode: 'valid', rows: [top, bottom], columns: [left, right] };
}

function padImage(tf: Tf, image: Tensor4D, rows: Sides, columns: Sides, value: number): Tensor4D {
  if (![...rows, ...columns].some((pixels) => pixels > 0)) return image;
  return tf.pad(image, [[0, 0], [...rows], [...columns], [0, 0]], value);
}

/** The columns of one channel, and where each goes in the `room` that the channel has. */
interface Taps {
  readonly count: number;
  readonly room: number;
  placeOf(tap: number): number;
}

const everyPixel = (pixels: number): Taps => ({
  count: pixels,
  room: pixels,
  placeOf: (pixel) => pixel,
});

/**
 * Weights of `rows` outputs from `firstRow` on as [taps, channels, outputs]: the channels, the
 * slowest of a store's columns, run faster. Zeros are where nothing is placed, so that a sparse
 * store never becomes dense twice.
 */
function layOut(
  store: WeightStore,
  firstRow: number,
  rows: number,
  channels: number,
  taps: Taps,
): Float32Array {
  const { columns } = store;
  const values = new Float32Array(taps.room * channels * rows);
  const place = (column: number) =>
    (taps.placeOf(column % taps.count) * channels + Math.floor(column / taps.count)) * rows;
  const places = Uint32Array.from({ length: columns }, (_, column) => place(column));
  if (store.format === 'dense') {
    const { values: own } = store;
    for (let row = 0; row < rows; row++) {
      const from = (firstRow + row) * columns;
      for (let column = 0; column < columns; column++) {
        values[(places[column] as number) + row] = own[from + column] as number;
      }
    }
    return values;
  }
  const { pointers, indices, values: kept } = toCsr(store);
  for (let row = 0; row < rows; row++) {
    const end = pointers[firstRow + row + 1] as number;
    for (let at = pointers[firstRow + row] as number; at < end; at++) {
      values[(places[indices[at] as number] as number) + row] = kept[at] as number;
    }
  }
  return values;
}

function activationOf(activation: Activation): 'relu' | 'relu6' | 'linear' {
  return activation === 'none' ? 'linear' : activation;
}

function relu(tf: Tf, tensor: Tensor, activation: Activation): Tensor {
  if (activation === 'none') return tensor;
  return activation === 'relu' ? tf.relu(tensor) : tf.relu6(tensor);
}

function asImage(tensor: Tensor | undefined): Tensor4D {
  invariant(tensor !== undefined && tensor.rank === 4, 'a layer of images met something else');
  return tensor as Tensor4D;
}
