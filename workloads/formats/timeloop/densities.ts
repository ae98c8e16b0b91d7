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

/** What weights and inputs are drawn at. @throws InputError for anything but shares from 0 to 1. */
export function densitiesOf(
  instance: Readonly<Record<string, unknown>>,
  { weights, inputs, outputs }: Roles,
  path: readonly PropertyKey[],
  yaml: YamlFile,
): Densities {
  const { commonDensity, densities = {} } = instance;
  const notes = new Set<string>();
  if (commonDensity !== undefined) {
    const all = densityOf(commonDensity, [...path, 'commonDensity'], yaml, notes);
    return { input: all, layer: { weights: all }, notes: [...notes] };
  }
  const place = [...path, 'densities'];
  if (densities === null || typeof densities !== 'object' || Array.isArray(densities)) {
    throw new InputError(
      `${yaml.place(place)}: densities: found no map, expected one density a data-space`,
    );
  }
  const spaces = [weights.name, inputs.name, outputs.name];
  const read = new Map<string, number>();
  for (const [space, value] of Object.entries(densities)) {
    if (!spaces.includes(space)) {
      throw new InputError(
        `${yaml.place([...place, space])}: ${space}: unknown data-space, expected ${spaces.join(', ')}`,
      );
    }
    read.set(space, densityOf(value, [...place, space], yaml, notes));
  }
  const output = read.get(outputs.name);
  return {
    input: read.get(inputs.name) ?? 1,
    layer: { weights: read.get(weights.name) ?? 1, ...(output === undefined ? {} : { output }) },
    notes: [...notes],
  };
}

function densityOf(
  value: unknown,
  path: readonly PropertyKey[],
  yaml: YamlFile,
  notes: Set<string>,
): number {
  const isDistribution = value !== null && typeof value === 'object';
  const density = isDistribution && 'density' in value ? value.density : value;
  const distribution = isDistribution && 'distribution' in value ? value.distribution : 'fixed';
  const place = `${yaml.place(path)}: ${String(path.at(-1))}`;
  if (typeof distribution === 'string' && STRUCTURED.includes(distribution)) {
    notes.add(
      'fixed-structured densities are drawn with zeros anywhere, not the same share in every tile',
    );
  } else if (!(typeof distribution === 'string' && INDEPENDENT.includes(distribution))) {
    const known = [...INDEPENDENT, STRUCTURED[0]].join(', ');
    throw new InputError(
      `${place}: found distribution ${JSON.stringify(distribution)?.slice(0, 80)}, expected ${known}`,
    );
  }
  if (typeof density === 'number' && density >= 0 && density <= 1) return density;
  const found = JSON.stringify(value)?.slice(0, 80);
  throw new InputError(`${place}: found ${found}, expected a density from 0 to 1`);
}
