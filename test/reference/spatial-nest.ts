// A described accelerator executed element by element: every step of every loop, a set of elements
// for each memory's tile in each instance, requests compared one by one. Slow and plain; the counts
// of hw-models/spatial/cost are held to it.

import type {
  Architecture,
  Memory,
  SpatialArray,
} from '../../hw-models/spatial/description/architecture.js';
import type { Mapping } from '../../hw-models/spatial/nest/mapping.js';
import type { Operand, Problem } from '../../hw-models/spatial/nest/problem.js';

export interface Played {
  readonly steps: number;
  readonly computes: number;
  /** Of all instances together: 'buffer inputs' → counts. */
  readonly counts: ReadonlyMap<string, Counts>;
}

export interface Counts {
  reads: number;
  fills: number;
  updates: number;
  reductions: number;
}

/** Where a step of the problem stands: a position along each dimension. */
type Position = readonly number[];

interface Flat {
  readonly node: number;
  readonly dimension: number;
  readonly bound: number;
  readonly inSpace: boolean;
}

/** Whether an element of an operand is zero. */
export type IsZero = (operand: string, element: string) => boolean;

/** Values of each of an operand's tiles that a memory keeps; the others are fetched to be read. */
export type RoomOf = (node: number, operand: string) => number;

/**
 * Plays a mapping through; formats and savings leave out what the zeros let them, and what is
 * beyond a memory's room is fetched anew each time that it is read but the first.
 */
export function playNest(
  problem: Problem,
  architecture: Architecture,
  mapping: Mapping,
  isZero: IsZero = () => false,
  roomOf: RoomOf = () => Number.POSITIVE_INFINITY,
): Played {
  const loops: Flat[] = mapping.loops.flatMap((own, node) =>
    own.map(({ dimension, bound, axis }) => ({ node, dimension, bound, inSpace: axis !== null })),
  );
  const inTime = loops.filter(({ inSpace }) => !inSpace);
  const counts = new Map<string, Counts>();
  const steps = [...counters(inTime.map(({ bound }) => bound))].length;
  const computes = [...counters(loops.map(({ bound }) => bound))].length;
  for (const [index, operand] of problem.operands.entries()) {
    playOperand(problem, architecture, mapping, loops, index, operand, counts, isZero, roomOf);
  }
  return { steps, computes, counts };
}

/** Every combination of indices below `bounds`, the last one fastest. */
function* counters(bounds: readonly number[]): Generator<readonly number[]> {
  const total = bounds.reduce((product, bound) => product * bound, 1);
  for (let at = 0; at < total; at++) {
    const indices: number[] = [];
    let rest = at;
    for (const bound of bounds.toReversed()) {
      indices.unshift(rest % bound);
      rest = Math.floor(rest / bound);
    }
    yield indices;
  }
}

/** Elements of an operand's box from `base` with `steps` steps of each dimension. */
function elementsIn(
  operand: Operand,
  base: Position,
  steps: readonly number[],
): ReadonlySet<string> {
  const ranges = operand.ranks.map((terms) => {
    let from = 0;
    let extent = 1;
    for (const { dimension, coefficient } of terms) {
      from += coefficient * (base[dimension] as number);
      extent += coefficient * ((steps[dimension] as number) - 1);
    }
    return Array.from({ length: extent }, (_, at) => from + at);
  });
  let keys = [''];
  for (const range of ranges) keys = keys.flatMap((key) => range.map((at) => `${key},${at}`));
  return new Set(keys);
}

