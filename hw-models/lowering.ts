// Demands that a family has no kernel of its own for, made of those that every family has: products of one row,
// convolutions of one image, and streams.

import { invariant } from '../workloads/base/errors.js';
import {
  type ConvolutionDemand,
  type Demand,
  noOperations,
  type ProductDemand,
  type RecurrentDemand,
  type StreamDemand,
  streamOf,
} from '../workloads/demand.js';
import type { Activations, LayerTask, LayerWeights, MacCounts } from '../workloads/network.js';
import { activations, countMacs } from '../workloads/tasks.js';
import { sizeOf } from '../workloads/tensor.js';
import { sliceColumns, sliceRows } from '../workloads/weights/slices.js';

/** A task that stands for `times` of its kind, one after another. */
export interface Part {
  readonly task: LayerTask;
  readonly times: number;
  /** What the reader must know of it. */
  readonly notes: readonly string[];
}

const alone = (task: LayerTask): Part => ({ task, times: 1, notes: [] });

/**
 * What `task` is made of, in the order in which it happens; the task itself where it is made of nothing smaller. Each
 * part is a product of one row, a convolution of one image or a stream.
 */
export function partsOf(task: LayerTask): readonly Part[] {
  const { demand } = task;
  switch (demand.kind) {
    case 'product':
      return [productPart(task, demand)];
    case 'convolution':
      return [imagePart(task, demand)];
    case 'stream':
      return [alone(task)];
    case 'move':
      return [alone(streamTask(task, streamOf(demand.inputs, demand.outputs, noOperations)))];
    case 'embedding': {
      const elements = demand.lookups * demand.width;
      return [alone(streamTask(task, streamOf(elements, elements, noOperations)))];
    }
    case 'opaque': {
      const note = `operator ${demand.operator} is not modelled: costed as the bytes that it reads and writes`;
      return [{ ...alone(streamTask(task, streamOf(demand.inputs, demand.outputs, noOperations))), notes: [note] }];
    }
    case 'recurrent':
      return recurrentParts(task, demand);
  }
}

/** `task` with another demand that needs no weights. */
function streamTask(task: LayerTask, demand: StreamDemand): LayerTask {
  const { name, input, batch } = task;
  return { name, demand, weights: null, input, macs: { dense: 0, keptWeights: 0, effective: 0 }, batch };
}

/** Several matrices: the first one stands for all. Several rows: pixels of a pointwise convolution. */
function productPart(task: LayerTask, demand: ProductDemand): Part {
  const { matrices, rows, depth, columns } = demand;
  if (matrices === 1 && rows === 1) return alone(task);
  const one = matrices === 1 ? task : firstMatrix(task, demand);
  const notes = matrices === 1 ? [] : [`of ${matrices} products alike the first one's zeros stand for all`];
  if (rows === 1) return { task: one, times: matrices, notes };
  const { bias, activation } = demand;
  const convolution: ConvolutionDemand = {
    ...{ kind: 'convolution', images: 1, input: [depth, rows, 1], output: [columns, rows, 1], groups: 1 },
    ...{ kernel: [1, 1], stride: [1, 1], dilation: [1, 1], pad: [0, 0, 0, 0], bias, activation },
  };
  return { task: withInput(one, convolution, () => transposed(one.input, rows, depth)), times: matrices, notes };
}

/** The task of the first of several matrices; its MACs are the mean of all. */
function firstMatrix(task: LayerTask, demand: ProductDemand): LayerTask {
  const { matrices, rows, depth, columns } = demand;
  const share = (counts: MacCounts): MacCounts => ({
    dense: counts.dense / matrices,
    keptWeights: counts.keptWeights / matrices,
    effective: counts.effective / matrices,
  });
  const whole = matrices * rows * depth;
  const input =
    task.input.values.length === whole
      ? activations(task.input.values.subarray(0, rows * depth), task.input.origin)
      : spread(task.input, rows * depth);
  return {
    ...{ name: task.name, demand: { ...demand, matrices: 1 }, input, batch: task.batch },
    get weights() {
      const { weights } = task;
      invariant(weights !== null, () => `layer ${task.name}: a product without a right side`);
      return sliceRows(weights, 0, columns);
    },
    get macs() {
      return share(task.macs);
    },
  };
}

