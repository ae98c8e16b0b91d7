// The plan of a device: each block's rectangles, to scale of area where all areas are known, else of
// the capacity of its memories.

import type { Block } from '../../hw-models/contract.js';
import { type Rectangle, treemap } from './treemap.js';

/** A block with all rectangles that stand for its instances. */
export interface PlacedBlock {
  readonly block: Block;
  readonly rectangles: readonly Rectangle[];
  /** Instances for which one rectangle stands: more than one where all would be too many. */
  readonly each: number;
}

/** What the sizes of blocks say. */
export type Scale = 'area' | 'capacity' | 'none';

export interface Floorplan {
  readonly width: number;
  readonly height: number;
  /** On the plan, of one instance of whatever the plan is of; null where it is not to scale. */
  readonly areaMm2: number | null;
  readonly scale: Scale;
  /** Blocks with an area of their own. */
  readonly leaves: readonly PlacedBlock[];
  /** Outlines of arrays, around what lies within them. */
  readonly arrays: readonly PlacedBlock[];
}

/** Rectangles for the instances of one block that a drawing has room for. */
const MAX_CELLS = 1024;

/** The plan of `blocks`, those off the chip left out. */
export function floorplanOf(blocks: readonly Block[], width: number, height: number): Floorplan {
  const onChip = blocks.filter(({ offChip }) => !offChip);
  const areaMm2 = areaOf(onChip);
  const scale = scaleOf(onChip);
  const placed = place(onChip, { x: 0, y: 0, width, height }, weights[scale], MAX_CELLS);
  return {
    ...{ width, height, areaMm2, scale },
    leaves: placed.filter(({ block }) => block.kind !== 'array'),
    arrays: placed.filter(({ block }) => block.kind === 'array'),
  };
}

/** mm² of blocks with all their instances; null where one of them is not known. */
export function areaOf(blocks: readonly Block[]): number | null {
  let whole = 0;
  for (const { areaMm2, columns, rows, inside } of blocks) {
    const within = areaOf(inside);
    if (areaMm2 === null || within === null) return null;
    whole += columns * rows * (areaMm2 + within);
  }
  return whole;
}

/** What a drawing of `blocks` can be to scale of. */
export function scaleOf(blocks: readonly Block[]): Scale {
  const onChip = blocks.filter(({ offChip }) => !offChip);
  if (areaOf(onChip) !== null) return 'area';
  return hasCapacity(onChip) ? 'capacity' : 'none';
}

const hasCapacity = (blocks: readonly Block[]): boolean =>
  blocks.some(({ bytes, inside }) => bytes !== undefined || hasCapacity(inside));

/** How large each of some blocks that lie side by side is, with all its instances. */
type Weigh = (blocks: readonly Block[]) => readonly number[];

const weights: Readonly<Record<Scale, Weigh>> = {
  area: (blocks) => blocks.map((block) => areaOf([block]) ?? 0),
  capacity: capacities,
  none: (blocks) => blocks.map(counted),
};

/** Bytes; what has none is as large as the smallest memory beside it. */
function capacities(blocks: readonly Block[]): readonly number[] {
  const known = blocks.map(({ bytes, inside }) =>
    inside.length > 0 ? capacities(inside).reduce((sum, each) => sum + each, 0) : (bytes ?? null),
  );
  const smallest = Math.min(...known.filter((each) => each !== null));
  const each = Number.isFinite(smallest) ? smallest : 1;
  return blocks.map(({ columns, rows }, at) => columns * rows * (known[at] ?? each));
}

/** A block is as large as another, an array as what is in it. */
const counted = ({ kind, inside }: Block): number =>
  kind === 'array' ? 2 * inside.reduce((sum, block) => sum + counted(block), 0) : 1;

/** Blocks within a rectangle, and what lies within them. */
function place(
  blocks: readonly Block[],
  room: Rectangle,
  weigh: Weigh,
  maxCells: number,
): readonly PlacedBlock[] {
  return treemap(weigh(blocks), room.width, room.height).flatMap((found, at) => {
    const block = blocks[at] as Block;
    if (found.width * found.height <= 0) return [];
    const own = { ...found, x: room.x + found.x, y: room.y + found.y };
    const { cells, each, columns, rows } = cellsOf(block, own, maxCells);
    if (block.kind !== 'array') return [{ block, rectangles: cells, each }];
    const [first] = cells;
    if (!first) return [];
    const atOrigin = { x: 0, y: 0, width: first.width, height: first.height };
    const inner = place(block.inside, atOrigin, weigh, maxCells / (columns * rows));
    const repeated = inner.map(({ rectangles, each: of, ...rest }) => ({
      ...rest,
      each: of * each,
      rectangles: cells.flatMap((cell) =>
        rectangles.map((one) => ({ ...one, x: cell.x + one.x, y: cell.y + one.y })),
      ),
    }));
    return [{ block, rectangles: [own], each: 1 }, ...repeated];
  });
}

/** A rectangle for each instance, or for each so many where there are too many. */
function cellsOf(block: Block, room: Rectangle, max: number) {
  const grid = gridOf(block, room);
  const limit = Math.max(1, Math.floor(Math.sqrt(max)));
  const [columns, rows] =
    grid.columns * grid.rows <= max
      ? [grid.columns, grid.rows]
      : [largestDivisor(grid.columns, limit), largestDivisor(grid.rows, limit)];
  const [width, height] = [room.width / columns, room.height / rows];
  const cells = Array.from({ length: columns * rows }, (_, at) => ({
    ...{ x: room.x + (at % columns) * width, y: room.y + Math.floor(at / columns) * height },
    ...{ width, height },
  }));
  return { cells, columns, rows, each: (grid.columns * grid.rows) / (columns * rows) };
}

/** As described; what has one axis only is folded so that its instances are near to squares. */
function gridOf({ columns, rows }: Block, { width, height }: Rectangle) {
  if (columns > 1 && rows > 1) return { columns, rows };
  const count = columns * rows;
  let best = { columns: count, rows: 1, off: Number.POSITIVE_INFINITY };
  for (let across = 1; across <= count; across++) {
    if (count % across > 0) continue;
    const down = count / across;
    const off = Math.abs(Math.log(width / across / (height / down)));
    if (off < best.off) best = { columns: across, rows: down, off };
  }
  return best;
}

function largestDivisor(count: number, limit: number): number {
  for (let divisor = Math.min(count, limit); divisor > 1; divisor--) {
    if (count % divisor === 0) return divisor;
  }
  return 1;
}
