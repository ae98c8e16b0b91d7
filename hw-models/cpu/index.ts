// Multi-core CPUs by the Execution-Cache-Memory model; README.md states the equations and the
// errors.

import type { Family, Kernel } from '../contract.js';
import { arithmeticOf, computesIn, reducedPrecisions } from './arithmetic.js';
import { type CpuConfig, CpuConfigSchema } from './config.js';
import { dials } from './dials.js';
import { peakMacsPerCycle } from './ecm.js';
import { energiesOf, energyEvents } from './energy.js';
import { bitmaskKernels } from './kernels/bitmask.js';
import { columnsKernels } from './kernels/columns.js';
import { denseKernel } from './kernels/dense.js';
import { elementwiseKernel } from './kernels/elementwise.js';
import { narrowKernels } from './kernels/narrow.js';
import { sparse } from './kernels/sparse.js';
import { winogradKernel } from './kernels/winograd.js';
import { place, supplyBytesPerSecond } from './memory.js';
import { meters } from './meters.js';
import { structureOf } from './structure.js';

/**
 * Serves the layers that a kernel asked for by name cannot take: whoever asks for Winograd asks for
 * dense weights.
 */
const otherwise = (kernel: Kernel<CpuConfig>): Kernel<CpuConfig> => ({ ...kernel, fallback: true });

const dense = denseKernel('fp32');
const reduced = reducedPrecisions.map(denseKernel);

export const cpu: Family<CpuConfig> = {
  name: 'cpu',
  title: 'CPU (Execution-Cache-Memory model)',
  schema: CpuConfigSchema,
  kernels: [
    dense,
    winogradKernel('fp32'),
    sparse,
    ...reduced,
    winogradKernel('fp16'),
    ...narrowKernels,
    ...bitmaskKernels,
    ...columnsKernels,
    elementwiseKernel('fp32'),
    ...reducedPrecisions.map(elementwiseKernel),
    ...[dense, ...reduced].map(otherwise),
  ],
  meters,
  dials,
  area: ({ area }) => area ?? null,
  peaks: (config) => ({
    ceilings: [
      { name: 'FP32', macsPerSecond: peakMacsPerCycle(config, config.cores) * config.clock },
      ...reducedPrecisions
        .filter((precision) => computesIn(config, precision))
        .map((precision) => ({
          name: precision.toUpperCase(),
          macsPerSecond: config.cores * arithmeticOf(config, precision).macsPerCycle * config.clock,
        })),
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
  structure: structureOf,
  capacity({ memory: { capacity, storage } }) {
    if (capacity === undefined) return null;
    const beyond = storage === undefined ? null : { name: 'storage', bytesPerSecond: storage };
    return { bytes: capacity, beyond };
  },
  events: (config) => energyEvents({ energy: energiesOf(config), cores: config.cores }),
  place,
};
