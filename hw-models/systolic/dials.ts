import type { Dial, Switch } from '../contract.js';
import { powersOfTwo } from '../dials.js';
import { technologyNodes } from '../technology/nodes.js';
import { dataflows } from './config.js';

/** What SCALE-Sim's users vary, and what a network's weights and activations decide besides. */
export const dials: readonly Dial[] = [
  { path: 'rows', label: 'rows of PEs', unit: 'count', levels: powersOfTwo(2, 9) },
  { path: 'columns', label: 'columns of PEs', unit: 'count', levels: powersOfTwo(2, 9) },
  {
    path: 'clockHz',
    label: 'clock',
    unit: 'MHz',
    levels: [200, 400, 600, 800, 1000, 1200, 1400, 1600],
  },
  { path: 'operandBits', label: 'factors', unit: 'bit', levels: [4, 8, 16, 32] },
  { path: 'accumulatorBits', label: 'sums', unit: 'bit', levels: [8, 16, 24, 32, 48, 64] },
  { path: 'stationarySets', label: 'sets of stationary registers', unit: 'count', levels: [1, 2] },
  { path: 'sram.weightBytes', label: 'weight SRAM', unit: 'KiB', levels: powersOfTwo(5, 15) },
  {
    path: 'sram.activationBytes',
    label: 'activation SRAM',
    unit: 'KiB',
    levels: powersOfTwo(4, 13),
  },
  {
    path: 'sram.accumulatorBytes',
    label: 'accumulator SRAM',
    unit: 'KiB',
    levels: powersOfTwo(2, 12),
  },
  {
    path: 'vectorLanes',
    label: 'lanes for pooling and the like',
    unit: 'count',
    levels: powersOfTwo(3, 9),
  },
  {
    path: 'dram.bytesPerSecond',
    label: 'DRAM',
    unit: 'GB/s',
    levels: [0.5, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2, 102.4],
  },
  {
    path: 'processNm',
    label: 'process',
    unit: 'nm',
    levels: technologyNodes.map(({ nm }) => nm).reverse(),
  },
];

const names = { ws: 'weight-stationary', os: 'output-stationary', is: 'input-stationary' } as const;

export const switches: readonly Switch[] = [
  {
    path: 'dataflows',
    label: 'dataflow',
    choices: [
      ...dataflows.map((dataflow) => ({ name: names[dataflow], value: [dataflow] })),
      { name: 'all three, the fastest for each layer', value: [...dataflows] },
    ],
  },
];
