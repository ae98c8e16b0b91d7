// The densities that Sparseloop reads of a problem (Wu et al., MICRO 2022): of each data-space a
// number, or a distribution with one; or one for all of them.

import { InputError } from '../../base/errors.js';
import type { LayerDensity } from '../../zoo/entry.js';
import type { YamlFile } from '../yaml/document.js';
import type { Roles } from './shape.js';

/** Zeros here fall independently of each other: what a hypergeometric distribution says. */
const INDEPENDENT = ['fixed', 'hypergeometric'];
const STRUCTURED = ['fixed-structured', 'fixed_structured'];

export interface Densities {
  readonly input: number;
  readonly layer: LayerDensity;
  readonly notes: readonly string[];
}

/** How the values of a data-space that are not zero lie. */
export interface SpaceDensity {
  readonly share: number;
  /** Anywhere where it is hypergeometric; Timeloop expects the same share in every tile of others. */
  readonly kind: 'fixed' | 'fixed-structured' | 'hypergeometric';
}

/** By data-space; one that is not stated is dense. @throws InputError for anything but shares. */
export function densitiesBySpace(
  instance: Readonly<Record<string, unknown>>,
  spaces: readonly string[],
  path: readonly PropertyKey[],
  yaml: YamlFile,
): ReadonlyMap<string, SpaceDensity> {
  const { commonDensity, densities = {} } = instance;
  if (commonDensity !== undefined) {
    const all = densityOf(commonDensity, [...path, 'commonDensity'], yaml);
    return new Map(spaces.map((space) => [space, all]));
  }
  const place = [...path, 'densities'];
  if (densities === null || typeof densities !== 'object' || Array.isArray(densities)) {
    throw new InputError(
      `${yaml.place(place)}: densities: found no map, expected one density a data-space`,
    );
  }
  const read = new Map<string, SpaceDensity>();
  for (const [space, value] of Object.entries(densities)) {
    if (!spaces.includes(space)) {
      throw new InputError(
        `${yaml.place([...place, space])}: ${space}: unknown data-space, expected ${spaces.join(', ')}`,
      );
    }
    read.set(space, densityOf(value, [...place, space], yaml));
  }
  return read;
}

/** What weights and inputs are drawn at. @throws InputError for anything but shares from 0 to 1. */
export function densitiesOf(
  instance: Readonly<Record<string, unknown>>,
  { weights, inputs, outputs }: Roles,
  path: readonly PropertyKey[],
  yaml: YamlFile,
): Densities {
  const spaces = [weights.name, inputs.name, outputs.name];
  const read = densitiesBySpace(instance, spaces, path, yaml);
  const notes = [...read.values()].some(({ kind }) => kind === 'fixed-structured')
    ? ['fixed-structured densities have zeros in random places, not the same share in every tile']
    : [];
  const isCommon = instance.commonDensity !== undefined;
  const output = isCommon ? undefined : read.get(outputs.name)?.share;
  return {
    input: read.get(inputs.name)?.share ?? 1,
    layer: {
      weights: read.get(weights.name)?.share ?? 1,
      ...(output === undefined ? {} : { output }),
    },
    notes,
  };
}

function densityOf(value: unknown, path: readonly PropertyKey[], yaml: YamlFile): SpaceDensity {
  const isDistribution = value !== null && typeof value === 'object';
  const density = isDistribution && 'density' in value ? value.density : value;
  const distribution = isDistribution && 'distribution' in value ? value.distribution : 'fixed';
  const place = `${yaml.place(path)}: ${String(path.at(-1))}`;
  const isStructured = typeof distribution === 'string' && STRUCTURED.includes(distribution);
  if (!isStructured && !(typeof distribution === 'string' && INDEPENDENT.includes(distribution))) {
    const known = [...INDEPENDENT, STRUCTURED[0]].join(', ');
    throw new InputError(
      `${place}: found distribution ${JSON.stringify(distribution)?.slice(0, 80)}, expected ${known}`,
    );
  }
  if (typeof density === 'number' && density >= 0 && density <= 1) {
    const isAnywhere = distribution === 'hypergeometric';
    const kind = isStructured ? 'fixed-structured' : isAnywhere ? 'hypergeometric' : 'fixed';
    return { share: density, kind };
  }
  const found = JSON.stringify(value)?.slice(0, 80);
  throw new InputError(`${place}: found ${found}, expected a density from 0 to 1`);
}
