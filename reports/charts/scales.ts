// Logarithmic axes: where they begin and end, and which ticks they show.

export interface LogScale {
  readonly domain: readonly [number, number];
  readonly ticks: readonly number[];
}

/**
 * Numbers of a decade that are ticks, from coarse to fine: the first that gives enough is taken.
 */
const steps = [[1], [1, 2, 5], [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8]] as const;
const FEWEST_TICKS = 3;
/** Decades beyond which powers of ten are enough in any case. */
const FEW_DECADES = 2;
/** Ticks that an axis has room for. */
const MAX_TICKS = 7;

/** Room beyond the outermost values, as a factor. */
const MARGIN = 1.12;

/** A scale with room for `values` (above 0) and `always`, and the round numbers in it. */
export function logScale(values: readonly number[], always: readonly number[] = []): LogScale {
  const all = [...values, ...always].filter((value) => value > 0);
  const low = Math.min(...all) / MARGIN;
  const high = Math.max(...all) * MARGIN;
  const choices = steps.map((perDecade) => ticksBetween(low, high, perDecade));
  const manyDecades = Math.log10(high / low) > FEW_DECADES;
  const ticks =
    choices.find(({ length }) => length >= FEWEST_TICKS || manyDecades) ?? choices.at(-1) ?? [];
  const every = Math.ceil(ticks.length / MAX_TICKS);
  return { domain: [low, high], ticks: ticks.filter((_, at) => at % every === 0) };
}

/** Round numbers from `low` to `high`, so many in a decade. */
function ticksBetween(low: number, high: number, perDecade: readonly number[]): readonly number[] {
  const ticks: number[] = [];
  for (let exponent = Math.floor(Math.log10(low)); exponent <= Math.log10(high); exponent++) {
    // Parsed, not multiplied: 10⁻⁵ · 2 would be 0.000020000000000000002.
    for (const step of perDecade) ticks.push(Number(`${step}e${exponent}`));
  }
  return ticks.filter((tick) => tick >= low && tick <= high);
}
