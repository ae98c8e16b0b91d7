// The page's end of closer looks. A new one ends the one before it that is not answered yet: that
// may take long.

import { useEffect, useState } from 'preact/hooks';
import { tellNoMore, tellOfFiles } from './given.browser.js';
import {
  type FoundByInspection,
  INSPECTOR,
  type Inspection,
  type InspectionReply,
} from './inspection.js';

type Found<Kind extends Inspection['kind']> =
  | { readonly found: FoundByInspection[Kind] }
  | { readonly fault: string };

/** Answers by request, the newest last. */
const known = new Map<string, Found<Inspection['kind']>>();
const MAX_KNOWN = 12;

let worker: Worker | null = null;
let asked = 0;
const waiting = new Map<number, { readonly key: string; readonly done: () => void }>();

function startWorker(): Worker {
  const started = tellOfFiles(new Worker('worker.js', { type: 'module', name: INSPECTOR }));
  started.onmessage = ({ data }: MessageEvent<InspectionReply>) => {
    const { id, ...reply } = data;
    const own = waiting.get(id);
    waiting.delete(id);
    if (!own) return;
    known.set(own.key, reply as Found<Inspection['kind']>);
    for (const old of [...known.keys()].slice(0, -MAX_KNOWN)) known.delete(old);
    own.done();
  };
  return started;
}

/** Asks unless it is known; returns how to forget the question. */
function ask(request: Inspection, key: string, done: () => void): () => void {
  worker ??= startWorker();
  const id = ++asked;
  waiting.set(id, { key, done });
  worker.postMessage({ id, asked: request });
  return () => {
    if (!waiting.delete(id) || waiting.size > 0) return;
    if (worker) tellNoMore(worker);
    worker?.terminate();
    worker = null;
  };
}

/** What a closer look finds; null while it is on its way, or where nothing is asked. */
export function useInspection<Kind extends Inspection['kind']>(
  request: (Inspection & { readonly kind: Kind }) | null,
): Found<Kind> | null {
  const key = request && JSON.stringify(request);
  const [, redraw] = useState(0);
  useEffect(() => {
    if (!request || key === null || known.has(key)) return;
    return ask(request, key, () => redraw((times) => times + 1));
  }, [key]);
  return key === null ? null : ((known.get(key) as Found<Kind> | undefined) ?? null);
}
