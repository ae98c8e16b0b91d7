// Files → the model and the input that a comparison or a run starts from.

import { fileURLToPath } from 'node:url';
import { InputError } from '../workloads/base/errors.js';
import { readImage } from '../workloads/import/image.node.js';
import { readNpy } from '../workloads/import/npy.js';
import { readWeights } from '../workloads/import/weight-files.js';
import { sizeOf } from '../workloads/layers/index.js';
import type { Model } from '../workloads/model.js';
import { drawModel } from '../workloads/synthesis.js';
import type { ZooEntry } from '../workloads/zoo/entry.js';
import { readBytes } from './files.node.js';

/** The network with the weights of `file`, else with its own, else with drawn ones. */
export async function loadModel(entry: ZooEntry, file: string | undefined, seed: number): Promise<Model> {
  const { network, densities, weights: own } = entry;
  if (file === undefined) return own ? { network, weights: own, origin: 'real' } : drawModel(network, densities, seed);
  const weights = readWeights(await readBytes(file), network, file, entry.weightFormats);
  return { network, weights, origin: 'real' };
}

/** The same place in the sources and in dist/. */
const SHIPPED = new URL('../workloads/zoo/weights/', import.meta.url);

/** The same, but that weights which the project ships go before drawn ones. */
export async function loadTrainedModel(entry: ZooEntry, file: string | undefined, seed: number): Promise<Model> {
  const { shippedWeights } = entry;
  if (file !== undefined || shippedWeights === undefined) return loadModel(entry, file, seed);
  return loadModel(entry, fileURLToPath(new URL(shippedWeights, SHIPPED)), seed);
}

/** One frame of the network's input from a picture (JPEG, PNG) or a `.npy` tensor. */
export async function loadInput(entry: ZooEntry, file: string): Promise<Float32Array> {
  const { network, preprocessing } = entry;
  const bytes = await readBytes(file);
  if (/\.npy$/i.test(file)) return fromNpy(bytes, file, network.input);
  if (!preprocessing) {
    throw new InputError(
      `${file}: ${network.name} takes no picture, expected a .npy tensor of ${network.input.join('×')}`,
    );
  }
  return readImage(bytes, preprocessing, file);
}

function fromNpy(bytes: Uint8Array, file: string, expected: readonly number[]): Float32Array {
  const { shape, values } = readNpy(bytes, file);
  const size = sizeOf(expected as [number]);
  const trimmed = shape[0] === 1 && shape.length === expected.length + 1 ? shape.slice(1) : shape;
  const fits = trimmed.join() === expected.join() || (trimmed.length === 1 && trimmed[0] === size);
  if (!fits) throw new InputError(`${file}: found a tensor of ${shape.join('×')}, expected ${expected.join('×')}`);
  return values;
}
