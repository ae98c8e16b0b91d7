// Drawn windows of convolutions: half of them square and even, as most networks have them.

import fc from 'fast-check';
import type { Padding, Pair } from '../../workloads/network.js';

export interface Window {
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly dilation: Pair;
  readonly pad: Padding;
}

export function windowsOf(maxKernel: number, maxStride = 4, maxPad = 3): fc.Arbitrary<Window> {
  const [kernel, stride] = [
    fc.integer({ min: 1, max: maxKernel }),
    fc.integer({ min: 1, max: maxStride }),
  ];
  const pad = fc.integer({ min: 0, max: maxPad });
  const dilation = fc.constantFrom(1, 1, 2, 3);
  const square = fc.tuple(kernel, stride, pad).map(([k, s, p]) => ({
    kernel: [k, k] as const,
    stride: [s, s] as const,
    dilation: [1, 1] as const,
    pad: [p, p, p, p] as const,
  }));
  const any = fc.record({
    kernel: fc.tuple(kernel, kernel),
    stride: fc.tuple(stride, stride),
    dilation: fc.tuple(dilation, dilation),
    pad: fc.tuple(pad, pad, pad, pad),
  });
  return fc.oneof(square, any);
}

/** Whether an image has room for one window at least. */
export function fits(
  { kernel, dilation, pad: [top, left, bottom, right] }: Window,
  height: number,
  width: number,
) {
  const reach = (axis: 0 | 1) => (kernel[axis] - 1) * dilation[axis] + 1;
  return height + top + bottom >= reach(0) && width + left + right >= reach(1);
}
