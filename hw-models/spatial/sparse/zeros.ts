// The zeros of a layer as a mapping's cost needs them: shares of values and of products.

import type { Packing } from '../description/architecture.js';
import { elementsOf, type Operand, type Problem } from '../nest/problem.js';
import { type Beyond, nothingBeyond } from './occupancy.js';

/** Shares of what is not zero. */
export interface Zeros {
  /** Of an operand's elements. */
  density(operand: string): number;
  /**
   * Of all products, those in which none of `operands` is zero; the outputs count as never zero.
   */
  products(operands: readonly string[]): number;
  /** Of the steps that lanes take for full windows, those that packed values take. */
  packed(packing: Packing): number;
  /** Whether at most `kept` of each `of` neighbouring weights are not zero. */
  isStructured(kept: number, of: number): boolean;
  /** What lies beyond the first `room` values of each of an operand's tiles of `tile` steps. */
  beyond(problem: Problem, operand: Operand, tile: readonly number[], room: number): Beyond;
}

export const noZeros: Zeros = {
  density: () => 1,
  products: () => 1,
  packed: () => 1,
  isStructured: () => false,
  beyond: () => nothingBeyond,
};

/** Zeros that fall independently of each other: what densities alone can say. */
export function independentZeros(densities: Readonly<Record<string, number>>): Zeros {
  const density = (operand: string) => densities[operand] ?? 1;
  return {
    density,
    products: (operands) =>
      [...new Set(operands)].reduce((product, operand) => product * density(operand), 1),
    packed: (packing) => expectedPacked(packing, density(packing.operand)),
    isStructured: (kept, of) => density('weights') <= kept / of,
    beyond(problem, operand, tile, room) {
      const all = elementsOf(operand, problem.sizes);
      const kept = Math.round(all * density(operand.name));
      return expectedBeyond(all, kept, elementsOf(operand, tile), room);
    },
  };
}

/**
 * What lies beyond the first `room` values where a tile is `sampled` of `all` elements, `kept` of
 * which are not zero (hypergeometric; ten standard deviations around the mean).
 */
export function expectedBeyond(all: number, kept: number, sampled: number, room: number): Beyond {
  const mean = (sampled * kept) / all;
  if (mean === 0 || sampled <= room) return nothingBeyond;
  const spread = Math.sqrt((mean * (1 - kept / all) * (all - sampled)) / Math.max(1, all - 1));
  const min = Math.max(0, sampled - (all - kept), Math.floor(mean - 10 * spread));
  const max = Math.min(sampled, kept, Math.ceil(mean + 10 * spread));
  let [chance, chances, beyond, over] = [1, 0, 0, 0];
  for (let values = min; values <= max; values++) {
    chances += chance;
    if (values > room) {
      beyond += chance * (values - room);
      over += chance;
    }
    chance *= (kept - values) * (sampled - values);
    chance /= (values + 1) * (all - kept - sampled + values + 1);
  }
  return { values: beyond / chances / mean, tiles: over / chances };
}

/**
 * The share of steps when each of a window's values is not zero with the same chance (binomial).
 */
export function expectedPacked({ lanes, window }: Packing, density: number): number {
  if (density >= 1) return 1;
  if (density <= 0) return 0;
  let steps = 0;
  // The logarithm of the ways to choose so many of the window's values.
  let ways = 0;
  for (let values = 0; values <= window; values++) {
    if (values > 0) ways += Math.log((window - values + 1) / values);
    const chance = Math.exp(
      ways + values * Math.log(density) + (window - values) * Math.log(1 - density),
    );
    steps += chance * Math.ceil(values / lanes);
  }
  return steps / Math.ceil(window / lanes);
}

/**
 * The chance that `sampled` of `all` elements hold none of the `kept` that are not zero
 * (hypergeometric).
 */
export function emptyChance(all: number, kept: number, sampled: number): number {
  if (sampled > all - kept) return 0;
  if (sampled > 10_000) return 0;
  let chance = 1;
  for (let at = 0; at < sampled && chance > 1e-300; at++) chance *= (all - kept - at) / (all - at);
  return chance;
}
