// A mapping as the expectation of its zeros needs it: memories from the innermost out, each with
// the loops up to the next memory further in.

import type { Architecture } from '../description/architecture.js';
import type { Mapping } from '../nest/mapping.js';
import type { Problem } from '../nest/problem.js';

export interface Step {
  /** Index into {@link Problem.dimensions}. */
  readonly dimension: number;
  readonly bound: number;
  readonly inSpace: boolean;
  /** Steps of each dimension in one whole run of this loop. */
  readonly box: readonly number[];
}

export interface Level {
  /** Index into {@link Architecture.nodes}. */
  readonly node: number;
  readonly name: string;
  /** From the innermost out, loops of one step left out: those over arrays, then those in time. */
  readonly steps: readonly Step[];
  /** Steps of each dimension in one tile. */
  readonly tile: readonly number[];
  readonly keeps: readonly boolean[];
}

/** Memories from the innermost out. */
export function levelsOf(
  problem: Problem,
  { nodes }: Architecture,
  mapping: Mapping,
): readonly Level[] {
  const levels: Level[] = [];
  let box: readonly number[] = problem.dimensions.map(() => 1);
  let steps: Step[] = [];
  for (let at = nodes.length - 1; at >= 0; at--) {
    for (const { dimension, bound, axis } of (mapping.loops[at] ?? []).toReversed()) {
      if (bound === 1) continue;
      box = box.map((extent, own) => (own === dimension ? extent * bound : extent));
      steps.push({ dimension, bound, inSpace: axis !== null, box });
    }
    const node = nodes[at];
    if (node?.kind !== 'memory') continue;
    const keeps = problem.operands.map((_, operand) => mapping.keeps[at]?.[operand] ?? false);
    levels.push({ node: at, name: node.name, steps, tile: box, keeps });
    steps = [];
  }
  return levels;
}

/** The next level further in that keeps an operand; −1 for the compute units. */
export function childOf(levels: readonly Level[], level: number, operand: number): number {
  for (let at = level - 1; at >= 0; at--) if (levels[at]?.keeps[operand]) return at;
  return -1;
}

/** The next level further out that keeps an operand; null where there is none. */
export function parentOf(levels: readonly Level[], level: number, operand: number): number | null {
  for (let at = level + 1; at < levels.length; at++) if (levels[at]?.keeps[operand]) return at;
  return null;
}
