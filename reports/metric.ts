// A metric of a design as people read it.

import { siLabels } from './charts/look.js';
import { count, dollars, quantity, UNKNOWN } from './quantity.js';

/** Squares of metres take no prefixes, and ratios no unit. */
export function metricText(value: number | null, unit: string): string {
  if (value === null) return UNKNOWN;
  if (unit === '$') return dollars(value);
  return unit === 'mm²' || unit === '' ? `${count(value)} ${unit}`.trim() : quantity(value, unit);
}

/** The same for the round numbers of an axis. A Vega expression. */
export function metricLabels(unit: string): string {
  if (unit === '$') return "'$' + format(datum.value, ',~r')";
  return unit === 'mm²' || unit === '' ? `format(datum.value, ',~r') + ' ${unit}'` : siLabels(unit);
}
