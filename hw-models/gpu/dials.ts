import type { Dial } from '../contract.js';

export const dials: readonly Dial[] = [
  {
    path: 'sm.count',
    label: 'SMs',
    unit: 'count',
    levels: [1, 2, 4, 8, 16, 24, 32, 48, 64, 80, 108, 132],
  },
  {
    path: 'clockHz',
    label: 'clock',
    unit: 'MHz',
    levels: [400, 600, 800, 1000, 1200, 1400, 1600, 1800, 2000],
  },
  {
    path: 'l2.bytes',
    label: 'L2 cache',
    unit: 'KiB',
    levels: [512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536],
  },
  {
    path: 'dram.bytesPerSecond',
    label: 'DRAM',
    unit: 'GB/s',
    levels: [12.8, 25.6, 51.2, 102.4, 200, 400, 800, 1600],
  },
  { path: 'launchSeconds', label: 'a launch', unit: 'us', levels: [1, 2, 5, 10, 20] },
  {
    path: 'gemmEfficiency',
    label: "GEMM's share of the peak",
    unit: 'percent',
    levels: [30, 40, 50, 60, 70, 80, 90],
  },
];
