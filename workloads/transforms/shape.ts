// What a transformed convolution is given: an image, square kernels, no stride.

import { imageShape } from '../layers/index.js';
import { squareOf } from '../layers/window.js';
import type { Layer } from '../network.js';

/** A convolution of stride 1. `weights` are [outputs, channels / groups, kernel, kernel]. */
export interface ConvolutionShape {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly outputs: number;
  readonly kernel: number;
  readonly pad: number;
  readonly groups: number;
}

/** The layer as a convolution of stride 1, or in words why no transform serves it. */
export function transformable(layer: Layer): ConvolutionShape | string {
  if (layer.kind !== 'conv2d') return `is ${layer.kind}, not a convolution`;
  const square = squareOf(layer);
  if (!square) return `has ${layer.kernel.join('×')} kernels or padding that are not square`;
  const { stride, dilation, kernel, pad } = square;
  if (stride !== 1) return `has stride ${stride}: a transform computes every output, ${stride * stride} times the work`;
  if (dilation !== 1) return `has dilation ${dilation}: neighbouring outputs share no inputs`;
  if (kernel === 1) return 'has 1×1 kernels: nothing to share between outputs';
  const [channels, height, width] = imageShape(layer.inputShapes[0] ?? [0], layer.name);
  return { channels, height, width, outputs: layer.channels, kernel, pad, groups: layer.groups };
}

/** [height, width] of the output. */
export function outputExtent({ height, width, kernel, pad }: ConvolutionShape): readonly [number, number] {
  return [height + 2 * pad - kernel + 1, width + 2 * pad - kernel + 1];
}
