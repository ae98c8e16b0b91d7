// Layers of networks that read images or plain features, forward and backward, on TensorFlow.js:
// tensors of [batch, height, width, channels] or [batch, features]. Gradients are written out, as backends
// lack some and are slow at others.

import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { InputError, invariant } from '../base/errors.js';
import {
  type Activation,
  inputImageOf,
  type LayerKind,
  type LayerOf,
  outputImageOf,
  type Padding,
} from '../network.js';
import type { Tf } from './backend.js';
import {
  checkConvolution,
  convolve,
  filterGradient,
  inputGradient,
  padImage,
  patchRows,
} from './convolution.js';
import { directForm, winogradForm } from './filters.js';
import type { DeviceParameters, Pass } from './pass.js';
import { poolGradient } from './pooling.js';

type Compile<Kind extends LayerKind> = (tf: Tf, layer: LayerOf<Kind>) => Pass;

/** A final softmax is part of the loss. */
export const imageCompilers: { readonly [Kind in LayerKind]?: Compile<Kind> } = {
  dense: densePass,
  conv2d: convolutionPass,
  pool2d: poolPass,
  lrn: normalisationPass,
  concat: concatPass,
  add: addPass,
  relu: reluPass,
};

function densePass(tf: Tf, layer: LayerOf<'dense'>): Pass {
  if ((layer.axis ?? 1) !== 1) {
    throw new InputError(
      `layer ${layer.name}: a fully connected layer over axis ${layer.axis} cannot be trained, expected all of a frame`,
    );
  }
  // An image is flattened channels first, as weight stores have it.
  const flat = (input: Tensor): Tensor2D => {
    const first = input.rank === 4 ? tf.transpose(input, [0, 3, 1, 2]) : input;
    return tf.reshape(first, [input.shape[0] ?? 1, -1]);
  };
  return {
    forward([input], parameters) {
      const { weights, bias } = owned(parameters);
      return tf.fused.matMul({
        a: flat(input as Tensor),
        // Transposed by hand: the matrix product's own way to do it is slow on the wasm backend.
        b: tf.transpose(weights),
        ...(bias && { bias }),
        activation: fusedActivation(layer.activation),
      });
    },
    backward(gradient, { inputs, output, parameters }, [wantsInput]) {
      const input = inputs[0] as Tensor;
      const { weights, bias } = owned(parameters);
      const before = asMatrix(throughActivation(tf, gradient, output, layer.activation));
      return {
        inputs: [wantsInput ? unflatten(tf, tf.matMul(before, weights), input) : null],
        weights: tf.matMul(tf.transpose(before), flat(input)),
        ...(bias && { bias: columnSums(tf, before) }),
      };
    },
    rows: ([input]) => flat(input as Tensor),
  };
}

function convolutionPass(tf: Tf, layer: LayerOf<'conv2d'>): Pass {
  checkConvolution(layer, layer.name);
  const { groups } = layer;
  const inGroups = <T extends Tensor>(values: T, axis: number): readonly T[] => {
    return groups === 1 ? [values] : tf.split(values, groups, axis);
  };
  const formOf = ({ tile }: DeviceParameters) =>
    tile === null ? directForm(tf, layer) : winogradForm(tf, layer, tile);
  return {
    forward([input], parameters) {
      const { weights, bias } = owned(parameters);
      const form = formOf(owned(parameters));
      const parts = inGroups(asImage(input as Tensor), 3);
      const biases = bias && inGroups(bias, 0);
      const activation = fusedActivation(layer.activation);
      const convolved = inGroups(weights, 0).map((own, group) => {
        const ownBias = biases && form.bias(biases[group] as Tensor1D);
        return form.output(
          convolve(tf, parts[group] as Tensor4D, form.filter(own), ownBias, activation, form.shape),
        );
      });
      return join(tf, convolved);
    },
    backward(gradient, operands, [wantsInput]) {
      const { weights, bias } = owned(operands.parameters);
      const form = formOf(owned(operands.parameters));
      const before = asImage(throughActivation(tf, gradient, operands.output, layer.activation));
      const gradients = inGroups(before, 3).map(form.outputGradient);
      const parts = inGroups(asImage(operands.inputs[0] as Tensor), 3);
      const ofWeights = gradients.map((part, group) =>
        form.weights(filterGradient(tf, parts[group] as Tensor4D, part, form.shape)),
      );
      const ofInputs = () =>
        inGroups(weights, 0).map((own, group) => {
          const { shape } = parts[group] as Tensor4D;
          return inputGradient(
            tf,
            shape,
            form.filter(own),
            gradients[group] as Tensor4D,
            form.shape,
          );
        });
      return {
        inputs: [wantsInput ? join(tf, ofInputs()) : null],
        weights: ofWeights.length === 1 ? (ofWeights[0] as Tensor2D) : tf.concat([...ofWeights], 0),
        ...(bias && { bias: columnSums(tf, tf.reshape(before, [-1, layer.channels])) }),
      };
    },
    ...(groups === 1 && { rows: ([input]) => patchRows(tf, asImage(input as Tensor), layer) }),
  };
}

