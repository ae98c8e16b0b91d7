// Schedules the target density of each of several prunings.

import type { PruneRule } from './stages.js';

/**
 * The share of weights that is kept when a `share` of the prunings is done, of which the last one
 * keeps `final`.
 */
export type DensityCurve = (final: number, share: number) => number;

/** The same factor each time. */
export const geometricDensity: DensityCurve = (final, share) => final ** share;

/**
 * Fast while there is much to spare, slow at the end: Zhu and Gupta (arXiv 1710.01878), Equation 1.
 */
export const cubicDensity: DensityCurve = (final, share) => final + (1 - final) * (1 - share) ** 3;

/**
 * The rule when a `share` of the prunings is done: densities on the curve, thresholds in
 * proportion.
 */
export function ruleAt(final: PruneRule, share: number, curve: DensityCurve): PruneRule {
  switch (final.by) {
    case 'quality': {
      const { quality } = final;
      const scaled =
        typeof quality === 'number'
          ? quality * share
          : mapValues(quality, (value) => value * share);
      return { by: 'quality', quality: scaled };
    }
    case 'densities':
      return {
        by: 'densities',
        densities: mapValues(final.densities, (density) => curve(density, share)),
      };
    case 'target':
      return { ...final, density: curve(final.density, share) };
  }
}

function mapValues(
  record: Readonly<Record<string, number>>,
  change: (value: number) => number,
): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
