// Reads the directives for a level in Timeloop's mappings and constraints: loop factors, loop
// order, and the data-spaces that it keeps.

import { fault, inside, listOf, mapOf, nameOf, namesOf, type Part, shown } from './input.js';

/** Steps of one dimension. */
export interface Factor {
  readonly dimension: string;
  /** Zero for what the other levels leave. */
  readonly steps: number;
  /** Whether fewer will do. */
  readonly isMax: boolean;
}

export interface Directive {
  /** The level's name. */
  readonly target: string;
  readonly type: 'temporal' | 'spatial' | 'dataspace';
  readonly factors: readonly Factor[];
  /** From the innermost loop out; null where nothing is said. */
  readonly permutation: readonly string[] | null;
  /** How many dimensions of the permutation are along x; the rest is along y. */
  readonly split: number | null;
  readonly keep: readonly string[];
  readonly bypass: readonly string[];
  /** Whether what is not named is bypassed. */
  readonly keepsOnly: boolean;
  readonly part: Part;
}

const TYPES: Readonly<Record<string, Directive['type'] | null>> = {
  temporal: 'temporal',
  spatial: 'spatial',
  dataspace: 'dataspace',
  datatype: 'dataspace',
  bypass: 'dataspace',
  bypassing: 'dataspace',
  // What a mapper may fill of a memory does not change what a mapping costs.
  utilization: null,
  max_overbooked_proportion: null,
};

/** One target of `mapping` or of constraints; null for what does not concern a mapping. */
export function directiveAt(part: Part): Directive | null {
  const values = mapOf(part);
  const target = nameOf(inside(part, 'target'));
  const stated = values.type ?? (values.factors === undefined ? undefined : 'temporal');
  const name = typeof stated === 'string' ? stated : '';
  const type = Object.hasOwn(TYPES, name) ? TYPES[name] : undefined;
  if (type === undefined) {
    throw fault(inside(part, 'type'), shown(values.type), Object.keys(TYPES).join(', '));
  }
  return type === null ? null : directiveOf(part, target, type);
}

/** `constraints` of a component: temporal, spatial and dataspace, each a map. */
export function directivesOf(part: Part, target: string): readonly Directive[] {
  return Object.entries(mapOf(part)).flatMap(([key, value]) => {
    const type = Object.hasOwn(TYPES, key) ? TYPES[key] : undefined;
    if (type === undefined) {
      throw fault(
        inside(part, key),
        'an unknown kind of constraint',
        Object.keys(TYPES).join(', '),
      );
    }
    if (type === null || value === null) return [];
    return [directiveOf(inside(part, key), target, type)];
  });
}

const KNOWN = [
  ...['target', 'type', 'factors', 'permutation', 'split', 'keep', 'bypass', 'keep_only'],
  // No element passes from one instance to the next here.
  'no_link_transfer',
];

function directiveOf(part: Part, target: string, type: Directive['type']): Directive {
  const values = mapOf(part);
  for (const key of Object.keys(values)) {
    if (!KNOWN.includes(key)) {
      throw fault(inside(part, key), 'an unknown key', KNOWN.slice(2).join(', '));
    }
  }
  const { split } = values;
  if (split !== undefined && !(typeof split === 'number' && Number.isSafeInteger(split))) {
    throw fault(inside(part, 'split'), shown(split), 'a place in the permutation');
  }
  const only = namesOf(inside(part, 'keep_only'));
  return {
    ...{ target, type, part, split: split ?? null },
    factors: factorsOf(inside(part, 'factors')),
    permutation: values.permutation === undefined ? null : orderOf(inside(part, 'permutation')),
    keep: [...namesOf(inside(part, 'keep')), ...only],
    bypass: namesOf(inside(part, 'bypass')),
    keepsOnly: only.length > 0,
  };
}

/** 'R=3 P=16', 'R3 P16', [R=3, P<=16]. */
function factorsOf(part: Part): readonly Factor[] {
  return namesOf(part).map((text) => {
    const [, dimension = '', sign = '=', steps = ''] =
      /^([A-Za-z_]\w*?)\s*(=|<=|<)?\s*(\d{1,15})$/.exec(text) ?? [];
    if (dimension === '') {
      const expected = "a dimension and its steps, such as 'R=3' or 'R<=3'";
      throw fault(part, shown(text), expected);
    }
    return { dimension, steps: Number(steps) - (sign === '<' ? 1 : 0), isMax: sign !== '=' };
  });
}

/** 'PRK' and 'P R K' and [P, R, K]. */
function orderOf(part: Part): readonly string[] {
  const names = namesOf(part);
  const [only] = names;
  const order = names.length === 1 && only ? [...only] : names;
  const seen = new Set(order);
  if (seen.size === order.length) return order;
  throw fault(part, shown(part.value), 'each dimension once');
}

/** All targets of a list, or of `targets` in a map. */
export function allDirectives(part: Part): readonly Directive[] {
  const isList = Array.isArray(part.value);
  const targets = isList ? part : inside(part, 'targets');
  if (!isList) mapOf(part);
  return listOf(targets).flatMap((one) => directiveAt(one) ?? []);
}
