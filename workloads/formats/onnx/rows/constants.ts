// Operators that make constants: numbers of the file, shapes of tensors, ranges, and choices among
// constants.

import { elementTypes, sizeOf } from '../../../tensor.js';
import { Blocked, type Operation, type Rows } from '../operation.js';
import { elementTypeOf, filledTensor } from '../tensors.js';
import { typeAttribute } from './elementwise.js';

function constant(op: Operation): void {
  const [output = ''] = op.outputs;
  const tensor = op.tensor('value') ?? op.tensor('sparse_value');
  if (tensor) {
    op.builder.constant(output, tensor);
    return;
  }
  const float = op.hasAttribute('value_float');
  const int = op.hasAttribute('value_int');
  if (float) op.answer([op.float('value_float', 0)], [], 'float32');
  else if (int) op.answer([op.int('value_int', 0)], [], 'int64');
  else {
    const [floats, ints] = [op.floats('value_floats'), op.ints('value_ints')];
    if (!floats && !ints) throw new Blocked('text');
    const numbers = floats ?? ints ?? [];
    op.answer(numbers, [numbers.length], floats ? 'float32' : 'int64');
  }
}

/** A part of the shape since operator set 15. */
function shape(op: Operation): void {
  const extents = op.shape(0);
  const clamp = (at: number) =>
    Math.min(Math.max(at < 0 ? at + extents.length : at, 0), extents.length);
  const part = extents.slice(clamp(op.int('start', 0)), clamp(op.int('end', extents.length)));
  op.answer(part, [part.length], 'int64');
}

function constantOfShape(op: Operation): void {
  const value = op.tensor('value');
  const known = op.values(0);
  const extents = known ? Array.from(known.values) : op.place.declared(0)?.shape;
  if (!extents) throw new Blocked('a shape that the network computes');
  const isKnown = value !== null && 'values' in value;
  op.room(extents);
  op.builder.constant(
    op.output(0),
    filledTensor(extents, value?.type ?? 'float32', isKnown ? (value.values[0] ?? 0) : 0),
  );
}

function range(op: Operation): void {
  const [start, limit, delta] = [
    op.number(0, 'a start'),
    op.number(1, 'a limit'),
    op.number(2, 'a step'),
  ];
  op.ignore('stash_type');
  const count = Math.max(0, Math.ceil((limit - start) / delta));
  if (!Number.isFinite(count))
    throw op.fault(`a range from ${start} to ${limit} by ${delta}`, 'an end');
  op.room([count]);
  op.answer(
    Float64Array.from({ length: count }, (_, at) => start + at * delta),
    [count],
    op.type(0).type,
  );
}

function eyeLike(op: Operation): void {
  const {
    shape: [rows = 0, columns = 0],
    type,
  } = op.type(0);
  const to = op.hasAttribute('dtype') ? typeAttribute(op, 'dtype', 1) : type;
  const offset = op.int('k', 0);
  const values = elementTypes[to].room(rows * columns);
  for (let row = 0; row < rows; row++) {
    const column = row + offset;
    if (column >= 0 && column < columns) values[row * columns + column] = 1;
  }
  op.answer(values, [rows, columns], to);
}

function nonZero(op: Operation): void {
  const tensor = op.values(0);
  if (!tensor) throw new Blocked('as many results as elements are not zero');
  const places = Array.from(tensor.values.keys()).filter((at) => tensor.values[at] !== 0);
  const extents = tensor.shape.length === 0 ? [1] : tensor.shape;
  const indices = extents.map((_, axis) => {
    const inner = sizeOf(extents.slice(axis + 1));
    return places.map((place) => Math.floor(place / inner) % (extents[axis] as number));
  });
  op.answer(indices.flat(), [extents.length, places.length], 'int64');
}

