// Statistics of a layer's inputs over some training data, for pruning criteria.

import type { TrainingData } from '../datasets/dataset.js';
import { trainingBatches } from './batches.js';
import type { NetworkValues, TrainableNetwork } from './network.js';

/** Frames that are looked at: 128, as SparseGPT and Wanda take segments of text. */
const FRAMES = 128;
const BATCH = 16;

/**
 * Mean products of each two inputs of a layer, [columns][columns], over 128 frames of the training
 * part. The same seed, the same frames. @throws InputError for a layer whose inputs nobody knows.
 */
export function inputProducts(
  trained: TrainableNetwork,
  data: TrainingData,
  layer: string,
  values: NetworkValues,
  seed: number,
): Float64Array {
  const placed = trained.place(values);
  try {
    let total = new Float64Array(0);
    let rows = 0;
    let frames = 0;
    for (const batch of trainingBatches(data, trained, BATCH, { shift: 0 }, seed, 'calibration')) {
      const count = batch.labels.length / trained.labelsPerFrame;
      const part = placed.products(layer, batch.input, count);
      if (total.length === 0) total = new Float64Array(part.sums.length);
      for (let at = 0; at < total.length; at++)
        total[at] = (total[at] as number) + (part.sums[at] as number);
      rows += part.rows;
      frames += count;
      if (frames >= FRAMES) break;
    }
    return total.map((sum) => sum / rows);
  } finally {
    placed.dispose();
  }
}
