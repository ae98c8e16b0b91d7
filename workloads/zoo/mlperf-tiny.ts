// The four networks of MLPerf Tiny (Banbury et al., arXiv 2106.07597), as the Keras models of
// mlcommons/tiny define them: every layer has a bias of its own beside its batch normalisation,
// padding is TensorFlow's SAME.

import { buildNetwork } from '../graph.js';
import type { Padding } from '../network.js';
import type { Extents } from '../operators/window.js';
import type { TrainedLayerSpec } from '../spec.js';
import { fixed } from './dimensions.js';
import { averagePool, conv, dense, denseEstimate, softmax } from './entry.js';

const work = 'Banbury et al., MLPerf Tiny benchmark (arXiv 2106.07597)';
const relu = 'relu';

interface Rest {
  readonly stride?: 1 | 2;
  readonly groups?: number;
  readonly pad?: number | Padding;
  readonly inputs?: readonly string[];
  readonly clamped?: boolean;
}

/** A convolution with bias, batch normalisation and ReLU. */
function normalised(
  name: string,
  channels: number,
  kernel: Extents,
  rest: Rest = {},
): readonly TrainedLayerSpec[] {
  const { clamped = true, ...window } = rest;
  return [
    conv(name, channels, kernel, { ...window, activation: 'none' }),
    { kind: 'batch-norm', name: `${name}/norm`, channels },
    ...(clamped ? [{ kind: 'relu', name: `${name}/relu`, activation: relu } as const] : []),
  ];
}

/** SAME padding of a 3×3 window on an even size. */
const same = (stride: 1 | 2) => (stride === 1 ? 1 : ([0, 0, 1, 1] as const));

function separable(
  name: string,
  inputs: number,
  outputs: number,
  stride: 1 | 2 = 1,
): readonly TrainedLayerSpec[] {
  return [
    ...normalised(`${name}/dw`, inputs, 3, { stride, pad: same(stride), groups: inputs }),
    ...normalised(`${name}/pw`, outputs, 1),
  ];
}

function tiny(
  name: string,
  title: string,
  at: string,
  input: readonly number[],
  layers: readonly TrainedLayerSpec[],
) {
  return fixed(name, () => {
    const network = buildNetwork({ name, title, input, layers, source: { work, at } });
    return { network, densities: denseEstimate(network), preprocessing: null };
  });
}

/** A spectrum of 49 × 10: 25 × 5 places behind the first convolution. */
const dsCnn = tiny(
  'ds-cnn',
  'DS-CNN, key words (MLPerf Tiny)',
  'keyword_spotting/keras_model.py',
  [1, 49, 10],
  [
    ...normalised('conv1', 64, [10, 4], { stride: 2, pad: [4, 1, 5, 1] }),
    { kind: 'dropout', name: 'dropout1', rate: 0.2 },
    ...[2, 3, 4, 5].flatMap((index) => separable(`conv${index}`, 64, 64)),
    { kind: 'dropout', name: 'dropout2', rate: 0.4 },
    averagePool('pool'),
    dense('fc', 12, 'none'),
    softmax,
  ],
);

const widths: readonly (readonly [inputs: number, outputs: number, stride: 1 | 2])[] = [
  [8, 16, 1],
  [16, 32, 2],
  [32, 32, 1],
  [32, 64, 2],
  [64, 64, 1],
  [64, 128, 2],
  ...Array.from({ length: 5 }, () => [128, 128, 1] as const),
  [128, 256, 2],
  [256, 256, 1],
];

const mobilenetQuarter = tiny(
  'mobilenet-v1-0.25',
  'MobileNetV1 0.25, 96×96, visual wake words (MLPerf Tiny)',
  'visual_wake_words/vww_model.py',
  [3, 96, 96],
  [
    ...normalised('conv1', 8, 3, { stride: 2, pad: same(2) }),
    ...widths.flatMap(([inputs, outputs, stride], at) =>
      separable(`conv${at + 2}`, inputs, outputs, stride),
    ),
    averagePool('pool'),
    dense('fc', 2, 'none'),
    softmax,
  ],
);

function block(
  name: string,
  channels: number,
  stride: 1 | 2,
  input: string,
): readonly TrainedLayerSpec[] {
  const projection = `${name}/projection`;
  return [
    ...normalised(`${name}/conv1`, channels, 3, { stride, pad: same(stride), inputs: [input] }),
    ...normalised(`${name}/conv2`, channels, 3, { pad: 1, clamped: false }),
    // The projection is not normalised.
    ...(stride === 2
      ? [conv(projection, channels, 1, { stride, inputs: [input], activation: 'none' })]
      : []),
    {
      kind: 'add',
      name: `${name}/add`,
      inputs: [stride === 2 ? projection : input, `${name}/conv2/norm`],
      activation: relu,
    },
  ];
}

const resnet8 = tiny(
  'resnet-8',
  'ResNet-8, CIFAR-10 (MLPerf Tiny)',
  'image_classification/keras_model.py',
  [3, 32, 32],
  [
    ...normalised('conv1', 16, 3, { pad: 1 }),
    ...block('stack1', 16, 1, 'conv1/relu'),
    ...block('stack2', 32, 2, 'stack1/add'),
    ...block('stack3', 64, 2, 'stack2/add'),
    averagePool('pool'),
    dense('fc', 10, 'none'),
    softmax,
  ],
);

/** Fully connected, with batch norm and ReLU. */
function clamped(index: number, outputs: number): readonly TrainedLayerSpec[] {
  const name = `fc${index}`;
  return [
    dense(name, outputs, 'none'),
    { kind: 'batch-norm', name: `${name}/norm`, channels: outputs },
    { kind: 'relu', name: `${name}/relu`, activation: relu },
  ];
}

const autoencoder = tiny(
  'autoencoder',
  'Autoencoder, machine sounds (MLPerf Tiny)',
  'anomaly_detection/keras_model.py',
  [640],
  [
    ...[128, 128, 128, 128, 8, 128, 128, 128, 128].flatMap((outputs, at) =>
      clamped(at + 1, outputs),
    ),
    dense('fc10', 640, 'none'),
  ],
);

export const mlperfTiny = [dsCnn, mobilenetQuarter, resnet8, autoencoder];
