// The kinds of file that describe networks, a row each. The first one that matches reads the file.

import { InputError } from '../base/errors.js';
import type { ZooEntry } from '../zoo/entry.js';
import { readCaffe } from './caffe/read.js';
import { foreignNetwork, unknownEnding } from './foreign-files.js';
import { ggufFormat } from './gguf/read.js';
import { huggingFaceFormat } from './huggingface/read.js';
import { matrixEntry } from './matrices/matrix.js';
import { readMatrixMarket } from './matrices/matrix-market.js';
import { readNpyNumbers } from './matrices/npy.js';
import { denseOf, readNpz } from './matrices/npz.js';
import { readSmtx } from './matrices/smtx.js';
import { readOnnx } from './onnx/read.js';
import { readScaleSim } from './scale-sim/read.js';
import { type SourceFile, textOf, type WorkloadFormat } from './source.js';
import { readTfjs } from './tfjs/read.js';
import { readTimeloop } from './timeloop/read.js';
import { readNetworkYaml } from './yaml/read.js';

/** A network's own YAML has a list of layers, a problem of Timeloop's none. */
const hasLayers = (file: SourceFile) => /(^|[{,\s])layers\s*:/m.test(textOf(file));

export const workloadFormats: readonly WorkloadFormat[] = [
  { title: 'ONNX (.onnx)', ending: /\.onnx$/i, read: readOnnx },
  huggingFaceFormat,
  ggufFormat,
  { title: 'TensorFlow.js (model.json)', ending: /\.json$/i, read: readTfjs },
  { title: 'Caffe (.prototxt)', ending: /\.prototxt$/i, read: readCaffe },
  {
    title: 'SCALE-Sim topology (.csv)',
    ending: /\.csv$/i,
    read: async (file) => readScaleSim(file),
  },
  {
    title: 'layers in YAML (.yaml)',
    ending: /\.ya?ml$/i,
    matches: hasLayers,
    read: readNetworkYaml,
  },
  { title: 'Timeloop problem (.yaml)', ending: /\.ya?ml$/i, read: readTimeloop },
  {
    title: 'Matrix Market (.mtx)',
    ending: /\.mtx$/i,
    read: async (file) => readMatrixMarket(file),
  },
  {
    title: 'pattern of a pruned matrix, DLMC (.smtx)',
    ending: /\.smtx$/i,
    read: async (file) => readSmtx(file),
  },
  { title: 'SciPy sparse matrix (.npz)', ending: /\.npz$/i, read: async (file) => readNpz(file) },
  {
    title: 'NumPy matrix (.npy)',
    ending: /\.npy$/i,
    read: async (file) => [matrixEntry(file, denseOf(readNpyNumbers(file.bytes, file.name), file))],
  },
];

/** Whether files of that name may describe networks. */
export function hasKnownEnding(name: string): boolean {
  return workloadFormats.some(({ ending }) => ending.test(name));
}

/** Whether files of that name are read piece by piece. */
export function isPiecewise(name: string): boolean {
  return workloadFormats.some((format) => format.isPiecewise && format.ending.test(name));
}

/**
 * Before a file is opened. @throws InputError, one line with a way on, where its name says that
 * nothing here reads it.
 */
export function requireKnownKind(name: string): void {
  if (hasKnownEnding(name)) return;
  const endings = workloadFormats.map(({ title }) => /\.\w+(?=\))/.exec(title)?.[0] ?? '');
  throw new InputError(`${name}: ${foreignNetwork(name) ?? unknownEnding(name, endings)}`);
}

/**
 * The networks in a file of any known kind. @throws InputError, one line, for an unknown or
 * unusable file.
 */
export async function readWorkload(file: SourceFile): Promise<readonly ZooEntry[]> {
  const format = workloadFormats.find(
    ({ ending, matches }) => ending.test(file.name) && (matches?.(file) ?? true),
  );
  if (!format) {
    requireKnownKind(file.name);
    throw new InputError(
      `${file.name}: found no network, expected one of the kind that its name says`,
    );
  }
  return format.read(file);
}
