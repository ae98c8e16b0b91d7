// Small tasks that stand in for a network's layers where an estimate is wanted at once: the same
// kind of demand with fewer channels, pixels and steps, drawn at the layer's own densities.

import type { PartLimits } from '../hw-models/contract.js';
import {
  type ConvolutionDemand,
  type Demand,
  denseMacsOf,
  type Image,
  type Operations,
  type ProductDemand,
  type RecurrentDemand,
} from '../workloads/demand.js';
import type { LayerTask, LayerWeights } from '../workloads/network.js';
import { countMacs } from '../workloads/tasks.js';
import { sizeOf } from '../workloads/tensor.js';
import {
  drawActivations,
  drawPatternWeights,
  drawWeights,
} from '../workloads/weights/synthetic.js';
import type { LayerDensity } from '../workloads/zoo/entry.js';

/** What a stand-in is drawn at. */
export interface StandInDensities {
  readonly weights: Omit<LayerDensity, 'output'>;
  /** Of the first input, and of the second where that is multiplied by. */
  readonly inputs: readonly [number, number];
}

/** Of families that say nothing else. */
const USUAL: PartLimits = {
  ...{ weights: 2 ** 16, outputs: 2 ** 10, rows: 16 },
  ...{ channels: 16, filters: 2 ** 8, extent: 5 },
};
const MAX_HIDDEN = 64;
const MAX_STEPS = 2;
const MAX_SEQUENCES = 16;
/** Elements of what only passes by. */
const MAX_ELEMENTS = 2 ** 14;
const MAX_LOOKUPS = 16;
const MAX_ENTRIES = 2 ** 4;

/** The small task of a layer that makes `demand` in a batch of `batch`; its size is {@link sizeOfDemand}. */
export function standInOf(
  name: string,
  demand: Demand,
  densities: StandInDensities,
  batch: number,
  seed: number,
  limits: PartLimits = USUAL,
): LayerTask {
  const small = shrunk(demand, limits);
  const weights = demand.kind === 'embedding' ? null : drawn(small, densities, seed, name);
  const input = drawActivations(inputsOf(small), densities.inputs[0], seed, name);
  const macs = countMacs(small, weights, input);
  return { name, demand: small, weights, input, macs, batch };
}

/** What a layer's cost grows with, whatever the device: multiplications, else elements. */
export const sizeOfDemand = (demand: Demand) =>
  Math.max(1, denseMacsOf(demand) || elementsOf(demand));

function elementsOf(demand: Demand): number {
  switch (demand.kind) {
    case 'embedding':
      return demand.lookups * demand.width;
    case 'stream':
    case 'move':
    case 'opaque':
      return demand.inputs + demand.outputs;
    default:
      return 0;
  }
}

function shrunk(demand: Demand, limits: PartLimits): Demand {
  switch (demand.kind) {
    case 'product':
      return shrunkProduct(demand, limits);
    case 'routed':
      // Experts are products of what meets them: one of them stands in for all.
      return shrunkProduct(
        {
          ...{ kind: 'product', matrices: 1, rows: demand.tokens, right: 'weights' },
          ...{ depth: demand.depth, columns: demand.columns, bias: false, activation: 'none' },
        },
        limits,
      );
    case 'convolution':
      return shrunkConvolution(demand, limits);
    case 'recurrent':
      return shrunkRecurrent(demand);
    case 'embedding':
      return {
        ...demand,
        lookups: Math.min(demand.lookups, MAX_LOOKUPS),
        entries: Math.min(demand.entries, MAX_ENTRIES),
      };
    default: {
      const share = Math.min(1, MAX_ELEMENTS / Math.max(1, demand.inputs, demand.outputs));
      const part = (count: number) => (count === 0 ? 0 : Math.max(1, Math.round(count * share)));
      const sizes = { inputs: part(demand.inputs), outputs: part(demand.outputs) };
      if (demand.kind !== 'stream') return { ...demand, ...sizes };
      const operations = scaled(demand.operations, share);
      return { ...demand, ...sizes, looks: part(demand.looks), operations };
    }
  }
}

const scaled = ({ add, multiply, exponential, divide }: Operations, by: number): Operations => ({
  add: Math.round(add * by),
  multiply: Math.round(multiply * by),
  exponential: Math.round(exponential * by),
  divide: Math.round(divide * by),
});

