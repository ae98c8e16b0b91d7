// What the page asks of its workers: exact answers from one, estimates from another until they are
// there. Always the newest question, never a queue of old ones.

import type { Answered } from '../../../sim/estimate.js';
import type { Exploration, ExplorerQuestion } from '../../../sim/explore.js';
import type { JobKind, Jobs } from './jobs.js';
import { type Job, type Outcome, openLine } from './line.browser.js';

/** What was found last, and how long it took. */
export interface Shown extends ExplorerQuestion {
  readonly found: Exploration | { readonly fault: string };
  /** True for an estimate, which the exact answer will take the place of. */
  readonly isEstimate: boolean;
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
  /** What may be asked next is known, or as much of it as there was time for. */
  onReady(): void;
}

/** The page is quiet when so long nothing was asked. */
const QUIET_MILLISECONDS = 120;
/** A question is left to end for so long when a newer one comes: a drag is seen on its way. */
const MILLISECONDS_LEFT_TO_END = 100;
/** An estimate is asked for when the exact answer is not there by then, */
const MILLISECONDS_TILL_ESTIMATE = 25;
/** and takes about so long. */
const MILLISECONDS_OF_ESTIMATE = 25;

interface Asked {
  readonly question: ExplorerQuestion;
  readonly askedAt: number;
}

export function startSimulator({ onAnswer, onDoing, next, onReady }: Listener): Simulator {
  const [exact, rough] = [openLine(), openLine()];
  /** The newest question, while it waits for the one before. */
  let asked: Asked | null = null;
  let current: { readonly asked: Asked; readonly job: Job<Exploration> } | null = null;
  /** Jobs that a question takes the place of. */
  const others = new Set<Job<unknown>>();
  let rehearsal: Job<null> | null = null;
  let ahead: Job<null> | null = null;
  let base: Answered | null = null;
  let quiet: ReturnType<typeof setTimeout> | undefined;
  let patience: ReturnType<typeof setTimeout> | undefined;
  let isEstimateDue = false;

  const show = ({ question, askedAt }: Asked, outcome: Outcome<Exploration>, isEstimate: boolean) =>
    outcome.kind !== 'cancelled' &&
    onAnswer({
      ...question,
      ...{ askedAt, isEstimate },
      ...(outcome.kind === 'done'
        ? { found: outcome.found, modelMilliseconds: outcome.milliseconds }
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
      if (outcome.kind === 'done') base = { question: own.question, exploration: outcome.found };
      sendNewest();
      if (!current) prepare();
      show(own, outcome, false);
    });
  };

  /** Nothing newer was asked: estimates are made quicker, and what may be asked next is prepared. */
  const prepare = () => {
    clearTimeout(patience);
    rehearsal?.cancel();
    rehearsal = base && rough.start('rehearse', base);
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
    if (!base || !own) return;
    rehearsal?.cancel();
    const milliseconds = MILLISECONDS_OF_ESTIMATE;
    const { question } = own;
    void rough.start('estimate', { question, base, milliseconds }).ended.then((outcome) => {
      // Once nothing is on its way any more the exact answer is there.
      if (!current || current.asked.askedAt > own.askedAt) return;
      if (outcome.kind === 'done' && outcome.found)
        show(own, { ...outcome, found: outcome.found }, true);
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
      ahead?.cancel();
      for (const other of others) other.cancel();
      asked = { question, askedAt: performance.now() };
      if (!isEstimateDue) setTimeout(estimate, MILLISECONDS_TILL_ESTIMATE);
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
