// The cost of F(m×m, 3×3) apart from its products: operations on tiles. Lavin and Gray (arXiv
// 1509.09308), section 4.1.

/**
 * A tile is transformed by columns, then by rows, with so many operations (a fused multiply-add is
 * one) for a vector of one dimension: F(2, 3): each of the 4 rows of Bᵀ and of the 2 of Aᵀ is a
 * sum: 4 and 2 × 2 = 4 additions. F(4, 3): Bᵀ has rows 1 and 6 of 2 operations each and two pairs
 * of rows that share theirs, 4 a pair: 12. Aᵀ works on the sums and differences of two pairs (4),
 * then 2 + 1 + 1 + 2: 10.
 */
export interface TileTransform {
  /** m: outputs of a tile along an axis. */
  readonly outputs: number;
  /** m + 2: inputs of a tile along an axis. */
  readonly edge: number;
  /** Operations of one tile and channel. */
  readonly inputOperations: number;
  readonly outputOperations: number;
}

function transform(outputs: number, columnIn: number, columnOut: number): TileTransform {
  const edge = outputs + 2;
  return {
    outputs,
    edge,
    inputOperations: columnIn * 2 * edge,
    outputOperations: columnOut * (edge + outputs),
  };
}

export const tileTransforms: readonly TileTransform[] = [transform(2, 4, 4), transform(4, 12, 10)];

/**
 * F(6, 3) at the points 0, ±1, ±2, ±½: Bᵀ has rows 1 and 8 of 3 operations each and three pairs of
 * rows that share an even and an odd part, 6, 7 and 7 a pair: 26. Aᵀ works on the sums and
 * differences of three pairs (6), then 3 + 2 + 2 + 2 + 2 + 3: 20.
 */
export const largeTileTransform: TileTransform = transform(6, 26, 20);
