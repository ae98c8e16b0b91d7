// One layer's work, counted: all its MACs, and the effective ones, without a zero.

import { invariant } from './base/errors.js';
import {
  type ConvolutionDemand,
  type Demand,
  denseMacsOf,
  type ProductDemand,
  type RecurrentDemand,
  type RoutedDemand,
} from './demand.js';
import { type Model, weightsOf } from './model.js';
import {
  type Activations,
  type Layer,
  type LayerTask,
  type LayerWeights,
  type MacCounts,
  sizeOfActivations,
} from './network.js';
import { asMatrix, operandInOrder } from './operands.js';
import { insideRange } from './operators/window.js';
import { sizeOf } from './tensor.js';
import { entriesPerColumn, nonzerosOf } from './weights/entries.js';
import { countNonzeros, type WeightStore } from './weights/store.js';

/** The activations that a layer meets, with their density counted. */
export function activations(values: Float32Array, origin: Activations['origin']): Activations {
  return {
    values,
    density: values.length === 0 ? 0 : countNonzeros(values) / values.length,
    origin,
  };
}

/**
 * The task that `layer` sets on one frame's inputs, repeated for each frame of a batch; null for a
 * layer that costs nothing. `meet`: what the layer meets at each input, read when it is needed.
 */
export function taskOf(
  model: Model,
  layer: Layer,
  meet: Activations | ((at: number) => Activations),
  batch: number,
): LayerTask | null {
  const { demand, name } = layer;
  if (!demand) return null;
  const activationsAt = (at: number) => (typeof meet === 'function' ? meet(at) : meet);
  const input = () =>
    demand.kind === 'product'
      ? operandInOrder(layer, demand, 0, activationsAt(0))
      : activationsAt(0);
  const isOfTwo = demand.kind === 'product' && demand.right === 'activations';
  const weights = () =>
    isOfTwo ? operandWeights(layer, demand, activationsAt(1)) : weightsOf(model, layer);
  const count = () =>
    denseMacsOf(demand) === 0
      ? { dense: 0, keptWeights: 0, effective: 0 }
      : countMacs(demand, weights(), input());
  let counted: MacCounts | null = null;
  return {
    ...{ name, layer, demand, batch },
    get input() {
      return input();
    },
    get weights() {
      return weights();
    },
    get macs() {
      counted ??= count();
      return counted;
    },
  };
}

const operands = new WeakMap<Activations, Map<string, LayerWeights>>();

/**
 * Activations as the matrix that others are multiplied with, [columns × depth]: all matrices below
 * each other. Made once.
 */
function operandWeights(
  layer: Layer,
  demand: ProductDemand,
  activations: Activations,
): LayerWeights {
  const { matrices, depth, columns } = demand;
  const right = operandInOrder(layer, demand, 1, activations);
  const rows = matrices * columns;
  const size = sizeOfActivations(right);
  invariant(size === rows * depth, () => `layer ${layer.name}: ${size} values as ${rows}×${depth}`);
  const known = operands.get(right) ?? new Map<string, LayerWeights>();
  operands.set(right, known);
  const key = `${rows}×${depth}`;
  const made: LayerWeights = known.get(key) ?? {
    store: asMatrix(right, rows, depth),
    ...{ bias: null, origin: right.origin },
  };
  known.set(key, made);
  return made;
}

/** Multiply-accumulates of one frame by what they meet. What is no product has none. */
export function countMacs(
  demand: Demand,
  weights: LayerWeights | null,
  input: Activations,
): MacCounts {
  if (!weights) return { dense: 0, keptWeights: 0, effective: 0 };
  switch (demand.kind) {
    case 'convolution':
      return countConvolution(demand, weights, input.values);
    case 'product':
      return countProduct(demand, weights.store, input);
    case 'routed':
      return countRouted(demand, weights.store, input);
    case 'recurrent':
      return countRecurrent(demand, weights, input.values);
    default:
      return { dense: 0, keptWeights: 0, effective: 0 };
  }
}

