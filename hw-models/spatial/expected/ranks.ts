// Formats rank by rank (fibre trees, as Sparseloop describes them): which loops a rank stands for,
// and how many coordinates and offsets it holds. U(ncompressed) O(ffset) P(airs) point to where
// each fibre begins, C(oordinate) P(ayload) and R(un) L(ength) E(ncoding) list what is not empty, a
// bitmask has a bit for each coordinate.

import { dependsOn, elementsOf, type Operand } from '../nest/problem.js';
import { type Density, emptyTileChance } from './density.js';
import { childOf, type Level } from './nest.js';

export interface Rank {
  readonly kind: 'uop' | 'cp' | 'rle' | 'bitmask' | 'uncompressed-bitmask';
  /** Lists of dimensions whose loops may be one rank together; null where only one loop is. */
  readonly flattened: readonly (readonly string[])[] | null;
  /** Of a coordinate, run or bit; null for the memory's own. */
  readonly metadataBits: number | null;
  /** Of an offset; null for the memory's own. */
  readonly payloadBits: number | null;
  /** Whether the innermost loop is the innermost rank's where there are more ranks than loops. */
  readonly fromInside: boolean;
}

/** Ranks from the outermost in. */
export type RankFormat = readonly Rank[];

/** Whether zeros are not stored. */
export const isCompressing = (format: RankFormat | undefined): boolean =>
  format?.some(({ kind }) => kind !== 'uop' && kind !== 'uncompressed-bitmask') ?? false;

/** A rank on a mapping. */
export interface Fibres {
  /** Coordinates of one fibre. */
  readonly length: number;
  /** Elements of the tile that one fibre covers. */
  readonly tile: number;
  /** Loops that it stands for: their dimensions and steps. */
  readonly loops: readonly { readonly dimension: number; readonly bound: number }[];
}

/** Units of a rank's own. */
export interface Held {
  readonly metadata: number;
  readonly payload: number;
}

interface Own {
  readonly dimension: number;
  readonly bound: number;
  readonly tile: number;
}

/**
 * The ranks of an operand at a level that keeps it, from the innermost out; one rank for all loops
 * where it has no format. Null where the format has fewer ranks than the mapping needs.
 */
export function fibresOf(
  operand: Operand,
  index: number,
  levels: readonly Level[],
  at: number,
  formatAt: (level: number) => RankFormat | undefined,
  dimensions: readonly string[],
): readonly Fibres[] | null {
  const format = formatAt(at);
  const child = childOf(levels, at, index);
  const inner = levels[child];
  // A compressed tile is cut into the tiles that the next memory takes, as that one stores them.
  const isCut = inner !== undefined && isCompressing(format) && elementsOf(operand, inner.tile) > 1;
  const below = isCut ? fibresOf(operand, index, levels, child, formatAt, dimensions) : [];
  if (below === null) return null;
  const loops = ownLoops(operand, levels, child, at, isCut);
  const ranks = format?.length ?? 1;
  const own = ranks - below.length;
  if (own < 0) return null;
  const fromInside = format?.[0]?.fromInside ?? false;
  // Loops in the order in which ranks take them.
  const left = fromInside ? [...loops] : loops.toReversed();
  const found: Fibres[] = [];
  for (let place = 0; place < own; place++) {
    const [first] = left;
    const rank = format?.[fromInside ? own - 1 - place : place];
    const rule = first ? ruleOf(rank, dimensions[first.dimension] as string) : 'none';
    const taken: Own[] = [];
    while (rule !== 'none' && left[0]) {
      const name = dimensions[left[0].dimension] as string;
      if (taken.length > 0 && rule !== 'all' && (rule === 'one' || !rule.includes(name))) break;
      taken.push(left.shift() as Own);
    }
    const outermost = fromInside ? taken.at(-1) : taken[0];
    const fibre = {
      length: outermost ? lengthOf(operand, taken, dimensions.length) : 1,
      tile: outermost?.tile ?? (fromInside ? (found.at(-1)?.tile ?? 1) : (loops[0]?.tile ?? 1)),
      loops: taken,
    };
    if (fromInside) found.push(fibre);
    else found.unshift(fibre);
  }
  return left.length > 0 ? null : [...below, ...found];
}

