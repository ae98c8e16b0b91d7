// The highest clock of a circuit in a process at a supply voltage: the delay of its longest path,
// scaled like gates (scaling.ts).

import { scale, supplyRange } from './scaling.js';

/** A circuit's longest path between two registers, where it was laid out. */
export interface CriticalPath {
  readonly seconds: number;
  readonly processNm: number;
}

export interface Placed {
  readonly processNm: number;
  readonly volts?: number | undefined;
}

/** Steps in which the fastest supply is looked for. */
const VOLT_STEPS = 400;

/**
 * The fastest clock in Hz. The published delays turn upwards near the largest supplies, where no
 * circuit does: a supply is as fast as the fastest one up to it.
 */
export function maxClockHz(path: CriticalPath, { processNm, volts }: Placed): number {
  const delayAt = (toVolts: number | undefined) =>
    scale({ fromNm: path.processNm, toNm: processNm, toVolts }).delay;
  const used = volts === undefined ? undefined : Math.min(volts, fastestSupply(delayAt, processNm));
  return 1 / (path.seconds * delayAt(used));
}

/** Where the published delay is the least. */
function fastestSupply(delayAt: (volts: number) => number, processNm: number): number {
  const [min, max] = supplyRange(processNm);
  let best = min;
  for (let step = 1; step <= VOLT_STEPS; step++) {
    const volts = min + ((max - min) * step) / VOLT_STEPS;
    if (delayAt(volts) < delayAt(best)) best = volts;
  }
  return best;
}

/** Why a clock is refused, or null where it is not. */
export function clockFault(
  clockHz: number,
  path: CriticalPath,
  { processNm, volts }: Placed,
): string | null {
  const max = maxClockHz(path, { processNm, volts });
  if (clockHz <= max) return null;
  const supply = volts === undefined ? 'its nominal supply' : `${volts} V`;
  const megahertz = (hertz: number) => `${Math.floor(hertz / 1e6)} MHz`;
  return `at most ${megahertz(max)}: a path of ${(path.seconds * 1e9).toPrecision(3)} ns at ${path.processNm} nm, scaled to ${processNm} nm and ${supply}`;
}
