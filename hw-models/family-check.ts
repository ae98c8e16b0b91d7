// Checks a family from outside the package: every member present, of the right type, none misspelt.

import { z } from 'zod';
import { InputError } from '../workloads/base/errors.js';
import type { Family } from './contract.js';
import { nearest } from './faults.js';
import { units } from './units.js';

function found(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null || ['number', 'boolean'].includes(typeof value)) return `found ${value}`;
  if (typeof value === 'string') return `found '${value.slice(0, 40)}'`;
  if (typeof value === 'function') return 'found a function';
  return Array.isArray(value) ? 'found a list' : 'found an object';
}

type Issue = { readonly input?: unknown };
const expecting = (expected: string) => ({
  error: ({ input }: Issue) => `${found(input)}, expected ${expected}`,
});

const kindOf = (expected: string, isOne: (value: unknown) => boolean) =>
  z.custom(isOne, expecting(expected));

const method = kindOf('a function', (value) => typeof value === 'function');
const optional = method.optional();
const flag = kindOf('true or false', (value) => typeof value === 'boolean').optional();
const list = kindOf('a list', Array.isArray).optional();
const text = kindOf('a text', (value) => typeof value === 'string' && value !== '');
const slug = kindOf(
  'a name of small letters, digits and hyphens',
  (value) => typeof value === 'string' && /^[a-z][a-z0-9-]*$/.test(value),
);

const isSchema = (value: unknown) =>
  typeof value === 'object' && value !== null && '_zod' in value && 'safeParse' in value;

const unitNames = new Set(Object.values(units).map(([, unit]) => unit as string));

const KernelShape = z.strictObject(
  {
    name: slug,
    fallback: flag,
    optIn: flag,
    precision: text.optional(),
    available: optional,
    accepts: method,
    cost: method,
    record: optional,
  } satisfies Record<keyof Family<object>['kernels'][number], z.ZodType>,
  expecting('a kernel'),
);

const MeterShape = z.strictObject(
  {
    unit: kindOf(`one of ${[...unitNames].join(', ')}`, (unit) => unitNames.has(String(unit))),
    meaning: text,
  },
  expecting('{ unit, meaning }'),
);

const partLimits = z
  .record(z.string(), z.number(), expecting('the largest part of a layer by axis'))
  .optional();

const FamilyShape = z.strictObject(
  {
    name: slug,
    title: text,
    schema: kindOf('a schema of zod 4, as z of this package makes it', isSchema),
    kernels: z
      .array(KernelShape, expecting('a list of kernels'))
      .min(1, 'found none, expected a kernel or more'),
    meters: z.record(z.string(), MeterShape, expecting('meters by name')),
    metersOf: optional,
    area: method,
    structure: optional,
    precision: optional,
    peaks: optional,
    capacity: optional,
    dials: list,
    switches: list,
    switchesOf: optional,
    events: optional,
    numericError: optional,
    perInference: optional,
    roughly: optional,
    parts: partLimits,
    place: optional,
    placeExpected: optional,
  } satisfies Record<keyof Family<object>, z.ZodType>,
  expecting('a family'),
);

/**
 * `value` as a family. `where` names it in messages. @throws InputError with a line for each fault.
 */
export function checkedFamily(value: unknown, where: string): Family<object> {
  const { error } = FamilyShape.safeParse(value);
  const faults = (error?.issues ?? []).flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') return at(issue.path, issue.message);
    const shape = issue.path[0] === 'kernels' ? KernelShape.shape : FamilyShape.shape;
    const known = issue.path[0] === 'meters' ? MeterShape.shape : shape;
    return issue.keys.map((key) =>
      at([...issue.path, key], `unknown member${nearest(key, Object.keys(known))}`),
    );
  });
  const family = value as Family<object>;
  if (!error && !('macs' in family.meters || family.metersOf))
    faults.push('meters.macs: missing, expected a count of the multiply-accumulates');
  if (faults.length === 0) return family;
  throw new InputError(faults.map((fault) => `${where}: ${fault}`).join('\n'));
}

const at = (path: readonly PropertyKey[], fault: string) =>
  path.length > 0 ? `${path.map(String).join('.')}: ${fault}` : fault;
