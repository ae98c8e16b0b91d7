// The shape of a transformed convolution: an image, square kernels, no stride.

import type { Demand } from '../demand.js';
import { squareOf } from '../operators/window.js';

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

/** What is demanded as a convolution of stride 1, or in words why no transform serves it. */
export function transformable(demand: Demand | null): ConvolutionShape | string {
  if (demand?.kind !== 'convolution') return `is ${demand?.kind ?? 'nothing'}, not a convolution`;
  if (demand.images !== 1) return `has ${demand.images} images in a frame`;
  const square = squareOf(demand);
  if (!square) return `has ${demand.kernel.join('×')} kernels or padding that are not square`;
  const { stride, dilation, kernel, pad } = square;
  if (stride !== 1)
    return `has stride ${stride}: a transform computes every output, ${stride * stride} times the work`;
  if (dilation !== 1) return `has dilation ${dilation}: neighbouring outputs share no inputs`;
  if (kernel === 1) return 'has 1×1 kernels: nothing to share between outputs';
  const [channels, height, width] = demand.input;
  return { channels, height, width, outputs: demand.output[0], kernel, pad, groups: demand.groups };
}

/** [height, width] of the output. */
export function outputExtent({
  height,
  width,
  kernel,
  pad,
}: ConvolutionShape): readonly [number, number] {
  return [height + 2 * pad - kernel + 1, width + 2 * pad - kernel + 1];
}
