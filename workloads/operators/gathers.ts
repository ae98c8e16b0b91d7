// Elements looked up by indices that are themselves a tensor. An index below zero counts from
// behind.

import { InputError } from '../base/errors.js';
import {
  roomFor,
  type Shape,
  shapeText,
  sizeOf,
  stridesOf,
  type Tensor,
  type TensorType,
} from '../tensor.js';
import { knownAxis, offsetsOf } from './axes.js';
import { gatheredValues } from './moves.js';
import { axisOf, type Fault, given, operator } from './operator.js';
import { indexInside, move, readsOf, readsOfShape, reshaped } from './places.js';

/** Indices are input 1; their axes stand in the place of `axis`. */
export interface GatherAttributes {
  readonly axis: number;
}

/** Indices are input 1, an index for each element of the result. */
export interface GatherElementsAttributes {
  readonly axis: number;
}

/** Input 1 holds, along its last axis, indices into the first axes of input 0. */
export interface GatherNdAttributes {
  /** Leading axes that both inputs share. */
  readonly batchAxes: number;
}

/** Input 0 holds indices, input 1 the two values [off, on]. */
export interface OneHotAttributes {
  /** Of the result; −1 is the last. */
  readonly axis: number;
  readonly depth: number;
}

/** Input 1 says, for each sequence, how many of its steps are turned round. */
export interface ReverseSequenceAttributes {
  readonly batchAxis: number;
  readonly timeAxis: number;
}

const gather = operator<GatherAttributes>({
  arity: [2, 2],
  infer({ axis }, inputs, fault) {
    const data = given(inputs);
    if (data.shape.length === 0) throw fault('a scalar', 'an axis to gather along');
    const at = axisOf(axis, data.shape.length, fault);
    return [
      reshaped(data, [
        ...data.shape.slice(0, at),
        ...given(inputs, 1).shape,
        ...data.shape.slice(at + 1),
      ]),
    ];
  },
  forward({ axis }, inputs, [result]) {
    const data = given(inputs);
    const indices = given(inputs, 1).values;
    const at = knownAxis(axis, data.shape.length);
    const extent = data.shape[at] as number;
    const stride = stridesOf(data.shape)[at] as number;
    const along = readsOf(indices.length, stride, (index) =>
      indexInside(indices[index] as number, extent),
    );
    return [gatheredValues(data, result as TensorType, readsOfShape(data.shape).with(at, along))];
  },
  demand: (_, inputs, [result]) => lookedUp(given(inputs, 1), result as TensorType),
});

/** Every element of a result read once, and the indices. */
function lookedUp(indices: TensorType, result: TensorType) {
  return move(sizeOf(result.shape) + sizeOf(indices.shape), sizeOf(result.shape));
}

const gatherElements = operator<GatherElementsAttributes>({
  arity: [2, 2],
  infer({ axis }, inputs, fault) {
    const [data, indices] = [given(inputs), given(inputs, 1)];
    requireElementIndices(data.shape, indices.shape, axis, fault);
    return [reshaped(data, indices.shape)];
  },
  forward({ axis }, inputs, [result]) {
    const [data, indices] = [given(inputs), given(inputs, 1)];
    const values = roomFor(result as TensorType);
    const places = elementPlaces(data.shape, indices, axis);
    for (const [at, place] of places.entries()) values[at] = data.values[place] as number;
    return [values];
  },
  demand: (_, inputs, [result]) => lookedUp(given(inputs, 1), result as TensorType),
});

/** @throws what `fault` makes where indices for single elements do not fit the data. */
export function requireElementIndices(
  data: Shape,
  indices: Shape,
  axis: number,
  fault: Fault,
): void {
  const at = axisOf(axis, data.length, fault);
  const fits = indices.every((extent, other) => other === at || extent <= (data[other] as number));
  if (indices.length !== data.length || !fits) {
    throw fault(
      `indices of ${shapeText(indices)} for ${shapeText(data)}`,
      'no more along any other axis',
    );
  }
}

/** Where each index points: at its own place but along `axis`. */
export function elementPlaces(data: Shape, indices: Tensor, axis: number): Int32Array {
  const at = knownAxis(axis, data.length);
  const extent = data[at] as number;
  const strides = stridesOf(data);
  const stride = strides[at] as number;
  const places = offsetsOf(indices.shape, strides.with(at, 0));
  return places.map(
    (place, index) => place + indexInside(indices.values[index] as number, extent) * stride,
  );
}

const gatherNd = operator<GatherNdAttributes>({
  arity: [2, 2],
  infer({ batchAxes }, inputs, fault) {
    const [data, indices] = [given(inputs), given(inputs, 1)];
    const depth = indexDepth(data.shape, indices.shape, batchAxes, fault);
    return [
      reshaped(data, [...indices.shape.slice(0, -1), ...data.shape.slice(batchAxes + depth)]),
    ];
  },
  forward({ batchAxes }, inputs, [result]) {
    const [data, indices] = [given(inputs), given(inputs, 1)];
    const values = roomFor(result as TensorType);
    const { places, block } = blockPlaces(data.shape, indices, batchAxes);
    for (const [at, place] of places.entries())
      values.set(data.values.subarray(place, place + block), at * block);
    return [values];
  },
  demand: (_, inputs, [result]) => lookedUp(given(inputs, 1), result as TensorType),
});

