// The loss of a network on one frame from the definitions, in double precision: what gradients are
// derivatives of.

import {
  frameShape,
  type Layer,
  type Network,
  onlyInput,
  resultOf,
  type Shape,
} from '../../workloads/network.js';

type Values = ReadonlyMap<
  string,
  { readonly weights: ArrayLike<number>; readonly bias: ArrayLike<number> | null }
>;
interface Tensor {
  readonly shape: Shape;
  readonly values: readonly number[];
}

const outputOf = (layer: Layer) => frameShape(resultOf(layer).shape);

const at = (values: ArrayLike<number>, index: number): number => values[index] ?? Number.NaN;

/** Cross-entropy of `label` for one input, channels first. A last softmax is part of the loss. */
export function referenceLoss(
  network: Network,
  values: Values,
  input: readonly number[],
  label: number,
): number {
  const tensors = new Map<string, Tensor>([
    ['data', { shape: frameShape(onlyInput(network).shape), values: input }],
  ]);
  let logits: readonly number[] = [];
  for (const layer of network.layers) {
    if (layer.kind === 'softmax') break;
    const inputs = layer.inputs.map((name) => tensors.get(name) as Tensor);
    const own = values.get(layer.name);
    const output = forward(layer, inputs, own?.weights ?? [], own?.bias ?? null);
    tensors.set(layer.name, { shape: outputOf(layer), values: output });
    logits = output;
  }
  return Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0)) - at(logits, label);
}

function forward(
  layer: Layer,
  inputs: readonly Tensor[],
  weights: ArrayLike<number>,
  bias: ArrayLike<number> | null,
): readonly number[] {
  const [first] = inputs as [Tensor];
  const size = outputOf(layer).reduce((product: number, extent) => product * extent, 1);
  const relu = (value: number, activation: string) =>
    activation === 'none'
      ? value
      : Math.min(activation === 'relu6' ? 6 : Number.POSITIVE_INFINITY, Math.max(0, value));
  switch (layer.kind) {
    case 'dense':
      return Array.from({ length: layer.outputs }, (_, row) => {
        const sum = first.values.reduce(
          (total, value, i) => total + value * at(weights, row * first.values.length + i),
          0,
        );
        return relu(sum + (bias ? at(bias, row) : 0), layer.activation);
      });
    case 'conv2d':
      return convolution(layer, first, weights, bias).map((value) => relu(value, layer.activation));
    case 'pool2d':
      return pool(layer, first);
    case 'concat':
      return inputs.flatMap(({ values }) => values);
    case 'add':
      return Array.from({ length: size }, (_, i) =>
        relu(
          inputs.reduce((sum, { values }) => sum + at(values, i), 0),
          layer.activation,
        ),
      );
    case 'relu':
      return first.values.map((value) => relu(value, layer.activation));
    case 'lrn': {
      const [channels, height, width] = first.shape as readonly [number, number, number];
      const pixels = height * width;
      return first.values.map((value, i) => {
        const channel = Math.floor(i / pixels);
        let squares = 0;
        for (let other = 0; other < channels; other++) {
          if (Math.abs(other - channel) <= (layer.size - 1) / 2)
            squares += at(first.values, other * pixels + (i % pixels)) ** 2;
        }
        return value * (layer.k + (layer.alpha / layer.size) * squares) ** -layer.beta;
      });
    }
    default:
      throw new Error(`${layer.kind} cannot be trained`);
  }
}

function convolution(
  layer: Extract<Layer, { kind: 'conv2d' }>,
  { shape, values }: Tensor,
  weights: ArrayLike<number>,
  bias: ArrayLike<number> | null,
): number[] {
  const [channels, height, width] = shape as readonly [number, number, number];
  const [outputs, outHeight, outWidth] = outputOf(layer) as readonly [number, number, number];
  const { kernel, stride, dilation, pad, groups } = layer;
  const inGroup = channels / groups;
  const result: number[] = [];
  for (let o = 0; o < outputs; o++) {
    const from = Math.floor(o / (outputs / groups)) * inGroup;
    for (let oy = 0; oy < outHeight; oy++) {
      for (let ox = 0; ox < outWidth; ox++) {
        let sum = bias ? at(bias, o) : 0;
        for (let c = 0; c < inGroup; c++) {
          for (let ky = 0; ky < kernel[0]; ky++) {
            for (let kx = 0; kx < kernel[1]; kx++) {
              const y = oy * stride[0] + ky * dilation[0] - pad[0];
              const x = ox * stride[1] + kx * dilation[1] - pad[1];
              if (y < 0 || y >= height || x < 0 || x >= width) continue;
              const weight = at(weights, ((o * inGroup + c) * kernel[0] + ky) * kernel[1] + kx);
              sum += weight * at(values, ((from + c) * height + y) * width + x);
            }
          }
        }
        result.push(sum);
      }
    }
  }
  return result;
}

function pool(layer: Extract<Layer, { kind: 'pool2d' }>, { shape, values }: Tensor): number[] {
  const [channels, height, width] = shape as readonly [number, number, number];
  const [, outHeight, outWidth] = outputOf(layer) as readonly [number, number, number];
  const kernel = layer.kernel === 'global' ? ([height, width] as const) : layer.kernel;
  const result: number[] = [];
  for (let c = 0; c < channels; c++) {
    for (let oy = 0; oy < outHeight; oy++) {
      for (let ox = 0; ox < outWidth; ox++) {
        const inWindow: number[] = [];
        for (let ky = 0; ky < kernel[0]; ky++) {
          for (let kx = 0; kx < kernel[1]; kx++) {
            const [y, x] = [
              oy * layer.stride[0] + ky - layer.pad[0],
              ox * layer.stride[1] + kx - layer.pad[1],
            ];
            if (y >= 0 && y < height && x >= 0 && x < width)
              inWindow.push(at(values, (c * height + y) * width + x));
          }
        }
        result.push(
          layer.mode === 'max'
            ? Math.max(...inWindow)
            : inWindow.reduce((a, b) => a + b, 0) / (kernel[0] * kernel[1]),
        );
      }
    }
  }
  return result;
}
