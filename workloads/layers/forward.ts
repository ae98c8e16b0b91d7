// Plain forward passes, one frame at a time: what every faster engine must agree with. Weights are walked as
// compressed sparse rows, so that zero weights are skipped. Pooling and normalisation follow Caffe.

import { invariant } from '../base/errors.js';
import type { Layer, LayerKind, LayerWeights, OpOf, Rectifier } from '../network.js';
import { toCsr } from '../weights/store.js';
import { type Image, imageShape, sizeOf, weightShapeOf } from './index.js';

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
  const { kernel, stride, pad, groups } = layer;
  const pixels = outHeight * outWidth;
  const output = new Float32Array(rows * pixels);
  const plane = new Float64Array(pixels);
  for (let row = 0; row < rows; row++) {
    plane.fill(bias?.[row] ?? 0);
    const firstChannel = Math.floor((row * groups) / rows) * (channels / groups);
    for (let at = pointers[row] as number; at < (pointers[row + 1] as number); at++) {
      const weight = values[at] as number;
      const tap = indices[at] as number;
      const kx = tap % kernel;
      const ky = Math.floor(tap / kernel) % kernel;
      const channel = firstChannel + Math.floor(tap / (kernel * kernel));
      // The output columns whose input column ox · stride + kx − pad lies inside the image.
      const firstColumn = Math.max(0, Math.ceil((pad - kx) / stride));
      const endColumn = Math.min(outWidth, Math.floor((width - 1 + pad - kx) / stride) + 1);
      for (let oy = 0; oy < outHeight; oy++) {
        const y = oy * stride + ky - pad;
        if (y < 0 || y >= height) continue;
        const from = (channel * height + y) * width + kx - pad;
        const to = oy * outWidth;
        for (let ox = firstColumn; ox < endColumn; ox++) {
          plane[to + ox] = (plane[to + ox] as number) + weight * (input[from + ox * stride] as number);
        }
      }
    }
    for (let pixel = 0; pixel < pixels; pixel++) {
      output[row * pixels + pixel] = rectify(plane[pixel] as number, layer.activation);
    }
  }
  return output;
}

/** One axis of a pooling window: what it covers of the image, and its extent with padding, which averages divide by. */
interface Span {
  readonly start: number;
  readonly end: number;
  readonly extent: number;
}

/** Caffe's windows along one axis: they end with the padding behind the image, if not before. */
export function poolSpans(layer: LayerOf<'pool2d'>, axis: 1 | 2): readonly Span[] {
  const size = inputImage(layer)[axis];
  if (layer.kernel === 'global') return [{ start: 0, end: size, extent: size }];
  const { kernel, stride, pad } = layer;
  return Array.from({ length: outputImage(layer)[axis] }, (_, at) => {
    const start = at * stride - pad;
    const end = Math.min(start + kernel, size + pad);
    return { start: Math.max(start, 0), end: Math.min(end, size), extent: end - start };
  });
}

function poolForward(layer: LayerOf<'pool2d'>, inputs: readonly Float32Array[]) {
  const input = inputs[0] as Float32Array;
  const [channels, height, width] = inputImage(layer);
  const output = new Float32Array(sizeOf(layer.output));
  const rows = poolSpans(layer, 1);
  const columns = poolSpans(layer, 2);
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

function softmaxForward(_layer: LayerOf<'softmax'>, inputs: readonly Float32Array[]) {
  const input = inputs[0] as Float32Array;
  const most = input.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  let total = 0;
  for (const value of input) total += Math.exp(value - most);
  return input.map((value) => Math.exp(value - most) / total);
}

function rectify(value: number, activation: Rectifier): number {
  return activation === 'relu' && value < 0 ? 0 : value;
}

function inputImage(layer: Layer): Image {
  return imageShape(layer.inputShapes[0] ?? [0], layer.name);
}

function outputImage(layer: Layer): Image {
  return imageShape(layer.output, layer.name);
}
