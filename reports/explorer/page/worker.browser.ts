// The simulator beside the page: it answers one question at a time, so that the page stays free to
// move, and works out what may be asked next while nothing is.

import { z } from 'zod';
import { createExplorer, type Exploration, type ExplorerQuestion } from '../../../sim/explore.js';
import { InputError } from '../../../workloads/base/errors.js';
import type { Offer } from '../offer.js';
import { serveInspections } from './inspect-worker.browser.js';
import { INSPECTOR } from './inspection.js';

// zod would try whether it may make code from text; the page's policy says no, loudly.
z.config({ jitless: true });

export type Request =
  | { readonly kind: 'question'; readonly question: ExplorerQuestion }
  /** What may be asked next. */
  | { readonly kind: 'ahead'; readonly questions: readonly ExplorerQuestion[] };

export type Reply =
  | {
      readonly kind: 'answer';
      /** What the models took. */
      readonly milliseconds: number;
      readonly found: Exploration | { readonly fault: string };
    }
  /** What may be asked next is known, or as much of it as there was time for. */
  | { readonly kind: 'ready' };

/** The part of a worker's scope that this one uses; the library of types knows pages only. */
interface Scope {
  onmessage: ((event: MessageEvent<Request>) => void) | null;
  postMessage(reply: Reply): void;
}
const scope: Scope = self;

/** Work ahead stops after so long: whole networks take too long to be drawn at every density. */
const MAX_MILLISECONDS_AHEAD = 30_000;

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
      readShippedWeights: async (name) =>
        new Uint8Array(await (await fetched(`weights/${name}`)).arrayBuffer()),
    }),
  );

/** How many requests came: work for an older one is dropped. */
let requests = 0;

const onQuestion = async ({ data: request }: MessageEvent<Request>) => {
  const own = ++requests;
  const { explore, ahead } = await explorer;
  const began = performance.now();
  if (request.kind === 'question') {
    const found = await explore(request.question).catch((error: unknown) => ({
      fault: error instanceof Error ? error.message : String(error),
    }));
    scope.postMessage({ kind: 'answer', found, milliseconds: performance.now() - began });
    return;
  }
  for await (const _ of ahead(request.questions)) {
    await messagesComeIn();
    if (requests !== own) return;
    if (performance.now() - began > MAX_MILLISECONDS_AHEAD) break;
  }
  scope.postMessage({ kind: 'ready' });
};

const { port1, port2 } = new MessageChannel();

/** Lets whatever was sent here come in: a timer would wait for 4 ms. */
function messagesComeIn(): Promise<void> {
  return new Promise((resolve) => {
    port1.onmessage = () => resolve();
    port2.postMessage(null);
  });
}

// The same file serves closer looks, in a worker of that name: they may take long.
if (self.name === INSPECTOR) serveInspections(explorer);
else scope.onmessage = onQuestion;
