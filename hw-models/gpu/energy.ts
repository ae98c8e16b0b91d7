// Joules of a launch by component: so much an operation and a byte, and the power drawn while it runs.

import type { Parts } from '../contract.js';
import type { GpuConfig } from './config.js';
import type { Launch } from './launch.js';

/** `arithmeticJoules`: of the multiply-accumulates that really happen; `seconds`: the whole time, the launch included. */
export function joulesOf(launch: Launch, arithmeticJoules: number, seconds: number, { energy, l2 }: GpuConfig): Parts {
  // A GEMM that loses issue slots loses them to replays, bank conflicts and waits within its inner loop, which draw power too.
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
