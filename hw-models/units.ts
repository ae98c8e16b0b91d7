// The units that presets may use and their factors to SI, and how a family's schema says which one
// a number is in.

import type { z } from 'zod';
import type { Unit } from './contract.js';

/** Factor to SI and the SI unit, by name. Prefixes are decimal; KiB, MiB and GiB are binary. */
export const units: Readonly<Record<string, readonly [factor: number, unit: Unit]>> = {
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

/** The names of the units that measure the same as `unit`; all of them where that is not known. */
export function unitNames(unit: Unit | undefined): readonly string[] {
  return Object.keys(units).filter((name) => unit === undefined || units[name]?.[1] === unit);
}

/**
 * A number that a preset states in units of `unit`: other ones are refused, and editors offer
 * these. `meaning` is what an editor says of it.
 */
export function quantity<Schema extends z.ZodType>(
  unit: Unit,
  schema: Schema,
  meaning?: string,
): Schema {
  return schema.meta({ unit, ...(meaning === undefined ? {} : { description: meaning }) });
}

/** The unit that {@link quantity} gave a schema, if any. */
export function unitOf(schema: z.ZodType | undefined): Unit | undefined {
  const unit = schema?.meta()?.unit;
  return Object.values(units).find(([, known]) => known === unit)?.[1];
}