/** As many values as dense as the ones that are known: of a plane that is unfolded on the way. */
function spread({ values, origin }: Activations, size: number): Activations {
  const all = new Float32Array(size);
  for (let at = 0; at < size; at++) all[at] = values[at % Math.max(1, values.length)] ?? 0;
  return activations(all, origin);
}

/** [rows × depth] as the planes of an image of `depth` channels. */
function transposed(input: Activations, rows: number, depth: number): Activations {
  const known = input.values.length === rows * depth ? input : spread(input, rows * depth);
  const values = new Float32Array(rows * depth);
  for (let row = 0; row < rows; row++) {
    for (let at = 0; at < depth; at++) values[at * rows + row] = known.values[row * depth + at] as number;
  }
  return { values, density: known.density, origin: known.origin };
}

/** `task` with another demand on other activations, made once when they are read. */
function withInput(task: LayerTask, demand: Demand, make: () => Activations): LayerTask {
  let made: Activations | null = null;
  return {
    ...{ name: task.name, demand, batch: task.batch },
    get input() {
      made ??= make();
      return made;
    },
    get weights() {
      return task.weights;
    },
    get macs() {
      return task.macs;
    },
  };
}

function imagePart(task: LayerTask, demand: ConvolutionDemand): Part {
  const { images } = demand;
  if (images === 1) return alone(task);
  const first = activations(task.input.values.subarray(0, sizeOf(demand.input)), task.input.origin);
  const one: ConvolutionDemand = { ...demand, images: 1 };
  return {
    task: {
      ...{ name: task.name, demand: one, input: first, batch: task.batch },
      get weights() {
        return task.weights;
      },
      get macs() {
        return countMacs(one, task.weights, first.values);
      },
    },
    times: images,
    notes: [`of ${images} images in a frame the first one's zeros stand for all`],
  };
}

/** All steps' inputs in one product, then in each step the state's, then the gates. */
function recurrentParts(task: LayerTask, demand: RecurrentDemand): readonly Part[] {
  const { directions, steps, sequences, inputs, hidden, gates, operations } = demand;
  const rows = gates * hidden;
  const product = (taken: Pick<ProductDemand, 'rows' | 'depth'>, input: Activations, from: number, times: number) => {
    const own: ProductDemand = {
      ...{ kind: 'product', matrices: 1, ...taken, columns: rows, right: 'weights' },
      ...{ bias: false, activation: 'none' },
    };
    const weights = (): LayerWeights => {
      const all = task.weights;
      invariant(all !== null, () => `layer ${task.name}: a recurrent layer without weights`);
      return sliceColumns(sliceRows({ ...all, bias: null }, 0, rows), from, from + taken.depth);
    };
    const made: LayerTask = {
      ...{ name: task.name, demand: own, input, batch: task.batch },
      get weights() {
        return weights();
      },
      get macs() {
        return countMacs(own, weights(), input.values);
      },
    };
    return partsOf(made).map((part) => ({ ...part, times: part.times * times }));
  };
  // What the state holds is not known before it runs: counted as dense.
  const state = activations(new Float32Array(sequences * hidden).fill(1), 'synthetic');
  const elements = steps * sequences * rows * directions;
  const gate = streamTask(task, streamOf(elements, steps * sequences * hidden * directions, operations));
  const notes = ['the state of a recurrent layer counts as dense'];
  return [
    ...product({ rows: steps * sequences, depth: inputs }, task.input, 0, directions),
    ...product({ rows: sequences, depth: hidden }, state, inputs, steps * directions),
    { ...alone(gate), notes: directions > 1 ? [...notes, 'the first direction stands for both'] : notes },
  ];
}
