// Shared by long-running commands: progress on stderr, and interruption.

import type { Progress } from '../../sim/progress.js';
import type { SweepProgress } from '../../sim/sweep/run.js';
import { durationText } from './output.js';

/** Tells how far a sweep is, at which rate, and how long it still takes. */
export function sweepProgress(progress: Progress): (at: SweepProgress) => void {
  const began = performance.now();
  progress('networks are being made ready');
  return (at) => progress(progressText(at, (performance.now() - began) / 1e3));
}

/** '12,345 of 1,000,000 designs (1.2 %) · 512/s · 32 min left'. */
export function progressText({ done, doneBefore, total }: SweepProgress, seconds: number): string {
  const share =
    total === null
      ? ''
      : ` of ${whole(total)} designs (${((100 * done) / Math.max(1, total)).toFixed(1)} %)`;
  const rate = (done - doneBefore) / seconds;
  if (!(rate > 0)) return `${whole(done)}${share || ' designs'}`;
  const left = total === null ? '' : ` · ${durationText((total - done) / rate)} left`;
  return `${whole(done)}${share || ' designs'} · ${rate < 10 ? rate.toFixed(1) : whole(Math.round(rate))}/s${left}`;
}

const whole = (count: number) => count.toLocaleString('en-US');

/**
 * Aborts on the first Ctrl-C or SIGTERM, so that what is under way is still stored; the second one
 * ends the process.
 */
export function stopOnSignals(): { readonly signal: AbortSignal; release(): void } {
  const stop = new AbortController();
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const onSignal = () => {
    if (stop.signal.aborted) process.exit(130);
    stop.abort();
  };
  for (const name of signals) process.on(name, onSignal);
  return {
    signal: stop.signal,
    release: () => {
      for (const name of signals) process.off(name, onSignal);
    },
  };
}
