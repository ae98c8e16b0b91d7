// The end of closer looks that lies in a worker: one answer for each request.

import type { Explorer } from '../../../sim/explore.js';
import { createInspector } from '../../../sim/inspect.js';
import type { Inspection, InspectionReply } from './inspection.js';

/** Slices of a record: a few megabytes. */
const RECORD_ROOM = 400_000;

interface Scope {
  addEventListener(
    type: 'message',
    listener: (event: MessageEvent<{ readonly id: number; readonly asked: Inspection }>) => void,
  ): void;
  postMessage(reply: InspectionReply): void;
}

export function serveInspections(explorer: Promise<Explorer>): void {
  const scope: Scope = self;
  scope.addEventListener('message', async ({ data: { id, asked } }) => {
    try {
      const inspector = createInspector(await explorer);
      const found =
        asked.kind === 'graph'
          ? inspector.graph(asked.workload)
          : asked.kind === 'why'
            ? await inspector.why(asked)
            : await inspector.record(asked, asked.layer, asked.kernel, RECORD_ROOM);
      scope.postMessage({ id, found });
    } catch (error) {
      scope.postMessage({ id, fault: error instanceof Error ? error.message : String(error) });
    }
  });
}
