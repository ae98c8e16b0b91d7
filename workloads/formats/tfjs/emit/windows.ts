// Convolutions and pools over 1 to 3 axes of positions, with filters as TensorFlow keeps them:
// [taps …, inputs, outputs].

import type { Padding, Pair } from '../../../network.js';
import { type Shape, shapeText, sizeOf } from '../../../tensor.js';
import type { FileWeights, WrittenLayer } from '../../graph-builder.js';
import { samePixels } from '../../window-padding.js';
import { channelsFirst } from '../permutation.js';
import type { Handle } from '../tensors.js';
import { floatsOf, type Use } from './use.js';

/** Around the positions: told by name, or before each axis and then behind each. */
export type WindowPadding = 'same' | 'valid' | readonly number[];

export interface Window {
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly padding: WindowPadding;
}

/** Filters [taps …, inputs, outputs] as a matrix [outputs × inputs · taps]. */
export function filterMatrix(
  values: Float32Array,
  taps: number,
  inputs: number,
  outputs: number,
): Float32Array {
  const moved = new Float32Array(values.length);
  for (let tap = 0; tap < taps; tap++) {
    for (let input = 0; input < inputs; input++) {
      const from = (tap * inputs + input) * outputs;
      for (let output = 0; output < outputs; output++) {
        moved[(output * inputs + input) * taps + tap] = values[from + output] as number;
      }
    }
  }
  return moved;
}

function positionsOf(use: Use, { shape }: Handle, axes: number): Shape {
  if (shape.length === axes + 2) return shape.slice(1, -1);
  throw use.fault(
    `an input of ${shapeText(shape)}`,
    `${axes + 2} axes: the batch, ${axes} of positions, channels`,
  );
}

export function padsOf(
  padding: WindowPadding,
  positions: Shape,
  kernel: Shape,
  { stride, dilation }: Omit<Window, 'padding'>,
) {
  if (padding === 'valid') return new Array<number>(2 * kernel.length).fill(0);
  if (padding !== 'same') return padding;
  const total = kernel.map((taps, axis) =>
    samePixels(positions[axis] as number, taps, stride[axis] as number, dilation[axis] as number),
  );
  return [
    ...total.map((pixels) => Math.floor(pixels / 2)),
    ...total.map((pixels) => Math.ceil(pixels / 2)),
  ];
}

/**
 * What a convolution reads, and its pads: zeros that were put around its input are part of them.
 */
function unpadded(
  use: Use,
  input: Handle,
  pads: readonly number[],
): readonly [Handle, readonly number[]] {
  const { padded } = input;
  const axes = pads.length / 2;
  const rank = input.shape.length;
  if (!padded) return [input, pads];
  const more = [...padded.pads.slice(1, 1 + axes), ...padded.pads.slice(rank + 1, rank + 1 + axes)];
  return unpadded(
    use,
    padded.of,
    pads.map((pad, at) => pad + (more[at] as number)),
  );
}

/**
 * `kernel` [taps …, inputs per group, outputs], or of a depthwise convolution [taps …, inputs,
 * multiplier].
 */
export function convolution(
  use: Use,
  input: Handle,
  kernel: Handle,
  bias: Handle | null,
  window: Window,
  isDepthwise = false,
): Handle {
  const { tensors, name, fault, readers } = use;
  const axes = kernel.shape.length - 2;
  const taps = kernel.shape.slice(0, -2);
  const positions = positionsOf(use, input, axes);
  const inputs = input.shape.at(-1) as number;
  const [stored = 1, last = 1] = kernel.shape.slice(-2);
  const perGroup = isDepthwise ? 1 : stored;
  const channels = isDepthwise ? stored * last : last;
  const groups = inputs / perGroup;
  if (!(Number.isInteger(groups) && (!isDepthwise || stored === inputs))) {
    throw fault(`weights of ${shapeText(kernel.shape)}`, `some for ${inputs} channels`);
  }
  const { stride, dilation, padding } = window;
  const [source, pads] = unpadded(use, input, padsOf(padding, positions, taps, window));
  const from = tensors.first(source);
  const order = channelsFirst(axes + 2);
  const shared = {
    name,
    inputs: [from],
    channels,
    groups,
    bias: bias !== null,
    activation: 'none',
  } as const;
  if (!tensors.isConstant(kernel) || (bias && !tensors.isConstant(bias))) {
    const filters = isDepthwise ? tensors.reshape(kernel, [...taps, 1, channels]) : kernel;
    const rank = axes + 2;
    const axesOf = [rank - 1, rank - 2, ...taps.map((_, axis) => axis)];
    const read = [from, tensors.in(filters, axesOf), ...(bias ? [tensors.plain(bias)] : [])];
    return tensors.made(
      tensors.add({
        ...shared,
        kind: 'conv-dynamic',
        inputs: read,
        kernel: taps,
        stride,
        dilation,
        pads,
      }),
      order,
    );
  }
  const written: WrittenLayer =
    axes === 2
      ? {
          ...{
            ...shared,
            kind: 'conv2d',
            kernel: taps as unknown as Pair,
            stride: stride as unknown as Pair,
          },
          ...{ dilation: dilation as unknown as Pair, pad: pads as unknown as Padding },
        }
      : { ...shared, kind: 'conv-nd', kernel: taps, stride, dilation, pads };
  const values = floatsOf(use, kernel);
  const matrix = values && filterMatrix(values, sizeOf(taps), perGroup, channels);
  const made = tensors.addWeighted(
    written,
    weightsOf(use, matrix, channels, perGroup * sizeOf(taps), bias),
  );
  return tensors.made(made, order, { scalable: axes === 2 && readers === 1 });
}

