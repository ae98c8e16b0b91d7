// A long study's progress on stderr: a bar with loss and accuracy on a terminal, else a line for
// each step.

import type { StudyProgress } from '../../sim/prune.node.js';
import type { OutputOptions, Terminal } from './output.js';

const BAR = 24;

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
  const line = (event: StudyProgress) => {
    const { run, runs, seed, title, detail } = event;
    const done = (run - 1 + event.done) / runs;
    // What a checkpoint had already says nothing about speed.
    firstDone ??= done;
    const passed = done - firstDone;
    const left =
      passed > 0.01
        ? ` · ${duration((((Date.now() - started) / passed) * (1 - done)) / 1000)} left`
        : '';
    const which = runs > 1 ? `seed ${seed} · ` : '';
    return { done, text: `${which}${title}${detail ? ` · ${detail}` : ''}${left}` };
  };
  if (stderr.isTTY !== true) {
    return {
      report(event) {
        const step = `${event.seed}/${event.title}`;
        if (step === last) return;
        last = step;
        const { done, text } = line({ ...event, detail: '' });
        stderr.write(`zeroskip: ${Math.round(100 * done)} % ${text}\n`);
      },
      stop: () => {},
    };
  }
  let shown = 0;
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

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}
