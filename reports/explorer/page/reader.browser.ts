// The worker that says what is in files: one answer, then the page ends it.

import { z } from 'zod';
import { Asked } from '../../../workloads/base/asked.js';
import { offeredNetwork, offeredPreset } from '../offered.js';
import type { Extents } from '../own-names.js';
import type { FilesFound, GivenFile } from './given.browser.js';
import { readFiles } from './read-files.browser.js';

// As in the worker that costs designs.
z.config({ jitless: true });

interface Scope {
  onmessage:
    | ((
        event: MessageEvent<{ readonly files: readonly GivenFile[]; readonly dims: Extents }>,
      ) => Promise<void>)
    | null;
  postMessage(found: FilesFound): void;
}
const scope: Scope = self;

scope.onmessage = async ({ data: { files, dims } }) => {
  const asked = new Asked<number>(Object.entries(dims));
  try {
    scope.postMessage({ ...(await found(files, dims, asked)), open: openIn(asked) });
  } catch (error) {
    const fault = error instanceof Error ? error.message : String(error);
    scope.postMessage({ fault, open: openIn(asked, fault) });
  }
};

/**
 * Names that importers asked for, first those that a fault tells to give; an axis that has a name
 * goes by that one.
 */
function openIn({ asked }: Asked<number>, fault = ''): readonly string[] {
  const missing = [...fault.matchAll(/--dim (\S+)=N/g)].flatMap(([, name = '']) => name);
  const named = [...asked].filter((name) => !name.includes(':'));
  return [...new Set([...missing, ...(named.length > 0 ? named : asked)])];
}

async function found(files: readonly GivenFile[], dims: Extents, asked: Asked<number>) {
  const { networks, hardware, ofDevices, unread } = await readFiles(
    ...([files, await presetTexts(files), asked] as const),
  );
  return {
    networks: networks.map(({ file, at, of, entry: { network, weights, notes = [] } }) => ({
      ...{ file, at, of, network: network.name },
      offered: {
        ...offeredNetwork(file, network),
        own: { file, hasWeights: weights !== undefined, dims, notes },
      },
    })),
    devices: hardware.map(({ file, hardware: device }) => offeredPreset(device, file)),
    notes: hardware.flatMap(({ hardware: { name }, notes }) =>
      notes.map((note) => `${name}: ${note}`),
    ),
    ...{ ofDevices, unread },
  };
}

/** What devices may build on, where one may be among the files. */
async function presetTexts(files: readonly GivenFile[]): Promise<ReadonlyMap<string, string>> {
  if (!files.some(({ path }) => /\.(ya?ml|cfg)$/i.test(path))) return new Map();
  const response = await fetch('presets.json');
  return new Map(Object.entries(await response.json()));
}