function poolPass(tf: Tf, layer: LayerOf<'pool2d'>): Pass {
  const gradientOf = poolGradient(layer);
  const pool = poolForward(tf, layer);
  return {
    forward: ([input]) => pool(asImage(input as Tensor)),
    backward(gradient, { inputs: [input] }) {
      const image = asImage(input as Tensor);
      const values = gradientOf(image.dataSync<'float32'>(), gradient.dataSync<'float32'>());
      return { inputs: [tf.tensor4d(values, image.shape)] };
    },
  };
}

/** Whole windows as the backend has them; others are cut out of an image padded for them. */
function poolForward(tf: Tf, layer: LayerOf<'pool2d'>): (image: Tensor4D) => Tensor4D {
  const [, height, width] = inputImageOf(layer);
  const pool = layer.mode === 'max' ? tf.maxPool : tf.avgPool;
  if (layer.kernel === 'global') return (image) => pool(image, [height, width], 1, 'valid');
  const { kernel, stride, pad, mode } = layer;
  const [, outHeight, outWidth] = outputImageOf(layer);
  const [top, left] = pad;
  // What the last window needs beyond the image.
  const after = (axis: 0 | 1, size: number, windows: number, before: number) =>
    Math.max(0, (windows - 1) * stride[axis] + kernel[axis] - size - before);
  const around: Padding = [
    top,
    left,
    after(0, height, outHeight, top),
    after(1, width, outWidth, left),
  ];
  if (mode === 'average' && around.some((pixels) => pixels > 0)) {
    throw new InputError(
      `layer ${layer.name}: found average pooling over padding, which cannot be trained`,
    );
  }
  return (image) =>
    pool(padImage(tf, image, around, Number.NEGATIVE_INFINITY), [...kernel], [...stride], 'valid');
}

/**
 * y = x · s^−β with s = k + α/n · Σ x²: dx = g · s^−β − 2αβ/n · x · Σ (g · y / s), sums over the
 * same channels.
 */
function normalisationPass(tf: Tf, layer: LayerOf<'lrn'>): Pass {
  const { size, alpha, beta, k } = layer;
  const [channels] = inputImageOf(layer);
  const reach = (size - 1) / 2;
  // [in, out]: 1 where the channels are neighbours; symmetric.
  const band = () =>
    tf.tensor4d(
      Float32Array.from({ length: channels * channels }, (_, at) => {
        return Math.abs(Math.floor(at / channels) - (at % channels)) <= reach ? 1 : 0;
      }),
      [1, 1, channels, channels],
    );
  const neighbours = (image: Tensor4D) => tf.conv2d(image, band(), 1, 'valid');
  const scaleOf = (image: Tensor4D) =>
    tf.add(tf.mul(neighbours(tf.square(image)), alpha / size), k);
  return {
    forward: ([input]) =>
      tf.mul(asImage(input as Tensor), tf.pow(scaleOf(asImage(input as Tensor)), -beta)),
    backward(gradient, { inputs: [input], output }) {
      const image = asImage(input as Tensor);
      const scale = scaleOf(image);
      const direct = tf.mul(gradient, tf.pow(scale, -beta));
      const sums = neighbours(asImage(tf.div(tf.mul(gradient, output), scale)));
      return { inputs: [tf.sub(direct, tf.mul(tf.mul(image, sums), (2 * alpha * beta) / size))] };
    },
  };
}

