// Finds the shipped presets on disk, beside the families, in the sources and in dist/ alike.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { InputError } from '../workloads/base/errors.js';
import { type CatalogEntry, catalog } from './catalog.js';
import type { Hardware } from './contract.js';
import { nearest } from './faults.js';
import { familyOf } from './preset.js';

const folderOf = (family: string) => fileURLToPath(new URL(`./${family}/presets/`, import.meta.url));

/** Names of the shipped presets, family by family. */
export function presetNames(): readonly string[] {
  return catalog.flatMap(({ name }) => {
    const folder = folderOf(name);
    if (!existsSync(folder)) return [];
    const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));
    return files.map((file) => file.slice(0, -'.yaml'.length)).sort();
  });
}

/** A shipped preset by name, or one from a YAML file by path. @throws InputError where there is none. */
export function loadHardware(nameOrFile: string): Hardware {
  if (/\.ya?ml$/.test(nameOrFile)) return loadFile(nameOrFile);
  for (const family of catalog) {
    const file = `${folderOf(family.name)}${nameOrFile}.yaml`;
    if (/^[\w.-]+$/.test(nameOrFile) && existsSync(file)) return family.read(readFileSync(file, 'utf8'), file);
  }
  const known = presetNames();
  throw new InputError(
    `unknown hardware '${nameOrFile}'${nearest(nameOrFile, known)}; expected ${known.join(', ')}, host, or a .yaml file`,
  );
}

function loadFile(file: string): Hardware {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new InputError(`${file}: cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown fault'})`);
  }
  return familyByName(familyOf(text, file), file).read(text, file);
}

function familyByName(name: string, file: string): CatalogEntry {
  const family = catalog.find((candidate) => candidate.name === name);
  if (family) return family;
  const known = catalog.map((candidate) => candidate.name);
  throw new InputError(`${file}: family: found '${name}', expected ${known.join(', ')}${nearest(name, known)}`);
}
