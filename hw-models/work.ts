// The size of a demand: the elements that it reads, writes and multiplies by, per frame.

import type { ConvolutionDemand, Demand, ProductDemand } from '../workloads/demand.js';
import type { WeightShape } from '../workloads/network.js';
import { tapsOf } from '../workloads/operators/window.js';
import { sizeOf } from '../workloads/tensor.js';

/** Elements of all inputs, the second factor of a product of two results among them. */
export function inputElements(demand: Demand): number {
  switch (demand.kind) {
    case 'product': {
      const { matrices, rows, depth } = demand;
      return matrices * rows * depth + rightElements(demand);
    }
    case 'routed':
      return demand.tokens * demand.vectors * demand.depth;
    case 'convolution':
      return demand.images * sizeOf(demand.input);
    case 'embedding':
      return demand.lookups * demand.width;
    case 'recurrent':
      return demand.steps * demand.sequences * demand.inputs;
    default:
      return demand.inputs;
  }
}

/** Elements of the results. */
export function outputElements(demand: Demand): number {
  switch (demand.kind) {
    case 'product':
      return demand.matrices * demand.rows * demand.columns;
    case 'routed':
      return demand.tokens * demand.choices * demand.columns;
    case 'convolution':
      return demand.images * sizeOf(demand.output);
    case 'embedding':
      return demand.lookups * demand.width;
    case 'recurrent':
      return demand.directions * demand.steps * demand.sequences * demand.hidden;
    default:
      return demand.outputs;
  }
}

/** Elements of the activations that a product multiplies by; 0 where it multiplies by weights. */
export function rightElements({ right, matrices, depth, columns }: ProductDemand): number {
  return right === 'activations' ? matrices * depth * columns : 0;
}

/** Bytes of those in memory, elements being of `wordBytes` unless they lie there narrower. */
export function rightBytes(demand: ProductDemand, wordBytes: number): number {
  return rightElements(demand) * rightWordBytes(demand, wordBytes);
}

/** Of one of them. */
export function rightWordBytes({ rightBits }: ProductDemand, wordBytes: number): number {
  return rightBits === undefined ? wordBytes : Math.min(wordBytes, rightBits / 8);
}

/** Bytes of all inputs in memory, likewise. */
export function inputBytes(demand: Demand, wordBytes: number): number {
  const bytes = inputElements(demand) * wordBytes;
  if (demand.kind !== 'product') return bytes;
  return bytes - rightElements(demand) * wordBytes + rightBytes(demand, wordBytes);
}

/**
 * The matrix of weights that a product or a convolution multiplies by, that of several products
 * below each other; null for all else, a product of two results among it.
 */
export function weightShapeOf(demand: Demand): WeightShape | null {
  switch (demand.kind) {
    case 'product': {
      const { matrices, depth, columns, right, bias } = demand;
      const rows = matrices * columns;
      return right === 'weights' ? { rows, columns: depth, biases: bias ? rows : 0 } : null;
    }
    case 'convolution': {
      const { input, output, groups, bias } = demand;
      const [rows] = output;
      return { rows, columns: (input[0] / groups) * tapsOf(demand), biases: bias ? rows : 0 };
    }
    default:
      return null;
  }
}

/**
 * {@link weightShapeOf}, a recurrent layer's matrices below each other, and those of all experts:
 * all weights that a layer may go through.
 */
export function keptMatrixOf(demand: Demand): WeightShape | null {
  if (demand.kind === 'routed') {
    const { experts, columns, depth } = demand;
    return { rows: experts * columns, columns: depth, biases: 0 };
  }
  if (demand.kind !== 'recurrent') return weightShapeOf(demand);
  const { directions, gates, hidden, inputs } = demand;
  return { rows: directions * gates * hidden, columns: inputs + hidden, biases: 0 };
}

/** Positions that share the weights: a convolution's pixels, a product's rows; 1 for all else. */
export function pixelsOf(demand: Demand): number {
  if (demand.kind === 'product') return demand.rows;
  return demand.kind === 'convolution' ? imagePixels(demand) : 1;
}

function imagePixels({ images, output: [, height, width] }: ConvolutionDemand): number {
  return images * height * width;
}

/** Whether weights or other activations are multiplied with. */
export function isWeighted(demand: Demand): demand is ProductDemand | ConvolutionDemand {
  return demand.kind === 'product' || demand.kind === 'convolution';
}

/** Products with several matrices of weights in one call: those of experts that are met. */
export function isGrouped(demand: Demand): boolean {
  return demand.kind === 'product' && demand.matrices > 1 && demand.right === 'weights';
}

/** A fully connected layer of one position, as every family knows it. */
export function isVectorProduct(demand: Demand): demand is ProductDemand {
  return demand.kind === 'product' && demand.matrices === 1 && demand.rows === 1;
}

/** A convolution of one image, as every family knows it. */
export function isImageConvolution(demand: Demand): demand is ConvolutionDemand {
  return demand.kind === 'convolution' && demand.images === 1;
}
