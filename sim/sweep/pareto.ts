// Finds the designs that no other design beats, and their hypervolume. Lower is better for every
// objective.

import { invariant } from '../../workloads/base/errors.js';

export type Objectives = readonly number[];

/** Whether `a` is nowhere worse than `b` and somewhere better. */
export function dominates(a: Objectives, b: Objectives): boolean {
  let isBetter = false;
  for (const [at, value] of a.entries()) {
    const other = b[at] ?? Number.NaN;
    if (!(value <= other)) return false;
    if (value < other) isBetter = true;
  }
  return isBetter;
}

/**
 * The items that none dominates, met one by one; of several with the same objectives the first is
 * kept.
 */
export class ParetoFront<Item> {
  #members: { readonly objectives: Objectives; readonly item: Item }[] = [];

  add(item: Item, objectives: Objectives): void {
    invariant(objectives.every(Number.isFinite), () => `objectives ${objectives} are not numbers`);
    if (
      this.#members.some((member) =>
        member.objectives.every((value, at) => value <= (objectives[at] ?? value)),
      )
    )
      return;
    this.#members = this.#members.filter((member) => !dominates(objectives, member.objectives));
    this.#members.push({ objectives, item });
  }

  /** By the first objective, then the second, and so on. */
  items(): readonly Item[] {
    return this.#members
      .toSorted((a, b) => compare(a.objectives, b.objectives))
      .map(({ item }) => item);
  }

  objectives(): readonly Objectives[] {
    return this.#members.map(({ objectives }) => objectives).toSorted(compare);
  }
}

function compare(a: Objectives, b: Objectives): number {
  for (const [at, value] of a.entries()) {
    const difference = value - (b[at] ?? value);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The members of `points` that none dominates, each once. */
export function frontOf(points: readonly Objectives[]): readonly Objectives[] {
  const front = new ParetoFront<Objectives>();
  for (const point of points) front.add(point, point);
  return front.items();
}

/**
 * The volume that lies between `points` and `reference`, exactly: what each point adds to those
 * after it, by the recursion of While, Bradstreet and Barone, "A fast way of calculating exact
 * hypervolumes", IEEE Trans. Evolutionary Computation 16(1), 2012. Points beyond the reference
 * cover nothing.
 */
export function hypervolume(points: readonly Objectives[], reference: Objectives): number {
  const inside = points.filter((point) =>
    point.every((value, at) => value < (reference[at] ?? value)),
  );
  return volumeOf(frontOf(inside), reference);
}

function volumeOf(front: readonly Objectives[], reference: Objectives): number {
  if (reference.length === 2) return areaOf(front, reference);
  let volume = 0;
  for (const [at, point] of front.entries()) {
    const rest = front
      .slice(at + 1)
      .map((other) => other.map((value, axis) => Math.max(value, point[axis] ?? value)));
    volume += boxOf(point, reference) - volumeOf(frontOf(rest), reference);
  }
  return volume;
}

/** In two dimensions a front sorted by the first objective falls in the second: a staircase. */
function areaOf(front: readonly Objectives[], [right = 0, top = 0]: Objectives): number {
  let area = 0;
  let ceiling = top;
  for (const [x = right, y = top] of front) {
    area += (right - x) * (ceiling - y);
    ceiling = y;
  }
  return area;
}

function boxOf(point: Objectives, reference: Objectives): number {
  return point.reduce((volume, value, at) => volume * ((reference[at] ?? value) - value), 1);
}
