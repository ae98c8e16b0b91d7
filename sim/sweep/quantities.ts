// Levels of an axis with their units, as presets write them ('800 MHz'), and bare numbers that are
// hardly in the unit that they would be read in.

import type { Unit } from '../../hw-models/contract.js';
import { units } from '../../hw-models/units.js';

/** A number and a unit; a space between them may be left out. */
const QUANTITY = /^\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*([a-z][\w/% ]*?)\s*$/i;

interface Quantity {
  readonly value: number;
  readonly unit: string;
}

/** What '800 MHz' says; null for any other text. */
export function quantityOf(value: unknown): Quantity | null {
  const [, number, unit = ''] = (typeof value === 'string' && QUANTITY.exec(value)) || [];
  return number !== undefined && Object.hasOwn(units, unit)
    ? { value: Number(number), unit }
    : null;
}

/** Keys of an axis that hold one level. */
const SINGLE = ['from', 'to', 'step'] as const;

/**
 * An axis as its file has it, with quantities written as numbers in the unit of the first one. An
 * axis that mixes them with bare numbers stays as it is, for the schema to refuse.
 */
export function withoutQuantities(axis: Readonly<Record<string, unknown>>) {
  const { values } = axis;
  const list = Array.isArray(values) ? values : [];
  const given = [...list, ...SINGLE.map((key) => axis[key])].filter(
    (level) => level !== undefined && typeof level !== 'object',
  );
  const quantities = given.map(quantityOf);
  const known = quantities.filter((quantity) => quantity !== null);
  // Bare numbers beside quantities would be read in another unit; names are no quantities.
  if (known.length === 0 || known.length < given.length || axis.unit !== undefined) return axis;
  const dimensions = new Set(known.map(({ unit }) => units[unit]?.[1]));
  if (dimensions.size > 1) return axis;
  const unit = known[0]?.unit ?? '';
  const factorOf = (name: string) => units[name]?.[0] ?? 1;
  const numberOf = (level: unknown) => {
    const found = quantityOf(level);
    if (!found) return level;
    if (found.unit === unit) return found.value;
    return Number(((found.value * factorOf(found.unit)) / factorOf(unit)).toPrecision(12));
  };
  return {
    ...axis,
    ...(Array.isArray(values) ? { values: values.map(numberOf) } : {}),
    ...Object.fromEntries(
      SINGLE.filter((key) => axis[key] !== undefined).map((key) => [key, numberOf(axis[key])]),
    ),
    unit,
  };
}

/** Units whose numbers are written with prefixes: a bare one may be meant in another. */
const PREFIXED: readonly Unit[] = ['Hz', 's', 'J', 'W', 'B', 'B/s', 'mm2'];
/** Farther from the preset's own number than this, a bare number is questioned. */
const FAR = 1000;

/**
 * What is odd about a bare number `value` in SI, where the preset has `own`; null where nothing is.
 */
export function questionOf(value: number, own: number, unit: Unit | undefined): string | null {
  if (unit === undefined || !PREFIXED.includes(unit) || !(value > 0) || !(own > 0)) return null;
  if (Math.max(value / own, own / value) < FAR) return null;
  const prefixes = Object.keys(units).filter((name) => units[name]?.[1] === unit);
  const near = prefixes.find((name) => {
    const meant = value * (units[name]?.[0] ?? 1);
    return Math.max(meant / own, own / meant) < FAR;
  });
  const meant = near === undefined ? '' : `'${value} ${near}' or `;
  return `found ${value} without a unit, which is ${value} ${unit} where the preset has ${own} ${unit}; expected ${meant}'${value} ${unit}'`;
}
