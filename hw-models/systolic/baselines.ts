// Dense arrays that may be held against another accelerator: the same area, or the same memory and
// bandwidth within it.

import { invariant } from '../../workloads/base/errors.js';
import { sum } from '../cost.js';
import { areaOf } from './area.js';
import { operandBytes, type SystolicConfig } from './config.js';

const mm2Of = (config: SystolicConfig) => sum(areaOf(config));

/**
 * The square array with the most PEs that fits into `mm2`, with as much SRAM for each PE as `base`
 * has.
 */
export function sameArea(base: SystolicConfig, mm2: number): SystolicConfig {
  const pes = base.rows * base.columns;
  return largest(mm2, (side) => {
    const share = (bytes: number) => Math.floor((bytes * side * side) / pes);
    return {
      ...base,
      rows: side,
      columns: side,
      vectorLanes: side,
      sram: {
        ...base.sram,
        weightBytes: share(base.sram.weightBytes),
        activationBytes: share(base.sram.activationBytes),
        accumulatorBytes: share(base.sram.accumulatorBytes),
      },
    };
  });
}

export interface Memories {
  /** Of weights into the array, at most. */
  readonly weightBytesPerCycle: number;
  readonly weightBytes: number;
  readonly activationBytes: number;
}

/**
 * The array that takes in weights as fast as `memories` give them, a column for each, with as many
 * rows as fit into `mm2` beside those memories. Accumulators hold two sums a column for each row:
 * the fewest under which loading hides.
 */
export function sameBandwidth(
  base: SystolicConfig,
  mm2: number,
  memories: Memories,
): SystolicConfig {
  const { weightBytesPerCycle, weightBytes, activationBytes } = memories;
  const columns = weightBytesPerCycle / operandBytes(base);
  return largest(mm2, (rows) => ({
    ...base,
    rows,
    columns,
    vectorLanes: columns,
    sram: {
      ...base.sram,
      weightBytes,
      activationBytes,
      accumulatorBytes: (2 * rows * columns * base.accumulatorBits) / 8,
    },
  }));
}

function largest(mm2: number, designOf: (extent: number) => SystolicConfig): SystolicConfig {
  let extent = 0;
  while (mm2Of(designOf(extent + 1)) <= mm2) extent++;
  invariant(extent > 0, () => `${mm2} mm² hold no array`);
  return designOf(extent);
}
