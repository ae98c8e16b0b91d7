// An accelerator as its mapper and its cost see it: memories and arrays of instances from the
// outermost in, then compute units. Plain numbers in SI; presets and the files of other tools are
// turned into it.

/** How an operand's zeros are left out where it is kept. */
export type Format =
  | { readonly kind: 'dense' }
  /** A bit for each element, and the values that are not zero. */
  | { readonly kind: 'bitmask' }
  /** The zeros before each value; a longer run takes a stored zero for each 2^runBits − 1 more. */
  | { readonly kind: 'run-length'; readonly runBits: number }
  /** The coordinates of each value; as many bits as the tile needs where none are given. */
  | { readonly kind: 'coordinate'; readonly coordinateBits: number | null }
  /** A pointer to each fibre's first value, and each value's coordinate or run in it (CSR, CSC). */
  | {
      readonly kind: 'offsets';
      readonly pointerBits: number | null;
      readonly coordinateBits: number | null;
      /** Dimensions along which a fibre runs; the others are pointed to. */
      readonly along: readonly string[];
    }
  /** At most `kept` of `of` neighbours, each with its place among them. */
  | { readonly kind: 'n-of-m'; readonly kept: number; readonly of: number };

/** What is left out where another operand is zero. */
export interface Saving {
  /** 'skip' takes neither time nor energy, 'gate' takes the time. */
  readonly how: 'skip' | 'gate';
  /** The operand whose accesses at this memory are left out. */
  readonly operand: string;
  /** The operands any of whose zeros leave an access out. */
  readonly where: readonly string[];
}

/** Joules of one action of one instance. */
export interface MemoryJoules {
  /** One access of `accessBits`. */
  readonly read: number;
  readonly write: number;
  /** A sum that is written over the one before it. */
  readonly update: number;
  /** One access of a format's own bits, as many as `metadataAccessBits`. */
  readonly metadataRead: number;
  readonly metadataWrite: number;
  readonly leakPerCycle: number;
}

/** What a mapping must do at a node. */
export interface LoopConstraints {
  /** Dimensions from the innermost loop out; those that are not named lie around them. */
  readonly order: readonly string[];
  /** Steps by dimension: exactly so many, or at most. */
  readonly factors: ReadonlyMap<string, { readonly steps: number; readonly max: boolean }>;
}

export interface Memory {
  readonly kind: 'memory';
  readonly name: string;
  /** Of one instance; null without bound. */
  readonly bits: number | null;
  /** Set apart for the formats' own bits; null where they share `bits`. */
  readonly metadataBits: number | null;
  /** Tiles at a time: 2 where the next one fills while one is used. */
  readonly buffers: number;
  /** Of one access. */
  readonly accessBits: number;
  readonly metadataAccessBits: number;
  /** Of one element, by operand. */
  readonly elementBits: Readonly<Record<string, number>>;
  /** Bits a cycle of one instance; null without bound. `sharedBits` bounds both together. */
  readonly readBits: number | null;
  readonly writeBits: number | null;
  readonly sharedBits: number | null;
  /** By operand; 'free' leaves it to the mapper. */
  readonly keeps: Readonly<Record<string, 'keep' | 'bypass' | 'free'>>;
  readonly formats: Readonly<Record<string, Format>>;
  readonly savings: readonly Saving[];
  readonly joules: MemoryJoules;
  /** Of one instance; null where nobody knows. */
  readonly areaMm2: number | null;
  readonly constraints: LoopConstraints;
}

/**
 * Lanes that take the non-zero values of an operand out of each `window` of neighbours, in as many
 * steps as that takes.
 */
export interface Packing {
  readonly operand: string;
  readonly lanes: number;
  readonly window: number;
}

export interface SpatialArray {
  readonly kind: 'array';
  readonly name: string;
  /** Instances of all that lies further in, side by side. */
  readonly x: number;
  readonly y: number;
  /** Whether one read reaches every instance that needs the element. */
  readonly multicast: boolean;
  /** Whether sums of several instances are added on their way out. */
  readonly reduces: boolean;
  readonly packings: readonly Packing[];
  /** For a bit that passes from one instance to the next. */
  readonly joulesPerBitHop: number;
  /** Dimensions that may be unrolled along each axis; null for any. */
  readonly unrolls: {
    readonly x: readonly string[] | null;
    readonly y: readonly string[] | null;
  };
  readonly constraints: LoopConstraints;
}

export interface Compute {
  readonly name: string;
  /** MACs a cycle of one unit. */
  readonly macsPerCycle: number;
  readonly joulesPerMac: number;
  /** For a unit that is gated for a cycle. */
  readonly joulesPerGated: number;
  readonly leakPerCycle: number;
  readonly areaMm2: number | null;
  /** What happens to a product with a zero, and whose zeros are known in time. */
  readonly saving: { readonly how: 'skip' | 'gate'; readonly where: readonly string[] } | null;
  /** Weights of which at most `kept` of each `of` are not zero take kept / of of the steps. */
  readonly structured: { readonly kept: number; readonly of: number } | null;
}

export type Node = Memory | SpatialArray;

export interface Architecture {
  readonly name: string;
  readonly clockHz: number;
  /** From the outermost in. The first is a memory that keeps every operand. */
  readonly nodes: readonly Node[];
  readonly compute: Compute;
  /** Of the whole accelerator, beside what its parts take; none where left out. */
  readonly joulesPerCycle?: number;
  /** Whether the first tiles' way in and the last one's way out overlap with nothing. */
  readonly fillsAndDrains: boolean;
}

export const noConstraints: LoopConstraints = { order: [], factors: new Map() };

export const freeJoules: MemoryJoules = {
  ...{ read: 0, write: 0, update: 0, metadataRead: 0, metadataWrite: 0, leakPerCycle: 0 },
};
