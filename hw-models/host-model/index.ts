// Models the executors in hw-models/host. README.md states the equations.

import type { Family } from '../contract.js';
import { energyEvents } from '../cpu/energy.js';
import { type HostConfig, HostConfigSchema } from './config.js';
import { engineKernels } from './kernels.js';
import { libraryKernels } from './libraries.js';
import { meters } from './meters.js';
import { place } from './place.js';
import { structureOf } from './structure.js';

export const hostModel: Family<HostConfig> = {
  name: 'host-model',
  title: 'A CPU as zeroskip uses it: its own engine, TensorFlow.js, ONNX Runtime',
  schema: HostConfigSchema,
  kernels: [...engineKernels, ...libraryKernels],
  meters,
  area: () => null,
  structure: structureOf,
  peaks: ({ multiplyAddsPerCycle, threads, clock, memory }) => ({
    ceilings: [{ name: 'FP32, 128 bit', macsPerSecond: multiplyAddsPerCycle * threads * clock }],
    roofs: [
      {
        name: 'memory',
        bytesPerSecond: Math.min(memory.bandwidth, threads * memory.oneCore),
        meter: 'dram_bytes',
        bytesPerCount: 1,
      },
    ],
  }),
  events: ({ energy, threads }) => energyEvents({ energy, cores: threads }),
  place,
  // Its engine lays weights out and transforms them, which takes its time.
  parts: { weights: 2 ** 16, outputs: 2 ** 10, rows: 16, channels: 16, filters: 16, extent: 16 },
};
