// Plain forward passes, one frame at a time: what every faster engine must agree with. Weights are walked as
// compressed sparse rows, so that zero weights are skipped. Pooling and normalisation follow Caffe.

import { invariant } from '../base/errors.js';
import type { Layer, LayerKind, LayerWeights, OpOf, Rectifier } from '../network.js';
import { toCsr } from '../weights/store.js';
import { type Image, imageShape, sizeOf, weightShapeOf } from './index.js';
import { insideRange, tapsOf } from './window.js';

type LayerOf<Kind extends LayerKind> = Layer & OpOf<Kind>;
type Forward<Kind extends LayerKind> = (
  layer: LayerOf<Kind>,
  inputs: readonly Float32Array[],
  weights: LayerWeights | null,
) => Float32Array;

const passes: { readonly [Kind in LayerKind]: Forward<Kind> } = {
  dense: denseForward,
  conv2d: convolutionForward,
  pool2d: poolForward,
  lrn: normalisationForward,
  concat: concatForward,
  add: addForward,
  rectify: (layer, inputs) => (inputs[0] as Float32Array).map((value) => rectify(value, layer.activation)),
  softmax: softmaxForward,
};

/**
 * A layer's output for one frame, row-major: `inputs` are one frame each, [channels, height, width] or [features], in
 * the order of `layer.inputs`. The layer's rectifier is applied.
 */
export function forwardLayer(
  layer: Layer,
  weights: LayerWeights | null,
  inputs: readonly Float32Array[],
): Float32Array {
  for (const [at, shape] of layer.inputShapes.entries()) {
    const found = inputs[at]?.length;
    invariant(found === sizeOf(shape), () => `layer ${layer.name}: input ${at} has ${found} values, not ${shape}`);
  }
  invariant(
    (weights === null) === (weightShapeOf(layer) === null),
    () => `layer ${layer.name}: ${weights ? 'has weights' : 'has no weights'}`,
  );
  const forward = passes[layer.kind] as Forward<LayerKind>;
  return forward(layer, inputs, weights);
}

function denseForward(layer: LayerOf<'dense'>, inputs: readonly Float32Array[], weights: LayerWeights | null) {
  const { store, bias } = weights as LayerWeights;
  const { rows, pointers, indices, values } = toCsr(store);
  const input = inputs[0] as Float32Array;
  const output = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    let sum = bias?.[row] ?? 0;
    for (let at = pointers[row] as number; at < (pointers[row + 1] as number); at++) {
      sum += (values[at] as number) * (input[indices[at] as number] as number);
    }
    output[row] = rectify(sum, layer.activation);
  }
  return output;
}

function convolutionForward(layer: LayerOf<'conv2d'>, inputs: readonly Float32Array[], weights: LayerWeights | null) {
  const { store, bias } = weights as LayerWeights;
  const { rows, pointers, indices, values } = toCsr(store);
  const input = inputs[0] as Float32Array;
  const [channels, height, width] = inputImage(layer);
  const [, outHeight, outWidth] = outputImage(layer);
  const { stride, dilation, pad, groups } = layer;
  const taps = tapsOf(layer);
  const kernelWidth = layer.kernel[1];
  const pixels = outHeight * outWidth;
  const output = new Float32Array(rows * pixels);
  const plane = new Float64Array(pixels);
  for (let row = 0; row < rows; row++) {
    plane.fill(bias?.[row] ?? 0);
    const firstChannel = Math.floor((row * groups) / rows) * (channels / groups);
    for (let at = pointers[row] as number; at < (pointers[row + 1] as number); at++) {
      const weight = values[at] as number;
      const tap = indices[at] as number;
      const channel = firstChannel + Math.floor(tap / taps);
      // What the tap reads for output (0, 0), which may lie outside the image.
      const top = (Math.floor(tap / kernelWidth) % layer.kernel[0]) * dilation[0] - pad[0];
      const left = (tap % kernelWidth) * dilation[1] - pad[1];
      const [firstRow, endRow] = insideRange(height, outHeight, stride[0], top);
      const [firstColumn, endColumn] = insideRange(width, outWidth, stride[1], left);
      for (let oy = firstRow; oy < endRow; oy++) {
        const from = (channel * height + oy * stride[0] + top) * width + left;
        const to = oy * outWidth;
        for (let ox = firstColumn; ox < endColumn; ox++) {
          plane[to + ox] = (plane[to + ox] as number) + weight * (input[from + ox * stride[1]] as number);
        }
      }
    }
    for (let pixel = 0; pixel < pixels; pixel++) {
      output[row * pixels + pixel] = rectify(plane[pixel] as number, layer.activation);
    }
  }
  return output;
}

