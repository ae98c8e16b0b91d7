// Convolutions and transposed convolutions over one to three axes, with constant filters as layers
// of weights.

import { transposeFilters } from '../../../operators/convolutions.js';
import { sizeOf } from '../../../tensor.js';
import { matrixOnDemand } from '../../../weights/on-demand.js';
import type { FileWeights } from '../../graph-builder.js';
import { Blocked, type Emit, floatsOf, type Operation, type Rows } from '../operation.js';
import { followingBias } from './products.js';
import { imageOf, padOfAxes, pairOfAxes, type Window, windowOf, withoutPad } from './windows.js';

export interface ConvolutionParts {
  readonly input: string;
  readonly filters: string;
  /** '' for none. */
  readonly bias: string;
}

interface Shared extends Window {
  readonly channels: number;
  readonly groups: number;
}

/** A convolution with the node's window. */
export function convolve(
  op: Operation,
  { input, filters, bias }: ConvolutionParts,
  emit: Emit,
): string {
  const [{ shape }, { shape: filterShape }] = [op.typeOf(input), op.typeOf(filters)];
  const axes = shape.length - 2;
  if (axes < 1 || filterShape.length !== shape.length) {
    throw op.fault(
      `filters of ${filterShape.join('×')} for ${shape.join('×')}`,
      'channels and positions in both',
    );
  }
  const kernel = op.ints('kernel_shape') ?? filterShape.slice(2);
  if (kernel.join() !== filterShape.slice(2).join()) {
    throw op.fault(
      `kernel_shape ${kernel.join('×')}`,
      `that of the filters, ${filterShape.slice(2).join('×')}`,
    );
  }
  const groups = op.int('group', 1);
  const channels = filterShape[0] as number;
  if (!(groups >= 1) || (filterShape[1] as number) * groups !== shape[1]) {
    throw op.fault(
      `filters of ${filterShape[1]} channels in ${groups} groups`,
      `${shape[1]} input channels`,
    );
  }
  const [read, window] = withoutPad(op, input, windowOf(op, kernel, shape.slice(2)));
  const shared = { ...window, channels, groups };
  if (axes > 3) throw new Blocked(`${axes} axes`);
  if (
    !isConstant(op, filters) ||
    (bias !== '' && !isConstant(op, bias)) ||
    op.builder.isConstant(read)
  ) {
    const attributes = { ...shared, bias: bias !== '', activation: 'none' } as const;
    return emit({ kind: 'conv-dynamic', ...attributes }, [read, filters, bias]);
  }
  const added =
    bias === '' && emit === op.result ? followingBias(op, outputShape(shared, shape), 1) : bias;
  return weighted(op, read, filters, added, shared, emit);
}

function outputShape(
  { channels, kernel, stride, dilation, pads }: Shared,
  shape: readonly number[],
): readonly number[] {
  const positions = kernel.map((taps, axis) => {
    const reach = (taps - 1) * (dilation[axis] as number) + 1;
    const padded =
      (shape[axis + 2] as number) + (pads[axis] as number) + (pads[axis + kernel.length] as number);
    return Math.floor((padded - reach) / (stride[axis] as number)) + 1;
  });
  return [shape[0] as number, channels, ...positions];
}

/** Integers too: some tools write them as the weights of layers of floats. */
function isConstant(op: Operation, tensor: string): boolean {
  return op.builder.isConstant(tensor);
}

function weighted(
  op: Operation,
  input: string,
  filters: string,
  bias: string,
  shared: Shared,
  emit: Emit,
): string {
  const weights = filterWeights(op, filters, bias);
  const { kernel, stride, dilation, pads, channels, groups } = shared;
  const attributes = { channels, groups, bias: bias !== '', activation: 'none' } as const;
  if (kernel.length === 3)
    return emit({ kind: 'conv-nd', ...shared, ...attributes }, [input], weights);
  const layer = {
    kind: 'conv2d',
    kernel: pairOfAxes(kernel, 1),
    stride: pairOfAxes(stride, 1),
    dilation: pairOfAxes(dilation, 1),
    pad: padOfAxes(pads),
    ...attributes,
  } as const;
  if (kernel.length === 2) return emit(layer, [input], weights);
  const image = op.named(layer, [imageOf(op, input)], weights);
  const [images = 1, outputs = 1, , length = 1] = op.shapeOf(image);
  const result = op.reshape(image, [images, outputs, length], emit);
  op.host.images.set(result, image);
  return result;
}

