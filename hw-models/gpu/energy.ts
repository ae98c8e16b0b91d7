// Joules of a launch by component: so much an operation and a byte, and the power drawn while it
// runs.

import type { EnergyEvent, Parts } from '../contract.js';
import { eventOf } from '../energy-events.js';
import type { GpuConfig } from './config.js';
import type { Launch } from './launch.js';
import { energiesOf } from './power.js';

/**
 * `arithmeticJoules`: of the multiply-accumulates that really happen; `seconds`: the whole time,
 * the launch included.
 */
export function joulesOf(
  launch: Launch,
  arithmeticJoules: number,
  seconds: number,
  config: GpuConfig,
): Parts {
  const energy = energiesOf(config);
  // A GEMM that loses issue slots loses them to replays, bank conflicts and waits within its inner
  // loop, which draw power too.
  const issueSlots = launch.instructions / launch.issueEfficiency;
  const loaded = launch.coalescedBytes / config.l2.sectorBytes;
  return {
    core:
      arithmeticJoules +
      issueSlots * energy.instructionJoules +
      launch.registerBytes * energy.registerByteJoules,
    l1:
      launch.gatherSectors * energy.gatherSectorJoules +
      loaded * energy.loadSectorJoules +
      launch.sharedBytes * energy.sharedByteJoules,
    l2: launch.l2Bytes * energy.l2ByteJoules,
    dram: launch.dramBytes * energy.dramByteJoules,
    active: seconds * energy.activeWatts,
  };
}

/** What single events cost, in the device's process. `activeWatts` over time is no event. */
export function energyEvents(config: GpuConfig): readonly EnergyEvent[] {
  const { tensor, sm, energy } = config;
  return [
    eventOf('energy.macJoules', 'core', 'mac', sm.count, energy.macJoules),
    ...(tensor
      ? [
          eventOf('tensor.macJoules.half', 'core', 'mac_half', sm.count, tensor.macJoules.half),
          eventOf('tensor.macJoules.int8', 'core', 'mac_int8', sm.count, tensor.macJoules.int8),
        ]
      : []),
    eventOf('energy.instructionJoules', 'core', 'issue', sm.count, energy.instructionJoules),
    eventOf(
      'energy.registerByteJoules',
      'core',
      'register_byte',
      sm.count,
      energy.registerByteJoules,
    ),
    eventOf(
      'energy.gatherSectorJoules',
      'l1',
      'gather_sector',
      sm.count,
      energy.gatherSectorJoules,
    ),
    eventOf('energy.loadSectorJoules', 'l1', 'load_sector', sm.count, energy.loadSectorJoules),
    eventOf('energy.sharedByteJoules', 'l1', 'shared_byte', sm.count, energy.sharedByteJoules),
    eventOf('energy.l2ByteJoules', 'l2', 'access_byte', 1, energy.l2ByteJoules),
    eventOf('energy.dramByteJoules', 'dram', 'access_byte', 1, energy.dramByteJoules),
  ];
}