function countProduct(demand: ProductDemand, store: WeightStore, input: Activations): MacCounts {
  const { matrices, rows, depth, columns } = demand;
  const size = matrices * rows * depth;
  const dense = size * columns;
  const kept = nonzerosOf(store);
  const counts = { dense, keptWeights: kept * rows };
  // Fewer values than the product reads: a plane that is unfolded on the way, of which only the
  // share is known.
  if (sizeOfActivations(input) !== size)
    return { ...counts, effective: kept * rows * input.density };
  // Each value meets as many weights, so that none need be looked at.
  if (kept === matrices * columns * depth)
    return { ...counts, effective: Math.round(input.density * size) * columns };
  const perColumn = entriesPerColumn(store, matrices);
  const { values } = input;
  let effective = 0;
  for (let matrix = 0, at = 0; matrix < matrices; matrix++) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < depth; column++, at++)
        if (values[at] !== 0) effective += perColumn[matrix * depth + column] as number;
    }
  }
  return { ...counts, effective };
}

/** Who chooses is known when it runs: experts count as the mean of all, and so do zeros. */
function countRouted(demand: RoutedDemand, store: WeightStore, input: Activations): MacCounts {
  const dense = denseMacsOf(demand);
  const keptWeights = (dense * nonzerosOf(store)) / (store.rows * store.columns);
  return { dense, keptWeights, effective: keptWeights * input.density };
}

/** The state of a recurrent layer is not known before it runs: as dense as it can be. */
function countRecurrent(
  demand: RecurrentDemand,
  { store }: LayerWeights,
  input: Float32Array,
): MacCounts {
  const { directions, steps, sequences, inputs, hidden, gates } = demand;
  const perColumn = entriesPerColumn(store, 1);
  let effective = 0;
  for (let at = 0; at < input.length; at++)
    if (input[at] !== 0) effective += perColumn[at % inputs] as number;
  for (let unit = 0; unit < hidden; unit++)
    effective += steps * sequences * (perColumn[inputs + unit] as number);
  return {
    dense: directions * steps * sequences * gates * hidden * (inputs + hidden),
    keptWeights: steps * sequences * nonzerosOf(store),
    effective,
  };
}

/**
 * Multiplications with padding pixels are not work that any engine must do: they count as dense
 * only.
 */
function countConvolution(
  demand: ConvolutionDemand,
  { store }: LayerWeights,
  input: Float32Array,
): MacCounts {
  const [channels, height, width] = demand.input;
  const [, outHeight, outWidth] = demand.output;
  const { images, kernel, stride, dilation, pad, groups } = demand;
  const perColumn = entriesPerColumn(store, groups);
  invariant(
    input.length === images * sizeOf(demand.input),
    () => `${input.length} activations of a convolution`,
  );
  let effective = 0;
  for (let plane = 0; plane < images * channels; plane++) {
    const channel = plane % channels;
    for (let ky = 0; ky < kernel[0]; ky++) {
      const top = ky * dilation[0] - pad[0];
      const [firstRow, endRow] = insideRange(height, outHeight, stride[0], top);
      for (let kx = 0; kx < kernel[1]; kx++) {
        const filters = perColumn[(channel * kernel[0] + ky) * kernel[1] + kx] as number;
        if (filters === 0) continue;
        const left = kx * dilation[1] - pad[1];
        const [firstColumn, endColumn] = insideRange(width, outWidth, stride[1], left);
        let activations = 0;
        for (let oy = firstRow; oy < endRow; oy++) {
          const row = (plane * height + oy * stride[0] + top) * width + left;
          for (let ox = firstColumn; ox < endColumn; ox++)
            if (input[row + ox * stride[1]] !== 0) activations++;
        }
        effective += activations * filters;
      }
    }
  }
  const pixels = images * outHeight * outWidth;
  return {
    dense: store.rows * store.columns * pixels,
    keptWeights: nonzerosOf(store) * pixels,
    effective,
  };
}
