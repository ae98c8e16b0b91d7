// Krizhevsky et al., NIPS 2012, as the Caffe reference model that was pruned (bvlc_alexnet: norm
// before pooling, two groups).

import { prunedDensities, prunedDensitySource } from '../data/pruned-densities.js';
import { buildNetwork } from '../graph.js';
import type { LayerSpec } from '../spec.js';
import { conv, dense, maxPool, shares, softmax, type ZooEntry } from './entry.js';
import { imagenetPreprocessing } from './preprocessing.js';

const norm = (name: string): LayerSpec => ({
  kind: 'lrn',
  name,
  size: 5,
  alpha: 1e-4,
  beta: 0.75,
  k: 1,
});

export const alexnet: ZooEntry = {
  network: buildNetwork({
    name: 'alexnet',
    title: 'AlexNet (Caffe), ImageNet',
    input: [3, 227, 227],
    layers: [
      conv('conv1', 96, 11, { stride: 4 }),
      norm('norm1'),
      maxPool('pool1', 3, 2),
      conv('conv2', 256, 5, { pad: 2, groups: 2 }),
      norm('norm2'),
      maxPool('pool2', 3, 2),
      conv('conv3', 384, 3, { pad: 1 }),
      conv('conv4', 384, 3, { pad: 1, groups: 2 }),
      conv('conv5', 256, 3, { pad: 1, groups: 2 }),
      maxPool('pool5', 3, 2),
      dense('fc6', 4096, 'relu'),
      dense('fc7', 4096, 'relu'),
      dense('fc8', 1000, 'none'),
      softmax,
    ],
    source: {
      work: 'Krizhevsky et al., ImageNet classification with deep CNNs, NIPS 2012',
      at: 'Caffe bvlc_alexnet',
    },
  }),
  densities: { source: prunedDensitySource, input: 1, layers: shares(prunedDensities.alexnet) },
  preprocessing: imagenetPreprocessing(227),
};
