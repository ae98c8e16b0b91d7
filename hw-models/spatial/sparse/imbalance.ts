// Computes the load imbalance of an array: how much longer its busiest unit works than the mean.
// The units start each tile of the loops around the innermost array together, and each takes as
// many steps as its non-zero products. Products are counted one by one, tile by tile. If there are
// many tiles, some evenly spread ones represent all; if a tile of all units is too large, an
// expectation is used.

import type { ConvolutionDemand, ProductDemand } from '../../../workloads/demand.js';
import type { LayerTask } from '../../../workloads/network.js';
import { rowsOf } from '../../../workloads/weights/entries.js';
import type { Architecture } from '../description/architecture.js';
import { type Mapping, tilesOf } from '../nest/mapping.js';
import { computesOf, type Problem } from '../nest/problem.js';

/** Products looked at of one layer, about. */
const MAX_PRODUCTS = 2 ** 22;
/** Tiles looked at, at most. */
const MAX_TILES = 64;

/** Loops by what happens to them between two meetings of all units. */
export interface Meetings {
  /** Units that meet. */
  readonly units: number;
  /** Steps of one unit from one meeting to the next, zeros among them. */
  readonly steps: number;
  readonly tiles: number;
}

/** The last array whose units meet; those of memories alone never wait. */
export function meetingsOf({ nodes }: Architecture, mapping: Mapping): Meetings {
  const last = nodes.findLastIndex((_, at) =>
    (mapping.loops[at] ?? []).some(({ axis, bound }) => axis !== null && bound > 1),
  );
  let [units, steps, tiles] = [1, 1, 1];
  for (const [at, loops] of mapping.loops.entries()) {
    for (const { axis, bound } of loops) {
      if (axis !== null) units *= bound;
      else if (at < last) tiles *= bound;
      else steps *= bound;
    }
  }
  return { units, steps, tiles };
}

/**
 * Steps that the busiest of `units` take, each of whose `steps` is left with chance `share`: the
 * mean and, for the largest of so many, √(2 ln units) standard deviations; never more than all.
 */
export function busiestSteps(units: number, steps: number, share: number): number {
  const spread = Math.sqrt(2 * Math.log(units) * steps * share * (1 - share));
  return Math.min(steps, steps * share + spread);
}

export interface Imbalance {
  /**
   * Steps of the busiest units over those that the mapping would take evenly; less than 1 only
   * where it rounds up.
   */
  readonly factor: number;
  /** How it was found. */
  readonly note: string | null;
}

/** The imbalance of a layer whose products are skipped where one of `where` is zero. */
export function imbalanceOf(
  task: LayerTask,
  problem: Problem,
  architecture: Architecture,
  mapping: Mapping,
  where: readonly string[],
  share: number,
): Imbalance {
  const { units, steps, tiles } = meetingsOf(architecture, mapping);
  if (units === 1 || share <= 0 || share >= 1) return { factor: 1, note: null };
  if (units * steps > 4 * MAX_PRODUCTS) {
    const note =
      'tiles are too large to count product by product: the busiest units by expectation';
    return { factor: busiestSteps(units, steps, share) / (steps * share), note };
  }
  const some = Math.max(1, Math.min(MAX_TILES, tiles, Math.floor(MAX_PRODUCTS / (units * steps))));
  const offsets = offsetsOf(problem, architecture, mapping);
  const isLeft = productTest(task, where);
  let busiest = 0;
  let all = 0;
  for (let chosen = 0; chosen < some; chosen++) {
    const tile = offsets.tiles(Math.floor(((chosen + 0.5) * tiles) / some));
    let max = 0;
    for (let unit = 0; unit < offsets.units.length; unit += DIMENSIONS) {
      const from = tile.map((begin, at) => begin + (offsets.units[unit + at] as number));
      const left = countLeft(isLeft, from, offsets.steps);
      if (left > max) max = left;
      all += left;
    }
    busiest += max;
  }
  const mean = all / units;
  // Of the steps that the mapping rounds up to, the real ones.
  const real = (task.macs.dense * task.batch) / computesOf(problem);
  const note =
    some < tiles ? `load imbalance counted on ${some} of ${tiles} tiles, evenly spread` : null;
  return { factor: real * (mean > 0 ? busiest / mean : 1), note };
}

/** Of every problem: N G M C P Q R S. */
const DIMENSIONS = 8;

