// Texts of presets → hardware of their families.

import { InputError } from '../workloads/base/errors.js';
import { type CatalogEntry, catalog } from './catalog.js';
import type { Hardware } from './contract.js';
import { nearest } from './faults.js';
import { familyOf } from './preset.js';
import type { FindBase, PresetText } from './preset-document.js';

/** @throws InputError with a line for each fault. */
export function readHardware({ text, file }: PresetText, findBase: FindBase): Hardware {
  return familyByName(familyOf(text, file, findBase), file).read(text, file, findBase);
}

/** A family that `file` names. @throws InputError where there is none. */
export function familyByName(name: string, file: string): CatalogEntry {
  const family = catalog.find((candidate) => candidate.name === name);
  if (family) return family;
  const known = catalog.map((candidate) => candidate.name);
  throw new InputError(
    `${file}: family: found '${name}', expected ${known.join(', ')}${nearest(name, known) || ', or one that --plugin brings'}`,
  );
}

/** What is said of a name that no preset has; `known` are those that there are. */
export const unknownHardware = (name: string, known: readonly string[]) =>
  new InputError(
    `unknown hardware '${name}'${nearest(name, known) || '; expected a name of "zeroskip hardware list" or a .yaml file'}`,
  );