/** Loops of a level that change an operand, from the innermost out. */
function ownLoops(
  operand: Operand,
  levels: readonly Level[],
  child: number,
  at: number,
  isCut: boolean,
): readonly Own[] {
  const loops = levels
    .slice(child + 1, at + 1)
    .flatMap(({ steps }) =>
      steps
        .filter(({ dimension }) => dependsOn(operand, dimension))
        .map(({ dimension, bound, box }) => ({ dimension, bound, tile: elementsOf(operand, box) })),
    );
  const inner = levels[child];
  if (!inner || isCut) return loops;
  // Without a cut the loops of this level stand for all that lies further in.
  const scaled = new Set<number>();
  const whole = loops.map((loop) => {
    if (scaled.has(loop.dimension)) return loop;
    scaled.add(loop.dimension);
    return { ...loop, bound: loop.bound * (inner.tile[loop.dimension] as number) };
  });
  const box = inner.tile.map(() => 1);
  const further = inner.tile.flatMap((bound, dimension) => {
    if (bound === 1 || scaled.has(dimension) || !dependsOn(operand, dimension)) return [];
    box[dimension] = bound;
    return [{ dimension, bound, tile: elementsOf(operand, box) }];
  });
  return [...further, ...whole];
}

/** Which loops may join a rank that begins with one over `dimension`. */
function ruleOf(
  rank: Rank | undefined,
  dimension: string,
): 'all' | 'one' | 'none' | readonly string[] {
  if (!rank) return 'all';
  if (rank.flattened === null) return 'one';
  return rank.flattened.find((list) => list.includes(dimension)) ?? 'none';
}

function lengthOf(operand: Operand, loops: readonly Own[], dimensions: number): number {
  const box = Array.from({ length: dimensions }, () => 1);
  for (const { dimension, bound } of loops) {
    box[dimension] = (box[dimension] as number) * bound;
  }
  return elementsOf(operand, box);
}

/**
 * What each rank holds of a tile with `values` that are not zero, from the outermost in. A rank of
 * one coordinate costs nothing, and what the innermost points to is the data itself.
 */
export function heldBy(
  fibres: readonly Fibres[],
  format: RankFormat,
  density: Density,
  elements: number,
  values: number,
): readonly Held[] {
  const within = { elements, values };
  const held: Held[] = [];
  let count = 1;
  let tile = elements;
  for (let rank = fibres.length - 1; rank >= 0; rank--) {
    const { length } = fibres[rank] as Fibres;
    const inside = rank === 0 ? 1 : (fibres[rank - 1] as Fibres).tile;
    const kind = format[fibres.length - 1 - rank]?.kind ?? 'uncompressed-bitmask';
    const units =
      length === 1
        ? { metadata: 0, payload: 0 }
        : unitsOf(
            kind,
            count,
            length,
            1 - emptyTileChance(density, tile, within),
            1 - emptyTileChance(density, inside, within),
          );
    held.push(rank === 0 ? { ...units, payload: 0 } : units);
    count *= length;
    tile = inside;
  }
  return held;
}

function unitsOf(
  kind: Rank['kind'],
  fibres: number,
  length: number,
  fullFibres: number,
  fullCoordinates: number,
): Held {
  const there = fibres * fullFibres;
  switch (kind) {
    case 'uop':
      return { metadata: 0, payload: fibres * (length + 1) };
    case 'cp': {
      const listed = there * Math.ceil(rounded(length * fullCoordinates));
      return { metadata: listed, payload: listed };
    }
    case 'rle': {
      const listed = there * length * fullCoordinates;
      return { metadata: listed, payload: listed };
    }
    case 'bitmask':
      return {
        metadata: there * length,
        payload: there * Math.ceil(rounded(length * fullCoordinates)),
      };
    case 'uncompressed-bitmask':
      return { metadata: fibres * length, payload: fibres * length };
  }
}

/** Without what arithmetic adds to a whole number. */
export const rounded = (value: number): number => Number(value.toPrecision(12));
