// Finds unrollings of a problem over the arrays of an architecture: those that keep the most
// instances busy, with dimensions rounded up if necessary.

import type { Architecture, SpatialArray } from '../description/architecture.js';
import type { Problem } from '../nest/problem.js';

/** A loop in space. */
export interface Unrolled {
  readonly node: number;
  readonly axis: 'x' | 'y';
  readonly dimension: number;
  readonly bound: number;
}

export interface Unrolling {
  readonly loops: readonly Unrolled[];
  /** Steps in time that are left of each dimension. */
  readonly left: readonly number[];
  /** Instances times the share of their work that is no padding. */
  readonly busy: number;
}

/** Spreads kept from one axis to the next. */
const KEPT = 96;

/**
 * The spreads of `problem`, the busiest first, at most `max`. `pads` allows a dimension to be
 * rounded up to a multiple of a spread. `fits`: whether the smallest tiles of a spread over some of
 * the arrays fit their memories; more loops make tiles no smaller.
 */
export function unrollingsOf(
  problem: Problem,
  { nodes }: Architecture,
  pads: boolean,
  max: number,
  fits: (state: Unrolling) => boolean = () => true,
): readonly Unrolling[] {
  let states: readonly Unrolling[] = [{ loops: [], left: problem.sizes, busy: 1 }];
  for (const [at, node] of nodes.entries()) {
    if (node.kind !== 'array') continue;
    for (const axis of ['x', 'y'] as const) {
      if (node[axis] === 1) continue;
      states = best(
        states.flatMap((state) => spreads(state, at, node, axis, problem, pads)).filter(fits),
        KEPT,
      );
    }
    states = states.filter((state) => meets(state, at, node, problem));
  }
  return best(states, max);
}

/**
 * Whether an array's exact steps are there: of a dimension that has fewer, all; of one that has
 * more, as many as are left to each pass where the passes are even (16 steps in twelves: 8 and 8).
 */
function meets(state: Unrolling, at: number, node: SpatialArray, problem: Problem): boolean {
  return [...node.constraints.factors].every(([name, { steps, max }]) => {
    const dimension = problem.dimensions.indexOf(name);
    if (max || dimension < 0) return true;
    const found = state.loops.reduce(
      (product, loop) =>
        loop.node === at && loop.dimension === dimension ? product * loop.bound : product,
      1,
    );
    const all = found * (state.left[dimension] as number);
    const passes = Math.ceil(all / steps);
    return found === Math.ceil(all / passes) || found === steps;
  });
}

function best(states: readonly Unrolling[], max: number): readonly Unrolling[] {
  const known = new Set<string>();
  const distinct = states.filter(({ loops }) => {
    const key = loops
      .map(({ node, axis, dimension, bound }) => [node, axis, dimension, bound])
      .join(';');
    if (known.has(key)) return false;
    known.add(key);
    return true;
  });
  return distinct.toSorted((a, b) => b.busy - a.busy).slice(0, max);
}

function spreads(
  state: Unrolling,
  node: number,
  array: SpatialArray,
  axis: 'x' | 'y',
  problem: Problem,
  pads: boolean,
): readonly Unrolling[] {
  const allowed = array.unrolls[axis];
  const open = problem.dimensions.flatMap((name, at) =>
    (allowed === null || allowed.includes(name)) && (state.left[at] as number) > 1 ? [at] : [],
  );
  const results: Unrolling[] = [state];
  const spread = (from: Unrolling, dimension: number, room: number): readonly Unrolling[] => {
    const limit = array.constraints.factors.get(problem.dimensions[dimension] as string);
    const max = Math.min(room, limit?.steps ?? room);
    return bounds(from.left[dimension] as number, max, pads).map((bound) => {
      const before = from.left[dimension] as number;
      const after = Math.ceil(before / bound);
      return {
        loops: [...from.loops, { node, axis, dimension, bound }],
        left: from.left.map((steps, at) => (at === dimension ? after : steps)),
        busy: (from.busy * before) / after,
      };
    });
  };
  for (const first of open) {
    for (const one of spread(state, first, array[axis])) {
      results.push(one);
      const room = Math.floor(array[axis] / (one.loops.at(-1)?.bound ?? 1));
      if (room < 2) continue;
      for (const second of open) {
        if (second !== first) results.push(...spread(one, second, room));
      }
    }
  }
  return results;
}

/** Bounds above 1 into which `steps` may be spread over `room` instances. */
function bounds(steps: number, room: number, pads: boolean): readonly number[] {
  const found = new Set<number>();
  for (let bound = 2; bound <= Math.min(steps, room); bound++) {
    if (steps % bound === 0) found.add(bound);
  }
  if (pads && room > 1) {
    // As even as it gets over all the room, and over half of it.
    for (const max of [room, Math.floor(room / 2)]) {
      if (max > 1) found.add(Math.ceil(steps / Math.ceil(steps / max)));
    }
  }
  found.delete(1);
  return [...found].sort((a, b) => b - a);
}
