// The best mapping of a problem on an architecture that a bounded search finds. Spreads over the
// arrays come first, by what no mapping of theirs can beat: the steps that their busy instances
// need, and each operand's way through the memories that keep it once. Those that cannot beat what
// was found are not looked at (branch and bound).

import type { Architecture } from '../description/architecture.js';
import type { Loop, Mapping } from '../nest/mapping.js';
import { elementsOf, type Problem } from '../nest/problem.js';
import { Evaluator } from './evaluator.js';
import { ordersOf } from './orders.js';
import type { Rates } from './rates.js';
import { type Found, type Limits, type Objective, Search } from './search.js';
import { type Unrolling, unrollingsOf } from './unrollings.js';

export interface MapperOptions {
  readonly objective: Objective;
  /** Mappings to look at, at most. */
  readonly budget: number;
  /** Whether dimensions may be rounded up to fill an array. */
  readonly pads: boolean;
}

export interface Mapped {
  /** The problem with the sizes that the mapping rounds up to. */
  readonly problem: Problem;
  readonly mapping: Mapping;
  readonly score: number;
  /** Mappings that were costed. */
  readonly looked: number;
}

/** Spreads looked at, at most. */
const MAX_SPREADS = 64;
/** Of them, how many are searched with pairs of moves too. */
const DEEP = 3;

/** The best mapping found; null where nothing fits. The same inputs give the same mapping. */
export function mapProblem(
  problem: Problem,
  architecture: Architecture,
  rates: Rates,
  options: MapperOptions,
): Mapped | null {
  const choices = keepChoices(problem, architecture);
  const busiest = unrollingsOf(problem, architecture, options.pads, MAX_SPREADS);
  const found = bestOf(problem, architecture, rates, options, busiest, choices);
  if (found !== null) return found;
  // None of the busiest fits, or not within so few mappings: only those whose smallest tiles fit.
  const sparest = choices.at(-1) as Keeps;
  const fits = (spread: Unrolling): boolean => {
    const { evaluator, reset } = searchOf(
      ...([problem, architecture, rates, options, spread, sparest, 1] as const),
    );
    reset();
    return evaluator.evaluate();
  };
  const fitting = unrollingsOf(problem, architecture, options.pads, MAX_SPREADS, fits);
  return bestOf(problem, architecture, rates, options, fitting, choices);
}

function bestOf(
  problem: Problem,
  architecture: Architecture,
  rates: Rates,
  options: MapperOptions,
  spreads: readonly Unrolling[],
  choices: readonly Keeps[],
): Mapped | null {
  const tries = spreads.flatMap((spread) =>
    choices.map((keeps) => ({
      spread,
      keeps,
      bound: boundOf(problem, architecture, rates, options, spread, keeps),
    })),
  );
  tries.sort((a, b) => a.bound - b.bound);
  let looked = 0;
  let best: { readonly found: Found; readonly at: (typeof tries)[number] } | null = null;
  const results: { readonly found: Found; readonly at: (typeof tries)[number] }[] = [];
  const share = Math.ceil(options.budget / 2 / Math.max(1, Math.min(tries.length, MAX_SPREADS)));
  for (const at of tries) {
    if (looked >= options.budget / 2) break;
    if (best !== null && at.bound >= best.found.score) break;
    const search = searchOf(problem, architecture, rates, options, at.spread, at.keeps, share);
    for (const start of starts) {
      start(search);
      search.run.descend(false);
      if (search.run.isSpent) break;
    }
    looked += search.run.looked;
    const found = search.run.best;
    if (found === null) continue;
    results.push({ found, at });
    if (best === null || found.score < best.found.score) best = { found, at };
  }
  if (best === null) return null;
  results.sort((a, b) => a.found.score - b.found.score);
  for (const { found, at } of results.slice(0, DEEP)) {
    const left = Math.floor((options.budget - looked) / DEEP);
    if (left <= 0) break;
    const search = searchOf(problem, architecture, rates, options, at.spread, at.keeps, left);
    search.evaluator.steps.set(found.steps);
    search.evaluator.order.set(found.order);
    search.run.descend(true);
    looked += search.run.looked;
    const deeper = search.run.best;
    if (deeper !== null && deeper.score < best.found.score) best = { found: deeper, at };
  }
  const { found, at } = best;
  return {
    ...mappingOf(problem, architecture, at.spread, at.keeps, found),
    score: found.score,
    looked,
  };
}

type Keeps = readonly (readonly boolean[])[];

/** Each way in which memories may keep the operands that are left to the mapper. */
function keepChoices(problem: Problem, { nodes }: Architecture): readonly Keeps[] {
  let choices: readonly Keeps[] = [[]];
  for (const node of nodes) {
    let rows: readonly (readonly boolean[])[] = [[]];
    for (const { name } of problem.operands) {
      const rule = node.kind === 'memory' ? (node.keeps[name] ?? 'bypass') : 'bypass';
      const options = rule === 'free' ? [true, false] : [rule === 'keep'];
      rows = rows.flatMap((row) => options.map((kept) => [...row, kept]));
    }
    choices = choices.flatMap((choice) => rows.map((row) => [...choice, row]));
  }
  return choices;
}

interface Start {
  readonly run: Search;
  readonly evaluator: Evaluator;
  readonly memories: readonly number[];
  readonly limits: Limits;
  readonly reset: () => void;
}