function playOperand(
  problem: Problem,
  architecture: Architecture,
  mapping: Mapping,
  loops: readonly Flat[],
  index: number,
  operand: Operand,
  counts: Map<string, Counts>,
  isZero: IsZero,
  roomOf: RoomOf,
): void {
  const { nodes } = architecture;
  const stored = (node: number, element: string) => {
    const memory = nodes[node] as Memory;
    const format = memory.formats[operand.name];
    return format === undefined || format.kind === 'dense' || !isZero(operand.name, element);
  };
  const keeping = nodes.flatMap((_, at) => (mapping.keeps[at]?.[index] ? [at] : []));
  const of = (node: number): Counts => {
    const key = `${nodes[node]?.name} ${operand.name}`;
    const known = counts.get(key) ?? { reads: 0, fills: 0, updates: 0, reductions: 0 };
    counts.set(key, known);
    return known;
  };
  for (const [place, outer] of keeping.entries()) {
    of(outer);
    const inner = keeping[place + 1] ?? nodes.length;
    const isCompute = inner === nodes.length;
    const outside = loops.filter(({ node }) => node < inner);
    const tile = stepsInside(problem, loops, inner);
    const clocked = isCompute
      ? loops.filter(({ inSpace }) => !inSpace)
      : outside.filter(({ inSpace }) => !inSpace);
    const directlyAround = clocked.findLast(({ bound }) => bound > 1);
    const spaces = loops.filter(({ inSpace, node }) => inSpace && node < inner);
    const apart = spaces.filter(({ node }) => node < outer);
    const between = spaces.filter(({ node }) => node >= outer);
    const parent = place > 0 ? keeping[place - 1] : undefined;
    const whole = stepsInside(problem, loops, outer);
    // By clock, then by instance: what it asks its parent for once more.
    const again = new Map<string, Map<string, string[]>>();
    for (const instance of counters(apart.map(({ bound }) => bound))) {
      const seenOutside = new Set<string>();
      const held = new Map<string, ReadonlySet<string>>();
      const seenInside = new Map<string, Set<string>>();
      let before: readonly number[] | null = null;
      let present = '';
      let arrived = new Set<string>();
      let beyond = new Set<string>();
      /** Takes down what has to be fetched again to be read. */
      const readOut = (clock: readonly number[], elements: readonly string[]) => {
        const at = loops.flatMap((loop): (readonly [Flat, number])[] => {
          if (loop.node >= outer) return [];
          const all = loop.inSpace ? pairs(apart, instance) : pairs(clocked, clock);
          return all.filter(([own]) => own === loop);
        });
        const tile = [...elementsIn(operand, positionOf(problem, loops, at), whole)];
        if (tile.join(';') !== present) {
          present = tile.join(';');
          arrived = new Set();
          const values = tile.filter((element) => stored(outer, element));
          beyond = new Set(values.slice(roomOf(outer, operand.name)));
        }
        for (const element of elements) {
          if (arrived.has(element) && beyond.has(element)) {
            const now = again.get(clock.join()) ?? new Map<string, string[]>();
            again.set(clock.join(), now);
            now.set(instance.join(), [...(now.get(instance.join()) ?? []), element]);
          }
          arrived.add(element);
        }
      };
      const drain = (children: ReadonlyMap<string, ReadonlySet<string>>) => {
        for (const element of merged(children, between, nodes, operand)) {
          of(outer).updates += 1;
          if (seenOutside.has(element)) {
            of(outer).reductions += 1;
            of(outer).reads += 1;
          }
          seenOutside.add(element);
        }
      };
      for (const clock of counters(clocked.map(({ bound }) => bound))) {
        const slides = onlyMoved(before, clock, clocked, directlyAround);
        const stays = clocked.every(
          ({ dimension }, at) => before?.[at] === clock[at] || !changesWith(operand, dimension),
        );
        before = clock;
        const asked = new Map<string, ReadonlySet<string>>();
        const drained = new Map<string, ReadonlySet<string>>();
        for (const child of counters(between.map(({ bound }) => bound))) {
          const base = positionOf(problem, loops, [
            ...pairs(clocked, clock),
            ...pairs(apart, instance),
            ...pairs(between, child),
          ]);
          const wanted = elementsIn(operand, base, tile);
          const key = child.join();
          const has = held.get(key);
          if (isCompute) {
            const needed = isNeeded(problem, architecture, outer, operand, base, isZero);
            asked.set(key, needed ? wanted : new Set());
            if (operand.written) drained.set(key, needed ? wanted : new Set());
            continue;
          }
          if (has && stays) {
            asked.set(key, new Set());
            continue;
          }
          if (operand.written) {
            const seen = seenInside.get(key) ?? new Set<string>();
            seenInside.set(key, seen);
            if (has) drained.set(key, has);
            for (const element of wanted) {
              if (seen.has(element)) of(inner).fills += 1;
              seen.add(element);
            }
          } else {
            const fresh = [...wanted].filter((element) => !(slides && has?.has(element)));
            asked.set(key, new Set(fresh));
            for (const element of fresh) {
              if (stored(inner, element)) of(inner).fills += 1;
            }
          }
          held.set(key, wanted);
        }
        if (operand.written) drain(drained);
        else {
          const read = merged(asked, between, nodes, operand).filter((element) =>
            stored(outer, element),
          );
          of(outer).reads += read.length;
          if (parent !== undefined) readOut(clock, read);
        }
      }
      if (operand.written && !isCompute) drain(held);
    }
    if (parent === undefined) continue;
    const around = apart.filter(({ node }) => node < parent).length;
    for (const instances of again.values()) {
      const groups = new Map<string, Map<string, string[]>>();
      for (const [key, elements] of instances) {
        of(outer).fills += elements.length;
        const indices = key.split(',');
        const group = indices.slice(0, around).join();
        groups.set(group, groups.get(group) ?? new Map());
        groups.get(group)?.set(indices.slice(around).join(), elements);
      }
      for (const group of groups.values()) {
        of(parent).reads += merged(group, apart.slice(around), nodes, operand).length;
      }
    }
  }
}

