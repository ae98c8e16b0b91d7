import type { Meter } from '../contract.js';

export const meters: Readonly<Record<string, Meter>> = {
  macs: {
    unit: 'count',
    meaning: 'multiply-accumulates of the layer with the weights that are read, the whole batch',
  },
  executed_macs: {
    unit: 'count',
    meaning: 'multiply-accumulates carried out: fewer than macs by Winograd',
  },
  nonzeros: { unit: 'count', meaning: 'stored CSR entries of the layer, each read once a pass' },
  operations: {
    unit: 'count',
    meaning: 'additions, comparisons and the like outside multiply-accumulates',
  },
  weight_bytes: { unit: 'B', meaning: 'size of the weights in the format that the kernel reads' },
  l2_bytes: { unit: 'B', meaning: 'moved between L1 and L2, both ways' },
  l3_bytes: { unit: 'B', meaning: 'moved between L2 and L3, both ways' },
  dram_bytes: { unit: 'B', meaning: 'moved between L3 and memory, both ways' },
  cores: { unit: 'count', meaning: 'cores at work' },
};
