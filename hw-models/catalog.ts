// The modelled hardware families, a line each, and those that come from outside.

import { InputError } from '../workloads/base/errors.js';
import { bind, checkedConfig } from './bind.js';
import type { Family, Figure, Hardware } from './contract.js';
import { cpu } from './cpu/index.js';
import { eie } from './eie/index.js';
import { checkedFamily } from './family-check.js';
import { gpu } from './gpu/index.js';
import { hostModel } from './host-model/index.js';
import { readPreset } from './preset.js';
import type { FindBase } from './preset-document.js';
import { presetSchema } from './preset-schema.js';
import { scnn } from './scnn/index.js';
import { spatial } from './spatial/index.js';
import { systolic } from './systolic/index.js';

/** A family as sim/ meets it: it reads presets and forgets what is in them. */
export interface CatalogEntry {
  readonly name: string;
  readonly title: string;
  /** SHA-256 of the file that it comes from, for one from outside; null where none is known. */
  readonly code: string | null;
  /** @throws InputError with a line for each fault, `file` named. */
  read(text: string, file: string, findBase?: FindBase): Hardware;
  /** The JSON Schema of its presets, of which some are named. */
  schema(presets: readonly string[]): Readonly<Record<string, unknown>>;
  /**
   * Binds a config that was read before, elsewhere; figures and their sources stay behind. @throws
   * InputError with a line for each fault.
   */
  rebind(name: string, config: object): Hardware;
}

function entry<Config extends object>(
  family: Family<Config>,
  code: string | null = null,
): CatalogEntry {
  const { name, title } = family;
  return {
    ...{ name, title, code },
    read: (text, file, findBase) => bind(family, readPreset(text, file, family, findBase)),
    schema: (presets) => presetSchema(family, presets),
    rebind: (preset, config) =>
      bind(family, { ...emptyPreset(preset), config: checkedConfig(family, preset, config) }),
  };
}

const emptyPreset = (name: string) => ({ name, title: name, figures: new Map<string, Figure>() });

const entries: CatalogEntry[] = [
  entry(cpu),
  entry(gpu),
  entry(eie),
  entry(systolic),
  entry(spatial),
  entry(scnn),
  entry(hostModel),
];

/** Every family that is known: those above, then those registered, in that order. */
export const catalog: readonly CatalogEntry[] = entries;

/**
 * Makes a family from outside known to all that reads presets in this process: those that say
 * `family: NAME`. @throws InputError for members that are missing or not what they must be, and for
 * a name that another family has.
 */
export function registerFamily<Config extends object>(family: Family<Config>): void {
  registerFamilies([family], 'registerFamily');
}

/**
 * All of them or, where one is faulty, none. `where` names in messages what they come from, `code`
 * is that file's SHA-256. Returns their names.
 */
export function registerFamilies(
  families: readonly unknown[],
  where: string,
  code: string | null = null,
): readonly string[] {
  const names = new Set(entries.map(({ name }) => name));
  const checked = families.map((candidate, at) => {
    const family = checkedFamily(candidate, families.length > 1 ? `${where}[${at}]` : where);
    if (names.has(family.name))
      throw new InputError(
        `${where}: name: found '${family.name}', which exists already, expected another one than ${[...names].join(', ')}`,
      );
    names.add(family.name);
    return family;
  });
  entries.push(...checked.map((family) => entry(family, code)));
  return checked.map(({ name }) => name);
}
