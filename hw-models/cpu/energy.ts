// Joules by component: operations and bytes by their energy, cores and the rest by power over time.

import type { Parts } from '../contract.js';
import type { CpuConfig } from './config.js';
import type { Transfers } from './memory.js';

export interface Activity {
  readonly seconds: number;
  readonly cores: number;
  readonly macs: number;
  readonly operations: number;
  readonly transfers: Transfers;
}

/** `core` is what a busy core draws to run instructions at all; `arithmetic` the multiply-adds alone. */
export function joulesFor(activity: Activity, { energy }: CpuConfig): Parts {
  const { seconds, cores, macs, operations, transfers } = activity;
  return {
    arithmetic: macs * (energy.multiply + energy.add) + operations * energy.add,
    core: seconds * cores * energy.core,
    l2: transfers.l2.bytes * energy.l2Byte,
    l3: transfers.l3.bytes * energy.l3Byte,
    dram: transfers.memory.bytes * 8 * energy.dramBit,
    static: seconds * energy.idle,
  };
}
