// Finds the shipped presets on disk, beside the families, in the sources and in dist/ alike.

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InputError } from '../workloads/base/errors.js';
import { type CatalogEntry, catalog } from './catalog.js';
import type { Hardware } from './contract.js';
import { nearest } from './faults.js';
import { familyOf } from './preset.js';
import type { FindBase, PresetText } from './preset-document.js';

const folderOf = (family: string) =>
  fileURLToPath(new URL(`./${family}/presets/`, import.meta.url));

/** Names of the shipped presets, family by family. */
export function presetNames(): readonly string[] {
  return catalog.flatMap(({ name }) => {
    const folder = folderOf(name);
    if (!existsSync(folder)) return [];
    const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));
    return files.map((file) => file.slice(0, -'.yaml'.length)).sort();
  });
}

/**
 * A shipped preset by name, or one from a YAML file by path. @throws InputError where there is
 * none.
 */
export function loadHardware(nameOrFile: string): Hardware {
  const { text, file } = isFile(nameOrFile) ? readText(nameOrFile) : shipped(nameOrFile);
  return familyByName(familyOf(text, file, findBase), file).read(text, file, findBase);
}

/** The JSON Schema of a family's presets. @throws InputError for an unknown family. */
export function hardwareSchema(family: string): Readonly<Record<string, unknown>> {
  const names = presetNames().filter((name) => loadHardware(name).family === family);
  return familyByName(family, 'hardware schema').schema(names);
}

/** A shipped preset by name, or a file relative to the one that extends it. */
const findBase: FindBase = (name, from) =>
  isFile(name) ? readText(resolve(dirname(from), name)) : shipped(name);

const isFile = (name: string) => /\.ya?ml$/.test(name);

function shipped(name: string): PresetText {
  for (const family of catalog) {
    const file = `${folderOf(family.name)}${name}.yaml`;
    if (/^[\w.-]+$/.test(name) && existsSync(file))
      return { text: readFileSync(file, 'utf8'), file };
  }
  const known = presetNames();
  throw new InputError(
    `unknown hardware '${name}'${nearest(name, known)}; expected ${known.join(', ')}, host, or a .yaml file`,
  );
}

function readText(file: string): PresetText {
  try {
    // A pipe that nobody writes to would be waited for.
    if (!statSync(file).isFile())
      throw new InputError(`${file}: found a folder, a pipe or a device, expected a file`);
    return { text: readFileSync(file, 'utf8'), file };
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(
      `${file}: cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown fault'})`,
    );
  }
}

function familyByName(name: string, file: string): CatalogEntry {
  const family = catalog.find((candidate) => candidate.name === name);
  if (family) return family;
  const known = catalog.map((candidate) => candidate.name);
  throw new InputError(
    `${file}: family: found '${name}', expected ${known.join(', ')}${nearest(name, known) || ', or one that --plugin brings'}`,
  );
}
