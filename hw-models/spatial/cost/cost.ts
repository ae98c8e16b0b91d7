// Costs a mapping: cycles by cause and joules by component, from the accesses to each memory that
// remain after skipping zeros.

import type { Access } from '../../contract.js';
import type { Architecture, Memory, SpatialArray } from '../description/architecture.js';
import { type Mapping, tilesOf } from '../nest/mapping.js';
import type { Problem } from '../nest/problem.js';
import { noZeros, type Zeros } from '../sparse/zeros.js';
import {
  type Accesses,
  accessesOf,
  type MemoryAccesses,
  type OperandAccesses,
} from './accesses.js';
import { type Share, shareOf } from './shares.js';
import { type Spill, withSpills } from './spills.js';

export interface SpatialCost {
  readonly accesses: Accesses;
  /** By memory that the accesses list, then by operand in the same order. */
  readonly shares: readonly (readonly Share[])[];
  /** What is fetched again because tiles overflow their memory. */
  readonly spills: readonly Spill[];
  /**
   * The steps of the compute units, what the slowest memory takes longer, and what the first tiles'
   * way in and the last one's way out take. Names are 'compute', a memory's, 'fill'.
   */
  readonly cycles: ReadonlyMap<string, number>;
  readonly totalCycles: number;
  /** By memory, array and compute unit. */
  readonly joules: ReadonlyMap<string, number>;
  readonly totalJoules: number;
  /** Cycles that one instance's ports take, by memory that has a rate. */
  readonly portCycles: ReadonlyMap<string, number>;
  /** The memory that holds everything else up; null where compute does. */
  readonly slowest: string | null;
}

/** What a compute unit spends its steps on, each as a share of all. */
export interface ComputeShare {
  readonly done: number;
  /** Steps that take their time but no product. */
  readonly gated: number;
  /** Steps that take time. */
  readonly time: number;
}

export function computeShare({ compute, nodes }: Architecture, zeros: Zeros): ComputeShare {
  if (compute.structured !== null) {
    const { kept, of } = compute.structured;
    const share = zeros.isStructured(kept, of) ? kept / of : 1;
    return { done: share, gated: 0, time: share };
  }
  if (compute.saving === null) return { done: 1, gated: 0, time: 1 };
  const { how, where } = compute.saving;
  const done = zeros.products(where);
  if (how === 'gate') return { done, gated: 1 - done, time: 1 };
  const packings = nodes.flatMap((node) => (node.kind === 'array' ? node.packings : []));
  if (packings.length === 0) return { done, gated: 0, time: done };
  // Lanes that run in step take as long as their windows' values need, and idle in between.
  const packed = packings.map(({ operand }) => operand);
  const loose = zeros.products(where.filter((operand) => !packed.includes(operand)));
  const time = packings.reduce((product, packing) => product * zeros.packed(packing), loose);
  return { done, gated: 0, time: Math.max(time, done) };
}

/** Whether units skip each by itself and meet at the end of a tile. */
export function unitsWait({ compute, nodes }: Architecture): boolean {
  const packs = nodes.some((node) => node.kind === 'array' && node.packings.length > 0);
  return compute.structured === null && compute.saving?.how === 'skip' && !packs;
}

/** The cost of a mapping without faults, no zero left out. */
export function denseCostOf(
  problem: Problem,
  architecture: Architecture,
  mapping: Mapping,
): SpatialCost {
  return costOf(problem, architecture, mapping, noZeros);
}

/**
 * The cost of a mapping without faults. Compute units are evenly busy; `imbalance` is how much
 * longer the busiest ones take than the mean, 1 where all take the same.
 */
export function costOf(
  problem: Problem,
  architecture: Architecture,
  mapping: Mapping,
  zeros: Zeros,
  imbalance = 1,
): SpatialCost {
  const accesses = accessesOf(problem, architecture, mapping);
  const tiles = tilesOf(problem, mapping);
  const fitting = accesses.memories.map(({ node, operands }) =>
    operands.map(({ operand }) => {
      const index = problem.operands.findIndex(({ name }) => name === operand);
      return shareOf(problem, architecture, mapping, tiles, zeros, node, index);
    }),
  );
  const { shares, spills } = withSpills(
    ...([problem, architecture, mapping, zeros, accesses, fitting] as const),
  );
  const share = computeShare(architecture, zeros);
  // Whatever is skipped, a layer takes a cycle.
  const even = Math.max(1, (accesses.steps * share.time) / architecture.compute.macsPerCycle);
  const compute = Math.max(1, even * imbalance);
  let slowest: string | null = null;
  let longest = compute;
  const portCycles = new Map<string, number>();
  for (const [at, memory] of accesses.memories.entries()) {
    const node = nodeOf(architecture, memory);
    const cycles = memoryCycles(node, memory.operands, shares[at] as readonly Share[]);
    if (node.readBits ?? node.writeBits ?? node.sharedBits) portCycles.set(memory.name, cycles);
    if (cycles > longest) {
      longest = cycles;
      slowest = memory.name;
    }
  }
  const cycles = new Map([['compute', Math.min(even, compute)]]);
  if (compute > even) cycles.set('imbalance', compute - even);
  if (slowest !== null) cycles.set(slowest, longest - compute);
  const fill = architecture.fillsAndDrains ? fillCycles(architecture, accesses, shares) : 0;
  if (fill > 0) cycles.set('fill', fill);
  const totalCycles = longest + fill;
  const joules = joulesOf(architecture, accesses, shares, share, totalCycles);
  let totalJoules = 0;
  for (const part of joules.values()) totalJoules += part;
  return {
    accesses,
    shares,
    spills,
    cycles,
    totalCycles,
    joules,
    totalJoules,
    portCycles,
    slowest,
  };
}

