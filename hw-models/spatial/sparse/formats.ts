// The storage of a tile in each format: values, and metadata bits for their positions. It is an
// expectation for uniformly random zeros, and exact if the counts are exact.

import type { Format } from '../description/architecture.js';

export interface Stored {
  /** Values kept for each element of the dense tile, stored zeros among them. */
  readonly values: number;
  /** Bits of the format itself for each element of the dense tile. */
  readonly metadataBits: number;
}

/** The tile that a format describes. */
export interface TileShape {
  readonly elements: number;
  /** Elements along one fibre: what a coordinate or run counts within. */
  readonly fibre: number;
}

/** Bits that tell so many things apart. */
export const bitsFor = (things: number): number => Math.max(1, Math.ceil(Math.log2(things)));

/** What is stored for each element of a tile of which `density` is not zero. */
export function storedOf(format: Format, density: number, { elements, fibre }: TileShape): Stored {
  switch (format.kind) {
    case 'dense':
      return { values: 1, metadataBits: 0 };
    case 'bitmask':
      return { values: density, metadataBits: 1 };
    case 'run-length': {
      const values = density + longRuns(density, format.runBits);
      return { values, metadataBits: values * format.runBits };
    }
    case 'coordinate': {
      const bits = format.coordinateBits ?? bitsFor(elements);
      return { values: density, metadataBits: density * bits };
    }
    case 'offsets': {
      const coordinate = format.coordinateBits ?? bitsFor(fibre);
      const pointer = format.pointerBits ?? bitsFor(elements + 1);
      // One pointer a fibre, and one more where the last one ends.
      const pointers = Math.ceil(elements / fibre) + 1;
      return {
        values: density,
        metadataBits: density * coordinate + (pointer * pointers) / elements,
      };
    }
    case 'n-of-m': {
      const values = format.kept / format.of;
      return { values, metadataBits: values * bitsFor(format.of) };
    }
  }
}

/** Zeros stored for each element because a run is longer than its bits can say. */
function longRuns(density: number, runBits: number): number {
  if (density <= 0) return 1 / 2 ** runBits;
  const max = 2 ** runBits;
  // A run of at least k · 2^bits zeros before a value stores k of them.
  const chance = (1 - density) ** max;
  return density * (chance / (1 - chance));
}

/** Whether zeros are told apart from values without reading them. */
export const isCompressed = (format: Format | undefined): boolean =>
  format !== undefined && format.kind !== 'dense';

/** Whether tiles of the same shape differ in size with their zeros. */
export const isVarying = (format: Format | undefined): boolean =>
  isCompressed(format) && format?.kind !== 'n-of-m';
