// A long study's progress on stderr: a bar with loss and accuracy on a terminal, else a line for
// each step and every ten seconds.

import type { StudyProgress } from '../../sim/prune.node.js';
import { durationText, type OutputOptions, type Terminal } from './output.js';

const BAR = 24;
/** Where stderr is no terminal, a line at least this often. */
const MILLISECONDS_BETWEEN_LINES = 10_000;

export interface ShownProgress {
  readonly report: (event: StudyProgress) => void;
  readonly stop: () => void;
}

export function studyProgress(options: OutputOptions, terminal: Terminal): ShownProgress {
  if (options.quiet) return { report: () => {}, stop: () => {} };
  const { stderr } = terminal;
  const started = Date.now();
  let firstDone: number | null = null;
  let last = '';
  let shown = started;
  const line = (event: StudyProgress) => {
    const { run, runs, seed, title, detail } = event;
    const done = (run - 1 + event.done) / runs;
    // What a checkpoint had already says nothing about speed.
    firstDone ??= done;
    const passed = done - firstDone;
    const left =
      passed > 0.01
        ? ` · ${durationText((((Date.now() - started) / passed) * (1 - done)) / 1000)} left`
        : '';
    const which = runs > 1 ? `seed ${seed} · ` : '';
    return { done, text: `${which}${title}${detail ? ` · ${detail}` : ''}${left}` };
  };
  if (stderr.isTTY !== true) {
    return {
      report(event) {
        const step = `${event.seed}/${event.title}`;
        const isDue = Date.now() - shown >= MILLISECONDS_BETWEEN_LINES;
        if (step === last && !isDue) return;
        const { done, text } = line(step === last ? event : { ...event, detail: '' });
        last = step;
        shown = Date.now();
        stderr.write(`zeroskip: ${Math.round(100 * done)} % ${text}\n`);
      },
      stop: () => {},
    };
  }
  return {
    report(event) {
      // A terminal need not be told more often than it can show.
      if (Date.now() - shown < 100) return;
      shown = Date.now();
      const { done, text } = line(event);
      const full = Math.round(BAR * done);
      const bar = `${'█'.repeat(full)}${'░'.repeat(BAR - full)} ${`${Math.floor(100 * done)}`.padStart(3)} %`;
      stderr.write(
        `\r\u001b[2K${bar} ${text}`.slice(0, 5 + ((stderr as { columns?: number }).columns ?? 80)),
      );
    },
    stop: () => void stderr.write('\r\u001b[2K'),
  };
}
