// Accesses and computes that are left of a dense mapping's where only densities are known, counted
// and rounded as Sparseloop does (Wu et al., MICRO 2022): formats leave out zeros, a memory gates
// or skips what meets an empty tile, and what one memory leaves out never reaches those further in.

import type { Accesses, OperandAccesses } from '../cost/accesses.js';
import type { Problem } from '../nest/problem.js';
import { type Density, occupanciesOf } from './density.js';
import { childOf, type Level, parentOf } from './nest.js';
import { fibresOf, type Held, heldBy, type RankFormat, rounded } from './ranks.js';
import { type Action, leftOutChance, type Option } from './savings.js';

/** Accesses of one kind. */
export interface Split {
  readonly done: number;
  readonly gated: number;
  readonly skipped: number;
}

/** Accesses to a format's own units, rank by rank from the outermost in. */
export interface FormatSplit {
  readonly done: readonly Held[];
  readonly gated: readonly Held[];
}

/** Of one operand at one memory, per instance. */
export interface ExpectedAccesses {
  readonly operand: string;
  /** Values stored of a tile, as a share of it. */
  readonly density: number;
  readonly reads: Split;
  readonly fills: Split;
  readonly updates: Split;
  readonly formatReads: FormatSplit;
  readonly formatFills: FormatSplit;
  readonly formatUpdates: FormatSplit;
}

export interface Expected {
  /** In the order of {@link Accesses.memories} and of their operands. */
  readonly memories: readonly (readonly ExpectedAccesses[])[];
  /** Over all units. */
  readonly computes: Split;
}

/** What a memory does about zeros. */
export interface SparseMemory {
  /** Ranks by operand; operands without stay dense. */
  readonly formats: ReadonlyMap<string, RankFormat>;
  readonly actions: readonly Action[];
  /** Elements of one access. */
  readonly block: number;
  /** Of one access: what decides among options. */
  readonly readJoules: number;
}

export interface SparseUnits {
  /** Whether a product with a stored zero costs no energy. */
  readonly gates: boolean;
  /** Whether a product with a zero that is not stored takes no time. */
  readonly skips: boolean;
}

/** One kind of accesses while they are being left out. */
interface Count {
  done: number;
  gated: number;
  skipped: number;
}
interface Units {
  metadata: number;
  payload: number;
}
interface Working {
  readonly dense: OperandAccesses;
  readonly density: number;
  readonly hasFormat: boolean;
  readonly reads: Count;
  readonly fills: Count;
  readonly updates: Count;
  readonly formatReads: { done: Units[]; gated: Units[] };
  readonly formatFills: { done: Units[]; gated: Units[] };
  readonly formatUpdates: { done: Units[]; gated: Units[] };
}

/**
 * @param sparse what the memory at each level does, from the innermost out
 * @param densities by operand
 * @returns null, with what is wrong in `fault`, where a format has too few ranks for the mapping
 */
export function expectedOf(
  problem: Problem,
  levels: readonly Level[],
  accesses: Accesses,
  sparse: readonly SparseMemory[],
  units: SparseUnits,
  densities: readonly Density[],
): Expected | { readonly fault: string } {
  const formatAt = (operand: number) => (level: number) =>
    sparse[level]?.formats.get(problem.operands[operand]?.name ?? '');
  const working = levels.map(() => new Map<number, Working>());
  for (const memory of accesses.memories) {
    const at = levels.findIndex(({ node }) => node === memory.node);
    for (const dense of memory.operands) {
      const operand = problem.operands.findIndex(({ name }) => name === dense.operand);
      const made = begin(problem, levels, at, operand, dense, formatAt(operand), densities);
      if (made === null) {
        const fault = `${memory.name}: found a format of ${formatAt(operand)(at)?.length} ranks for ${dense.operand}, expected more: the mapping cuts it into smaller tiles`;
        return { fault };
      }
      working[at]?.set(operand, made);
    }
  }
  const chances = chancesOf(problem, levels, sparse, densities, working);
  const innermost = propagate(problem, levels, chances, working);
  const computes = computesLeft(problem, levels, accesses, units, densities, working, innermost);
  const memories = accesses.memories.map(({ node, operands }) => {
    const at = levels.findIndex((level) => level.node === node);
    return operands.map((dense) => {
      const operand = problem.operands.findIndex(({ name }) => name === dense.operand);
      return { operand: dense.operand, ...(working[at]?.get(operand) as Working) };
    });
  });
  return { memories, computes };
}

