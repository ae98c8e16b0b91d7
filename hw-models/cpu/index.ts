// Multi-core CPUs by the Execution-Cache-Memory model; README.md states the equations and the errors.

import type { Family } from '../contract.js';
import { type CpuConfig, CpuConfigSchema } from './config.js';
import { dense } from './kernels/dense.js';
import { elementwise } from './kernels/elementwise.js';
import { sparse } from './kernels/sparse.js';
import { place } from './memory.js';
import { meters } from './meters.js';

export const cpu: Family<CpuConfig> = {
  name: 'cpu',
  title: 'CPU (Execution-Cache-Memory model)',
  schema: CpuConfigSchema,
  kernels: [dense, sparse, elementwise],
  meters,
  area: ({ area }) => area ?? null,
  place,
};
