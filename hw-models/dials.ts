// The numbers of a design that can be turned: a family's own choice, else whatever its presets
// state.

import type { Dial, Family, Preset, Unit } from './contract.js';
import { units } from './units.js';

/** The dials of a design, each with the level at which it stands. */
export function dialsOf<Config extends object>(
  family: Family<Config>,
  preset: Preset<Config>,
): readonly Dial[] {
  const dials = family.dials ?? stated(preset);
  return dials.flatMap((dial) => {
    const value = numberAt(preset.config, dial.path);
    if (value === null) return [];
    const level = inUnit(value, dial.unit);
    const levels = [...new Set([...dial.levels, level])].sort((a, b) => a - b);
    return [{ ...dial, levels }];
  });
}

/** The number at a path such as 'spmat.widthBits', or null where there is none. */
export function numberAt(config: object, path: string): number | null {
  const found = valueAt(config, path);
  return typeof found === 'number' ? found : null;
}

/** What a config holds at a path, or null where there is nothing. */
export function valueAt(config: object, path: string): unknown {
  let found: unknown = config;
  for (const key of path.split('.')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return null;
    found = Object.getOwnPropertyDescriptor(found, key)?.value;
  }
  return found;
}

/** Levels from 2^`min` to 2^`max`. */
export const powersOfTwo = (min: number, max: number): readonly number[] =>
  Array.from({ length: max - min + 1 }, (_, at) => 2 ** (min + at));

/** Digits to which a number in SI and one in another unit are the same. */
const DIGITS = 12;

/** An SI number in a unit of presets. */
export const inUnit = (value: number, unit: string) =>
  Number((value / factorOf(unit)).toPrecision(DIGITS));

/** A number in a unit of presets as SI. */
export const toSi = (level: number, unit: string) =>
  Number((level * factorOf(unit)).toPrecision(DIGITS));

const factorOf = (unit: string) => units[unit]?.[0] ?? 1;

/** What a design is built from; not what its parts cost. */
const turned: readonly Unit[] = [
  'Hz',
  'B',
  'B/s',
  'bit',
  'cycles',
  'per cycle',
  'count',
  'nm',
  'V',
];
const AROUND = [1 / 4, 1 / 2, 1, 2, 4];

/** A process runs at voltages near its own alone. */
const SUPPLIES = [0.8, 0.9, 1, 1.1] as const;

function stated({ figures }: Preset<object>): readonly Dial[] {
  return [...figures].flatMap(([path, { value, unit, published }]) => {
    if (!turned.includes(unit) || value === 0) return [];
    const shown = /^\S+ (.+)$/.exec(published)?.[1] ?? unit;
    const level = inUnit(value, shown);
    const levels = (unit === 'V' ? SUPPLIES : AROUND)
      .map((factor) => factor * level)
      .filter((at) => unit !== 'count' || Number.isInteger(at));
    return [{ path, label: path, unit: shown, levels }];
  });
}