/** Steps of a unit, which begins at `from`, that are left. */
function countLeft(isLeft: ProductTest, from: Int32Array, steps: Int32Array): number {
  const [n = 0, g = 0, m = 0, c = 0, p = 0, q = 0, r = 0, s = 0] = from;
  let left = 0;
  for (let at = 0; at < steps.length; at += DIMENSIONS) {
    const isOneLeft = isLeft(
      n + (steps[at] as number),
      g + (steps[at + 1] as number),
      m + (steps[at + 2] as number),
      c + (steps[at + 3] as number),
      p + (steps[at + 4] as number),
      q + (steps[at + 5] as number),
      r + (steps[at + 6] as number),
      s + (steps[at + 7] as number),
    );
    if (isOneLeft) left += 1;
  }
  return left;
}

type Offset = Int32Array;

/** Where each tile, unit and step begins, along each dimension. */
function offsetsOf(problem: Problem, { nodes }: Architecture, mapping: Mapping) {
  const tiles = tilesOf(problem, mapping);
  const last = nodes.findLastIndex((_, at) =>
    (mapping.loops[at] ?? []).some(({ axis, bound }) => axis !== null && bound > 1),
  );
  interface Strided {
    readonly dimension: number;
    readonly bound: number;
    readonly stride: number;
  }
  const parts: Record<'tiles' | 'units' | 'steps', Strided[]> = { tiles: [], units: [], steps: [] };
  for (const [at, loops] of mapping.loops.entries()) {
    const inside = [...(tiles[at + 1] as readonly number[])];
    for (const { dimension, bound, axis } of loops.toReversed()) {
      const stride = inside[dimension] as number;
      inside[dimension] = stride * bound;
      const part = axis !== null ? 'units' : at < last ? 'tiles' : 'steps';
      parts[part].push({ dimension, bound, stride });
    }
  }
  const at = (loops: readonly Strided[], index: number): Offset => {
    const offset = new Int32Array(problem.dimensions.length);
    let rest = index;
    for (const { dimension, bound, stride } of loops) {
      offset[dimension] = (offset[dimension] as number) + (rest % bound) * stride;
      rest = Math.floor(rest / bound);
    }
    return offset;
  };
  // One after another in one array: they are gone through again and again.
  const every = (loops: readonly Strided[]) => {
    const count = loops.reduce((all, { bound }) => all * bound, 1);
    const offsets = new Int32Array(count * DIMENSIONS);
    for (let index = 0; index < count; index++) offsets.set(at(loops, index), index * DIMENSIONS);
    return offsets;
  };
  return {
    tiles: (index: number) => at(parts.tiles, index),
    units: every(parts.units),
    steps: every(parts.steps),
  };
}

/** Whether a product is left at a position of N G M C P Q R S; what is rounded up is none. */
type ProductTest = (
  ...at: readonly [number, number, number, number, number, number, number, number]
) => boolean;

function productTest(task: LayerTask, where: readonly string[]): ProductTest {
  const demand = task.demand as ProductDemand | ConvolutionDemand;
  const weights = where.includes('weights') ? maskOf(task) : null;
  const inputs = where.includes('inputs') ? task.input.values : null;
  if (demand.kind === 'product') {
    const { matrices, rows, depth, columns } = demand;
    return (_, g, m, c, p) => {
      if (m >= columns || c >= depth || p >= rows) return false;
      const matrix = g % matrices;
      if (weights !== null && weights[(matrix * columns + m) * depth + c] === 0) return false;
      return inputs === null || inputs[(matrix * rows + p) * depth + c] !== 0;
    };
  }
  const { input, output, kernel, stride, dilation, pad, groups, images } = demand;
  const [channels, height, width] = input;
  const [perInput, perOutput] = [channels / groups, output[0] / groups];
  const taps = kernel[0] * kernel[1];
  return (n, g, m, c, p, q, r, s) => {
    if (g >= groups || m >= perOutput || c >= perInput) return false;
    if (p >= output[1] || q >= output[2] || r >= kernel[0] || s >= kernel[1]) return false;
    const row = g * perOutput + m;
    if (weights !== null && weights[(row * perInput + c) * taps + r * kernel[1] + s] === 0)
      return false;
    if (inputs === null) return true;
    const y = p * stride[0] + r * dilation[0] - pad[0];
    const x = q * stride[1] + s * dilation[1] - pad[1];
    if (y < 0 || y >= height || x < 0 || x >= width) return false;
    const image = (n % images) * channels + g * perInput + c;
    return inputs[(image * height + y) * width + x] !== 0;
  };
}

/** A byte for each weight, 0 where it is zero. */
function maskOf({ weights }: LayerTask): Uint8Array {
  if (weights === null) return new Uint8Array(0);
  const { rows, columns } = weights.store;
  const rowAt = rowsOf(weights.store);
  const mask = new Uint8Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const { indices, from, to } = rowAt(row);
    for (let at = from; at < to; at++) {
      mask[row * columns + (indices[at] as number)] = 1;
    }
  }
  return mask;
}
