import type { Meter } from '../contract.js';

export const meters: Readonly<Record<string, Meter>> = {
  macs: {
    unit: 'count',
    meaning: 'multiply-accumulates of the layer that are not skipped, the whole batch',
  },
  executed_macs: {
    unit: 'count',
    meaning: 'multiply-adds in the turns of inner loops, all lanes, halos included',
  },
  instructions: {
    unit: 'count',
    meaning: 'instructions of arithmetic in the turns of inner loops',
  },
  calls: { unit: 'count', meaning: 'calls of exported functions' },
  weight_bytes: {
    unit: 'B',
    meaning: 'size of what a kernel places before the first run: weights, offsets, biases',
  },
  footprint_bytes: {
    unit: 'B',
    meaning: 'gone through at least once: weights that are read, inputs, outputs, scratch',
  },
  l2_bytes: { unit: 'B', meaning: 'found in L2 or written back to it' },
  l3_bytes: { unit: 'B', meaning: 'found in L3 or written back to it' },
  dram_bytes: { unit: 'B', meaning: 'found in memory or written back to it' },
  threads: { unit: 'count', meaning: 'threads that calls are dealt out to' },
};
