// Convolutions, pools and normalisations of images, with what the converter fused behind them.

import { binary, normalised, relu, unary } from '../emit/elements.js';
import { dense, product } from '../emit/products.js';
import { floatsOf, step } from '../emit/use.js';
import { convolution, pool, transposedConvolution, type WindowPadding } from '../emit/windows.js';
import { channelsFirst, type Permutation } from '../permutation.js';
import type { Handle } from '../tensors.js';
import {
  flagOf,
  type NodeUse,
  numberOf,
  numbersAt,
  type Row,
  textOf,
  textsOf,
  wholesOf,
} from './node.js';

/** Images as the rows below take them, channels last, whatever the node's format says. */
function lastOf(use: NodeUse, handle: Handle): Handle {
  if (!isFirst(use)) return handle;
  const rank = handle.shape.length;
  const toLast = [0, ...Array.from({ length: rank - 2 }, (_, axis) => axis + 2), 1];
  return use.tensors.transpose(handle, toLast, handle.name);
}

function asTold(use: NodeUse, handle: Handle): Handle {
  return isFirst(use)
    ? use.tensors.transpose(handle, channelsFirst(handle.shape.length), handle.name)
    : handle;
}

function isFirst(use: NodeUse): boolean {
  return /^NC/.test(textOf(use, 'data_format', 'NHWC'));
}

/** One number for each axis of positions out of one for each axis of the tensor. */
function spatial(use: NodeUse, key: string, axes: number): readonly number[] {
  const all = wholesOf(use, key);
  if (all.length === 1) return new Array<number>(axes).fill(all[0] as number);
  if (all.length === axes) return all;
  const start = isFirst(use) ? 2 : 1;
  return Array.from({ length: axes }, (_, axis) => all[start + axis] ?? 1);
}

function paddingOf(use: NodeUse, axes: number): WindowPadding {
  const mode = textOf(use, 'padding').toUpperCase();
  if (mode === 'VALID') return 'valid';
  if (mode === 'SAME') return 'same';
  if (mode !== 'EXPLICIT')
    throw use.fault(`padding ${mode.slice(0, 20)}`, 'SAME, VALID or EXPLICIT');
  const all = wholesOf(use, 'explicit_paddings');
  const start = isFirst(use) ? 2 : 1;
  const side = (behind: 0 | 1) =>
    Array.from({ length: axes }, (_, axis) => all[2 * (start + axis) + behind] ?? 0);
  return [...side(0), ...side(1)];
}

function windowOf(use: NodeUse, axes: number) {
  const dilation = spatial(use, 'dilations', axes);
  return { stride: spatial(use, 'strides', axes), dilation, padding: paddingOf(use, axes) };
}

/** A bias of the node's own, then what was fused behind it. */
function fused(use: NodeUse, make: (bias: Handle | null) => Handle): Handle {
  const steps = textsOf(use, 'fused_ops');
  const hasBias = steps[0] === 'BiasAdd';
  let value = make(hasBias ? use.input(2) : null);
  let next = hasBias ? 3 : 2;
  for (const name of hasBias ? steps.slice(1) : steps) {
    const then = step(use, name);
    if (name === 'Relu') value = relu(then, value, 'relu');
    else if (name === 'Relu6') value = relu(then, value, 'relu6');
    else if (name === 'Elu') value = unary(then, value, 'elu');
    else if (name === 'Sigmoid') value = unary(then, value, 'sigmoid');
    else if (name === 'Tanh') value = unary(then, value, 'tanh');
    else if (name === 'LeakyRelu')
      value = unary(then, value, 'leaky-relu', [numberOf(use, 'leakyrelu_alpha', 0.2)]);
    else if (name === 'Prelu') value = binary(then, 'prelu', value, use.input(next++));
    else throw use.fault(`fused ${name.slice(0, 40)}`, 'BiasAdd, an activation or none');
  }
  return value;
}

function convolved(use: NodeUse, bias: Handle | null, isDepthwise: boolean): Handle {
  const axes = use.input(1).shape.length - 2;
  const [stored = 1, last = 1] = use.input(1).shape.slice(-2);
  const own = bias ?? use.followingBias(isDepthwise ? stored * last : last);
  return asTold(
    use,
    convolution(
      use,
      lastOf(use, use.input(0)),
      use.input(1),
      own,
      windowOf(use, axes),
      isDepthwise,
    ),
  );
}

function transposed(use: NodeUse): Handle {
  const kernel = use.input(1);
  const axes = kernel.shape.length - 2;
  const sizes = numbersAt(use, 0, "a result's shape");
  const positions = isFirst(use) ? sizes.slice(2) : sizes.slice(1, -1);
  const window = { ...windowOf(use, axes), positions };
  const bias = use.followingBias(kernel.shape.at(-2) as number);
  return asTold(use, transposedConvolution(use, lastOf(use, use.input(2)), kernel, bias, window));
}

function pooled(use: NodeUse, mode: 'max' | 'average'): Handle {
  const input = lastOf(use, use.input(0));
  const axes = input.shape.length - 2;
  const kernel = spatial(use, 'ksize', axes);
  const stride = spatial(use, 'strides', axes);
  return asTold(use, pool(use, input, { mode, kernel, stride, padding: paddingOf(use, axes) }));
}