/** What a format leaves of an operand's accesses at a level. */
function begin(
  problem: Problem,
  levels: readonly Level[],
  at: number,
  operand: number,
  dense: OperandAccesses,
  formatAt: (level: number) => RankFormat | undefined,
  densities: readonly Density[],
): Working | null {
  const { tile, reads, fills, updates } = dense;
  const density = densities[operand] as Density;
  const format = formatAt(at);
  const own = problem.operands[operand] as Problem['operands'][number];
  const fibres = fibresOf(own, operand, levels, at, formatAt, problem.dimensions);
  if (fibres === null) return null;
  let occupancies = occupanciesOf(density, tile);
  const parent = parentOf(levels, at, operand);
  const first = occupancies[0];
  // Where the memory around knows which tiles are empty they are never sent.
  if (first?.values === 0 && first.chance < 1 && parent !== null && formatAt(parent)) {
    const full = 1 - first.chance;
    occupancies = occupancies
      .slice(1)
      .map(({ values, chance }) => ({ values, chance: chance / full }));
  }
  let stored = 0;
  const held: Units[] = [];
  for (const { values, chance } of occupancies) {
    stored += values * chance;
    if (!format) continue;
    for (const [rank, one] of heldBy(fibres, format, density, tile, values).entries()) {
      held[rank] ??= { metadata: 0, payload: 0 };
      const sum = held[rank] as Units;
      sum.metadata += one.metadata * chance;
      sum.payload += one.payload * chance;
    }
  }
  const share = format ? rounded(stored / tile) : 1;
  const left = (count: number) => count - Math.floor(rounded(count * (1 - share)));
  const count = (done: number): Count => ({ done, gated: 0, skipped: 0 });
  const times = (ratio: number) => ({
    done: held.map(({ metadata, payload }) => ({
      metadata: Math.ceil(rounded(metadata * ratio)),
      payload: Math.ceil(rounded(payload * ratio)),
    })),
    gated: held.map(() => ({ metadata: 0, payload: 0 })),
  });
  return {
    dense,
    density: rounded(stored / tile),
    hasFormat: format !== undefined,
    reads: count(left(reads)),
    fills: count(left(fills)),
    updates: count(own.written ? left(updates) : updates),
    formatReads: times(reads / tile),
    formatFills: times(fills / tile),
    formatUpdates: times(updates / tile),
  };
}

/** What is left out of one operand's accesses at one level. */
interface Chance {
  readonly how: Action['how'];
  readonly chance: number;
}

type Chances = readonly ReadonlyMap<number, Chance>[];

function chancesOf(
  problem: Problem,
  levels: readonly Level[],
  sparse: readonly SparseMemory[],
  densities: readonly Density[],
  working: readonly ReadonlyMap<number, Working>[],
): Chances {
  const chances = levels.map(() => new Map<number, Chance>());
  const indexOf = (name: string) => problem.operands.findIndex((operand) => operand.name === name);
  for (const how of ['gate', 'skip'] as const) {
    for (const [level, { actions }] of sparse.entries()) {
      for (const { options } of actions.filter((action) => action.how === how)) {
        let best: { at: number; target: number; chance: number; saved: number } | null = null;
        for (const option of options) {
          const impact = impactOf(option, level);
          if (impact && (best === null || impact.saved >= best.saved)) best = impact;
        }
        if (best === null) continue;
        const known = chances[best.at]?.get(best.target);
        if (known && known.chance >= best.chance) continue;
        chances[best.at]?.set(best.target, { how, chance: best.chance });
      }
    }
  }
  return chances;

  function impactOf({ target: name, where }: Option, from: number) {
    const target = indexOf(name);
    const at = levels.findIndex(({ keeps }, level) => level >= from && keeps[target]);
    const memory = sparse[at];
    if (at < 0 || !memory) return null;
    const others = where.map(indexOf);
    const { block, readJoules } = memory;
    const chance = leftOutChance(problem, levels, at, target, others, block, densities);
    const own = working[at]?.get(target);
    if (!own) return null;
    const { dense, density } = own;
    return { at, target, chance, saved: (readJoules / block) * dense.tile * density * chance };
  }
}

/**
 * Takes what is left out from each level and those further in. What the innermost one leaves out of
 * each operand that is read, computes never see.
 */
