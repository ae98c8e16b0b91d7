// Networks by name as the page chooses them: one that is offered, with zeros in a pattern or not.

import type { Offer, OfferedWorkload } from './offer.js';

/** Patterns that the page offers, as names of networks have them behind '@'. */
export const patterns = [
  { name: '2:4', text: '2 of 4 weights kept' },
  { name: '1:4', text: '1 of 4 weights kept' },
  { name: 'block:4x1-50', text: 'blocks of 4×1, 50 % zeros' },
  { name: 'block:4x1-75', text: 'blocks of 4×1, 75 % zeros' },
  { name: 'block:4x1-90', text: 'blocks of 4×1, 90 % zeros' },
  { name: 'block:16x16-75', text: 'blocks of 16×16, 75 % zeros' },
  { name: 'rows-50', text: 'whole rows, 50 % zeros' },
  { name: 'columns-50', text: 'whole columns, 50 % zeros' },
  { name: 'free-90', text: 'one by one, 90 % zeros' },
] as const;

/** The network that a name stands for, and the pattern of its zeros; null where it is as offered. */
export function networkOf(
  { workloads }: Offer,
  workload: string,
): { readonly offered: OfferedWorkload | undefined; readonly pattern: string | null } {
  const find = (wanted: string) => workloads.find(({ name }) => name === wanted);
  const at = workload.lastIndexOf('@');
  const whole = find(workload);
  if (whole || at < 0) return { offered: whole, pattern: null };
  return { offered: find(workload.slice(0, at)), pattern: workload.slice(at + 1) };
}

/** The name of a network with its zeros in a pattern. */
export const patternedName = (network: string, pattern: string | null) =>
  pattern === null ? network : `${network}@${pattern}`;
