// Converts a layer's weight matrix for a convolution: the filter itself, or weights in Winograd's
// domain.

import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { inputImageOf, type LayerOf, outputImageOf } from '../network.js';
import { type WinogradDomain, winogradDomain } from '../transforms/winograd-domain.js';
import type { Tf } from './backend.js';
import type { ConvolutionShape } from './convolution.js';

/** Of one group of channels. */
export interface FilterForm {
  /** The convolution that is computed. */
  readonly shape: ConvolutionShape;
  /** [outputs, …] → [kernel…, in, out of the convolution]. */
  filter(weights: Tensor2D): Tensor4D;
  /** The gradient of the weights from that of the filter. */
  weights(filterGradient: Tensor4D): Tensor2D;
  bias(bias: Tensor1D): Tensor1D;
  /** What the convolution gave → the layer's output. */
  output(convolved: Tensor4D): Tensor4D;
  outputGradient(gradient: Tensor4D): Tensor4D;
}

type Convolution = LayerOf<'conv2d'>;

/** Weights [outputs][channels · kernel]. */
export function directForm(tf: Tf, layer: Convolution): FilterForm {
  const { kernel, channels, groups } = layer;
  const inputs = channelsOf(layer);
  const outputs = channels / groups;
  return {
    shape: layer,
    filter: (weights) =>
      tf.transpose(tf.reshape(weights, [outputs, inputs, ...kernel]), [2, 3, 1, 0]),
    weights: (gradient) => tf.reshape(tf.transpose(gradient, [3, 2, 0, 1]), [outputs, -1]),
    bias: (bias) => bias,
    output: (convolved) => convolved,
    outputGradient: (gradient) => gradient,
  };
}

/**
 * Weights [outputs][channels · n²] of F(m × m, 3 × 3), n = m + 2. All m² outputs of a tile depend
 * linearly on its n² inputs: a convolution by n × n pixels at a stride of m, which has a channel
 * for each pixel of a tile.
 */
export function winogradForm(tf: Tf, layer: Convolution, tile: number): FilterForm {
  const domain = winogradDomain(tile);
  const { edge } = domain;
  const inputs = channelsOf(layer);
  const outputs = layer.channels / layer.groups;
  const [, height, width] = inputImageOf(layer);
  const [, outHeight, outWidth] = outputImageOf(layer);
  const [down, across] = [Math.ceil(outHeight / tile), Math.ceil(outWidth / tile)];
  const [top, left] = layer.pad;
  // The last tiles may hang over the image.
  const beyond = (tiles: number, before: number, size: number) =>
    (tiles - 1) * tile + edge - before - size;
  const area = tile * tile;
  return {
    shape: {
      ...{ kernel: [edge, edge], stride: [tile, tile], dilation: [1, 1] },
      pad: [top, left, beyond(down, top, height), beyond(across, left, width)],
    },
    filter(weights) {
      const each = tf.matMul(
        tf.reshape(weights, [outputs * inputs, edge * edge]),
        matrixOf(tf, domain),
      );
      const split = tf.reshape(each, [outputs, inputs, edge, edge, area]);
      return tf.reshape(tf.transpose(split, [2, 3, 1, 4, 0]), [edge, edge, inputs, area * outputs]);
    },
    weights(gradient) {
      const split = tf.reshape(gradient, [edge, edge, inputs, area, outputs]);
      const each: Tensor2D = tf.reshape(tf.transpose(split, [4, 2, 0, 1, 3]), [
        outputs * inputs,
        edge * edge * area,
      ]);
      return tf.reshape(tf.matMul(each, tf.transpose(matrixOf(tf, domain))), [outputs, -1]);
    },
    bias: (bias) => tf.tile(bias, [area]),
    output(convolved) {
      const whole = tf.depthToSpace(convolved, tile, 'NHWC');
      return tf.slice(whole, [0, 0, 0, 0], [-1, outHeight, outWidth, outputs]);
    },
    outputGradient(gradient) {
      const padded = tf.pad(gradient, [
        [0, 0],
        [0, down * tile - outHeight],
        [0, across * tile - outWidth],
        [0, 0],
      ]);
      const split = tf.reshape(padded, [-1, down, tile, across, tile, outputs]);
      return tf.reshape(tf.transpose(split, [0, 1, 3, 2, 4, 5]), [
        -1,
        down,
        across,
        area * outputs,
      ]);
    },
  };
}

function matrixOf(tf: Tf, { matrix, edge, tile }: WinogradDomain): Tensor2D {
  return tf.tensor2d(matrix, [edge * edge, edge * edge * tile * tile]);
}

/** Input channels of a group. */
function channelsOf(layer: Convolution): number {
  return inputImageOf(layer)[0] / layer.groups;
}
