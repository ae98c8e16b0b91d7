// Makes the networks in files of the reader's own known in a worker that costs designs.

import { addOwnNetwork } from '../../../sim/own-networks.js';
import { keyOf } from '../own-names.js';
import type { FilesGiven } from './given.browser.js';

let read: Promise<void> = Promise.resolve();

/** When all files that were given are read. */
export const filesRead = (): Promise<void> => read;

self.addEventListener('message', ({ data }: MessageEvent<FilesGiven | { readonly kind: '' }>) => {
  if (data.kind === 'files') read = read.then(() => know(data));
});

async function know({ files, names, dims }: FilesGiven): Promise<void> {
  try {
    const { createSparseAlone, readFiles } = await import('./read-files.browser.js');
    const { networks } = await readFiles(files, new Map(), new Map(Object.entries(dims)));
    for (const { file, at, entry } of networks) {
      const name = names[keyOf(file, at)];
      if (name !== undefined) addOwnNetwork(name, { entry, executor: createSparseAlone() });
    }
  } catch (error) {
    // They were read before: what went wrong here is told to whoever asks for them.
    const fault = error instanceof Error ? error : new Error(String(error));
    for (const name of Object.values(names)) addOwnNetwork(name, fault);
  }
}
