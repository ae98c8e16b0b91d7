// The worker that says what is in files: one answer, then the page ends it.

import { z } from 'zod';
import { offeredNetwork, offeredPreset } from '../offered.js';
import type { FilesFound, GivenFile } from './given.browser.js';
import { readFiles } from './read-files.browser.js';

// As in the worker that costs designs.
z.config({ jitless: true });

interface Scope {
  onmessage:
    | ((event: MessageEvent<{ readonly files: readonly GivenFile[] }>) => Promise<void>)
    | null;
  postMessage(found: FilesFound): void;
}
const scope: Scope = self;

scope.onmessage = async ({ data: { files } }) => {
  try {
    scope.postMessage(await found(files));
  } catch (error) {
    scope.postMessage({ fault: error instanceof Error ? error.message : String(error) });
  }
};

async function found(files: readonly GivenFile[]): Promise<FilesFound> {
  const { networks, hardware, unread } = await readFiles(files, await presetTexts(files));
  return {
    networks: networks.map(({ file, at, of, entry: { network, weights, notes = [] } }) => ({
      ...{ file, at, of, network: network.name },
      offered: {
        ...offeredNetwork(file, network),
        own: { file, hasWeights: weights !== undefined, notes },
      },
    })),
    devices: hardware.map(({ file, hardware: device }) => offeredPreset(device, file)),
    unread,
  };
}

/** What devices may build on, where one may be among the files. */
async function presetTexts(files: readonly GivenFile[]): Promise<ReadonlyMap<string, string>> {
  if (!files.some(({ path }) => /\.ya?ml$/i.test(path))) return new Map();
  const response = await fetch('presets.json');
  return new Map(Object.entries(await response.json()));
}
