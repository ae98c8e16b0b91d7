// A network's published densities, or the same one for all of its layers.

import { InputError } from '../workloads/base/errors.js';
import type { DensityProfile } from '../workloads/zoo/entry.js';

/** Shares of non-zeros; null for the published ones. */
export interface Densities {
  readonly weightDensity: number | null;
  readonly activationDensity: number | null;
}

/** @throws InputError for an impossible density. */
export function densitiesAt(
  published: DensityProfile,
  { weightDensity, activationDensity }: Densities,
): DensityProfile {
  for (const density of [weightDensity, activationDensity]) {
    if (density !== null && !(density > 0 && density <= 1)) {
      throw new InputError(`density: found ${density}, expected a number above 0 and up to 1`);
    }
  }
  const layers = Object.entries(published.layers).map(([name, layer]) => [
    name,
    { weights: weightDensity ?? layer.weights, output: activationDensity ?? layer.output },
  ]);
  return {
    ...published,
    input: activationDensity ?? published.input,
    layers: Object.fromEntries(layers),
    ...(activationDensity === null ? {} : { others: {} }),
  };
}
