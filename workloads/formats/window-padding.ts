// Automatic padding of windows, as TensorFlow defines `same`.

import type { Padding, Pair } from '../network.js';

/**
 * So much around an image that there is one window for every `stride` pixels, begun or not; the odd
 * pixel behind.
 */
export function samePadding(size: Pair, kernel: Pair, stride: Pair, dilation: Pair): Padding {
  const [vertical, horizontal] = [0, 1].map((axis) => {
    const at = axis as 0 | 1;
    const needed = samePixels(size[at], kernel[at], stride[at], dilation[at]);
    return [Math.floor(needed / 2), Math.ceil(needed / 2)] as const;
  }) as [readonly [number, number], readonly [number, number]];
  return [vertical[0], horizontal[0], vertical[1], horizontal[1]];
}

/** Pixels in front of and behind an axis together. */
export function samePixels(size: number, kernel: number, stride: number, dilation: number): number {
  return Math.max(0, (Math.ceil(size / stride) - 1) * stride + (kernel - 1) * dilation + 1 - size);
}
