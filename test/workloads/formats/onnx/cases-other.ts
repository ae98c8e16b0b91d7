// Small layers of quantisation, recurrence, reduction and sampling.

import { defaultGates } from '../../../../workloads/operators/cells.js';
import type { RecurrentAttributes } from '../../../../workloads/operators/recurrent.js';
import { fed, fixed, type Row, type RowsOf, x } from './case-rows.js';

const lstm: RecurrentAttributes = {
  ...{ hidden: 2, activations: defaultGates.lstm, bias: true, clip: null },
  ...{ inputForget: false, linearBeforeReset: false },
  ...({ cell: 'lstm', direction: 'forward', layout: 0 } as const),
};

type Kind =
  | 'quantise'
  | 'dequantise'
  | 'dynamic-quantise'
  | 'fake-quantise'
  | 'bipolar-quantise'
  | 'recurrent'
  | 'recurrent-dynamic'
  | 'reduce'
  | 'arg'
  | 'cumulative-sum'
  | 'cumulative-product'
  | 'resize'
  | 'grid-sample'
  | 'roi-align'
  | 'trilu'
  | 'dft'
  | 'window';

export const otherCases: RowsOf<Kind> = {
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
