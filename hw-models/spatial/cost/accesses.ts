// Accesses of each memory by operand for a mapping, zeros included, counted as Timeloop counts
// them:
//
// - *fills*: elements that arrive from the memory around it, per instance, over the whole run. A
//   tile keeps what it shares with the one before it (a sliding window's halo) only within a sweep
//   of the loop directly around it; at every other step of a loop that changes it it is filled
//   anew.
// - *reads*: elements sent on to what lies inside, per instance. One read serves every instance of
//   an array with multicast that needs the same elements at the same time.
// - *updates*: sums that arrive from inside, those of an array's instances added on the way where
//   it reduces. Each is added to what is there, which is read, except for the first of an element.
// - Sums that leave for good are not counted as reads, as Timeloop does not count them either.

import type { Architecture, SpatialArray } from '../description/architecture.js';
import { type Loop, type Mapping, tilesOf } from '../nest/mapping.js';
import {
  computesOf,
  dependsOn,
  elementsOf,
  extentsOf,
  type Operand,
  type Problem,
} from '../nest/problem.js';

/** Elements of one operand at one memory, per instance, over the whole problem. */
export interface OperandAccesses {
  readonly operand: string;
  /** Elements of one tile. */
  readonly tile: number;
  /** Times that a tile arrives, whole or in part. */
  readonly visits: number;
  readonly reads: number;
  readonly fills: number;
  readonly updates: number;
  /** Of the reads of a written operand: those that are added to. */
  readonly reductions: number;
}

export interface MemoryAccesses {
  readonly node: number;
  readonly name: string;
  /** Instances that the mapping uses. */
  readonly instances: number;
  readonly operands: readonly OperandAccesses[];
}

/** What passes through one array for one operand, of all its uses over the whole problem. */
export interface ArrayTransfers {
  readonly node: number;
  readonly name: string;
  readonly operand: string;
  /** Elements that enter on the outer side, over all copies of the array. */
  readonly entered: number;
  /** Elements that leave on the inner side. */
  readonly delivered: number;
}

export interface Accesses {
  readonly memories: readonly MemoryAccesses[];
  readonly transfers: readonly ArrayTransfers[];
  readonly computes: number;
  /** Compute units that the mapping uses. */
  readonly units: number;
  /** Steps in time of each compute unit. */
  readonly steps: number;
}

type Tiles = readonly (readonly number[])[];

/** Counts for a mapping without faults. */
export function accessesOf(
  problem: Problem,
  architecture: Architecture,
  mapping: Mapping,
): Accesses {
  const { nodes } = architecture;
  const tiles = tilesOf(problem, mapping);
  const instances: number[] = [];
  let used = 1;
  for (const loops of mapping.loops) {
    instances.push(used);
    for (const { bound, axis } of loops) if (axis !== null) used *= bound;
  }
  const computes = computesOf(problem);
  const steps = computes / used;
  const counts = nodes.map(() => new Map<number, OperandAccesses>());
  const transfers: ArrayTransfers[] = [];
  for (const [index, operand] of problem.operands.entries()) {
    const keeping = nodes.flatMap((_, at) => (mapping.keeps[at]?.[index] ? [at] : []));
    for (const [place, at] of keeping.entries()) {
      const inner = keeping[place + 1] ?? nodes.length;
      const tile = elementsOf(operand, tiles[at] as readonly number[]);
      const visit = visitsOf(operand, tile, at, mapping, tiles);
      const further =
        inner === nodes.length
          ? steps
          : visitsOf(operand, elementsAt(operand, tiles, inner), inner, mapping, tiles).elements;
      const passed = passing(operand, at, inner, nodes, mapping, tiles);
      for (const { node, distinct, all } of passed.arrays) {
        const copies = (instances[node] as number) * further;
        transfers.push({
          ...{ node, name: (nodes[node] as SpatialArray).name, operand: operand.name },
          entered: copies * distinct * passed.innerThan(node),
          delivered: copies * all * passed.innerThan(node),
        });
      }
      const sent = further * passed.factor;
      const isTop = place === 0;
      const counted: OperandAccesses = operand.written
        ? sums(operand, tile, visit, sent, isTop)
        : {
            ...{ operand: operand.name, tile, visits: visit.visits, updates: 0, reductions: 0 },
            ...{ reads: sent, fills: isTop ? 0 : visit.elements },
          };
      (counts[at] as Map<number, OperandAccesses>).set(index, counted);
    }
  }
  const memories = nodes.flatMap((node, at) =>
    node.kind === 'memory'
      ? [
          {
            ...{ node: at, name: node.name, instances: instances[at] as number },
            operands: [...(counts[at] as Map<number, OperandAccesses>).values()],
          },
        ]
      : [],
  );
  return { memories, transfers, computes, units: used, steps };
}

const elementsAt = (operand: Operand, tiles: Tiles, node: number) =>
  elementsOf(operand, tiles[node] as readonly number[]);

