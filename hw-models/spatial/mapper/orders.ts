// The orders of a memory's loops that differ in what they cost. Only which operand stays while the
// innermost loops pass matters, and which loop slides its window: once every operand has met a loop
// that changes it, the order further out changes nothing.

import type { LoopConstraints } from '../description/architecture.js';
import { dependsOn, type Problem } from '../nest/problem.js';

/** Orders worth trying, each a list of dimensions from the innermost out. */
export function ordersOf(
  problem: Problem,
  { order }: LoopConstraints,
): readonly (readonly number[])[] {
  const all = problem.dimensions.map((_, at) => at);
  const rest = (first: readonly number[]) => [...first, ...all.filter((at) => !first.includes(at))];
  if (order.length > 0) {
    const given = order.flatMap((name) => {
      const at = problem.dimensions.indexOf(name);
      return at < 0 ? [] : [at];
    });
    return [rest(given)];
  }
  const used = all.filter((at) => (problem.sizes[at] as number) > 1);
  const orders: (readonly number[])[] = [];
  const known = new Set<string>();
  const add = (candidate: readonly number[]) => {
    const full = rest(candidate);
    const key = full.join();
    if (!known.has(key)) orders.push(full);
    known.add(key);
  };
  for (const operand of problem.operands) {
    const staying = used.filter((at) => !dependsOn(operand, at));
    // Each of them innermost in turn: a sliding window keeps its halo only then.
    for (const first of staying) add([first, ...staying.filter((at) => at !== first)]);
  }
  if (orders.length === 0) add([]);
  return orders;
}
