import { z } from 'zod';
import type { Family } from '../contract.js';

const Config = z.strictObject({});

export const cpu: Family<z.infer<typeof Config>> = {
  name: 'cpu',
  title: 'cpu',
  schema: Config,
  kernels: [],
  meters: {},
  area: () => null,
};
