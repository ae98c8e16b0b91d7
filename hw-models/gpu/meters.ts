// Every counter of a GPU cost, once.

import type { Meter } from '../contract.js';

export const meters = {
  macs: { unit: 'count', meaning: 'multiply-accumulates with data, lanes without work left out' },
  executed_macs: {
    unit: 'count',
    meaning:
      'multiplications done; Winograd and Fourier transforms do fewer than multiply-accumulates',
  },
  mac_slots: {
    unit: 'count',
    meaning:
      'multiply-accumulates that the instructions had room for, idle lanes and tile padding included',
  },
  nonzeros: { unit: 'count', meaning: 'non-zero weights stored' },
  instructions: { unit: 'count', meaning: 'warp-wide instructions issued' },
  gather_sectors: {
    unit: 'count',
    meaning: 'sectors that gathers take through the SMs’ load paths',
  },
  coalesced_bytes: { unit: 'B', meaning: 'bytes of consecutive words through the SMs’ load paths' },
  shared_bytes: { unit: 'B', meaning: 'bytes that warps read from shared memory' },
  register_bytes: { unit: 'B', meaning: 'bytes of the register file that multiply-adds touch' },
  l2_bytes: { unit: 'B', meaning: 'bytes between the SMs and the L2 cache' },
  dram_bytes: { unit: 'B', meaning: 'bytes between the L2 cache and DRAM' },
  weight_bytes: { unit: 'B', meaning: 'size of the weights as this kernel stores them' },
  launches: { unit: 'count', meaning: 'kernels launched' },
  blocks: { unit: 'count', meaning: 'thread blocks in the grid' },
  resident_blocks: { unit: 'count', meaning: 'blocks that one SM holds at a time' },
  waves: { unit: 'count', meaning: 'rounds in which the busiest SM works through its blocks' },
} as const satisfies Readonly<Record<string, Meter>>;

export type Counters = Readonly<Partial<Record<keyof typeof meters, number>>> & {
  readonly macs: number;
};
