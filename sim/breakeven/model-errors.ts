// The models' errors against published figures, which give the uncertainty of a break-even point of
// two models.

import { median } from 'simple-statistics';
import type { Hardware } from '../../hw-models/contract.js';
import type { Tables } from '../validate/claims.js';
import { createLab } from '../validate/lab.js';
import { powerClaims, wallclockClaims } from '../validate/wallclock.js';

export interface ModelError {
  /** Median absolute error of modelled times, as a share. */
  readonly seconds: number;
  /**
   * The same of joules, times and powers being wrong independently; null where no powers are
   * published.
   */
  readonly joules: number | null;
}

/**
 * Finds a device's and kernel's error against EIE's Table IV and Deep Compression's Table 9; null
 * where it is in none.
 */
export type ModelErrors = (hardware: string, kernel: string) => ModelError | null;

export function modelErrors(load: (name: string) => Hardware, tables: Tables): ModelErrors {
  const lab = createLab(load, 0);
  const times = wallclockClaims(lab, tables);
  const powers = powerClaims(lab, tables);
  return (hardware, kernel) => {
    // EIE's rows are named by what was simulated: its actual time, not the theoretical one.
    const start = `${hardware} ${hardware === 'eie-64' ? 'actual' : kernel} `;
    const of = (claims: typeof times) =>
      claims
        .filter(
          ({ table, claim, error }) =>
            !table.includes('theoretical') && claim.startsWith(start) && error !== null,
        )
        .map(({ error }) => Math.abs(error ?? 0));
    const [seconds, watts] = [of(times), of(powers)];
    if (seconds.length === 0) return null;
    const time = median(seconds);
    return { seconds: time, joules: watts.length > 0 ? Math.hypot(time, median(watts)) : null };
  };
}
