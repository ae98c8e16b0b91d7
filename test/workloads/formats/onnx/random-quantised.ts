// Quantised nodes and attention written out, drawn.

import fc from 'fast-check';
import { sizeOf } from '../../../../workloads/tensor.js';
import {
  channels,
  type Draw,
  image,
  node,
  numbers,
  opsets,
  positive,
  scalar,
  seed,
  small,
  tensor,
  type Ways,
  wholes,
} from './agreement.js';

export const randomQuantised: Readonly<Record<string, Draw | readonly [Draw, Ways]>> = {
  'quantised weights': fc
    .record({
      image,
      filters: channels,
      each: fc.boolean(),
      signed: fc.boolean(),
      seed,
      opset: opsets(13),
    })
    .map(({ image: input, filters, each, signed, seed, opset }) => {
      const dims = each ? [filters] : [];
      const weights = tensor([filters, input[0], 2, 2], seed, 3);
      const zeros = numbers(sizeOf(dims), seed).map((value) =>
        signed ? 0 : Math.round(value) + 100,
      );
      // Weights of about 1, as exporters write: sums of hundreds that cancel tell of float32 alone.
      const scales = positive(dims, seed);
      const smaller = { ...scales, values: scales.values.map((value) => value / 64) };
      return {
        ...{ opset, input },
        nodes: [
          node('DequantizeLinear', ['q', 's', 'z'], { axis: 0 }, [], ['w']),
          node('Conv', ['x', 'w']),
        ],
        tensors: {
          q: signed
            ? weights
            : { ...weights, values: weights.values.map((value) => value + 100), type: 2 },
          ...{ s: smaller, z: { dims, values: zeros, type: signed ? 3 : 2 } },
        },
      };
    }),
  'quantised activations': [
    // ONNX Runtime 1.30 stumbles over such graphs of operator set 21.
    fc
      .record({ image, signed: fc.boolean(), seed, opset: opsets(13, 20) })
      .map(({ image: input, signed, seed, opset }) => ({
        ...{ opset, input },
        nodes: [
          node('Conv', ['x', 'w'], {}, [], ['c']),
          node('QuantizeLinear', ['c', 's', 'z'], {}, [], ['q']),
          node('DequantizeLinear', ['q', 's', 'z'], {}, [], ['d']),
          node('MaxPool', ['d'], { kernel_shape: [2, 2] }),
        ],
        tensors: {
          w: { dims: [2, input[0], 1, 1], values: numbers(2 * input[0], seed).map(Math.sign) },
          ...{ s: scalar(10 / 255), z: signed ? scalar(-128, 3) : scalar(0, 2) },
        },
      })),
    // A sum that lies between two steps may fall to either.
    { tolerance: 10 / 255 + 1e-4 },
  ],
  'QLinearConv, QLinearMatMul': [
    fc
      .record({ image, filters: channels, conv: fc.boolean(), bias: fc.boolean(), seed })
      .map(({ image: input, filters, conv, bias, seed }) => ({
        ...{ opset: 13, input: conv ? input : input.slice(1) },
        nodes: [
          node('QuantizeLinear', ['x', 'xs', 'xz'], {}, [], ['q']),
          node(
            conv ? 'QLinearConv' : 'QLinearMatMul',
            ['q', 'xs', 'xz', 'w', 'ws', 'wz', 'ys', 'yz', ...(conv && bias ? ['b'] : [])],
            ...([{}, [], ['p']] as const),
          ),
          node('DequantizeLinear', ['p', 'ys', 'yz']),
        ],
        tensors: {
          ...{
            xs: scalar(1 / 64),
            xz: scalar(3, 3),
            ws: scalar(1 / 50),
            wz: scalar(0, 3),
            ys: scalar(0.25),
            yz: scalar(-5, 3),
          },
          w: tensor(conv ? [filters, input[0], 3, 3] : [input[2], filters], seed, 3),
          b: {
            dims: [filters],
            values: numbers(filters, seed).map((value) => Math.round(value * 500)),
            type: 6,
          },
        },
      })),
    { tolerance: 0.25 + 1e-4 },
  ],
  'DynamicQuantizeLinear, MatMulInteger': [
    fc
      .record({ rows: small, inputs: channels, outputs: channels, seed })
      .map(({ rows, inputs, outputs, seed }) => ({
        ...{ opset: 13, input: [rows, inputs] },
        nodes: [
          node('DynamicQuantizeLinear', ['x'], {}, [], ['q', 's', 'z']),
          node('MatMulInteger', ['q', 'w', 'z'], {}, [], ['m']),
          node('Cast', ['m'], { to: 1 }, [], ['f']),
          node('Mul', ['f', 's']),
        ],
        tensors: { w: tensor([inputs, outputs], seed, 3) },
      })),
    { tolerance: 1e-3 },
  ],
  'attention of primitives': fc
    .record({ steps: small, heads: small, width: small, seed })
    .map(({ steps, heads, width, seed }) => {
      const all = heads * width;
      const project = (name: string) => [
        node('MatMul', ['x', `w${name}`], {}, [], [`m${name}`]),
        node('Reshape', [`m${name}`, 'split'], {}, [], [`r${name}`]),
        node(
          'Transpose',
          [`r${name}`],
          { perm: name === 'k' ? [0, 2, 3, 1] : [0, 2, 1, 3] },
          [],
          [name],
        ),
      ];
      return {
        input: [steps, all],
        nodes: [
          ...['q', 'k', 'v'].flatMap(project),
          node('MatMul', ['q', 'k'], {}, [], ['s']),
          node('Softmax', ['s'], { axis: -1 }, [], ['p']),
          node('Einsum', ['p', 'v'], { equation: 'bhij,bhjd->bihd' }, [], ['o']),
          node('Reshape', ['o', 'join']),
        ],
        tensors: {
          ...{
            split: wholes(0, 0, heads, width),
            join: wholes(0, 0, all),
            wq: tensor([all, all], seed),
          },
          ...{ wk: tensor([all, all], seed + 1), wv: tensor([all, all], seed + 2) },
        },
      };
    }),
};
