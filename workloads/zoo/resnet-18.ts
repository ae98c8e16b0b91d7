// He et al., "Deep residual learning for image recognition" (arXiv 1512.03385), Table 1, 18 layers,
// with projections where sizes change (option B), as fb.resnet.torch and torchvision train it.

import { buildNetwork } from '../graph.js';
import type { TrainedLayerSpec } from '../spec.js';
import {
  averagePool,
  dense,
  denseEstimate,
  normalisedConv,
  softmax,
  type ZooEntry,
} from './entry.js';
import { torchPreprocessing } from './preprocessing.js';

/**
 * Two 3×3 convolutions and what passes them by: the input, or its projection by 1×1 where channels
 * or size change.
 */
function block(
  name: string,
  channels: number,
  stride: 1 | 2,
  input: string,
): readonly TrainedLayerSpec[] {
  const projects = stride === 2;
  const around = `${name}/projection`;
  return [
    ...normalisedConv(`${name}/conv1`, channels, 3, { stride, pad: 1, inputs: [input] }),
    ...normalisedConv(`${name}/conv2`, channels, 3, { pad: 1, activation: 'none' }),
    ...(projects
      ? normalisedConv(around, channels, 1, { stride, inputs: [input], activation: 'none' })
      : []),
    {
      kind: 'add',
      name: `${name}/add`,
      inputs: [`${name}/conv2/norm`, projects ? `${around}/norm` : input],
      activation: 'relu',
    },
  ];
}

/** Two blocks; the first halves the image unless told otherwise. */
function stage(
  index: number,
  channels: number,
  input: string,
  stride: 1 | 2 = 2,
): readonly TrainedLayerSpec[] {
  const [first, second] = [`conv${index}_1`, `conv${index}_2`];
  return [...block(first, channels, stride, input), ...block(second, channels, 1, `${first}/add`)];
}

const network = buildNetwork({
  name: 'resnet-18',
  title: 'ResNet-18, ImageNet',
  input: [3, 224, 224],
  layers: [
    ...normalisedConv('conv1', 64, 7, { stride: 2, pad: 3 }),
    { kind: 'pool2d', name: 'pool1', mode: 'max', kernel: 3, stride: 2, pad: 1, rounding: 'floor' },
    ...stage(2, 64, 'pool1', 1),
    ...stage(3, 128, 'conv2_2/add'),
    ...stage(4, 256, 'conv3_2/add'),
    ...stage(5, 512, 'conv4_2/add'),
    averagePool('pool5'),
    dense('fc', 1000, 'none'),
    softmax,
  ],
  source: {
    work: 'He et al., Deep residual learning (arXiv 1512.03385)',
    at: 'Table 1, 18 layers, option B',
  },
});

export const resnet18: ZooEntry = {
  network,
  densities: denseEstimate(network),
  preprocessing: torchPreprocessing,
};
