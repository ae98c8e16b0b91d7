// Nodes over windows and products, drawn: convolutions, products, pools, padding.

import fc from 'fast-check';
import {
  channels,
  type Draw,
  extent,
  image,
  node,
  opsets,
  pad,
  scalar,
  seed,
  small,
  tensor,
  type Ways,
  wholes,
} from './agreement.js';
import type { OnnxNodeText, OnnxText } from './file.js';

const autoPad = fc.constantFrom('NOTSET', 'VALID', 'SAME_UPPER', 'SAME_LOWER');
/** Pads may be told only where none are worked out. */
const padding = (mode: string, pads: readonly number[]): NonNullable<OnnxNodeText['attributes']> =>
  mode === 'NOTSET' ? { pads } : { auto_pad: mode };
/** Automatic padding where windows leave pixels out: engines disagree on where they begin. */
const told = (mode: string, k: readonly number[], stride: readonly number[]) =>
  mode.startsWith('SAME') && k.some((taps, axis) => taps < (stride[axis] ?? 0)) ? 'VALID' : mode;
/** Padding must be less than the kernel. */
const fits = (k: readonly number[], pads: readonly number[]) =>
  pads.every((pixels, at) => pixels < (k[at % k.length] ?? 0));
const list = <Each>(each: fc.Arbitrary<Each>, length: number) =>
  fc.array(each, { minLength: length, maxLength: length });

