// Joules by component, as in the CPU model (hw-models/cpu/energy.ts). Nothing here is measured but
// the powers, and those only where the processor counts its energy.

import type { Parts } from '../contract.js';
import type { HostConfig } from './config.js';

export interface Activity {
  readonly seconds: number;
  readonly threads: number;
  readonly macs: number;
  readonly instructions: number;
  /** By the level where lines are found. */
  readonly bytes: Parts;
}

export function joulesFor(
  { seconds, threads, macs, instructions, bytes }: Activity,
  { energy }: HostConfig,
): Parts {
  const { l2 = 0, l3 = 0, memory = 0 } = bytes;
  return {
    arithmetic: macs * (energy.multiply + energy.add),
    instructions: instructions * energy.instruction,
    core: seconds * threads * energy.core,
    // A line from an outer level passes the inner ones.
    l2: (l2 + l3 + memory) * energy.l2Byte,
    l3: (l3 + memory) * energy.l3Byte,
    dram: memory * 8 * energy.dramBit,
    static: seconds * energy.idle,
  };
}
