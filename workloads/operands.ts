// Both operands of a product as it is counted: matrix by matrix, in it a row of the left or a
// column of the right operand at a time, what is summed over last. Operators have theirs in memory
// in orders of their own.

import type { ProductDemand } from './demand.js';
import { type Activations, type Layer, madeWhenRead, sizeOfActivations } from './network.js';
import { type AxisPlace, offsetsOf } from './operators/axes.js';
import { einsumAxes } from './operators/einsum.js';
import { matmulAxes } from './operators/matmul.js';
import { sizeOf } from './tensor.js';
import type { DenseMatrix } from './weights/store.js';

const ordered = new WeakMap<Activations, Map<string, Activations>>();

/**
 * What a product's operand `at` (0: left, 1: right) meets, in the order in which it is counted.
 * Made once.
 */
export function operandInOrder(
  layer: Layer,
  demand: ProductDemand,
  at: 0 | 1,
  activations: Activations,
): Activations {
  const size = demand.matrices * (at === 0 ? demand.rows : demand.columns) * demand.depth;
  const type = layer.inputTypes[at];
  if (!type || sizeOf(type.shape) !== sizeOfActivations(activations) || size === 0)
    return activations;
  const axes = axesOf(layer, demand, at);
  // Not each value once: a plane that is unfolded on the way.
  if (!axes || axes.reduce((all, { extent }) => all * extent, 1) !== size || isInOrder(axes))
    return activations;
  const known = ordered.get(activations) ?? new Map<string, Activations>();
  ordered.set(activations, known);
  const key = JSON.stringify(axes);
  const { density, origin } = activations;
  const made =
    known.get(key) ?? madeWhenRead(size, density, origin, () => gather(activations.values, axes));
  known.set(key, made);
  return made;
}

/** Where each value lies, or null for an operand that lies in order. */
function axesOf(layer: Layer, demand: ProductDemand, at: 0 | 1): readonly AxisPlace[] | null {
  switch (layer.kind) {
    case 'matmul':
      return matmulAxes(layer, layer.inputTypes)[at];
    case 'einsum':
      return einsumAxes(layer, layer.inputTypes)?.[at] ?? null;
    case 'conv-nd':
    case 'conv-transpose':
    case 'conv-dynamic':
    case 'conv-transpose-dynamic':
      if (at === 0) return planeAxes(layer.inputTypes[0]?.shape ?? [], demand);
      // Filters lie as they are counted, those of a transposed convolution by what they read.
      return layer.kind === 'conv-transpose-dynamic' ? filterAxes(demand) : null;
    default:
      return null;
  }
}

/** [images][matrices × depth][pixels], a row a pixel. */
function planeAxes(
  [images = 1, , ...pixels]: readonly number[],
  { matrices, depth }: ProductDemand,
) {
  const extent = sizeOf(pixels);
  return [
    { extent: matrices, stride: depth * extent },
    { extent: images, stride: matrices * depth * extent },
    { extent, stride: 1 },
    { extent: depth, stride: extent },
  ];
}

/** [matrices × depth][columns] */
function filterAxes({ matrices, depth, columns }: ProductDemand): readonly AxisPlace[] {
  return [
    { extent: matrices, stride: depth * columns },
    { extent: columns, stride: 1 },
    { extent: depth, stride: columns },
  ];
}

function isInOrder(axes: readonly AxisPlace[]): boolean {
  let stride = 1;
  for (const axis of [...axes].reverse()) {
    if (axis.extent !== 1 && axis.stride !== stride) return false;
    stride *= axis.extent;
  }
  return true;
}

function gather(values: Float32Array, axes: readonly AxisPlace[]): Float32Array {
  const offsets = offsetsOf(
    axes.map(({ extent }) => extent),
    axes.map(({ stride }) => stride),
  );
  const gathered = new Float32Array(offsets.length);
  for (let at = 0; at < offsets.length; at++)
    gathered[at] = values[offsets[at] as number] as number;
  return gathered;
}

/** Activations as a matrix of so many rows, whose values are made when they are read. */
export function asMatrix(activations: Activations, rows: number, columns: number): DenseMatrix {
  return {
    ...({ format: 'dense', rows, columns, isFull: activations.density === 1 } as const),
    get values() {
      return activations.values;
    },
  };
}
