// Training data in batches as a network takes them: shuffled anew each epoch; pictures shifted at
// random and normalised, texts cut into windows at places drawn anew.

import { createRandom, type Random } from '../base/random.js';
import {
  type DataSet,
  type Labelled,
  type PartName,
  shuffled,
  type TrainingData,
} from '../datasets/dataset.js';
import type { Batch, TrainableNetwork } from './network.js';

export interface Augmentation {
  /** Pictures are moved by up to this many pixels each way, with black moving in. */
  readonly shift: number;
}

/** What a network takes as a frame. */
export type FrameSizes = Pick<TrainableNetwork, 'inputSize' | 'labelsPerFrame'>;

/** Frames of a part: pictures, or windows that lie side by side. */
export function framesIn(data: TrainingData, part: PartName, { inputSize }: FrameSizes): number {
  if (data.kind === 'pictures') return data[part].labels.length;
  // The character behind the last window is there.
  return Math.floor((data[part].codes.length - 1) / inputSize);
}

/** One epoch of `part` in random order. The same seed and label, the same batches. */
export function* trainingBatches(
  data: TrainingData,
  sizes: FrameSizes,
  batchSize: number,
  augmentation: Augmentation,
  seed: number,
  label: string,
): Generator<Batch> {
  const random = createRandom(seed, label);
  const frames = framesIn(data, 'train', sizes);
  const order = shuffled(frames, random);
  // Windows begin elsewhere each epoch; the room behind the last one is theirs.
  const room = data.kind === 'text' ? data.train.codes.length - 1 - frames * sizes.inputSize : 0;
  const offset = room > 0 ? random.below(room + 1) : 0;
  for (let from = 0; from < frames; from += batchSize) {
    const chosen = order.subarray(from, from + batchSize);
    yield data.kind === 'text'
      ? makeWindows(data.train.codes, sizes, chosen, offset)
      : makePictures(data, data.train, chosen, augmentation, random);
  }
}

/** A part of the data in its own order, as it is. */
export function* evaluationBatches(
  data: TrainingData,
  part: PartName,
  sizes: FrameSizes,
  batchSize: number,
): Generator<Batch> {
  const order = Uint32Array.from({ length: framesIn(data, part, sizes) }, (_, at) => at);
  for (let from = 0; from < order.length; from += batchSize) {
    const chosen = order.subarray(from, from + batchSize);
    yield data.kind === 'text'
      ? makeWindows(data[part].codes, sizes, chosen, 0)
      : makePictures(data, data[part], chosen, { shift: 0 }, null);
  }
}

/** Windows of a text, and for the last positions of each what comes next. */
function makeWindows(
  codes: Uint8Array,
  { inputSize, labelsPerFrame }: FrameSizes,
  indices: Uint32Array,
  offset: number,
): Batch {
  const input = new Float32Array(indices.length * inputSize);
  const labels = new Uint8Array(indices.length * labelsPerFrame);
  for (let at = 0; at < indices.length; at++) {
    const from = offset + (indices[at] as number) * inputSize;
    input.set(codes.subarray(from, from + inputSize), at * inputSize);
    const next = from + inputSize + 1;
    labels.set(codes.subarray(next - labelsPerFrame, next), at * labelsPerFrame);
  }
  return { input, labels };
}

function makePictures(
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
