// Each kind of layer in TensorFlow.js, with tensors of [batch, height, width, channels] or [batch, features] and
// weights laid out once. Convolutions and pools pad only in the ways that every backend knows: none or 'same'; other
// padding is an operation of its own.

import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { invariant } from '../../workloads/base/errors.js';
import { poolSpans } from '../../workloads/layers/forward.js';
import { type Image, imageShape, sizeOf } from '../../workloads/layers/index.js';
import type { Layer, LayerKind, LayerWeights, OpOf, Rectifier } from '../../workloads/network.js';
import { toCsr, type WeightStore } from '../../workloads/weights/store.js';
import type { Tf } from './tfjs-backend.js';

/** A layer with its weights on the backend. */
export interface CompiledLayer {
  /** The tensors that live until the network is disposed of. */
  readonly constants: readonly Tensor[];
  /** A new tensor; runs inside a `tidy`. */
  apply(inputs: readonly Tensor[]): Tensor;
}

type LayerOf<Kind extends LayerKind> = Layer & OpOf<Kind>;
type Compile<Kind extends LayerKind> = (tf: Tf, layer: LayerOf<Kind>, weights: LayerWeights | null) => CompiledLayer;

const compilers: { readonly [Kind in LayerKind]: Compile<Kind> } = {
  dense: compileDense,
  conv2d: compileConvolution,
  pool2d: compilePool,
  lrn: compileNormalisation,
  concat: (tf) => ({ constants: [], apply: (inputs) => tf.concat([...inputs], -1) }),
  softmax: (tf, layer) => ({
    constants: [],
    apply: ([input]) => {
      const features = channelsFirst(tf, input as Tensor);
      return tf.softmax(tf.reshape(features, [-1, sizeOf(layer.output)]));
    },
  }),
};

/** `weights` are those of `layer`, of its shape. */
export function compileLayer(tf: Tf, layer: Layer, weights: LayerWeights | null): CompiledLayer {
  const compile = compilers[layer.kind] as Compile<LayerKind>;
  return compile(tf, layer, weights);
}

/** [batch, height, width, channels] → [batch, channels, height, width]; a vector stays as it is. */
export function channelsFirst(tf: Tf, tensor: Tensor): Tensor {
  return tensor.rank === 4 ? tf.transpose(tensor, [0, 3, 1, 2]) : tensor;
}

/** [batch, channels, height, width] → [batch, height, width, channels]; a vector stays as it is. */
export function channelsLast(tf: Tf, tensor: Tensor): Tensor {
  return tensor.rank === 4 ? tf.transpose(tensor, [0, 2, 3, 1]) : tensor;
}

function compileDense(tf: Tf, layer: LayerOf<'dense'>, weights: LayerWeights | null): CompiledLayer {
  const { store, bias } = weights as LayerWeights;
  const [channels, height = 1, width = 1] = layer.inputShapes[0] ?? [0];
  // An input image is flattened as it lies, channels last: its weights are laid out to match.
  const matrix = tf.tensor2d(layOut(store, 0, store.rows, channels, height * width), [store.columns, store.rows]);
  const biases = bias && tf.tensor1d(bias);
  return {
    constants: biases ? [matrix, biases] : [matrix],
    apply: ([input]) =>
      tf.fused.matMul({
        a: tf.reshape(input as Tensor, [-1, store.columns]),
        b: matrix,
        ...(biases && { bias: biases }),
        activation: activationOf(layer.activation),
      }),
  };
}

function compileConvolution(tf: Tf, layer: LayerOf<'conv2d'>, weights: LayerWeights | null): CompiledLayer {
  const { store, bias } = weights as LayerWeights;
  const { kernel, stride, pad, groups } = layer;
  const inputs = inputImage(layer)[0] / groups;
  const outputs = layer.channels / groups;
  const filters = Array.from({ length: groups }, (_, group) => ({
    filter: tf.tensor4d(layOut(store, group * outputs, outputs, inputs, kernel * kernel), [
      kernel,
      kernel,
      inputs,
      outputs,
    ]),
    bias: bias && tf.tensor1d(bias.slice(group * outputs, (group + 1) * outputs)),
  }));
  const padded = padding(pad, kernel, stride);
  const activation = activationOf(layer.activation);
  return {
    constants: filters.flatMap(({ filter, bias }) => (bias ? [filter, bias] : [filter])),
    apply: ([input]) => {
      const image = padImage(tf, asImage(input), padded.added, padded.added, 0);
      const parts = groups === 1 ? [image] : tf.split(image, groups, 3);
      const convolved = filters.map(({ filter, bias }, group) =>
        tf.fused.conv2d({
          x: asImage(parts[group]),
          filter,
          strides: stride,
          pad: padded.mode,
          activation,
          ...(bias && { bias }),
        }),
      );
      return convolved.length === 1 ? (convolved[0] as Tensor) : tf.concat(convolved, 3);
    },
  };
}

