// The modelled hardware families, a line each.

import { bind, checkedConfig } from './bind.js';
import type { Family, Figure, Hardware } from './contract.js';
import { cpu } from './cpu/index.js';
import { eie } from './eie/index.js';
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

function entry<Config extends object>(family: Family<Config>): CatalogEntry {
  const { name, title } = family;
  return {
    ...{ name, title },
    read: (text, file, findBase) => bind(family, readPreset(text, file, family, findBase)),
    schema: (presets) => presetSchema(family, presets),
    rebind: (preset, config) =>
      bind(family, { ...emptyPreset(preset), config: checkedConfig(family, preset, config) }),
  };
}

const emptyPreset = (name: string) => ({ name, title: name, figures: new Map<string, Figure>() });

export const catalog: readonly CatalogEntry[] = [
  entry(cpu),
  entry(gpu),
  entry(eie),
  entry(systolic),
  entry(spatial),
  entry(scnn),
  entry(hostModel),
];
