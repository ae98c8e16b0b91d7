// Joules of a launch by component: so much an operation and a byte, and the power drawn while it
// runs.

import type { EnergyEvent, Parts } from '../contract.js';
import type { GpuConfig } from './config.js';
import type { Launch } from './launch.js';

/**
 * `arithmeticJoules`: of the multiply-accumulates that really happen; `seconds`: the whole time,
 * the launch included.
 */
export function joulesOf(
  launch: Launch,
  arithmeticJoules: number,
  seconds: number,
  { energy, l2 }: GpuConfig,
): Parts {
  // A GEMM that loses issue slots loses them to replays, bank conflicts and waits within its inner
  // loop, which draw power too.
  const issueSlots = launch.instructions / launch.issueEfficiency;
  return {
    core: arithmeticJoules + issueSlots * energy.instructionJoules,
    l1:
      launch.gatherSectors * energy.gatherSectorJoules +
      (launch.coalescedBytes / l2.sectorBytes) * energy.loadSectorJoules,
    l2: launch.l2Bytes * energy.l2ByteJoules,
    dram: launch.dramBytes * energy.dramByteJoules,
    active: seconds * energy.activeWatts,
  };
}

/** What single events cost. `activeWatts` over time is no event. */
export function energyEvents({ energy, tensor, sm }: GpuConfig): readonly EnergyEvent[] {
  const event = (
    path: string,
    component: string,
    action: string,
    instances: number,
    joules: number,
  ): EnergyEvent => ({
    ...{ path, component, action, instances, joules },
  });
  return [
    event('energy.macJoules', 'core', 'mac', sm.count, energy.macJoules),
    ...(tensor
      ? [
          event('tensor.macJoules.half', 'core', 'mac_half', sm.count, tensor.macJoules.half),
          event('tensor.macJoules.int8', 'core', 'mac_int8', sm.count, tensor.macJoules.int8),
        ]
      : []),
    event('energy.instructionJoules', 'core', 'issue', sm.count, energy.instructionJoules),
    event('energy.gatherSectorJoules', 'l1', 'gather_sector', sm.count, energy.gatherSectorJoules),
    event('energy.loadSectorJoules', 'l1', 'load_sector', sm.count, energy.loadSectorJoules),
    event('energy.l2ByteJoules', 'l2', 'access_byte', 1, energy.l2ByteJoules),
    event('energy.dramByteJoules', 'dram', 'access_byte', 1, energy.dramByteJoules),
  ];
}
