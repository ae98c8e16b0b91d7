// Counts a layer's own values tile by tile: how many of them lie beyond the room that a memory has
// for their tile. Weights are counted one by one in all tiles; inputs, whose tiles overlap, in all
// of them or, where there are too many, in evenly spread ones.

import { invariant } from '../../../workloads/base/errors.js';
import type { ConvolutionDemand, ProductDemand } from '../../../workloads/demand.js';
import type { LayerTask } from '../../../workloads/network.js';
import { rowsOf } from '../../../workloads/weights/entries.js';
import { extentsOf, type Operand, type Problem } from '../nest/problem.js';

/** What lies beyond the room of its tile. */
export interface Beyond {
  /** Of all values. */
  readonly values: number;
  /** Of all tiles, those that have more values than room. */
  readonly tiles: number;
}

export const nothingBeyond: Beyond = { values: 0, tiles: 0 };

/** Tiles counted apart, at most. */
const MAX_TILES = 2 ** 22;
/** Boxes of planes looked up, about. */
const MAX_LOOKUPS = 2 ** 22;

/** Adds up tiles. */
export class Tally {
  private all = 0;
  private beyond = 0;
  private tiles = 0;
  private over = 0;

  constructor(private readonly room: number) {}

  add(values: number): void {
    this.all += values;
    this.tiles += 1;
    if (values <= this.room) return;
    this.beyond += values - this.room;
    this.over += 1;
  }

  get result(): Beyond {
    if (this.all === 0) return nothingBeyond;
    return { values: this.beyond / this.all, tiles: this.over / this.tiles };
  }
}

/**
 * What of a layer's weights or inputs lies beyond the first `room` values of each tile of `tile`
 * steps; null where there are too many tiles to count.
 */
export function beyondIn(
  task: LayerTask,
  problem: Problem,
  operand: Operand,
  tile: readonly number[],
  room: number,
): Beyond | null {
  if (operand.name === 'weights') return ofWeights(task, problem, tile, room);
  return operand.name === 'inputs' ? ofInputs(task, problem, operand, tile, room) : nothingBeyond;
}

type Multiplied = ProductDemand | ConvolutionDemand;

/** Tiles along each dimension. */
const gridOf = ({ sizes }: Problem, tile: readonly number[]) =>
  sizes.map((size, at) => Math.ceil(size / (tile[at] as number)));

function ofWeights(
  task: LayerTask,
  problem: Problem,
  tile: readonly number[],
  room: number,
): Beyond | null {
  const { weights, name } = task;
  invariant(weights !== null, () => `layer ${name} has no weights`);
  const demand = task.demand as Multiplied;
  const { rows } = weights.store;
  const rowAt = rowsOf(weights.store);
  const isProduct = demand.kind === 'product';
  const perGroup = isProduct ? demand.columns : demand.output[0] / demand.groups;
  const [height, width] = isProduct ? [1, 1] : demand.kernel;
  const grid = gridOf(problem, tile);
  const [, ofG = 1, ofM = 1, ofC = 1, , , ofR = 1, ofS = 1] = grid;
  const [, g = 1, m = 1, c = 1, , , r = 1, s = 1] = tile;
  // Frames that have matrices of their own have the same ones.
  const groups = Math.min(ofG, Math.ceil(rows / perGroup / g));
  const tiles = groups * ofM * ofC * ofR * ofS;
  if (tiles > MAX_TILES) return null;
  const counts = new Uint32Array(tiles);
  for (let row = 0; row < rows; row++) {
    const group = Math.floor(Math.floor(row / perGroup) / g);
    const first = (group * ofM + Math.floor((row % perGroup) / m)) * ofC;
    const { indices, from, to } = rowAt(row);
    for (let at = from; at < to; at++) {
      const column = indices[at] as number;
      const tap = column % (height * width);
      const channel = Math.floor(column / (height * width) / c);
      const place = (first + channel) * ofR + Math.floor(Math.floor(tap / width) / r);
      const slot = place * ofS + Math.floor((tap % width) / s);
      counts[slot] = (counts[slot] as number) + 1;
    }
  }
  const tally = new Tally(room);
  for (const count of counts) tally.add(count);
  return tally.result;
}

