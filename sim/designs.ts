// Designs as data, bound to their families' models.

import { catalog } from '../hw-models/catalog.js';
import type { Hardware } from '../hw-models/contract.js';
import { InputError } from '../workloads/base/errors.js';

/** A design: a config of a family, and the preset that it was turned from. */
export interface ExploredDesign {
  readonly preset: string;
  readonly family: string;
  /** The fastest for each layer where null. */
  readonly kernel: string | null;
  /** Plain data in SI units, as the family's schema has it. */
  readonly config: object;
}

/**
 * What binds designs through `soundConfigs`, a sound config of each family. It throws an InputError
 * for a design that cannot be.
 */
export function designBinder(
  soundConfigs: ReadonlyMap<string, object>,
): (design: ExploredDesign) => Hardware {
  const bases = new Map<string, Hardware>();
  return ({ preset, family, config }) => {
    const entry = catalog.find(({ name }) => name === family);
    const sound = soundConfigs.get(family);
    if (!entry || !sound)
      throw new InputError(`${preset}: family: found '${family}', expected one that is known here`);
    const key = `${family}/${preset}`;
    const base = bases.get(key) ?? entry.rebind(preset, sound);
    bases.set(key, base);
    return base.vary([{ op: 'replace', path: [], value: config }]);
  };
}
