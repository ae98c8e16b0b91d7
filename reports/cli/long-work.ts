// What commands that run for long share: how far they are on stderr, and how they stop.

import type { Progress } from '../../sim/progress.js';
import type { SweepProgress } from '../../sim/sweep/run.js';
import { hint, type OutputOptions, type Terminal } from './output.js';

/** Where stderr is no terminal, a line this often. */
const SECONDS_BETWEEN_LINES = 10;

/** Tells how far a sweep is, at which rate, and how long it still takes. */
export function sweepProgress(
  options: OutputOptions,
  terminal: Terminal,
  progress: Progress,
): (at: SweepProgress) => void {
  const began = performance.now();
  let told = began;
  progress('networks are being made ready');
  return (at) => {
    const now = performance.now();
    const text = progressText(at, (now - began) / 1e3);
    progress(text);
    if (terminal.stderr.isTTY || (now - told) / 1e3 < SECONDS_BETWEEN_LINES) return;
    told = now;
    hint(text, options, terminal);
  };
}

/** '12,345 of 1,000,000 designs (1.2 %) · 512/s · 32 min left'. */
export function progressText({ done, doneBefore, total }: SweepProgress, seconds: number): string {
  const share =
    total === null
      ? ''
      : ` of ${whole(total)} designs (${((100 * done) / Math.max(1, total)).toFixed(1)} %)`;
  const rate = (done - doneBefore) / seconds;
  if (!(rate > 0)) return `${whole(done)}${share || ' designs'}`;
  const left = total === null ? '' : ` · ${duration((total - done) / rate)} left`;
  return `${whole(done)}${share || ' designs'} · ${rate < 10 ? rate.toFixed(1) : whole(Math.round(rate))}/s${left}`;
}

const whole = (count: number) => count.toLocaleString('en-US');

function duration(seconds: number): string {
  if (seconds < 100) return `${Math.ceil(seconds)} s`;
  if (seconds < 6000) return `${Math.ceil(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

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
