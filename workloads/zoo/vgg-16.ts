// Simonyan and Zisserman, "Very deep convolutional networks for large-scale image recognition",
// ICLR 2015, configuration D.

import { prunedDensities, prunedDensitySource } from '../data/pruned-densities.js';
import { buildNetwork } from '../graph.js';
import type { LayerSpec } from '../spec.js';
import { conv, dense, maxPool, shares, softmax, type ZooEntry } from './entry.js';
import { imagenetPreprocessing } from './preprocessing.js';

/** `depth` 3×3 convolutions of `channels`, then a 2×2 pooling. */
function block(index: number, channels: number, depth: number): readonly LayerSpec[] {
  const convolutions = Array.from({ length: depth }, (_, at) =>
    conv(`conv${index}_${at + 1}`, channels, 3, { pad: 1 }),
  );
  return [...convolutions, maxPool(`pool${index}`, 2, 2)];
}

export const vgg16: ZooEntry = {
  network: buildNetwork({
    name: 'vgg-16',
    title: 'VGG-16, ImageNet',
    input: [3, 224, 224],
    layers: [
      ...block(1, 64, 2),
      ...block(2, 128, 2),
      ...block(3, 256, 3),
      ...block(4, 512, 3),
      ...block(5, 512, 3),
      dense('fc6', 4096, 'relu'),
      dense('fc7', 4096, 'relu'),
      dense('fc8', 1000, 'none'),
      softmax,
    ],
    source: {
      work: 'Simonyan and Zisserman, ICLR 2015 (arXiv 1409.1556)',
      at: 'Table 1, configuration D',
    },
  }),
  densities: { source: prunedDensitySource, input: 1, layers: shares(prunedDensities['vgg-16']) },
  preprocessing: imagenetPreprocessing(224),
};
