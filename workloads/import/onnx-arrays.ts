// Arrays of constants with their axes: what moves, chooses and pairs elements while an ONNX file is read.

import { sizeOf } from '../layers/index.js';
import type { Constant } from './onnx-proto.js';

type Values = Constant['values'];

/** A way to read an array: from `offset`, an axis after the other by its stride. */
interface View {
  readonly dims: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
}

/** How far apart neighbours along each axis are, row-major. */
function stridesOf(dims: readonly number[]): readonly number[] {
  const strides = dims.map(() => 1);
  for (let axis = dims.length - 2; axis >= 0; axis--) {
    strides[axis] = (strides[axis + 1] as number) * (dims[axis + 1] as number);
  }
  return strides;
}

const empty = (values: Values, size: number): Values =>
  values instanceof Float32Array ? new Float32Array(size) : new Float64Array(size);

/** The elements of `values` that a view sees, in its order. */
function seen(values: Values, { dims, strides, offset }: View): Values {
  const result = empty(values, sizeOf(dims));
  const place = dims.map(() => 0);
  let from = offset;
  for (let at = 0; at < result.length; at++) {
    result[at] = values[from] as number;
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      from += strides[axis] as number;
      place[axis] = (place[axis] as number) + 1;
      if ((place[axis] as number) < (dims[axis] as number)) break;
      from -= (strides[axis] as number) * (dims[axis] as number);
      place[axis] = 0;
    }
  }
  return result;
}

/** `constant` with its axes in another order. */
export function transposed(constant: Constant, permutation: readonly number[]): Constant {
  const strides = stridesOf(constant.dims);
  const dims = permutation.map((axis) => constant.dims[axis] as number);
  const values = seen(constant.values, {
    dims,
    strides: permutation.map((axis) => strides[axis] as number),
    offset: 0,
  });
  return { ...constant, dims, values };
}

/** Along an axis from `start` to before `end`, by `step`; places below zero count from the end, as ONNX has them. */
export interface Cut {
  readonly axis: number;
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

export function sliced(constant: Constant, cuts: readonly Cut[]): Constant {
  const dims = [...constant.dims];
  const strides = [...stridesOf(dims)];
  let offset = 0;
  for (const { axis, start, end, step } of cuts) {
    const extent = dims[axis] as number;
    const within = (place: number) => (place < 0 ? place + extent : place);
    const [least, most] = step > 0 ? [0, extent] : [-1, extent - 1];
    const from = Math.min(Math.max(within(start), Math.max(least, 0)), most);
    // What lies before the first element stays there.
    const to = Math.min(Math.max(within(end), least), most);
    offset += from * (strides[axis] as number);
    dims[axis] = Math.max(0, Math.ceil((to - from) / step));
    strides[axis] = (strides[axis] as number) * step;
  }
  return { ...constant, dims, values: seen(constant.values, { dims, strides, offset }) };
}

/** The slices of `data` along `axis` that `indices` name; null for one that there is not. */
export function gathered(data: Constant, indices: Constant, axis: number): Constant | null {
  const extent = data.dims[axis] as number;
  const places = [...indices.values].map((index) => (index < 0 ? index + extent : index));
  if (!places.every((place) => Number.isInteger(place) && place >= 0 && place < extent)) return null;
  const [before, after] = [data.dims.slice(0, axis), data.dims.slice(axis + 1)];
  const inner = sizeOf(after);
  const dims = [...before, ...indices.dims, ...after];
  const values = empty(data.values, sizeOf(dims));
  let to = 0;
  for (let outer = 0; outer < sizeOf(before); outer++) {
    for (const place of places) {
      const from = (outer * extent + place) * inner;
      values.set(data.values.subarray(from, from + inner), to);
      to += inner;
    }
  }
  return { ...data, dims, values };
}

/** One after the other along `axis`; null where other axes differ. */
export function joined(constants: readonly [Constant, ...Constant[]], axis: number): Constant | null {
  const [first] = constants;
  const others = ({ dims }: Constant) => dims.filter((_, at) => at !== axis).join();
  if (constants.some((each) => each.dims.length !== first.dims.length || others(each) !== others(first))) return null;
  const along = constants.map(({ dims }) => dims[axis] as number);
  const inner = sizeOf(first.dims.slice(axis + 1));
  const dims = first.dims.map((extent, at) => (at === axis ? along.reduce((sum, each) => sum + each, 0) : extent));
  const isWide = constants.some(({ values }) => values instanceof Float64Array);
  const values = isWide ? new Float64Array(sizeOf(dims)) : new Float32Array(sizeOf(dims));
  let to = 0;
  for (let outer = 0; outer < sizeOf(first.dims.slice(0, axis)); outer++) {
    constants.forEach((each, at) => {
      const size = (along[at] as number) * inner;
      values.set(each.values.subarray(outer * size, (outer + 1) * size), to);
      to += size;
    });
  }
  return { ...first, dims, values };
}

/** The shape that arrays of these have when they are paired, missing and single axes repeated; null where they do not fit. */
export function commonShape(shapes: readonly (readonly number[])[]): readonly number[] | null {
  const rank = Math.max(0, ...shapes.map((dims) => dims.length));
  const padded = shapes.map((dims) => [...new Array<number>(rank - dims.length).fill(1), ...dims]);
  const dims = Array.from({ length: rank }, (_, axis) => {
    return padded.reduce((extent, shape) => (extent === 1 ? (shape[axis] as number) : extent), 1);
  });
  const fits = padded.every((shape) => shape.every((extent, axis) => extent === 1 || extent === dims[axis]));
  return fits ? dims : null;
}

/** `constant` repeated along the axes of `dims`, a shape that it fits. */
export function expanded({ dims: own, values }: Constant, dims: readonly number[]): Values {
  const ahead = dims.length - own.length;
  const strides = stridesOf(own);
  const repeated = dims.map((_, axis) =>
    axis < ahead || own[axis - ahead] === 1 ? 0 : (strides[axis - ahead] as number),
  );
  return seen(values, { dims, strides: repeated, offset: 0 });
}
