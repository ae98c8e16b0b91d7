// What the page asks of its workers: exact answers from one, estimates from another until they are
// there. Always the newest question, never a queue of old ones.

import type { Exploration, ExplorerQuestion } from '../../../sim/explore.js';
import { type PackedExploration, unpack } from '../packed.js';
import type { JobKind, Jobs } from './jobs.js';
import { type Job, type Outcome, openLine } from './line.browser.js';

/** What was found last, and how long it took. */
export interface Shown extends ExplorerQuestion {
  readonly found: Exploration | { readonly fault: string };
  /**
   * Estimates start from an exact answer, coarse ones from nothing; the exact answer will take
   * their place.
   */
  readonly kind: 'exact' | 'estimate' | 'coarse';
  readonly modelMilliseconds: number;
  /** When the first change was made that this answers. */
  readonly askedAt: number;
}

export interface Simulator {
  /** Whether an exact answer is on its way. */
  readonly isBusy: boolean;
  ask(question: ExplorerQuestion): void;
  /** Another job about what is shown: cancelled when something else is asked. */
  start<Kind extends JobKind>(
    job: Kind,
    asked: Jobs[Kind]['asked'],
    onDoing?: (doing: string) => void,
  ): Job<Jobs[Kind]['found']>;
}

export interface Listener {
  onAnswer(shown: Shown): void;
  /** What is being worked out, where an exact answer takes long. */
  onDoing(doing: string): void;
  /** What may be asked next. */
  next(): readonly ExplorerQuestion[];
  /** What stands for all that may be asked some day. */
  some(): readonly ExplorerQuestion[];
  /** What may be asked next is known, or as much of it as there was time for. */
  onReady(): void;
}

/** The page is quiet when so long nothing was asked. */
const QUIET_MILLISECONDS = 120;
/** And idle when nothing was asked for so long. */
const IDLE_MILLISECONDS = 1000;
/** A question is left to end for so long when a newer one comes: a drag is seen on its way. */
const MILLISECONDS_LEFT_TO_END = 60;
/**
 * An estimate is asked for when the exact answer is not there by then, or at once for a network or
 * preset that nothing is known of,
 */
const MILLISECONDS_TILL_ESTIMATE = 10;
/** and takes about so long; where that was not enough for all layers, longer the next time. */
const MILLISECONDS_OF_ESTIMATES = [30, 300, 3000];

interface Asked {
  readonly question: ExplorerQuestion;
  readonly askedAt: number;
}

export function startSimulator({ onAnswer, onDoing, next, some, onReady }: Listener): Simulator {
  const [exact, rough] = [openLine({ hasSpare: true }), openLine()];
  /** The newest question, while it waits for the one before. */
  let asked: Asked | null = null;
  let current: { readonly asked: Asked; readonly job: Job<PackedExploration> } | null = null;
  /** Jobs that a question takes the place of. */
  const others = new Set<Job<unknown>>();
  /** What makes estimates quicker. */
  let rehearsals: readonly Job<null>[] = [];
  let ahead: Job<null> | null = null;
  let estimating: Job<unknown> | null = null;
  let quiet: ReturnType<typeof setTimeout> | undefined;
  let idle: ReturnType<typeof setTimeout> | undefined;
  let patience: ReturnType<typeof setTimeout> | undefined;
  let isEstimateDue = false;
  /** What the last exact answer was about. */
  let answered = '';

  const show = (
    { question, askedAt }: Asked,
    outcome: Outcome<PackedExploration>,
    kind: Shown['kind'],
  ): unknown =>
    outcome.kind !== 'cancelled' &&
    onAnswer({
      ...question,
      ...{ askedAt, kind },
      ...(outcome.kind === 'done'
        ? { found: unpack(outcome.found), modelMilliseconds: outcome.milliseconds }
        : { found: { fault: outcome.fault }, modelMilliseconds: 0 }),
    });

  const sendNewest = () => {
    if (current || !asked) return;
    const own = asked;
    asked = null;
    const job = exact.start('explore', own.question, onDoing);
    current = { asked: own, job };
    void job.ended.then((outcome) => {
      current = null;
      if (!asked) estimating?.cancel();
      sendNewest();
      if (outcome.kind !== 'cancelled') answered = about(own.question);
      show(own, outcome, 'exact');
      if (outcome.kind === 'done')
        rough.start('remember', { question: own.question, found: outcome.found });
      if (!current) prepare();
    });
  };

  const stopRehearsals = () => {
    clearTimeout(idle);
    for (const job of rehearsals) job.cancel();
  };

  /** Nothing newer was asked: estimates are made quicker, and what may be asked next is prepared. */
  const prepare = () => {
    clearTimeout(patience);
    stopRehearsals();
    rehearsals = [rough.start('rehearse', null)];
    idle = setTimeout(() => {
      rehearsals = [...rehearsals, rough.start('warm', some())];
    }, IDLE_MILLISECONDS);
    prepareNext();
  };

  /** Other jobs come first: what is prepared stops for them, and goes on behind them. */
  const prepareNext = () => {
    clearTimeout(quiet);
    if (current || others.size > 0) return;
    quiet = setTimeout(() => {
      const own = exact.start('ahead', next());
      ahead = own;
      void own.ended.then(({ kind }) => {
        if (ahead === own) ahead = null;
        if (kind === 'done') onReady();
      });
    }, QUIET_MILLISECONDS);
  };

  const estimate = () => {
    isEstimateDue = false;
    const own = asked ?? current?.asked;
    if (own) estimateIn(own, 0);
  };

  const estimateIn = (own: Asked, round: number) => {
    const milliseconds = MILLISECONDS_OF_ESTIMATES[round];
    if (milliseconds === undefined) return;
    stopRehearsals();
    estimating?.cancel();
    const { question } = own;
    const job = rough.start('estimate', { question, milliseconds });
    estimating = job;
    void job.ended.then((outcome) => {
      // Once nothing is on its way any more the exact answer is there.
      if (!current || current.asked.askedAt > own.askedAt) return;
      if (outcome.kind !== 'done' || !outcome.found) return;
      const { exploration, isCoarse, isComplete } = outcome.found;
      show(own, { ...outcome, found: exploration }, isCoarse ? 'coarse' : 'estimate');
      if (!isComplete && !asked && current.asked === own) estimateIn(own, round + 1);
    });
  };

  const startOther: Simulator['start'] = (kind, given, onOwn) => {
    clearTimeout(quiet);
    ahead?.cancel();
    const job = exact.start(kind, given, onOwn);
    others.add(job);
    void job.ended.then(() => {
      others.delete(job);
      prepareNext();
    });
    return job;
  };

  return {
    get isBusy() {
      return current !== null;
    },
    ask(question) {
      clearTimeout(quiet);
      stopRehearsals();
      ahead?.cancel();
      for (const other of others) other.cancel();
      asked = { question, askedAt: performance.now() };
      const isKnown = about(question) === answered;
      if (!isEstimateDue) setTimeout(estimate, isKnown ? MILLISECONDS_TILL_ESTIMATE : 0);
      isEstimateDue = true;
      sendNewest();
      if (!current || current.asked.question === question) return;
      const { job, asked: running } = current;
      const left = running.askedAt + MILLISECONDS_LEFT_TO_END - performance.now();
      clearTimeout(patience);
      patience = setTimeout(() => job.cancel(), Math.max(0, left));
    },
    start: startOther,
  };
}

/** The network and the presets of a question. */
const about = ({ workload, designs }: ExplorerQuestion): string =>
  JSON.stringify([workload.workload, designs.map(({ preset }) => preset)]);
