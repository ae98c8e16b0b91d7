// What an inner loop of a kernel does, turn by turn.

/**
 * What one turn does; loads and instructions are of vectors of 128 bit where the loop has vectors,
 * else of scalars.
 */
export interface Loop {
  readonly what: string;
  readonly loads: number;
  /** Instructions of arithmetic; a fused multiply-add is one. */
  readonly instructions: number;
  /** Multiply-adds, each lane of a vector counted. */
  readonly macs: number;
  /** Whether those are of one lane, of as many as native vectors have. */
  readonly perLane?: boolean;
}

export const loop = (what: string, loads = 0, instructions = 0, macs = 0): Loop => ({
  what,
  loads,
  instructions,
  macs,
});

/** A loop of whole native vectors, `macs` of them multiplied and added. */
export const vectorLoop = (what: string, loads = 0, instructions = 0, macs = 0): Loop => ({
  ...loop(what, loads, instructions, macs),
  perLane: true,
});
