// ONNX's own operators over random shapes, attributes and operator sets compute what ONNX Runtime
// computes.

import fc from 'fast-check';
import { describe, it } from 'vitest';
import { sizeOf } from '../../../../workloads/tensor.js';
import {
  channels,
  check,
  type Draw,
  extent,
  image,
  node,
  numbers,
  opsets,
  pad,
  positive,
  scalar,
  seed,
  small,
  tensor,
  type Ways,
  wholes,
} from './agreement.js';
import type { OnnxNodeText, OnnxText } from './file.js';
import { hasOnnx } from './networks.js';

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

const unary = [
  'Abs',
  'Atan',
  'Ceil',
  'Cos',
  'Elu',
  'Erf',
  'Exp',
  'Floor',
  'HardSigmoid',
  'LeakyRelu',
  'Neg',
  'Relu',
].concat([
  'Round',
  'Selu',
  'Sigmoid',
  'Sign',
  'Sin',
  'Softplus',
  'Softsign',
  'Tanh',
  'ThresholdedRelu',
  'Identity',
]);

const drawn: Readonly<Record<string, Draw | readonly [Draw, Ways]>> = {
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
  'functions of one element': fc
    .record({ image, opType: fc.constantFrom(...unary) })
    .map(({ image: input, opType }) => ({
      opset: 13,
      input,
      nodes: [node(opType, ['x']), node('Neg', ['y'], {}, [], ['z'])],
    })),
  'functions of two elements': fc
    .record({
      ...{
        image,
        opType: fc.constantFrom('Add', 'Sub', 'Mul', 'Div', 'Max', 'Min', 'Sum', 'Mean', 'PRelu'),
        seed,
      },
      form: fc.constantFrom('one', 'channel', 'whole', 'row', 'itself'),
    })
    .map(({ image: input, opType, form, seed }) => ({
      input,
      nodes: [node(opType, form === 'itself' ? ['x', 'x'] : ['x', 'c'])],
      tensors: {
        c: positive(
          { one: [], channel: [1, input[0], 1, 1], row: [input[2]] }[form as 'one'] ?? [
            1,
            ...input,
          ],
          seed,
        ),
      },
    })),
  'tests and choices': fc
    .record({
      image,
      opType: fc.constantFrom('Greater', 'Less', 'GreaterOrEqual', 'LessOrEqual', 'Equal'),
      seed,
    })
    .map(({ image: input, opType, seed }) => ({
      ...{ opset: 16, input },
      nodes: [
        node(opType, ['x', 'c'], {}, [], ['t']),
        node('Not', ['t'], {}, [], ['n']),
        node('Where', ['n', 'x', 'c']),
      ],
      tensors: { c: tensor([input[0], 1, 1], seed) },
    })),
  Clip: fc
    .record({
      image,
      bounds: fc.constantFrom<readonly (number | null)[]>(
        [0, 6],
        [0, null],
        [-1, 0.5],
        [null, 0.25],
      ),
      opset: opsets(7),
    })
    .map(({ image: input, bounds: [least = null, most = null], opset }): OnnxText => {
      const given = {
        ...(least === null ? {} : { min: least }),
        ...(most === null ? {} : { max: most }),
      };
      const isOld = opset < 11;
      return {
        ...{ opset, input },
        nodes: [
          isOld
            ? node('Clip', ['x'], given, ['min', 'max'])
            : node('Clip', [
                'x',
                least === null ? '' : 'least',
                ...(most === null ? [] : ['most']),
              ]),
        ],
        tensors: isOld ? {} : { least: scalar(least ?? 0), most: scalar(most ?? 0) },
      };
    }),
  Cast: fc
    .record({ image, to: fc.constantFrom(1, 3, 6, 7, 9, 11) })
    .map(({ image: input, to }) => ({
      ...{ input, told: { y: { type: to, shape: [1, ...input] } } },
      nodes: [node('Mul', ['x', 'many'], {}, [], ['m']), node('Cast', ['m'], { to })],
      tensors: { many: scalar(20) },
    })),
  reductions: fc
    .record({
      ...{
        image,
        keep: pad,
        axes: fc.subarray([0, 1, 2, 3], { minLength: 1 }),
        opset: fc.constantFrom(13, 18),
      },
      opType: fc.constantFrom(
        'ReduceMean',
        'ReduceSum',
        'ReduceMax',
        'ReduceMin',
        'ReduceProd',
        'ReduceL1',
        'ReduceL2',
      ),
    })
    .map(({ image: input, keep, axes, opset, opType }) => {
      const isInput = opset >= 18 || opType === 'ReduceSum';
      return {
        ...{ opset, input },
        nodes: [
          node(opType, isInput ? ['x', 'a'] : ['x'], {
            keepdims: keep,
            ...(isInput ? {} : { axes }),
          }),
        ],
        tensors: isInput ? { a: wholes(...axes) } : {},
      };
    }),
  'ArgMax, TopK, CumSum': fc
    .record({
      image,
      form: fc.constantFrom('ArgMax', 'TopK', 'CumSum'),
      axis: fc.integer({ min: 1, max: 3 }),
    })
    .map(({ image: input, form, axis }): OnnxText => {
      if (form === 'ArgMax') {
        return {
          input,
          told: { y: { type: 7, shape: [] } },
          nodes: [node('ArgMax', ['x'], { axis })],
        };
      }
      if (form === 'CumSum')
        return { input, nodes: [node('CumSum', ['x', 'a'])], tensors: { a: scalar(axis, 7) } };
      return {
        ...{ input, outputs: ['y', 'places'], told: { places: { type: 7, shape: [] } } },
        nodes: [node('TopK', ['x', 'k'], { axis }, [], ['y', 'places'])],
        tensors: { k: wholes(1) },
      };
    }),
  'Softmax, LogSoftmax, Hardmax': fc
    .record({
      ...{ image, opset: opsets(7), axis: fc.integer({ min: -1, max: 3 }) },
      opType: fc.constantFrom('Softmax', 'LogSoftmax', 'Hardmax'),
    })
    .map(({ image: input, opset, axis, opType }) => ({
      ...{ opset, input },
      nodes: [node(opType, ['x'], { axis })],
    })),
  BatchNormalization: fc
    .record({
      image,
      filters: channels,
      behind: fc.constantFrom('x', 'Conv', 'Conv1', 'MatMul'),
      seed,
    })
    .map(({ image: [c, h, w], filters, behind, seed }): OnnxText => {
      const statistics = (count: number) => ({
        ...{ s: tensor([count], seed), b: tensor([count], seed + 1) },
        ...{ m: tensor([count], seed + 2), v: positive([count], seed + 3) },
      });
      const normal = (from: string) => [
        node(
          'BatchNormalization',
          [from, 's', 'b', 'm', 'v'],
          { epsilon: 0.01 },
          ['epsilon'],
          ['n'],
        ),
        node('Relu', ['n']),
      ];
      if (behind === 'x') return { input: [c, h, w], nodes: normal('x'), tensors: statistics(c) };
      const isFlat = behind === 'Conv1';
      const weights = behind === 'MatMul' ? [c, filters] : [filters, c, ...(isFlat ? [3] : [3, 2])];
      return {
        input: behind === 'MatMul' ? [c] : isFlat ? [c, h] : [c, h, w],
        nodes: [
          node(behind === 'MatMul' ? 'MatMul' : 'Conv', ['x', 'w'], {}, [], ['c']),
          ...normal('c'),
        ],
        tensors: { ...statistics(filters), w: tensor(weights, seed + 4) },
      };
    }),
  'LayerNormalization, InstanceNormalization, LpNormalization, LRN': fc
    .record({
      image,
      opType: fc.constantFrom(
        'LayerNormalization',
        'InstanceNormalization',
        'LpNormalization',
        'LRN',
      ),
      seed,
    })
    .map(({ image: input, opType, seed }): OnnxText => {
      const [c, , w] = input;
      const count = opType === 'LayerNormalization' ? w : c;
      const isScaled = opType === 'LayerNormalization' || opType === 'InstanceNormalization';
      const attributes = opType === 'LRN' ? { size: 3, alpha: 0.3, beta: 0.6, bias: 1.5 } : {};
      return {
        ...{ opset: 17, input },
        nodes: [
          node(opType, isScaled ? ['x', 's', 'b'] : ['x'], attributes, ['alpha', 'beta', 'bias']),
        ],
        tensors: { s: positive([count], seed), b: tensor([count], seed + 1) },
      };
    }),
  'shapes and moves': fc
    .record({ image, opset: opsets(13, 18), block: fc.constantFrom(1, 2) })
    .map(({ image: [c, h], opset, block }) => ({
      ...{ opset, input: [4 * c, h, 6] },
      nodes: [
        node('Shape', ['x'], {}, [], ['sh']),
        node('Gather', ['sh', 'one'], {}, [], ['n']),
        node('Unsqueeze', ['n', 'first'], {}, [], ['nu']),
        node('Concat', ['ones', 'nu', 'rest'], { axis: 0 }, [], ['to']),
        node('DepthToSpace', ['x'], { blocksize: block }, [], ['d']),
        node('SpaceToDepth', ['d'], { blocksize: block }, [], ['s']),
        node('Reshape', ['s', 'to'], {}, [], ['r']),
        node('Transpose', ['r'], { perm: [2, 0, 1] }, [], ['t']),
        node(
          'Split',
          ['t'],
          { axis: 2, ...(opset >= 18 ? { num_outputs: 2 } : {}) },
          [],
          ['a', 'b'],
        ),
        node('Slice', ['a', 'first', 'most', 'axes', 'steps'], {}, [], ['sl']),
        node('Tile', ['sl', 'times'], {}, [], ['ti']),
        node('Squeeze', ['ti', 'second'], {}, [], ['sq']),
        node('Flatten', ['sq'], { axis: 1 }, [], ['f']),
        node('Expand', ['f', 'wider'], {}, [], ['y']),
      ],
      tensors: {
        ...{
          one: scalar(1, 7),
          first: wholes(0),
          ones: wholes(1),
          rest: wholes(-1),
          second: wholes(1),
        },
        ...{
          most: wholes(2 ** 53),
          axes: wholes(-3),
          steps: wholes(2),
          times: wholes(1, 1, 2),
          wider: wholes(2, 1, 1),
        },
      },
    })),
  'gathers and scatters': fc
    .record({
      image,
      form: fc.constantFrom('Gather', 'GatherElements', 'GatherND', 'ScatterND', 'OneHot', 'Table'),
    })
    .map(({ image: [c, h, w], form }): OnnxText => {
      const indices = { inputs: { x: { shape: [c + 1, h, w] }, i: { type: 7, shape: [2, 2] } } };
      if (form === 'Gather')
        return { ...indices, nodes: [node('Gather', ['x', 'i'], { axis: 1 })] };
      if (form === 'Table') {
        const table = { dims: [2, 4096], values: numbers(8192, c) };
        return {
          inputs: { i: { type: 7, shape: [1, h] } },
          nodes: [node('Gather', ['t', 'i'])],
          tensors: { t: table },
        };
      }
      if (form === 'GatherND') return { ...indices, nodes: [node('GatherND', ['x', 'i'])] };
      if (form === 'OneHot') {
        return {
          ...indices,
          nodes: [node('OneHot', ['i', 'd', 'v'])],
          tensors: { d: scalar(3, 7), v: tensor([2], 1) },
        };
      }
      if (form === 'ScatterND') {
        const places = { dims: [1, 2], values: [1, 2], type: 7 };
        return {
          input: [h, w],
          nodes: [node('ScatterND', ['x', 'p', 'u'])],
          tensors: { p: { ...places, values: [0, 2] }, u: tensor([1, w], 2) },
        };
      }
      return {
        ...{ inputs: { x: { shape: [c + 1, h] }, i: { type: 7, shape: [2, 2] } } },
        nodes: [node('GatherElements', ['x', 'i'], { axis: 1 })],
      };
    }),
  Resize: fc
    .record({
      ...{ image, mode: fc.constantFrom('nearest', 'linear', 'cubic'), sizes: fc.boolean() },
      coordinates: fc.constantFrom(
        'half_pixel',
        'asymmetric',
        'pytorch_half_pixel',
        'align_corners',
      ),
      scale: fc.constantFrom(0.5, 2, 3),
    })
    .map(({ image: [c, h, w], mode, sizes, coordinates, scale }) => {
      const [height, width] = [Math.floor(h * scale), Math.floor(w * scale)];
      return {
        ...{ opset: 13, input: [c, h, w] },
        nodes: [
          node('Resize', ['x', '', ...(sizes ? ['', 'sizes'] : ['scales'])], {
            ...{ mode, coordinate_transformation_mode: sizes ? coordinates : 'half_pixel' },
          }),
        ],
        tensors: {
          sizes: wholes(1, c, height, width),
          scales: { dims: [4], values: [1, 1, scale, scale] },
        },
      };
    }),
  Upsample: fc.record({ image }).map(({ image: input }) => ({
    ...{ opset: 9, input },
    nodes: [node('Upsample', ['x', 's'], { mode: 'nearest' })],
    tensors: { s: { dims: [4], values: [1, 1, 2, 3] } },
  })),
  'LSTM, GRU, RNN': fc
    .record({
      ...{
        steps: small,
        features: channels,
        hidden: channels,
        seed,
        bias: fc.boolean(),
        reset: pad,
      },
      ...{
        cell: fc.constantFrom('LSTM', 'GRU', 'RNN'),
        direction: fc.constantFrom('forward', 'reverse', 'bidirectional'),
      },
      computed: fc.boolean(),
    })
    .map(({ steps, features, hidden, seed, bias, reset, cell, direction, computed }): OnnxText => {
      const gates = { LSTM: 4, GRU: 3, RNN: 1 }[cell] ?? 1;
      const directions = direction === 'bidirectional' ? 2 : 1;
      const w = [directions, gates * hidden, features];
      const attributes = {
        hidden_size: hidden,
        direction,
        ...(cell === 'GRU' ? { linear_before_reset: reset } : {}),
      };
      return {
        ...{ opset: 14, outputs: ['y', 'h'] },
        inputs: { x: { shape: [steps, 1, features] }, ...(computed ? { w: { shape: w } } : {}) },
        nodes: [node(cell, ['x', 'w', 'r', ...(bias ? ['b'] : [])], attributes, [], ['y', 'h'])],
        tensors: {
          ...(computed ? {} : { w: tensor(w, seed) }),
          r: tensor([directions, gates * hidden, hidden], seed + 1),
          b: tensor([directions, 2 * gates * hidden], seed + 2),
        },
      };
    }),
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
          ...{ s: positive(dims, seed), z: { dims, values: zeros, type: signed ? 3 : 2 } },
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

describe.skipIf(!hasOnnx)('ONNX operators compute what ONNX Runtime computes', () => {
  it.each(Object.entries(drawn))('%s', async (_name, each) => {
    const [draw, ways] = 'generate' in each ? [each, {}] : each;
    await fc.assert(
      fc.asyncProperty(draw, async (text) => {
        await check(text, ways);
      }),
      { numRuns: 25 },
    );
  });
});
