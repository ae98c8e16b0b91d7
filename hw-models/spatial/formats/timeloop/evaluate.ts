// Evaluates a mapping on a design as Timeloop's model does: accesses by level and data-space,
// cycles and energy. Dense accesses are counted by `../../cost/accesses.ts`; zeros are expected
// from densities by `../../expected/`. Each access takes a whole block, and the cycles are those of
// the slowest level.

import { accessesOf, type OperandAccesses } from '../../cost/accesses.js';
import type { Memory } from '../../description/architecture.js';
import { type Density, occupanciesOf } from '../../expected/density.js';
import { type Expected, type ExpectedAccesses, expectedOf } from '../../expected/expected.js';
import { levelsOf } from '../../expected/nest.js';
import { type Held, isCompressing, type RankFormat } from '../../expected/ranks.js';
import type { Mapping } from '../../nest/mapping.js';
import type { Problem } from '../../nest/problem.js';
import type { Storage } from './design.js';
import type { Model } from './model.js';

/** One data-space at one level. */
export interface EvaluatedSpace extends ExpectedAccesses {
  /** With zeros, per instance. */
  readonly dense: OperandAccesses;
  /** Over all instances. */
  readonly joules: number;
}

export interface EvaluatedLevel {
  readonly name: string;
  /** Instances that the mapping uses. */
  readonly instances: number;
  readonly spaces: readonly EvaluatedSpace[];
  readonly cycles: number;
  readonly leakJoules: number;
  readonly joules: number;
}

export interface Evaluation {
  /** From the outermost in. */
  readonly levels: readonly EvaluatedLevel[];
  readonly compute: {
    readonly name: string;
    readonly units: number;
    readonly all: number;
    readonly left: Expected['computes'];
    readonly cycles: number;
    readonly joules: number;
  };
  readonly cycles: number;
  readonly joules: number;
}

/** A mapping without faults. `fault` says where a format does not fit it. */
export function evaluate(
  { architecture, storages, design, energies }: Model,
  problem: Problem,
  mapping: Mapping,
  densities: readonly Density[],
): Evaluation | { readonly fault: string } {
  const accesses = accessesOf(problem, architecture, mapping);
  const levels = levelsOf(problem, architecture, mapping);
  const sparse = levels.map(({ node }) => {
    const { formats, actions, block } = storages[node] as Storage;
    const { joules } = architecture.nodes[node] as Memory;
    return { formats, actions, block, readJoules: joules.read };
  });
  const hasZeros = sparse.some(({ formats, actions }) => formats.size + actions.length > 0);
  const expected = expectedOf(
    problem,
    levels,
    accesses,
    sparse,
    hasZeros ? design.compute : { gates: false, skips: false },
    densities,
  );
  if ('fault' in expected) return expected;
  const { compute } = architecture;
  const { units } = accesses;
  const { done, gated } = expected.computes;
  const computeCycles = Math.ceil((done + gated) / units);
  const found = accesses.memories.map(({ node, name, instances, operands }, place) => {
    const built = architecture.nodes
      .slice(0, node)
      .reduce((all, one) => (one.kind === 'array' ? all * one.x * one.y : all), 1);
    const memory = architecture.nodes[node] as Memory;
    const storage = storages[node] as Storage;
    const spaces = operands.map((dense, at): EvaluatedSpace => {
      const left = expected.memories[place]?.[at] as ExpectedAccesses;
      const format = storage.formats.get(dense.operand);
      const operand = problem.operands.findIndex((own) => own.name === dense.operand);
      const partial = partialAccesses(left, format, storage, densities[operand] as Density, dense);
      const gate = energies.gated?.(name) ?? { read: 0, write: 0 };
      const each =
        joulesOf(left, format, storage, memory, partial) +
        Math.ceil(left.reads.gated / storage.block) * gate.read +
        Math.ceil(left.updates.gated / storage.block) * gate.write;
      return { ...left, dense, joules: each * shareOf(storage, instances, built) * instances };
    });
    const busy = busyCycles(spaces, storage);
    return { name, instances, spaces, memory, cycles: Math.max(computeCycles, busy) };
  });
  const cycles = Math.max(computeCycles, ...found.map((level) => level.cycles));
  const evaluated = found.map(({ memory, ...level }): EvaluatedLevel => {
    const leakJoules = memory.joules.leakPerCycle * cycles * level.instances;
    const own = level.spaces.reduce((sum, { joules }) => sum + joules, 0);
    return { ...level, leakJoules, joules: own + leakJoules };
  });
  const joules =
    done * compute.joulesPerMac +
    gated * compute.joulesPerGated +
    compute.leakPerCycle * cycles * units;
  return {
    levels: evaluated,
    compute: {
      ...{ name: compute.name, units, all: accesses.computes, left: expected.computes },
      ...{ cycles: computeCycles, joules },
    },
    cycles,
    joules: joules + evaluated.reduce((sum, level) => sum + level.joules, 0),
  };
}

