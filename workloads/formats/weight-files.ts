// The kinds of file that weights can come in, a row each, told apart by their first bytes or their
// name's ending.

import { InputError } from '../base/errors.js';
import type { LayerWeights, Network } from '../network.js';
import { foreignWeights } from './foreign-files.js';
import { isModelFile, readModelFile } from './model-file/read.js';
import { readNetFile } from './net-file.js';

export interface WeightFormat {
  /** As users know it: '.net (Deep Compression)'. */
  readonly title: string;
  /** Whether a file is of this kind; `bytes` are all of it. */
  matches(bytes: Uint8Array, file: string): boolean;
  /**
   * The weights of every weighted layer of `network`. @throws InputError, one line naming `file`,
   * where they don't fit.
   */
  read(bytes: Uint8Array, network: Network, file: string): ReadonlyMap<string, LayerWeights>;
}

/**
 * The first row that matches reads the file: kinds with a signature before those with only an
 * ending.
 */
export const weightFormats: readonly WeightFormat[] = [
  {
    title: 'a model file (zeroskip prune)',
    matches: isModelFile,
    read: readModelFile,
  },
  {
    title: '.net (Deep Compression)',
    matches: (_bytes, file) => /\.net$/i.test(file),
    read: readNetFile,
  },
];

/**
 * The weights in a file of any known kind, `more` among them. @throws InputError, one line, for an
 * unknown or unusable file.
 */
export function readWeights(
  bytes: Uint8Array,
  network: Network,
  file: string,
  more: readonly WeightFormat[] = [],
): ReadonlyMap<string, LayerWeights> {
  const formats = [...more, ...weightFormats];
  const format = formats.find(({ matches }) => matches(bytes, file));
  if (!format) {
    const known = formats.map(({ title }) => title);
    const found =
      foreignWeights(file) ?? `found weights of no known kind, expected ${known.join(', ')}`;
    throw new InputError(`${file}: ${found}`);
  }
  return format.read(bytes, network, file);
}