function filterWeights(op: Operation, filters: string, bias: string): FileWeights {
  const tensor = op.builder.valuesOf(filters);
  const biases = bias === '' ? null : op.builder.valuesOf(bias);
  if (!tensor || (bias !== '' && !biases)) return null;
  const rows = tensor.shape[0] as number;
  const columns = sizeOf(tensor.shape.slice(1));
  const store = matrixOnDemand(rows, columns, () => floatsOf(tensor));
  return { store, bias: biases && floatsOf(biases) };
}

function conv(op: Operation): void {
  convolve(op, { input: op.input(0), filters: op.input(1), bias: op.optional(2) }, op.result);
}

function convTranspose(op: Operation): void {
  const [{ shape }, { shape: filterShape }] = [op.type(0), op.type(1)];
  const axes = shape.length - 2;
  if (axes < 1 || filterShape.length !== shape.length || filterShape[0] !== shape[1]) {
    throw op.fault(
      `filters of ${filterShape.join('×')} for ${shape.join('×')}`,
      'the same channels',
    );
  }
  if (axes > 3) throw new Blocked(`${axes} axes`);
  const groups = op.int('group', 1);
  const kernel = filterShape.slice(2);
  op.ignore('kernel_shape');
  const { pads, outputPads, ...window } = transposedWindow(op, kernel, shape.slice(2));
  const channels = (filterShape[1] as number) * groups;
  const bias = op.optional(2);
  const isWeighted = isConstant(op, op.input(1)) && (bias === '' || isConstant(op, bias));
  const added = isWeighted && bias === '' ? transposedBias(op, channels) : bias;
  const attributes = {
    ...{ ...window, pads, outputPads, channels, groups },
    ...{ bias: added !== '', activation: 'none' as const },
  };
  if (!isWeighted || op.builder.isConstant(op.input(0))) {
    op.result({ kind: 'conv-transpose-dynamic', ...attributes }, [op.input(0), op.input(1), bias]);
    return;
  }
  const tensor = op.values(1);
  const biases = added === '' ? null : op.builder.valuesOf(added);
  if (!tensor || (added !== '' && !biases)) {
    op.result({ kind: 'conv-transpose', ...attributes }, [op.input(0)], null);
    return;
  }
  const columns = (shape[1] as number) / groups;
  const store = matrixOnDemand(channels * sizeOf(kernel), columns, () => {
    const turned = new Float32Array(sizeOf(filterShape));
    return transposeFilters(floatsOf(tensor), filterShape, groups, turned);
  });
  op.result({ kind: 'conv-transpose', ...attributes }, [op.input(0)], {
    store,
    bias: biases && floatsOf(biases),
  });
}

/** An addition behind it of one value a channel; positions do not matter for that. */
function transposedBias(op: Operation, channels: number): string {
  const { shape } = op.type(0);
  return followingBias(op, [shape[0] as number, channels, ...shape.slice(2)], 1);
}

/** Where the result's extents are given, padding is what is left. */
function transposedWindow(op: Operation, kernel: readonly number[], positions: readonly number[]) {
  const axes = kernel.length;
  const listOf = (name: string, filler: number) =>
    op.ints(name) ?? new Array<number>(axes).fill(filler);
  const [stride, dilation] = [listOf('strides', 1), listOf('dilations', 1)];
  const outputPads = [...listOf('output_padding', 0)];
  const mode = op.text('auto_pad', 'NOTSET');
  const given = op.ints('pads') ?? new Array<number>(2 * axes).fill(0);
  const wanted = op.ints('output_shape')?.slice(-axes);
  const isSame = mode === 'SAME_UPPER' || mode === 'SAME_LOWER';
  if (!wanted && !isSame) return { kernel, stride, dilation, pads: given, outputPads };
  const pads = new Array<number>(2 * axes).fill(0);
  for (const axis of kernel.keys()) {
    const step = stride[axis] as number;
    const extent = wanted?.[axis] ?? (positions[axis] as number) * step;
    const reach = ((kernel[axis] as number) - 1) * (dilation[axis] as number) + 1;
    const total =
      step * ((positions[axis] as number) - 1) + (outputPads[axis] as number) + reach - extent;
    if (total < 0) outputPads[axis] = (outputPads[axis] as number) - total;
    const less = Math.floor(Math.max(0, total) / 2);
    const more = Math.max(0, total) - less;
    [pads[axis], pads[axis + axes]] = mode === 'SAME_UPPER' ? [less, more] : [more, less];
  }
  return { kernel, stride, dilation, pads, outputPads };
}

export const convolutionRows: Rows = { Conv: conv, ConvTranspose: convTranspose };
