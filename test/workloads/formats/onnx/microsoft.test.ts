// ONNX Runtime's own operators (domain com.microsoft) compute what ONNX Runtime computes.

import { describe, expect, it } from 'vitest';
import { check, node, numbers, positive, scalar, tensor, type Ways, wholes } from './agreement.js';
import type { OnnxNodeText, OnnxTensorText, OnnxText } from './file.js';
import { hasOnnx } from './networks.js';

const own = (
  opType: string,
  input: readonly string[],
  attributes: OnnxNodeText['attributes'] = {},
  floats: readonly string[] = [],
  output: readonly string[] = ['y'],
): OnnxNodeText => ({
  ...node(opType, input, attributes, floats, output),
  domain: 'com.microsoft',
});

/** Of bytes that ONNX Runtime unpacks. */
const bytes = (dims: readonly number[], seed: number): OnnxTensorText => ({
  dims,
  values: numbers(
    dims.reduce((a, b) => a * b, 1),
    seed,
  ).map((value) => Math.round((value + 2) * 63)),
  type: 2,
});
const quantised = (name: string, scale: string, zero: string, into: string) =>
  node('QuantizeLinear', [name, scale, zero], {}, [], [into]);
const back = (name: string, scale: string, zero: string) =>
  node('DequantizeLinear', [name, scale, zero], {}, [], ['y']);

const [S, H, D] = [4, 3, 8];
const W = H * D;
const angles = (rows: number, columns: number, of: (x: number) => number): OnnxTensorText => ({
  dims: [rows, columns],
  values: Array.from({ length: rows * columns }, (_, at) =>
    Math.fround(of((at % rows) * 0.3 + at)),
  ),
});
const eights = { xs: scalar(1 / 32), xz: scalar(120, 2), ys: scalar(1 / 16), yz: scalar(100, 2) };
const step = { tolerance: 1 / 16 + 1e-4 };

