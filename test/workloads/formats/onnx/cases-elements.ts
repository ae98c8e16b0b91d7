// Small layers of elements, moves and normalisations.

import { fed, fixed, type Row, type RowsOf, x } from './case-rows.js';

type Kind =
  | 'unary'
  | 'binary'
  | 'where'
  | 'cast'
  | 'relu'
  | 'add'
  | 'concat'
  | 'reshape'
  | 'transpose'
  | 'slice'
  | 'split'
  | 'pad'
  | 'expand'
  | 'tile'
  | 'reverse'
  | 'center-crop-pad'
  | 'depth-to-space'
  | 'space-to-depth'
  | 'space-to-batch'
  | 'batch-to-space'
  | 'einsum'
  | 'embedding'
  | 'gather'
  | 'gather-elements'
  | 'gather-nd'
  | 'one-hot'
  | 'reverse-sequence'
  | 'scatter-elements'
  | 'scatter-nd'
  | 'tensor-scatter'
  | 'top-k'
  | 'experts'
  | 'matmul'
  | 'layer-norm'
  | 'rms-norm'
  | 'group-norm'
  | 'instance-norm'
  | 'mean-variance-norm'
  | 'lp-norm'
  | 'affine'
  | 'softmax'
  | 'hardmax'
  | 'opaque';

export const elementCases: RowsOf<Kind> = {
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
  relu: [
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
  experts: [
    [{ experts: 4, outputs: 3 }, [x([1, 2, 5]), fed([1, 2, 2], [3, 0, 1, 3])]],
    [{ experts: 3, outputs: 2 }, [x([1, 2, 2, 5]), fed([1, 2, 2], [2, 0, 1, 2])]],
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
};
