// How pictures become inputs of the zoo's networks.

import type { Preprocessing } from '../import/preprocess.js';

/** Caffe's ImageNet networks: squeezed to 256×256, centre crop, BGR, the data set's mean colour taken off. */
export function imagenetPreprocessing(crop: number): Preprocessing {
  return { resize: 256, crop, channelOrder: 'bgr', mean: [104, 117, 123], scale: 1 };
}

/** Caffe's MNIST networks: one channel, white on black, 0 to 1. */
export const mnistPreprocessing: Preprocessing = {
  resize: 28,
  crop: 28,
  channelOrder: 'gray',
  mean: [0],
  scale: 1 / 256,
};
