// Computes how many thread blocks share an SM: the CUDA occupancy rules (CUDA C Programming Guide,
// "Compute Capabilities").

import type { BlockShape } from './launch.js';

/** What an SM has room for. */
export interface SmLimits {
  readonly warpLanes: number;
  readonly residentThreads: number;
  readonly residentBlocks: number;
  readonly registers: number;
  readonly sharedBytes: number;
}

/**
 * Blocks of one shape that an SM holds at a time; 0 where not even one fits. Allocation granules
 * are ignored.
 */
export function residentBlocks(block: BlockShape, sm: SmLimits): number {
  const threads = Math.ceil(block.threads / sm.warpLanes) * sm.warpLanes;
  const byRegisters = Math.floor(sm.registers / (threads * block.registersPerThread));
  const byShared =
    block.sharedBytes > 0 ? Math.floor(sm.sharedBytes / block.sharedBytes) : sm.residentBlocks;
  return Math.min(
    Math.floor(sm.residentThreads / threads),
    sm.residentBlocks,
    byRegisters,
    byShared,
  );
}
