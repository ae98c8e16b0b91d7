// Dense systolic arrays: weight-, output- and input-stationary, after SCALE-Sim.

import type { Family } from '../contract.js';
import { areaOf } from './area.js';
import { type SystolicConfig, SystolicSchema } from './config.js';
import { dials, switches } from './dials.js';
import { energyEvents } from './energy.js';
import { perInference } from './host.js';
import { elementwise, inputStationary, outputStationary, weightStationary } from './kernels.js';
import { meters } from './meters.js';
import { place } from './placement.js';
import { structureOf } from './structure.js';

export const systolic: Family<SystolicConfig> = {
  name: 'systolic',
  title: 'Dense systolic array',
  schema: SystolicSchema,
  kernels: [weightStationary, outputStationary, inputStationary, elementwise],
  meters,
  dials,
  switches,
  area: areaOf,
  structure: structureOf,
  peaks: (config) => ({
    ceilings: [
      {
        name: `INT${config.operandBits}`,
        macsPerSecond: config.rows * config.columns * config.clockHz,
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
  precision: ({ operandBits }) => (operandBits <= 8 ? 'int8' : 'int16'),
  events: energyEvents,
  perInference,
  place,
};
