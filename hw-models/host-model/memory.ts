// Computes the data that a layer's calls move between memory levels. The level of an address range
// follows from the amount of memory accessed since its last use.

import type { CallWork, Touch } from './calls/work.js';
import type { HostConfig } from './config.js';
import { type OuterLevel, outerLevels } from './levels.js';
import { ReuseDistance } from './reuse.js';

/**
 * Lines read and written in order, reading begun anew, and one of several streams gone on to
 * another column or page.
 */
export const lineKinds = ['read', 'write', 'restart', 'stream', 'page'] as const;
export type LineKind = (typeof lineKinds)[number];

/** Each by the level where lines are found. */
export type Lines = Readonly<Record<OuterLevel, Readonly<Record<LineKind, number>>>>;

/** Cycles of the lines of each level on their way, and of waiting where reading begins anew. */
export function cyclesOfLines(lines: Lines, config: Pick<HostConfig, 'lines'>) {
  const of = (level: OuterLevel) => {
    const [cycles, times] = [config.lines[level], lines[level]];
    return {
      transfer: times.read * cycles.read + times.write * cycles.write,
      wait:
        times.restart * cycles.restart + times.stream * cycles.stream + times.page * cycles.page,
    };
  };
  return { l2: of('l2'), l3: of('l3'), memory: of('memory') };
}

/**
 * Bytes that lines of each level are: what is written is fetched before and written back
 * afterwards.
 */
export function bytesOfLines(lines: Lines, { lineBytes }: Pick<HostConfig, 'lineBytes'>) {
  const of = (level: OuterLevel) => lineBytes * (lines[level].read + 2 * lines[level].write);
  return { l2: of('l2'), l3: of('l3'), memory: of('memory') };
}

/** What else goes through the caches from one frame to the next. */
export interface Surroundings {
  /** From one use of the weights to the next: all weights that are read, and values. */
  readonly weightBytes: number;
  /** Since the layer's inputs were made. */
  readonly valueBytes: number;
}

/** The caches, as far as their sizes go. */
export type Hierarchy = Pick<HostConfig, 'l1' | 'l2' | 'l3' | 'cacheShare' | 'lineBytes'>;

/**
 * Of the bytes that are used again after `distance` others, the shares that each level still holds;
 * the rest are in L1.
 */
export type Shares = Readonly<Record<OuterLevel, number>>;

/**
 * What is gone through again and again, larger than a cache, is not lost at once as it grows: of D
 * bytes a cache that keeps C of them at random still has C / D.
 */
export function sharesBeyond(distance: number, { l1, l2, l3, cacheShare }: Hierarchy): Shares {
  const missing = (capacity: number) => Math.max(0, 1 - (cacheShare * capacity) / distance);
  const beyondL1 = missing(l1.capacity);
  const beyondL2 = Math.min(beyondL1, missing(l2.capacity));
  const beyondL3 = Math.min(beyondL2, missing(l3.capacity));
  return { l2: beyondL1 - beyondL2, l3: beyondL2 - beyondL3, memory: beyondL3 };
}

const none = () => ({ read: 0, write: 0, restart: 0, stream: 0, page: 0 });

/** Follows the calls of one layer in their order. */
export class LayerMemory {
  readonly #distances = new ReuseDistance();

  constructor(
    /** Weights lie below this address. */
    readonly weightsEnd: number,
    readonly surroundings: Surroundings,
    readonly config: Hierarchy,
  ) {}

  lines({ touches }: CallWork): Lines {
    const lines = { l2: none(), l3: none(), memory: none() };
    for (const touch of touches) {
      const { bytes, writes = false, passes = 1, apart = bytes } = touch;
      this.#go(lines, this.#distanceOf(touch), bytes, writes, touch);
      if (passes > 1) this.#go(lines, apart, bytes * (passes - 1), writes, {});
    }
    return lines;
  }

  /** Adds what `bytes` move that were last used `distance` bytes ago. */
  #go(
    lines: Record<OuterLevel, ReturnType<typeof none>>,
    distance: number,
    bytes: number,
    writes: boolean,
    { starts = 0, streams = 0, pages = 0 }: Pick<Touch, 'starts' | 'streams' | 'pages'>,
  ): void {
    const shares = sharesBeyond(distance, this.config);
    for (const level of outerLevels) {
      const share = shares[level];
      if (share === 0) continue;
      const found = lines[level];
      found[writes ? 'write' : 'read'] += (share * bytes) / this.config.lineBytes;
      found.restart += share * starts;
      found.stream += share * streams;
      found.page += share * pages;
    }
  }

  /** Bytes gone through at least once. */
  get footprint(): number {
    return this.#distances.footprint;
  }

  #distanceOf({ address, bytes }: Touch): number {
    const { weightBytes, valueBytes } = this.surroundings;
    const atFirst = address < this.weightsEnd ? weightBytes : valueBytes;
    return this.#distances.touch(address, bytes) ?? atFirst;
  }
}
