// Some layers of each kind that native rows run, small and of awkward extents: what every row is
// tried on whatever else its own test draws.

import type { HostKernel } from '../../../../../hw-models/host/engine/kernel.js';
import {
  bfloat16Dense,
  bfloat16Sparse,
} from '../../../../../hw-models/host/engine/native/bfloat16.js';
import { int4Dense } from '../../../../../hw-models/host/engine/native/int4.js';
import { int8Dense, int8Sparse } from '../../../../../hw-models/host/engine/native/int8.js';
import { exactKernels } from '../../../../../hw-models/host/engine/table.js';
import type { Shape } from '../../../../../workloads/network.js';
import type { LayerSpec } from '../../../../../workloads/spec.js';
import { type Bound, type NativeCase, random, SUM_BOUND, TRANSFORM_BOUND } from './agreement.js';

const named = { name: 'layer' } as const;
const relu = { bias: true, activation: 'relu' } as const;

type Window = readonly [kernel: number, stride: number, pad: number];

function convolution(
  channels: number,
  [kernel, stride, pad]: Window,
  groups = 1,
  activation: 'relu' | 'relu6' | 'none' = 'relu',
): LayerSpec {
  return {
    kind: 'conv2d',
    ...named,
    channels,
    kernel,
    stride,
    pad,
    groups,
    bias: true,
    activation,
  };
}

const layers: readonly (readonly [Shape, LayerSpec])[] = [
  [[40, 13, 13], convolution(24, [1, 1, 0])],
  [[33, 9, 7], convolution(35, [1, 1, 0], 1, 'none')],
  [[16, 14, 14], convolution(20, [1, 2, 0])],
  [[12, 15, 15], convolution(18, [3, 1, 1])],
  [[20, 28, 28], convolution(33, [3, 1, 1], 1, 'relu6')],
  [[8, 17, 17], convolution(16, [3, 2, 1])],
  [[12, 13, 13], convolution(16, [3, 1, 1], 2)],
  [[8, 13, 13], convolution(12, [5, 1, 2], 2)],
  [[24, 19, 19], convolution(24, [3, 1, 1], 24, 'relu6')],
  [[24, 19, 19], convolution(24, [3, 2, 1], 24)],
  [[3, 33, 33], convolution(16, [7, 2, 3])],
  [[3, 41, 41], convolution(16, [11, 4, 0])],
  [[60], { kind: 'dense', ...named, outputs: 37, ...relu }],
  [[130], { kind: 'dense', ...named, outputs: 64, bias: false, activation: 'none' }],
  [[29, 48], { kind: 'dense', ...named, outputs: 33, ...relu }],
  [[6, 96], { kind: 'dense', ...named, outputs: 21, ...relu, axis: 2 }],
  [[70, 130], { kind: 'dense', ...named, outputs: 33, axis: 2, ...relu }],
  [[6, 7, 5], { kind: 'add', ...named, inputs: ['data', 'data'], activation: 'relu' }],
  [[6, 7, 5], { kind: 'add', ...named, inputs: ['data', 'data', 'data'], activation: 'relu6' }],
  [
    [5, 23, 19],
    { kind: 'pool2d', ...named, rounding: 'floor', mode: 'max', kernel: 3, stride: 2, pad: 1 },
  ],
  [
    [5, 23, 19],
    { kind: 'pool2d', ...named, rounding: 'floor', mode: 'average', kernel: 3, stride: 1, pad: 1 },
  ],
  [
    [5, 7, 7],
    {
      kind: 'pool2d',
      ...named,
      rounding: 'floor',
      mode: 'average',
      kernel: 'global',
      stride: 1,
      pad: 0,
    },
  ],
  [[9, 7, 5], { kind: 'lrn', ...named, size: 5, alpha: 0.5, beta: 0.75, k: 1 }],
  [[21, 21], { kind: 'matmul', ...named, inputs: ['data', 'data'], transposeRight: true }],
  [[3, 35, 35], { kind: 'matmul', ...named, inputs: ['data', 'data'] }],
  [[5, 37], { kind: 'unary', ...named, function: 'gelu' }],
  [[5, 37], { kind: 'unary', ...named, function: 'tanh' }],
  [[7, 50], { kind: 'softmax', ...named, axis: -1 }],
  [[9, 33], { kind: 'layer-norm', ...named, axis: -1, epsilon: 1e-5, inputs: ['data'] }],
  [[9, 33], { kind: 'rms-norm', ...named, axis: -1, epsilon: 1e-6, inputs: ['data'] }],
  [[6, 7, 5], { kind: 'relu', ...named, activation: 'relu6' }],
];

/**
 * Native rows whose layers read floats alone. Experts, which numbers choose, are compared on whole
 * networks (experts.test.ts).
 */
export const nativeRows: readonly HostKernel[] = exactKernels.filter(
  ({ isNative, kind }) => isNative && kind !== 'experts',
);

/** Those of them that a row takes, at several densities, on one thread and cut for two. */
export function layersOf(row: HostKernel): readonly NativeCase[] {
  return layers
    .flatMap(([input, layer], at) =>
      [0.1, 0.5, 1].map((density, of): NativeCase => {
        const batch = layer.kind === 'dense' && at % 2 === 0 ? 5 : 1;
        const codes = row.name.includes('coded') ? { shared: 15 } : {};
        const common = { inputDensity: 0.6, batch, threads: 1 + (of % 2), seed: at, ...codes };
        return { input, layer, density, ...common };
      }),
    )
    .filter((one) => {
      const { layer, weights } = random(one);
      return layer.kind === row.kind && row.refusal(layer, weights) === null;
    });
}

/** A half of one 127th of the largest weight and activation, term by term, and some more. */
const ROUNDING_BOUND: Bound = { relative: 0.05, to: 'largest' };

/** A half of one seventh of the largest weight of each block, term by term. */
const FOUR_BIT_BOUND: Bound = { relative: 0.2, to: 'largest' };

/** Rows that round weights and activations, which their own tests follow to the bit. */
export const roundingKernels: readonly HostKernel[] = [
  bfloat16Dense,
  bfloat16Sparse,
  int4Dense,
  int8Dense,
  int8Sparse,
];

/** How far a row may be off. */
export function boundOf(row: HostKernel): Bound {
  const { name, kind } = row;
  if (row === int4Dense) return FOUR_BIT_BOUND;
  if (roundingKernels.includes(row)) return ROUNDING_BOUND;
  const transforms =
    name.includes('winograd') || kind === 'layer-norm' || kind === 'rms-norm' || kind === 'softmax';
  return transforms ? TRANSFORM_BOUND : SUM_BOUND;
}
