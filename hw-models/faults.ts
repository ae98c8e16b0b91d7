// Reports the errors of a config in terms of its file: what was found, what was expected, the
// closest key.

import { z } from 'zod';
import { nearestOf } from '../workloads/base/nearest.js';

export interface Fault {
  readonly path: readonly PropertyKey[];
  readonly text: string;
}

/** 'pes: found 0, expected a whole number from 1 to 1024'. */
export const faultText = ({ path, text }: Fault): string =>
  path.length > 0 ? `${path.map(String).join('.')}: ${text}` : text;

/**
 * What is wrong with `input`. Relations between fields are told only once each field is sound by
 * itself.
 */
export function faultsIn(error: z.ZodError, input: unknown, schema: z.ZodType): readonly Fault[] {
  const single = error.issues.filter((issue) => issue.code !== 'custom');
  const issues = single.length > 0 ? single : error.issues;
  return issues.flatMap((issue) => faultsOf(issue, input, schema));
}

/** One issue of `schema` with `input` as faults, one an unknown key. */
function faultsOf(issue: z.core.$ZodIssue, input: unknown, schema: z.ZodType): readonly Fault[] {
  if (issue.code === 'unrecognized_keys') {
    const inner = schemaAt(schema, issue.path);
    const known = inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
    return issue.keys.map((key) => ({
      path: [...issue.path, key],
      text: `unknown key${nearest(key, known)}`,
    }));
  }
  if (issue.code === 'custom') return [{ path: issue.path, text: issue.message }];
  const found = issue.path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown>)?.[key],
    input,
  );
  const expected = expectation(issue, schemaAt(schema, issue.path));
  const text =
    found === undefined
      ? `missing, expected ${expected}`
      : `found ${shown(found)}, expected ${expected}`;
  return [{ path: issue.path, text }];
}

/** '; did you mean X?' where a known key is near, else nothing. */
export function nearest(key: string, known: readonly string[]): string {
  const candidate = nearestOf(key, known, 2);
  return candidate === null ? '' : `; did you mean ${candidate}?`;
}

/** The schema of the value at `path`, whether it may be left out or not. */
export function schemaAt(schema: z.ZodType, path: readonly PropertyKey[]): z.ZodType | undefined {
  let inner: z.ZodType | undefined = required(schema);
  for (const key of path) {
    if (inner instanceof z.ZodObject) {
      inner = required((inner.shape as Record<PropertyKey, z.ZodType>)[key]);
    } else if (inner instanceof z.ZodRecord) inner = required(inner.valueType as z.ZodType);
    else inner = undefined;
  }
  return inner;
}

const required = (schema: z.ZodType | undefined) =>
  schema instanceof z.ZodOptional ? (schema.unwrap() as z.ZodType) : schema;

/** What files call the types of JavaScript. */
const typeNames: Readonly<Record<string, string>> = {
  array: 'a list',
  object: 'a map',
  record: 'a map',
  string: 'a text',
  boolean: 'true or false',
  int: 'a whole number',
};

function expectation(issue: z.core.$ZodIssue, schema: z.ZodType | undefined): string {
  if (schema instanceof z.ZodNumber) return numberRange(schema);
  if (issue.code === 'invalid_value') return issue.values.map(String).join(', ');
  if (issue.code !== 'invalid_type') return issue.message;
  return typeNames[issue.expected] ?? `a ${issue.expected}`;
}

/** 'a whole number from 1 to 1024', 'a number above 0'. */
function numberRange(schema: z.ZodNumber): string {
  const { type, minimum, exclusiveMinimum, maximum, exclusiveMaximum } = z.toJSONSchema(schema);
  const unbounded = Number.MAX_SAFE_INTEGER; // zod bounds every whole number by it
  const low = minimum !== undefined && minimum > -unbounded ? minimum : undefined;
  const high = maximum !== undefined && maximum < unbounded ? maximum : undefined;
  const what = type === 'integer' ? 'a whole number' : 'a number';
  if (low !== undefined && high !== undefined) return `${what} from ${low} to ${high}`;
  const above =
    low !== undefined
      ? ` of at least ${low}`
      : exclusiveMinimum !== undefined
        ? ` above ${exclusiveMinimum}`
        : '';
  const below =
    high !== undefined
      ? ` up to ${high}`
      : exclusiveMaximum !== undefined
        ? ` below ${exclusiveMaximum}`
        : '';
  return what + [above, below].filter(Boolean).join(' and');
}

const shown = (value: unknown) =>
  typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value));
