// Files → the model and the input that a comparison or a run starts from.

import { fileURLToPath } from 'node:url';
import { nearest } from '../hw-models/faults.js';
import { InputError } from '../workloads/base/errors.js';
import { readImage } from '../workloads/formats/images/image.node.js';
import { readNpyNumbers } from '../workloads/formats/matrices/npy.js';
import { readWeights } from '../workloads/formats/weight-files.js';
import type { Model } from '../workloads/model.js';
import {
  type ElementType,
  frameShape,
  type NamedTensor,
  type Values,
} from '../workloads/network.js';
import { integerRange } from '../workloads/operators/elements.js';
import { drawModel } from '../workloads/synthesis.js';
import { elementTypes, sizeOf } from '../workloads/tensor.js';
import type { ZooEntry } from '../workloads/zoo/entry.js';
import { readBytes } from './files.node.js';
import { arranged, type PictureOptions, pictureReading } from './picture.js';

/** The network with the weights of `file`, else with its own, else with drawn ones. */
export async function loadModel(
  entry: ZooEntry,
  file: string | undefined,
  seed: number,
): Promise<Model> {
  const { network, densities, weights: own, file: source } = entry;
  if (file === undefined) {
    if (!own) return drawModel(network, densities, seed);
    return { network, weights: own, origin: 'real', ...(source ? { file: source } : {}) };
  }
  const weights = readWeights(await readBytes(file), network, file, entry.weightFormats);
  return { network, weights, origin: 'real' };
}

/** The same place in the sources and in dist/. */
const SHIPPED = new URL('../workloads/zoo/weights/', import.meta.url);

/** The same, but that weights which the project ships go before drawn ones. */
export async function loadTrainedModel(
  entry: ZooEntry,
  file: string | undefined,
  seed: number,
): Promise<Model> {
  const { shippedWeights } = entry;
  if (file !== undefined || shippedWeights === undefined) return loadModel(entry, file, seed);
  return loadModel(entry, fileURLToPath(new URL(shippedWeights, SHIPPED)), seed);
}

/**
 * One frame of each of the network's inputs. `files`: a picture (JPEG, PNG) or `.npy` tensor for
 * its one input, or NAME=FILE for each of several; inputs that nobody gives are drawn. @throws
 * InputError for an unknown input or a file that does not fit.
 */
export async function loadInputs(
  entry: ZooEntry,
  files: readonly string[],
  random: ReadonlyMap<string, Values>,
  picture: PictureOptions = {},
): Promise<ReadonlyMap<string, Values>> {
  const given = new Map<string, Values>();
  for (const text of files) {
    const { input, file } = inputOf(entry, text);
    if (given.has(input.name))
      throw new InputError(`input ${input.name}: found two files, expected one`);
    given.set(input.name, await loadInput(entry, input, file, picture));
  }
  return new Map(
    entry.network.inputs.map(({ name }) => [name, given.get(name) ?? (random.get(name) as Values)]),
  );
}

/** The input that NAME=FILE or FILE means. */
function inputOf(
  { network }: ZooEntry,
  text: string,
): { readonly input: NamedTensor; readonly file: string } {
  const names = network.inputs.map(({ name }) => name);
  const input = network.inputs.find(({ name }) => text.startsWith(`${name}=`));
  if (input) return { input, file: text.slice(input.name.length + 1) };
  const [first, ...others] = network.inputs;
  if (first && others.length === 0) return { input: first, file: text };
  const named = /^([^=]+)=/.exec(text)?.[1];
  const hint = named === undefined ? '' : nearest(named, names);
  throw new InputError(
    `input '${text}'${hint}: expected NAME=FILE with one of ${names.join(', ')}`,
  );
}

async function loadInput(
  { network, preprocessing }: ZooEntry,
  input: NamedTensor,
  file: string,
  picture: PictureOptions,
): Promise<Values> {
  const bytes = await readBytes(file);
  if (/\.npy$/i.test(file)) return fromNpy(bytes, file, input);
  const where = `${file}: ${network.name}`;
  const reading = pictureReading(input, preprocessing, picture, where);
  const pixels = await readImage(bytes, reading.preprocessing, file);
  return arranged(pixels, input, reading.channelsLast);
}

function fromNpy(bytes: Uint8Array, file: string, { shape: whole, type }: NamedTensor): Values {
  const { shape, values } = readNpyNumbers(bytes, file);
  const expected = frameShape(whole);
  const trimmed = shape[0] === 1 && shape.length === expected.length + 1 ? shape.slice(1) : shape;
  const fits =
    trimmed.join() === expected.join() || (trimmed.length === 1 && trimmed[0] === sizeOf(whole));
  if (!fits)
    throw new InputError(
      `${file}: found a tensor of ${shape.join('×')}, expected ${expected.join('×')}`,
    );
  const made = elementTypes[type].room(values.length);
  made.set(values);
  const odd = values.findIndex((value, at) => !isOf(type, value, made[at] as number));
  if (odd >= 0) {
    throw new InputError(
      `${file}: found ${values[odd]} at element ${odd}, expected ${numbersOf(type)}`,
    );
  }
  return made;
}

/** Whether a number can be an element of a type, in which it is `held`. */
function isOf(type: ElementType, value: number, held: number): boolean {
  if (elementTypes[type].isFloat) return Number.isFinite(held);
  const [min, max] = integerRange(type);
  return Number.isInteger(value) && value >= min && value <= max;
}

function numbersOf(type: ElementType): string {
  if (elementTypes[type].isFloat) return 'finite numbers';
  return type === 'bool' ? 'only 0 and 1' : `whole numbers that ${type} holds`;
}
