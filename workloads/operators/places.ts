// Moves whose axes do not depend on one another: for each axis of a result a table says how far
// into the input an index reads, and an element's place is the sum over its axes.

import { InputError } from '../base/errors.js';
import type { MoveDemand } from '../demand.js';
import { type Shape, stridesOf, type TensorType, type Values } from '../tensor.js';

/** By index along one axis of the result: elements into the input, or `OUTSIDE`. */
export type Reads = Int32Array;

/** Where nothing is read and a fill value stands. */
export const OUTSIDE = -1;

/**
 * One axis that reads index `indexAt(i)` of an input axis whose indices are `stride` elements
 * apart.
 */
export function readsOf(extent: number, stride: number, indexAt: (index: number) => number): Reads {
  return Int32Array.from({ length: extent }, (_, index) => {
    const read = indexAt(index);
    return read < 0 ? OUTSIDE : read * stride;
  });
}

/** Every axis as it is. */
export function readsOfShape(shape: Shape): Reads[] {
  const strides = stridesOf(shape);
  return shape.map((extent, axis) => readsOf(extent, strides[axis] as number, (index) => index));
}

/** Fills `to`, row-major over the tables, from where they read; `fill` stands outside. */
export function copyBy(from: Values, to: Values, reads: readonly Reads[], fill = 0): void {
  if (to.length === 0) return;
  // The innermost axes that read one element after the other are copied as one block.
  let block = 1;
  let first = 0;
  let outer = reads.length;
  for (; outer > 0; outer--) {
    const table = reads[outer - 1] as Reads;
    const start = table[0] as number;
    if (start < 0 || !table.every((read, index) => read === start + index * block)) break;
    first += start;
    block *= table.length;
  }
  const inside = new Array<number>(outer + 1).fill(block);
  for (let axis = outer - 1; axis >= 0; axis--) {
    inside[axis] = (inside[axis + 1] as number) * (reads[axis] as Reads).length;
  }
  let at = 0;
  const fillAxis = (axis: number, place: number): void => {
    const elements = inside[axis + 1] as number;
    for (const read of reads[axis] as Reads) {
      if (read === OUTSIDE) to.fill(fill, at, at + elements);
      else if (axis + 1 < outer) fillAxis(axis + 1, place + read);
      else if (block === 1) to[at] = from[place + read] as number;
      else to.set(from.subarray(place + read, place + read + block), at);
      if (read === OUTSIDE || axis + 1 === outer) at += elements;
    }
  };
  if (outer === 0) to.set(from.subarray(first, first + block));
  else fillAxis(0, first);
}

/** Different elements that the tables read. */
export function elementsRead(reads: readonly Reads[]): number {
  let product = 1;
  for (const table of reads) product *= new Set(table.filter((read) => read !== OUTSIDE)).size;
  return product;
}

/**
 * An index along an axis, counted from behind where it is negative. @throws InputError for one that
 * is not there.
 */
export function indexInside(index: number, extent: number): number {
  const counted = index < 0 ? index + extent : index;
  if (!(Number.isInteger(counted) && counted >= 0 && counted < extent)) {
    throw new InputError(
      `found index ${index} of ${extent}, expected one from ${-extent} to ${extent - 1}`,
    );
  }
  return counted;
}

export function move(inputs: number, outputs: number): MoveDemand {
  return { kind: 'move', inputs, outputs };
}

/** `type` with another shape. */
export function reshaped({ type }: TensorType, shape: Shape): TensorType {
  return { shape, type };
}
