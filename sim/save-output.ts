// A run's outputs as NumPy files: one as .npy, all of them as .npz.

import { zipSync } from 'fflate';
import { nearest } from '../hw-models/faults.js';
import { InputError } from '../workloads/base/errors.js';
import { writeNpy } from '../workloads/formats/matrices/npy.js';
import type { NamedOutput } from './run-network.js';

/**
 * The bytes of each file. `files`: FILE.npy for the one output, NAME=FILE.npy for one of several,
 * FILE.npz for all. @throws InputError for another name or ending.
 */
export function encodeOutputs(
  outputs: readonly NamedOutput[],
  files: readonly string[],
): readonly { readonly file: string; readonly bytes: Uint8Array }[] {
  const names = outputs.map(({ name }) => name);
  return files.map((text) => {
    const named = outputs.find(({ name }) => text.startsWith(`${name}=`));
    const file = named ? text.slice(named.name.length + 1) : text;
    if (!named && /\.npz$/i.test(file)) return { file, bytes: zip(outputs) };
    const [only, ...others] = outputs;
    const wanted = named ?? (others.length === 0 ? only : undefined);
    if (!wanted || !/\.npy$/i.test(file)) {
      const said = /^([^=]+)=/.exec(text)?.[1];
      throw new InputError(
        `--save-output ${text}${said === undefined ? '' : nearest(said, names)}: expected FILE.npz, or NAME=FILE.npy with one of ${names.join(', ')}`,
      );
    }
    return { file, bytes: writeNpy(wanted) };
  });
}

function zip(outputs: readonly NamedOutput[]): Uint8Array {
  // The same bytes for the same outputs, whenever they are written.
  const written = outputs.map((output) => [`${output.name}.npy`, writeNpy(output)] as const);
  return zipSync(Object.fromEntries(written), { mtime: new Date('1980-01-01T00:00:00') });
}
