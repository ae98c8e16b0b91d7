// Orders of a tensor's axes. A permutation says, by axis of a copy, which axis of the file's tensor
// it is.

import type { Shape } from '../../tensor.js';

export type Permutation = readonly number[];

export function identity(rank: number): Permutation {
  return Array.from({ length: rank }, (_, axis) => axis);
}

/** Batch, channels, positions; the file has the channels last. */
export function channelsFirst(rank: number): Permutation {
  if (rank < 3) return identity(rank);
  return [0, rank - 1, ...Array.from({ length: rank - 2 }, (_, axis) => axis + 1)];
}

export function isIdentity(permutation: Permutation): boolean {
  return permutation.every((axis, at) => axis === at);
}

export function samePermutation(left: Permutation, right: Permutation): boolean {
  return left.length === right.length && left.every((axis, at) => axis === right[at]);
}

export function permuted(shape: Shape, permutation: Permutation): Shape {
  return permutation.map((axis) => shape[axis] as number);
}

/** Whether both orders of `shape` lie in memory alike: axes of one element move nothing. */
export function liesAlike(shape: Shape, left: Permutation, right: Permutation): boolean {
  const long = (permutation: Permutation) => permutation.filter((axis) => shape[axis] !== 1);
  return samePermutation(long(left), long(right));
}

/** The order of what is left of a copy without some of the file's axes. */
export function withoutAxes(permutation: Permutation, axes: readonly number[]): Permutation {
  const left = identity(permutation.length).filter((axis) => !axes.includes(axis));
  return permutation.filter((axis) => !axes.includes(axis)).map((axis) => left.indexOf(axis));
}

interface Group {
  readonly from: readonly number[];
  readonly to: readonly number[];
}

/** Runs of axes that hold the same elements before and behind a reshape. */
function groupsOf(from: Shape, to: Shape): readonly Group[] {
  const groups: Group[] = [];
  let [at, then] = [0, 0];
  while (at < from.length || then < to.length) {
    const group: { from: number[]; to: number[] } = { from: [], to: [] };
    let [before, behind] = [1, 1];
    do {
      if (before <= behind && at < from.length) {
        before *= from[at] as number;
        group.from.push(at++);
      } else if (then < to.length) {
        behind *= to[then] as number;
        group.to.push(then++);
      } else {
        before *= from[at] as number;
        group.from.push(at++);
      }
    } while (before !== behind && (at < from.length || then < to.length));
    groups.push(group);
  }
  return groups;
}

/**
 * The order in which a copy is a reshaped copy without moving an element, or null where elements
 * would have to move. Axes of one element go wherever they are needed.
 */
export function regrouped(from: Shape, to: Shape, permutation: Permutation): Permutation | null {
  const groups = groupsOf(from, to);
  const long = permutation.filter((axis) => from[axis] !== 1);
  const order: number[] = [];
  const used = new Set<Group>();
  for (let at = 0; at < long.length; ) {
    const group = groups.find((each) => each.from.includes(long[at] as number)) as Group;
    const axes = group.from.filter((axis) => from[axis] !== 1);
    if (axes.some((axis, place) => long[at + place] !== axis)) return null;
    order.push(...group.to.filter((axis) => to[axis] !== 1));
    used.add(group);
    at += axes.length;
  }
  return withShort(order, to);
}

/** Axes of one element come in, the channels' place of an image first of all. */
function withShort(order: readonly number[], shape: Shape): Permutation {
  const preferred = [identity(shape.length), channelsFirst(shape.length)];
  const fits = preferred.find((each) =>
    samePermutation(
      each.filter((axis) => shape[axis] !== 1),
      order,
    ),
  );
  if (fits) return fits;
  const short = identity(shape.length).filter((axis) => shape[axis] === 1);
  return [...short, ...order];
}