function concatPass(tf: Tf, layer: LayerOf<'concat'>): Pass {
  if ((layer.axis ?? 1) !== 1) {
    throw new InputError(
      `layer ${layer.name}: a concatenation along axis ${layer.axis} cannot be trained, expected the channels`,
    );
  }
  return {
    forward: (inputs) => tf.concat([...inputs], -1),
    backward(gradient, { inputs }) {
      const sizes = inputs.map((input) => input.shape[input.rank - 1] as number);
      return { inputs: tf.split(gradient, sizes, gradient.rank - 1) };
    },
  };
}

function addPass(tf: Tf, layer: LayerOf<'add'>): Pass {
  return {
    forward: (inputs) => clamped(tf, tf.addN([...inputs]), layer.activation),
    backward(gradient, { inputs, output }) {
      const before = throughActivation(tf, gradient, output, layer.activation);
      return { inputs: inputs.map(() => before) };
    },
  };
}

function reluPass(tf: Tf, layer: LayerOf<'relu'>): Pass {
  return {
    forward: ([input]) => clamped(tf, input as Tensor, layer.activation),
    backward: (gradient, { output }) => ({
      inputs: [throughActivation(tf, gradient, output, layer.activation)],
    }),
  };
}

function fusedActivation(activation: Activation): 'relu' | 'relu6' | 'linear' {
  return activation === 'none' ? 'linear' : activation;
}

function clamped(tf: Tf, values: Tensor, activation: Activation): Tensor {
  if (activation === 'none') return values;
  return activation === 'relu' ? tf.relu(values) : tf.relu6(values);
}

/** The gradient where the ReLU let its input through. */
function throughActivation<T extends Tensor>(
  tf: Tf,
  gradient: T,
  output: Tensor,
  activation: Activation,
): T {
  if (activation === 'none') return gradient;
  const above: T = tf.mul(gradient, tf.step(output));
  return activation === 'relu' ? above : tf.mul(above, tf.step(tf.sub(6, output)));
}

/** Sums over the rows of a matrix as a product, which is the faster way. */
function columnSums(tf: Tf, matrix: Tensor): Tensor {
  const rows = matrix.shape[0] as number;
  return tf.reshape(tf.matMul(tf.ones([1, rows]), matrix as Tensor2D), [-1]);
}

/** [batch, features] back to the shape of the `input` that they were flattened from. */
function unflatten(tf: Tf, features: Tensor, input: Tensor): Tensor {
  if (input.rank !== 4) return features;
  const [batch, height, width, channels] = asImage(input).shape;
  return tf.transpose(tf.reshape(features, [batch, channels, height, width]), [0, 2, 3, 1]);
}

function join(tf: Tf, parts: readonly Tensor4D[]): Tensor4D {
  return parts.length === 1 ? (parts[0] as Tensor4D) : tf.concat([...parts], 3);
}

function owned(parameters: DeviceParameters | null): DeviceParameters {
  invariant(parameters !== null, 'a weighted layer met no parameters');
  return parameters;
}

function asImage(tensor: Tensor): Tensor4D {
  invariant(tensor.rank === 4, 'a layer of images met something else');
  return tensor as Tensor4D;
}

function asMatrix(tensor: Tensor): Tensor2D {
  invariant(tensor.rank === 2, 'a layer of vectors met something else');
  return tensor as Tensor2D;
}