function batchNorm(use: NodeUse): readonly Handle[] {
  if (flagOf(use, 'is_training')) throw use.fault('is_training', 'inference');
  const value = lastOf(use, use.input(0));
  const [scale, shift, mean, variance] = [1, 2, 3, 4].map((at) => {
    const input = use.input(at);
    if (!use.tensors.isConstant(input))
      throw use.fault('statistics that only a run can tell', 'constants');
    return floatsOf(use, input);
  });
  const epsilon = numberOf(use, 'epsilon', 1e-4);
  const norm =
    scale && shift && mean && variance ? { scale, shift, mean, variance, epsilon } : null;
  // What it tells besides are the statistics themselves.
  return [asTold(use, normalised(use, value, norm)), ...use.inputs(3, 5)];
}

/** TensorFlow's alpha is that of each square. */
function localResponse(use: NodeUse): Handle {
  const { tensors, name } = use;
  const value = use.input(0);
  const size = 2 * numberOf(use, 'depth_radius', 5) + 1;
  const attributes = {
    size,
    alpha: numberOf(use, 'alpha', 1) * size,
    beta: numberOf(use, 'beta', 0.5),
    k: numberOf(use, 'bias', 1),
  };
  const order: Permutation = channelsFirst(value.shape.length);
  return tensors.made(
    tensors.add({ kind: 'lrn', name, inputs: [tensors.first(value)], ...attributes }),
    order,
  );
}

function matrices(use: NodeUse, bias: Handle | null): Handle {
  const [left, right] = [use.input(0), use.input(1)];
  const transposes = {
    transposeLeft: flagOf(use, 'transpose_a') || flagOf(use, 'adj_x'),
    transposeRight: flagOf(use, 'transpose_b') || flagOf(use, 'adj_y'),
  };
  const outputs = right.shape.at(transposes.transposeRight ? -2 : -1) as number;
  const isWeights =
    use.tensors.isConstant(right) && right.shape.length === 2 && left.shape.length >= 2;
  const own = bias ?? (isWeights ? use.followingBias(outputs) : null);
  return product(use, left, right, transposes, own);
}

/**
 * A contraction of the last axes with the first ones of constant weights is a product with them.
 */
function einsum(use: NodeUse): Handle {
  const { tensors, name, fault } = use;
  const equation = textOf(use, 'equation').replace(/\s/g, '');
  const [terms = '', result] = equation.split('->');
  const [left = '', right, ...others] = terms.split(',');
  const inputs = use.inputs();
  if (
    right &&
    result !== undefined &&
    others.length === 0 &&
    tensors.isConstant(inputs[1] as Handle)
  ) {
    const [value, weights] = inputs as readonly [Handle, Handle];
    const summed = [...left].filter((index) => right.includes(index)).join('');
    const [rows, columns] = [
      left.slice(0, left.length - summed.length),
      right.slice(summed.length),
    ];
    const isProduct =
      summed !== '' &&
      left.endsWith(summed) &&
      right.startsWith(summed) &&
      result === rows + columns;
    if (isProduct && !left.includes('.') && value.shape.length === left.length) {
      const depth = weights.shape
        .slice(0, summed.length)
        .reduce((product, extent) => product * extent, 1);
      const behind = weights.shape.slice(summed.length);
      const outputs = behind.reduce((product, extent) => product * extent, 1);
      const outer = value.shape.slice(0, rows.length);
      const from = tensors.reshape(value, [...outer, depth]);
      const made = dense(use, from, tensors.reshape(weights, [depth, outputs]), null);
      return tensors.reshape(made, [...outer, ...behind]);
    }
  }
  if (equation === '') throw fault('no equation', 'one');
  const read = inputs.map((input) => tensors.plain(input));
  return tensors.made(tensors.add({ kind: 'einsum', name, inputs: read, equation }));
}

export const convolutionRows: Readonly<Record<string, Row>> = {
  Conv1D: (use) => convolved(use, null, false),
  Conv2D: (use) => convolved(use, null, false),
  Conv3D: (use) => convolved(use, null, false),
  _FusedConv2D: (use) => fused(use, (bias) => convolved(use, bias, false)),
  DepthwiseConv2d: (use) => convolved(use, null, true),
  DepthwiseConv2dNative: (use) => convolved(use, null, true),
  FusedDepthwiseConv2dNative: (use) => fused(use, (bias) => convolved(use, bias, true)),
  Conv2DBackpropInput: transposed,
  Conv2dTranspose: transposed,
  Conv3DBackpropInputV2: transposed,
  MatMul: (use) => matrices(use, null),
  _FusedMatMul: (use) => fused(use, (bias) => matrices(use, bias)),
  BatchMatMul: (use) => matrices(use, null),
  BatchMatMulV2: (use) => matrices(use, null),
  Einsum: einsum,
  MaxPool: (use) => pooled(use, 'max'),
  MaxPool3D: (use) => pooled(use, 'max'),
  AvgPool: (use) => pooled(use, 'average'),
  AvgPool3D: (use) => pooled(use, 'average'),
  FusedBatchNorm: batchNorm,
  FusedBatchNormV2: batchNorm,
  FusedBatchNormV3: batchNorm,
  LRN: localResponse,
};
