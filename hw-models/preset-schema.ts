// JSON Schema of a family's presets: editors complete keys and units with it, and underline what
// does not belong.

import { z } from 'zod';
import type { Family, Unit } from './contract.js';
import { sources } from './preset.js';
import { unitNames, units } from './units.js';

/** As far as the schemas of families use it. */
interface Node {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Node>>;
  /** Of a map whose keys the preset names. */
  readonly additionalProperties?: Node | boolean;
  readonly propertyNames?: object;
  readonly required?: readonly string[];
  readonly description?: string;
  readonly unit?: Unit;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly multipleOf?: number;
}

const DIALECT = 'http://json-schema.org/draft-07/schema#'; // what editors for YAML understand best

/**
 * The JSON Schema (draft 7) of the family's YAML presets. A preset that extends another may leave
 * out any key, and takes one away with null. Relations between numbers are not in it: `hardware
 * check` tells those.
 */
export function presetSchema<Config>(
  family: Family<Config>,
  presets: readonly string[],
): Readonly<Record<string, unknown>> {
  const root = z.toJSONSchema(family.schema, { io: 'input', target: 'draft-7' }) as Node;
  const { family: _family, ...always } = header(family.name, presets);
  return {
    $schema: DIALECT,
    title: `${family.title}: a zeroskip hardware preset`,
    type: 'object',
    properties: { ...header(family.name, presets), ...properties(root) },
    required: Object.keys(always).filter((key) => !['extends', 'aliases'].includes(key)),
    additionalProperties: false,
    if: { not: { required: ['extends'] } },
    // biome-ignore lint/suspicious/noThenProperty: JSON Schema's keyword
    then: needs({ ...root, required: ['family', ...(root.required ?? [])] }),
    definitions: {
      from: { enum: sources, description: 'What kind of source the number has.' },
      cite: { ...TEXT, description: 'Where it stands: a paper and table, a data sheet, a run.' },
    },
  };
}

const TEXT = { type: 'string', minLength: 1 } as const;

function header(family: string, presets: readonly string[]) {
  return {
    name: { ...TEXT, description: 'The name that reports show.' },
    aliases: {
      ...{ type: 'array', items: TEXT },
      description: 'Other names by which a shipped preset is found.',
    },
    title: { ...TEXT, description: 'What it is, in a few words.' },
    family: { const: family, description: 'The model that costs layers on it.' },
    extends: {
      ...TEXT,
      description: 'The preset that says everything that is not said here: a name or a .yaml file.',
      examples: presets,
    },
  };
}

function properties(node: Node): Readonly<Record<string, object>> {
  return Object.fromEntries(
    Object.entries(node.properties ?? {}).map(([key, inner]) => [
      key,
      { anyOf: [value(inner), { type: 'null' }] },
    ]),
  );
}

function value(node: Node): object {
  if (node.unit) return figure(node, node.unit);
  const { description, additionalProperties: named, propertyNames } = node;
  if (!node.properties && typeof named === 'object') {
    return {
      type: 'object',
      ...(description === undefined ? {} : { description }),
      ...(propertyNames === undefined ? {} : { propertyNames }),
      additionalProperties: { anyOf: [value(named), { type: 'null' }] },
    };
  }
  if (!node.properties) return node;
  return {
    type: 'object',
    ...(description === undefined ? {} : { description }),
    properties: properties(node),
    additionalProperties: false,
  };
}

/** What must be there, and not null, where nothing is extended. */
function needs({ properties = {}, required = [] }: Node): object {
  const inner = Object.entries(properties).filter(
    ([key, node]) => node.properties || required.includes(key),
  );
  return {
    required,
    properties: Object.fromEntries(
      inner.map(([key, node]) => [
        key,
        { not: { type: 'null' }, ...(node.properties ? needs(node) : {}) },
      ]),
    ),
  };
}

/**
 * A number with its unit and source. Its range is stated where every unit that fits is the range's
 * own.
 */
function figure(node: Node, unit: Unit): object {
  const {
    description,
    unit: _unit,
    type,
    minimum,
    maximum,
    exclusiveMinimum,
    exclusiveMaximum,
    multipleOf,
  } = node;
  const names = unitNames(unit);
  const plain = names.every((name) => units[name]?.[0] === 1);
  const bounds = {
    minimum,
    maximum: bounded(maximum),
    exclusiveMinimum,
    exclusiveMaximum,
    multipleOf,
  };
  const range = Object.fromEntries(
    Object.entries(bounds).filter(([, bound]) => bound !== undefined),
  );
  return {
    type: 'object',
    ...(description === undefined ? {} : { description }),
    properties: {
      value: plain ? { type, ...range } : { type: 'number' },
      unit: { enum: names },
      from: { $ref: '#/definitions/from' },
      cite: { $ref: '#/definitions/cite' },
    },
    required: ['value', 'unit', 'from', 'cite'],
    additionalProperties: false,
  };
}

/** zod bounds every whole number by the largest safe one. */
const bounded = (maximum: number | undefined) =>
  maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum;