export const randomWindows: Readonly<Record<string, Draw | readonly [Draw, Ways]>> = {
  Conv: fc
    .integer({ min: 1, max: 3 })
    .chain((axes) =>
      fc.record({
        ...{
          groups: small,
          per: small,
          out: small,
          positions: list(extent, axes),
          k: list(small, axes),
        },
        ...{
          stride: list(small, axes),
          dilation: list(fc.integer({ min: 1, max: 2 }), axes),
          mode: autoPad,
        },
        ...{
          pads: list(pad, 2 * axes),
          bias: fc.constantFrom('none', 'own', 'added', 'computed filters'),
          seed,
        },
      }),
    )
    .map(
      ({ groups, per, out, positions, k, stride, dilation, mode: written, pads, bias, seed }) => {
        const mode = told(written, k, stride);
        const isDynamic = bias === 'computed filters';
        const dims = [groups * out, per, ...k];
        return {
          inputs: {
            x: { shape: [1, groups * per, ...positions] },
            ...(isDynamic ? { w: { shape: dims } } : {}),
          },
          nodes: [
            node('Conv', ['x', 'w', ...(bias === 'own' ? ['b'] : [])], {
              // ONNX Runtime refuses automatic padding with dilation.
              ...{
                group: groups,
                strides: stride,
                dilations: mode.startsWith('SAME') ? k.map(() => 1) : dilation,
              },
              ...padding(mode, pads),
            }),
            ...(bias === 'added' ? [node('Add', ['y', 'b'], {}, [], ['z'])] : []),
            node('Relu', [bias === 'added' ? 'z' : 'y'], {}, [], ['r']),
          ],
          tensors: {
            ...(isDynamic ? {} : { w: tensor(dims, seed) }),
            ...(bias === 'own' ? { b: tensor([groups * out], seed + 1) } : {}),
            ...(bias === 'added'
              ? { b: tensor([1, groups * out, ...k.map(() => 1)], seed + 1) }
              : {}),
          },
        };
      },
    ),
  ConvTranspose: fc
    .integer({ min: 1, max: 2 })
    .chain((axes) =>
      fc.record({
        ...{
          groups: small,
          per: small,
          out: small,
          positions: list(extent, axes),
          k: list(small, axes),
          seed,
        },
        ...{
          stride: list(small, axes),
          mode: fc.constantFrom('pads', 'shape'),
          more: pad,
          bias: fc.boolean(),
        },
      }),
    )
    .map(({ groups, per, out, positions, k, stride, mode, more, bias, seed }) => ({
      inputs: { x: { shape: [1, groups * per, ...positions] } },
      nodes: [
        node('ConvTranspose', ['x', 'w', ...(bias ? ['b'] : [])], {
          ...{ group: groups, strides: stride },
          ...(mode === 'shape'
            ? { output_shape: positions.map((each, axis) => each * (stride[axis] as number)) }
            : { output_padding: stride.map((step) => Math.min(more, step - 1)) }),
        }),
      ],
      tensors: {
        w: tensor([groups * per, out, ...k], seed),
        ...(bias ? { b: tensor([groups * out], seed + 1) } : {}),
      },
    })),
  Gemm: fc
    .record({
      ...{ inputs: channels, outputs: channels, rows: small, transposed: fc.boolean(), seed },
      ...{
        bias: fc.constantFrom('none', 'each', 'one', 'row', 'column'),
        opset: opsets(11),
        computed: fc.boolean(),
      },
    })
    .map(({ inputs, outputs, rows, transposed, bias, opset, computed, seed }) => {
      const dims = transposed ? [outputs, inputs] : [inputs, outputs];
      const shapes = { none: [], each: [outputs], one: [1], row: [1, outputs], column: [rows, 1] };
      return {
        opset,
        inputs: { x: { shape: [rows, inputs] }, ...(computed ? { w: { shape: dims } } : {}) },
        nodes: [
          node(
            'Gemm',
            ['x', 'w', ...(bias === 'none' ? [] : ['b'])],
            { transB: transposed ? 1 : 0, alpha: 0.5, beta: 2 },
            ['alpha', 'beta'],
          ),
        ],
        tensors: {
          ...(computed ? {} : { w: tensor(dims, seed) }),
          ...(bias === 'none' ? {} : { b: tensor(shapes[bias as 'each'], seed + 1) }),
        },
      };
    }),
  MatMul: fc
    .record({
      ...{ front: list(small, 2), inputs: channels, outputs: channels, seed },
      ...{
        form: fc.constantFrom('2', '3', '3+', 'vector', 'left', 'stack', 'row'),
        bias: fc.boolean(),
      },
    })
    .map(({ front, inputs, outputs, form, bias, seed }): OnnxText => {
      const [batch = 1, rows = 1] = front;
      const shapes: Readonly<Record<string, readonly [readonly number[], readonly number[]]>> = {
        '2': [
          [rows, inputs],
          [inputs, outputs],
        ],
        '3': [
          [batch, rows, inputs],
          [inputs, outputs],
        ],
        '3+': [
          [1, batch, rows, inputs],
          [inputs, outputs],
        ],
        vector: [[batch, rows, inputs], [inputs]],
        left: [
          [inputs, outputs],
          [rows, inputs],
        ],
        stack: [
          [batch, rows, inputs],
          [batch, inputs, outputs],
        ],
        row: [[inputs], [inputs, outputs]],
      };
      const [x, w] = shapes[form] as readonly [readonly number[], readonly number[]];
      const isBiased = bias && form !== 'vector';
      return {
        inputs: { x: { shape: x } },
        nodes: [
          node('MatMul', form === 'left' ? ['w', 'x'] : ['x', 'w']),
          ...(isBiased ? [node('Add', ['y', 'b'], {}, [], ['z'])] : []),
        ],
        tensors: { w: tensor(w, seed), b: tensor([outputs], seed + 1) },
      };
    }),
  'MaxPool, AveragePool': fc
    .integer({ min: 1, max: 3 })
    .chain((axes) =>
      fc.record({
        ...{
          channels,
          positions: list(extent, axes),
          k: list(small, axes),
          stride: list(small, axes),
          mode: autoPad,
        },
        ...{ pads: list(pad, 2 * axes), counts: pad, ceil: pad, isMax: fc.boolean() },
      }),
    )
    .filter(({ k, pads }) => fits(k, pads))
    .map(({ channels, positions, k, stride, mode: written, pads, counts, ceil, isMax }) => {
      const mode = told(written, k, stride);
      return {
        ...{ opset: 19, inputs: { x: { shape: [1, channels, ...positions] } } },
        nodes: [
          node(isMax ? 'MaxPool' : 'AveragePool', ['x'], {
            ...{ kernel_shape: k, strides: stride, ceil_mode: mode === 'NOTSET' ? ceil : 0 },
            ...(isMax ? {} : { count_include_pad: counts }),
            ...padding(mode, pads),
          }),
        ],
      };
    }),
  'MaxPool with dilation and places': fc
    .record({ image, k: list(small, 2) })
    .map(({ image: input, k }) => ({
      ...{ opset: 12, input, outputs: ['y', 'places'], told: { places: { type: 7, shape: [] } } },
      nodes: [node('MaxPool', ['x'], { kernel_shape: k, dilations: [2, 2] }, [], ['y', 'places'])],
    })),
  'GlobalAveragePool, GlobalMaxPool': fc
    .record({ image, isMax: fc.boolean(), axes: fc.integer({ min: 1, max: 2 }) })
    .map(({ image: input, isMax, axes }) => ({
      input: input.slice(0, axes + 1),
      nodes: [node(isMax ? 'GlobalMaxPool' : 'GlobalAveragePool', ['x'])],
    })),
  'zeros around before windows': fc
    .record({ image, pads: list(pad, 4), conv: fc.boolean(), seed, opset: opsets(9) })
    .map(({ image: input, pads: [t = 0, l = 0, b = 0, r = 0], conv, seed, opset }) => ({
      ...{ opset, input },
      nodes: [
        opset < 11
          ? {
              opType: 'Pad',
              input: ['x'],
              output: ['q'],
              attributes: { pads: [0, 0, t, l, 0, 0, b, r] },
            }
          : { opType: 'Pad', input: ['x', 'p'], output: ['q'] },
        conv
          ? node('Conv', ['q', 'w'], { strides: [2, 2], pads: [0, 1, 0, 1] })
          : node('AveragePool', ['q'], { kernel_shape: [2, 3], strides: [1, 2] }),
      ],
      tensors: { p: wholes(0, 0, t, l, 0, 0, b, r), w: tensor([2, input[0], 3, 3], seed) },
    })),
  Pad: fc
    .record({
      image,
      mode: fc.constantFrom('constant', 'reflect', 'edge', 'wrap'),
      pads: list(pad, 8),
      axes: fc.boolean(),
    })
    .map(({ image: input, mode, pads, axes }) => ({
      ...{ opset: 19, input: [input[0] + 1, ...input.slice(1)] },
      nodes: [
        node(
          'Pad',
          ['x', 'p', ...(mode === 'constant' ? ['v'] : axes ? [''] : []), ...(axes ? ['a'] : [])],
          { mode },
        ),
      ],
      tensors: {
        ...{ v: scalar(1.5), a: wholes(3, 1) },
        p: axes
          ? wholes(...pads.slice(0, 4))
          : wholes(0, 0, ...pads.slice(2, 4), 0, 0, ...pads.slice(6)),
      },
    })),
};
