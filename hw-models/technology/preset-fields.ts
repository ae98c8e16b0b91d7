// Fields that presets of several families share: the off-chip memory, the speed of the logic, and
// the leakage of memories.

import { z } from 'zod';
import { quantity } from '../units.js';

const positive = z.number().positive();

/** Of a chip that has its memory to itself. */
export const ownDram = z.strictObject({
  bytesPerSecond: quantity('B/s', positive),
  joulesPerBit: quantity('J', positive),
  standbyWatts: quantity(
    'W',
    z.number().min(0),
    'Of the memory while it waits, as long as a layer runs; left out where there is none.',
  ).optional(),
});

export const criticalPathSeconds = quantity(
  's',
  positive,
  'Between two registers at the nominal supply: bounds the clock.',
);

export const leakageRatio = quantity(
  'ratio',
  z.number().min(0),
  "What the memories leak, over the SRAM law's high-performance cells.",
);
