// What exporters write out is recognised, and nothing that somebody else needs is swallowed.

import { describe, expect, it } from 'vitest';
import { recogniseActivations } from '../../../workloads/passes/activations.js';
import { joinAffineChains } from '../../../workloads/passes/affine-chains.js';
import type { Pass } from '../../../workloads/passes/draft.js';
import { joinFlattening } from '../../../workloads/passes/flat-products.js';
import { recogniseMendedPools } from '../../../workloads/passes/mended-pools.js';
import { recogniseMomentNorms } from '../../../workloads/passes/moment-norms.js';
import { joinMoves } from '../../../workloads/passes/moves.js';
import { withoutNoOps } from '../../../workloads/passes/no-ops.js';
import { recogniseNorms } from '../../../workloads/passes/norms.js';
import { joinPads } from '../../../workloads/passes/pads.js';
import { joinProducts } from '../../../workloads/passes/products.js';
import { recogniseSoftmax } from '../../../workloads/passes/softmax.js';
import { sinkTransposes } from '../../../workloads/passes/transposes.js';
import { foldChannels } from '../../../workloads/passes/weighted-channels.js';
import { random, tensor } from '../../operators/rows.js';
import { binary, draftOf, kindsOf, passed, reduce, unary, type Written } from './drafts.js';

const x = { x: [2, 3, 8] };
const transpose = (...permutation: readonly number[]) => ({ kind: 'transpose', permutation });
const reshape = (...shape: readonly number[]) => ({ kind: 'reshape', shape });
const dense = { kind: 'dense', outputs: 3, bias: false, activation: 'none' };
const conv = {
  ...{
    kind: 'conv2d',
    channels: 4,
    kernel: 3,
    stride: 1,
    dilation: 1,
    pad: 0,
    groups: 1,
    bias: false,
  },
  activation: 'none',
};
const pad = (...pads: readonly number[]) => ({ kind: 'pad', mode: 'constant', pads, value: 0 });

interface Pattern extends Written {
  readonly pass: Pass;
  readonly becomes: readonly string[];
}

const erf: Written['layers'] = [
  ['a', binary('divide'), 'x', 'root2'],
  ['b', unary('erf'), 'a'],
  ['c', binary('add'), 'b', 'one'],
  ['d', binary('multiply'), 'x', 'c'],
  ['y', binary('multiply'), 'd', 'half'],
];
const numbers = {
  root2: Math.SQRT2,
  one: 1,
  half: 0.5,
  three: 3,
  six: 6,
  two: 2,
  zero: 0,
  epsilon: 1e-5,
};
const layerNorm: Written['layers'] = [
  ['m', reduce('mean', -1), 'x'],
  ['d', binary('subtract'), 'x', 'm'],
  ['p', binary('power'), 'd', 'two'],
  ['v', reduce('mean', -1), 'p'],
  ['a', binary('add'), 'v', 'epsilon'],
  ['s', unary('sqrt'), 'a'],
  ['n', binary('divide'), 'd', 's'],
  ['g', binary('multiply'), 'n', 'scale'],
  ['y', binary('add'), 'g', 'bias'],
];
const affine = { scale: random([8], 4), bias: random([8], 5) };

const windows2 = {
  ...{ kernel: [2, 3], stride: [2, 1], dilation: [1, 1], pads: [0, 1, 1, 0] },
  ...{ outputPads: [1, 0], bias: false, activation: 'none' },
};
const windows3 = {
  ...{ kernel: [2, 2, 1], stride: [1, 2, 1], dilation: [1, 1, 1], pads: [0, 1, 0, 1, 0, 0] },
  ...{ bias: true, activation: 'none' },
};

