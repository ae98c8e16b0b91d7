// The expected number of non-zero values in a tile when only a density is known, as in Sparseloop
// (Wu et al., MICRO 2022): either the same share in every tile, give or take one value, or randomly
// placed values (hypergeometric).

import { emptyChance } from '../sparse/zeros.js';

export interface Density {
  readonly kind: 'structured' | 'hypergeometric';
  /** The share of elements that are not zero. */
  readonly share: number;
  /** Elements of the whole tensor. */
  readonly elements: number;
}

/** What is known of the tile around a tile. */
export interface Within {
  readonly elements: number;
  readonly values: number;
}

/** One number of values that a tile may hold. */
export interface Occupancy {
  readonly values: number;
  readonly chance: number;
}

/** Above so many possible numbers of values their mean says all that is asked. */
const MAX_OCCUPANCIES = 4096;

/** The chance that a tile of `elements` holds no value. */
export function emptyTileChance(
  { kind, share, elements: all }: Density,
  elements: number,
  within?: Within,
): number {
  if (kind === 'structured') {
    const exact = elements * (within ? within.values / within.elements : share);
    return Math.max(0, 1 - exact);
  }
  return within
    ? emptyChance(within.elements, within.values, elements)
    : emptyChance(all, Math.ceil(share * all), elements);
}

/** Every number of values that a tile of `elements` may hold, with its chance; at least one. */
export function occupanciesOf(density: Density, elements: number): readonly Occupancy[] {
  const { kind, share, elements: all } = density;
  if (kind === 'structured') {
    const exact = elements * share;
    const below = Math.floor(exact);
    const above = exact - below;
    const low = { values: below, chance: 1 - above };
    return above === 0 ? [low] : [low, { values: below + 1, chance: above }];
  }
  const kept = Math.ceil(share * all);
  const min = Math.max(0, elements + kept - all);
  const max = Math.min(elements, kept);
  if (max - min > MAX_OCCUPANCIES) return [{ values: (elements * kept) / all, chance: 1 }];
  const ways = logChoose(all, elements);
  return Array.from({ length: max - min + 1 }, (_, at) => {
    const values = min + at;
    const log = logChoose(kept, values) + logChoose(all - kept, elements - values) - ways;
    return { values, chance: Math.exp(log) };
  }).filter(({ chance }) => chance > 0);
}

const logChoose = (of: number, chosen: number) =>
  logFactorial(of) - logFactorial(chosen) - logFactorial(of - chosen);

/** Stirling's series; exact sums below 32. */
function logFactorial(n: number): number {
  if (n < 32) {
    let sum = 0;
    for (let factor = 2; factor <= n; factor++) sum += Math.log(factor);
    return sum;
  }
  return n * Math.log(n) - n + Math.log(2 * Math.PI * n) / 2 + 1 / (12 * n) - 1 / (360 * n ** 3);
}