function sums(
  operand: Operand,
  tile: number,
  { visits, elements, own }: Visits,
  updates: number,
  isTop: boolean,
): OperandAccesses {
  // The first sum of an element is added to nothing.
  const reductions = Math.max(0, updates - own);
  return {
    ...{ operand: operand.name, tile, visits, updates, reductions },
    reads: reductions,
    fills: isTop ? 0 : Math.max(0, elements - own),
  };
}

export interface Visits {
  readonly visits: number;
  /** Elements that arrive over all of them. */
  readonly elements: number;
  /** Different elements that one instance ever holds, halos counted with each tile. */
  readonly own: number;
}

/** How often a tile of `node` changes, over the loops in time around it. */
export function visitsOf(
  operand: Operand,
  tile: number,
  node: number,
  mapping: Mapping,
  tiles: Tiles,
): Visits {
  const around: Loop[] = [];
  for (const loops of mapping.loops.slice(0, node).toReversed()) {
    for (const loop of loops.toReversed()) {
      if (loop.bound > 1) around.push(loop);
    }
  }
  const step = [...(tiles[node] as readonly number[])];
  let visits = 1;
  let own = tile;
  let elements = tile;
  let started = false;
  let moved = false;
  for (const { dimension, bound, axis } of around) {
    const stride = step[dimension] as number;
    step[dimension] = stride * bound;
    if (axis !== null) continue;
    const changes = dependsOn(operand, dimension);
    if (changes) own *= bound;
    if (!changes && !started) {
      moved = true;
      continue;
    }
    visits *= bound;
    if (!started) {
      started = true;
      const anew = moved
        ? tile
        : newOf(operand, tiles[node] as readonly number[], dimension, stride);
      elements = tile + (bound - 1) * anew;
    } else elements *= bound;
  }
  return { visits, elements, own };
}

/** Elements of a tile that the tile `stride` steps of `dimension` before it did not have. */
function newOf(
  operand: Operand,
  steps: readonly number[],
  dimension: number,
  stride: number,
): number {
  const extents = extentsOf(operand, steps);
  const all = extents.reduce((product, extent) => product * extent, 1);
  const moving = operand.ranks.flatMap((terms, rank) => {
    const shift = terms.reduce(
      (sum, term) => sum + (term.dimension === dimension ? term.coefficient * stride : 0),
      0,
    );
    return shift > 0 ? [{ shift, extent: extents[rank] as number }] : [];
  });
  const [only] = moving;
  if (moving.length !== 1 || !only || only.shift >= only.extent) return all;
  return (all / only.extent) * only.shift;
}

interface Passed {
  readonly node: number;
  readonly distinct: number;
  readonly all: number;
}

/** How an operand passes the arrays between two nodes: reads on the outer side for one inside. */
function passing(
  operand: Operand,
  outer: number,
  inner: number,
  nodes: Architecture['nodes'],
  mapping: Mapping,
  tiles: Tiles,
) {
  const arrays: Passed[] = [];
  for (let at = outer; at < inner; at++) {
    const node = nodes[at];
    if (node?.kind !== 'array') continue;
    const loops = mapping.loops[at] ?? [];
    const all = loops.reduce((product, { bound }) => product * bound, 1);
    if (all === 1) continue;
    const merges = operand.written ? node.reduces : node.multicast;
    const inside = tiles[at + 1] as readonly number[];
    arrays.push({ node: at, all, distinct: merges ? distinctOf(operand, loops, inside) : all });
  }
  return {
    arrays,
    factor: arrays.reduce((product, { distinct }) => product * distinct, 1),
    innerThan: (node: number) =>
      arrays.reduce(
        (product, { node: other, distinct }) => (other > node ? product * distinct : product),
        1,
      ),
  };
}

/** Different tiles among the instances of one array: along a rank several may coincide. */
export function distinctOf(
  operand: Operand,
  loops: readonly Loop[],
  inside: readonly number[],
): number {
  const step = [...inside];
  const strided = loops.toReversed().map(({ dimension, bound }) => {
    const stride = step[dimension] as number;
    step[dimension] = stride * bound;
    return { dimension, bound, stride };
  });
  let product = 1;
  for (const terms of operand.ranks) {
    const along = strided.flatMap(({ dimension, bound, stride }) =>
      terms
        .filter((term) => term.dimension === dimension && bound > 1)
        .map(({ coefficient }) => ({ bound, shift: coefficient * stride })),
    );
    product *= distinctSums(along);
  }
  return product;
}

function distinctSums(loops: readonly { readonly bound: number; readonly shift: number }[]) {
  const all = loops.reduce((product, { bound }) => product * bound, 1);
  if (loops.length < 2) return all;
  let sums = new Set([0]);
  for (const { bound, shift } of loops) {
    const next = new Set<number>();
    for (const sum of sums) {
      for (let step = 0; step < bound; step++) next.add(sum + step * shift);
    }
    sums = next;
  }
  return sums.size;
}