const patterns: Readonly<Record<string, Pattern>> = {
  'GELU by erf': {
    pass: recogniseActivations,
    inputs: x,
    constants: numbers,
    layers: erf,
    becomes: ['gelu'],
  },
  'GELU by erf, half first': {
    ...{ pass: recogniseActivations, inputs: x, constants: { ...numbers, slope: Math.SQRT1_2 } },
    layers: [
      ['h', binary('multiply'), 'half', 'x'],
      ['a', binary('multiply'), 'x', 'slope'],
      ['b', unary('erf'), 'a'],
      ['c', binary('add'), 'one', 'b'],
      ['y', binary('multiply'), 'h', 'c'],
    ],
    becomes: ['gelu'],
  },
  'GELU by tanh': {
    ...{ pass: recogniseActivations, inputs: x },
    constants: { ...numbers, k: 0.044715, slope: Math.sqrt(2 / Math.PI) },
    layers: [
      ['p', binary('power'), 'x', 'three'],
      ['k3', binary('multiply'), 'p', 'k'],
      ['s', { kind: 'add', activation: 'none' }, 'x', 'k3'],
      ['u', binary('multiply'), 's', 'slope'],
      ['t', unary('tanh'), 'u'],
      ['c', binary('add'), 't', 'one'],
      ['h', binary('multiply'), 'x', 'half'],
      ['y', binary('multiply'), 'h', 'c'],
    ],
    becomes: ['gelu-tanh'],
  },
  SiLU: {
    ...{ pass: recogniseActivations, inputs: x },
    layers: [
      ['s', unary('sigmoid'), 'x'],
      ['y', binary('multiply'), 'x', 's'],
    ],
    becomes: ['swish'],
  },
  'a quick GELU': {
    ...{ pass: recogniseActivations, inputs: x, constants: { alpha: 1.702 } },
    layers: [
      ['a', binary('multiply'), 'x', 'alpha'],
      ['s', unary('sigmoid'), 'a'],
      ['y', binary('multiply'), 's', 'x'],
    ],
    becomes: ['swish'],
  },
  Mish: {
    ...{ pass: recogniseActivations, inputs: x, constants: numbers },
    layers: [
      ['e', unary('exp'), 'x'],
      ['a', binary('add'), 'e', 'one'],
      ['l', unary('log'), 'a'],
      ['t', unary('tanh'), 'l'],
      ['y', binary('multiply'), 'x', 't'],
    ],
    becomes: ['mish'],
  },
  'a hard swish': {
    ...{ pass: recogniseActivations, inputs: x, constants: numbers },
    layers: [
      ['a', binary('add'), 'x', 'three'],
      ['c', unary('clip', 0, 6), 'a'],
      ['m', binary('multiply'), 'x', 'c'],
      ['y', binary('divide'), 'm', 'six'],
    ],
    becomes: ['hard-swish'],
  },
  'a hard swish by hard sigmoid': {
    ...{ pass: recogniseActivations, inputs: x, constants: numbers },
    layers: [
      ['a', binary('add'), 'x', 'three'],
      ['c', { kind: 'relu', activation: 'relu6' }, 'a'],
      ['h', binary('divide'), 'c', 'six'],
      ['y', binary('multiply'), 'x', 'h'],
    ],
    becomes: ['hard-swish'],
  },
  'a hard sigmoid': {
    ...{ pass: recogniseActivations, inputs: x, constants: numbers },
    layers: [
      ['a', binary('add'), 'x', 'three'],
      ['c', unary('clip', 0, 6), 'a'],
      ['y', binary('divide'), 'c', 'six'],
    ],
    becomes: ['hard-sigmoid'],
  },
  'relu6 of bounds': {
    ...{ pass: recogniseActivations, inputs: x, constants: numbers },
    layers: [
      ['a', binary('minimum'), 'x', 'six'],
      ['y', binary('maximum'), 'a', 'zero'],
    ],
    becomes: ['relu'],
  },
  'relu6 of a ReLU': {
    ...{ pass: recogniseActivations, inputs: x, constants: numbers },
    layers: [
      ['a', { kind: 'relu', activation: 'relu' }, 'x'],
      ['y', binary('minimum'), 'a', 'six'],
    ],
    becomes: ['relu'],
  },
  LayerNorm: {
    ...{ pass: recogniseNorms, inputs: x, constants: { ...numbers, ...affine }, layers: layerNorm },
    becomes: ['layer-norm'],
  },
  'LayerNorm without bias': {
    ...{ pass: recogniseNorms, inputs: x, constants: { ...numbers, ...affine } },
    layers: [...layerNorm.slice(0, 7), ['y', binary('multiply'), 'scale', 'n']],
    becomes: ['layer-norm'],
  },
  'LayerNorm with a difference each': {
    ...{ pass: recogniseNorms, inputs: x, constants: { ...numbers, ...affine } },
    layers: [
      ...layerNorm.slice(0, 2),
      ['d2', binary('subtract'), 'x', 'm'],
      ['p', binary('multiply'), 'd2', 'd2'],
      ...layerNorm.slice(3),
    ],
    becomes: ['layer-norm'],
  },
  'LayerNorm of Keras': {
    ...{ pass: recogniseMomentNorms, inputs: x, constants: { ...numbers, ...affine } },
    layers: [
      ['m', reduce('mean', -1), 'x'],
      ['p', binary('squared-difference'), 'x', 'm'],
      ['v', reduce('mean', -1), 'p'],
      ['a', binary('add'), 'v', 'epsilon'],
      ['r', unary('rsqrt'), 'a'],
      ['f', binary('multiply'), 'r', 'scale'],
      ['xf', binary('multiply'), 'x', 'f'],
      ['mf', binary('multiply'), 'm', 'f'],
      ['b', binary('subtract'), 'bias', 'mf'],
      ['y', binary('add'), 'xf', 'b'],
    ],
    becomes: ['layer-norm'],
  },
  RMSNorm: {
    ...{ pass: recogniseNorms, inputs: x, constants: { ...numbers, ...affine } },
    layers: [
      ['p', binary('multiply'), 'x', 'x'],
      ['v', reduce('mean', -1), 'p'],
      ['a', binary('add'), 'v', 'epsilon'],
      ['s', unary('sqrt'), 'a'],
      ['r', unary('reciprocal'), 's'],
      ['n', binary('multiply'), 'x', 'r'],
      ['y', binary('multiply'), 'scale', 'n'],
    ],
    becomes: ['rms-norm'],
  },
  softmax: {
    ...{ pass: recogniseSoftmax, inputs: x },
    layers: [
      ['m', reduce('max', 1), 'x'],
      ['d', binary('subtract'), 'x', 'm'],
      ['e', unary('exp'), 'd'],
      ['s', reduce('sum', 1), 'e'],
      ['y', binary('divide'), 'e', 's'],
    ],
    becomes: ['softmax'],
  },
  'softmax as it is': {
    ...{ pass: recogniseSoftmax, inputs: x },
    layers: [
      ['e', unary('exp'), 'x'],
      ['s', reduce('sum', -1), 'e'],
      ['y', binary('divide'), 'e', 's'],
    ],
    becomes: ['softmax'],
  },
  attention: {
    ...{
      pass: joinProducts,
      inputs: { q: [1, 2, 5, 4], k: [1, 2, 5, 4], v: [1, 2, 5, 4] },
      constants: { d: 2 },
    },
    layers: [
      ['kt', transpose(0, 1, 3, 2), 'k'],
      ['qk', { kind: 'matmul' }, 'q', 'kt'],
      ['s', binary('divide'), 'qk', 'd'],
      ['p', { kind: 'softmax', axis: -1 }, 's'],
      ['y', { kind: 'matmul' }, 'p', 'v'],
    ],
    becomes: ['matmul', 'softmax', 'matmul'],
  },
  'attention that is scaled before its heads are told apart, with a mask': {
    ...{ pass: joinProducts, inputs: { q: [1, 4, 6], k: [1, 5, 6], v: [1, 5, 6], m: [4, 5] } },
    constants: { s: 0.25, r: 2 },
    layers: [
      ['qs', binary('multiply'), 'q', 's'],
      ['qr', { kind: 'reshape', shape: [1, 4, 2, 3] }, 'qs'],
      ['qt', { kind: 'transpose', permutation: [0, 2, 1, 3] }, 'qr'],
      ['ks', binary('divide'), 'k', 'r'],
      ['kr', { kind: 'reshape', shape: [1, 5, 2, 3] }, 'ks'],
      ['kt', { kind: 'transpose', permutation: [0, 2, 3, 1] }, 'kr'],
      ['qk', { kind: 'matmul' }, 'qt', 'kt'],
      ['masked', binary('add'), 'qk', 'm'],
      ['p', { kind: 'softmax', axis: -1 }, 'masked'],
      ['vr', { kind: 'reshape', shape: [1, 5, 2, 3] }, 'v'],
      ['vt', { kind: 'transpose', permutation: [0, 2, 1, 3] }, 'vr'],
      ['y', { kind: 'matmul' }, 'p', 'vt'],
    ],
    becomes: [
      ...['reshape', 'transpose', 'reshape', 'transpose', 'matmul', 'add', 'softmax'],
      ...['reshape', 'transpose', 'matmul'],
    ],
  },
  'scales of both operands': {
    ...{ pass: joinProducts, inputs: { q: [1, 2, 5, 4], k: [1, 2, 4, 5] }, constants: { s: 0.5 } },
    layers: [
      ['qs', binary('multiply'), 'q', 's'],
      ['ks', binary('multiply'), 's', 'k'],
      ['y', { kind: 'matmul' }, 'qs', 'ks'],
    ],
    becomes: ['matmul'],
  },
  'nothing at all': {
    ...{ pass: withoutNoOps, inputs: x, constants: { ones: tensor([1], [1]), zero: 0 } },
    layers: [
      ['a', transpose(0, 1, 2), 'x'],
      ['b', reshape(2, 3, 8), 'a'],
      ['c', { kind: 'cast', to: 'float32' }, 'b'],
      ['d', binary('multiply'), 'c', 'ones'],
      ['e', binary('add'), 'zero', 'd'],
      ['f', { kind: 'slice', starts: [0], ends: [99], axes: [2], steps: [1] }, 'e'],
      ['g', unary('abs'), 'f'],
      ['h', binary('divide'), 'g', 'ones'],
      ['y', pad(0, 0, 0, 0, 0, 0), 'h'],
    ],
    becomes: ['abs'],
  },
  'moves behind moves': {
    ...{ pass: joinMoves, inputs: x },
    layers: [
      ['a', reshape(6, 8), 'x'],
      ['b', reshape(8, 6), 'a'],
      ['c', reshape(4, 12), 'b'],
      ['d', transpose(1, 0), 'c'],
      ['e', reshape(2, 3, 8), 'd'],
      ['f', transpose(2, 0, 1), 'e'],
      ['g', transpose(1, 2, 0), 'f'],
      ['h', unary('abs'), 'g'],
      ['i', reshape(2, 1, 3, 8), 'h'],
      ['y', transpose(1, 0, 2, 3), 'i'],
    ],
    becomes: ['reshape', 'transpose', 'reshape', 'abs', 'reshape'],
  },
  'channels last in between': {
    ...{
      pass: (draft) => joinMoves(sinkTransposes(draft)),
      inputs: { x: [1, 4, 3, 2], z: [1, 4, 3, 2] },
    },
    constants: { bias: random([4], 2), half: 0.5 },
    layers: [
      ['a', transpose(0, 2, 3, 1), 'x'],
      ['b', binary('add'), 'a', 'bias'],
      ['c', { kind: 'relu', activation: 'relu' }, 'b'],
      ['d', transpose(0, 2, 3, 1), 'z'],
      ['e', { kind: 'add', activation: 'none' }, 'c', 'd'],
      ['f', { kind: 'concat', axis: -1 }, 'e', 'e2'],
      ['g', binary('multiply'), 'f', 'half'],
      ['y', transpose(0, 3, 1, 2), 'g'],
    ].map(([result, op, ...read]) => [
      result,
      op,
      ...(read as string[]).map((name) => (name === 'e2' ? 'e' : name)),
    ]) as never,
    becomes: ['add', 'relu', 'add', 'concat', 'multiply'],
  },
  'a flattened image': {
    ...{ pass: joinFlattening, inputs: { x: [1, 3, 4, 2] } },
    layers: [
      ['f', reshape(1, 24), 'x'],
      ['y', dense, 'f'],
    ],
    becomes: ['dense'],
  },
  'flattened vectors': {
    ...{ pass: joinFlattening, inputs: { x: [1, 3, 4, 2] } },
    layers: [
      ['f', reshape(1, 3, 8), 'x'],
      ['y', { ...dense, axis: 2 }, 'f'],
    ],
    becomes: ['dense'],
  },
  'a bias and a scale behind a product': {
    ...{
      pass: foldChannels,
      inputs: x,
      constants: { bias: random([3], 2), s: 0.25, scale: random([1, 3], 3) },
    },
    layers: [
      ['a', { ...dense, axis: 2 }, 'x'],
      ['b', binary('add'), 'a', 'bias'],
      ['c', binary('multiply'), 's', 'b'],
      ['y', binary('divide'), 'c', 's'],
    ],
    becomes: ['dense'],
  },
  'a batch norm written out': {
    ...{ pass: foldChannels, inputs: { x: [1, 3, 5, 5] } },
    constants: {
      scale: random([4, 1, 1], 2),
      shift: random([1, 4, 1, 1], 3),
      mean: random([3, 1, 1], 7),
      half: 0.5,
    },
    layers: [
      ['m', binary('subtract'), 'x', 'mean'],
      ['n', binary('multiply'), 'm', 'half'],
      ['a', conv, 'n'],
      ['b', binary('multiply'), 'a', 'scale'],
      ['y', binary('add'), 'b', 'shift'],
    ],
    becomes: ['conv2d'],
  },
  'a scale before padding': {
    ...{
      pass: foldChannels,
      inputs: { x: [1, 4, 5, 5] },
      constants: { mean: random([4, 1, 1], 7), s: random([4, 1, 1], 8) },
    },
    layers: [
      ['m', binary('subtract'), 'x', 'mean'],
      ['n', binary('multiply'), 'm', 's'],
      ['y', { ...conv, pad: 1, groups: 2 }, 'n'],
    ],
    becomes: ['subtract', 'conv2d'],
  },
  'constants by channel': {
    ...{ pass: joinAffineChains, inputs: { x: [1, 4, 5] } },
    constants: { s: random([4, 1], 2), t: random([1, 4, 1], 3), half: 0.5 },
    layers: [
      ['a', binary('multiply'), 'x', 's'],
      ['b', binary('add'), 't', 'a'],
      ['y', binary('multiply'), 'b', 'half'],
    ],
    becomes: ['affine'],
  },
  'constants by channel behind a convolution over three axes': {
    ...{ pass: foldChannels, inputs: { x: [1, 2, 3, 4, 3] } },
    constants: { s: tensor([3, 1, 1, 1], [2, -1, 0.5]), t: tensor([3, 1, 1, 1], [1, 2, 3]) },
    layers: [
      ['a', { kind: 'conv-nd', ...windows3, channels: 3, groups: 1 }, 'x'],
      ['b', binary('multiply'), 'a', 's'],
      ['y', binary('add'), 'b', 't'],
    ],
    becomes: ['conv-nd'],
  },
  'constants by channel around a transposed convolution': {
    ...{ pass: foldChannels, inputs: { x: [1, 4, 3, 3] } },
    constants: {
      r: tensor([4, 1, 1], [1, 2, -3, 0.5]),
      s: tensor([6, 1, 1], [2, -1, 0.5, 3, 1, -2]),
      t: tensor([6, 1, 1], [1, 2, 3, 4, 5, 6]),
    },
    layers: [
      ['o', binary('multiply'), 'x', 'r'],
      ['a', { kind: 'conv-transpose', ...windows2, channels: 6, groups: 2 }, 'o'],
      ['b', binary('multiply'), 'a', 's'],
      ['y', binary('add'), 'b', 't'],
    ],
    becomes: ['conv-transpose'],
  },
  'padding before windows': {
    ...{ pass: joinPads, inputs: { x: [1, 3, 5, 5] } },
    layers: [
      ['a', pad(0, 0, 1, 0, 0, 0, 2, 1), 'x'],
      ['b', { ...conv, pad: [1, 0, 0, 0] }, 'a'],
      ['c', pad(0, 0, 1, 1, 0, 0, 1, 1), 'b'],
      [
        'y',
        {
          kind: 'pool2d',
          mode: 'average',
          kernel: 2,
          stride: 1,
          pad: 0,
          rounding: 'floor',
          countsPadding: false,
        },
        'c',
      ],
    ],
    becomes: ['conv2d', 'pool2d'],
  },
  'a mended pool': {
    ...{ pass: recogniseMendedPools, inputs: { x: [1, 2, 6, 6] } },
    constants: {
      ratios: tensor(
        [1, 1, 3, 3],
        [1, 1, 1.5].flatMap((row) => [1, 1, 1.5].map((column) => row * column)),
      ),
    },
    layers: [
      [
        'a',
        {
          ...{
            kind: 'pool2d',
            mode: 'average',
            kernel: 3,
            stride: 2,
            pad: [0, 0, 1, 1],
            rounding: 'floor',
          },
          countsPadding: true,
        },
        'x',
      ],
      ['y', binary('multiply'), 'a', 'ratios'],
    ],
    becomes: ['pool2d'],
  },
};

describe.each(Object.entries(patterns))('%s', (_, { pass, becomes, ...written }) => {
  it('is recognised', () => {
    expect(kindsOf(passed(draftOf(written), pass))).toEqual(becomes);
  });

  it('keeps results that are given out', () => {
    for (const [result] of written.layers.slice(0, -1)) {
      const outputs = [written.layers.at(-1)?.[0] ?? '', result];
      passed(draftOf({ ...written, outputs }), pass);
    }
  });

  it('keeps results that others read', () => {
    for (const [result] of written.layers.slice(0, -1)) {
      const layers = [...written.layers, ['other', unary('abs'), result] as const];
      passed(
        draftOf({ ...written, layers, outputs: [written.layers.at(-1)?.[0] ?? '', 'other'] }),
        pass,
      );
    }
  });
});
