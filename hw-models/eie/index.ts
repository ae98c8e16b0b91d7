// EIE, the efficient inference engine on compressed networks, and designs varied from it.

import type { Family } from '../contract.js';
import { areaOf } from './area.js';
import { EieConfig } from './config.js';
import { energyEvents } from './energy.js';
import { elementwise, im2col, sparse } from './kernels.js';
import { meters } from './meters.js';
import { place } from './placement.js';
import { canTransform, winograd, winogradPruned } from './winograd.js';

export const eie: Family<EieConfig> = {
  name: 'eie',
  title: 'EIE-style sparse accelerator',
  schema: EieConfig,
  kernels: [sparse, im2col, winograd, winogradPruned, elementwise],
  meters,
  area: areaOf,
  events: energyEvents,
  place: (tasks, config) => place(tasks, config, canTransform),
};
