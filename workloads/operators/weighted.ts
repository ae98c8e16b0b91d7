// Fully connected layers and convolutions over images: what has weights and multiplies them with
// activations. Weights are walked as compressed sparse rows, so that zero weights are skipped.

import type { Activation, Image, Padding, Pair } from '../demand.js';
import { sizeOf, type Values } from '../tensor.js';
import { toCsr } from '../weights/store.js';
import { axisOf, type Fault, given, type LayerWeights, operator } from './operator.js';
import { clamped } from './relu.js';
import { insideRange, reachOf, tapsOf } from './window.js';

export interface Dense {
  readonly outputs: number;
  readonly bias: boolean;
  readonly activation: Activation;
  /**
   * The first axis that is summed over, with all behind it; 1 unless told: everything but the
   * batch.
   */
  readonly axis?: number;
}

export interface Convolution {
  readonly channels: number;
  readonly kernel: Pair;
  readonly stride: Pair;
  /** Pixels from one tap to the next. */
  readonly dilation: Pair;
  readonly pad: Padding;
  readonly groups: number;
  readonly bias: boolean;
  readonly activation: Activation;
}

const positions: Fault = (found, expected) =>
  new Error(`found ${found}, expected ${expected}`) as never;

/** How a fully connected layer's input divides: so many vectors of so many values. */
function vectorsOf({ axis = 1 }: Dense, shape: readonly number[], fault: Fault = positions) {
  const first = shape.length === 0 ? 0 : axisOf(axis, shape.length, fault);
  return {
    outer: shape.slice(0, first),
    rows: sizeOf(shape.slice(0, first)),
    depth: sizeOf(shape.slice(first)),
  };
}

const dense = operator<Dense>({
  arity: [1, 1],
  infer(op, inputs, fault) {
    const { shape, type } = given(inputs);
    return [{ shape: [...vectorsOf(op, shape, fault).outer, op.outputs], type }];
  },
  weightShape: (op, inputs) => ({
    rows: op.outputs,
    columns: vectorsOf(op, given(inputs).shape).depth,
    biases: op.bias ? op.outputs : 0,
  }),
  forward: (op, inputs, _results, weights) => [
    denseForward(op, given(inputs).values, given(inputs).shape, weights as LayerWeights),
  ],
  demand(op, inputs) {
    const { rows, depth } = vectorsOf(op, given(inputs).shape);
    const { outputs: columns, bias, activation } = op;
    return {
      kind: 'product',
      matrices: 1,
      rows,
      depth,
      columns,
      right: 'weights',
      bias,
      activation,
    };
  },
});

function denseForward(
  op: Dense,
  input: Values,
  shape: readonly number[],
  { store, bias }: LayerWeights,
): Float32Array {
  const { rows, pointers, indices, values } = toCsr(store);
  const vectors = vectorsOf(op, shape);
  const output = new Float32Array(vectors.rows * rows);
  for (let vector = 0; vector < vectors.rows; vector++) {
    const from = vector * vectors.depth;
    for (let row = 0; row < rows; row++) {
      let sum = bias?.[row] ?? 0;
      for (let at = pointers[row] as number; at < (pointers[row + 1] as number); at++) {
        sum += (values[at] as number) * (input[from + (indices[at] as number)] as number);
      }
      output[vector * rows + row] = clamped(sum, op.activation);
    }
  }
  return output;
}

/**
 * `shape` as images: how many, and of which extents. @throws what `fault` makes for other ranks.
 */
export function imagesOf(
  shape: readonly number[],
  fault: Fault = positions,
): { readonly images: number; readonly image: Image } {
  const [images, channels, height, width] = shape;
  if (shape.length !== 4 || images === undefined) {
    throw fault(`an input of ${shape.join('×')}`, 'images of [1, channels, height, width]');
  }
  return { images, image: [channels as number, height as number, width as number] };
}

