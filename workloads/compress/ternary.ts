// Ternary weights: each row of a matrix as a scale times −1, 0 or +1. Li, Zhang and Liu, "Ternary
// Weight Networks" (arXiv:1605.04711), Section 2: threshold 0.7 · mean |w|, and as scale the mean
// magnitude of what lies above it. There both are of a layer, here of each row.

import type { DenseMatrix } from '../weights/store.js';

export interface TernaryMatrix {
  readonly rows: number;
  readonly columns: number;
  /** [rows][columns]: −1, 0 or 1. */
  readonly values: Int8Array;
  readonly scales: Float32Array;
}

/**
 * The threshold over the mean magnitude, near the best one for Gaussian and for uniform weights
 * (Section 2.2).
 */
const THRESHOLD_RATIO = 0.7;

export function ternarize({ rows, columns, values }: DenseMatrix): TernaryMatrix {
  const ternary = new Int8Array(rows * columns);
  const scales = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const weights = values.subarray(row * columns, (row + 1) * columns);
    const threshold =
      (THRESHOLD_RATIO * weights.reduce((sum, value) => sum + Math.abs(value), 0)) / columns;
    let kept = 0;
    let sum = 0;
    for (let column = 0; column < columns; column++) {
      const value = weights[column] as number;
      if (!(Math.abs(value) > threshold)) continue;
      ternary[row * columns + column] = Math.sign(value);
      sum += Math.abs(value);
      kept++;
    }
    scales[row] = kept > 0 ? sum / kept : 0;
  }
  return { rows, columns, values: ternary, scales };
}
