// A data set in batches as a network takes them: shuffled anew each epoch, shifted at random,
// normalised.

import { createRandom, type Random } from '../base/random.js';
import { type DataSet, type Labelled, shuffled } from '../datasets/dataset.js';
import type { Batch } from './network.js';

export interface Augmentation {
  /** Pictures are moved by up to this many pixels each way, with black moving in. */
  readonly shift: number;
}

/** One epoch of `part` in random order. The same seed and label, the same batches. */
export function* trainingBatches(
  data: DataSet,
  batchSize: number,
  augmentation: Augmentation,
  seed: number,
  label: string,
): Generator<Batch> {
  const random = createRandom(seed, label);
  const order = shuffled(data.train.labels.length, random);
  for (let from = 0; from < order.length; from += batchSize) {
    yield makeBatch(data, data.train, order.subarray(from, from + batchSize), augmentation, random);
  }
}

/** A part of the data in its own order, as it is. */
export function* evaluationBatches(
  data: DataSet,
  part: Labelled,
  batchSize: number,
): Generator<Batch> {
  const order = Uint32Array.from({ length: part.labels.length }, (_, at) => at);
  for (let from = 0; from < order.length; from += batchSize) {
    yield makeBatch(data, part, order.subarray(from, from + batchSize), { shift: 0 }, null);
  }
}

function makeBatch(
  { shape, normalisation }: DataSet,
  part: Labelled,
  indices: Uint32Array,
  { shift }: Augmentation,
  random: Random | null,
): Batch {
  const [channels, height, width] = shape;
  const size = channels * height * width;
  const input = new Float32Array(indices.length * size);
  const { mean, scale } = normalisation;
  // What lies outside a picture is black.
  for (let channel = 0; channel < channels; channel++) {
    const black = -(mean[channel] ?? 0) * scale;
    if (black !== 0) for (let at = channel; at < input.length; at += channels) input[at] = black;
  }
  const range = 2 * shift + 1;
  for (let at = 0; at < indices.length; at++) {
    const dy = random && shift > 0 ? random.below(range) - shift : 0;
    const dx = random && shift > 0 ? random.below(range) - shift : 0;
    const from = (indices[at] as number) * size;
    const firstX = Math.max(0, dx);
    const endX = Math.min(width, width + dx);
    for (let channel = 0; channel < channels; channel++) {
      const offset = mean[channel] ?? 0;
      for (let y = Math.max(0, dy); y < Math.min(height, height + dy); y++) {
        const row = from + (channel * height + y - dy) * width - dx;
        const to = at * size + y * width * channels + channel;
        for (let x = firstX; x < endX; x++) {
          input[to + x * channels] = ((part.images[row + x] as number) - offset) * scale;
        }
      }
    }
  }
  return { input, labels: Uint8Array.from(indices, (index) => part.labels[index] as number) };
}
