// The simulator beside the page: it answers one question at a time, so that the page stays free to move.

import { z } from 'zod';
import { createExplorer, type Exploration, type ExploredDesign, type ExploredWorkload } from '../../../sim/explore.js';
import { InputError } from '../../../workloads/base/errors.js';
import type { Offer } from '../offer.js';

// zod would try whether it may make code from text; the page's policy says no, loudly.
z.config({ jitless: true });

export interface Question {
  readonly id: number;
  readonly workload: ExploredWorkload;
  readonly designs: readonly ExploredDesign[];
}

export interface Answer {
  readonly id: number;
  /** What the models took. */
  readonly milliseconds: number;
  readonly found: Exploration | { readonly fault: string };
}

/** The part of a worker's scope that this one uses; the library of types knows pages only. */
interface Scope {
  onmessage: ((event: MessageEvent<Question>) => void) | null;
  postMessage(answer: Answer): void;
}
const scope: Scope = self;

const fetched = async (path: string) => {
  const response = await fetch(new URL(path, location.href));
  if (!response.ok) throw new InputError(`${path}: cannot be loaded (${response.status})`);
  return response;
};

const explorer = fetched('offer.json')
  .then((response): Promise<Offer> => response.json())
  .then(({ presets }) =>
    createExplorer({
      soundConfigs: new Map(presets.map(({ family, config }) => [family, config])),
      readShippedWeights: async (name) => new Uint8Array(await (await fetched(`weights/${name}`)).arrayBuffer()),
    }),
  );

scope.onmessage = async ({ data: { id, workload, designs } }) => {
  const explore = await explorer;
  const began = performance.now();
  const found = await explore(workload, designs).catch((error: unknown) => ({
    fault: error instanceof Error ? error.message : String(error),
  }));
  scope.postMessage({ id, found, milliseconds: performance.now() - began });
};
