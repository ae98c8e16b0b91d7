// SCNN, the sparse convolutional accelerator of Parashar et al., ISCA 2017, and designs varied from
// it.

import type { Family } from '../contract.js';
import { areaOf } from './area.js';
import { pesOf, productsPerIssue, type ScnnConfig, ScnnSchema } from './config.js';
import { dials } from './dials.js';
import { energyEvents } from './energy.js';
import { elementwise, sparse } from './kernels.js';
import { meters } from './meters.js';
import { structureOf } from './structure.js';

export const scnn: Family<ScnnConfig> = {
  name: 'scnn',
  title: 'SCNN-style sparse convolutional accelerator',
  schema: ScnnSchema,
  kernels: [sparse, elementwise],
  meters,
  dials,
  area: areaOf,
  structure: structureOf,
  peaks: (config) => ({
    ceilings: [
      {
        name: `INT${config.valueBits}`,
        macsPerSecond: pesOf(config) * productsPerIssue(config.pe) * config.clockHz,
      },
    ],
    roofs: [
      {
        name: 'DRAM',
        bytesPerSecond: config.dram.bytesPerSecond,
        meter: 'dram_bytes',
        bytesPerCount: 1,
      },
    ],
  }),
  precision: ({ valueBits }) => (valueBits <= 8 ? 'int8' : 'int16'),
  events: energyEvents,
  // Planes are dealt out over the PEs as they are; channels and groups of filters follow each other.
  parts: { weights: 2 ** 16, outputs: 2 ** 10, rows: 4, channels: 4, filters: 32, extent: 64 },
};