/** Slices along an axis, or elements, that a condition keeps. */
function compress(op: Operation): void {
  const condition = op.values(1);
  if (!condition) throw new Blocked('as many results as a condition keeps');
  const kept = Array.from(condition.values.keys()).filter((at) => condition.values[at] !== 0);
  const axis = op.optionalInt('axis');
  const data = axis === null ? op.reshape(op.input(0), [sizeOf(op.shape(0))]) : op.input(0);
  op.result({ kind: 'gather', axis: axis ?? 0 }, [data, op.constant(kept, [kept.length], 'int64')]);
}

/** Different slices of a constant along an axis, or its different elements. */
function unique(op: Operation): void {
  const tensor = op.values(0);
  const [axis, isSorted] = [op.optionalInt('axis'), op.flag('sorted', true)];
  if (!tensor) throw new Blocked('as many results as there are different elements');
  const along = axis === null ? 0 : op.axis(axis, tensor.shape.length);
  const extents = axis === null ? [sizeOf(tensor.shape)] : tensor.shape;
  const [outer, count, inner] = [
    sizeOf(extents.slice(0, along)),
    extents[along] ?? 1,
    sizeOf(extents.slice(along + 1)),
  ];
  const slices = Array.from({ length: count }, (_, at) =>
    Array.from({ length: outer * inner }, (_each, place) => {
      return tensor.values[
        (Math.floor(place / inner) * count + at) * inner + (place % inner)
      ] as number;
    }),
  );
  const first = new Map<string, number>();
  const counts = new Map<string, number>();
  for (const [at, each] of slices.entries()) {
    const key = each.join();
    if (!first.has(key)) first.set(key, at);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const keys = [...first.keys()];
  const sliceOf = (key: string) => slices[first.get(key) as number] as number[];
  if (isSorted) keys.sort((a, b) => compareSlices(sliceOf(a), sliceOf(b)));
  const indices = keys.map((key) => first.get(key) as number);
  const values = elementTypes[tensor.type].room(outer * keys.length * inner);
  for (const [to, at] of indices.entries()) {
    for (let place = 0; place < outer * inner; place++) {
      const target = (Math.floor(place / inner) * keys.length + to) * inner + (place % inner);
      values[target] = slices[at]?.[place] as number;
    }
  }
  op.answer(values, extents.with(along, keys.length), tensor.type);
  const places = new Map(keys.map((key, at) => [key, at]));
  if (op.wants(1)) op.answer(indices, [keys.length], 'int64', 1);
  if (op.wants(2)) {
    const inverse = slices.map((each) => places.get(each.join()) as number);
    op.answer(inverse, [inverse.length], 'int64', 2);
  }
  if (op.wants(3))
    op.answer(
      keys.map((key) => counts.get(key) as number),
      [keys.length],
      'int64',
      3,
    );
}

function compareSlices(a: readonly number[], b: readonly number[]): number {
  for (const [at, value] of a.entries()) if (value !== b[at]) return value - (b[at] as number);
  return 0;
}

/** What is drawn has a known shape, and no value that anybody could know. */
const random =
  (like: boolean) =>
  (op: Operation): void => {
    op.ignore('seed', 'high', 'low', 'mean', 'scale', 'sample_size');
    const dtype = op.int('dtype', 0);
    const type = elementTypeOf(dtype) ?? (like ? op.type(0).type : 'float32');
    const extents = like ? op.shape(0) : (op.ints('shape') ?? []);
    op.opaque([{ shape: extents, type }]);
  };

export const constantRows: Rows = {
  Constant: constant,
  Shape: shape,
  Size(op) {
    op.answer([sizeOf(op.shape(0))], [], 'int64');
  },
  ConstantOfShape: constantOfShape,
  Range: range,
  EyeLike: eyeLike,
  NonZero: nonZero,
  Compress: compress,
  Unique: unique,
  RandomNormal: random(false),
  RandomUniform: random(false),
  RandomNormalLike: random(true),
  RandomUniformLike: random(true),
  Bernoulli: random(true),
  Multinomial(op) {
    const type = typeAttribute(op, 'dtype', 6);
    op.ignore('seed');
    op.opaque([{ shape: [op.shape(0)[0] ?? 1, op.int('sample_size', 1)], type }]);
  },
};
