// EIE, the efficient inference engine on compressed networks, and designs varied from it.

import type { Family } from '../contract.js';
import { areaOf } from './area.js';
import { EieConfig } from './config.js';
import { dials } from './dials.js';
import { energyEvents } from './energy.js';
import { elementwise, im2col, sparse } from './kernels.js';
import { meters } from './meters.js';
import { place, placeExpected } from './placement.js';
import { structureOf } from './structure.js';
import { canTransform, winograd, winogradPruned } from './winograd.js';

const wordBytes = ({ spmat }: EieConfig) => spmat.widthBits / 8;

export const eie: Family<EieConfig> = {
  name: 'eie',
  title: 'EIE-style sparse accelerator',
  schema: EieConfig,
  kernels: [sparse, im2col, winograd, winogradPruned, elementwise],
  meters,
  dials,
  area: areaOf,
  structure: structureOf,
  peaks: (config) => ({
    ceilings: [
      {
        name: `${config.fixedPointBits}-bit fixed point`,
        macsPerSecond: config.pes * config.clockHz,
      },
    ],
    roofs: [
      {
        name: 'sparse-matrix SRAM',
        bytesPerSecond: config.pes * config.clockHz * wordBytes(config),
        meter: 'spmat_reads',
        bytesPerCount: wordBytes(config),
      },
      {
        name: 'DRAM',
        bytesPerSecond: config.dram.bytesPerSecond,
        meter: 'dram_bytes',
        bytesPerCount: 1,
      },
    ],
  }),
  precision: ({ fixedPointBits }) => (fixedPointBits <= 8 ? 'int8' : 'int16'),
  events: energyEvents,
  // Rows are dealt out over the PEs: as many as there are, of some columns.
  parts: { weights: 2 ** 18, outputs: 2 ** 12, rows: 4, channels: 16, filters: 512, extent: 4 },
  place: (tasks, config) => place(tasks, config, canTransform),
  placeExpected: (layers, config) => placeExpected(layers, config, canTransform),
};