export function nodeOf({ nodes }: Architecture, { node }: Pick<MemoryAccesses, 'node'>): Memory {
  return nodes[node] as Memory;
}

const shareAt = (shares: readonly (readonly Share[])[], place: number, at: number): Share =>
  (shares[place] as readonly Share[])[at] as Share;

/** Cycles in which one instance of a memory passes all that it must. */
function memoryCycles(
  memory: Memory,
  operands: readonly OperandAccesses[],
  shares: readonly Share[],
): number {
  let read = 0;
  let written = 0;
  for (const [at, { operand, reads, fills, updates }] of operands.entries()) {
    const bits = memory.elementBits[operand] as number;
    const share = shares[at] as Share;
    read += reads * (bits * (share.reads + share.gatedReads) + share.readMetadataBits);
    written += fills * (bits * share.fills + share.fillMetadataBits);
    written += updates * bits * (share.updates + share.gatedUpdates);
  }
  return Math.max(
    memory.readBits === null ? 0 : read / memory.readBits,
    memory.writeBits === null ? 0 : written / memory.writeBits,
    memory.sharedBits === null ? 0 : (read + written) / memory.sharedBits,
  );
}

/** Cycles of the first tile of every memory but the outermost, and of the last tile of sums. */
function fillCycles(
  architecture: Architecture,
  { memories }: Accesses,
  shares: readonly (readonly Share[])[],
): number {
  let cycles = 0;
  for (const [place, memory] of memories.entries()) {
    if (place === 0) continue;
    const node = nodeOf(architecture, memory);
    let into = 0;
    let out = 0;
    for (const [at, { operand, tile, fills, updates }] of memory.operands.entries()) {
      const { stored } = shareAt(shares, place, at);
      const bits = (node.elementBits[operand] as number) * stored.values + stored.metadataBits;
      if (updates > 0) out += tile * bits;
      else if (fills > 0) into += tile * bits;
    }
    const write = node.writeBits ?? node.sharedBits;
    const read = node.readBits ?? node.sharedBits;
    cycles += (write === null ? 0 : into / write) + (read === null ? 0 : out / read);
  }
  return cycles;
}

function joulesOf(
  architecture: Architecture,
  accesses: Accesses,
  shares: readonly (readonly Share[])[],
  { done, gated }: ComputeShare,
  totalCycles: number,
): ReadonlyMap<string, number> {
  const joules = new Map<string, number>();
  const { compute, nodes } = architecture;
  const arithmetic =
    accesses.computes * (done * compute.joulesPerMac + gated * compute.joulesPerGated);
  const leak = accesses.units * compute.leakPerCycle * totalCycles;
  joules.set(compute.name, arithmetic + leak);
  for (const [place, memory] of accesses.memories.entries()) {
    const node = nodeOf(architecture, memory);
    let each = node.joules.leakPerCycle * totalCycles;
    for (const [at, counts] of memory.operands.entries()) {
      const { read, write } = operandJoules(node, counts, shareAt(shares, place, at));
      each += read + write;
    }
    joules.set(node.name, each * memory.instances);
  }
  const ofCycles = (architecture.joulesPerCycle ?? 0) * totalCycles;
  if (ofCycles > 0) joules.set('clock', (joules.get('clock') ?? 0) + ofCycles);
  for (const transfer of accesses.transfers) {
    const array = nodes[transfer.node] as SpatialArray;
    if (array.joulesPerBitHop === 0) continue;
    const bits = widestBits(architecture, transfer.operand);
    const passed = transfer.delivered * bits * array.joulesPerBitHop;
    joules.set(array.name, (joules.get(array.name) ?? 0) + passed);
  }
  return joules;
}

/** Joules of one instance's accesses for one operand. */
function operandJoules(node: Memory, counts: OperandAccesses, share: Share) {
  const { operand, reads, fills, updates } = counts;
  const perElement = accessesPerElement(node, operand);
  const { joules, metadataAccessBits } = node;
  return {
    read:
      reads * share.reads * perElement * joules.read +
      (reads * share.readMetadataBits * joules.metadataRead) / metadataAccessBits,
    write:
      fills * share.fills * perElement * joules.write +
      updates * share.updates * perElement * joules.update +
      (fills * share.fillMetadataBits * joules.metadataWrite) / metadataAccessBits,
  };
}

/** What passes each memory by operand, over all instances that the mapping uses. */
export function accessesByOperand(
  architecture: Architecture,
  { accesses, shares }: SpatialCost,
): readonly Access[] {
  return accesses.memories.flatMap((memory, place) => {
    const node = nodeOf(architecture, memory);
    const { instances } = memory;
    return memory.operands.map((counts, at): Access => {
      const share = shareAt(shares, place, at);
      const { read, write } = operandJoules(node, counts, share);
      return {
        ...{ memory: memory.name, operand: counts.operand },
        reads: instances * counts.reads * share.reads,
        writes: instances * (counts.fills * share.fills + counts.updates * share.updates),
        ...{ readJoules: instances * read, writeJoules: instances * write },
      };
    });
  });
}

/** Accesses that one element takes where neighbours share an access. */
export function accessesPerElement(memory: Memory, operand: string): number {
  const bits = memory.elementBits[operand] as number;
  return bits >= memory.accessBits
    ? Math.ceil(bits / memory.accessBits)
    : 1 / Math.floor(memory.accessBits / bits);
}

/** Bits of an operand's element where it is kept furthest out. */
function widestBits({ nodes }: Architecture, operand: string): number {
  for (const node of nodes) {
    if (node.kind === 'memory') return node.elementBits[operand] as number;
  }
  return 0;
}
