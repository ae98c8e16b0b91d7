// Walks over the axes of tensors: offsets of elements, lanes along one axis, operands broadcast to
// a shape.

import { noOperations, type Operations } from '../demand.js';
import {
  broadcastShape,
  type Shape,
  shapeText,
  sizeOf,
  stridesOf,
  type TensorType,
  type Values,
} from '../tensor.js';
import { axisOf, type Fault } from './operator.js';

/** An axis by how many indices it has and how far they lie apart. */
export interface AxisPlace {
  readonly extent: number;
  readonly stride: number;
}

/**
 * Offsets of all indices below `extents`, the last one fastest, where an index moves by the stride
 * of its axis.
 */
export function offsetsOf(extents: readonly number[], strides: readonly number[]): Int32Array {
  let offsets = new Int32Array(1);
  for (const [axis, extent] of extents.entries()) {
    const stride = strides[axis] as number;
    const next = new Int32Array(offsets.length * extent);
    let to = 0;
    for (const offset of offsets)
      for (let index = 0; index < extent; index++) next[to++] = offset + index * stride;
    offsets = next;
  }
  return offsets;
}

/** Offsets of a tensor's elements along some of its axes, at index 0 of all others. */
export function offsetsOver(shape: Shape, axes: readonly number[]): Int32Array {
  const strides = stridesOf(shape);
  return offsetsOf(
    axes.map((axis) => shape[axis] as number),
    axes.map((axis) => strides[axis] as number),
  );
}

/** A tensor as [outer, extent, inner] around one axis. */
export interface Lanes {
  readonly outer: number;
  readonly extent: number;
  readonly inner: number;
}

export function lanesOf(shape: Shape, axis: number): Lanes {
  return {
    outer: sizeOf(shape.slice(0, axis)),
    extent: shape[axis] ?? 1,
    inner: sizeOf(shape.slice(axis + 1)),
  };
}

/** Where lane number `lane` of the axis starts. */
export function laneStart({ extent, inner }: Lanes, lane: number): number {
  return Math.floor(lane / inner) * extent * inner + (lane % inner);
}

/**
 * Axes counted from the front, in order. @throws what `fault` makes for one that is missing or
 * given twice.
 */
export function axesOf(
  axes: readonly number[] | null,
  rank: number,
  fault: Fault,
): readonly number[] {
  if (axes === null) return Array.from({ length: rank }, (_, axis) => axis);
  const counted = axes.map((axis) => axisOf(axis, rank, fault)).sort((a, b) => a - b);
  if (new Set(counted).size < counted.length)
    throw fault(`axes ${axes.join(', ')}`, 'each axis once');
  // A scalar has one axis of one element to speak of, and none to walk.
  return rank === 0 ? [] : counted;
}

/** The same of axes that `infer` has checked. */
export function knownAxes(axes: readonly number[] | null, rank: number): readonly number[] {
  return axesOf(axes, rank, (found, expected) => {
    throw new Error(`found ${found}, expected ${expected}`);
  });
}

export function otherAxes(axes: readonly number[], rank: number): readonly number[] {
  return Array.from({ length: rank }, (_, axis) => axis).filter((axis) => !axes.includes(axis));
}

/** An axis that `infer` has checked, counted from the front. */
export function knownAxis(axis: number, rank: number): number {
  return axis < 0 ? axis + Math.max(1, rank) : axis;
}

/** The shape that the operands broadcast to. @throws what `fault` makes where they don't fit. */
export function commonShape(operands: readonly TensorType[], fault: Fault): Shape {
  const shape = broadcastShape(operands.map((operand) => operand.shape));
  if (shape) return shape;
  throw fault(
    `operands of ${operands.map((operand) => shapeText(operand.shape)).join(' and ')}`,
    'shapes that broadcast',
  );
}

/** @throws what `fault` makes unless `operand` broadcasts to `shape` as it stands. */
export function requireBroadcast(
  what: string,
  operand: TensorType,
  shape: Shape,
  fault: Fault,
): void {
  const common = broadcastShape([operand.shape, shape]);
  if (
    common &&
    common.length === shape.length &&
    common.every((extent, axis) => extent === shape[axis])
  )
    return;
  throw fault(
    `${what} of ${shapeText(operand.shape)}`,
    `one that broadcasts to ${shapeText(shape)}`,
  );
}

/**
 * Values broadcast from one shape to another: those given where nothing is repeated, and not to be
 * written to.
 */
export function expand<Each extends Values>(values: Each, from: Shape, to: Shape): Each {
  if (sizeOf(from) === sizeOf(to)) return values;
  const Room = values.constructor as new (count: number) => Each;
  const room = new Room(sizeOf(to));
  const strides = stridesOf(from);
  const missing = to.length - from.length;
  const offsets = offsetsOf(
    to,
    to.map((_, axis) =>
      axis < missing || from[axis - missing] === 1 ? 0 : (strides[axis - missing] as number),
    ),
  );
  for (let at = 0; at < room.length; at++) room[at] = values[offsets[at] as number] as number;
  return room;
}

/** Operations of several kinds of element together. */
export function together(...parts: readonly Operations[]): Operations {
  return parts.reduce(
    (sum, { add, multiply, exponential, divide }) => ({
      add: sum.add + add,
      multiply: sum.multiply + multiply,
      exponential: sum.exponential + exponential,
      divide: sum.divide + divide,
    }),
    noOperations,
  );
}

/** Elements of all inputs that are there. */
export function elementsOf(types: readonly (TensorType | null)[]): number {
  return types.reduce((sum, type) => sum + (type ? sizeOf(type.shape) : 0), 0);
}
