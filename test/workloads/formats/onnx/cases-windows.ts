// Small layers over windows: convolutions, pools, products with weights.

import { fed, image, none, type RowsOf, window2, x } from './case-rows.js';

type Kind =
  | 'dense'
  | 'conv2d'
  | 'conv-nd'
  | 'conv-transpose'
  | 'conv-dynamic'
  | 'conv-transpose-dynamic'
  | 'deform-conv'
  | 'col2im'
  | 'pool2d'
  | 'pool-nd'
  | 'max-unpool'
  | 'lrn';

export const windowCases: RowsOf<Kind> = {
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
};
