// Measures how busy the machine was with other programs during a timing.

import { cpus } from 'node:os';

/** Shorter than this nobody can tell: the system counts in hundredths of a second. */
const MIN_SECONDS = 0.1;
/** Above this share of all cores the times of this program are doubtful. */
const BUSY_SHARE = 0.25;

export interface Busy {
  /** Cores that other programs kept busy, on average. */
  readonly cores: number;
  readonly of: number;
}

/** Starts counting; what it returns stops. Null where the time was too short to tell. */
export function watchOthers(): () => Busy | null {
  const began = performance.now();
  const before = busySeconds();
  const own = process.cpuUsage();
  return () => {
    const seconds = (performance.now() - began) / 1000;
    if (seconds < MIN_SECONDS) return null;
    const { user, system } = process.cpuUsage(own);
    const others = busySeconds() - before - (user + system) / 1e6;
    return { cores: Math.max(0, others / seconds), of: cpus().length };
  };
}

/** Of all cores together, since the machine started; 0 where the system does not tell. */
function busySeconds(): number {
  return cpus().reduce((sum, { times }) => sum + (times.user + times.nice + times.sys) / 1000, 0);
}

/** What the reader must know where other programs had the machine; null where they hardly had. */
export function busyNote(busy: Busy | null): string | null {
  if (busy === null || busy.cores < BUSY_SHARE * busy.of) return null;
  const cores = busy.cores.toFixed(1);
  return `the machine was busy: other programs used ${cores} of ${busy.of} cores, so times may be too long`;
}
