// A mapping of a problem to an architecture: temporal loops at memories, spatial loops at arrays,
// and the operands that each memory keeps.

import type { Architecture } from '../description/architecture.js';
import type { Problem } from './problem.js';

export interface Loop {
  /** Index into {@link Problem.dimensions}. */
  readonly dimension: number;
  /** How many steps it takes: at least 1. */
  readonly bound: number;
  /** The axis of an array over which it is unrolled; null for a loop in time. */
  readonly axis: 'x' | 'y' | null;
}

export interface Mapping {
  /**
   * For each node of the architecture, from the outermost in: its loops, from the outermost in.
   * Those of a memory go over the tiles that its tile is cut into.
   */
  readonly loops: readonly (readonly Loop[])[];
  /** For each node, whether it keeps each operand of the problem; false throughout for arrays. */
  readonly keeps: readonly (readonly boolean[])[];
}

/**
 * Steps of each dimension within one tile of each node, and, last, within one compute unit: 1 each.
 */
export function tilesOf(problem: Problem, mapping: Mapping): readonly (readonly number[])[] {
  const tiles: number[][] = [problem.dimensions.map(() => 1)];
  for (const loops of mapping.loops.toReversed()) {
    const tile = [...(tiles[0] as number[])];
    for (const { dimension, bound } of loops) tile[dimension] = (tile[dimension] as number) * bound;
    tiles.unshift(tile);
  }
  return tiles;
}

/** The mapping with every loop of one step left out. */
export function withoutUnits(mapping: Mapping): Mapping {
  return {
    ...mapping,
    loops: mapping.loops.map((loops) => loops.filter(({ bound }) => bound > 1)),
  };
}

/**
 * The loop nest as Timeloop prints it: each memory with the elements that it keeps of each operand,
 * then its loops.
 */
export function mappingText(
  problem: Problem,
  architecture: Architecture,
  mapping: Mapping,
  tileElements: (node: number, operand: number) => number,
): string {
  const lines: string[] = [];
  let depth = 0;
  for (const [at, { name }] of architecture.nodes.entries()) {
    const kept = problem.operands.flatMap((operand, index) =>
      mapping.keeps[at]?.[index] ? [`${operand.name}:${tileElements(at, index)}`] : [],
    );
    const head = `${name} [ ${kept.map((text) => `${text} `).join('')}]`;
    lines.push(head, '-'.repeat(head.length));
    for (const { dimension, bound, axis } of mapping.loops[at] ?? []) {
      if (bound === 1) continue;
      const space = axis === null ? '' : ` (Spatial-${axis.toUpperCase()})`;
      const loop = `for ${problem.dimensions[dimension]} in [0:${bound})${space}`;
      lines.push(`| ${'  '.repeat(depth)}${loop}`);
      depth += 1;
    }
    lines.push('');
  }
  lines.push(`| ${'  '.repeat(depth)}<< Compute >>`);
  return lines.join('\n');
}
