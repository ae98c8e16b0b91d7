// Joules by component: instructions, operations and bytes by their energy, cores and the rest by
// power over time. A core that waits for memory draws less than one that issues: what it draws at
// all is `core`, what issuing adds `instructions`.

import type { EnergyEvent, Parts } from '../contract.js';
import type { CpuConfig } from './config.js';
import type { Transfers } from './memory.js';

export interface Activity {
  readonly seconds: number;
  readonly cores: number;
  readonly macs: number;
  readonly operations: number;
  /**
   * Arithmetic instructions: what `macs` and `operations` come to in vectors, or one by one where a
   * loop is scalar.
   */
  readonly instructions: number;
  readonly transfers: Transfers;
}

/**
 * `arithmetic` is what the multiply-adds and operations take by themselves, `instructions` what
 * surrounds them.
 */
export function joulesFor(activity: Activity, { energy }: CpuConfig): Parts {
  const { seconds, cores, macs, operations, instructions, transfers } = activity;
  return {
    arithmetic: macs * (energy.multiply + energy.add) + operations * energy.add,
    instructions: instructions * energy.instruction,
    core: seconds * cores * energy.core,
    l2: transfers.l2.bytes * energy.l2Byte,
    l3: transfers.l3.bytes * energy.l3Byte,
    dram: transfers.memory.bytes * 8 * energy.dramBit,
    static: seconds * energy.idle,
  };
}

/**
 * What single events cost, on any such cores. Powers over time (`core`, `static`) are no events.
 */
export function energyEvents({
  energy,
  cores,
}: Pick<CpuConfig, 'energy' | 'cores'>): readonly EnergyEvent[] {
  const event = (
    key: keyof CpuConfig['energy'],
    component: string,
    action: string,
    instances = 1,
  ): EnergyEvent => ({
    ...{ path: `energy.${key}`, component, action, instances },
    joules: energy[key],
  });
  return [
    event('add', 'arithmetic', 'add', cores),
    event('multiply', 'arithmetic', 'multiply', cores),
    event('instruction', 'instructions', 'issue', cores),
    event('l2Byte', 'l2', 'access_byte', cores),
    event('l3Byte', 'l3', 'access_byte'),
    event('dramBit', 'dram', 'access_bit'),
  ];
}