/** One axis of a pooling window: what it covers of the image, and the extent that averages divide by. */
interface Span {
  readonly start: number;
  readonly end: number;
  readonly extent: number;
}

/** The windows along the height (axis 0) or the width: they end with the padding behind the image, if not before. */
export function poolSpans(layer: LayerOf<'pool2d'>, axis: 0 | 1): readonly Span[] {
  const size = inputImage(layer)[axis === 0 ? 1 : 2];
  const windows = outputImage(layer)[axis === 0 ? 1 : 2];
  if (layer.kernel === 'global') return [{ start: 0, end: size, extent: size }];
  const [kernel, stride, before, after] = [
    ...[layer.kernel[axis], layer.stride[axis], layer.pad[axis]],
    layer.pad[axis === 0 ? 2 : 3],
  ] as const;
  return Array.from({ length: windows }, (_, at) => {
    const first = at * stride - before;
    const last = Math.min(first + kernel, size + after);
    const [start, end] = [Math.max(first, 0), Math.min(last, size)];
    return { start, end, extent: layer.countsPadding ? last - first : end - start };
  });
}

function poolForward(layer: LayerOf<'pool2d'>, inputs: readonly Float32Array[]) {
  const input = inputs[0] as Float32Array;
  const [channels, height, width] = inputImage(layer);
  const output = new Float32Array(sizeOf(layer.output));
  const rows = poolSpans(layer, 0);
  const columns = poolSpans(layer, 1);
  let to = 0;
  for (let channel = 0; channel < channels; channel++) {
    for (const row of rows) {
      for (const column of columns) {
        let most = Number.NEGATIVE_INFINITY;
        let sum = 0;
        for (let y = row.start; y < row.end; y++) {
          for (let x = column.start; x < column.end; x++) {
            const value = input[(channel * height + y) * width + x] as number;
            sum += value;
            if (value > most) most = value;
          }
        }
        output[to++] = layer.mode === 'max' ? most : sum / (row.extent * column.extent);
      }
    }
  }
  return output;
}

/** Local response normalisation across channels (Krizhevsky et al., 2012, section 3.3); alpha / size as in Caffe. */
function normalisationForward(layer: LayerOf<'lrn'>, inputs: readonly Float32Array[]) {
  const input = inputs[0] as Float32Array;
  const [channels, height, width] = inputImage(layer);
  const { size, alpha, beta, k } = layer;
  invariant(size % 2 === 1, () => `layer ${layer.name}: normalises over ${size} channels, not an odd number`);
  const reach = (size - 1) / 2;
  const pixels = height * width;
  const output = new Float32Array(input.length);
  for (let channel = 0; channel < channels; channel++) {
    const first = Math.max(0, channel - reach);
    const last = Math.min(channels - 1, channel + reach);
    for (let pixel = 0; pixel < pixels; pixel++) {
      let squares = 0;
      for (let other = first; other <= last; other++) squares += (input[other * pixels + pixel] as number) ** 2;
      const at = channel * pixels + pixel;
      output[at] = (input[at] as number) * (k + (alpha / size) * squares) ** -beta;
    }
  }
  return output;
}

function concatForward(layer: LayerOf<'concat'>, inputs: readonly Float32Array[]) {
  const output = new Float32Array(sizeOf(layer.output));
  let to = 0;
  for (const input of inputs) {
    output.set(input, to);
    to += input.length;
  }
  return output;
}

function addForward(layer: LayerOf<'add'>, inputs: readonly Float32Array[]) {
  const output = new Float32Array(sizeOf(layer.output));
  for (const input of inputs)
    for (let at = 0; at < output.length; at++) output[at] = (output[at] as number) + (input[at] as number);
  return output.map((value) => rectify(value, layer.activation));
}

function softmaxForward(_layer: LayerOf<'softmax'>, inputs: readonly Float32Array[]) {
  const input = inputs[0] as Float32Array;
  const most = input.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  let total = 0;
  for (const value of input) total += Math.exp(value - most);
  return input.map((value) => Math.exp(value - most) / total);
}

function rectify(value: number, activation: Rectifier): number {
  const { least, most } = rectifierRange(activation);
  return Math.min(Math.max(value, least), most);
}

/** Between which values a rectifier's results lie. */
export function rectifierRange(activation: Rectifier): { readonly least: number; readonly most: number } {
  return {
    least: activation === 'none' ? Number.NEGATIVE_INFINITY : 0,
    most: activation === 'relu6' ? 6 : Number.POSITIVE_INFINITY,
  };
}

function inputImage(layer: Layer): Image {
  return imageShape(layer.inputShapes[0] ?? [0], layer.name);
}

function outputImage(layer: Layer): Image {
  return imageShape(layer.output, layer.name);
}
