// Attributes of ONNX nodes, with what the specification takes where they are left out.

import type { Padding, Pair } from '../network.js';
import type { Operation } from './onnx-operation.js';
import type { OnnxNode } from './onnx-proto.js';
import { samePadding } from './window-padding.js';

export function intOf({ attribute }: OnnxNode, name: string, otherwise: number): number {
  return attribute.find((candidate) => candidate.name === name)?.i ?? otherwise;
}

export function floatOf({ attribute }: OnnxNode, name: string, otherwise: number): number {
  return attribute.find((candidate) => candidate.name === name)?.f ?? otherwise;
}

export function intsOf({ attribute }: OnnxNode, name: string): readonly number[] | null {
  return attribute.find((candidate) => candidate.name === name)?.ints ?? null;
}

export function textOf({ attribute }: OnnxNode, name: string, otherwise: string): string {
  const bytes = attribute.find((candidate) => candidate.name === name)?.s;
  return bytes ? new TextDecoder().decode(bytes) : otherwise;
}

/** A window's numbers by axis. */
export interface Window {
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly dilation: Pair;
  readonly pad: Padding;
}

/** The window of a two-dimensional convolution or pooling over `image`, automatic padding worked out. */
export function windowOf(operation: Operation, kernel: readonly number[], image: readonly number[]): Window {
  const { node } = operation;
  const pair = (numbers: readonly number[], what: string): Pair => {
    const [vertical, horizontal] = numbers;
    if (numbers.length !== 2 || vertical === undefined || horizontal === undefined) {
      throw operation.fault(`${what} of ${numbers.length} axes`, '2: height and width');
    }
    return [vertical, horizontal];
  };
  const size = pair(kernel, 'a kernel');
  const stride = pair(intsOf(node, 'strides') ?? [1, 1], 'strides');
  const dilation = pair(intsOf(node, 'dilations') ?? [1, 1], 'dilations');
  return { kernel: size, stride, dilation, pad: padOf(operation, size, stride, dilation, image) };
}

function padOf(operation: Operation, kernel: Pair, stride: Pair, dilation: Pair, image: readonly number[]): Padding {
  const mode = textOf(operation.node, 'auto_pad', 'NOTSET');
  if (mode === 'NOTSET') {
    const [top = 0, left = 0, bottom = 0, right = 0, ...more] = intsOf(operation.node, 'pads') ?? [];
    if (more.length > 0) throw operation.fault(`pads of ${4 + more.length} numbers`, '4');
    return [top, left, bottom, right];
  }
  if (mode === 'VALID') return [0, 0, 0, 0];
  if (mode !== 'SAME_UPPER' && mode !== 'SAME_LOWER') {
    throw operation.fault(`auto_pad ${mode.slice(0, 20)}`, 'NOTSET, VALID, SAME_UPPER or SAME_LOWER');
  }
  for (const axis of [0, 1] as const) {
    // Engines disagree on where windows begin that leave pixels out.
    if ((kernel[axis] - 1) * dilation[axis] + 1 < stride[axis]) {
      throw operation.fault(`auto_pad ${mode} with strides of ${stride[axis]} over ${kernel[axis]}`, 'pads');
    }
  }
  const [, height = 1, width = 1] = image;
  const [top, left, bottom, right] = samePadding([height, width], kernel, stride, dilation);
  return mode === 'SAME_UPPER' ? [top, left, bottom, right] : [bottom, right, top, left];
}