/** Everything in the outermost loops; then with each kind of order there. */
const starts: readonly ((start: Start) => void)[] = [0, 1, 2].map((turn) => (start: Start) => {
  start.reset();
  for (const node of start.memories) {
    const orders = start.limits.orders[node] ?? [];
    const order = orders[Math.floor((turn * orders.length) / 3)];
    if (order) start.run.setOrder(node, order);
  }
});

function searchOf(
  problem: Problem,
  architecture: Architecture,
  rates: Rates,
  options: MapperOptions,
  spread: Unrolling,
  keeps: Keeps,
  budget: number,
): Start {
  const { nodes } = architecture;
  const evaluator = new Evaluator(problem, architecture, rates);
  const { dimensions } = evaluator;
  evaluator.setKeeps(keeps);
  const memories = nodes.flatMap((node, at) => (node.kind === 'memory' ? [at] : []));
  const max = new Int32Array(nodes.length * dimensions).fill(2 ** 31 - 1);
  const orders = nodes.map((node) =>
    node.kind === 'memory' ? ordersOf(problem, node.constraints) : [],
  );
  const start = new Int32Array(nodes.length * dimensions).fill(1);
  const left = [...spread.left];
  for (const { node, dimension, bound } of spread.loops) {
    const slot = node * dimensions + dimension;
    start[slot] = (start[slot] as number) * bound;
  }
  for (const at of memories.toReversed()) {
    const node = nodes[at];
    if (node?.kind !== 'memory') continue;
    for (const [name, { steps, max: isMax }] of node.constraints.factors) {
      const dimension = problem.dimensions.indexOf(name);
      if (dimension < 0) continue;
      const slot = at * dimensions + dimension;
      if (isMax) {
        max[slot] = steps;
        continue;
      }
      const held = Math.min(steps, left[dimension] as number);
      start[slot] = held;
      left[dimension] = Math.ceil((left[dimension] as number) / held);
      max[slot] = 0;
    }
  }
  const outermost = memories[0] ?? 0;
  for (const [dimension, steps] of left.entries()) {
    const slot = outermost * dimensions + dimension;
    start[slot] = (start[slot] as number) * steps;
  }
  const limits = { max, orders };
  return {
    run: new Search(evaluator, memories, limits, options.objective, budget),
    ...{ evaluator, memories, limits },
    reset: () => evaluator.steps.set(start),
  };
}

/** What no mapping with this spread can beat. */
function boundOf(
  problem: Problem,
  { nodes }: Architecture,
  rates: Rates,
  { objective }: MapperOptions,
  spread: Unrolling,
  keeps: Keeps,
): number {
  const steps = spread.left.reduce((product, left) => product * left, 1);
  const units = spread.loops.reduce((product, { bound }) => product * bound, 1);
  const count = problem.operands.length;
  const inSpace = (node: number) =>
    problem.dimensions.map((_, dimension) =>
      spread.loops.reduce(
        (product, loop) =>
          loop.node >= node && loop.dimension === dimension ? product * loop.bound : product,
        1,
      ),
    );
  let joules = steps * units * rates.stepJoules;
  const cycles = steps * rates.stepCycles * rates.stepShare;
  for (const [index, operand] of problem.operands.entries()) {
    const keeping = nodes.flatMap((_, at) => (keeps[at]?.[index] ? [at] : []));
    for (const [place, at] of keeping.entries()) {
      const slot = at * count + index;
      // Everything passes each memory once; the innermost serves every step of the units it can
      // reach with one read.
      const whole = elementsOf(operand, problem.sizes);
      const inner = keeping[place + 1];
      const reach =
        inner === undefined ? inSpace(at).reduce((product, bound) => product * bound, 1) : 1;
      const served = inner === undefined ? (steps * units) / reach : whole;
      const each = operand.written ? rates.updateJoules[slot] : rates.readJoules[slot];
      joules += served * (each as number);
      if (place > 0 && !operand.written) joules += whole * (rates.fillJoules[slot] as number);
    }
  }
  if (objective === 'seconds') return cycles;
  return objective === 'joules' ? joules : cycles * joules;
}

function mappingOf(
  problem: Problem,
  { nodes }: Architecture,
  spread: Unrolling,
  keeps: Keeps,
  { steps, order }: Found,
): { readonly problem: Problem; readonly mapping: Mapping } {
  const dimensions = problem.dimensions.length;
  const loops = nodes.map((node, at): readonly Loop[] => {
    if (node.kind === 'array') {
      return spread.loops.flatMap(({ node: of, axis, dimension, bound }) =>
        of === at ? [{ axis, dimension, bound }] : [],
      );
    }
    const outwards = [...order.subarray(at * dimensions, (at + 1) * dimensions)];
    return outwards.toReversed().flatMap((dimension) => {
      const bound = steps[at * dimensions + dimension] as number;
      return bound > 1 ? [{ dimension, bound, axis: null }] : [];
    });
  });
  const sizes = problem.dimensions.map((_, dimension) =>
    loops
      .flat()
      .reduce(
        (product, loop) => (loop.dimension === dimension ? product * loop.bound : product),
        1,
      ),
  );
  return { problem: { ...problem, sizes }, mapping: { loops, keeps } };
}
