// What searches find, against the full grid of a shipped study.

import { beforeAll, describe, expect, it } from 'vitest';
import { createEvaluator } from '../../../sim/sweep/evaluator.js';
import { frontOf } from '../../../sim/sweep/pareto.js';
import { spaceOf } from '../../../sim/sweep/plan.js';
import { planSweep } from '../../../sim/sweep/plan.node.js';
import { outcomeOf } from '../../../sim/sweep/run.js';
import { keyOf, type Space } from '../../../sim/sweep/space.js';
import type { StrategySpec } from '../../../sim/sweep/spec.js';
import { strategyOf } from '../../../sim/sweep/strategies/index.js';
import type { Outcome } from '../../../sim/sweep/strategies/strategy.js';
import { coveredShare } from '../../../sim/sweep/summary.js';
import { createWorkloadSource } from '../../../sim/sweep/workloads.node.js';

let space: Space;
const grid = new Map<string, Outcome>();
let best: readonly number[];
let worst: readonly number[];

beforeAll(async () => {
  const plan = await planSweep('eie-space');
  space = spaceOf(plan);
  const evaluator = createEvaluator(plan, createWorkloadSource(plan));
  for (const settings of space.grid()) {
    grid.set(
      keyOf(settings),
      outcomeOf(plan, await evaluator.evaluate({ ordinal: grid.size, settings })),
    );
  }
  const all = objectivesOf([...grid.values()]);
  best = all.reduce((a, b) => a.map((value, at) => Math.min(value, b[at] ?? value)));
  worst = all.reduce((a, b) => a.map((value, at) => Math.max(value, b[at] ?? value)));
});

const objectivesOf = (outcomes: readonly Outcome[]) =>
  outcomes.flatMap(({ objectives }) => (objectives ? [objectives] : []));
const covered = (outcomes: readonly Outcome[]) =>
  coveredShare(frontOf(objectivesOf(outcomes)), best, worst);

/** What a strategy finds of the grid with a budget. */
function search(spec: StrategySpec, budget: number, seed: number): readonly Outcome[] {
  const found: Outcome[] = [];
  const proposals = strategyOf(spec).propose({ space, budget, seed, objectives: 3 });
  for (let turn = proposals.next([]); !turn.done; ) {
    const outcomes = turn.value.flatMap((settings) => grid.get(keyOf(settings)) ?? []);
    found.push(...outcomes);
    turn = proposals.next(outcomes);
  }
  return found;
}

/** Of five seeds, so that none is chosen. */
const shares = (spec: StrategySpec, budget: number) =>
  [0, 1, 2, 3, 4]
    .map((seed) => covered(search(spec, budget, seed)) / covered([...grid.values()]))
    .sort((a, b) => a - b);

describe('of the hypervolume of the whole grid', () => {
  it('NSGA-II finds at least 95 % with a tenth of its evaluations, whatever the seed', () => {
    const budget = Math.floor(grid.size / 10);
    expect(search({ kind: 'nsga2' }, budget, 0)).toHaveLength(budget);
    expect(Math.min(...shares({ kind: 'nsga2' }, budget))).toBeGreaterThanOrEqual(0.95);
  });

  const median = (values: readonly number[]) => values[2] ?? Number.NaN;

  it('NSGA-II finds more than as many random designs with a tenth of the grid', () => {
    const budget = Math.floor(grid.size / 10);
    expect(median(shares({ kind: 'nsga2' }, budget))).toBeGreaterThan(
      median(shares({ kind: 'random' }, budget)),
    );
  });
});
