// The zeros of a layer as a mapping's cost needs them: shares of values and of products.

/** Shares of what is not zero. */
export interface Zeros {
  /** Of an operand's elements. */
  density(operand: string): number;
  /**
   * Of all products, those in which none of `operands` is zero; the outputs count as never zero.
   */
  products(operands: readonly string[]): number;
}

export const noZeros: Zeros = { density: () => 1, products: () => 1 };

/** Zeros that fall independently of each other: what densities alone can say. */
export function independentZeros(densities: Readonly<Record<string, number>>): Zeros {
  const density = (operand: string) => densities[operand] ?? 1;
  return {
    density,
    products: (operands) =>
      [...new Set(operands)].reduce((product, operand) => product * density(operand), 1),
  };
}

/**
 * The chance that `drawn` of `all` elements hold none of the `kept` that are not zero
 * (hypergeometric).
 */
export function emptyChance(all: number, kept: number, drawn: number): number {
  if (drawn > all - kept) return 0;
  if (drawn > 10_000) return 0;
  let chance = 1;
  for (let at = 0; at < drawn && chance > 1e-300; at++) chance *= (all - kept - at) / (all - at);
  return chance;
}
