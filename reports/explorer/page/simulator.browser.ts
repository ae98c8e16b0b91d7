// The page's end of the simulator: always the newest question, never a queue of old ones.

import type { Exploration, ExploredDesign, ExploredWorkload } from '../../../sim/explore.js';
import type { Answer, Question } from './worker.browser.js';

/** What was found last, and how long it took. */
export interface Shown {
  readonly workload: ExploredWorkload;
  readonly designs: readonly ExploredDesign[];
  readonly found: Exploration | { readonly fault: string };
  readonly modelMilliseconds: number;
  /** When the first change was made that this answers. */
  readonly askedAt: number;
}

interface Asked extends Omit<Question, 'id'> {
  readonly askedAt: number;
}

export interface Simulator {
  ask(workload: ExploredWorkload, designs: readonly ExploredDesign[]): void;
}

/** Calls `onAnswer` with every answer and `onBusy` when one is awaited. */
export function startSimulator(onAnswer: (shown: Shown) => void): Simulator {
  const worker = new Worker('worker.js', { type: 'module' });
  let asked: Asked | null = null;
  let waiting: Asked | null = null;
  let id = 0;
  const send = () => {
    if (!asked) return;
    waiting = asked;
    asked = null;
    id++;
    worker.postMessage({ id, workload: waiting.workload, designs: waiting.designs } satisfies Question);
  };
  worker.onmessage = ({ data: { found, milliseconds } }: MessageEvent<Answer>) => {
    const answered = waiting;
    waiting = null;
    send();
    if (answered) onAnswer({ ...answered, found, modelMilliseconds: milliseconds });
  };
  return {
    ask(workload, designs) {
      asked = { workload, designs, askedAt: performance.now() };
      if (!waiting) send();
    },
  };
}
