// Bounds on what a design may cost and be.

import { isMetric, type Metrics } from './metrics.js';
import type { Settings } from './space.js';
import type { SweepSpec } from './spec.js';

/**
 * How far a design lies outside its bounds, each bound by its share: 0 within all of them. A number
 * that nobody can know keeps no bound and counts as 1; an axis that the design lacks keeps all.
 */
export function violationOf(
  constraints: SweepSpec['constraints'],
  metrics: Metrics,
  settings: Settings,
): number {
  let violation = 0;
  for (const [name, { atLeast, atMost }] of Object.entries(constraints ?? {})) {
    const value = isMetric(name) ? metrics[name] : settings[name];
    if (value === undefined) continue;
    if (typeof value !== 'number') {
      violation += 1;
      continue;
    }
    if (atMost !== undefined && !(value <= atMost)) violation += excess(value, atMost);
    if (atLeast !== undefined && !(value >= atLeast)) violation += excess(value, atLeast);
  }
  return violation;
}

/** How far apart two numbers are, relative to the bound. */
const excess = (value: number, bound: number) => Math.abs(value - bound) / (Math.abs(bound) || 1);
