// Folders as Hugging Face's transformers saves them: config.json and safetensors.

import type { ZooEntry } from '../../zoo/entry.js';
import { type PlacedTensor, toFloats } from '../safetensors.js';
import { type SourceFile, stemOf, type WorkloadFormat } from '../source.js';
import { readConfig } from './config.js';
import { entryOf, type StoredValues } from './entry.js';
import type { HuggingFaceModel } from './model.js';
import { modelOf } from './models.js';
import { densityOf, readTensors } from './tensors.js';

export const huggingFaceFormat: WorkloadFormat = {
  title: 'Hugging Face folder (config.json)',
  ending: /(^|[\\/])config\.json$/i,
  read: readHuggingFace,
};

/**
 * The network that a config.json describes, with the weights beside it. @throws InputError, one
 * line.
 */
export async function readHuggingFace(file: SourceFile): Promise<readonly ZooEntry[]> {
  const config = readConfig(file);
  const model = modelOf(config, file.name);
  const stored = await readTensors(file);
  const tensors = stored && named(stored, model);
  return [entryOf({ file, name: folderOf(file.name), type: config.type, model, tensors })];
}

/** The folder's name: what a model is known by. */
function folderOf(name: string): string {
  const folder = name.split(/[\\/]/).at(-2);
  return folder && folder !== '.' && folder !== '..' ? folder : stemOf(name);
}

/**
 * Tensors by their names without a prefix; TensorFlow's names of scales and shifts become the usual
 * ones.
 */
function named(
  stored: ReadonlyMap<string, PlacedTensor>,
  { prefixes, renamed = (name) => name }: HuggingFaceModel,
): ReadonlyMap<string, StoredValues> {
  return new Map(
    [...stored].map(([name, tensor]) => {
      const prefix = prefixes.find((each) => name.startsWith(each)) ?? '';
      const bare = renamed(name.slice(prefix.length));
      return [bare.replace(/\.gamma$/, '.weight').replace(/\.beta$/, '.bias'), valuesOf(tensor)];
    }),
  );
}

function valuesOf(tensor: PlacedTensor): StoredValues {
  return {
    shape: tensor.shape,
    values: () => toFloats({ ...tensor, bytes: tensor.read() }),
    density: () => densityOf(tensor),
  };
}
