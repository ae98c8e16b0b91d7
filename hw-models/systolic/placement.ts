// Decides which layers of a network keep their weights on the chip between frames.

import type { Demand } from '../../workloads/demand.js';
import type { LayerTask } from '../../workloads/network.js';
import { weightShapeOf } from '../work.js';
import { operandBytes, type SystolicConfig } from './config.js';
import type { SystolicResidency } from './traffic.js';

/**
 * All of them where the network fits. Else layers in network order, as long as two folds' worth of
 * SRAM remain through which the others are streamed.
 */
export function place(
  tasks: readonly LayerTask[],
  config: SystolicConfig,
): readonly SystolicResidency[] {
  const sizes = tasks.map(({ demand }) => weightsIn(demand) * operandBytes(config));
  const all = sizes.reduce((sum, bytes) => sum + bytes, 0);
  const buffer =
    all <= config.sram.weightBytes ? 0 : 2 * config.rows * config.columns * operandBytes(config);
  let free = config.sram.weightBytes - buffer;
  const placed = sizes.map((bytes) => {
    const fits = bytes <= free;
    if (fits) free -= bytes;
    return fits;
  });
  const freeBytes = free + buffer;
  return placed.map((resident) => ({
    resident,
    freeBytes,
    notes: resident
      ? []
      : ['weights exceed the remaining weight SRAM and are streamed for each frame'],
  }));
}

/**
 * Weights that may stay on the chip: a table of which rows are looked up does not, other
 * activations are none.
 */
function weightsIn(demand: Demand): number {
  if (demand.kind === 'recurrent') {
    const { directions, gates, hidden, inputs } = demand;
    return directions * gates * hidden * (inputs + hidden);
  }
  const shape = weightShapeOf(demand);
  return shape ? shape.rows * shape.columns : 0;
}
