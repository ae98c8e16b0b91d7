// Howard et al., "MobileNets: efficient convolutional neural networks for mobile vision
// applications" (arXiv 1704.04861), Table 1, width 1.0 at 224×224. As in the released TensorFlow
// model (slim's mobilenet_v1) ReLUs stop at 6 and padding is TensorFlow's SAME; the last
// depthwise layer has stride 1, where Table 1 prints 2 for sizes that say 1.

import { buildNetwork } from '../graph.js';
import type { TrainedLayerSpec } from '../spec.js';
import { ready } from './dimensions.js';
import { averagePool, dense, denseEstimate, normalisedConv, softmax } from './entry.js';
import { mobilenetPreprocessing } from './preprocessing.js';
import { everywhere, type Pruning, pointwisePruned, withVariants } from './pruned.js';

/**
 * SAME padding of a 3×3 window on an even size: what the stride leaves over goes behind the image.
 */
const same = (stride: 1 | 2) => (stride === 1 ? 1 : ([0, 0, 1, 1] as const));

/** A 3×3 filter on each channel by itself, then 1×1 filters over all. */
function separable(
  index: number,
  inputs: number,
  outputs: number,
  stride: 1 | 2,
): readonly TrainedLayerSpec[] {
  const depthwise = { stride, pad: same(stride), groups: inputs, activation: 'relu6' } as const;
  return [
    ...normalisedConv(`conv${index}/dw`, inputs, 3, depthwise),
    ...normalisedConv(`conv${index}/pw`, outputs, 1, { activation: 'relu6' }),
  ];
}

const widths: readonly (readonly [inputs: number, outputs: number, stride: 1 | 2])[] = [
  [32, 64, 1],
  [64, 128, 2],
  [128, 128, 1],
  [128, 256, 2],
  [256, 256, 1],
  [256, 512, 2],
  [512, 512, 1],
  [512, 512, 1],
  [512, 512, 1],
  [512, 512, 1],
  [512, 512, 1],
  [512, 1024, 2],
  [1024, 1024, 1],
];

const network = buildNetwork({
  name: 'mobilenet-v1',
  title: 'MobileNetV1 1.0, 224×224, ImageNet',
  input: [3, 224, 224],
  layers: [
    ...normalisedConv('conv1', 32, 3, { stride: 2, pad: same(2), activation: 'relu6' }),
    ...widths.flatMap(([inputs, outputs, stride], at) =>
      separable(at + 2, inputs, outputs, stride),
    ),
    averagePool('pool'),
    { kind: 'dropout', name: 'dropout', rate: 0.001 },
    dense('fc', 1000, 'none'),
    softmax,
  ],
  source: { work: 'Howard et al., MobileNets (arXiv 1704.04861)', at: 'Table 1' },
});

/** Over all layers together, as none of them is published by itself here. */
const str = (percent: number, printed: string, published: string): Pruning => ({
  variant: `str-${percent}`,
  title: `${printed} % pruned by STR`,
  source: {
    work: 'Kusupati et al., STR, ICML 2020 (arXiv 2002.03231)',
    at: `RAIVNLab/STR: ${printed} % of all weights, here as many of every layer (there ${published} MACs are left)`,
  },
  kept: everywhere(1 - Number(printed) / 100, () => true),
});

export const mobilenetV1s = withVariants(
  ready({ network, densities: denseEstimate(network), preprocessing: mobilenetPreprocessing }),
  [
    str(75, '75.28', '101 M'),
    str(89, '89.01', '42 M'),
    pointwisePruned(90, 'released models, MobileNetV1 1.0'),
  ],
);