const texts: Readonly<Record<string, OnnxText | readonly [OnnxText, Ways]>> = {
  FusedConv: {
    input: [3, 6, 6],
    nodes: [
      own(
        'FusedConv',
        ['x', 'w', 'b'],
        { activation: 'LeakyRelu', activation_params: [0.2], pads: [1, 1, 1, 1] },
        ['activation_params'],
      ),
    ],
    tensors: { w: tensor([4, 3, 3, 3], 1), b: tensor([4], 2) },
  },
  'FusedConv with a sum': {
    input: [3, 6, 6],
    nodes: [
      node('Conv', ['x', 'v'], {}, [], ['c']),
      own('FusedConv', ['x', 'w', 'b', 'c'], { activation: 'Relu' }),
    ],
    tensors: { w: tensor([4, 3, 1, 1], 1), v: tensor([4, 3, 1, 1], 5), b: tensor([4], 2) },
  },
  FusedMatMul: {
    inputs: { x: { shape: [2, 3, 4] }, z: { shape: [2, 3, 5] } },
    nodes: [own('FusedMatMul', ['x', 'z'], { transA: 1, alpha: 0.5 }, ['alpha'])],
  },
  FusedGemm: {
    inputs: { x: { shape: [2, 3] } },
    nodes: [
      own('FusedGemm', ['x', 'w', 'b'], { activation: 'Relu', transB: 1, alpha: 0.5, beta: 2 }, [
        'alpha',
        'beta',
      ]),
    ],
    tensors: { w: tensor([5, 3], 1), b: tensor([5], 2) },
  },
  Gelu: { input: [7], nodes: [own('Gelu', ['x'])] },
  BiasGelu: { input: [7], nodes: [own('BiasGelu', ['x', 'b'])], tensors: { b: tensor([7], 1) } },
  FastGelu: { input: [7], nodes: [own('FastGelu', ['x', 'b'])], tensors: { b: tensor([7], 1) } },
  QuickGelu: { input: [7], nodes: [own('QuickGelu', ['x'], { alpha: 1.5 }, ['alpha'])] },
  SkipLayerNormalization: {
    ...{ inputs: { x: { shape: [1, S, W] }, z: { shape: [1, S, W] } }, outputs: ['y', 's'] },
    nodes: [
      own(
        'SkipLayerNormalization',
        ['x', 'z', 'g', 'b', 'c'],
        { epsilon: 1e-5 },
        ['epsilon'],
        ['y', '', '', 's'],
      ),
    ],
    tensors: { g: positive([W], 1), b: tensor([W], 2), c: tensor([W], 3) },
  },
  SkipSimplifiedLayerNormalization: {
    inputs: { x: { shape: [1, S, W] }, z: { shape: [1, S, W] } },
    nodes: [
      own('SkipSimplifiedLayerNormalization', ['x', 'z', 'g'], { epsilon: 1e-5 }, ['epsilon']),
    ],
    tensors: { g: positive([W], 1) },
  },
  SimplifiedLayerNormalization: {
    inputs: { x: { shape: [1, S, W] } },
    nodes: [
      node('SimplifiedLayerNormalization', ['x', 'g'], { epsilon: 1e-5, axis: -1 }, ['epsilon']),
    ],
    tensors: { g: positive([W], 1) },
  },
  EmbedLayerNormalization: {
    ...{
      inputs: {
        i: { type: 6, shape: [1, S] },
        s: { type: 6, shape: [1, S] },
        m: { type: 6, shape: [1, S] },
      },
    },
    ...{ outputs: ['y', 'index'], told: { index: { type: 6, shape: [] } } },
    nodes: [
      own(
        'EmbedLayerNormalization',
        ['i', 's', 'w', 'p', 't', 'g', 'b', 'm'],
        { epsilon: 1e-5 },
        ['epsilon'],
        ['y', 'index'],
      ),
    ],
    tensors: {
      ...{
        w: tensor([300, W], 1),
        p: tensor([9, W], 2),
        t: tensor([2, W], 3),
        g: positive([W], 4),
        b: tensor([W], 5),
      },
    },
  },
  Attention: {
    inputs: { x: { shape: [1, S, W] } },
    nodes: [own('Attention', ['x', 'w', 'b'], { num_heads: H })],
    tensors: { w: tensor([W, 3 * W], 1), b: tensor([3 * W], 2) },
  },
  'Attention, causal': {
    inputs: { x: { shape: [1, S, W] } },
    nodes: [own('Attention', ['x', 'w', 'b'], { num_heads: H, unidirectional: 1 })],
    tensors: { w: tensor([W, 3 * W], 1), b: tensor([3 * W], 2) },
  },
  'Attention with lengths': {
    inputs: { x: { shape: [1, S, W] } },
    nodes: [own('Attention', ['x', 'w', 'b', 'm'], { num_heads: H })],
    tensors: {
      w: tensor([W, 3 * W], 1),
      b: tensor([3 * W], 2),
      m: { dims: [1], values: [3], type: 6 },
    },
  },
  'Attention with a mask': {
    inputs: { x: { shape: [1, S, W] }, m: { type: 6, shape: [1, S] } },
    nodes: [own('Attention', ['x', 'w', 'b', 'm'], { num_heads: H })],
    tensors: { w: tensor([W, 3 * W], 1), b: tensor([3 * W], 2) },
  },
  'Attention with a past': {
    ...{ inputs: { x: { shape: [1, S, W] }, p: { shape: [2, 1, H, 5, D] } }, outputs: ['y', 'n'] },
    nodes: [
      own(
        'Attention',
        ['x', 'w', 'b', '', 'p'],
        { num_heads: H, unidirectional: 1 },
        [],
        ['y', 'n'],
      ),
    ],
    tensors: { w: tensor([W, 3 * W], 1), b: tensor([3 * W], 2) },
  },
  MultiHeadAttention: {
    inputs: { q: { shape: [1, S, W] }, k: { shape: [1, 6, W] }, v: { shape: [1, 6, W] } },
    nodes: [own('MultiHeadAttention', ['q', 'k', 'v', 'b', 'm'], { num_heads: H })],
    tensors: { b: tensor([3 * W], 1), m: { dims: [1, 6], values: [1, 1, 0, 1, 1, 0], type: 6 } },
  },
  'MultiHeadAttention with a past and a bias of scores': {
    inputs: {
      ...{ q: { shape: [1, S, W] }, k: { shape: [1, S, W] }, v: { shape: [1, S, W] } },
      ...{ pk: { shape: [1, H, 5, D] }, pv: { shape: [1, H, 5, D] } },
    },
    outputs: ['y', 'nk', 'nv'],
    nodes: [
      own(
        'MultiHeadAttention',
        ['q', 'k', 'v', '', '', 'a', 'pk', 'pv'],
        { num_heads: H },
        [],
        ['y', 'nk', 'nv'],
      ),
    ],
    tensors: { a: tensor([1, H, S, S + 5], 1) },
  },
  GroupQueryAttention: {
    inputs: { q: { shape: [1, S, 64] }, k: { shape: [1, S, 32] }, v: { shape: [1, S, 32] } },
    outputs: ['y', 'nk', 'nv'],
    nodes: [
      own(
        'GroupQueryAttention',
        ['q', 'k', 'v', '', '', 'lengths', 'total', 'cos', 'sin'],
        { num_heads: 4, kv_num_heads: 2, do_rotary: 1 },
        [],
        ['y', 'nk', 'nv'],
      ),
    ],
    tensors: {
      ...{ lengths: { dims: [1], values: [S - 1], type: 6 }, total: scalar(S, 6) },
      ...{ cos: angles(16, 8, Math.cos), sin: angles(16, 8, Math.sin) },
    },
  },
  'GroupQueryAttention, one tensor, a window': {
    ...{ inputs: { q: { shape: [1, S, 8 * D] } }, outputs: ['y'] },
    nodes: [
      own(
        'GroupQueryAttention',
        ['q', '', '', '', '', 'lengths', 'total'],
        { num_heads: 4, kv_num_heads: 2, local_window_size: 2 },
        [],
        ['y', 'nk', 'nv'],
      ),
    ],
    tensors: { lengths: { dims: [1], values: [S - 1], type: 6 }, total: scalar(S, 6) },
  },
  RotaryEmbedding: {
    inputs: { x: { shape: [1, S, W] } },
    nodes: [own('RotaryEmbedding', ['x', 'p', 'cos', 'sin'], { interleaved: 1 })],
    tensors: {
      p: { dims: [1, S], values: [3, 1, 0, 7], type: 7 },
      cos: angles(16, D / 2, Math.cos),
      sin: angles(16, D / 2, Math.sin),
    },
  },
  'RotaryEmbedding of heads': {
    inputs: { x: { shape: [1, H, S, D] } },
    nodes: [own('RotaryEmbedding', ['x', 'p', 'cos', 'sin'])],
    tensors: { p: wholes(2), cos: angles(16, D / 2, Math.cos), sin: angles(16, D / 2, Math.sin) },
  },
  MatMulNBits: {
    inputs: { x: { shape: [1, S, 50] } },
    nodes: [own('MatMulNBits', ['x', 'w', 's', 'z'], { N: 6, K: 50, bits: 4, block_size: 16 })],
    tensors: { w: bytes([6, 4, 8], 1), s: positive([24], 2), z: bytes([12], 3) },
  },
  'MatMulNBits of 8 bits': {
    inputs: { x: { shape: [1, S, 32] } },
    nodes: [own('MatMulNBits', ['x', 'w', 's'], { N: 6, K: 32, bits: 8, block_size: 32 })],
    tensors: { w: bytes([6, 1, 32], 1), s: positive([6], 2) },
  },
  GatherBlockQuantized: {
    inputs: { i: { type: 7, shape: [1, S] } },
    nodes: [
      own('GatherBlockQuantized', ['w', 'i', 's', 'z'], { block_size: 16, quantize_axis: 1 }),
    ],
    tensors: {
      w: {
        dims: [5, 32],
        values: numbers(160, 1).map((value) => Math.round((value + 2) * 3)),
        type: 21,
      },
      ...{
        s: positive([5, 2], 2),
        z: { dims: [5, 2], values: [8, 7, 8, 9, 1, 2, 3, 4, 5, 6], type: 21 },
      },
    },
  },
  'GatherBlockQuantized, packed': {
    inputs: { i: { type: 7, shape: [1, S] } },
    nodes: [
      own('GatherBlockQuantized', ['w', 'i', 's'], { block_size: 16, quantize_axis: 1, bits: 4 }),
    ],
    tensors: { w: bytes([5, 16], 1), s: positive([5, 2], 2) },
  },
  'QLinearAdd, QLinearMul': [
    {
      input: [3, 4],
      nodes: [
        quantised('x', 'xs', 'xz', 'q'),
        own('QLinearAdd', ['q', 'xs', 'xz', 'c', 'xs', 'xz', 'ys', 'yz'], {}, [], ['a']),
        own('QLinearMul', ['a', 'ys', 'yz', 'c', 'xs', 'xz', 'ys', 'yz'], {}, [], ['m']),
        back('m', 'ys', 'yz'),
      ],
      tensors: { ...eights, c: bytes([4], 3) },
    },
    { tolerance: 0.4 },
  ],
  QLinearSigmoid: [
    {
      input: [3, 4],
      nodes: [
        quantised('x', 'xs', 'xz', 'q'),
        own('QLinearSigmoid', ['q', 'xs', 'xz', 'ys', 'yz'], {}, [], ['a']),
        back('a', 'ys', 'yz'),
      ],
      tensors: { ...eights },
    },
    step,
  ],
  QLinearLeakyRelu: [
    {
      input: [3, 4],
      nodes: [
        quantised('x', 'xs', 'xz', 'q'),
        own('QLinearLeakyRelu', ['q', 'xs', 'xz', 'ys', 'yz'], { alpha: 0.2 }, ['alpha'], ['a']),
        back('a', 'ys', 'yz'),
      ],
      tensors: { ...eights },
    },
    step,
  ],
  QLinearSoftmax: [
    {
      input: [6],
      nodes: [
        quantised('x', 'xs', 'xz', 'q'),
        own('QLinearSoftmax', ['q', 'xs', 'xz', 'ss', 'sz'], { axis: -1, opset: 13 }, [], ['a']),
        back('a', 'ss', 'sz'),
      ],
      tensors: { ...eights, ss: scalar(1 / 256), sz: scalar(0, 2) },
    },
    { tolerance: 1 / 256 + 1e-4 },
  ],
  'QLinearAveragePool, QLinearGlobalAveragePool': [
    {
      input: [3, 6, 6],
      nodes: [
        quantised('x', 'xs', 'xz', 'q'),
        own(
          'QLinearAveragePool',
          ['q', 'xs', 'xz', 'ys', 'yz'],
          { kernel_shape: [2, 2], strides: [2, 2] },
          [],
          ['a'],
        ),
        own('QLinearGlobalAveragePool', ['a', 'ys', 'yz', 'ys', 'yz'], {}, [], ['g']),
        back('g', 'ys', 'yz'),
      ],
      tensors: { ...eights },
    },
    { tolerance: 0.13 },
  ],
  QLinearConcat: [
    {
      input: [3, 4],
      nodes: [
        quantised('x', 'xs', 'xz', 'q'),
        own(
          'QLinearConcat',
          ['ys', 'yz', 'q', 'xs', 'xz', 'c', 'ys', 'yz'],
          { axis: 1 },
          [],
          ['a'],
        ),
        back('a', 'ys', 'yz'),
      ],
      tensors: { ...eights, c: bytes([1, 2, 4], 3) },
    },
    step,
  ],
  QGemm: [
    {
      inputs: { x: { shape: [2, 5] } },
      nodes: [
        quantised('x', 'xs', 'xz', 'q'),
        own('QGemm', ['q', 'xs', 'xz', 'w', 'ws', 'wz', 'b'], { transB: 1, alpha: 1 }, ['alpha']),
      ],
      tensors: {
        ...eights,
        ...{
          w: tensor([3, 5], 1, 3),
          ws: scalar(1 / 40),
          wz: scalar(0, 3),
          b: { dims: [3], values: [100, -50, 7], type: 6 },
        },
      },
    },
    { tolerance: 1e-3 },
  ],
  NhwcMaxPool: {
    inputs: { x: { type: 2, shape: [1, 6, 6, 3] } },
    told: { y: { type: 2, shape: [] } },
    nodes: [
      own('NhwcMaxPool', ['x'], { kernel_shape: [3, 2], strides: [2, 2], pads: [1, 0, 1, 0] }),
    ],
  },
  DynamicQuantizeMatMul: [
    {
      inputs: { x: { shape: [1, S, 10] } },
      nodes: [own('DynamicQuantizeMatMul', ['x', 'w', 's', 'z', 'b'])],
      tensors: { w: tensor([10, 6], 1, 3), s: scalar(0.02), z: scalar(0, 3), b: tensor([6], 3) },
    },
    { tolerance: 2e-2 },
  ],
  MatMulIntegerToFloat: {
    inputs: { x: { type: 2, shape: [S, 10] } },
    nodes: [own('MatMulIntegerToFloat', ['x', 'w', 'a', 's', 'az', 'z', 'b'])],
    tensors: {
      w: bytes([10, 6], 1),
      a: scalar(0.1),
      s: scalar(0.02),
      az: scalar(7, 2),
      z: scalar(100, 2),
      b: tensor([6], 3),
    },
  },
};

describe.skipIf(!hasOnnx)("ONNX Runtime's operators", () => {
  it.each(Object.entries(texts))('%s', async (_name, each) => {
    const [text, ways] = 'nodes' in each ? [each, {}] : each;
    const { notes } = await check({ opset: 17, ...text, domains: ['com.microsoft'] }, ways);
    expect(notes).toEqual([]);
  });
});
