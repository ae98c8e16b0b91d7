// One epoch of training, and the accuracy on a part of the data.

import { createRandom } from '../base/random.js';
import type { DataSet, Labelled } from '../datasets/dataset.js';
import { type Augmentation, evaluationBatches, trainingBatches } from './batches.js';
import { crossEntropy } from './loss.js';
import type { NetworkValues, TrainableNetwork } from './network.js';
import type { Optimizer } from './sgd.js';

export interface Score {
  /** Mean cross-entropy, nats. */
  readonly loss: number;
  /** Share of the frames whose class came out on top. */
  readonly accuracy: number;
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
  data: DataSet,
  optimizer: Optimizer,
  options: EpochOptions,
): Promise<Score> {
  const { batch, augmentation, seed, label, rate, onStep } = options;
  const total = data.train.labels.length;
  const random = createRandom(seed, `${label}/dropout`);
  const dropout = options.dropout > 0 ? { rate: options.dropout, random } : null;
  let frames = 0;
  let loss = 0;
  let correct = 0;
  for (const random of trainingBatches(data, batch, augmentation, seed, label)) {
    const done = frames / total;
    const step = trained.step(random, optimizer.values(), dropout);
    optimizer.step(step.gradients, rate(done));
    frames += random.labels.length;
    loss += step.loss;
    correct += step.correct;
    if (!Number.isFinite(loss)) throw new DivergedError(label);
    await onStep?.(frames / total, { loss: loss / frames, accuracy: correct / frames, frames });
  }
  return { loss: loss / frames, accuracy: correct / frames, frames };
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

/** More frames at once are no faster. */
const EVALUATION_BATCH = 250;

/** Loss and accuracy of a network with `values` on a part of the data. */
export function evaluate(
  trained: TrainableNetwork,
  data: DataSet,
  part: Labelled,
  values: NetworkValues,
): Score {
  const placed = trained.place(values);
  try {
    let loss = 0;
    let correct = 0;
    for (const { input, labels } of evaluationBatches(data, part, EVALUATION_BATCH)) {
      const result = crossEntropy(placed.outputs(input, labels.length), labels);
      loss += result.loss;
      correct += result.correct;
    }
    const frames = part.labels.length;
    return { loss: loss / frames, accuracy: correct / frames, frames };
  } finally {
    placed.dispose();
  }
}
