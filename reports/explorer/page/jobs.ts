// Jobs that the page gives to its workers, and the messages that they are told by.

import type { Estimated } from '../../../sim/estimate.js';
import type { ExplorerQuestion } from '../../../sim/explore.js';
import type { PackedExploration } from '../packed.js';

/** What each kind of job is asked and finds. A new kind is a row here and one in jobs-done.ts. */
export interface Jobs {
  /** What designs come to, exactly. */
  readonly explore: { readonly asked: ExplorerQuestion; readonly found: PackedExploration };
  /** Works out what may be asked next. */
  readonly ahead: { readonly asked: readonly ExplorerQuestion[]; readonly found: null };
  /** Remembers an exact answer: estimates start from the newest one. */
  readonly remember: {
    readonly asked: { readonly question: ExplorerQuestion; readonly found: PackedExploration };
    readonly found: null;
  };
  /** What designs come to, roughly and soon; null where nothing can be said yet. */
  readonly estimate: {
    readonly asked: { readonly question: ExplorerQuestion; readonly milliseconds: number };
    readonly found:
      | (Omit<Estimated, 'exploration'> & { readonly exploration: PackedExploration })
      | null;
  };
  /** Makes estimates from what is remembered quicker. */
  readonly rehearse: { readonly asked: null; readonly found: null };
  /**
   * Makes first estimates quicker, of what nobody has asked about yet: builds networks, runs models.
   * Goes on where it was cancelled.
   */
  readonly warm: { readonly asked: readonly ExplorerQuestion[]; readonly found: null };
}

export type JobKind = keyof Jobs;

/** A job that is to begin; others of the same worker wait for it. */
export type Start<Kind extends JobKind = JobKind> = {
  readonly [Own in Kind]: {
    readonly kind: 'start';
    readonly id: number;
    readonly job: Own;
    readonly asked: Jobs[Own]['asked'];
  };
}[Kind];

export type Request =
  | Start
  /** The job of that id is no longer wanted: it stops at its next pause, or never begins. */
  | { readonly kind: 'cancel'; readonly id: number };

export type Reply =
  | {
      readonly kind: 'done';
      readonly id: number;
      readonly found: unknown;
      /** What it took. */
      readonly milliseconds: number;
    }
  /** It cannot be: the message says why. */
  | { readonly kind: 'refused'; readonly id: number; readonly fault: string }
  | { readonly kind: 'cancelled'; readonly id: number }
  /** It has begun. */
  | { readonly kind: 'begun'; readonly id: number }
  /** What is being done now. */
  | { readonly kind: 'doing'; readonly id: number; readonly doing: string };
