// Finds presets on disk: the shipped ones beside their families, in the sources and in dist/ alike,
// and those that come with families from outside.

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InputError } from '../workloads/base/errors.js';
import { readYaml } from '../workloads/formats/yaml/document.js';
import { catalog } from './catalog.js';
import type { Hardware } from './contract.js';
import { familyOf } from './preset.js';
import type { FindBase, PresetText } from './preset-document.js';
import { familyByName, readHardware, unknownHardware } from './read-hardware.js';

const folderOf = (family: string) =>
  fileURLToPath(new URL(`./${family}/presets/`, import.meta.url));

/** Files of presets from outside, by name. */
const added = new Map<string, string>();

/** Names of the presets, those that come with the package first, family by family. */
export function presetNames(): readonly string[] {
  return [...catalog.flatMap(({ name }) => namesIn(folderOf(name))), ...added.keys()];
}

function namesIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));
  return files.map((file) => file.slice(0, -'.yaml'.length)).sort();
}

/**
 * Makes the files of a folder known by name that are presets of one of `families`; a folder that is
 * not there has none. @throws InputError for a name that another preset has, or a faulty file.
 */
export function addPresets(folder: string, families: readonly string[]): void {
  const known = presetNames();
  const found = namesIn(folder).flatMap((name): readonly (readonly [string, string])[] => {
    const { text, file } = readText(resolve(folder, `${name}.yaml`));
    if (!families.includes(familyOf(text, file, findBase))) return [];
    if (!known.includes(name)) return [[name, file]];
    throw new InputError(`${file}: found a name that another preset has, expected one of its own`);
  });
  for (const [name, file] of found) added.set(name, file);
}

/**
 * A preset by name, or one from a YAML file by path. @throws InputError where there is
 * none.
 */
export function loadHardware(nameOrFile: string): Hardware {
  return readHardware(isFile(nameOrFile) ? readText(nameOrFile) : named(nameOrFile), findBase);
}

/** The JSON Schema of a family's presets. @throws InputError for an unknown family. */
export function hardwareSchema(family: string): Readonly<Record<string, unknown>> {
  const names = presetNames().filter((name) => loadHardware(name).family === family);
  return familyByName(family, 'hardware schema').schema(names);
}

/** A preset by name, or a file relative to the one that extends it. */
const findBase: FindBase = (name, from) =>
  isFile(name) ? readText(resolve(dirname(from), name)) : named(name);

const isFile = (name: string) => /\.ya?ml$/.test(name);

function named(name: string): PresetText {
  const own = added.get(name);
  if (own !== undefined) return readText(own);
  for (const family of catalog) {
    const file = `${folderOf(family.name)}${name}.yaml`;
    if (/^[\w.-]+$/.test(name) && existsSync(file))
      return { text: readFileSync(file, 'utf8'), file };
  }
  const aliased = aliases().get(name);
  if (aliased !== undefined) return readText(aliased);
  throw unknownHardware(name, [...presetNames(), ...aliases().keys(), 'host']);
}

let otherNames: ReadonlyMap<string, string> | null = null;

/** Files of the shipped presets by the other names that they state. */
function aliases(): ReadonlyMap<string, string> {
  otherNames ??= new Map(
    catalog.flatMap(({ name: family }) =>
      namesIn(folderOf(family)).flatMap((name) => {
        const file = `${folderOf(family)}${name}.yaml`;
        const text = readFileSync(file, 'utf8');
        // Few have any, and reading all of them takes a third of a second.
        if (!/^aliases:/m.test(text)) return [];
        const { value } = readYaml(text, file);
        const { aliases = [] } = value as { readonly aliases?: readonly string[] };
        return aliases.map((alias) => [alias, file] as const);
      }),
    ),
  );
  return otherNames;
}

/** Other names of the shipped presets, by name. */
export function presetAliases(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const [alias, file] of aliases()) {
    const name = basename(file, '.yaml');
    found.set(name, [...(found.get(name) ?? []), alias]);
  }
  return found;
}

function readText(file: string): PresetText {
  try {
    // A pipe that nobody writes to would be waited for.
    if (!statSync(file).isFile())
      throw new InputError(`${file}: found a folder, a pipe or a device, expected a file`);
    return { text: readFileSync(file, 'utf8'), file };
  } catch (error) {
    if (error instanceof InputError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new InputError(
      `${file}: ${code === 'ENOENT' ? 'no such file' : `cannot be read (${code ?? 'unknown fault'})`}`,
    );
  }
}

/** The shipped presets' texts by name, for whoever reads files that build on them elsewhere. */
export function presetTexts(): ReadonlyMap<string, string> {
  return new Map(presetNames().map((name) => [name, named(name).text]));
}
