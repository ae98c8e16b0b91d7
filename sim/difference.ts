// In what two designs differ, number by number, as patches that make one the other.

import { enablePatches, type Patch, produceWithPatches } from 'immer';
import type { Hardware, Unit } from '../hw-models/contract.js';

enablePatches();

export interface FieldChange {
  /** 'spmat.widthBits' */
  readonly field: string;
  /** Null where the other design's family has no such number. */
  readonly before: unknown;
  readonly after: unknown;
  readonly unit: Unit | null;
}

export interface Difference {
  readonly changes: readonly FieldChange[];
  /**
   * Immer's patches from the first design's config to the second's; null between families, whose
   * configs are unlike.
   */
  readonly patches: readonly Patch[] | null;
}

/** Compares two designs' configs leaf by leaf. */
export function differenceOf(before: Hardware, after: Hardware): Difference {
  const changes = leafChanges(before.config, after.config).map(
    (change): FieldChange => ({
      ...change,
      unit: before.unitOf(change.field) ?? after.unitOf(change.field) ?? null,
    }),
  );
  if (before.family !== after.family) return { changes, patches: null };
  const [, patches] = produceWithPatches(before.config, (draft) => merge(draft, after.config));
  return { changes, patches };
}

/** The leaves in which two configs differ, by path. */
export function leafChanges(before: object, after: object): readonly Omit<FieldChange, 'unit'>[] {
  const [old, renewed] = [leavesOf(before), leavesOf(after)];
  return [...new Set([...old.keys(), ...renewed.keys()])].flatMap((field) => {
    const [a, b] = [old.get(field), renewed.get(field)];
    return Object.is(a, b) ? [] : [{ field, before: a ?? null, after: b ?? null }];
  });
}

/**
 * Assigns what differs and leaves the rest alone, so that patches name numbers and not whole
 * objects.
 */
function merge(draft: object, target: object): void {
  // A list is cut, not left with holes.
  if (Array.isArray(draft)) draft.length = Math.min(draft.length, Object.keys(target).length);
  for (const key of Object.keys(draft)) if (!(key in target)) Reflect.deleteProperty(draft, key);
  for (const [key, value] of Object.entries(target)) {
    const mine: unknown = Reflect.get(draft, key);
    if (isObject(mine) && isObject(value)) merge(mine, value);
    else if (!Object.is(mine, value)) Reflect.set(draft, key, value);
  }
}

const isObject = (value: unknown): value is object => value !== null && typeof value === 'object';

function leavesOf(config: object, prefix = ''): ReadonlyMap<string, unknown> {
  const leaves = new Map<string, unknown>();
  for (const [key, value] of Object.entries(config)) {
    if (isObject(value))
      for (const [path, leaf] of leavesOf(value, `${prefix}${key}.`)) leaves.set(path, leaf);
    else leaves.set(prefix + key, value);
  }
  return leaves;
}
