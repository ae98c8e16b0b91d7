// Linear least squares with lower bounds.

/** Sweeps after which what still moves does not matter. */
const MAX_SWEEPS = 20_000;
const STILL = 1e-10;

/**
 * The values, none below its bound, that bring matrix · values nearest to `target` in the sum of
 * squares. One value after the other is set to its best, the others held (coordinate descent): the
 * problem is convex, so this ends at a minimum. Columns that are all zero keep their bound.
 */
export function boundedLeastSquares(
  matrix: readonly (readonly number[])[],
  target: readonly number[],
  bounds: readonly number[],
): readonly number[] {
  const size = bounds.length;
  const products = Array.from({ length: size }, (_, a) =>
    Float64Array.from({ length: size }, (_, b) =>
      sumOver(matrix, (row) => (row[a] as number) * (row[b] as number)),
    ),
  );
  const right = Array.from({ length: size }, (_, a) =>
    sumOver(matrix, (row, at) => (row[a] as number) * (target[at] as number)),
  );
  const values = [...bounds];
  for (let sweep = 0; sweep < MAX_SWEEPS; sweep++) {
    let moved = 0;
    for (let a = 0; a < size; a++) {
      const own = products[a] as Float64Array;
      const square = own[a] as number;
      if (square === 0) continue;
      let gradient = right[a] as number;
      for (let b = 0; b < size; b++) gradient -= (own[b] as number) * (values[b] as number);
      const next = Math.max(bounds[a] as number, (values[a] as number) + gradient / square);
      moved = Math.max(moved, Math.abs(next - (values[a] as number)) * Math.sqrt(square));
      values[a] = next;
    }
    if (moved < STILL) break;
  }
  return values;
}

function sumOver(
  matrix: readonly (readonly number[])[],
  of: (row: readonly number[], at: number) => number,
): number {
  return matrix.reduce((sum, row, at) => sum + of(row, at), 0);
}
