// Every mapping of a small problem: all splits of all dimensions, in space and in time, with every
// order of every memory's loops, costed one by one.

import { denseCostOf } from '../../../hw-models/spatial/cost/cost.js';
import type { Architecture } from '../../../hw-models/spatial/description/architecture.js';
import { mappingFaults, overfull } from '../../../hw-models/spatial/nest/faults.js';
import type { Loop, Mapping } from '../../../hw-models/spatial/nest/mapping.js';
import type { Problem } from '../../../hw-models/spatial/nest/problem.js';

interface Place {
  readonly node: number;
  readonly axis: Loop['axis'];
}

/** All ways of writing `steps` as a product of `count` factors. */
function splits(steps: number, count: number): readonly (readonly number[])[] {
  if (count === 1) return [[steps]];
  const found: (readonly number[])[] = [];
  for (let factor = 1; factor <= steps; factor++) {
    if (steps % factor > 0) continue;
    for (const rest of splits(steps / factor, count - 1)) found.push([factor, ...rest]);
  }
  return found;
}

function permutations(items: readonly Loop[]): readonly (readonly Loop[])[] {
  if (items.length < 2) return [items];
  return items.flatMap((first, at) =>
    permutations(items.toSpliced(at, 1)).map((rest) => [first, ...rest]),
  );
}

/** Cycles times joules of the best mapping, and how many there are. */
export function bestOfAll(
  problem: Problem,
  architecture: Architecture,
  keeps: Mapping['keeps'],
): { readonly score: number; readonly count: number } {
  const places = architecture.nodes.flatMap((node, at): readonly Place[] => {
    if (node.kind === 'memory') return [{ node: at, axis: null }];
    return [
      ...(node.x > 1 ? [{ node: at, axis: 'x' as const }] : []),
      ...(node.y > 1 ? [{ node: at, axis: 'y' as const }] : []),
    ];
  });
  let score = Number.POSITIVE_INFINITY;
  let count = 0;
  const visit = (dimension: number, loops: readonly (readonly Loop[])[]): void => {
    if (dimension === problem.sizes.length) {
      const unordered: Mapping = { loops, keeps };
      if (mappingFaults(problem, architecture, unordered).length > 0) return;
      if (overfull(problem, architecture, unordered).length > 0) return;
      for (const ordered of ordersOf(architecture, loops)) {
        const cost = denseCostOf(problem, architecture, { loops: ordered, keeps });
        count += 1;
        score = Math.min(score, cost.totalCycles * cost.totalJoules);
      }
      return;
    }
    for (const split of splits(problem.sizes[dimension] as number, places.length)) {
      const next = loops.map((own, node) => {
        const added = split.flatMap((bound, at): readonly Loop[] => {
          const place = places[at] as Place;
          return bound > 1 && place.node === node ? [{ dimension, bound, axis: place.axis }] : [];
        });
        return [...own, ...added];
      });
      visit(dimension + 1, next);
    }
  };
  visit(
    0,
    architecture.nodes.map(() => []),
  );
  return { score, count };
}

function ordersOf(
  { nodes }: Architecture,
  loops: readonly (readonly Loop[])[],
): readonly (readonly (readonly Loop[])[])[] {
  let orders: readonly (readonly (readonly Loop[])[])[] = [[]];
  for (const [at, own] of loops.entries()) {
    const choices = nodes[at]?.kind === 'memory' ? permutations(own) : [own];
    orders = orders.flatMap((order) => choices.map((choice) => [...order, choice]));
  }
  return orders;
}
