// A worker beside the page: it does one job at a time, in the order in which they come, so that the
// page stays free to move. A job that is no longer wanted is dropped at its next pause.

import { z } from 'zod';
import { createExplorer, type ExplorerSources } from '../../../sim/explore.js';
import { InputError } from '../../../workloads/base/errors.js';
import type { Offer } from '../offer.js';
import type { FilesGiven } from './given.browser.js';
import { serveInspections } from './inspect-worker.browser.js';
import { INSPECTOR } from './inspection.js';
import type { JobKind, Jobs, Reply, Request, Start } from './jobs.js';
import { createWorkers, type Work } from './jobs-done.js';
import { filesRead } from './own-files-worker.browser.js';

// zod would try whether it may make code from text; the page's policy says no, loudly.
z.config({ jitless: true });

/** The part of a worker's scope that this one uses; the library of types knows pages only. */
interface Scope {
  onmessage: ((event: MessageEvent<Request | FilesGiven>) => void) | null;
  postMessage(reply: Reply): void;
}
const scope: Scope = self;

/** Work goes on for so long before messages are looked at. */
const MILLISECONDS_AT_ONCE = 4;
/** What is being done is told this often. */
const MILLISECONDS_BETWEEN_TELLING = 150;

const fetched = async (path: string) => {
  const response = await fetch(new URL(path, location.href));
  if (!response.ok) throw new InputError(`${path}: cannot be loaded (${response.status})`);
  return response;
};

const sources = fetched('offer.json')
  .then((response): Promise<Offer> => response.json())
  .then(
    ({ presets }): ExplorerSources => ({
      soundConfigs: new Map(presets.map(({ family, config }) => [family, config])),
      readShippedWeights: async (name) =>
        new Uint8Array(await (await fetched(`weights/${name}`)).arrayBuffer()),
    }),
  );
const workers = sources.then(createWorkers);

const waiting: Start[] = [];
const cancelled = new Set<number>();
let isWorking = false;

const onRequest = ({ data: request }: MessageEvent<Request | FilesGiven>) => {
  if (request.kind === 'cancel') {
    cancelled.add(request.id);
    return;
  }
  // Files are another's (own-files-worker.browser.ts).
  if (request.kind !== 'start') return;
  waiting.push(request);
  if (!isWorking) void workOff();
};

async function workOff(): Promise<void> {
  isWorking = true;
  for (let start = waiting.shift(); start; start = waiting.shift()) {
    try {
      scope.postMessage(await done(start));
    } catch (error) {
      const fault = error instanceof Error ? error.message : String(error);
      scope.postMessage({ kind: 'refused', id: start.id, fault });
    }
    cancelled.delete(start.id);
  }
  isWorking = false;
}

async function done({ id, job, asked }: Start): Promise<Reply> {
  const began = performance.now();
  const work = await begun(job, asked);
  scope.postMessage({ kind: 'begun', id });
  let told = began;
  for (let since = began; ; ) {
    if (cancelled.has(id)) {
      await work.return(null as never);
      return { kind: 'cancelled', id };
    }
    const { done: isDone, value } = await work.next();
    const now = performance.now();
    if (isDone) return { kind: 'done', id, found: value, milliseconds: now - began };
    if (now - told > MILLISECONDS_BETWEEN_TELLING) {
      scope.postMessage({ kind: 'doing', id, doing: value });
      told = now;
    }
    if (now - since < MILLISECONDS_AT_ONCE) continue;
    await messagesComeIn();
    since = performance.now();
  }
}

async function begun<Kind extends JobKind>(
  job: Kind,
  asked: Jobs[Kind]['asked'],
): Promise<Work<Jobs[Kind]['found']>> {
  await filesRead();
  return (await workers)[job](asked);
}

const { port1, port2 } = new MessageChannel();

/** Lets whatever was sent here come in: a timer would wait for 4 ms. */
function messagesComeIn(): Promise<void> {
  return new Promise((resolve) => {
    port1.onmessage = () => resolve();
    port2.postMessage(null);
  });
}

// The same file serves closer looks, in a worker of that name: they may take long.
if (self.name === INSPECTOR) serveInspections(sources.then(createExplorer));
else scope.onmessage = onRequest;
