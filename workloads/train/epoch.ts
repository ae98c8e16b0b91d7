// One epoch of training, and the accuracy on a part of the data.

import { createRandom } from '../base/random.js';
import type { PartName, TrainingData } from '../datasets/dataset.js';
import { type Augmentation, evaluationBatches, framesIn, trainingBatches } from './batches.js';
import { crossEntropy } from './loss.js';
import type { NetworkValues, TrainableNetwork } from './network.js';
import type { Optimizer } from './optimizer.js';

export interface Score {
  /** Mean cross-entropy, nats. */
  readonly loss: number;
  /** Share of the frames whose class came out on top. */
  readonly accuracy: number;
  /** Of a text its positions. */
  readonly frames: number;
}

export interface EpochOptions {
  readonly batch: number;
  readonly augmentation: Augmentation;
  /** Share of hidden outputs dropped. */
  readonly dropout: number;
  readonly seed: number;
  /** Tells this epoch's random numbers from those of others. */
  readonly label: string;
  /** Learning rate of a step, by the share of the epoch that is done. */
  readonly rate: (done: number) => number;
  /**
   * Called after each step with the share of the epoch that is done; the epoch goes on when it
   * resolves.
   */
  readonly onStep?: (done: number, score: Score) => Promise<void>;
}

/** Runs once over the training part. @throws Error when the loss is no longer a number. */
export async function trainEpoch(
  trained: TrainableNetwork,
  data: TrainingData,
  optimizer: Optimizer,
  options: EpochOptions,
): Promise<Score> {
  const { batch, augmentation, seed, label, rate, onStep } = options;
  const total = framesIn(data, 'train', trained) * trained.labelsPerFrame;
  const random = createRandom(seed, `${label}/dropout`);
  const dropout = options.dropout > 0 ? { rate: options.dropout, random } : null;
  let labels = 0;
  let loss = 0;
  let correct = 0;
  const score = () => ({ loss: loss / labels, accuracy: correct / labels, frames: labels });
  for (const frames of trainingBatches(data, trained, batch, augmentation, seed, label)) {
    const done = labels / total;
    const step = trained.step(frames, optimizer.values(), dropout);
    optimizer.step(step.gradients, rate(done));
    labels += frames.labels.length;
    loss += step.loss;
    correct += step.correct;
    if (!Number.isFinite(loss)) throw new DivergedError(label);
    await onStep?.(labels / total, score());
  }
  return score();
}

/** The learning rate was too high for this network and data. */
export class DivergedError extends Error {
  override readonly name = 'DivergedError';
  constructor(readonly where: string) {
    super(
      `training diverged in ${where}: the loss is no longer a number; take a lower learning rate`,
    );
  }
}

/** More pictures at once are no faster, nor are more positions of a text. */
const EVALUATION_BATCH = { pictures: 250, text: 16 } as const;

/** Loss and accuracy of a network with `values` on a part of the data. */
export function evaluate(
  trained: TrainableNetwork,
  data: TrainingData,
  part: PartName,
  values: NetworkValues,
): Score {
  const placed = trained.place(values);
  try {
    let loss = 0;
    let correct = 0;
    let count = 0;
    const size = EVALUATION_BATCH[data.kind];
    for (const { input, labels } of evaluationBatches(data, part, trained, size)) {
      const frames = labels.length / trained.labelsPerFrame;
      const result = crossEntropy(placed.outputs(input, frames), labels);
      count += labels.length;
      loss += result.loss;
      correct += result.correct;
    }
    return { loss: loss / count, accuracy: correct / count, frames: count };
  } finally {
    placed.dispose();
  }
}
