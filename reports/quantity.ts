// Numbers as people read them: three digits, SI prefixes, and a dash for what nobody can know.

const PREFIXES = ['p', 'n', 'µ', 'm', '', 'k', 'M', 'G', 'T', 'P'] as const;
const UNPREFIXED = PREFIXES.indexOf('');

export const UNKNOWN = '–';

/** '7.52 ms', '24.2 kHz'; three significant digits. */
export function quantity(value: number | null, unit: string): string {
  if (value === null) return UNKNOWN;
  if (value === 0) return `0 ${unit}`;
  const exponent = Math.floor(Math.log10(Math.abs(Number(value.toPrecision(3)))) / 3);
  const at = Math.min(Math.max(exponent + UNPREFIXED, 0), PREFIXES.length - 1);
  return `${digits(value / 1000 ** (at - UNPREFIXED))} ${PREFIXES[at]}${unit}`;
}

/** A round number, as axes have them, in no more digits than it takes: '100 µs', '2.5 mJ'. */
export const roundQuantity = (value: number | null, unit: string): string =>
  quantity(value, unit).replace(/\.(\d*?)0+(?!\d)/, (_, kept: string) => kept && `.${kept}`);

/** Cheaper things are not told apart: a dollar buys a million of them. */
const MIN_DOLLARS = 1e-6;

/** '$12.3', '$0.0000943', '< $0.000001'; three significant digits, never with an exponent. */
export function dollars(value: number | null): string {
  if (value === null) return UNKNOWN;
  if (value > 0 && value < MIN_DOLLARS) return `< $${MIN_DOLLARS.toFixed(6)}`;
  return `$${digits(value, 8)}`;
}

/** How people write units that files write in letters, and those that say nothing. */
const WRITTEN: Readonly<Record<string, string>> = {
  ...{ us: 'µs', um2: 'µm²', mm2: 'mm²', percent: '%', count: '', ratio: '' },
};

/** '64', '9.6 µs', '601 mm²': a number and its unit as presets state them, as people write them. */
export const stated = (value: string, unit: string): string =>
  `${value} ${WRITTEN[unit] ?? unit}`.trim();

/** The same of both in one text: '64 count'. */
export function asWritten(published: string): string {
  const [, value = published, unit = ''] = /^(\S+) (.+)$/.exec(published) ?? [];
  return stated(value, unit);
}

/** A count: '37.7 M', '16'. */
export function count(value: number | null): string {
  if (value === null) return UNKNOWN;
  return Math.abs(value) < 1000 ? `${Number(value.toPrecision(3))}` : quantity(value, '').trim();
}

/** '250×', '24,200×', '0.61×'; three significant digits. */
export function ratio(value: number | null): string {
  return value === null ? UNKNOWN : `${digits(value)}×`;
}

/** A figure alone, for tables whose heading says what it counts: '250', '0.61'. */
export function figure(value: number | null): string {
  return value === null ? UNKNOWN : digits(value);
}

/** '11 %': a share that is not known any better. */
export const wholePercent = (share: number): string => `${(100 * share).toFixed(0)} %`;

/** A share: 0.351 → '35.1 %'. */
export function percent(share: number): string {
  return `${digits(100 * share)} %`;
}

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const;

/**
 * A share of `cells` characters as a bar, to an eighth of a character; anything above nothing
 * shows.
 */
export function sparkbar(share: number, cells: number): string {
  const eighths = share > 0 ? Math.max(1, Math.round(Math.min(1, share) * cells * 8)) : 0;
  return `${'█'.repeat(eighths >> 3)}${EIGHTHS[eighths & 7]}`;
}

const WHOLE = new Intl.NumberFormat('en-US');

/**
 * Three significant digits, thousands set apart; with an exponent where that takes more than
 * `maxPlaces` places.
 */
function digits(value: number, maxPlaces = 6): string {
  const rounded = Number(value.toPrecision(3));
  if (Math.abs(rounded) >= 1000) return WHOLE.format(rounded);
  const places = rounded === 0 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(rounded))));
  return places > maxPlaces ? rounded.toExponential(2) : rounded.toFixed(places);
}
