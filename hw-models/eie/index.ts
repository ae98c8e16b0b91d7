import { z } from 'zod';
import type { Family } from '../contract.js';

const Config = z.strictObject({});

export const eie: Family<z.infer<typeof Config>> = {
  name: 'eie',
  title: 'eie',
  schema: Config,
  kernels: [],
  meters: {},
  area: () => null,
};
