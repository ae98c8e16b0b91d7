// A target for the whole network spread over its layers.

import { InputError } from '../../workloads/base/errors.js';
import { globalDensities } from '../../workloads/compress/prune.js';
import type { Parameters } from '../../workloads/train/parameters.js';
import type { DensityProfile } from '../../workloads/zoo/entry.js';
import type { Allocation } from './stages.js';
import type { SensitivityCurve } from './state.js';

/** Halvings of an interval: far below one weight of any layer. */
const HALVINGS = 60;

/**
 * The share of each layer's weights to keep so that `density` of all of them is kept, by layer
 * name.
 */
export function allocate(
  allocation: Allocation,
  density: number,
  parameters: Parameters,
  published: DensityProfile,
  curves: readonly SensitivityCurve[],
): ReadonlyMap<string, number> {
  switch (allocation) {
    case 'uniform':
      return new Map([...parameters.keys()].map((name) => [name, density]));
    case 'global':
      return globalDensities(parameters, density);
    case 'published':
      return scaledToTarget(parameters, density, (name, share) => {
        const own = published.layers[name]?.weights ?? 1;
        // From the published densities towards none or towards all, at the same pace everywhere.
        return share <= 1 ? own * share : own + (1 - own) * (share - 1);
      });
    case 'sensitivity':
      return bySensitivity(parameters, density, curves);
  }
}

/**
 * Each layer as sparse as loses the same accuracy alone: the largest loss at which the target is
 * met.
 */
function bySensitivity(
  parameters: Parameters,
  density: number,
  curves: readonly SensitivityCurve[],
) {
  const missing = [...parameters.keys()].find(
    (name) => !curves.some((curve) => curve.layer === name),
  );
  if (missing !== undefined) {
    throw new InputError(
      `layer ${missing}: found no sensitivity scan, expected one before pruning by it`,
    );
  }
  const dense = Math.max(
    ...curves.flatMap(({ points }) => points.map(({ validation }) => validation.accuracy)),
  );
  return scaledToTarget(parameters, density, (name, share) => {
    // Shares run from 0 (all may be lost) to 2 (nothing may).
    const min = dense * (share / 2);
    const curve = curves.find(({ layer }) => layer === name) as SensitivityCurve;
    return minDensity(curve, min);
  });
}

/**
 * The least density at which a curve, made monotone, reaches an accuracy; straight lines between
 * its points.
 */
function minDensity({ points }: SensitivityCurve, accuracy: number): number {
  const falling = [...points].sort((a, b) => b.density - a.density);
  let [density, reached] = [1, Number.POSITIVE_INFINITY];
  for (const point of falling) {
    const here = Math.min(reached, point.validation.accuracy);
    if (here < accuracy) {
      if (!Number.isFinite(reached) || reached === here) return density;
      return point.density + ((density - point.density) * (accuracy - here)) / (reached - here);
    }
    [density, reached] = [point.density, here];
  }
  // Below the sparsest point nothing was measured: in proportion to how little is asked for.
  return reached > 0 ? density * Math.min(1, accuracy / reached) : density;
}

/**
 * Finds by halving the share at which the layers' densities together keep `density` of the weights.
 */
function scaledToTarget(
  parameters: Parameters,
  density: number,
  densityOf: (name: string, share: number) => number,
): ReadonlyMap<string, number> {
  const sizes = [...parameters].map(([name, { weights }]) => [name, weights.length] as const);
  const total = sizes.reduce((sum, [, size]) => sum + size, 0);
  const keptAt = (share: number) =>
    sizes.reduce((sum, [name, size]) => sum + Math.round(size * densityOf(name, share)), 0) / total;
  let [low, high] = [0, 2];
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (keptAt(middle) <= density) low = middle;
    else high = middle;
  }
  return new Map(sizes.map(([name]) => [name, densityOf(name, low)]));
}