function propagate(
  problem: Problem,
  levels: readonly Level[],
  chances: Chances,
  working: readonly ReadonlyMap<number, Working>[],
): ReadonlyMap<number, number> {
  const innermost = new Map<number, number>();
  for (const [operand, { written }] of problem.operands.entries()) {
    // The share that levels further out have left out already.
    let outer = 0;
    let hasOneRank = false;
    for (let level = levels.length - 1; level >= 0; level--) {
      const own = working[level]?.get(operand);
      const local = chances[level]?.get(operand);
      if (own && outer > 0) {
        for (const count of [own.fills, own.reads, own.updates]) {
          count.done -= Math.floor(rounded(count.done * outer));
        }
        if (hasOneRank) shrink([own.formatReads.done[0], own.formatFills.done[0]], outer);
      }
      if (!local || !own) continue;
      const { how, chance } = local;
      const effective = outer > 0 ? Math.max(0, 1 - (1 - chance) / (1 - outer)) : chance;
      const child = levels[childOf(levels, level, operand)];
      const inner = child && working[levels.indexOf(child)]?.get(operand);
      const ranks = child ? (inner?.formatReads.done.length ?? 0) : own.formatReads.done.length;
      leaveOut(own, written, how, effective, ranks);
      outer = chance;
      hasOneRank = own.formatReads.done.length === 1;
      if (!written) innermost.set(operand, Number(chance.toFixed(6)));
    }
  }
  return innermost;
}

function shrink(all: readonly (Units | undefined)[], out: number): void {
  for (const units of all) {
    if (!units) continue;
    units.metadata -= Math.floor(rounded(units.metadata * out));
    units.payload -= Math.floor(rounded(units.payload * out));
  }
}

function leaveOut(
  own: Working,
  written: boolean,
  how: Action['how'],
  chance: number,
  ranks: number,
): void {
  const to = how === 'gate' ? 'gated' : 'skipped';
  const reads = rounded(own.reads.done * chance);
  move(own.reads, to, written ? Math.ceil(reads) : Math.floor(reads));
  move(own.updates, to, Math.floor(rounded(own.updates.done * chance)));
  for (const format of [own.formatReads, own.formatUpdates]) {
    for (let rank = 0; rank < Math.min(ranks, format.done.length); rank++) {
      const done = format.done[rank] as Units;
      const gated = format.gated[rank] as Units;
      for (const unit of ['metadata', 'payload'] as const) {
        const out = Math.floor(rounded(done[unit] * chance));
        done[unit] -= out;
        if (how === 'gate') gated[unit] += out;
      }
    }
  }
}

function move(count: Count, to: 'gated' | 'skipped', out: number): void {
  count.done -= out;
  count[to] += out;
}

/** What the units meet of the two operands: a value, a stored zero, or nothing. */
function computesLeft(
  problem: Problem,
  levels: readonly Level[],
  { computes }: Accesses,
  { gates, skips }: SparseUnits,
  densities: readonly Density[],
  working: readonly ReadonlyMap<number, Working>[],
  innermost: ReadonlyMap<number, number>,
): Split {
  let total = computes;
  for (const chance of innermost.values()) total -= Math.floor(rounded(total * chance));
  const read = problem.operands.flatMap(({ written }, operand) => (written ? [] : [operand]));
  const [a, b] = read;
  if (a === undefined || b === undefined || read.length > 2) {
    return { done: total, gated: 0, skipped: 0 };
  }
  const stateOf = (operand: number, other: number) => {
    const own = levels.findIndex(({ keeps }) => keeps[operand]);
    const { share } = densities[operand] as Density;
    // What was left out for this operand's zeros does not meet them again.
    const met = 1 - (innermost.get(other) ?? 0);
    const value = met > 0 ? Math.min(1, share / met) : 0;
    const isStored = !(working[own]?.get(operand)?.hasFormat ?? false);
    return { value, zero: isStored ? 1 - value : 0, nothing: isStored ? 0 : 1 - value };
  };
  const [first, second] = [stateOf(a, b), stateOf(b, a)];
  const withZero = first.value * second.zero + first.zero * second.value + first.zero * second.zero;
  const apart =
    (first.value + first.zero) * second.nothing + first.nothing * (second.value + second.zero);
  const skipped = skips ? Math.floor(rounded(total * apart)) : 0;
  const gated = gates ? Math.floor(rounded(total * (withZero + (skips ? 0 : apart)))) : 0;
  const absent = Math.floor(rounded(total * first.nothing * second.nothing));
  return { done: total - skipped - gated - absent, gated, skipped };
}
