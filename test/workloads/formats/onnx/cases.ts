// Small layers of every kind of the operator table, for tests that write networks and read them
// back.

import { defaultGates } from '../../../../workloads/operators/cells.js';
import type { RecurrentAttributes } from '../../../../workloads/operators/recurrent.js';
import type { LayerKind, LayerOp, OpOf } from '../../../../workloads/operators/table.js';
import type { ElementType, Shape, Tensor, TensorType } from '../../../../workloads/tensor.js';
import { tensor } from '../../../operators/rows.js';

/**
 * An input: drawn where it has no values, a constant of the network where it says so; null is left
 * out.
 */
export type Given =
  | (TensorType & { readonly values?: Tensor['values']; readonly isFixed?: boolean })
  | null;

export interface Case {
  readonly op: LayerOp;
  readonly inputs: readonly Given[];
  /** Drawn values are made positive. */
  readonly positive?: boolean;
}

type Without<Op> = Op extends unknown ? Omit<Op, 'kind'> : never;

const x = (shape: Shape, type: ElementType = 'float32'): Given => ({ shape, type });
const fixed = (shape: Shape, values: readonly number[], type: ElementType = 'float32'): Given => ({
  ...tensor(shape, values, type),
  isFixed: true,
});
const fed = (shape: Shape, values: readonly number[], type: ElementType = 'int64'): Given =>
  tensor(shape, values, type);

type Row<Kind extends LayerKind> = readonly [
  op: Without<OpOf<Kind>>,
  inputs: readonly Given[],
  positive?: 'positive',
];

const none = { bias: false, activation: 'none' } as const;
const window2 = { stride: [1, 1], dilation: [1, 1], pads: [0, 0, 0, 0] } as const;
const image = x([1, 4, 6, 5]);

const lstm: RecurrentAttributes = {
  ...{ hidden: 2, activations: defaultGates.lstm, bias: true, clip: null },
  ...{ inputForget: false, linearBeforeReset: false },
  ...({ cell: 'lstm', direction: 'forward', layout: 0 } as const),
};

