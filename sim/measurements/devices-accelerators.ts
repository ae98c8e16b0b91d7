// Accelerators that tables of measurements name.

import { because, type DeviceRule } from './placing.js';

export const acceleratorDevices: readonly DeviceRule[] = [
  {
    device: /edge tpu/,
    place: ({ precision }) =>
      precision === 'int8'
        ? { hardware: 'edge-tpu', kernel: undefined }
        : because('it computes in 8-bit integers alone'),
  },
];
