// The modelled hardware families, a line each.

import { bind } from './bind.js';
import type { Family, Hardware } from './contract.js';
import { cpu } from './cpu/index.js';
import { eie } from './eie/index.js';
import { gpu } from './gpu/index.js';
import { readPreset } from './preset.js';

/** A family as sim/ meets it: it reads presets and forgets what is in them. */
export interface CatalogEntry {
  readonly name: string;
  readonly title: string;
  /** @throws InputError with a line for each fault, `file` named. */
  read(text: string, file: string): Hardware;
}

function entry<Config extends object>(family: Family<Config>): CatalogEntry {
  const { name, title } = family;
  return { name, title, read: (text, file) => bind(family, readPreset(text, file, family)) };
}

export const catalog: readonly CatalogEntry[] = [entry(cpu), entry(gpu), entry(eie)];