/**
 * How many axes an index reaches into. @throws what `fault` makes where it does not fit the data.
 */
export function indexDepth(data: Shape, indices: Shape, batchAxes: number, fault: Fault): number {
  const depth = indices.at(-1) ?? 0;
  const batches = data.slice(0, batchAxes);
  const fits =
    indices.length > batchAxes && batches.every((extent, axis) => extent === indices[axis]);
  if (!fits || batchAxes + depth > data.length) {
    const found = `indices of ${shapeText(indices)} for ${shapeText(data)}`;
    throw fault(found, `${batchAxes} axes in common and at most as many indices as other axes`);
  }
  return depth;
}

/** Where the blocks start that the indices point at, and the elements of a block. */
export function blockPlaces(data: Shape, indices: Tensor, batchAxes: number) {
  const depth = indices.shape.at(-1) as number;
  const strides = stridesOf(data);
  const places = new Int32Array(sizeOf(indices.shape.slice(0, -1)));
  const batches = sizeOf(data.slice(0, batchAxes));
  const perBatch = sizeOf(data.slice(batchAxes));
  for (let row = 0; row < places.length; row++) {
    let place = Math.floor((row * batches) / places.length) * perBatch;
    for (let at = 0; at < depth; at++) {
      const index = indexInside(
        indices.values[row * depth + at] as number,
        data[batchAxes + at] as number,
      );
      place += index * (strides[batchAxes + at] as number);
    }
    places[row] = place;
  }
  return { places, block: sizeOf(data.slice(batchAxes + depth)) };
}

const oneHot = operator<OneHotAttributes>({
  arity: [2, 2],
  infer({ axis, depth }, inputs, fault) {
    const [indices, values] = [given(inputs), given(inputs, 1)];
    const at = axisOf(axis, indices.shape.length + 1, fault);
    if (sizeOf(values.shape) !== 2)
      throw fault(`${sizeOf(values.shape)} values`, 'two, off and on');
    return [reshaped(values, indices.shape.toSpliced(at, 0, depth))];
  },
  forward({ axis, depth }, inputs, [result]) {
    const [indices, { values: offOn }] = [given(inputs), given(inputs, 1)];
    const values = roomFor(result as TensorType).fill(offOn[0] as number);
    const inner = sizeOf(indices.shape.slice(knownAxis(axis, indices.shape.length + 1)));
    for (const [at, written] of indices.values.entries()) {
      const index = knownAxis(Math.trunc(written), depth);
      if (index < 0 || index >= depth) continue;
      values[(Math.floor(at / inner) * depth + index) * inner + (at % inner)] = offOn[1] as number;
    }
    return [values];
  },
  demand: (_, inputs, [result]) =>
    move(sizeOf(given(inputs).shape) + 2, sizeOf((result as TensorType).shape)),
});

const reverseSequence = operator<ReverseSequenceAttributes>({
  arity: [2, 2],
  infer({ batchAxis, timeAxis }, inputs, fault) {
    const [data, lengths] = [given(inputs), given(inputs, 1)];
    const [batch, time] = [batchAxis, timeAxis].map((axis) =>
      axisOf(axis, data.shape.length, fault),
    );
    if (batch === time) throw fault('one axis for sequences and steps', 'two');
    if (sizeOf(lengths.shape) !== data.shape[batch as number]) {
      throw fault(
        `${sizeOf(lengths.shape)} lengths of ${data.shape[batch as number]} sequences`,
        'one a sequence',
      );
    }
    return [{ shape: data.shape, type: data.type }];
  },
  forward({ batchAxis, timeAxis }, inputs, [result]) {
    const [data, lengths] = [given(inputs), given(inputs, 1).values];
    const { shape } = data;
    const [batch, time] = [knownAxis(batchAxis, shape.length), knownAxis(timeAxis, shape.length)];
    const strides = stridesOf(shape);
    const steps = shape[time] as number;
    const values = roomFor(result as TensorType);
    for (const [at, value] of data.values.entries()) {
      const length = lengths[
        Math.floor(at / (strides[batch] as number)) % (shape[batch] as number)
      ] as number;
      if (length > steps)
        throw new InputError(`found a sequence of ${length} steps, expected at most ${steps}`);
      const step = Math.floor(at / (strides[time] as number)) % steps;
      const turned = step < length ? length - 1 - step : step;
      values[at + (turned - step) * (strides[time] as number)] = value;
    }
    return [values];
  },
  demand(_, inputs) {
    const size = sizeOf(given(inputs).shape);
    return move(size + sizeOf(given(inputs, 1).shape), size);
  },
});

export const gatherOperators = {
  gather,
  'gather-elements': gatherElements,
  'gather-nd': gatherNd,
  'one-hot': oneHot,
  'reverse-sequence': reverseSequence,
} as const;
