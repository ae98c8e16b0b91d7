// Simulates the average wait of products for accumulator banks. Each bank adds one product per
// cycle and has a short queue. SCNN, Section 4: twice as many banks as products keep conflicts
// rare. The bank of a product depends on its output's coordinates; here it is uniformly random, for
// one issue after another. test/reference/scnn-ticking.ts uses the real addresses.

import { createRandom } from '../../workloads/base/random.js';
import { productsPerIssue, type ScnnConfig } from './config.js';

/** Issues played through for each number of products. */
const ISSUES = 4096;

const known = new Map<string, Float64Array>();

/** Cycles that an issue of n products takes on average, by n. */
export function cyclesPerIssue({
  pe,
  bankQueue,
}: Pick<ScnnConfig, 'pe' | 'bankQueue'>): Float64Array {
  const max = productsPerIssue(pe);
  const key = `${max}/${pe.banks}/${bankQueue}`;
  const found = known.get(key);
  if (found) return found;
  const cycles = Float64Array.from(
    { length: max + 1 },
    (_, products) => play(products, pe.banks, bankQueue) / ISSUES,
  );
  known.set(key, cycles);
  return cycles;
}

function play(products: number, banks: number, room: number): number {
  const random = createRandom(0, `banks ${products}/${banks}/${room}`);
  const waiting = new Int32Array(banks);
  const targets = new Int32Array(products);
  let cycles = 0;
  for (let issue = 0; issue < ISSUES; issue++) {
    for (let at = 0; at < products; at++) targets[at] = random.below(banks);
    let left = products;
    do {
      // Products move on bank by bank; those that find a bank's queue full wait, and the next issue
      // with them.
      let kept = 0;
      for (let at = 0; at < left; at++) {
        const bank = targets[at] as number;
        if ((waiting[bank] as number) < room) waiting[bank] = (waiting[bank] as number) + 1;
        else targets[kept++] = bank;
      }
      left = kept;
      for (let bank = 0; bank < banks; bank++)
        if ((waiting[bank] as number) > 0) waiting[bank] = (waiting[bank] as number) - 1;
      cycles++;
    } while (left > 0);
  }
  return cycles;
}

/** The same for a mean number of products, between whole ones. */
export function cyclesForMean(cycles: Float64Array, products: number): number {
  const below = Math.min(Math.floor(products), cycles.length - 1);
  const above = Math.min(below + 1, cycles.length - 1);
  const share = products - below;
  return (cycles[below] as number) * (1 - share) + (cycles[above] as number) * share;
}
