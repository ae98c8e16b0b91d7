// A metric of a design as people read it.

import { count, quantity, UNKNOWN } from './quantity.js';

/** Squares of metres take no prefixes, and ratios no unit. */
export function metricText(value: number | null, unit: string): string {
  if (value === null) return UNKNOWN;
  return unit === 'mm²' || unit === '$' || unit === ''
    ? `${count(value)} ${unit}`.trim()
    : quantity(value, unit);
}
