// Computes the cost of a million inferences in dollars and grams of CO2 equivalents, from a table
// of dated prices.

import { z } from 'zod';
import { faultsIn, faultText } from '../../hw-models/faults.js';
import { InputError } from '../../workloads/base/errors.js';
import { readYaml } from '../../workloads/formats/yaml/document.js';

const positive = z.number().positive();
const sourced = {
  /** When the figure held: '2024', '2024-01', '2024-01-31'. */
  date: z.string().regex(/^\d{4}(-\d{2}){0,2}$/, 'a date such as "2024", 2024-01 or 2024-01-31'),
  cite: z.string().min(1),
};

/**
 * Paid by the hour, electricity included; or bought, written off over its life, and run on
 * electricity of one's own.
 */
const Price = z
  .strictObject({
    rentDollarsPerHour: positive.optional(),
    priceDollars: positive.optional(),
    years: positive.optional(),
    /** Energy of the whole site over that of the hardware; 1 without. */
    pue: z.number().min(1).optional(),
    ...sourced,
  })
  .superRefine((price, context) => {
    const isRented = price.rentDollarsPerHour !== undefined;
    const isBought = price.priceDollars !== undefined && price.years !== undefined;
    const isBoth = price.priceDollars !== undefined || price.years !== undefined;
    if (isRented ? !isBoth : isBought) return;
    const message = 'found neither or both, expected rentDollarsPerHour, or priceDollars and years';
    context.addIssue({ code: 'custom', path: [], message });
  });

const shape = z.strictObject({
  grid: z.strictObject({ gramsPerKilowattHour: positive, ...sourced }),
  electricity: z.strictObject({ dollarsPerKilowattHour: positive, ...sourced }),
  utilisation: positive.max(1),
  hardware: z.record(z.string(), Price),
});

export type PriceTable = z.infer<typeof shape>;
type Price = z.infer<typeof Price>;

/** What a million inferences cost on one hardware. Null: nobody can know. */
export interface ServingCost {
  readonly dollarsPerMillion: number | null;
  readonly gramsCo2ePerMillion: number | null;
  /** What the dollars are made of, with its date; why there are none. */
  readonly basis: string;
}

/**
 * The tables of `texts`, each one's entries in place of those before. @throws InputError with a
 * line for each fault of the last one, its place named.
 */
export function readPrices(
  texts: readonly { readonly text: string; readonly file: string }[],
): PriceTable {
  const files = texts.map(({ text, file }) => ({ ...readYaml(text, file), file }));
  const last = files.at(-1);
  const merged = files.reduce<Readonly<Record<string, unknown>>>((table, { value, place }) => {
    if (!isSection(value))
      throw new InputError(`${place([])}: found no keys, expected a table of prices`);
    return mergeOver(table, value);
  }, {});
  const parsed = shape.safeParse(merged);
  if (parsed.success) return parsed.data;
  const faults = faultsIn(parsed.error, merged, shape);
  throw new InputError(
    faults.map((fault) => `${last?.place(fault.path)}: ${faultText(fault)}`).join('\n'),
  );
}

/** Entries are replaced whole; those of `hardware` one by one. `null` takes one away. */
function mergeOver(
  table: Readonly<Record<string, unknown>>,
  own: Readonly<Record<string, unknown>>,
) {
  const merged: Record<string, unknown> = { ...table, ...own };
  if (isSection(table.hardware) && isSection(own.hardware)) {
    const entries = Object.entries({ ...table.hardware, ...own.hardware });
    merged.hardware = Object.fromEntries(entries.filter(([, price]) => price !== null));
  }
  return merged;
}

function isSection(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const SECONDS_PER_HOUR = 3600;
const SECONDS_PER_YEAR = 365.25 * 24 * SECONDS_PER_HOUR;
const JOULES_PER_KILOWATT_HOUR = 3.6e6;
const MILLION = 1e6;

/**
 * What a million inferences cost that take `seconds` and, if known, `joules` each on the hardware
 * of that name.
 */
export function servingCost(
  hardware: string,
  seconds: number,
  joules: number | null,
  { grid, electricity, utilisation, hardware: prices }: PriceTable,
): ServingCost {
  const price = Object.hasOwn(prices, hardware) ? prices[hardware] : undefined;
  const kilowattHours =
    joules === null ? null : (joules * MILLION * (price?.pue ?? 1)) / JOULES_PER_KILOWATT_HOUR;
  const gramsCo2ePerMillion =
    kilowattHours === null ? null : kilowattHours * grid.gramsPerKilowattHour;
  if (!price)
    return { dollarsPerMillion: null, gramsCo2ePerMillion, basis: 'no price in the table' };
  const hours = (seconds * MILLION) / SECONDS_PER_HOUR / utilisation;
  if (price.rentDollarsPerHour !== undefined) {
    const basis = `rented, $${price.rentDollarsPerHour} an hour (${price.date})`;
    return { dollarsPerMillion: hours * price.rentDollarsPerHour, gramsCo2ePerMillion, basis };
  }
  const bought = `bought, $${price.priceDollars} over ${price.years} years (${price.date})`;
  if (kilowattHours === null)
    return { dollarsPerMillion: null, gramsCo2ePerMillion, basis: `${bought}, energy unknown` };
  const writtenOff = hours * hourlyWriteOff(price);
  const energy = kilowattHours * electricity.dollarsPerKilowattHour;
  return {
    dollarsPerMillion: writtenOff + energy,
    gramsCo2ePerMillion,
    basis: `${bought}, and electricity`,
  };
}

function hourlyWriteOff({ priceDollars = 0, years = 1 }: Price): number {
  return (priceDollars / (years * SECONDS_PER_YEAR)) * SECONDS_PER_HOUR;
}

/** What the reader must know of every figure made with the table. */
export function describePrices({ grid, electricity, utilisation }: PriceTable): string {
  return (
    `Served ${Math.round(100 * utilisation)} % of the time; ${grid.gramsPerKilowattHour} g CO₂e a kWh (${grid.date}), ` +
    `electricity $${electricity.dollarsPerKilowattHour} a kWh (${electricity.date}); making the hardware emits more, not counted`
  );
}
