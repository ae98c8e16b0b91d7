// Nodes that work on elements and along axes, drawn: functions, reductions, normalisations.

import fc from 'fast-check';
import {
  channels,
  type Draw,
  image,
  node,
  opsets,
  pad,
  positive,
  scalar,
  seed,
  tensor,
  type Ways,
  wholes,
} from './agreement.js';
import type { OnnxText } from './file.js';

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

export const randomElements: Readonly<Record<string, Draw | readonly [Draw, Ways]>> = {
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
    .map(({ image: input, bounds: [min = null, max = null], opset }): OnnxText => {
      const given = {
        ...(min === null ? {} : { min }),
        ...(max === null ? {} : { max }),
      };
      const isOld = opset < 11;
      return {
        ...{ opset, input },
        nodes: [
          isOld
            ? node('Clip', ['x'], given, ['min', 'max'])
            : node('Clip', ['x', min === null ? '' : 'min', ...(max === null ? [] : ['max'])]),
        ],
        tensors: isOld ? {} : { min: scalar(min ?? 0), max: scalar(max ?? 0) },
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
};
