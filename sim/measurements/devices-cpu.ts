// Processors that tables of measurements name.

import { because, type DeviceRule } from './placing.js';

export const cpuDevices: readonly DeviceRule[] = [
  {
    device: /raspberry pi 5/,
    place: ({ precision, threads }) =>
      precision === 'fp32' && threads === null
        ? { hardware: 'cortex-a76', kernel: 'dense' }
        : because('the preset is modelled in fp32 on all cores alone'),
  },
];
