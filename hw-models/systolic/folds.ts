// The folds of a layer one by one, in the order in which they run: strips of the plane, pieces of
// the steps, groups, then columns, and the depth innermost, whose folds share their sums.

import type { Dataflow, SystolicConfig } from './config.js';
import { axesOf } from './gemm.js';
import type { Schedule } from './schedule.js';

/** Places along an axis of the product. */
export interface Range {
  readonly from: number;
  /** Not in it any more. */
  readonly to: number;
}

export interface Fold {
  /** Groups of the product that share it, on its diagonal. */
  readonly groups: Range;
  /** What lies along the array's rows and its columns, of each group. */
  readonly rows: Range;
  readonly columns: Range;
  /** What passes in time. */
  readonly steps: Range;
}

export const lengthOf = ({ from, to }: Range): number => to - from;

/** Rows of the array that a fold uses, and columns. */
export const usedBy = ({ groups, rows, columns }: Fold) => ({
  rows: lengthOf(groups) * lengthOf(rows),
  columns: lengthOf(groups) * lengthOf(columns),
});

export function* foldsOf(
  { gemm, strips, folding }: Pick<Schedule, 'gemm' | 'strips' | 'folding'>,
  dataflow: Dataflow,
  config: Pick<SystolicConfig, 'rows' | 'columns'>,
): Generator<Fold> {
  const count = Math.min(strips, gemm.pixels);
  const strip = { ...gemm, pixels: Math.ceil(gemm.pixels / count) };
  const [rows, columns, steps] = axesOf(strip, dataflow);
  const pieces = ranges(steps, folding.runs[0]?.steps ?? steps);
  const sets = ranges(gemm.groups, folding.groupsAtOnce);
  const [alongRows, alongColumns] = [ranges(rows, config.rows), ranges(columns, config.columns)];
  for (let at = 0; at < count; at++)
    for (const piece of pieces)
      for (const groups of sets)
        if (dataflow === 'os')
          for (const own of alongRows)
            for (const across of alongColumns)
              yield { groups, rows: own, columns: across, steps: piece };
        else
          for (const across of alongColumns)
            for (const own of alongRows) yield { groups, rows: own, columns: across, steps: piece };
}

const ranges = (extent: number, size: number): readonly Range[] =>
  Array.from({ length: Math.ceil(extent / size) }, (_, at) => ({
    ...{ from: at * size, to: Math.min(extent, (at + 1) * size) },
  }));
