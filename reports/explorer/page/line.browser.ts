// The page's end of one worker.

import { tellNoMore, tellOfFiles } from './given.browser.js';
import type { JobKind, Jobs, Reply, Request, Start } from './jobs.js';

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
  readonly request: Start;
  readonly end: (outcome: Outcome<never>) => void;
  readonly onDoing: ((doing: string) => void) | undefined;
  hasBegun: boolean;
  isCancelled: boolean;
}

/** A job that was cancelled and goes on for so long is in the middle of something large. */
const MILLISECONDS_TO_STOP = 120;

/**
 * Opens a worker. With `hasSpare`, one that does not stop when it is told to is ended, and another
 * one, which stands by, goes on with the jobs that are left; what the first knew is lost.
 */
export function openLine({ hasSpare = false } = {}): Line {
  const pending = new Map<number, Pending>();
  let jobs = 0;
  const begin = () => {
    const worker = tellOfFiles(new Worker('worker.js', { type: 'module' }));
    worker.onmessage = ({ data: reply }: MessageEvent<Reply>) => {
      const job = pending.get(reply.id);
      if (reply.kind === 'begun') {
        if (job) job.hasBegun = true;
        return;
      }
      if (reply.kind === 'doing') {
        job?.onDoing?.(reply.doing);
        return;
      }
      pending.delete(reply.id);
      if (hasSpare) spare ??= begin();
      job?.end(reply as Outcome<never>);
    };
    return worker;
  };
  let spare: Worker | null = null;
  let worker = begin();
  const end = (ended: Worker | null) => {
    if (!ended) return;
    tellNoMore(ended);
    ended.terminate();
  };
  /** Another worker goes on with what is still wanted. */
  const replace = () => {
    end(worker);
    worker = spare ?? begin();
    spare = null;
    for (const [id, job] of pending) {
      job.hasBegun = false;
      if (!job.isCancelled) {
        worker.postMessage(job.request);
        continue;
      }
      pending.delete(id);
      job.end({ kind: 'cancelled' });
    }
  };
  return {
    start(job, asked, onDoing) {
      const id = ++jobs;
      const request = { kind: 'start', id, job, asked } as unknown as Start;
      worker.postMessage(request);
      return {
        ended: new Promise((resolve) =>
          pending.set(id, { request, end: resolve, onDoing, hasBegun: false, isCancelled: false }),
        ),
        cancel() {
          const own = pending.get(id);
          if (!own || own.isCancelled) return;
          own.isCancelled = true;
          worker.postMessage({ kind: 'cancel', id } satisfies Request);
          if (!hasSpare) return;
          // Before it begins a job a worker may still be loading.
          setTimeout(() => pending.get(id)?.hasBegun && replace(), MILLISECONDS_TO_STOP);
        },
      };
    },
    close() {
      end(worker);
      end(spare);
      for (const { end: endJob } of pending.values()) endJob({ kind: 'cancelled' });
      pending.clear();
    },
  };
}
