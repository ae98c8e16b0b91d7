// Cycles of folds on the array, wave front by wave front. One fold of T steps on R × C PEs: 2R + C
// + T − 2 cycles whichever operand stays (SCALE-Sim, ISPASS 2020, Eq. 4): R cycles fill the
// stationary registers (or drain the sums that stayed), T steps enter each row or column one cycle
// after its neighbour, and the last one takes R + C − 2 more to reach the far corner. The whole
// array fills and drains even where a fold uses part of it. With a second set of stationary
// registers a fold enters max(T, R) cycles after the one before it: as soon as that one's steps are
// in and its own registers are filled.

import type { SystolicConfig } from './config.js';
import type { Folding } from './gemm.js';

export interface ArrayCycles {
  readonly total: number;
  /** Cycles in which steps enter the array. */
  readonly streaming: number;
  readonly folds: number;
}

export function arrayCycles(
  { runs }: Pick<Folding, 'runs'>,
  { rows, columns, stationarySets }: Pick<SystolicConfig, 'rows' | 'columns' | 'stationarySets'>,
): ArrayCycles {
  const sum = (of: (run: Folding['runs'][number]) => number) =>
    runs.reduce((total, run) => total + of(run), 0);
  const folds = sum((run) => run.folds);
  const streaming = sum((run) => run.folds * run.steps);
  const around = 2 * rows + columns - 2;
  if (stationarySets === 1) return { total: streaming + folds * around, streaming, folds };
  const last = runs.at(-1)?.steps ?? 0;
  // Each fold but the last one holds the next one up for as long as it streams, or as that one's
  // registers fill.
  const held = sum((run) => run.folds * Math.max(run.steps, rows)) - Math.max(last, rows);
  return { total: held + last + around, streaming, folds };
}

/**
 * Cycles of `folds` equal folds that take `compute` cycles in all and `memory` cycles of fetching
 * in all, each fold's operands fetched into one half of a buffer while the fold before it works
 * from the other. The first fetch and the last fold overlap with nothing.
 */
export function doubleBuffered(compute: number, memory: number, folds: number): number {
  return Math.max(compute, memory) + Math.min(compute, memory) / folds;
}
