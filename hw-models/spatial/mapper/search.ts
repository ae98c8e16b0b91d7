// Finds the tiles and loop orders of one spread over the arrays: from several starts downhill, one
// prime factor of one dimension moved from one memory to another at a time, or one memory's order
// changed; where nothing helps, two such moves together. Deterministic: ties go to the first.

import type { Evaluator } from './evaluator.js';

export type Objective = 'seconds' | 'joules' | 'both';

/** What is held fixed: dimensions that a memory's loops may not be given, or not more of. */
export interface Limits {
  /** node · dimensions + dimension: steps at most; 0 where nothing may be moved. */
  readonly max: Int32Array;
  /** Orders by memory. */
  readonly orders: readonly (readonly (readonly number[])[])[];
}

export interface Found {
  readonly score: number;
  readonly steps: Int32Array;
  readonly order: Uint8Array;
}

interface Move {
  readonly from: number;
  readonly to: number;
  readonly factor: number;
}

export function scoreOf({ cycles, joules }: Evaluator, objective: Objective): number {
  if (objective === 'seconds') return cycles;
  return objective === 'joules' ? joules : cycles * joules;
}

/** A search over one spread. `looked` counts the mappings costed; it stops at `budget`. */
export class Search {
  looked = 0;
  best: Found | null = null;

  constructor(
    private readonly evaluator: Evaluator,
    private readonly memories: readonly number[],
    private readonly limits: Limits,
    private readonly objective: Objective,
    private readonly budget: number,
  ) {}

  get isSpent(): boolean {
    return this.looked >= this.budget;
  }

  /** Goes downhill from what the evaluator holds. `deep` tries pairs of moves too. */
  descend(deep: boolean): void {
    let score = this.score();
    this.keep(score);
    for (;;) {
      const better = this.bestMove(score) ?? (deep ? this.bestPair(score) : null);
      if (better === null) return;
      score = better;
      this.keep(score);
      if (this.isSpent) return;
    }
  }

  private score(): number {
    this.looked += 1;
    const fits = this.evaluator.evaluate();
    // What does not fit is worse than anything that does, and worse the fuller it is.
    if (!fits) return 1e200 * this.evaluator.fullest;
    return scoreOf(this.evaluator, this.objective);
  }

  private keep(score: number): void {
    if (score >= 1e200 || (this.best !== null && score >= this.best.score)) return;
    const { steps, order } = this.evaluator;
    this.best = { score, steps: steps.slice(), order: order.slice() };
  }

  /** Makes the best single move; null where none is better than `score`. */
  private bestMove(score: number): number | null {
    let min = score * (1 - 1e-12);
    let chosen: Move | { readonly node: number; readonly order: readonly number[] } | null = null;
    for (const move of this.moves()) {
      this.make(move);
      const next = this.score();
      this.undo(move);
      if (next < min) {
        min = next;
        chosen = move;
      }
    }
    for (const node of this.memories) {
      const before = this.orderOf(node);
      for (const order of this.limits.orders[node] ?? []) {
        this.setOrder(node, order);
        const next = this.score();
        if (next < min) {
          min = next;
          chosen = { node, order };
        }
      }
      this.setOrder(node, before);
    }
    if (chosen === null) return null;
    if ('order' in chosen) this.setOrder(chosen.node, chosen.order);
    else this.make(chosen);
    return min;
  }

  /** Makes the first pair of moves that is better than `score`. */
  private bestPair(score: number): number | null {
    const bound = score * (1 - 1e-12);
    for (const first of this.moves()) {
      this.make(first);
      for (const second of this.moves()) {
        if (second.from === first.to && second.to === first.from) continue;
        this.make(second);
        const next = this.score();
        if (next < bound) return next;
        this.undo(second);
        if (this.isSpent) break;
      }
      for (const node of this.memories) {
        const before = this.orderOf(node);
        for (const order of this.limits.orders[node] ?? []) {
          this.setOrder(node, order);
          const next = this.score();
          if (next < bound) return next;
        }
        this.setOrder(node, before);
      }
      this.undo(first);
      if (this.isSpent) return null;
    }
    return null;
  }

  /** Every prime factor of a dimension that may move from one memory to another. */
  private moves(): readonly Move[] {
    const { dimensions, steps } = this.evaluator;
    const { max } = this.limits;
    const moves: Move[] = [];
    for (const from of this.memories) {
      for (let dimension = 0; dimension < dimensions; dimension++) {
        const slot = from * dimensions + dimension;
        const held = steps[slot] as number;
        if (held === 1 || max[slot] === 0) continue;
        for (const factor of primesOf(held)) {
          for (const to of this.memories) {
            const other = to * dimensions + dimension;
            if (to === from || (steps[other] as number) * factor > (max[other] as number)) continue;
            moves.push({ from: slot, to: other, factor });
          }
        }
      }
    }
    return moves;
  }

  private make({ from, to, factor }: Move): void {
    const { steps } = this.evaluator;
    steps[from] = (steps[from] as number) / factor;
    steps[to] = (steps[to] as number) * factor;
  }

  private undo({ from, to, factor }: Move): void {
    this.make({ from: to, to: from, factor });
  }

  private orderOf(node: number): readonly number[] {
    const { dimensions, order } = this.evaluator;
    return [...order.subarray(node * dimensions, (node + 1) * dimensions)];
  }

  setOrder(node: number, order: readonly number[]): void {
    this.evaluator.order.set(order, node * this.evaluator.dimensions);
  }
}

const primes = new Map<number, readonly number[]>();

/** The different prime factors of a number, the smallest first. */
export function primesOf(number: number): readonly number[] {
  const known = primes.get(number);
  if (known) return known;
  const found: number[] = [];
  let left = number;
  for (let factor = 2; factor * factor <= left; factor++) {
    if (left % factor > 0) continue;
    found.push(factor);
    while (left % factor === 0) left /= factor;
  }
  if (left > 1) found.push(left);
  primes.set(number, found);
  return found;
}
