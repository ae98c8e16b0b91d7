// Multi-core CPUs by the Execution-Cache-Memory model; README.md states the equations and the
// errors.

import type { Family, Kernel } from '../contract.js';
import { type CpuConfig, CpuConfigSchema } from './config.js';
import { dials } from './dials.js';
import { peakMacsPerCycle, supplyBytesPerSecond } from './ecm.js';
import { energyEvents } from './energy.js';
import { dense } from './kernels/dense.js';
import { elementwise } from './kernels/elementwise.js';
import { sparse } from './kernels/sparse.js';
import { winograd } from './kernels/winograd.js';
import { place } from './memory.js';
import { meters } from './meters.js';

/**
 * Serves the layers that a kernel asked for by name cannot take: whoever asks for Winograd asks for
 * dense weights.
 */
const otherwise: Kernel<CpuConfig> = { ...dense, fallback: true };

export const cpu: Family<CpuConfig> = {
  name: 'cpu',
  title: 'CPU (Execution-Cache-Memory model)',
  schema: CpuConfigSchema,
  kernels: [dense, winograd, sparse, elementwise, otherwise],
  meters,
  dials,
  area: ({ area }) => area ?? null,
  peaks: (config) => ({
    ceilings: [
      { name: 'FP32', macsPerSecond: peakMacsPerCycle(config, config.cores) * config.clock },
    ],
    roofs: [
      {
        name: 'memory',
        bytesPerSecond: supplyBytesPerSecond(config, config.cores),
        meter: 'dram_bytes',
        bytesPerCount: 1,
      },
    ],
  }),
  events: energyEvents,
  place,
};
