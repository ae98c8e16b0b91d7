import { z } from 'zod';
import type { Family } from '../contract.js';

const Config = z.strictObject({});

export const gpu: Family<z.infer<typeof Config>> = {
  name: 'gpu',
  title: 'gpu',
  schema: Config,
  kernels: [],
  meters: {},
  area: () => null,
};
