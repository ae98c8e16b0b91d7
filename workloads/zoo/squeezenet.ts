// Iandola et al., "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and <0.5MB model
// size" (arXiv 1602.07360), and version 1.1 of the network, published with it.

import {
  squeezenetDensities,
  squeezenetDensitySource,
  squeezenetPoolDensities,
} from '../data/squeezenet-densities.js';
import { buildNetwork } from '../graph.js';
import {
  averagePool,
  conv,
  type DensityProfile,
  maxPool,
  shares,
  softmax,
  type ZooEntry,
} from './entry.js';
import { fire, fireStack } from './fire.js';
import { imagenetPreprocessing } from './preprocessing.js';

export const squeezenetWork = 'Iandola et al., SqueezeNet (arXiv 1602.07360)';

const poolDensities = Object.fromEntries(
  Object.entries(squeezenetPoolDensities).map(([name, percent]) => [name, percent / 100]),
);

/** What the released compressed network keeps, and lets through. */
export const compressedDensities: DensityProfile = {
  source: squeezenetDensitySource,
  input: 1,
  layers: shares(squeezenetDensities),
  others: poolDensities,
};

/** For networks of the same modules that nobody has published pruned. */
export const likeCompressed: Omit<DensityProfile, 'others'> = {
  source: {
    work: 'estimate, not published',
    at: 'layer by layer as in the compressed SqueezeNet 1.0',
  },
  input: 1,
  layers: shares(squeezenetDensities),
};

export const squeezenet10: ZooEntry = {
  network: buildNetwork({
    name: 'squeezenet-1.0',
    title: 'SqueezeNet 1.0, ImageNet',
    input: [3, 227, 227],
    layers: [
      conv('conv1', 96, 7, { stride: 2 }),
      maxPool('pool1', 3, 2),
      ...fireStack('pool1', [4, 8], fire),
      { kind: 'dropout', name: 'drop9', rate: 0.5 },
      conv('conv10', 1000, 1, { pad: 1 }),
      averagePool('pool10'),
      softmax,
    ],
    source: { work: squeezenetWork, at: 'Table 1; conv10 pads by 1 as in the released model' },
  }),
  densities: compressedDensities,
  preprocessing: imagenetPreprocessing(227),
};

/** A smaller first layer, and poolings earlier. */
export const squeezenet11: ZooEntry = {
  network: buildNetwork({
    name: 'squeezenet-1.1',
    title: 'SqueezeNet 1.1, ImageNet',
    input: [3, 227, 227],
    layers: [
      conv('conv1', 64, 3, { stride: 2 }),
      maxPool('pool1', 3, 2),
      ...fireStack('pool1', [3, 5], fire),
      { kind: 'dropout', name: 'drop9', rate: 0.5 },
      conv('conv10', 1000, 1),
      averagePool('pool10'),
      softmax,
    ],
    source: { work: squeezenetWork, at: 'SqueezeNet_v1.1/deploy.prototxt, released with it' },
  }),
  densities: likeCompressed,
  preprocessing: imagenetPreprocessing(227),
};
