// Numbers among a component's attributes: as they stand, or formulas over other attributes and the
// file's variables.

import { isMap } from '../../../../workloads/formats/timeloop/merge.js';
import { numberOf } from './formula.js';
import { fault, inside, type Part, shown, type TimeloopInput, type Values } from './input.js';

/** Attributes that are named one behind another. */
const MAX_NAMED = 20;

export class Numbers {
  constructor(
    private readonly part: Part,
    private readonly values: Values,
    { variables }: TimeloopInput,
  ) {
    this.variables = isMap(variables?.value) ? variables.value : {};
  }

  private readonly variables: Values;

  /** Formulas may name other attributes and variables, but not in a circle. */
  private valueOf(stated: unknown, within: readonly string[] = []): unknown {
    if (typeof stated !== 'string' || within.length > MAX_NAMED) return stated;
    return numberOf(stated, (name) => {
      if (within.includes(name)) return null;
      const value = this.valueOf(this.named(name), [...within, name]);
      return typeof value === 'number' ? value : null;
    });
  }

  private named(name: string): unknown {
    const own = Object.hasOwn(this.values, name) ? this.values[name] : null;
    return own ?? (Object.hasOwn(this.variables, name) ? this.variables[name] : null);
  }

  /** What a number or a formula comes to; null where it is neither. */
  numberOf(stated: unknown): number | null {
    const value = this.valueOf(stated);
    return typeof value === 'number' && Number.isFinite(value) ? value : null;
  }

  /** The text that an attribute of this name is. */
  textOf(name: string): string | null {
    const value = this.named(name);
    return typeof value === 'string' ? value : null;
  }

  /** The first of `keys` that is stated. @throws InputError for one that is no such number. */
  of(keys: readonly string[], isWhole = true, min = 1): number | null {
    for (const key of keys) {
      const stated = this.values[key];
      if (stated === undefined || stated === null) continue;
      const value = this.valueOf(stated);
      const fits = typeof value === 'number' && value >= min && value <= Number.MAX_SAFE_INTEGER;
      if (fits && (!isWhole || Number.isInteger(value))) return value;
      const kind = isWhole ? 'a whole number' : 'a number';
      throw fault(
        inside(this.part, 'attributes', key),
        shown(stated),
        `${kind} of at least ${min}`,
      );
    }
    return null;
  }
}
