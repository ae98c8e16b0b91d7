// A layer as matrix products, the way libraries are asked for them.

import { invariant } from '../../../workloads/base/errors.js';
import type { LayerTask } from '../../../workloads/network.js';
import { rowsOf } from '../../../workloads/weights/entries.js';
import { partsIn, type WeightStore } from '../../../workloads/weights/store.js';
import { isWeighted, pixelsOf, weightShapeOf } from '../../work.js';

/** [rows × depth] · [depth × columns], `count` times in one launch. */
export interface Gemm {
  readonly rows: number;
  readonly depth: number;
  /** Pixels or tokens of all frames that share the matrix. */
  readonly columns: number;
  /** A convolution's groups, a batched product's matrices. */
  readonly count: number;
  /** Weights in all [rows × depth] matrices together; 0 where they are activations. */
  readonly weights: number;
}

/**
 * The layer's filters times its pixels, or its weights times its vectors: a frame's tokens and the
 * frames of a batch lie side by side. Where two results are multiplied each frame has matrices of
 * its own.
 */
export function gemmOf({ name, demand, batch }: LayerTask): Gemm {
  invariant(isWeighted(demand), () => `layer ${name}: no matrix to multiply by`);
  const shape = weightShapeOf(demand);
  if (demand.kind === 'convolution') {
    const { groups, output } = demand;
    const [rows, depth] = [output[0] / groups, shape?.columns ?? 0];
    return {
      rows,
      depth,
      columns: pixelsOf(demand) * batch,
      count: groups,
      weights: output[0] * depth,
    };
  }
  const { matrices, rows, depth, columns } = demand;
  return shape
    ? { rows: columns, depth, columns: rows * batch, count: matrices, weights: shape.rows * depth }
    : { rows: columns, depth, columns: rows, count: matrices * batch, weights: 0 };
}

const GROUP = 4;

/** Whether each row's weights already have at most two in every four that are not zero. */
export function isTwoOfFour(task: LayerTask): boolean {
  if (!weightShapeOf(task.demand) || !task.weights) return false;
  return [...new Set(partsIn(task.weights.store))].every(hasTwoOfFour);
}

function hasTwoOfFour(store: WeightStore): boolean {
  const rowAt = rowsOf(store);
  for (let row = 0; row < store.rows; row++) {
    const { indices, from, to } = rowAt(row);
    for (let at = from + 2; at < to; at++) {
      const group = Math.floor((indices[at] as number) / GROUP);
      if (Math.floor((indices[at - 2] as number) / GROUP) === group) return false;
    }
  }
  return true;
}

/** Non-zero weights; 0 where activations are multiplied by. Reads none of them. */
export function keptWeights({ demand, macs }: LayerTask): number {
  if (demand.kind === 'routed') {
    const share = macs.dense === 0 ? 0 : macs.keptWeights / macs.dense;
    return Math.round(share * demand.experts * demand.depth * demand.columns);
  }
  if (demand.kind === 'recurrent')
    return Math.round(macs.keptWeights / (demand.steps * demand.sequences));
  return weightShapeOf(demand) ? Math.round(macs.keptWeights / pixelsOf(demand)) : 0;
}
