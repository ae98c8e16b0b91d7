// The expected share of accesses that are skipped because the tile that they depend on is empty, as
// in Sparseloop (Wu et al., MICRO 2022, section 5.3). It is the tile of the other operand that is
// used while one tile of the target stays in place.

import { elementsOf, type Operand, type Problem } from '../nest/problem.js';
import { type Density, emptyTileChance } from './density.js';
import { childOf, type Level, type Step } from './nest.js';

/** The accesses of one operand, left out where another's tile is empty. */
export interface Option {
  readonly target: string;
  readonly where: readonly string[];
}

/** What a memory may do; of several options the one that saves most energy. */
export interface Action {
  readonly how: 'gate' | 'skip';
  readonly options: readonly Option[];
}

/**
 * The chance that an access to operand `target` at `level`, which keeps it, is left out. `block` is
 * how many elements one access there takes.
 */
export function leftOutChance(
  problem: Problem,
  levels: readonly Level[],
  level: number,
  target: number,
  where: readonly number[],
  block: number,
  densities: readonly Density[],
): number {
  const found = targetLoop(problem, levels, level, target);
  const around = loopsAround(problem, levels, level, target, found);
  const box = [...found.box];
  for (const { dimension, bound } of around) box[dimension] = (box[dimension] as number) * bound;
  let needed = 1;
  for (const other of where) {
    const tile = otherTile(problem, found, around, box, target, other, block);
    if (tile === null) continue;
    needed *= 1 - emptyTileChance(densities[other] as Density, tile);
  }
  return 1 - needed;
}

interface Found {
  readonly loop: Step | null;
  /** Where the loop stands: level and place in it. */
  readonly level: number;
  readonly place: number;
  /** Steps of one tile of the target: one element where nothing is reused. */
  readonly box: readonly number[];
  readonly isElement: boolean;
  readonly hasChild: boolean;
}

/** The innermost loop that changes the target's tile. */
function targetLoop(
  problem: Problem,
  levels: readonly Level[],
  level: number,
  target: number,
): Found {
  const child = childOf(levels, level, target);
  const hasChild = child >= 0;
  const one = problem.sizes.map(() => 1);
  const own = dependsOf(problem, target);
  for (let at = child + 1; at <= level; at++) {
    const { steps } = levels[at] as Level;
    for (const [place, loop] of steps.entries()) {
      if (hasChild) {
        if (own(loop)) return { loop, level: at, place, box: loop.box, isElement: false, hasChild };
        continue;
      }
      // At the innermost memory every step in time takes new elements.
      if (!loop.inSpace) return { loop, level: at, place, box: one, isElement: true, hasChild };
      const isLast = !(steps[place + 1]?.inSpace ?? false);
      if (isLast || own(loop)) {
        return { loop, level: at, place, box: loop.box, isElement: false, hasChild };
      }
    }
  }
  const { steps, tile } = levels[level] as Level;
  const box = hasChild ? tile : one;
  return { loop: null, level, place: steps.length, box, isElement: !hasChild, hasChild };
}

const dependsOf =
  ({ operands }: Problem, operand: number) =>
  ({ dimension }: Pick<Step, 'dimension'>): boolean =>
    (operands[operand] as Operand).ranks.some((terms) =>
      terms.some((term) => term.dimension === dimension),
    );

/** Loops around the target's during which its tile stays: all in space, and some in time. */
function loopsAround(
  problem: Problem,
  levels: readonly Level[],
  level: number,
  target: number,
  { loop: first, level: from, place, hasChild }: Found,
): readonly Step[] {
  const own = dependsOf(problem, target);
  const around: Step[] = [];
  let moves = !(first?.inSpace ?? false);
  for (let at = from; at <= level; at++) {
    const { steps } = levels[at] as Level;
    for (const loop of steps.slice(at === from ? place + 1 : 0)) {
      if (loop.inSpace || (!moves && hasChild && !own(loop))) around.push(loop);
      if (!loop.inSpace && (!hasChild || own(loop))) moves = true;
    }
  }
  return around;
}

/** Elements of the other operand's tile; null where the two do not meet in order. */
function otherTile(
  problem: Problem,
  { loop: first, box: targetBox, isElement }: Found,
  around: readonly Step[],
  aroundBox: readonly number[],
  target: number,
  other: number,
  block: number,
): number | null {
  const targetOwn = dependsOf(problem, target);
  const otherOwn = dependsOf(problem, other);
  const shared = new Map<number, number>();
  const loops = first === null || isElement ? [] : [first, ...around];
  for (const loop of loops) {
    if (first?.inSpace && shared.size > 0 && otherOwn(loop)) return null;
    if (targetOwn(loop) && otherOwn(loop)) {
      shared.set(loop.dimension, (shared.get(loop.dimension) ?? 1) * loop.bound);
    }
  }
  const all = [...shared.values()].reduce((product, bound) => product * bound, 1);
  const elements = elementsOf(problem.operands[target] as Operand, targetBox);
  // Fewer elements than one access takes are never left out by themselves.
  let wider = Math.ceil(block / (elements / all));
  const box = [...aroundBox];
  for (const [dimension, bound] of shared) {
    box[dimension] = Math.ceil((box[dimension] as number) / (bound / wider));
    wider /= bound;
  }
  if (wider > 1 && first) {
    box[first.dimension] = (box[first.dimension] as number) * wider;
  }
  return elementsOf(problem.operands[other] as Operand, box);
}