/** Instances of a cluster share an access, those that a mapping uses lying in as many as there are. */
function shareOf({ cluster }: Storage, instances: number, built: number): number {
  const clusters = Math.max(1, Math.floor(built / cluster));
  return Math.min(instances, clusters) / instances;
}

/** Accesses of a small compressed tile for each that its values would fill. */
function partialAccesses(
  { density: stored }: ExpectedAccesses,
  format: RankFormat | undefined,
  { block }: Storage,
  density: Density,
  { tile }: OperandAccesses,
): number {
  const isSmall = tile <= MAX_SMALL_TILE;
  if (!isCompressing(format) || block === 1 || stored >= 1 || stored === 0 || !isSmall) return 1;
  let accesses = 0;
  for (const { values, chance } of occupanciesOf(density, tile)) {
    accesses += Math.ceil(values / block) * chance;
  }
  return accesses / ((tile * stored) / block);
}

/** Elements of a tile above which its last access, filled or not, no longer matters. */
const MAX_SMALL_TILE = 16_384;

/** Joules of one instance. */
function joulesOf(
  left: ExpectedAccesses,
  format: RankFormat | undefined,
  storage: Storage,
  { joules }: Memory,
  partial: number,
): number {
  const whole = (count: number) => Math.ceil(count / storage.block) * partial;
  const data =
    whole(left.reads.done) * joules.read +
    whole(left.fills.done) * joules.write +
    whole(left.updates.done) * joules.update;
  if (!format || storage.metadata.accessBits === 0) return data;
  const own = (held: readonly Held[]) =>
    Math.ceil(bitsOf(held, format, storage) / storage.metadata.accessBits);
  return (
    data +
    own(left.formatReads.done) * joules.metadataRead +
    (own(left.formatFills.done) + own(left.formatUpdates.done)) * joules.metadataWrite
  );
}

/** Bits of a format's units. */
function bitsOf(
  held: readonly Held[],
  format: RankFormat,
  { metadata: { wordBits, accessBits } }: Storage,
): number {
  return held.reduce((sum, { metadata, payload }, at) => {
    const rank = format[at];
    const ofMetadata = fitting(rank?.metadataBits ?? wordBits, accessBits);
    const ofPayload = fitting(rank?.payloadBits ?? wordBits, accessBits);
    return sum + metadata * ofMetadata + payload * ofPayload;
  }, 0);
}

/** Wider units are a slip: no memory has such accesses. */
const MAX_UNIT_BITS = 65_536;

/** Units do not lie across two accesses. */
function fitting(bits: number, accessBits: number): number {
  if (bits === 0 || bits > MAX_UNIT_BITS || accessBits % bits === 0) return bits;
  for (let wider = bits; wider < 2 * bits; wider++) if (accessBits % wider === 0) return wider;
  return bits;
}

/** Cycles in which one instance passes its words, what formats add among them. */
function busyCycles(spaces: readonly EvaluatedSpace[], storage: Storage): number {
  let [reads, writes] = [0, 0];
  for (const { dense, ...left } of spaces) {
    const format = storage.formats.get(dense.operand);
    const words = (held: readonly Held[]) =>
      format ? Math.floor(bitsOf(held, format, storage) / storage.wordBits) : 0;
    const { formatReads, formatFills, formatUpdates } = left;
    reads += left.reads.done + left.reads.gated;
    reads += words([...formatReads.done]) + words([...formatReads.gated]);
    writes += left.fills.done + left.fills.gated + left.updates.done + left.updates.gated;
    for (const { done, gated } of [formatFills, formatUpdates])
      writes += words(done) + words(gated);
  }
  const { readWords, writeWords, sharedWords } = storage;
  const cycles = (words: number, perCycle: number | null) =>
    perCycle === null ? 0 : Math.ceil(words / perCycle);
  return Math.max(
    ...[cycles(reads, readWords), cycles(writes, writeWords)],
    cycles(reads + writes, sharedWords),
  );
}
