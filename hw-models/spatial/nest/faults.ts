// Why a mapping is impossible on an architecture: one line a fault.

import type { Architecture } from '../description/architecture.js';
import { type Mapping, tilesOf } from './mapping.js';
import { elementsOf, type Problem } from './problem.js';

/** Every fault of `mapping`; none for one that can be costed. */
export function mappingFaults(
  problem: Problem,
  { nodes }: Architecture,
  mapping: Mapping,
): readonly string[] {
  const faults: string[] = [];
  const [whole] = tilesOf(problem, mapping);
  for (const [at, name] of problem.dimensions.entries()) {
    const found = whole?.[at] ?? 1;
    const size = problem.sizes[at] as number;
    if (found !== size) {
      faults.push(`dimension ${name}: found loops of ${found} steps in all, expected ${size}`);
    }
  }
  for (const [at, node] of nodes.entries()) {
    const loops = mapping.loops[at] ?? [];
    if (node.kind === 'memory') {
      if (loops.some(({ axis }) => axis !== null)) {
        faults.push(`${node.name}: found a loop in space, expected loops in time at a memory`);
      }
      for (const [index, { name }] of problem.operands.entries()) {
        const kept = mapping.keeps[at]?.[index] ?? false;
        const rule = node.keeps[name] ?? 'bypass';
        if (rule !== 'free' && kept !== (rule === 'keep')) {
          const verb = kept ? 'kept' : 'bypassed';
          faults.push(`${node.name}: found ${name} ${verb}, expected it to ${rule}`);
        }
      }
      continue;
    }
    if (loops.some(({ axis }) => axis === null)) {
      faults.push(`${node.name}: found a loop in time, expected loops in space at an array`);
    }
    for (const axis of ['x', 'y'] as const) {
      const along = loops.filter((loop) => loop.axis === axis && loop.bound > 1);
      const used = along.reduce((product, { bound }) => product * bound, 1);
      if (used > node[axis]) {
        faults.push(`${node.name}: found ${used} instances along ${axis}, expected ${node[axis]}`);
      }
      const allowed = node.unrolls[axis];
      for (const { dimension } of along) {
        const name = problem.dimensions[dimension] as string;
        if (allowed && !allowed.includes(name)) {
          const list = allowed.join(', ') || 'nothing';
          faults.push(`${node.name}: found ${name} along ${axis}, expected ${list}`);
        }
      }
    }
  }
  return faults;
}

/**
 * Memories whose tiles do not fit: a line each. `bitsOf` says what an element takes where it is not
 * stored densely.
 */
export function overfull(
  problem: Problem,
  { nodes }: Architecture,
  mapping: Mapping,
  bitsOf?: (node: number, operand: number) => number,
): readonly string[] {
  const tiles = tilesOf(problem, mapping);
  return nodes.flatMap((node, at) => {
    if (node.kind === 'array' || node.bits === null) return [];
    let bits = 0;
    const kept: string[] = [];
    for (const [index, operand] of problem.operands.entries()) {
      if (!mapping.keeps[at]?.[index]) continue;
      const elements = elementsOf(operand, tiles[at] as readonly number[]);
      bits += elements * (bitsOf?.(at, index) ?? (node.elementBits[operand.name] as number));
      kept.push(`${elements} ${operand.name}`);
    }
    const room = node.bits / node.buffers;
    if (bits <= room) return [];
    const half = node.buffers > 1 ? ` (1/${node.buffers} of ${node.bits / 8} B)` : '';
    const list = kept.join(' + ');
    return [`${node.name}: found ${bits / 8} B (${list}), expected at most ${room / 8} B${half}`];
  });
}

/**
 * Why no mapping of a problem fits: a memory that is smaller than the smallest tile that it may
 * hold, or exact steps of an array that its dimension does not come in. `bitsOf` as in `overfull`.
 */
export function whyNothingFits(
  problem: Problem,
  { nodes }: Architecture,
  bitsOf: (node: number, operand: number) => number,
): string {
  const tile = problem.sizes.map(() => 1);
  const exact: string[] = [];
  for (const [at, node] of [...nodes.entries()].toReversed()) {
    for (const [name, { steps, max }] of node.constraints.factors) {
      const dimension = problem.dimensions.indexOf(name);
      if (max || dimension < 0) continue;
      const size = problem.sizes[dimension] as number;
      tile[dimension] = Math.min(size, (tile[dimension] as number) * steps);
      exact.push(`${steps} of ${name} at ${node.name} (it has ${size})`);
    }
    if (node.kind === 'array' || node.bits === null) continue;
    const needed = problem.operands.reduce(
      (bits, operand, index) =>
        node.keeps[operand.name] === 'keep'
          ? bits + elementsOf(operand, tile) * bitsOf(at, index)
          : bits,
      0,
    );
    const room = node.bits / node.buffers;
    const smallest = exact.length > 0 ? 'its smallest tile' : 'one element of each';
    if (needed > room) {
      return `${node.name} holds ${room} bits, ${smallest} takes ${Math.ceil(needed)}`;
    }
  }
  return exact.length > 0
    ? `found no way to take exact steps: ${exact.join(', ')}`
    : 'too few of its smallest tiles would fit (mapper.fitting)';
}