function shrunkProduct(demand: ProductDemand, limits: PartLimits): ProductDemand {
  const columns = Math.min(demand.columns, limits.outputs);
  const depth = Math.min(demand.depth, Math.floor(limits.weights / columns));
  return { ...demand, matrices: 1, rows: Math.min(demand.rows, limits.rows), depth, columns };
}

function shrunkConvolution(demand: ConvolutionDemand, limits: PartLimits): ConvolutionDemand {
  const { input, output, kernel, stride, dilation, pad, groups } = demand;
  const [perGroupIn, perGroupOut] = [input[0] / groups, output[0] / groups];
  const fewer = {
    groups: Math.min(groups, Math.max(1, Math.floor(limits.channels / perGroupIn))),
    channels: Math.min(perGroupIn, limits.channels),
    filters: Math.min(perGroupOut, limits.filters),
  };
  const extents = [output[1], output[2]].map((extent) => Math.min(extent, limits.extent));
  const [height = 1, width = 1] = extents;
  const reached = (at: 0 | 1, extent: number) => {
    const span = ((kernel[at] ?? 1) - 1) * dilation[at] + 1;
    const all = (extent - 1) * stride[at] + span - (pad[at] ?? 0) - (pad[at + 2] ?? 0);
    return Math.min(input[at + 1] ?? 1, Math.max(1, all));
  };
  const image = (channels: number, high: number, wide: number): Image => [
    channels * fewer.groups,
    high,
    wide,
  ];
  return {
    ...demand,
    images: 1,
    groups: fewer.groups,
    input: image(fewer.channels, reached(0, height), reached(1, width)),
    output: image(fewer.filters, height, width),
  };
}

function shrunkRecurrent(demand: RecurrentDemand): RecurrentDemand {
  const small = {
    ...demand,
    directions: 1,
    steps: Math.min(demand.steps, MAX_STEPS),
    sequences: Math.min(demand.sequences, MAX_SEQUENCES),
    inputs: Math.min(demand.inputs, MAX_HIDDEN),
    hidden: Math.min(demand.hidden, MAX_HIDDEN),
  };
  return {
    ...small,
    operations: scaled(demand.operations, denseMacsOf(small) / denseMacsOf(demand)),
  };
}

/** Values of the first input. */
export function inputsOf(demand: Demand): number {
  switch (demand.kind) {
    case 'product':
      return demand.matrices * demand.rows * demand.depth;
    case 'routed':
      return demand.tokens * demand.vectors * demand.depth;
    case 'convolution':
      return demand.images * sizeOf(demand.input);
    case 'embedding':
      return demand.lookups;
    case 'recurrent':
      return demand.steps * demand.sequences * demand.inputs;
    default:
      return demand.inputs;
  }
}

/** The matrix that is multiplied by: weights, or the second input. */
function drawn(
  demand: Demand,
  { weights: { weights, pattern }, inputs }: StandInDensities,
  seed: number,
  name: string,
): LayerWeights | null {
  const shape = matrixOf(demand);
  if (!shape) return null;
  const label = `${name}, small`;
  if (demand.kind === 'product' && demand.right === 'activations') {
    const { values } = drawActivations(shape.rows * shape.columns, inputs[1], seed, label);
    const { rows, columns } = shape;
    return { store: { format: 'dense', rows, columns, values }, bias: null, origin: 'synthetic' };
  }
  return pattern
    ? drawPatternWeights(shape, pattern, weights, seed, label)
    : drawWeights(shape, weights, seed, label);
}

/** What is multiplied by, or looked up in; null for what has no such matrix. */
export function matrixOf(demand: Demand) {
  const biases = (rows: number) => ('bias' in demand && demand.bias ? rows : 0);
  switch (demand.kind) {
    case 'product': {
      const rows = demand.matrices * demand.columns;
      return { rows, columns: demand.depth, biases: biases(rows) };
    }
    case 'convolution': {
      const [rows] = demand.output;
      const columns = (demand.input[0] / demand.groups) * demand.kernel[0] * demand.kernel[1];
      return { rows, columns, biases: biases(rows) };
    }
    case 'recurrent': {
      const rows = demand.directions * demand.gates * demand.hidden;
      return { rows, columns: demand.inputs + demand.hidden, biases: 0 };
    }
    case 'embedding':
      return { rows: demand.entries, columns: demand.width, biases: 0 };
    default:
      return null;
  }
}
