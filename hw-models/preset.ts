// YAML → Preset: every number with its unit, the kind of its source and the place; faults with
// file:line, all at once.

import { z } from 'zod';
import { InputError } from '../workloads/base/errors.js';
import type { Family, Figure, Preset, Provenance, Unit } from './contract.js';
import { type Fault, faultsIn, schemaAt } from './faults.js';
import { type FindBase, openPreset, type PresetDocument } from './preset-document.js';
import { unitNames, unitOf, units } from './units.js';

export const sources = [
  'paper',
  'datasheet',
  'measured',
  'fitted',
  'estimate',
] as const satisfies readonly Provenance[];

/** A number as a preset writes it, in one of the units that measure `unit`. */
function figureEntry(unit: Unit | undefined) {
  return z.strictObject({
    value: z.number(),
    unit: z.enum(unitNames(unit) as [string, ...string[]]),
    from: z.enum(sources),
    cite: z.string().min(1),
  });
}

const Header = z.object({
  name: z.string().min(1),
  title: z.string().min(1),
  family: z.string().min(1),
  aliases: z.array(z.string().min(1)).optional(),
});

/** Keys of a preset beside its family's. */
export const headerKeys = [...Object.keys(Header.shape), 'extends'] as const;

const noBase: FindBase = (name) => {
  throw new InputError(`found ${name}, expected a preset that builds on no other`);
};

/**
 * Reads presets of one family. `file` names the text in messages; `findBase` finds what it extends.
 * @throws InputError with a line for each fault.
 */
export function readPreset<Config>(
  text: string,
  file: string,
  family: Family<Config>,
  findBase: FindBase = noBase,
): Preset<Config> {
  const document = openPreset({ text, file }, findBase);
  const { name, title } = readHeader(document);
  const faults: Fault[] = [];
  const figures = new Map<string, Figure>();
  const body = Object.fromEntries(
    Object.entries(document.value).filter(
      ([key]) => !(headerKeys as readonly string[]).includes(key),
    ),
  );
  const plain = takeFigures(body, [], { schema: family.schema, figures, faults });
  const parsed = family.schema.safeParse(plain);
  if (!parsed.success) {
    const known = faults.map(({ path }) => path[0]);
    // A number that could not be read has its own fault; what the schema says of the hole would
    // only repeat it.
    faults.push(
      ...faultsIn(parsed.error, plain, family.schema).filter(
        ({ path }) => !known.includes(path[0]),
      ),
    );
  }
  document.fail(faults);
  return { name, title, config: parsed.data as Config, figures };
}

/** Which family a preset's text is for. */
export function familyOf(text: string, file: string, findBase: FindBase = noBase): string {
  return readHeader(openPreset({ text, file }, findBase)).family;
}

function readHeader(document: PresetDocument): z.infer<typeof Header> {
  const header = Header.safeParse(document.value);
  if (!header.success) {
    document.fail(
      header.error.issues.map((issue) => ({
        path: issue.path,
        text: `found nothing usable, expected ${issue.path[0] === 'aliases' ? 'a list of names' : 'a text'}`,
      })),
    );
  }
  return header.data as z.infer<typeof Header>;
}

interface Taking {
  readonly schema: z.ZodType;
  readonly figures: Map<string, Figure>;
  readonly faults: Fault[];
}

/**
 * Replaces each { value, unit, from, cite } by its SI value and files the figure under its path.
 */
function takeFigures(value: unknown, path: readonly string[], taking: Taking): unknown {
  const { schema, figures, faults } = taking;
  if (typeof value === 'number') {
    faults.push({ path, text: `found a bare ${value}, expected { value, unit, from, cite }` });
    return value;
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  if (!('value' in value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [
        key,
        takeFigures(inner, [...path, key], taking),
      ]),
    );
  }
  const Entry = figureEntry(unitOf(schemaAt(schema, path)));
  const entry = Entry.safeParse(value);
  if (!entry.success) {
    const found = faultsIn(entry.error, value, Entry);
    faults.push(...found.map(({ path: inner, text }) => ({ path: [...path, ...inner], text })));
    return undefined;
  }
  const [factor, unit] = units[entry.data.unit] as readonly [number, Unit];
  const { from, cite } = entry.data;
  const si = entry.data.value * factor;
  figures.set(path.join('.'), {
    value: si,
    unit,
    published: `${entry.data.value} ${entry.data.unit}`,
    from,
    cite,
  });
  return si;
}
