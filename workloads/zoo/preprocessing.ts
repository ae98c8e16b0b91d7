// Turns pictures into inputs of the zoo's networks.

import type { Preprocessing } from '../formats/images/preprocess.js';

/**
 * Caffe's ImageNet networks: squeezed to 256×256, centre crop, BGR, the data set's mean colour
 * taken off.
 */
export function imagenetPreprocessing(crop: number): Preprocessing {
  return { resize: 256, crop, channelOrder: 'bgr', mean: [104, 117, 123], scale: 1 };
}

/**
 * What `fb.resnet.torch` and torchvision train on: RGB, each channel by its own mean and deviation
 * over ImageNet.
 */
export const torchPreprocessing: Preprocessing = {
  resize: 256,
  crop: 224,
  channelOrder: 'rgb',
  mean: [0.485, 0.456, 0.406].map((share) => 255 * share),
  scale: [0.229, 0.224, 0.225].map((deviation) => 1 / (255 * deviation)),
};

/**
 * TensorFlow's MobileNets: RGB, −1 to 1. They crop seven eighths of the picture, 256 → 224 here.
 */
export const mobilenetPreprocessing: Preprocessing = {
  resize: 256,
  crop: 224,
  channelOrder: 'rgb',
  mean: [127.5, 127.5, 127.5],
  scale: 1 / 127.5,
};

/** Tiny ImageNet's pictures of 64×64, whole, by the data set's mean colour as Caffe does. */
export const tinyImagenetPreprocessing: Preprocessing = {
  ...imagenetPreprocessing(64),
  resize: 64,
};

/** Caffe's MNIST networks: one channel, white on black, 0 to 1. */
export const mnistPreprocessing: Preprocessing = {
  resize: 28,
  crop: 28,
  channelOrder: 'gray',
  mean: [0],
  scale: 1 / 256,
};
