// Pictures a second that training takes in, beside a model of TensorFlow.js's layers on the same
// backend, in turns.

import { median } from 'simple-statistics';
import { openBackend, type Tf } from '../../hw-models/host/tfjs-backend.js';
import { defaultSettings } from '../../sim/prune/recipes.js';
import { proceduralDigits } from '../../workloads/datasets/digits.js';
import { inputShapeOf, type Layer, type Network, onlyInput } from '../../workloads/network.js';
import { trainingBatches } from '../../workloads/train/batches.js';
import { type Batch, trainable } from '../../workloads/train/network.js';
import { createOptimizer } from '../../workloads/train/optimizer.js';
import { initialise } from '../../workloads/train/parameters.js';
import { lenet5, lenet300 } from '../../workloads/zoo/lenet.js';
import type { BenchRow } from './row.js';

type TfLayers = typeof import('@tensorflow/tfjs-layers');

const WARM_UP = 3;
const STEPS = 25;

export async function lenet300Row(): Promise<readonly BenchRow[]> {
  return bench('train_lenet300_images_per_second', lenet300.network);
}

export async function lenet5Row(): Promise<readonly BenchRow[]> {
  return bench('train_lenet5_images_per_second', lenet5.network);
}

async function bench(name: string, network: Network): Promise<readonly BenchRow[]> {
  const { tf, name: backend } = await openBackend(['wasm']);
  const { batch, momentum, l1, l2, rate, shift } = defaultSettings(network);
  const data = proceduralDigits(0, { train: (WARM_UP + STEPS) * batch, validation: 10, test: 10 });
  const trained = trainable(tf, network);
  const optimizer = createOptimizer(initialise(network, 0), { momentum, l1, l2 });
  const theirs = layersTrainer(tf, await import('@tensorflow/tfjs-layers'), network);
  const ours: number[] = [];
  const others: number[] = [];
  let failure: string | null = null;
  for (const random of trainingBatches(data, trained, batch, { shift }, 0, 'bench')) {
    const start = performance.now();
    optimizer.step(trained.step(random, optimizer.values(), null).gradients, rate);
    ours.push(performance.now() - start);
    // Once it fails it will not do better on the next batch.
    failure ??= await timed(others, () => theirs(random));
  }
  const perSecond = (times: readonly number[]) => (1000 * batch) / median(times.slice(WARM_UP));
  const engine = `batches of ${batch}, tfjs ${tf.version_core} ${backend}`;
  const baseline =
    failure ??
    `${perSecond(others).toFixed(0)}, ${(perSecond(ours) / perSecond(others)).toFixed(1)}× less`;
  const note = `${engine}; tfjs-layers: ${baseline}; medians of ${STEPS} steps`;
  return [{ name, value: perSecond(ours), unit: 'images/s', better: 'higher', note }];
}

/** Adds the milliseconds that `work` took, or says in a line why it failed. */
async function timed(times: number[], work: () => Promise<void>): Promise<string | null> {
  const start = performance.now();
  try {
    await work();
  } catch (error) {
    return `fails (${String(error).split('\n', 1)[0]})`;
  }
  times.push(performance.now() - start);
  return null;
}

/** The same network and loss as its users would write it. */
function layersTrainer(
  tf: Tf,
  layers: TfLayers,
  network: Network,
): (batch: Batch) => Promise<void> {
  const [, channels = 1, height = 1, width = 1] = onlyInput(network).shape;
  const shape = [height, width, channels];
  const model = layers.sequential();
  for (const layer of network.layers) {
    if (layer.kind === 'dense' && inputShapeOf(layer).length === 4) {
      model.add(layers.layers.flatten(model.layers.length === 0 ? { inputShape: shape } : {}));
    }
    const own = layersOf(layers, layer);
    if (own) model.add(own);
  }
  model.compile({ optimizer: tf.train.momentum(0.01, 0.9), loss: 'categoricalCrossentropy' });
  return async ({ input, labels }) => {
    const frames = tf.tensor(input, [labels.length, ...shape]);
    const classes = tf.tidy(() => tf.oneHot(tf.tensor1d(labels, 'int32'), 10));
    await model.trainOnBatch(frames, classes);
    tf.dispose([frames, classes]);
  };
}

function layersOf({ layers }: TfLayers, layer: Layer) {
  const activation = 'activation' in layer && layer.activation === 'relu' ? 'relu' : 'linear';
  switch (layer.kind) {
    case 'dense':
      return layers.dense({ units: layer.outputs, activation });
    case 'conv2d':
      return layers.conv2d({
        ...{ filters: layer.channels, kernelSize: [...layer.kernel], activation },
        ...(layer.inputs[0] === 'data' && { inputShape: [28, 28, 1] }),
      });
    case 'pool2d':
      return layers.maxPooling2d({ poolSize: 2 });
    case 'softmax':
      return layers.softmax();
    default:
      return null;
  }
}
