// Layers as large as they are, made at once for estimates: their weights repeat a small drawn piece,
// their inputs a short drawn stretch, and their multiplications are the expected ones.

import { type Demand, denseMacsOf } from '../workloads/demand.js';
import {
  type Activations,
  type Layer,
  type LayerTask,
  type LayerWeights,
  madeWhenRead,
} from '../workloads/network.js';
import { asMatrix } from '../workloads/operands.js';
import { type SingleStore, stackOf } from '../workloads/weights/store.js';
import {
  type DrawnPattern,
  drawActivations,
  drawPatternWeights,
  drawWeights,
} from '../workloads/weights/synthetic.js';
import { inputsOf, matrixOf, type StandInDensities } from './stand-ins.js';

/** Weights of a piece, and its rows where a row is longer: a GPU's block of them. */
const PIECE_WEIGHTS = 2 ** 13;
const PIECE_ROWS = 8;
/** Values of a stretch. */
const STRETCH = 2 ** 12;

/** Whether a layer that makes this demand can be made of pieces: not where matrices are picked. */
export const isOfPieces = (demand: Demand): boolean =>
  demand.kind !== 'routed' &&
  demand.kind !== 'recurrent' &&
  !(demand.kind === 'product' && demand.right === 'weights' && demand.matrices > 1);

/**
 * The task of a layer that makes `demand`, in a batch of so many frames; those of the same `alike`
 * cost the same. What it is made of is drawn when it is first read, once for all batches.
 */
export function wholeLayer(
  layer: Layer,
  demand: Demand,
  densities: StandInDensities,
  alike: string,
  seed: number,
): (batch: number) => LayerTask {
  const dense = denseMacsOf(demand);
  const [weightShare, inputShare] = sharesOf(demand, densities);
  const macs = {
    dense,
    keptWeights: dense * weightShare,
    effective: dense * weightShare * inputShare,
  };
  let weights: LayerWeights | null | undefined;
  const input = repeatedInput(inputsOf(demand), densities.inputs[0], seed);
  return (batch) => ({
    ...{ name: layer.name, layer, demand, macs, input, batch, alike },
    get weights() {
      weights ??= repeatedWeights(demand, densities, seed);
      return weights;
    },
  });
}

/** Non-zero shares of what is multiplied by, and of what is multiplied. */
function sharesOf(demand: Demand, { weights, inputs }: StandInDensities) {
  const isOfTwo = demand.kind === 'product' && demand.right === 'activations';
  return [isOfTwo ? inputs[1] : weights.weights, inputs[0]] as const;
}

function repeatedWeights(
  demand: Demand,
  { weights: { weights: density, pattern }, inputs }: StandInDensities,
  seed: number,
): LayerWeights | null {
  // Rows of a table are looked up, not multiplied by.
  const shape = demand.kind === 'embedding' ? null : matrixOf(demand);
  if (!shape) return null;
  const { rows, columns } = shape;
  if (demand.kind === 'product' && demand.right === 'activations') {
    const right = repeatedInput(rows * columns, inputs[1], seed);
    return { store: asMatrix(right, rows, columns), bias: null, origin: 'synthetic' };
  }
  const own = pieceRows(rows, columns, pattern);
  const piece = { rows: own, columns, biases: 0 };
  const label = 'piece of a layer';
  const { store } = pattern
    ? drawPatternWeights(piece, pattern, density, seed, label)
    : drawWeights(piece, density, seed, label);
  const times = rows / own;
  return {
    store: times === 1 ? store : stackOf(Array<SingleStore>(times).fill(store as SingleStore)),
    ...{ bias: null, origin: 'synthetic' },
  };
}

/** Rows of a piece: few, but whole blocks of a device and of the pattern. */
function pieceRows(rows: number, columns: number, pattern: DrawnPattern | undefined): number {
  const own = rowsOfPattern(pattern);
  const both =
    PIECE_ROWS % own === 0 ? PIECE_ROWS : own * (own % PIECE_ROWS === 0 ? 1 : PIECE_ROWS);
  const most = Math.min(rows, Math.max(both, Math.floor(PIECE_WEIGHTS / columns)));
  for (const step of [both, own])
    for (let found = most - (most % step); found > 0; found -= step)
      if (rows % found === 0) return found;
  return rows;
}

function rowsOfPattern(pattern: DrawnPattern | undefined): number {
  if (pattern?.kind === 'block') return pattern.rows;
  return pattern?.kind === 'heads' && pattern.axis === 'rows' ? pattern.heads : 1;
}

const repeatedInput = (size: number, density: number, seed: number): Activations =>
  madeWhenRead(size, density, 'synthetic', () => repeatedValues(size, density, seed));

function repeatedValues(size: number, density: number, seed: number): Float32Array {
  const stretch = drawActivations(Math.min(size, STRETCH), density, seed, 'stretch of inputs');
  const values = new Float32Array(size);
  values.set(stretch.values);
  for (let filled = stretch.values.length; filled > 0 && filled < size; filled *= 2)
    values.copyWithin(filled, 0, Math.min(filled, size - filled));
  return values;
}
