// Computes the share of accesses that remains after formats and savings have removed the zeros, by
// memory and operand.

import type { Architecture, Memory } from '../description/architecture.js';
import type { Mapping } from '../nest/mapping.js';
import { elementsOf, extentsOf, type Operand, type Problem } from '../nest/problem.js';
import { isCompressed, type Stored, storedOf, type TileShape } from '../sparse/formats.js';
import { emptyChance, type Zeros } from '../sparse/zeros.js';

/** For each element that the dense mapping reads, fills or updates. */
export interface Share {
  readonly stored: Stored;
  /** Values read; those whose read takes its time but no energy. */
  readonly reads: number;
  readonly gatedReads: number;
  /** Bits of the format read along. */
  readonly readMetadataBits: number;
  readonly fills: number;
  readonly fillMetadataBits: number;
  readonly updates: number;
  readonly gatedUpdates: number;
}

type Tiles = readonly (readonly number[])[];

/** The share of an operand at one memory that keeps it. */
export function shareOf(
  problem: Problem,
  { nodes, compute }: Architecture,
  mapping: Mapping,
  tiles: Tiles,
  zeros: Zeros,
  at: number,
  index: number,
): Share {
  const node = nodes[at] as Memory;
  const operand = problem.operands[index] as Operand;
  const { name } = operand;
  const format = node.formats[name];
  const shape = tileShape(problem, operand, node, tiles[at] as readonly number[]);
  const density = zeros.density(name);
  const stored = storedOf(format ?? { kind: 'dense' }, density, shape);
  let inner = nodes.length;
  for (let further = nodes.length - 1; further > at; further--) {
    if (mapping.keeps[further]?.[index]) inner = further;
  }
  const isInnermost = inner === nodes.length;
  const saving = node.savings.find((one) => one.operand === name);
  const self = isCompressed(format) && !operand.written ? [name] : [];
  const where = saving?.where ?? [];
  const implied =
    isInnermost && operand.written && compute.saving !== null && saving === undefined
      ? compute.saving
      : null;
  const how = saving?.how ?? implied?.how ?? 'skip';
  let left: number;
  if (isInnermost) {
    const needed = [...self, ...where, ...(implied?.where ?? [])];
    left = operand.written ? zeros.products(needed) : productsOrStored(zeros, self, needed, stored);
  } else {
    left = stored.values * tileChance(problem, zeros, where, tiles[inner] as readonly number[]);
  }
  const unsaved = isInnermost && self.length > 0 ? Math.max(left, stored.values) : stored.values;
  const gated = how === 'gate' ? Math.max(0, unsaved - left) : 0;
  const ratio = unsaved > 0 ? (how === 'gate' ? 1 : left / unsaved) : 1;
  return {
    stored,
    reads: left,
    gatedReads: gated,
    readMetadataBits: stored.metadataBits * ratio,
    fills: stored.values,
    fillMetadataBits: stored.metadataBits,
    updates: isInnermost && operand.written ? left : 1,
    gatedUpdates: isInnermost && operand.written && how === 'gate' ? 1 - left : 0,
  };
}

/** Values read by the innermost memory for each step: those of needed products, or all stored. */
function productsOrStored(
  zeros: Zeros,
  self: readonly string[],
  needed: readonly string[],
  stored: Stored,
): number {
  if (needed.length === 0) return 1;
  const values = zeros.products(needed);
  if (self.length === 0) return values;
  // Stored zeros are read along with the values.
  const density = zeros.products(self);
  return density > 0 ? values * (stored.values / density) : stored.values;
}

/** The chance that none of the other operands' tiles is empty. */
function tileChance(
  problem: Problem,
  zeros: Zeros,
  where: readonly string[],
  tile: readonly number[],
): number {
  let chance = 1;
  for (const name of where) {
    const leader = problem.operands.find((operand) => operand.name === name);
    if (!leader) continue;
    const all = elementsOf(leader, problem.sizes);
    const kept = Math.round(all * zeros.density(name));
    chance *= 1 - emptyChance(all, kept, elementsOf(leader, tile));
  }
  return chance;
}

/** The tile of `tile` steps as its format describes it. */
export function tileShape(
  problem: Problem,
  operand: Operand,
  { formats }: Memory,
  tile: readonly number[],
): TileShape {
  const extents = extentsOf(operand, tile);
  const elements = extents.reduce((product, extent) => product * extent, 1);
  const format = formats[operand.name];
  if (format?.kind !== 'offsets') return { elements, fibre: elements };
  const along = new Set(format.along.map((name) => problem.dimensions.indexOf(name)));
  let fibre = 1;
  for (const [rank, terms] of operand.ranks.entries()) {
    if (terms.some(({ dimension }) => along.has(dimension))) fibre *= extents[rank] as number;
  }
  // Where nothing is said a fibre runs along the last rank.
  return { elements, fibre: along.size > 0 ? fibre : (extents.at(-1) ?? 1) };
}