export function weightsOf(
  use: Use,
  values: Float32Array | null,
  rows: number,
  columns: number,
  bias: Handle | null,
): FileWeights {
  const shifts = bias && floatsOf(use, bias);
  if (!values || (bias && !shifts)) return null;
  if (values.length !== rows * columns)
    throw use.fault(`${values.length} weights`, `${rows}×${columns}`);
  return { store: { format: 'dense', rows, columns, values }, bias: shifts };
}

/** `kernel` [taps …, outputs, inputs]; `positions` are the result's. */
export function transposedConvolution(
  use: Use,
  input: Handle,
  kernel: Handle,
  bias: Handle | null,
  window: Window & { readonly positions: Shape },
): Handle {
  const { tensors, name, fault } = use;
  const axes = kernel.shape.length - 2;
  const taps = kernel.shape.slice(0, -2);
  const from = positionsOf(use, input, axes);
  const [channels = 1, inputs = 1] = kernel.shape.slice(-2);
  if (inputs !== input.shape.at(-1))
    throw fault(`weights of ${shapeText(kernel.shape)}`, `some for ${input.shape.at(-1)} channels`);
  const { stride, dilation, padding, positions } = window;
  const reach = taps.map((extent, axis) => (extent - 1) * (dilation[axis] as number) + 1);
  const whole = from.map(
    (extent, axis) => (extent - 1) * (stride[axis] as number) + (reach[axis] as number),
  );
  const over = whole.map((extent, axis) => extent - (positions[axis] as number));
  const pads =
    typeof padding !== 'string'
      ? padding
      : [
          ...over.map((cut) => Math.floor(Math.max(0, cut) / 2)),
          ...over.map((cut) => Math.ceil(Math.max(0, cut) / 2)),
        ];
  const outputPads = over.map(
    (cut, axis) => (pads[axis] as number) + (pads[axis + axes] as number) - cut,
  );
  if (outputPads.some((extent) => extent < 0))
    throw fault(`a result of ${shapeText(positions)}`, `at most ${shapeText(whole)}`);
  const order = channelsFirst(axes + 2);
  const shared = {
    ...({ name, channels, groups: 1, bias: bias !== null, activation: 'none' } as const),
    ...{ kernel: taps, stride, dilation, pads, outputPads },
  };
  const source = tensors.first(input);
  if (!tensors.isConstant(kernel) || (bias && !tensors.isConstant(bias))) {
    const filters = tensors.in(kernel, [axes + 1, axes, ...taps.map((_, axis) => axis)]);
    const read = [source, filters, ...(bias ? [tensors.plain(bias)] : [])];
    return tensors.made(
      tensors.add({ ...shared, kind: 'conv-transpose-dynamic', inputs: read }),
      order,
    );
  }
  const values = floatsOf(use, kernel);
  const rows = channels * sizeOf(taps);
  const matrix = values && new Float32Array(values.length);
  if (values && matrix) {
    for (let tap = 0; tap < sizeOf(taps); tap++) {
      for (let channel = 0; channel < channels; channel++) {
        const at = (tap * channels + channel) * inputs;
        matrix.set(values.subarray(at, at + inputs), (channel * sizeOf(taps) + tap) * inputs);
      }
    }
  }
  const weights = weightsOf(use, matrix, rows, inputs, bias);
  return tensors.made(
    tensors.addWeighted({ ...shared, kind: 'conv-transpose', inputs: [source] }, weights),
    order,
  );
}

export interface PoolWindow extends Omit<Window, 'dilation'> {
  readonly mode: 'max' | 'average';
  readonly kernel: readonly number[];
}

export function pool(
  use: Use,
  input: Handle,
  { mode, kernel, stride, padding }: PoolWindow,
): Handle {
  const { tensors, name } = use;
  const axes = kernel.length;
  const positions = positionsOf(use, input, axes);
  const dilation = kernel.map(() => 1);
  const pads = padsOf(padding, positions, kernel, { stride, dilation });
  const order = channelsFirst(axes + 2);
  const inputs = [tensors.first(input)];
  const written: WrittenLayer =
    axes === 2
      ? {
          ...{
            kind: 'pool2d',
            name,
            inputs,
            mode,
            kernel: kernel as unknown as Pair,
            stride: stride as unknown as Pair,
          },
          ...{ pad: pads as unknown as Padding, rounding: 'floor', countsPadding: false },
        }
      : {
          kind: 'pool-nd',
          name,
          inputs,
          mode,
          kernel,
          stride,
          dilation,
          pads,
          ceil: false,
          countsPadding: false,
        };
  return tensors.made(tensors.add(written), order);
}

/** Over all positions, which stay as axes of one element. */
export function globalPool(use: Use, input: Handle, mode: 'max' | 'average'): Handle {
  const { tensors, name } = use;
  const { shape } = input;
  if (shape.length === 4) {
    const inputs = [tensors.first(input)];
    const window = { kernel: 'global', stride: 1, pad: 0, rounding: 'floor' } as const;
    return tensors.made(
      tensors.add({ kind: 'pool2d', name, inputs, mode, ...window }),
      channelsFirst(4),
    );
  }
  const order = tensors.best([input], shape.length);
  const axes = order.flatMap((axis, at) => (axis > 0 && axis < shape.length - 1 ? [at] : []));
  const inputs = [tensors.in(input, order)];
  const of = mode === 'max' ? 'max' : 'mean';
  return tensors.made(
    tensors.add({ kind: 'reduce', name, inputs, function: of, axes, keep: true }),
    order,
  );
}