const rows: { readonly [Kind in LayerKind]: readonly Row<Kind>[] } = {
  dense: [
    [{ outputs: 3, bias: true, activation: 'relu' }, [x([1, 4])]],
    [{ outputs: 3, ...none }, [x([1, 2, 3, 2])]],
    [{ outputs: 3, bias: true, activation: 'none', axis: 2 }, [x([1, 5, 4])]],
    [{ outputs: 3, ...none, axis: -1 }, [x([2, 5, 4])]],
    [{ outputs: 3, bias: true, activation: 'relu6', axis: 2 }, [x([1, 5, 2, 2])]],
    [{ outputs: 2, bias: true, activation: 'none', axis: 0 }, [x([4])]],
  ],
  conv2d: [
    [
      {
        ...{
          channels: 6,
          kernel: [3, 2],
          stride: [2, 1],
          dilation: [1, 2],
          pad: [1, 0, 2, 1],
          groups: 2,
        },
        ...{ bias: true, activation: 'relu' },
      },
      [image],
    ],
    [
      {
        channels: 2,
        kernel: [1, 1],
        stride: [1, 1],
        dilation: [1, 1],
        pad: [0, 0, 0, 0],
        groups: 1,
        ...none,
      },
      [x([2, 4, 3, 3])],
    ],
  ],
  'conv-nd': [
    [
      {
        ...{
          channels: 4,
          kernel: [2, 2, 1],
          stride: [1, 2, 1],
          dilation: [1, 1, 1],
          pads: [1, 0, 0, 0, 1, 0],
        },
        ...{ groups: 2, bias: true, activation: 'none' },
      },
      [x([1, 2, 3, 4, 3])],
    ],
  ],
  'conv-transpose': [
    [
      {
        ...{ channels: 6, kernel: [3, 2], stride: [2, 3], dilation: [1, 2], pads: [1, 0, 1, 1] },
        ...{ groups: 2, outputPads: [1, 0], bias: true, activation: 'relu' },
      },
      [x([1, 4, 3, 2])],
    ],
    [
      {
        ...{
          channels: 3,
          kernel: [4],
          stride: [2],
          dilation: [1],
          pads: [1, 1],
          groups: 1,
          outputPads: [0],
        },
        ...none,
      },
      [x([1, 2, 5])],
    ],
  ],
  'conv-dynamic': [
    [
      { channels: 2, kernel: [3], stride: [1], dilation: [1], pads: [1, 1], groups: 1, ...none },
      [x([1, 3, 5]), x([2, 3, 3])],
    ],
    [
      {
        channels: 2,
        kernel: [3],
        stride: [1],
        dilation: [1],
        pads: [1, 1],
        groups: 1,
        bias: true,
        activation: 'relu',
      },
      [x([1, 3, 5]), x([2, 3, 3]), x([2])],
    ],
  ],
  'conv-transpose-dynamic': [
    [
      {
        channels: 4,
        kernel: [3],
        stride: [2],
        dilation: [1],
        pads: [1, 0],
        groups: 2,
        outputPads: [1],
        ...none,
      },
      [x([1, 2, 5]), x([2, 2, 3])],
    ],
  ],
  'deform-conv': [
    [
      { ...window2, kernel: [2, 2], groups: 1, offsetGroups: 1 },
      [x([1, 2, 4, 4]), x([3, 2, 2, 2]), x([1, 8, 3, 3]), x([3]), x([1, 4, 3, 3])],
    ],
  ],
  col2im: [[{ image: [5, 5], kernel: [2, 2], ...window2 }, [x([1, 8, 16])]]],
  pool2d: [
    [
      {
        mode: 'max',
        kernel: [3, 3],
        stride: [2, 2],
        pad: [0, 0, 0, 0],
        rounding: 'ceil',
        countsPadding: true,
      },
      [x([1, 2, 7, 6])],
    ],
    [
      {
        mode: 'average',
        kernel: [3, 3],
        stride: [2, 2],
        pad: [0, 0, 0, 0],
        rounding: 'ceil',
        countsPadding: true,
      },
      [x([1, 2, 6, 6])],
    ],
    [
      {
        mode: 'average',
        kernel: [3, 2],
        stride: [2, 1],
        pad: [1, 1, 1, 0],
        rounding: 'ceil',
        countsPadding: true,
      },
      [x([1, 2, 6, 6])],
    ],
    [
      {
        mode: 'average',
        kernel: [3, 3],
        stride: [1, 1],
        pad: [1, 1, 1, 1],
        rounding: 'floor',
        countsPadding: false,
      },
      [x([2, 2, 5, 5])],
    ],
    [
      {
        mode: 'average',
        kernel: 'global',
        stride: [1, 1],
        pad: [0, 0, 0, 0],
        rounding: 'floor',
        countsPadding: true,
      },
      [image],
    ],
  ],
  'pool-nd': [
    [
      {
        ...{ mode: 'max', kernel: [2, 2], stride: [2, 1], dilation: [1, 2], pads: [1, 0, 0, 1] },
        ...{ ceil: true, countsPadding: false, indices: true },
      },
      [image],
    ],
    [
      {
        mode: 'average',
        kernel: [3],
        stride: [2],
        dilation: [1],
        pads: [1, 1],
        ceil: false,
        countsPadding: false,
      },
      [x([1, 2, 7])],
    ],
    [
      {
        mode: 'average',
        kernel: [2],
        stride: [1],
        dilation: [2],
        pads: [0, 0],
        ceil: false,
        countsPadding: false,
      },
      [x([1, 2, 7])],
    ],
    [
      {
        mode: 'lp',
        kernel: [2],
        stride: [1],
        dilation: [1],
        pads: [0, 0],
        ceil: false,
        countsPadding: false,
        p: 2,
      },
      [x([1, 2, 7])],
    ],
  ],
  'max-unpool': [
    [
      { kernel: [2, 2], stride: [2, 2], pads: [0, 0, 0, 0], shape: null },
      [x([1, 1, 2, 2]), fed([1, 1, 2, 2], [0, 3, 8, 15])],
    ],
  ],
  lrn: [[{ size: 3, alpha: 0.1, beta: 0.6, k: 2 }, [image]]],
  unary: [
    ...(
      [
        ...([
          'abs',
          'atan',
          'ceil',
          'cos',
          'erf',
          'exp',
          'expm1',
          'floor',
          'gelu',
          'gelu-tanh',
          'hard-sigmoid',
        ] as const),
        ...([
          'hard-swish',
          'is-nan',
          'is-inf',
          'leaky-relu',
          'log-sigmoid',
          'mish',
          'neg',
          'not',
          'quick-gelu',
        ] as const),
        ...([
          'relu',
          'round',
          'selu',
          'shrink',
          'sigmoid',
          'sign',
          'swish',
          'sin',
          'sinh',
          'softplus',
        ] as const),
        ...([
          'softsign',
          'square',
          'tanh',
          'thresholded-relu',
          'elu',
          'celu',
          'asinh',
          'cosh',
          'clip',
        ] as const),
      ] as const
    ).map((name): Row<'unary'> => [{ function: name }, [x([1, 3, 4])]]),
    ...(['log', 'log1p', 'rsqrt', 'sqrt', 'reciprocal'] as const).map(
      (name): Row<'unary'> => [{ function: name }, [x([2, 3])], 'positive'],
    ),
    [{ function: 'clip', parameters: [-1, 1.5] }, [x([1, 6])]],
    [{ function: 'clip', parameters: [0] }, [x([1, 6])]],
    [{ function: 'elu', parameters: [0.3] }, [x([1, 6])]],
    [{ function: 'swish', parameters: [1.5] }, [x([1, 6])]],
    [{ function: 'abs' }, [x([3], 'int64')]],
    [{ function: 'not' }, [x([3], 'bool')]],
  ],
  binary: [
    ...(
      [
        ...([
          'add',
          'subtract',
          'multiply',
          'divide-no-nan',
          'minimum',
          'maximum',
          'squared-difference',
        ] as const),
        ...([
          'atan2',
          'equal',
          'not-equal',
          'greater',
          'less',
          'greater-or-equal',
          'less-or-equal',
        ] as const),
        ...(['and', 'or', 'xor'] as const),
      ] as const
    ).map((name): Row<'binary'> => [{ function: name }, [x([1, 3, 4]), x([3, 1])]]),
    ...(['divide', 'floor-divide', 'power', 'modulo', 'remainder'] as const).map(
      (name): Row<'binary'> => [
        { function: name },
        [x([1, 3, 4]), fixed([4], [2, 0.5, 1.5, 3])],
        'positive',
      ],
    ),
    ...(['floor-divide', 'modulo', 'remainder', 'divide'] as const).map(
      (name): Row<'binary'> => [
        { function: name },
        [x([4], 'int32'), fixed([4], [3, -2, 5, -7], 'int32')],
      ],
    ),
    [{ function: 'prelu' }, [x([1, 3, 4]), x([3, 1])]],
    [{ function: 'bitwise-and' }, [x([3], 'int32'), x([3], 'int32')]],
    [{ function: 'shift-left' }, [x([3], 'uint32'), fixed([3], [1, 2, 3], 'uint32')]],
    [{ function: 'add' }, [x([3], 'int64'), x([2, 1], 'int64')]],
    [{ function: 'multiply' }, [x([1, 3, 4]), fixed([], [0.5])]],
  ],
  where: [[{} as never, [x([3, 1], 'bool'), x([1, 4]), x([3, 4])]]],
  cast: [
    [{ to: 'int32' }, [x([1, 4])]],
    [{ to: 'float64' }, [x([4], 'int32')]],
    [{ to: 'bool' }, [x([4])]],
    [{ to: 'int8', saturate: true }, [x([4], 'int32')]],
  ],
  rectify: [
    [{ activation: 'relu' }, [x([1, 3, 4])]],
    [{ activation: 'relu6' }, [x([2])]],
  ],
  add: [
    [{ activation: 'relu' }, [x([1, 3, 4]), x([1, 3, 4]), x([1, 3, 4])]],
    [{ activation: 'none' }, [x([3], 'int32'), x([3], 'int32')]],
  ],
  concat: [
    [{}, [x([1, 2, 3]), x([1, 4, 3])]],
    [{ axis: -1 }, [x([2, 3]), x([2, 1]), fixed([2, 1], [5, 6])]],
  ],
  reshape: [
    [{ shape: [1, 6, 2] }, [x([1, 3, 4])]],
    [{ shape: [12] }, [x([1, 3, 4])]],
  ],
  transpose: [
    [{ permutation: [0, 2, 1] }, [x([1, 3, 4])]],
    [{ permutation: [2, 0, 1] }, [x([2, 3, 4])]],
  ],
  slice: [
    [
      { starts: [1, -1], ends: [2 ** 63, -(2 ** 63)], axes: [1, 2], steps: [1, -1] },
      [x([1, 3, 4])],
    ],
    [{ starts: [0], ends: [5], axes: [-1], steps: [2] }, [x([2, 7])]],
  ],
  split: [[{ axis: -1, sizes: [1, 3] }, [x([1, 3, 4])]]],
  pad: [
    [{ mode: 'constant', pads: [0, 1, 0, 2], value: 1.5 }, [x([1, 3])]],
    [{ mode: 'constant', pads: [0, -1, 0, 2], value: 0 }, [x([1, 3])]],
    [{ mode: 'constant', pads: [0, 1, 0, 0], value: -Infinity }, [x([1, 3])]],
    [{ mode: 'reflect', pads: [0, 2, 0, 1], value: 0 }, [x([1, 4])]],
    [{ mode: 'edge', pads: [0, 2, 0, 1], value: 0 }, [x([1, 4])]],
    [{ mode: 'symmetric', pads: [0, 2, 1, 1], value: 0 }, [x([2, 4])]],
    [{ mode: 'wrap', pads: [0, 2, 0, -1], value: 0 }, [x([2, 4])]],
  ],
  expand: [
    [{ shape: [1, 3, 4] }, [x([1, 1, 4])]],
    [{ shape: [2, 1, 4] }, [x([3, 1])]],
  ],
  tile: [[{ repeats: [1, 2, 3] }, [x([1, 2, 2])]]],
  reverse: [[{ axes: [1, -1] }, [x([1, 3, 2])]]],
  'center-crop-pad': [[{ axes: [1, 2], shape: [2, 7] }, [x([1, 5, 4])]]],
  'depth-to-space': [
    [{ block: 2, mode: 'DCR' }, [x([1, 8, 2, 3])]],
    [{ block: 2, mode: 'CRD' }, [x([1, 8, 2, 3])]],
  ],
  'space-to-depth': [[{ block: 2 }, [x([1, 2, 4, 6])]]],
  'space-to-batch': [[{ block: [2, 3], pads: [1, 0, 0, 1] }, [x([1, 3, 5, 2])]]],
  'batch-to-space': [
    [{ block: [2, 2], crops: [1, 0, 0, 1] }, [x([4, 3, 2, 2])]],
    [{ block: [2, 2], crops: [0, 0, 0, 0] }, [x([8, 3, 2])]],
  ],
  einsum: [
    [{ equation: 'bhid,bhjd->bhij' }, [x([1, 2, 3, 4]), x([1, 2, 5, 4])]],
    [{ equation: 'bij,jk->bik' }, [x([1, 2, 3]), fixed([3, 2], [1, 2, 3, 4, 5, 6])]],
  ],
  embedding: [
    [{ entries: 5, width: 3 }, [fed([1, 4], [0, 4, 2, 2])]],
    [{ entries: 2100, width: 2 }, [fed([2], [7, 2099], 'int32')]],
  ],
  gather: [
    [{ axis: 1 }, [x([1, 5, 2]), fixed([3], [4, 0, -1], 'int64')]],
    [{ axis: 0 }, [fixed([4, 2], [1, 2, 3, 4, 5, 6, 7, 8]), fed([1, 3], [3, 0, 1])]],
  ],
  'gather-elements': [[{ axis: 1 }, [x([2, 3]), fed([2, 2], [2, 0, 1, 1])]]],
  'gather-nd': [[{ batchAxes: 0 }, [x([2, 3, 4]), fed([2, 2], [1, 0, 0, 2])]]],
  'one-hot': [[{ axis: -1, depth: 4 }, [fed([1, 3], [3, 0, 5]), fixed([2], [0, 1])]]],
  'reverse-sequence': [
    [{ batchAxis: 0, timeAxis: 1 }, [x([2, 4, 2]), fed([2], [3, 2])]],
    [{ batchAxis: 2, timeAxis: 1 }, [x([2, 4, 2]), fed([2], [3, 2])]],
  ],
  'scatter-elements': [
    [{ axis: 1, reduction: 'none' }, [x([2, 3]), fed([2, 1], [2, 0]), x([2, 1])]],
    [{ axis: 1, reduction: 'max' }, [x([2, 3]), fed([2, 1], [2, 0]), x([2, 1])]],
  ],
  'scatter-nd': [[{ reduction: 'add' }, [x([4, 2]), fed([2, 1], [1, 3]), x([2, 2])]]],
  'tensor-scatter': [
    [{ axis: -2, mode: 'linear' }, [x([1, 5, 2]), x([1, 2, 2]), fed([1], [2])]],
    [{ axis: -2, mode: 'circular' }, [x([1, 5, 2]), x([1, 2, 2]), fed([1], [4])]],
  ],
  'top-k': [[{ k: 2, axis: 1, largest: true, sorted: true }, [x([1, 5])]]],
  matmul: [
    [{}, [x([1, 3, 4]), x([1, 4, 2])]],
    [{ transposeRight: true, alpha: 0.125 }, [x([1, 2, 3, 4]), x([1, 2, 5, 4])]],
    [{ transposeLeft: true, alpha: 2 }, [x([4, 3]), x([4, 2])]],
    [
      { type: 'int32' },
      [x([2, 3], 'uint8'), x([3, 2], 'int8'), fixed([], [3], 'uint8'), fixed([2], [1, 2], 'int8')],
    ],
    [{ type: 'int32' }, [x([2, 3], 'int8'), x([3, 2], 'int8'), fixed([2], [3, 1], 'int8')]],
  ],
  'layer-norm': [
    [{ axis: -1, epsilon: 1e-5 }, [x([1, 3, 4]), x([4]), x([4])]],
    [{ axis: 1, epsilon: 1e-3 }, [x([1, 3, 4])]],
    [{ axis: -1, epsilon: 1e-5 }, [x([1, 3, 4]), x([3, 1]), x([4])]],
    [{ axis: -1, epsilon: 1e-5, statistics: true }, [x([2, 3]), x([3])]],
  ],
  'rms-norm': [
    [{ axis: -1, epsilon: 1e-5 }, [x([1, 3, 4]), x([4])]],
    [{ axis: -1, epsilon: 1e-5 }, [x([2, 4])]],
  ],
  'group-norm': [
    [{ groups: 2, epsilon: 1e-5 }, [x([1, 4, 3]), x([4]), x([4])]],
    [{ groups: 2, epsilon: 1e-5 }, [x([1, 4, 3]), x([2]), x([2])]],
  ],
  'instance-norm': [
    [{ epsilon: 1e-5 }, [x([1, 4, 3]), x([4]), x([4])]],
    [{ epsilon: 1e-5 }, [x([1, 4, 3, 2])]],
  ],
  'mean-variance-norm': [[{ axes: [0, 2, 3] }, [x([2, 2, 3, 3])]]],
  'lp-norm': [
    [{ axis: -1, p: 2 }, [x([1, 3, 4])]],
    [{ axis: 1, p: 1 }, [x([1, 3, 4])]],
  ],
  affine: [
    [{ axis: 1 }, [x([1, 3, 2, 2]), fixed([3], [1, 2, -3]), fixed([3], [0.5, 0, 1])]],
    [{ axis: 1 }, [x([1, 3, 2]), x([3]), x([3])]],
    [{ axis: -1 }, [x([2, 3]), fixed([3], [1, 2, -3])]],
  ],
  softmax: [
    [{}, [x([1, 5])]],
    [{ axis: -1 }, [x([2, 3, 4])]],
    [{ axis: 1, log: true }, [x([1, 3, 2])]],
  ],
  hardmax: [[{ axis: 1 }, [x([1, 5])]]],
  opaque: [],
  quantise: [
    [{ axis: 1, type: 'uint8' }, [x([1, 3, 2]), fixed([], [0.03]), fixed([], [100], 'uint8')]],
    [{ axis: 1, type: 'int8' }, [x([1, 3, 2]), fixed([3], [0.03, 0.1, 0.2])]],
    [{ axis: 0, type: 'int16' }, [x([4]), fixed([1], [0.001])]],
  ],
  dequantise: [
    [
      { axis: 1, type: 'float32' },
      [x([1, 3, 2], 'int8'), fixed([3], [0.03, 0.1, 0.2]), fixed([3], [1, 2, 3], 'int8')],
    ],
    [{ axis: 0, type: 'float32' }, [x([4], 'int32'), fixed([], [0.5])]],
    [{ axis: 0, type: 'float32' }, [x([4], 'int32'), fixed([], [0.5]), fixed([], [7], 'int32')]],
  ],
  'dynamic-quantise': [[{} as never, [x([1, 5])]]],
  'fake-quantise': (
    ['round', 'floor', 'ceil', 'round-to-zero', 'up', 'half-up', 'half-down'] as const
  ).map(
    (rounding): Row<'fake-quantise'> => [
      { bits: 4, signed: true, narrow: true, rounding },
      [x([1, 7]), fixed([], [0.25]), fixed([], [1])],
    ],
  ),
  'bipolar-quantise': [[{} as never, [x([1, 7]), fixed([], [0.25])]]],
  recurrent: [
    [lstm, [x([3, 2, 4])]],
    [
      {
        ...lstm,
        direction: 'bidirectional',
        activations: [...defaultGates.lstm, ...defaultGates.lstm],
      },
      [x([3, 1, 4])],
    ],
    [
      { ...lstm, layout: 1, clip: 2, inputForget: true },
      [x([1, 3, 4]), null, x([1, 1, 2]), x([1, 1, 2]), x([1, 6])],
    ],
    [{ ...lstm, cell: 'gru', activations: defaultGates.gru }, [x([3, 2, 4])]],
    [
      {
        ...lstm,
        cell: 'gru',
        activations: defaultGates.gru,
        linearBeforeReset: true,
        direction: 'reverse',
      },
      [x([3, 2, 4]), fed([2], [3, 2], 'int32')],
    ],
    [
      { ...lstm, cell: 'rnn', activations: [{ name: 'leaky-relu', alpha: 0.2 }], bias: false },
      [x([3, 2, 4])],
    ],
  ],
  'recurrent-dynamic': [[lstm, [x([3, 2, 4]), x([1, 8, 4]), x([1, 8, 2]), x([1, 16])]]],
  reduce: [
    ...(
      ['sum', 'mean', 'max', 'min', 'product', 'l1', 'l2', 'sum-square', 'log-sum-exp'] as const
    ).map((name): Row<'reduce'> => [{ function: name, axes: [1], keep: false }, [x([1, 3, 4])]]),
    [{ function: 'log-sum', axes: [-1], keep: true }, [x([1, 3, 4])], 'positive'],
    [{ function: 'mean', axes: null, keep: false }, [x([2, 3])]],
    [{ function: 'l2', axes: [], keep: true }, [x([2, 3])]],
    [{ function: 'sum', axes: [0, 2], keep: true }, [x([2, 3, 4])]],
  ],
  arg: [
    [{ function: 'max', axis: 1, keep: false, last: false }, [x([1, 5])]],
    [{ function: 'min', axis: -1, keep: true, last: true }, [x([2, 5])]],
  ],
  'cumulative-sum': [[{ axis: 1, exclusive: true, reverse: true }, [x([1, 5])]]],
  'cumulative-product': [
    [{ axis: 1, exclusive: false, reverse: false }, [x([1, 5])]],
    [{ axis: -1, exclusive: true, reverse: true }, [x([2, 5])]],
  ],
  resize: [
    [
      {
        mode: 'nearest',
        shape: [1, 2, 6, 8],
        scales: [1, 1, 2, 2],
        coordinates: 'asymmetric',
        nearestMode: 'floor',
      },
      [x([1, 2, 3, 4])],
    ],
    [
      {
        mode: 'linear',
        shape: [1, 2, 5, 7],
        scales: [1, 1, 5 / 3, 7 / 4],
        coordinates: 'half_pixel',
      },
      [x([1, 2, 3, 4])],
    ],
    [
      {
        ...{
          mode: 'cubic',
          shape: [1, 2, 5, 7],
          scales: [1, 1, 5 / 3, 7 / 4],
          coordinates: 'align_corners',
        },
        cubicCoefficient: -0.5,
      },
      [x([1, 2, 3, 4])],
    ],
    [
      {
        mode: 'nearest',
        shape: [1, 1, 2, 6],
        scales: [1, 1, 0.5, 2],
        coordinates: 'asymmetric',
        nearestMode: 'simple',
      },
      [x([1, 1, 4, 3])],
    ],
  ],
  'grid-sample': [
    [{ mode: 'linear', padding: 'zeros', alignCorners: false }, [x([1, 2, 3, 4]), x([1, 2, 2, 2])]],
    [
      { mode: 'nearest', padding: 'border', alignCorners: true },
      [x([1, 1, 3, 2, 2]), x([1, 2, 1, 2, 3])],
    ],
  ],
  'roi-align': [
    [
      { mode: 'avg', size: [2, 2], samplingRatio: 2, spatialScale: 0.5, halfPixel: true },
      [x([1, 2, 5, 5]), fixed([2, 4], [0, 0, 6, 6, 1, 2, 8, 7]), fixed([2], [0, 0], 'int64')],
    ],
  ],
  trilu: [
    [{ upper: true, k: 1 }, [x([1, 3, 4])]],
    [{ upper: false, k: 0 }, [x([3, 4])]],
  ],
  dft: [
    [{ axis: 1, inverse: false, onesided: false }, [x([1, 6, 2])]],
    [{ axis: 1, inverse: false, onesided: true }, [x([1, 6, 1])]],
    [{ axis: 1, inverse: true, onesided: false, length: 4 }, [x([1, 6, 2])]],
    [{ axis: 1, inverse: true, onesided: true }, [x([1, 4, 2])]],
  ],
  window: [[{ function: 'hann', length: 6, periodic: true, type: 'float32' }, []]],
};

/** Every case, kind after kind. */
export const cases: readonly Case[] = Object.entries(rows).flatMap(([kind, written]) =>
  (written as readonly Row<LayerKind>[]).map(([op, inputs, positive]) => ({
    op: { kind, ...op } as unknown as LayerOp,
    inputs,
    ...(positive ? { positive: true } : {}),
  })),
);
