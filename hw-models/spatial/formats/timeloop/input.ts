// Reads Timeloop's input files and tells them apart by their top-level keys: an architecture and
// its components, a problem, a mapping, constraints, sparse optimisations, energies of actions; and
// loop nests as Timeloop prints them.

import { InputError } from '../../../../workloads/base/errors.js';
import { nearestOf } from '../../../../workloads/base/nearest.js';
import { type SourceFile, textOf } from '../../../../workloads/formats/source.js';
import { followIncludes } from '../../../../workloads/formats/timeloop/includes.js';
import { isMap, mergedDeep } from '../../../../workloads/formats/timeloop/merge.js';
import { readYaml, type YamlFile } from '../../../../workloads/formats/yaml/document.js';

export type Values = Readonly<Record<string, unknown>>;
export type Path = readonly PropertyKey[];

/** A value of a file with where it stands. */
export interface Part {
  readonly value: unknown;
  readonly path: Path;
  readonly yaml: YamlFile;
  readonly file: SourceFile;
}

export interface TimeloopInput {
  readonly architecture: Part | null;
  readonly problem: Part | null;
  readonly mapping: Part | null;
  /** A loop nest as Timeloop prints it. */
  readonly loops: { readonly text: string; readonly file: string } | null;
  readonly variables: Part | null;
  /** Classes of components, from the outermost file on. */
  readonly components: readonly Part[];
  /** Targets of constraints on mappings. */
  readonly constraints: readonly Part[];
  readonly sparse: Part | null;
  /** Files that hold an energy reference table. */
  readonly energies: readonly SourceFile[];
  /** Tables of areas. */
  readonly areas: readonly Part[];
  readonly notes: readonly string[];
}

const single = {
  architecture: 'architecture',
  problem: 'problem',
  mapping: 'mapping',
  variables: 'variables',
  sparse_optimizations: 'sparse',
} as const;
const CONSTRAINTS = [
  'constraints',
  'mapspace_constraints',
  'architecture_constraints',
  'arch_constraints',
  'map_constraints',
  'mapspace',
  'extra_mapping_constraints',
];
const COMPONENTS = ['components', 'compound_components'];
/** What says nothing about a design: settings of the mapper and of the front end. */
const UNUSED = ['mapper', 'globals', 'model', 'version'];
const ENERGIES = ['ERT', 'ERT_summary'];
const TABLES = ['ART', 'ART_summary'];

/** @throws InputError, one line with its place, for what Timeloop is not given. */
export async function readInput(files: readonly SourceFile[]): Promise<TimeloopInput> {
  const parts = new Map<string, Part>();
  const components: Part[] = [];
  const constraints: Part[] = [];
  const energies: SourceFile[] = [];
  const areas: Part[] = [];
  const notes: string[] = [];
  let loops: TimeloopInput['loops'] = null;
  for (const file of files) {
    if (/\.txt$/i.test(file.name)) {
      if (loops) throw new InputError(`${file.name}: found a second loop nest, expected one`);
      loops = { text: textOf(file), file: file.name };
      continue;
    }
    const { text, origins } = await followIncludes(file);
    const yaml = readYaml(text, file.name, origins);
    const root = mergedDeep(yaml.value);
    if (!isMap(root)) {
      throw new InputError(
        `${file.name}: found no map, expected ${Object.keys(single).join(', ')} or constraints at the top`,
      );
    }
    for (const [name, value] of Object.entries(root)) {
      const key = name.replaceAll('-', '_');
      const own = Reflect.get(single, key) as string | undefined;
      const plain = own === 'problem' ? value : plainKeys(value);
      const part: Part = { value: plain, path: [name], yaml, file };
      if (own !== undefined) {
        if (parts.has(own)) {
          throw new InputError(`${yaml.place([name])}: found a second ${name}, expected one`);
        }
        parts.set(own, part);
      } else if (CONSTRAINTS.includes(key)) constraints.push(part);
      else if (COMPONENTS.includes(key)) components.push(part);
      else if (ENERGIES.includes(key)) energies.push(file);
      else if (TABLES.includes(key)) areas.push(part);
      else if (!UNUSED.includes(key)) throw unknownKey(name, yaml);
    }
  }
  return {
    architecture: parts.get('architecture') ?? null,
    problem: parts.get('problem') ?? null,
    mapping: parts.get('mapping') ?? null,
    variables: parts.get('variables') ?? null,
    sparse: parts.get('sparse') ?? null,
    ...{ loops, components, constraints, energies, areas, notes },
  };
}

function unknownKey(name: string, yaml: YamlFile): InputError {
  const known = [...Object.keys(single), 'constraints', ...COMPONENTS, ...ENERGIES, ...UNUSED];
  const near = nearestOf(name, known);
  const meant = near === null ? '' : `; did you mean ${near}?`;
  return new InputError(
    `${yaml.place([name])}: ${name}: unknown key, expected ${known.join(', ')}${meant}`,
  );
}

/** 'word-bits' and 'word_bits' are the same key. */
function plainKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plainKeys);
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key.replaceAll('-', '_'), plainKeys(inner)]),
  );
}

/** A part of a part. */
export const inside = ({ value, path, yaml, file }: Part, ...keys: Path): Part => ({
  value: keys.reduce<unknown>(
    (of, key) => (of !== null && typeof of === 'object' ? Reflect.get(of, key) : undefined),
    value,
  ),
  path: [...path, ...keys],
  yaml,
  file,
});

export function fault(part: Part, found: string, expected: string): InputError {
  const name = [...part.path].reverse().find((key) => typeof key === 'string');
  const what = name === undefined ? '' : `${String(name)}: `;
  return new InputError(
    `${part.yaml.place(part.path)}: ${what}found ${found}, expected ${expected}`,
  );
}

export const shown = (value: unknown): string =>
  value === undefined ? 'none' : (JSON.stringify(value) ?? 'none').slice(0, 80);

/** @throws InputError where the part is no map. */
export function mapOf(part: Part): Values {
  if (isMap(part.value)) return part.value;
  throw fault(part, shown(part.value), 'a map');
}

/** Parts of a list; none where it is missing. @throws InputError where the part is no list. */
export function listOf(part: Part): readonly Part[] {
  if (part.value === undefined || part.value === null) return [];
  if (!Array.isArray(part.value)) throw fault(part, shown(part.value), 'a list');
  return part.value.map((_, at) => inside(part, at));
}

/** @throws InputError where the part is no name. */
export function nameOf(part: Part): string {
  if (typeof part.value === 'string' && part.value !== '') return part.value;
  throw fault(part, shown(part.value), 'a name');
}

/** Names in a list, or one of them alone. @throws InputError */
export function namesOf(part: Part): readonly string[] {
  if (typeof part.value === 'string') return part.value.split(/[\s,]+/).filter(Boolean);
  return listOf(part).map(nameOf);
}
