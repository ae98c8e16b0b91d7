// A preset's YAML with the places of its keys, and the presets that it extends.

import { InputError } from '../workloads/base/errors.js';
import { readYaml, type YamlFile } from '../workloads/formats/yaml/document.js';
import { type Fault, faultText } from './faults.js';

/** A preset as it stands on disk. `file` names it in messages. */
export interface PresetText {
  readonly text: string;
  readonly file: string;
}

/**
 * Finds the preset that the file `from` extends by `name`. @throws InputError where there is none.
 */
export type FindBase = (name: string, from: string) => PresetText;

type Body = Readonly<Record<string, unknown>>;

export interface PresetDocument {
  /** Every key of the file, and of what it extends where it says nothing else. */
  readonly value: Body;
  /** Throws one InputError with a line for each fault; returns when there are none. */
  fail(faults: readonly Fault[]): void;
}

/** Presets that extend each other further than this are a mistake. */
const DEEPEST = 8;

/**
 * Reads a file and what it extends. Maps are merged key by key, numbers with their source are taken
 * whole, and `null` takes away what the extended preset says. `users` are the files that extend
 * this one.
 */
export function openPreset(
  source: PresetText,
  findBase: FindBase,
  users: readonly string[] = [],
): PresetDocument {
  const yaml = readYaml(source.text, source.file);
  const { value } = yaml;
  if (!isSection(value))
    throw new InputError(`${yaml.place([])}: found no keys, expected a hardware preset`);
  const { extends: name, ...own } = value;
  if (name === undefined) return { value: own, fail: (faults) => failAt(faults, yaml, null) };
  const place = yaml.place(['extends']);
  if (typeof name !== 'string') {
    throw new InputError(
      `${place}: extends: found ${JSON.stringify(name)}, expected a preset's name or a file`,
    );
  }
  const chain = [...users, source.file];
  const found = located(() => findBase(name, source.file), place);
  if (chain.includes(found.file) || chain.length > DEEPEST) {
    throw new InputError(
      `${place}: extends: found a circle, ${[...chain, found.file].join(' extends ')}`,
    );
  }
  const base = openPreset(found, findBase, chain);
  if (own.family !== undefined && own.family !== base.value.family) {
    const expected = `${base.value.family}, the family of ${name}`;
    throw new InputError(
      `${yaml.place(['family'])}: family: found ${own.family}, expected ${expected}`,
    );
  }
  // Other names of a device are not those of what builds on it.
  const { aliases: _, ...rest } = base.value;
  return { value: merged(rest, own), fail: (faults) => failAt(faults, yaml, name) };
}

/** What went wrong with finding the extended preset, told where it is extended. */
function located<Found>(find: () => Found, place: string): Found {
  try {
    return find();
  } catch (error) {
    if (error instanceof InputError) throw new InputError(`${place}: extends: ${error.message}`);
    throw error;
  }
}

function merged(base: Body, own: Body): Body {
  const result: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(own)) {
    const inherited = Object.hasOwn(base, key) ? base[key] : undefined;
    if (value === null && inherited !== undefined) delete result[key];
    else result[key] = isSection(value) && isSection(inherited) ? merged(inherited, value) : value;
  }
  return result;
}

/** A map of further keys, not a number with its source. */
function isSection(value: unknown): value is Body {
  return (
    value !== null && typeof value === 'object' && !Array.isArray(value) && !('value' in value)
  );
}

function failAt(faults: readonly Fault[], yaml: YamlFile, base: string | null): void {
  if (faults.length === 0) return;
  const placed = faults.map((fault) => {
    const inherited = base !== null && !yaml.states(fault.path);
    const text = inherited
      ? `${faultText(fault)} (${base}, extended here, says so)`
      : faultText(fault);
    const path = inherited && !yaml.states(fault.path.slice(0, 1)) ? ['extends'] : fault.path;
    return `${yaml.place(path)}: ${text}`;
  });
  placed.sort((a, b) => lineOf(a) - lineOf(b));
  throw new InputError(placed.join('\n'));
}

const lineOf = (text: string) => Number(/:(\d+):\d+: /.exec(text)?.[1]);
