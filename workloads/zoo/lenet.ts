// LeCun et al., "Gradient-based learning applied to document recognition", 1998, in the sizes that
// Caffe's examples and the pruning papers use.

import { prunedDensities, prunedDensitySource } from '../data/pruned-densities.js';
import { buildNetwork } from '../graph.js';
import { conv, dense, maxPool, shares, softmax, type ZooEntry } from './entry.js';
import { mnistPreprocessing } from './preprocessing.js';

/** Share of non-zero pixels, counted over the 10,000 test digits of MNIST. */
const MNIST_PIXEL_DENSITY = 0.193;

const source = {
  work: 'Han et al., NIPS 2015 (arXiv 1506.02626)',
  at: 'Section 4.1; sizes of the Caffe examples',
};

export const lenet300: ZooEntry = {
  network: buildNetwork({
    name: 'lenet-300-100',
    title: 'LeNet-300-100, MNIST digits',
    input: [1, 28, 28],
    layers: [
      dense('fc1', 300, 'relu'),
      dense('fc2', 100, 'relu'),
      dense('fc3', 10, 'none'),
      softmax,
    ],
    source,
  }),
  densities: {
    source: prunedDensitySource,
    input: MNIST_PIXEL_DENSITY,
    layers: shares(prunedDensities['lenet-300-100']),
  },
  preprocessing: mnistPreprocessing,
  shippedWeights: 'lenet-300-100.safetensors',
};

/** With a ReLU behind convolutions: the published output densities below 100 % presuppose them. */
export const lenet5: ZooEntry = {
  network: buildNetwork({
    name: 'lenet-5',
    title: 'LeNet-5 (Caffe), MNIST digits',
    input: [1, 28, 28],
    layers: [
      conv('conv1', 20, 5),
      maxPool('pool1', 2, 2),
      conv('conv2', 50, 5),
      maxPool('pool2', 2, 2),
      dense('fc1', 500, 'relu'),
      dense('fc2', 10, 'none'),
      softmax,
    ],
    source,
  }),
  densities: {
    source: prunedDensitySource,
    input: MNIST_PIXEL_DENSITY,
    layers: shares(prunedDensities['lenet-5']),
  },
  preprocessing: mnistPreprocessing,
  shippedWeights: 'lenet-5.safetensors',
};
