// Cycles of a convolution from what its compressed operands hold. SCNN, Section 3: for each
// output-channel group, for each input channel, each vector of I activations meets each vector of F
// weights in one issue, ⌈a/I⌉ · ⌈w/F⌉ of them. PEs wait for each other at the end of a group
// (Section 4), while the sums of the group before are drained from the other half of the
// accumulators.

import type { Blocks } from './compressed.js';
import { pesOf, type ScnnConfig } from './config.js';
import { cyclesForMean, cyclesPerIssue } from './contention.js';

/** Sums over groups of one band. */
export interface BandRun {
  /** From the band's start to the last sum drained. */
  readonly cycles: number;
  /** Cycles that each PE issues or waits for banks. */
  readonly busyCycles: Float64Array;
  /** Issues of all PEs, and the waits for banks that they meet. */
  readonly issues: number;
  readonly stallCycles: number;
  /** What the slowest PE of each group takes, summed. */
  readonly slowestCycles: number;
  /** Products of non-zero values. */
  readonly products: number;
  /** Vectors of activations read, and of weights taken in. */
  readonly activationVectors: number;
  readonly weightVectors: number;
}

export interface Band {
  readonly groups: number;
  readonly phases: number;
  /** Sums that a PE drains after each group. */
  readonly sumsPerGroup: number;
  /** How many groups each one stands for. */
  readonly share?: number;
}

/** What happens in one group: when it begins, how long each PE works, and when the next can begin. */
export interface GroupRun {
  readonly group: number;
  readonly start: number;
  /** Valid until the next group. */
  readonly peCycles: Float64Array;
  readonly slowest: number;
  /** The sums of the group before leave in so many cycles from `start` on; 0 for the first. */
  readonly drain: number;
  readonly end: number;
}

export function runBand(
  activations: Blocks,
  weights: Blocks,
  { groups, phases, sumsPerGroup, share = 1 }: Band,
  config: ScnnConfig,
  watch: (run: GroupRun) => void = () => {},
): BandRun {
  const pes = pesOf(config);
  const blocks = activations.channels * phases;
  const perIssue = cyclesPerIssue(config);
  const ofActivations = vectors(activations.elements, config.pe.activations);
  const ofWeights = vectors(weights.elements, config.pe.weights);
  const drain = sumsPerGroup / config.drainedPerCycle;
  const busyCycles = new Float64Array(pes);
  const peCycles = new Float64Array(pes);
  const peLike = firstsAlike(activations, pes, blocks);
  const groupLike = firstsAlike(weights, groups, blocks);
  const met = new Map<number, Float64Array>();
  let [cycles, issues, stallCycles, slowestCycles, products, activationVectors] = [
    0, 0, 0, 0, 0, 0,
  ];
  for (let group = 0; group < groups; group++) {
    const like = groupLike[group] as number;
    const meetings =
      met.get(like) ??
      meetingsOf(
        { vectors: ofActivations, values: activations.values, like: peLike },
        { vectors: ofWeights, values: weights.values },
        ...([group, blocks] as const),
      );
    met.set(like, meetings);
    let slowest = 0;
    for (let pe = 0; pe < pes; pe++) {
      const own = meetings[3 * pe] as number;
      const ownProducts = meetings[3 * pe + 1] as number;
      const read = meetings[3 * pe + 2] as number;
      const time = own === 0 ? 0 : own * cyclesForMean(perIssue, ownProducts / own);
      issues += own;
      products += ownProducts;
      activationVectors += read;
      stallCycles += time - own;
      busyCycles[pe] = (busyCycles[pe] as number) + time;
      peCycles[pe] = time;
      slowest = Math.max(slowest, time);
    }
    slowestCycles += slowest;
    // The sums of the group before leave in the meantime.
    const drained = group === 0 ? 0 : drain;
    const start = cycles;
    cycles += Math.max(slowest, drained);
    watch({ group, start, peCycles, slowest, drain: drained, end: cycles });
  }
  const weightVectors = ofWeights.reduce((sum, count) => sum + count, 0);
  return {
    busyCycles: busyCycles.map((busy) => busy * share),
    ...{
      issues: issues * share,
      stallCycles: stallCycles * share,
      slowestCycles: slowestCycles * share,
    },
    ...{ products: products * share, activationVectors: activationVectors * share },
    weightVectors: weightVectors * share,
    cycles: cycles * share + drain,
  };
}

/** Vectors and values of blocks. */
interface Held {
  readonly vectors: Uint32Array;
  readonly values: Uint32Array;
}

/**
 * What each PE does in a group, PE after PE: issues, products, vectors of activations read. Counted
 * for the first of PEs that hold as much: `like` tells it of each.
 */
function meetingsOf(
  activations: Held & { readonly like: Uint32Array },
  weights: Held,
  group: number,
  blocks: number,
): Float64Array {
  const filled = nonEmpty(weights.vectors, group * blocks, blocks);
  const { like } = activations;
  const met = new Float64Array(3 * like.length);
  for (const [pe, first] of like.entries()) {
    if (first < pe) {
      met.copyWithin(3 * pe, 3 * first, 3 * first + 3);
      continue;
    }
    const base = pe * blocks;
    let [issues, products, read] = [0, 0, 0];
    for (let at = 0; at < filled.count; at++) {
      const block = filled.blocks[at] as number;
      const vector = activations.vectors[base + block] as number;
      read += vector;
      issues += vector * (weights.vectors[group * blocks + block] as number);
      products +=
        (activations.values[base + block] as number) *
        (weights.values[group * blocks + block] as number);
    }
    met.set([issues, products, read], 3 * pe);
  }
  return met;
}

/** For each of `count` owners of blocks the first one that holds as much in each block. */
function firstsAlike({ values, elements }: Blocks, count: number, blocks: number): Uint32Array {
  const firsts = new Uint32Array(count);
  const found: number[] = [];
  const isAlike = (a: number, b: number) => {
    for (let at = 0; at < blocks; at++) {
      const [one, other] = [a * blocks + at, b * blocks + at];
      if (values[one] !== values[other] || elements[one] !== elements[other]) return false;
    }
    return true;
  };
  for (let owner = 0; owner < count; owner++) {
    const first = found.find((other) => isAlike(owner, other)) ?? owner;
    if (first === owner) found.push(owner);
    firsts[owner] = first;
  }
  return firsts;
}

/** Vectors of `width` that so many elements fill, block by block. */
function vectors(elements: Uint32Array, width: number): Uint32Array {
  return elements.map((count) => Math.ceil(count / width));
}

/** The blocks from `base` on that hold weights: others take no time. */
function nonEmpty(counts: Uint32Array, base: number, length: number) {
  const blocks = new Uint32Array(length);
  let count = 0;
  for (let block = 0; block < length; block++) {
    if ((counts[base + block] as number) > 0) blocks[count++] = block;
  }
  return { blocks, count };
}
