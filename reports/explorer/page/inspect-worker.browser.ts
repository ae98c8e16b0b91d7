// The end of closer looks that lies in a worker: one answer for each request.

import type { Explorer } from '../../../sim/explore.js';
import { createInspector, type Inspector } from '../../../sim/inspect.js';
import type { FilesGiven } from './given.browser.js';
import type { Inspection, InspectionReply } from './inspection.js';
import { filesRead } from './own-files-worker.browser.js';

/** Slices of a record: a few megabytes. */
const RECORD_ROOM = 400_000;

interface Asked {
  readonly id: number;
  readonly asked: Inspection;
}

interface Scope {
  addEventListener(
    type: 'message',
    listener: (event: MessageEvent<Asked | FilesGiven>) => void,
  ): void;
  postMessage(reply: InspectionReply): void;
}

export function serveInspections(explorer: Promise<Explorer>): void {
  const scope: Scope = self;
  scope.addEventListener('message', async ({ data }) => {
    // Files are another's (own-files-worker.browser.ts).
    if ('kind' in data) return;
    const { id, asked } = data;
    try {
      await filesRead();
      const found = await answerTo(asked, createInspector(await explorer));
      scope.postMessage({ id, found });
    } catch (error) {
      scope.postMessage({ id, fault: error instanceof Error ? error.message : String(error) });
    }
  });
}

function answerTo(asked: Inspection, inspector: Inspector) {
  switch (asked.kind) {
    case 'graph':
      return inspector.graph(asked.workload);
    case 'sweep':
      return inspector.sweep(asked.questions);
    case 'why':
      return inspector.why(asked);
    case 'record':
      return inspector.record(asked, asked.layer, asked.kernel, RECORD_ROOM);
  }
}
