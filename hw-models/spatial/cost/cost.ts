// What a mapping costs: cycles by cause and joules by component, from the accesses of each memory.

import type { Architecture, Memory, SpatialArray } from '../description/architecture.js';
import type { Mapping } from '../nest/mapping.js';
import type { Problem } from '../nest/problem.js';
import {
  type Accesses,
  accessesOf,
  type MemoryAccesses,
  type OperandAccesses,
} from './accesses.js';

export interface SpatialCost {
  readonly accesses: Accesses;
  /**
   * The steps of the compute units, what the slowest memory takes longer, and what the first tiles'
   * way in and the last one's way out take. Names are 'compute', a memory's, 'fill'.
   */
  readonly cycles: ReadonlyMap<string, number>;
  readonly totalCycles: number;
  /** By memory, array and compute unit. */
  readonly joules: ReadonlyMap<string, number>;
  readonly totalJoules: number;
  /** The memory that holds everything else up; null where compute does. */
  readonly slowest: string | null;
}

/** The cost of a mapping without faults, no zero left out. */
export function denseCostOf(
  problem: Problem,
  architecture: Architecture,
  mapping: Mapping,
): SpatialCost {
  const accesses = accessesOf(problem, architecture, mapping);
  const compute = accesses.steps / architecture.compute.macsPerCycle;
  let slowest: string | null = null;
  let longest = compute;
  for (const memory of accesses.memories) {
    const cycles = memoryCycles(nodeOf(architecture, memory), memory.operands);
    if (cycles > longest) {
      longest = cycles;
      slowest = memory.name;
    }
  }
  const cycles = new Map([['compute', compute]]);
  if (slowest !== null) cycles.set(slowest, longest - compute);
  const fill = architecture.fillsAndDrains ? fillCycles(architecture, accesses) : 0;
  if (fill > 0) cycles.set('fill', fill);
  const totalCycles = longest + fill;
  const joules = joulesOf(architecture, accesses, totalCycles);
  let totalJoules = 0;
  for (const part of joules.values()) totalJoules += part;
  return { accesses, cycles, totalCycles, joules, totalJoules, slowest };
}

export function nodeOf({ nodes }: Architecture, { node }: Pick<MemoryAccesses, 'node'>): Memory {
  return nodes[node] as Memory;
}

/** Cycles in which one instance of a memory passes all that it must. */
function memoryCycles(memory: Memory, operands: readonly OperandAccesses[]): number {
  let read = 0;
  let written = 0;
  for (const { operand, reads, fills, updates } of operands) {
    const bits = memory.elementBits[operand] as number;
    read += reads * bits;
    written += (fills + updates) * bits;
  }
  return Math.max(
    memory.readBits === null ? 0 : read / memory.readBits,
    memory.writeBits === null ? 0 : written / memory.writeBits,
    memory.sharedBits === null ? 0 : (read + written) / memory.sharedBits,
  );
}

/** Cycles of the first tile of every memory but the outermost, and of the last tile of sums. */
function fillCycles(architecture: Architecture, { memories }: Accesses): number {
  let cycles = 0;
  for (const memory of memories.slice(1)) {
    const node = nodeOf(architecture, memory);
    let into = 0;
    let out = 0;
    for (const { operand, tile, fills, updates } of memory.operands) {
      const bits = tile * (node.elementBits[operand] as number);
      if (updates > 0) out += bits;
      else if (fills > 0) into += bits;
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
  totalCycles: number,
): ReadonlyMap<string, number> {
  const joules = new Map<string, number>();
  const { compute, nodes } = architecture;
  joules.set(
    compute.name,
    accesses.computes * compute.joulesPerMac + accesses.units * compute.leakPerCycle * totalCycles,
  );
  for (const memory of accesses.memories) {
    const node = nodeOf(architecture, memory);
    let each = node.joules.leakPerCycle * totalCycles;
    for (const { operand, reads, fills, updates } of memory.operands) {
      const share = accessesPerElement(node, operand);
      each += reads * share * node.joules.read;
      each += fills * share * node.joules.write;
      each += updates * share * node.joules.update;
    }
    joules.set(node.name, each * memory.instances);
  }
  for (const transfer of accesses.transfers) {
    const array = nodes[transfer.node] as SpatialArray;
    if (array.joulesPerBitHop === 0) continue;
    const bits = widestBits(architecture, transfer.operand);
    const passed = transfer.delivered * bits * array.joulesPerBitHop;
    joules.set(array.name, (joules.get(array.name) ?? 0) + passed);
  }
  return joules;
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