function compilePool(tf: Tf, layer: LayerOf<'pool2d'>): CompiledLayer {
  const [, height, width] = inputImage(layer);
  const pool = layer.mode === 'max' ? tf.maxPool : tf.avgPool;
  if (layer.kernel === 'global') {
    const apply = ([input]: readonly Tensor[]) => pool(asImage(input), [height, width], 1, 'valid');
    return { constants: [], apply };
  }
  const { kernel, stride, pad, mode } = layer;
  const [, outHeight, outWidth] = imageShape(layer.output, layer.name);
  // What the last window needs beyond the image.
  const after = (size: number, windows: number) => Math.max(0, (windows - 1) * stride + kernel - size - pad);
  const below: Padding = [pad, after(height, outHeight)];
  const right: Padding = [pad, after(width, outWidth)];
  const outside = mode === 'max' ? Number.NEGATIVE_INFINITY : 0;
  const correction = mode === 'average' ? averageCorrection(tf, layer, kernel) : null;
  return {
    constants: correction ? [correction] : [],
    apply: ([input]) => {
      const image = padImage(tf, asImage(input), below, right, outside);
      const pooled = pool(image, kernel, stride, 'valid');
      return correction ? tf.mul(pooled, correction) : pooled;
    },
  };
}

/** Caffe divides by the window that ends with the padding, TensorFlow by the whole kernel: their ratio, if not 1. */
function averageCorrection(tf: Tf, layer: LayerOf<'pool2d'>, kernel: number): Tensor | null {
  const rows = poolSpans(layer, 1);
  const columns = poolSpans(layer, 2);
  const ratios = rows.flatMap((row) => columns.map((column) => (kernel * kernel) / (row.extent * column.extent)));
  return ratios.every((ratio) => ratio === 1) ? null : tf.tensor4d(ratios, [1, rows.length, columns.length, 1]);
}

function compileNormalisation(tf: Tf, layer: LayerOf<'lrn'>): CompiledLayer {
  const { size, alpha, beta, k } = layer;
  return {
    constants: [],
    apply: ([input]) => tf.localResponseNormalization(asImage(input), (size - 1) / 2, k, alpha / size, beta),
  };
}

type Padding = readonly [before: number, after: number];

/** Padding of a convolution: 'same' where that means the same, which costs nothing, else pixels to add first. */
function padding(pad: number, kernel: number, stride: number): { mode: 'same' | 'valid'; added: Padding } {
  const same = stride === 1 && 2 * pad === kernel - 1;
  return same ? { mode: 'same', added: [0, 0] } : { mode: 'valid', added: [pad, pad] };
}

function padImage(tf: Tf, image: Tensor4D, rows: Padding, columns: Padding, value: number): Tensor4D {
  if (![...rows, ...columns].some((pixels) => pixels > 0)) return image;
  return tf.pad(image, [[0, 0], [...rows], [...columns], [0, 0]], value);
}

/**
 * Weights of `rows` outputs from `firstRow` on as [inputs, outputs], the inputs' channels (the slowest of a store's
 * columns) turned to run fastest. Zeros are where nothing is placed, so that a sparse store never becomes dense twice.
 */
function layOut(store: WeightStore, firstRow: number, rows: number, channels: number, pixels: number): Float32Array {
  const { columns } = store;
  const values = new Float32Array(rows * columns);
  const place = (column: number) => ((column % pixels) * channels + Math.floor(column / pixels)) * rows;
  const places = Uint32Array.from({ length: columns }, (_, column) => place(column));
  if (store.format === 'dense') {
    for (let row = 0; row < rows; row++) {
      const from = (firstRow + row) * columns;
      for (let column = 0; column < columns; column++) {
        values[(places[column] as number) + row] = store.values[from + column] as number;
      }
    }
    return values;
  }
  const csr = toCsr(store);
  for (let row = 0; row < rows; row++) {
    const end = csr.pointers[firstRow + row + 1] as number;
    for (let at = csr.pointers[firstRow + row] as number; at < end; at++) {
      values[(places[csr.indices[at] as number] as number) + row] = csr.values[at] as number;
    }
  }
  return values;
}

function activationOf(rectifier: Rectifier): 'relu' | 'linear' {
  return rectifier === 'relu' ? 'relu' : 'linear';
}

function inputImage(layer: Layer): Image {
  return imageShape(layer.inputShapes[0] ?? [0], layer.name);
}

function asImage(tensor: Tensor | undefined): Tensor4D {
  invariant(tensor !== undefined && isImage(tensor), 'a layer of images met something else');
  return tensor;
}

function isImage(tensor: Tensor): tensor is Tensor4D {
  return tensor.rank === 4;
}
