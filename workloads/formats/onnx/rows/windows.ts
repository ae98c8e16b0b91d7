// Attributes of windows that slide over images, as convolutions and poolings share them.

import { samePixels } from '../../window-padding.js';
import { Blocked, type Operation } from '../operation.js';

/** A number for each axis of positions; pads first those before all axes, then those behind. */
export interface Window {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly pads: readonly number[];
}

/** The window over `positions`, automatic padding worked out. */
export function windowOf(
  op: Operation,
  kernel: readonly number[],
  positions: readonly number[],
): Window {
  const axes = positions.length;
  if (kernel.length !== axes) throw op.fault(`a kernel of ${kernel.length} axes`, `${axes}`);
  const listOf = (name: string) => {
    const list = op.ints(name) ?? new Array<number>(axes).fill(1);
    if (list.length !== axes || !list.every((each) => Number.isInteger(each) && each >= 1)) {
      throw op.fault(`${name} of ${list.join(', ')}`, `${axes} whole numbers of at least 1`);
    }
    return list;
  };
  const [stride, dilation] = [listOf('strides'), listOf('dilations')];
  const explicit = op.ints('pads');
  const mode = op.text('auto_pad', 'NOTSET');
  if (mode === 'NOTSET' || mode === '') {
    const pads = explicit ?? new Array<number>(2 * axes).fill(0);
    if (pads.length !== 2 * axes) throw op.fault(`${pads.length} pads`, `${2 * axes}`);
    if (pads.some((each) => each < 0)) throw new Blocked('pads below zero');
    return { kernel, stride, dilation, pads };
  }
  if (mode === 'VALID')
    return { kernel, stride, dilation, pads: new Array<number>(2 * axes).fill(0) };
  if (mode !== 'SAME_UPPER' && mode !== 'SAME_LOWER') {
    throw op.fault(`auto_pad ${mode.slice(0, 20)}`, 'NOTSET, VALID, SAME_UPPER or SAME_LOWER');
  }
  const needed = positions.map((size, axis) =>
    samePixels(size, kernel[axis] as number, stride[axis] as number, dilation[axis] as number),
  );
  const [less, more] = [
    needed.map((each) => Math.floor(each / 2)),
    needed.map((each) => Math.ceil(each / 2)),
  ];
  return {
    kernel,
    stride,
    dilation,
    pads: mode === 'SAME_UPPER' ? [...less, ...more] : [...more, ...less],
  };
}

/**
 * The tensor without the zeros that a node before it put around its positions, and windows that
 * count them.
 */
export function withoutPad(
  op: Operation,
  input: string,
  window: Window,
): readonly [input: string, window: Window] {
  const padded = op.host.padded.get(input);
  if (!padded) return [input, window];
  const axes = window.kernel.length;
  const rank = padded.pads.length / 2;
  const before = padded.pads.slice(rank - axes, rank);
  const behind = padded.pads.slice(2 * rank - axes);
  // Only positions may be padded.
  const isFit =
    rank === axes + 2 &&
    [0, 1].every((axis) => padded.pads[axis] === 0 && padded.pads[axis + rank] === 0);
  if (!isFit) return [input, window];
  const pads = [...before, ...behind].map((each, at) => each + (window.pads[at] as number));
  return [padded.input, { ...window, pads }];
}

/** Two axes of positions, of which the first is 1 where there was one. */
export function pairOfAxes(list: readonly number[], filler: number): readonly [number, number] {
  return [list.length === 2 ? (list[0] as number) : filler, list.at(-1) as number];
}

export function padOfAxes(pads: readonly number[]): readonly [number, number, number, number] {
  if (pads.length === 4) return pads as unknown as readonly [number, number, number, number];
  return [0, pads[0] as number, 0, pads[1] as number];
}

/** The input as an image of height 1. */
export function imageOf(op: Operation, input: string): string {
  const known = op.host.images.get(input);
  if (known) return known;
  const [images = 1, channels = 1, length = 1] = op.shapeOf(input);
  return op.reshape(input, [images, channels, 1, length]);
}