function ofInputs(
  task: LayerTask,
  problem: Problem,
  operand: Operand,
  tile: readonly number[],
  room: number,
): Beyond {
  const demand = task.demand as Multiplied;
  const planes = planesOf(task, demand);
  const [n = 1, g = 1, , c = 1] = tile;
  const [, , , height = 1, width = 1] = extentsOf(operand, tile);
  const isProduct = demand.kind === 'product';
  // M changes no input.
  const grid = gridOf(problem, tile).map((tiles, at) =>
    problem.dimensions[at] === 'M' ? 1 : tiles,
  );
  const tiles = grid.reduce((all, along) => all * along, 1);
  const each = n * g * (isProduct ? 1 : c);
  const some = Math.max(1, Math.min(tiles, Math.floor(MAX_LOOKUPS / each)));
  const tally = new Tally(room);
  const at = new Array<number>(grid.length).fill(0);
  for (let chosen = 0; chosen < some; chosen++) {
    let rest = Math.floor(((chosen + 0.5) * tiles) / some);
    for (let dimension = grid.length - 1; dimension >= 0; dimension--) {
      const along = grid[dimension] as number;
      at[dimension] = (rest % along) * (tile[dimension] as number);
      rest = Math.floor(rest / along);
    }
    tally.add(
      isProduct
        ? inProduct(demand, planes, at, [n, g, c, tile[4] as number])
        : inConvolution(demand, planes, at, [n, g, c], [height, width]),
    );
  }
  return tally.result;
}

type Corner = readonly number[];

function inProduct(
  { matrices }: ProductDemand,
  planes: Planes,
  [, group = 0, , channel = 0, row = 0]: Corner,
  [n = 1, g = 1, c = 1, p = 1]: readonly number[],
): number {
  let values = 0;
  for (let matrix = group; matrix < group + g; matrix++) {
    values += planes.inBox(matrix % matrices, row, channel, p, c);
  }
  return n * values;
}

function inConvolution(
  { images, input, groups, stride, dilation, pad }: ConvolutionDemand,
  planes: Planes,
  [image = 0, group = 0, , channel = 0, p = 0, q = 0, r = 0, s = 0]: Corner,
  [n = 1, g = 1, c = 1]: readonly number[],
  [height, width]: readonly [number, number],
): number {
  const perGroup = input[0] / groups;
  const y = p * stride[0] + r * dilation[0] - pad[0];
  const x = q * stride[1] + s * dilation[1] - pad[1];
  let values = 0;
  for (let frame = image; frame < image + n; frame++) {
    for (let of = group; of < Math.min(groups, group + g); of++) {
      const first = (frame % images) * input[0] + of * perGroup;
      for (let at = channel; at < Math.min(perGroup, channel + c); at++) {
        values += planes.inBox(first + at, y, x, height, width);
      }
    }
  }
  return values;
}

/** Planes of values, and how many of a box of one are not zero (summed-area tables). */
class Planes {
  private readonly sums: Uint32Array;

  constructor(
    values: ArrayLike<number>,
    count: number,
    private readonly height: number,
    private readonly width: number,
  ) {
    const pitch = width + 1;
    this.sums = new Uint32Array(count * (height + 1) * pitch);
    for (let plane = 0; plane < count; plane++) {
      for (let y = 0; y < height; y++) {
        const row = (plane * (height + 1) + y + 1) * pitch;
        let along = 0;
        for (let x = 0; x < width; x++) {
          if (values[(plane * height + y) * width + x] !== 0) along += 1;
          this.sums[row + x + 1] = (this.sums[row - pitch + x + 1] as number) + along;
        }
      }
    }
  }

  inBox(plane: number, top: number, left: number, height: number, width: number): number {
    const [y0, y1] = [clamp(top, this.height), clamp(top + height, this.height)];
    const [x0, x1] = [clamp(left, this.width), clamp(left + width, this.width)];
    const first = plane * (this.height + 1);
    const at = (y: number, x: number) => this.sums[(first + y) * (this.width + 1) + x] as number;
    return at(y1, x1) - at(y0, x1) - at(y1, x0) + at(y0, x0);
  }
}

const clamp = (at: number, max: number) => Math.max(0, Math.min(max, at));

function planesOf({ input: { values } }: LayerTask, demand: Multiplied): Planes {
  if (demand.kind === 'product') {
    return new Planes(values, demand.matrices, demand.rows, demand.depth);
  }
  const [channels, height, width] = demand.input;
  return new Planes(values, demand.images * channels, height, width);
}
