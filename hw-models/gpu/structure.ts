// The parts of a GPU as blocks: streaming multiprocessors with their memories, the L2 cache, DRAM
// beside the chip. Nobody publishes their areas.

import type { Block } from '../contract.js';
import type { GpuConfig } from './config.js';

const REGISTER_BYTES = 4;

export function structureOf({ sm, l2, dram, clockHz }: GpuConfig): readonly Block[] {
  const one = { columns: 1, rows: 1, inside: [], areaMm2: null };
  const memory = (name: string, bytes: number, components: readonly string[]): Block => ({
    ...{ ...one, name, kind: 'memory', bytes, components },
  });
  const schedulers = sm.lanes / sm.warpLanes;
  return [
    {
      ...{ ...one, name: 'dram', kind: 'memory', offChip: true, components: ['dram'] },
      passes: { meter: 'dram_bytes', perSecond: dram.bytesPerSecond },
    },
    {
      ...memory('l2', l2.bytes, ['l2']),
      passes: { meter: 'l2_bytes', perSecond: l2.bytesPerCycle * clockHz },
    },
    {
      ...{ ...one, name: 'SMs', kind: 'array', columns: sm.count, components: [] },
      inside: [
        memory('registers', sm.registers * REGISTER_BYTES, []),
        memory('shared_memory', sm.sharedBytes, []),
        {
          ...memory('l1', sm.gatherCacheBytes, ['l1']),
          passes: {
            meter: 'gather_sectors',
            perSecond: sm.count * sm.gatherSectorsPerCycle * clockHz,
          },
        },
        {
          ...{ ...one, name: 'core', kind: 'arithmetic', components: ['core'] },
          // An instruction a cycle of each scheduler.
          passes: { meter: 'instructions', perSecond: sm.count * schedulers * clockHz },
        },
      ],
    },
  ];
}
