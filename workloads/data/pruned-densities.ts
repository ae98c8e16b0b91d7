// Published shares of weights kept after pruning and of non-zero activations at each layer's
// output, percent. Weights and outputs: Han et al., "Learning both Weights and Connections for
// Efficient Neural Networks", NIPS 2015 (arXiv 1506.02626), per-layer tables; weights also in Han
// et al., "Deep Compression", ICLR 2016 (arXiv 1510.00149), Tables 2 to 5. Rounded to whole
// percents there.

import type { Citation } from '../network.js';

export interface PrunedLayer {
  readonly weights: number;
  readonly output: number;
}

export const prunedDensitySource: Citation = {
  work: 'Han et al., NIPS 2015 (arXiv 1506.02626)',
  at: 'per-layer tables',
};

export const prunedDensities = {
  'lenet-300-100': {
    fc1: { weights: 8, output: 38 },
    fc2: { weights: 9, output: 65 },
    fc3: { weights: 26, output: 100 },
  },
  'lenet-5': {
    conv1: { weights: 66, output: 82 },
    conv2: { weights: 12, output: 72 },
    fc1: { weights: 8, output: 55 },
    fc2: { weights: 19, output: 100 },
  },
  alexnet: {
    conv1: { weights: 84, output: 88 },
    conv2: { weights: 38, output: 52 },
    conv3: { weights: 35, output: 37 },
    conv4: { weights: 37, output: 40 },
    conv5: { weights: 37, output: 34 },
    fc6: { weights: 9, output: 36 },
    fc7: { weights: 9, output: 40 },
    fc8: { weights: 25, output: 100 },
  },
  'vgg-16': {
    conv1_1: { weights: 58, output: 53 },
    conv1_2: { weights: 22, output: 89 },
    conv2_1: { weights: 34, output: 80 },
    conv2_2: { weights: 36, output: 81 },
    conv3_1: { weights: 53, output: 68 },
    conv3_2: { weights: 24, output: 70 },
    conv3_3: { weights: 42, output: 64 },
    conv4_1: { weights: 32, output: 51 },
    conv4_2: { weights: 27, output: 45 },
    conv4_3: { weights: 34, output: 34 },
    conv5_1: { weights: 35, output: 32 },
    conv5_2: { weights: 29, output: 29 },
    conv5_3: { weights: 36, output: 19 },
    fc6: { weights: 4, output: 38 },
    fc7: { weights: 4, output: 42 },
    fc8: { weights: 23, output: 100 },
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, PrunedLayer>>>>;
