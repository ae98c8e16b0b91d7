// The page's end of the simulator: always the newest question, never a queue of old ones.

import type { Exploration, ExplorerQuestion } from '../../../sim/explore.js';
import type { Reply, Request } from './worker.browser.js';

/** What was found last, and how long it took. */
export interface Shown extends ExplorerQuestion {
  readonly found: Exploration | { readonly fault: string };
  readonly modelMilliseconds: number;
  /** When the first change was made that this answers. */
  readonly askedAt: number;
}

interface Asked {
  readonly question: ExplorerQuestion;
  readonly askedAt: number;
}

export interface Simulator {
  /** Whether an answer is on its way. */
  readonly isBusy: boolean;
  ask(question: ExplorerQuestion): void;
}

/** The page is quiet when so long nothing was asked. */
const QUIET_MILLISECONDS = 120;

/**
 * Calls `onAnswer` with every answer. While the page is quiet, what `next` says may be asked is
 * worked out, and `onReady` called when it is.
 */
export function startSimulator(
  onAnswer: (shown: Shown) => void,
  next: () => readonly ExplorerQuestion[],
  onReady: () => void,
): Simulator {
  const worker = new Worker('worker.js', { type: 'module' });
  const send = (request: Request) => worker.postMessage(request);
  let asked: Asked | null = null;
  let waiting: Asked | null = null;
  let quiet: ReturnType<typeof setTimeout> | undefined;
  const sendNewest = () => {
    if (!asked) return;
    waiting = asked;
    asked = null;
    send({ kind: 'question', question: waiting.question });
  };
  worker.onmessage = ({ data: reply }: MessageEvent<Reply>) => {
    if (reply.kind === 'ready') {
      onReady();
      return;
    }
    const answered = waiting;
    waiting = null;
    sendNewest();
    if (!waiting)
      quiet = setTimeout(() => send({ kind: 'ahead', questions: next() }), QUIET_MILLISECONDS);
    const { found, milliseconds } = reply;
    if (answered) {
      onAnswer({
        ...answered.question,
        askedAt: answered.askedAt,
        found,
        modelMilliseconds: milliseconds,
      });
    }
  };
  return {
    get isBusy() {
      return waiting !== null;
    },
    ask(question) {
      clearTimeout(quiet);
      asked = { question, askedAt: performance.now() };
      if (!waiting) sendNewest();
    },
  };
}