/** Whether a product at `base` makes its innermost memory read or update an operand. */
function isNeeded(
  problem: Problem,
  { nodes, compute }: Architecture,
  node: number,
  operand: Operand,
  base: Position,
  isZero: IsZero,
): boolean {
  const one = problem.dimensions.map(() => 1);
  const zeroAt = (name: string) => {
    const other = problem.operands.find((each) => each.name === name) as Operand;
    const [element] = elementsIn(other, base, one);
    return isZero(name, element as string);
  };
  const saving = (nodes[node] as Memory).savings.find((each) => each.operand === operand.name);
  const implied = operand.written && !saving ? (compute.saving?.where ?? []) : [];
  return ![...(saving?.where ?? []), ...implied].some(zeroAt);
}

function stepsInside(problem: Problem, loops: readonly Flat[], node: number): readonly number[] {
  return problem.dimensions.map((_, dimension) =>
    loops.reduce(
      (steps, loop) =>
        loop.node >= node && loop.dimension === dimension ? steps * loop.bound : steps,
      1,
    ),
  );
}

const pairs = (loops: readonly Flat[], indices: readonly number[]) =>
  loops.map((loop, at) => [loop, indices[at] as number] as const);

/** The first step that the loops at these indices begin. */
function positionOf(
  problem: Problem,
  loops: readonly Flat[],
  at: readonly (readonly [Flat, number])[],
): Position {
  const index = new Map(at);
  return problem.dimensions.map((_, dimension) => {
    let position = 0;
    for (const loop of loops) {
      if (loop.dimension === dimension) position = position * loop.bound + (index.get(loop) ?? 0);
    }
    return position;
  });
}

/** Whether the step from `before` to `now` is one of the loop directly around a tile. */
function onlyMoved(
  before: readonly number[] | null,
  now: readonly number[],
  loops: readonly Flat[],
  directlyAround: Flat | undefined,
): boolean {
  return loops.every((loop, at) => {
    const [from, to] = [before?.[at], now[at] as number];
    return loop === directlyAround ? from !== undefined && to === from + 1 : from === to;
  });
}

const changesWith = ({ ranks }: Operand, dimension: number) =>
  ranks.flat().some((term) => term.dimension === dimension);

/**
 * What passes on the outer side of the arrays between two memories: array by array from the
 * innermost out, instances that ask for the same are served by one.
 */
function merged(
  children: ReadonlyMap<string, Iterable<string>>,
  between: readonly Flat[],
  nodes: Architecture['nodes'],
  operand: Operand,
): readonly string[] {
  let requests = new Map(
    [...children].map(
      ([key, elements]) =>
        [key === '' ? [] : key.split(',').map(Number), [...elements].sort()] as [
          number[],
          string[],
        ],
    ),
  );
  let depth = between.length;
  while (depth > 0) {
    const node = between[depth - 1]?.node;
    let from = depth;
    while (from > 0 && between[from - 1]?.node === node) from -= 1;
    const array = nodes[node as number] as SpatialArray;
    const merges = operand.written ? array.reduces : array.multicast;
    const groups = new Map<string, string[][]>();
    for (const [indices, elements] of requests) {
      const key = indices.slice(0, from).join();
      groups.set(key, [...(groups.get(key) ?? []), elements]);
    }
    requests = new Map(
      [...groups].map(([key, lists]) => {
        const distinct = merges
          ? [...new Map(lists.map((list) => [list.join(';'), list])).values()]
          : lists;
        return [key === '' ? [] : key.split(',').map(Number), distinct.flat()];
      }),
    );
    depth = from;
  }
  return [...requests.values()].flat();
}
