import type { Dial } from '../contract.js';

export const dials: readonly Dial[] = [
  { path: 'cores', label: 'cores', unit: 'count', levels: [1, 2, 4, 6, 8, 16, 32] },
  { path: 'dense.cores', label: 'cores, dense', unit: 'count', levels: [1, 2, 3, 4, 6, 8, 16, 32] },
  {
    path: 'sparse.cores',
    label: 'cores, sparse',
    unit: 'count',
    levels: [1, 2, 3, 4, 6, 8, 16, 32],
  },
  {
    path: 'clock',
    label: 'clock',
    unit: 'MHz',
    levels: [1000, 1500, 2000, 2500, 3000, 3500, 4000],
  },
  { path: 'simd.width', label: 'vectors', unit: 'bit', levels: [128, 256, 512] },
  {
    path: 'l2.capacity',
    label: 'L2 cache, a core',
    unit: 'KiB',
    levels: [128, 256, 512, 1024, 2048],
  },
  { path: 'l3.capacity', label: 'L3 cache', unit: 'MiB', levels: [2, 4, 8, 15, 32, 64] },
  {
    path: 'memory.bandwidth',
    label: 'memory',
    unit: 'GB/s',
    levels: [12.8, 25.6, 51.2, 102.4, 204.8],
  },
];
