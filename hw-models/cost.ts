// Totals, and the promises that every modelled cost must keep before anyone sees it.

import { invariant } from '../workloads/base/errors.js';
import { denseMacsOf } from '../workloads/demand.js';
import type { LayerTask } from '../workloads/network.js';
import type { Access, LayerCost, Meter, Parts } from './contract.js';

/** The whole of some parts. */
export function sum(parts: Parts): number {
  let total = 0;
  for (const part of Object.values(parts)) total += part;
  return total;
}

/** Each part so many times. */
export function times(factor: number, parts: Parts): Parts {
  return Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, part * factor]));
}

export function cyclesOf(cost: LayerCost): number {
  return sum(cost.cycles);
}

export function secondsOf(cost: LayerCost): number {
  return sum(cost.cycles) / cost.clockHz;
}

/** Joules, or null where the energy cannot be known. */
export function joulesOf(cost: LayerCost): number | null {
  return cost.joules && sum(cost.joules);
}

/** `cost` so many times, one after another. */
export function repeated(cost: LayerCost, count: number, notes: readonly string[] = []): LayerCost {
  const all = notes.length > 0 ? { ...cost, notes: [...cost.notes, ...notes] } : cost;
  if (count === 1) return all;
  const { load: _load, ...rest } = all;
  return {
    ...rest,
    cycles: times(count, cost.cycles),
    joules: cost.joules && times(count, cost.joules),
    counters: times(count, cost.counters),
    ...(cost.busy ? { busy: times(count, cost.busy) } : {}),
    ...(cost.accesses ? { accesses: timesAccesses(count, cost.accesses) } : {}),
    floorCycles: cost.floorCycles * count,
  };
}

/** Each access so many times. */
export function timesAccesses(factor: number, accesses: readonly Access[]): readonly Access[] {
  return accesses.map(({ memory, operand, ...counts }) => ({
    ...{ memory, operand },
    reads: factor * counts.reads,
    writes: factor * counts.writes,
    readJoules: factor * counts.readJoules,
    writeJoules: factor * counts.writeJoules,
  }));
}

/** What passed each memory by operand, in the order in which they are first met. */
export function addAccesses(accesses: readonly Access[]): readonly Access[] {
  const all = new Map<string, Access>();
  for (const access of accesses) {
    const key = JSON.stringify([access.memory, access.operand]);
    const before = all.get(key);
    all.set(key, {
      ...{ memory: access.memory, operand: access.operand },
      reads: (before?.reads ?? 0) + access.reads,
      writes: (before?.writes ?? 0) + access.writes,
      readJoules: (before?.readJoules ?? 0) + access.readJoules,
      writeJoules: (before?.writeJoules ?? 0) + access.writeJoules,
    });
  }
  return [...all.values()];
}

/**
 * Costs of one layer's parts, one after another. Kernel and bound are those of the longest part.
 */
export function addCosts(costs: readonly LayerCost[]): LayerCost {
  const [first, ...others] = costs;
  invariant(first !== undefined, 'no costs to add');
  if (others.length === 0) return first;
  const longest = costs.reduce((a, b) => (secondsOf(b) > secondsOf(a) ? b : a));
  // Parts may run at clocks of their own, where power limits them.
  const atFirst = ({ clockHz }: LayerCost) => first.clockHz / clockHz;
  return {
    ...{ kernel: longest.kernel, clockHz: first.clockHz, bound: longest.bound },
    cycles: addParts(costs.map((cost) => times(atFirst(cost), cost.cycles))),
    joules: costs.every(({ joules }) => joules)
      ? addParts(costs.map(({ joules }) => joules ?? {}))
      : null,
    counters: addParts(costs.map(({ counters }) => counters)),
    ...(costs.some(({ busy }) => busy)
      ? { busy: addParts(costs.map((cost) => times(atFirst(cost), cost.busy ?? {}))) }
      : {}),
    ...(costs.some(({ accesses }) => accesses)
      ? { accesses: addAccesses(costs.flatMap(({ accesses = [] }) => accesses)) }
      : {}),
    floorCycles: costs.reduce((all, cost) => all + cost.floorCycles * atFirst(cost), 0),
    notes: [...new Set(costs.flatMap(({ notes }) => notes))],
  };
}

function addParts(all: readonly Parts[]): Parts {
  const whole: Record<string, number> = {};
  for (const parts of all)
    for (const [name, part] of Object.entries(parts)) whole[name] = (whole[name] ?? 0) + part;
  return whole;
}

/** Room for the rounding of sums in floating point. */
const ROUNDING = 1e-9;

/**
 * Throws an InvariantError unless a cost is consistent: parts finite and not negative, counters
 * declared, nothing in use for longer than the layer takes, no time below the floor, and the
 * multiplications done between those that matter and
 * those of the dense layer.
 */
export function checkCost(
  cost: LayerCost,
  task: LayerTask,
  meters: Readonly<Record<string, Meter>>,
  who: string,
): void {
  const where = `${who}, layer ${task.name}, kernel ${cost.kernel}`;
  const passed = (cost.accesses ?? []).map(({ memory, operand, ...counts }): Parts => counts);
  for (const parts of [cost.cycles, cost.joules ?? {}, cost.counters, ...passed]) {
    for (const [part, value] of Object.entries(parts)) {
      invariant(Number.isFinite(value) && value >= 0, () => `${where}: ${part} is ${value}`);
    }
  }
  for (const counter of Object.keys(cost.counters)) {
    invariant(
      counter in meters,
      () => `${where}: counter ${counter} is not declared in the family's meters`,
    );
  }
  const cycles = cyclesOf(cost);
  invariant(cycles > 0, () => `${where}: takes no time`);
  for (const [block, busy] of Object.entries(cost.busy ?? {})) {
    invariant(
      busy >= 0 && busy <= cycles * (1 + ROUNDING),
      () => `${where}: ${block} is in use for ${busy} of ${cycles} cycles`,
    );
  }
  invariant(cost.floorCycles > 0, () => `${where}: states no floor`);
  invariant(
    cycles >= cost.floorCycles * (1 - ROUNDING),
    () => `${where}: ${cycles} cycles lie below the floor of ${cost.floorCycles}`,
  );
  const macs = cost.counters.macs;
  invariant(macs !== undefined, () => `${where}: does not count its MACs`);
  // Who multiplies by zeros too needs no weights for this: none of them are read to be counted.
  const dense = denseMacsOf(task.demand) * task.batch;
  const isAll = Math.abs(macs - dense) <= dense * ROUNDING;
  const min = isAll ? 0 : task.macs.effective * task.batch;
  invariant(
    isAll || (macs >= min * (1 - ROUNDING) && macs <= dense * (1 + ROUNDING)),
    () => `${where}: ${macs} MACs, expected ${min} to ${dense}`,
  );
}
