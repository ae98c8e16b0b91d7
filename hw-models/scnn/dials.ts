import type { Dial } from '../contract.js';
import { powersOfTwo } from '../dials.js';
import { technologyNodes } from '../technology/nodes.js';

/**
 * What Parashar et al. settle in SCNN, ISCA 2017, Table 3 and Section 6, and what another design
 * would settle anew.
 */
export const dials: readonly Dial[] = [
  { path: 'peRows', label: 'rows of PEs', unit: 'count', levels: powersOfTwo(0, 5) },
  { path: 'peColumns', label: 'columns of PEs', unit: 'count', levels: powersOfTwo(0, 5) },
  { path: 'pe.weights', label: 'weights of an issue', unit: 'count', levels: powersOfTwo(0, 4) },
  {
    path: 'pe.activations',
    label: 'activations of an issue',
    unit: 'count',
    levels: powersOfTwo(0, 4),
  },
  { path: 'pe.banks', label: 'accumulator banks', unit: 'count', levels: powersOfTwo(2, 8) },
  { path: 'pe.bankEntries', label: 'sums of a bank', unit: 'count', levels: powersOfTwo(3, 8) },
  { path: 'bankQueue', label: 'queue of a bank', unit: 'count', levels: powersOfTwo(0, 6) },
  {
    path: 'groupChannels',
    label: 'output channels of a group',
    unit: 'count',
    levels: powersOfTwo(0, 6),
  },
  {
    path: 'pe.activationBytes',
    label: 'activation RAM, a PE',
    unit: 'KiB',
    levels: [2.5, 5, 10, 20, 40, 80],
  },
  {
    path: 'pe.weightFifoBytes',
    label: 'weight FIFO, a PE',
    unit: 'B',
    levels: [125, 250, 500, 1000, 2000, 4000],
  },
  { path: 'valueBits', label: 'values', unit: 'bit', levels: [4, 8, 12, 16] },
  { path: 'indexBits', label: 'zeros before a value', unit: 'bit', levels: [2, 3, 4, 5, 6, 8] },
  {
    path: 'clockHz',
    label: 'clock',
    unit: 'MHz',
    levels: [200, 400, 600, 800, 1000, 1200, 1400, 1600],
  },
  {
    path: 'dram.bytesPerSecond',
    label: 'DRAM',
    unit: 'GB/s',
    levels: [6.4, 12.8, 25.6, 50, 100, 200],
  },
  {
    path: 'processNm',
    label: 'process',
    unit: 'nm',
    levels: technologyNodes.map(({ nm }) => nm).reverse(),
  },
];
