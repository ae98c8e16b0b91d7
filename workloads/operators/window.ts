// Windows that slide over images: a convolution's and a pooling's.

import type { Padding, Pair } from '../demand.js';

/** A square extent as written, or one for each axis. */
export type Extents = number | Pair;

export function pairOf(extents: Extents): Pair {
  return typeof extents === 'number' ? [extents, extents] : extents;
}

/** The same on all sides, or one number for each. */
export function paddingOf(pad: number | Padding): Padding {
  return typeof pad === 'number' ? [pad, pad, pad, pad] : pad;
}

interface Kernel {
  readonly kernel: Pair;
}

interface Convolution extends Kernel {
  readonly stride: Pair;
  readonly dilation: Pair;
  readonly pad: Padding;
}

/** Weights of a filter for each channel. */
export function tapsOf({ kernel: [vertical, horizontal] }: Kernel): number {
  return vertical * horizontal;
}

/** Pixels from a window's first tap to its last, both included. */
export function reachOf({ kernel, dilation }: Pick<Convolution, 'kernel' | 'dilation'>): Pair {
  return [(kernel[0] - 1) * dilation[0] + 1, (kernel[1] - 1) * dilation[1] + 1];
}

/**
 * Whether every output pixel is made of the one input pixel at its own place: a matrix product over
 * channels.
 */
export function isPointwise({ kernel, stride, pad }: Convolution): boolean {
  return (
    tapsOf({ kernel }) === 1 && stride[0] * stride[1] === 1 && pad.every((pixels) => pixels === 0)
  );
}

/** Whether each input channel has filters of its own. */
export function isDepthwise({
  groups,
  input,
}: {
  readonly groups: number;
  readonly input: readonly number[];
}): boolean {
  return groups > 1 && input[0] === groups;
}

/**
 * The side of square kernels with the same stride, dilation and padding everywhere, or null for
 * others.
 */
export function squareOf({ kernel, stride, dilation, pad }: Convolution) {
  const isSquare = [kernel, stride, dilation].every(
    ([vertical, horizontal]) => vertical === horizontal,
  );
  if (!isSquare || pad.some((pixels) => pixels !== pad[0])) return null;
  return { kernel: kernel[0], stride: stride[0], dilation: dilation[0], pad: pad[0] };
}

/**
 * The least and one past the largest output position along an axis whose tap at `offset` lies
 * inside the image.
 */
export function insideRange(
  size: number,
  outputs: number,
  stride: number,
  offset: number,
): readonly [first: number, end: number] {
  const first = Math.max(0, Math.ceil(-offset / stride));
  return [first, Math.max(first, Math.min(outputs, Math.floor((size - 1 - offset) / stride) + 1))];
}