const conv2d = operator<Convolution>({
  arity: [1, 1],
  infer(op, inputs, fault) {
    const { shape, type } = given(inputs);
    const { images, image } = imagesOf(shape, fault);
    const [channels, height, width] = image;
    if (!(channels % op.groups === 0 && op.channels % op.groups === 0)) {
      throw fault(
        `${channels} → ${op.channels} channels in ${op.groups} groups`,
        'groups that divide them',
      );
    }
    const [top, left, bottom, right] = op.pad;
    const reach = reachOf(op);
    const rows = Math.floor((height + top + bottom - reach[0]) / op.stride[0]) + 1;
    const columns = Math.floor((width + left + right - reach[1]) / op.stride[1]) + 1;
    return [
      { shape: [images, ...checkedImage([op.channels, rows, columns], reach, image, fault)], type },
    ];
  },
  weightShape: (op, inputs) => ({
    rows: op.channels,
    columns: ((given(inputs).shape[1] as number) / op.groups) * tapsOf(op),
    biases: op.bias ? op.channels : 0,
  }),
  forward(op, inputs, results, weights) {
    const input = given(inputs);
    const { images, image } = imagesOf(input.shape);
    const { image: output } = imagesOf(given(results).shape);
    const size = sizeOf(image);
    const all = new Float32Array(sizeOf(given(results).shape));
    for (let at = 0; at < images; at++) {
      const values = input.values.subarray(at * size, (at + 1) * size);
      all.set(convolve(op, values, image, output, weights as LayerWeights), at * sizeOf(output));
    }
    return [all];
  },
  demand(op, inputs, results) {
    const { images, image } = imagesOf(given(inputs).shape);
    const { kernel, stride, dilation, pad, groups, bias, activation } = op;
    const { image: output } = imagesOf(given(results).shape);
    const window = { kernel, stride, dilation, pad, groups };
    return { kind: 'convolution', images, input: image, output, ...window, bias, activation };
  },
});

function convolve(
  op: Convolution,
  input: Values,
  [channels, height, width]: Image,
  output: Image,
  weights: LayerWeights,
) {
  const { store, bias } = weights;
  const { rows, pointers, indices, values } = toCsr(store);
  const [, outHeight, outWidth] = output;
  const { stride, dilation, pad, groups } = op;
  const taps = tapsOf(op);
  const kernelWidth = op.kernel[1];
  const pixels = outHeight * outWidth;
  const results = new Float32Array(rows * pixels);
  const plane = new Float64Array(pixels);
  for (let row = 0; row < rows; row++) {
    plane.fill(bias?.[row] ?? 0);
    const firstChannel = Math.floor((row * groups) / rows) * (channels / groups);
    for (let at = pointers[row] as number; at < (pointers[row + 1] as number); at++) {
      const weight = values[at] as number;
      const tap = indices[at] as number;
      const channel = firstChannel + Math.floor(tap / taps);
      // What the tap reads for output (0, 0), which may lie outside the image.
      const top = (Math.floor(tap / kernelWidth) % op.kernel[0]) * dilation[0] - pad[0];
      const left = (tap % kernelWidth) * dilation[1] - pad[1];
      const [firstRow, endRow] = insideRange(height, outHeight, stride[0], top);
      const [firstColumn, endColumn] = insideRange(width, outWidth, stride[1], left);
      for (let oy = firstRow; oy < endRow; oy++) {
        const from = (channel * height + oy * stride[0] + top) * width + left;
        const to = oy * outWidth;
        for (let ox = firstColumn; ox < endColumn; ox++) {
          plane[to + ox] =
            (plane[to + ox] as number) + weight * (input[from + ox * stride[1]] as number);
        }
      }
    }
    for (let pixel = 0; pixel < pixels; pixel++) {
      results[row * pixels + pixel] = clamped(plane[pixel] as number, op.activation);
    }
  }
  return results;
}

/** @throws what `fault` makes where a kernel finds no place in its input. */
export function checkedImage(output: Image, kernel: Pair, input: Image, fault: Fault): Image {
  if (output[1] >= 1 && output[2] >= 1) return output;
  throw fault(
    `a kernel of ${kernel.join('×')} over an input of ${input.join('×')}`,
    'one that fits',
  );
}

export const weightedOperators = { dense, conv2d } as const;
