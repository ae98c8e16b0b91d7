// In words what a device does not hold of a network.

import type { Holding } from '../../sim/capacity.js';
import { quantity } from '../quantity.js';

/** What makes a figure doubtful; null where all fits, or nobody knows. */
export function doubtOf({ bytes, capacity, streamedBytes }: Holding): string | null {
  if (streamedBytes === 0 || capacity === null) return null;
  const need = `needs ${quantity(bytes, 'B')} of ${quantity(capacity.bytes, 'B')} of memory`;
  const { beyond } = capacity;
  if (!beyond) return `does not fit: ${need}, costed as if it did`;
  const left = `${quantity(streamedBytes, 'B')} a pass come from ${beyond.name}`;
  const rate = `at ${quantity(beyond.bytesPerSecond, 'B/s')}`;
  return `does not fit: ${need}; ${left} ${rate}, at best while the rest is computed`;
}

export function holdingJson({ bytes, capacity, streamedBytes }: Holding) {
  return {
    held_bytes: bytes,
    memory_bytes: capacity?.bytes ?? null,
    streamed_bytes_per_pass: streamedBytes,
  };
}
