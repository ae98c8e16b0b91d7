// YAML → Preset: every number with its unit, the kind of its source and the place; faults with file:line, all at once.

import { isMap, isScalar, LineCounter, type Node, parseDocument, type YAMLMap } from 'yaml';
import { z } from 'zod';
import { InputError } from '../workloads/base/errors.js';
import type { Family, Figure, Preset, Provenance, Unit } from './contract.js';
import { type Fault, faultsIn, faultText } from './faults.js';

/** Units a preset may use, with the factor to SI. Prefixes are decimal; KiB and MiB are binary. */
const units: Readonly<Record<string, readonly [factor: number, unit: Unit]>> = {
  Hz: [1, 'Hz'],
  kHz: [1e3, 'Hz'],
  MHz: [1e6, 'Hz'],
  GHz: [1e9, 'Hz'],
  s: [1, 's'],
  ms: [1e-3, 's'],
  us: [1e-6, 's'],
  ns: [1e-9, 's'],
  J: [1, 'J'],
  nJ: [1e-9, 'J'],
  pJ: [1e-12, 'J'],
  fJ: [1e-15, 'J'],
  W: [1, 'W'],
  mW: [1e-3, 'W'],
  B: [1, 'B'],
  KiB: [1024, 'B'],
  MiB: [1024 ** 2, 'B'],
  GiB: [1024 ** 3, 'B'],
  'B/s': [1, 'B/s'],
  'MB/s': [1e6, 'B/s'],
  'GB/s': [1e9, 'B/s'],
  mm2: [1, 'mm2'],
  um2: [1e-6, 'mm2'],
  nm: [1, 'nm'],
  V: [1, 'V'],
  bit: [1, 'bit'],
  cycles: [1, 'cycles'],
  'per cycle': [1, 'per cycle'],
  count: [1, 'count'],
  ratio: [1, 'ratio'],
  percent: [0.01, 'ratio'],
};

const sources = ['paper', 'datasheet', 'measured', 'fitted', 'estimate'] as const satisfies readonly Provenance[];

const FigureEntry = z.strictObject({
  value: z.number(),
  unit: z.enum(Object.keys(units) as [string, ...string[]]),
  from: z.enum(sources),
  cite: z.string().min(1),
});

const Header = z.object({ name: z.string().min(1), title: z.string().min(1), family: z.string().min(1) });

/** Reads presets of one family. `file` names the text in messages. */
export function readPreset<Config>(text: string, file: string, family: Family<Config>): Preset<Config> {
  const document = openYaml(text, file);
  const { name, title } = readHeader(document);
  const faults: Fault[] = [];
  const figures = new Map<string, Figure>();
  const { name: _name, title: _title, family: _family, ...body } = document.value;
  const plain = takeFigures(body, [], figures, faults);
  const parsed = family.schema.safeParse(plain);
  if (!parsed.success) {
    const known = faults.map(({ path }) => path[0]);
    // A number that could not be read has its own fault; what the schema says of the hole would only repeat it.
    faults.push(...faultsIn(parsed.error, plain, family.schema).filter(({ path }) => !known.includes(path[0])));
  }
  document.fail(faults);
  return { name, title, config: parsed.data as Config, figures };
}

/** Which family a preset's text is for. */
export function familyOf(text: string, file: string): string {
  return readHeader(openYaml(text, file)).family;
}

interface OpenDocument {
  readonly value: Readonly<Record<string, unknown>>;
  /** Throws one InputError with a line for each fault; returns when there are none. */
  fail(faults: readonly Fault[]): void;
}

function openYaml(text: string, file: string): OpenDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const [error] = document.errors;
  if (error)
    throw new InputError(`${at(error.pos[0])}: ${(error.message.split('\n')[0] as string).replace(/ at line.*$/, '')}`);
  const root = document.contents;
  if (!isMap(root)) throw new InputError(`${file}:1:1: found no keys, expected a hardware preset`);
  return {
    value: document.toJS({ maxAliasCount: 100 }),
    fail(faults) {
      if (faults.length === 0) return;
      const placed = faults.map((fault) => ({ offset: offsetOf(root, fault.path), text: faultText(fault) }));
      placed.sort((a, b) => a.offset - b.offset);
      throw new InputError(placed.map(({ offset, text }) => `${at(offset)}: ${text}`).join('\n'));
    },
  };
}

function readHeader(document: OpenDocument): z.infer<typeof Header> {
  const header = Header.safeParse(document.value);
  if (!header.success) {
    document.fail(
      header.error.issues.map((issue) => ({ path: issue.path, text: `found nothing usable, expected a text` })),
    );
  }
  return header.data as z.infer<typeof Header>;
}

/** Replaces each { value, unit, from, cite } by its SI value and files the figure under its path. */
function takeFigures(value: unknown, path: readonly string[], figures: Map<string, Figure>, faults: Fault[]): unknown {
  if (typeof value === 'number') {
    faults.push({ path, text: `found a bare ${value}, expected { value, unit, from, cite }` });
    return value;
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  if (!('value' in value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, takeFigures(inner, [...path, key], figures, faults)]),
    );
  }
  const entry = FigureEntry.safeParse(value);
  if (!entry.success) {
    const found = faultsIn(entry.error, value, FigureEntry);
    faults.push(...found.map(({ path: inner, text }) => ({ path: [...path, ...inner], text })));
    return undefined;
  }
  const [factor, unit] = units[entry.data.unit] as readonly [number, Unit];
  const { from, cite } = entry.data;
  const si = entry.data.value * factor;
  figures.set(path.join('.'), { value: si, unit, published: `${entry.data.value} ${entry.data.unit}`, from, cite });
  return si;
}

/** Where a path stands in the text; a missing key points at the map that lacks it. */
function offsetOf(root: YAMLMap, path: readonly PropertyKey[]): number {
  let node: Node = root;
  let offset = root.range?.[0] ?? 0;
  for (const key of path) {
    const pair = isMap(node) ? node.items.find((item) => isScalar(item.key) && item.key.value === key) : undefined;
    if (!pair) break;
    offset = (pair.key as Node).range?.[0] ?? offset;
    node = pair.value as Node;
  }
  return offset;
}
