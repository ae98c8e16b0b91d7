// Which layers of a network keep their weights on the chip between frames.

import { weightShapeOf } from '../../workloads/layers/index.js';
import type { LayerTask } from '../../workloads/network.js';
import { operandBytes, type SystolicConfig } from './config.js';
import type { SystolicResidency } from './traffic.js';

/**
 * All of them where the network fits. Else layers in network order, as long as two folds' worth of SRAM remain through
 * which the others are streamed.
 */
export function place(tasks: readonly LayerTask[], config: SystolicConfig): readonly SystolicResidency[] {
  const sizes = tasks.map(({ layer }) => {
    const shape = weightShapeOf(layer);
    return shape ? shape.rows * shape.columns * operandBytes(config) : 0;
  });
  const all = sizes.reduce((sum, bytes) => sum + bytes, 0);
  const buffer = all <= config.sram.weightBytes ? 0 : 2 * config.rows * config.columns * operandBytes(config);
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
    notes: resident ? [] : ['weights exceed what is left of their SRAM and are streamed in each time'],
  }));
}
