// Designs that depend on no outcome: the grid, and three ways to spread a budget over the space.

import { createRandom, type Random } from '../../../workloads/base/random.js';
import { keyOf, type Settings, type Space } from '../space.js';
import { createSobol } from './sobol.js';
import type { Proposals, Strategy } from './strategy.js';

const BATCH = 1024;
/** Draws in a row that bring nothing new, after which a space is taken to be used up. */
const MAX_REPEATS = 10_000;

export const grid: Strategy = {
  adaptive: false,
  *propose({ space, budget }) {
    yield* inBatches(space.grid(), budget);
  },
};

export const random: Strategy = {
  adaptive: false,
  *propose({ space, budget, seed }) {
    const draw = createRandom(seed, 'sweep/random');
    const places = new Float64Array(space.axes.length);
    yield* inBatches(
      unseen(space, () => places.map(() => draw.uniform())),
      budget,
    );
  },
};

export const latinHypercube: Strategy = {
  adaptive: false,
  *propose({ space, budget, seed }) {
    const rows = latinRows(space.axes.length, budget, createRandom(seed, 'sweep/latin-hypercube'));
    let next = 0;
    yield* inBatches(
      unseen(space, () => rows[next++] ?? null),
      budget,
    );
  },
};

export const sobol: Strategy = {
  adaptive: false,
  *propose({ space, budget, seed }) {
    const sequence = createSobol(space.axes.length, createRandom(seed, 'sweep/sobol'));
    yield* inBatches(unseen(space, sequence), budget);
  },
};

/**
 * McKay, Beckman and Conover, Technometrics 21(2), 1979: `count` points in the unit cube, of which
 * each of `count` equal slices of each axis holds one, at a random place within it.
 */
export function latinRows(axes: number, count: number, draw: Random): readonly Float64Array[] {
  const rows = Array.from({ length: count }, () => new Float64Array(axes));
  for (let axis = 0; axis < axes; axis++) {
    const slices = shuffled(count, draw);
    for (const [at, row] of rows.entries())
      row[axis] = ((slices[at] ?? 0) + draw.uniform()) / count;
  }
  return rows;
}

/** The whole numbers below `count` in random order (Fisher and Yates). */
function shuffled(count: number, draw: Random): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, at) => at);
  for (let at = count - 1; at > 0; at--) {
    const other = draw.below(at + 1);
    const held = order[at] ?? 0;
    order[at] = order[other] ?? 0;
    order[other] = held;
  }
  return order;
}

/**
 * Designs at `places` that were not met before; ends with the places, or when none is left to be
 * found.
 */
function* unseen(
  space: Space,
  places: () => Float64Array | null,
): Generator<Settings, void, undefined> {
  const seen = new Set<string>();
  for (let repeats = 0; repeats < MAX_REPEATS && seen.size !== space.size; repeats++) {
    const place = places();
    if (!place) return;
    const settings = space.at(place);
    const key = keyOf(settings);
    if (seen.has(key)) continue;
    seen.add(key);
    repeats = 0;
    yield settings;
  }
}

function* inBatches(designs: Iterable<Settings>, budget: number): Proposals {
  let batch: Settings[] = [];
  let left = budget;
  for (const settings of designs) {
    if (left-- === 0) break;
    batch.push(settings);
    if (batch.length === BATCH) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}
