// Operators whose results' shapes depend on values: functions of whole tensors, for constants and
// for tests.

import { elementTypes, roomFor, sizeOf, stridesOf, type Tensor, type Values } from '../tensor.js';
import { knownAxis } from './axes.js';
import { given, type InputTensors } from './operator.js';
import { copyBy, readsOf, readsOfShape } from './places.js';

/** Indices of the elements that are not zero, [axes, elements]; a scalar has no axes. */
export function nonZero(inputs: InputTensors): Tensor[] {
  const { shape, values } = given(inputs);
  const found: number[] = [];
  for (const [at, value] of values.entries()) if (value !== 0) found.push(at);
  const strides = stridesOf(shape);
  const indices = shape.flatMap((extent, axis) =>
    found.map((at) => Math.floor(at / (strides[axis] as number)) % extent),
  );
  return [wholes([shape.length, found.length], indices)];
}

/**
 * What the condition (input 1) keeps along an axis, or of all elements in a row where there is
 * none.
 */
export function compress(
  inputs: InputTensors,
  { axis }: { readonly axis: number | null },
): Tensor[] {
  const [data, { values: condition }] = [given(inputs), given(inputs, 1)];
  const kept: number[] = [];
  for (const [at, value] of condition.entries()) if (value !== 0) kept.push(at);
  return [
    axis === null
      ? taken({ ...data, shape: [data.values.length] }, 0, kept)
      : taken(data, axis, kept),
  ];
}

/** The elements at `indices` along an axis. */
function taken({ shape, type, values }: Tensor, axis: number, indices: readonly number[]): Tensor {
  const at = knownAxis(axis, shape.length);
  const along = readsOf(
    indices.length,
    stridesOf(shape)[at] as number,
    (index) => indices[index] as number,
  );
  const result = { shape: shape.with(at, indices.length), type };
  const room = roomFor(result);
  copyBy(values, room, readsOfShape(shape).with(at, along));
  return { ...result, values: room };
}

export interface UniqueAttributes {
  /** Null: of all elements. */
  readonly axis: number | null;
  /** By value; otherwise in the order in which they come. */
  readonly sorted: boolean;
}

/**
 * What is there once: the values, where each first stands, which one each element is, and how often
 * each occurs.
 */
export function unique(inputs: InputTensors, { axis, sorted }: UniqueAttributes): Tensor[] {
  const whole = given(inputs);
  const data = axis === null ? { ...whole, shape: [whole.values.length] } : whole;
  const at = knownAxis(axis ?? 0, data.shape.length);
  const extent = data.shape[at] as number;
  const slices = Array.from({ length: extent }, (_, index) => taken(data, at, [index]).values);
  const byKey = new Map<string, number[]>();
  for (const [index, slice] of slices.entries()) {
    const key = slice.join();
    byKey.set(key, [...(byKey.get(key) ?? []), index]);
  }
  const groups = [...byKey.values()];
  const firstOf = (group: readonly number[]) => slices[group[0] as number] as Values;
  if (sorted) groups.sort((a, b) => compare(firstOf(a), firstOf(b)));
  const inverse = new Array<number>(extent);
  for (const [number, group] of groups.entries())
    for (const index of group) inverse[index] = number;
  const firsts = groups.map((group) => group[0] as number);
  return [
    taken(data, at, firsts),
    wholes([groups.length], firsts),
    wholes([extent], inverse),
    wholes(
      [groups.length],
      groups.map((group) => group.length),
    ),
  ];
}

function compare(a: Values, b: Values): number {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at < 0 ? 0 : (a[at] as number) - (b[at] as number);
}

/**
 * Boxes that overlap no better one of their class by more than a threshold: [found, (image, class,
 * box)]. Inputs as ONNX has them: boxes [images, boxes, 4], scores [images, classes, boxes], and,
 * each or none, how many a class at most (0), the overlap (0) and the score that has to be
 * exceeded.
 */
export function nonMaxSuppression(
  inputs: InputTensors,
  { isCentered }: { readonly isCentered: boolean },
): Tensor[] {
  const [boxes, scores] = [given(inputs), given(inputs, 1)];
  const [max, overlap, min] = [2, 3, 4].map((at) => inputs[at]?.values[0]);
  const [images = 0, classes = 0, count = 0] = scores.shape;
  const found: number[] = [];
  for (let image = 0; image < images; image++) {
    const corners = Array.from({ length: count }, (_, box) => {
      const from = (image * count + box) * 4;
      return cornersOf(boxes.values.subarray(from, from + 4), isCentered);
    });
    for (let kind = 0; kind < classes; kind++) {
      const score = (box: number) =>
        scores.values[(image * classes + kind) * count + box] as number;
      const candidates = corners
        .map((_, box) => box)
        .filter((box) => min === undefined || score(box) > min);
      candidates.sort((a, b) => score(b) - score(a) || a - b);
      const kept: number[] = [];
      for (const box of candidates) {
        if (kept.length >= (max ?? 0)) break;
        const own = corners[box] as Corners;
        if (kept.some((other) => overlapOf(own, corners[other] as Corners) > (overlap ?? 0)))
          continue;
        kept.push(box);
        found.push(image, kind, box);
      }
    }
  }
  return [wholes([found.length / 3, 3], found)];
}

type Corners = readonly [top: number, left: number, bottom: number, right: number];

/**
 * From two corners that lie across, y before x, or from a centre, x before y, with width and
 * height.
 */
function cornersOf(box: Values, isCentered: boolean): Corners {
  const [a, b, c, d] = box as unknown as Corners;
  if (isCentered) return [b - d / 2, a - c / 2, b + d / 2, a + c / 2];
  return [Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)];
}

/** What two boxes share as a part of what both cover. */
function overlapOf(a: Corners, b: Corners): number {
  const height = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const width = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (height <= 0 || width <= 0) return 0;
  const shared = height * width;
  return shared / (areaOf(a) + areaOf(b) - shared);
}

function areaOf([top, left, bottom, right]: Corners): number {
  return (bottom - top) * (right - left);
}

function wholes(shape: readonly number[], numbers: readonly number[]): Tensor {
  const values = elementTypes.int64.room(sizeOf(shape));
  values.set(numbers);
  return { shape, type: 'int64', values };
}
