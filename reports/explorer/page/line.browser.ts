// The page's end of one worker.

import { tellNoMore, tellOfFiles } from './given.browser.js';
import type { JobKind, Jobs, Reply, Request } from './jobs.js';

/** How a job ended. */
export type Outcome<Found> =
  | { readonly kind: 'done'; readonly found: Found; readonly milliseconds: number }
  | { readonly kind: 'refused'; readonly fault: string }
  | { readonly kind: 'cancelled' };

/** A job that was given to a worker. */
export interface Job<Found> {
  readonly ended: Promise<Outcome<Found>>;
  /** It is no longer wanted. */
  cancel(): void;
}

export interface Line {
  /** Jobs are done one after another. `onDoing` is told what is being done where it takes long. */
  start<Kind extends JobKind>(
    job: Kind,
    asked: Jobs[Kind]['asked'],
    onDoing?: (doing: string) => void,
  ): Job<Jobs[Kind]['found']>;
  /** Ends the worker, whatever it is doing. */
  close(): void;
}

interface Pending {
  readonly end: (outcome: Outcome<never>) => void;
  readonly onDoing: ((doing: string) => void) | undefined;
}

export function openLine(): Line {
  const worker = tellOfFiles(new Worker('worker.js', { type: 'module' }));
  const pending = new Map<number, Pending>();
  let jobs = 0;
  worker.onmessage = ({ data: reply }: MessageEvent<Reply>) => {
    const job = pending.get(reply.id);
    if (reply.kind === 'doing') {
      job?.onDoing?.(reply.doing);
      return;
    }
    pending.delete(reply.id);
    job?.end(reply as Outcome<never>);
  };
  return {
    start(job, asked, onDoing) {
      const id = ++jobs;
      const send = (request: unknown) => worker.postMessage(request as Request);
      send({ kind: 'start', id, job, asked });
      return {
        ended: new Promise((resolve) => pending.set(id, { end: resolve, onDoing })),
        cancel: () => send({ kind: 'cancel', id }),
      };
    },
    close() {
      tellNoMore(worker);
      worker.terminate();
      for (const { end } of pending.values()) end({ kind: 'cancelled' });
      pending.clear();
    },
  };
}
