// Operators whose inputs are all constants, worked out while reading: what exporters leave of shapes, of weights that they
// cut and join, and of quantized ones. Only what they are seen to use is here.

import { sizeOf } from '../layers/index.js';
import { commonShape, expanded, gathered, joined, sliced, transposed } from './onnx-arrays.js';
import { intOf, intsOf } from './onnx-attributes.js';
import { type Operation, permutationOf } from './onnx-operation.js';
import { type Constant, isWholeType } from './onnx-proto.js';
import { dequantizeConstant, quantizeConstant } from './onnx-quantized.js';

/** Null where an input is no constant, or the file left it to the layers' own table. */
type Fold = (operation: Operation) => Constant | null | Promise<Constant | null>;

/** Constants above this are weights, not shapes: nothing here makes larger ones than it was given. */
const MOST_SHAPE_ELEMENTS = 65_536;

/** DataType of what is true or false. */
const BOOL = 9;

export const constantOperators: Readonly<Record<string, Fold>> = {
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Shape: shape,
  Size: ({ meaning, batch }) => {
    const found = meaning(0);
    if (!found) return null;
    const dims = found.kind === 'constant' ? found.constant.dims : [batch, ...found.value.seen];
    return { dims: [], values: Float64Array.of(sizeOf(dims)), whole: true };
  },
  Range: range,
  Gather: gather,
  Slice: slice,
  Concat: concat,
  Transpose: transpose,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Reshape: reshape,
  Flatten: flatten,
  Expand: expand,
  Where: where,
  Cast: cast,
  Identity: (operation) => first(operation),
  Floor: (operation) => each(operation, Math.floor),
  Ceil: (operation) => each(operation, Math.ceil),
  Sqrt: (operation) => each(operation, Math.sqrt),
  Abs: (operation) => each(operation, Math.abs),
  Neg: (operation) => each(operation, (value) => -value),
  Not: (operation) => each(operation, (value) => Number(value === 0)),
  Add: (operation) => paired(operation, (a, b) => a + b),
  Sub: (operation) => paired(operation, (a, b) => a - b),
  Mul: (operation) => paired(operation, (a, b) => a * b),
  Div: (operation) => paired(operation, (a, b, whole) => (whole ? Math.trunc(a / b) : a / b)),
  Mod: modulo,
  Pow: (operation) => paired(operation, (a, b) => a ** b),
  Min: (operation) => paired(operation, (a, b) => Math.min(a, b)),
  Max: (operation) => paired(operation, (a, b) => Math.max(a, b)),
  Equal: (operation) => compared(operation, (a, b) => a === b),
  Less: (operation) => compared(operation, (a, b) => a < b),
  LessOrEqual: (operation) => compared(operation, (a, b) => a <= b),
  Greater: (operation) => compared(operation, (a, b) => a > b),
  GreaterOrEqual: (operation) => compared(operation, (a, b) => a >= b),
  And: (operation) => compared(operation, (a, b) => a !== 0 && b !== 0),
  Or: (operation) => compared(operation, (a, b) => a !== 0 || b !== 0),
  QuantizeLinear: quantizeConstant,
  DequantizeLinear: dequantizeConstant,
};

const whole = (values: readonly number[]): Constant => ({
  dims: [values.length],
  values: Float64Array.from(values),
  whole: true,
});

/** The constants that a node reads, or null where one of them is a layer's result. */
function constantsOf({ node, meaning }: Operation): readonly Constant[] | null {
  const read = node.input.map((_, at) => meaning(at));
  const constants = read.flatMap((found) => (found?.kind === 'constant' ? [found.constant] : []));
  return read.some((found) => found?.kind === 'value') ? null : constants;
}

const first = (operation: Operation) => constantsOf(operation)?.[0] ?? null;

/** An axis counted from the front. @throws InputError where there is none. */
function axisOf(operation: Operation, axis: number, rank: number): number {
  const found = axis < 0 ? axis + rank : axis;
  if (Number.isSafeInteger(found) && found >= 0 && found < Math.max(rank, 1)) return found;
  throw operation.fault(`axis ${axis} of ${rank}`, 'one that there is');
}

function requireSmall(operation: Operation, size: number, given = 0): void {
  const most = Math.max(MOST_SHAPE_ELEMENTS, given);
  if (!(size >= 0 && size <= most)) throw operation.fault(`${size} elements`, `at most ${most}`);
}

async function constant(operation: Operation): Promise<Constant> {
  const { attribute } = operation.node;
  const tensor = await operation.attributeTensor('value');
  if (tensor) return tensor;
  const named = (name: string) => attribute.find((candidate) => candidate.name === name);
  const [float, floats, int, ints] = ['value_float', 'value_floats', 'value_int', 'value_ints'].map(named);
  if (float) return { dims: [], values: Float64Array.of(float.f) };
  if (int) return { dims: [], values: Float64Array.of(int.i), whole: true };
  if (floats) return { dims: [floats.floats.length], values: Float64Array.from(floats.floats) };
  if (ints) return whole(ints.ints);
  throw operation.fault('another value', 'numbers');
}

async function constantOfShape(operation: Operation): Promise<Constant | null> {
  const extents = first(operation);
  if (!extents) return null;
  const dims = [...extents.values];
  requireSmall(operation, sizeOf(dims));
  const filler = await operation.attributeTensor('value');
  const values = new Float64Array(sizeOf(dims)).fill(filler?.values[0] ?? 0);
  return { dims, values, whole: filler?.whole ?? false };
}

/** Of a layer's result too: its extents are known. */
function shape({ node, meaning, batch }: Operation): Constant | null {
  const found = meaning(0);
  if (!found) return null;
  const dims = found.kind === 'constant' ? found.constant.dims : [batch, ...found.value.seen];
  const end = node.attribute.find(({ name }) => name === 'end')?.i;
  return whole(dims.slice(intOf(node, 'start', 0), end));
}

function range(operation: Operation): Constant | null {
  const given = constantsOf(operation);
  const [start, limit, delta] = given?.map(({ values }) => values[0] ?? Number.NaN) ?? [];
  if (start === undefined || limit === undefined || delta === undefined) return null;
  const size = Math.max(0, Math.ceil((limit - start) / delta));
  requireSmall(operation, size);
  const values = Float64Array.from({ length: size }, (_, at) => start + at * delta);
  return { dims: [size], values, whole: given?.every((each) => each.whole) ?? false };
}

function gather(operation: Operation): Constant | null {
  const [data, indices] = constantsOf(operation) ?? [];
  if (!data || !indices) return null;
  const axis = axisOf(operation, intOf(operation.node, 'axis', 0), data.dims.length);
  const extent = data.dims[axis] ?? 0;
  requireSmall(operation, (data.values.length / Math.max(extent, 1)) * indices.values.length, data.values.length);
  const found = gathered(data, indices, axis);
  if (!found) throw operation.fault(`an index that is not among ${extent}`, 'one inside');
  return found;
}

function slice(operation: Operation): Constant | null {
  const [data, ...given] = constantsOf(operation) ?? [];
  if (!data) return null;
  const { node } = operation;
  const told = (name: string, at: number) => intsOf(node, name) ?? (given[at] ? [...given[at].values] : null);
  const [starts, ends] = [told('starts', 0) ?? [], told('ends', 1) ?? []];
  const axes = told('axes', 2) ?? starts.map((_, at) => at);
  const steps = told('steps', 3) ?? starts.map(() => 1);
  if ([starts, ends, axes, steps].some(({ length }) => length !== starts.length) || steps.includes(0)) {
    throw operation.fault(`a slice of ${starts.length} starts and ${ends.length} ends`, 'as many of each, in steps');
  }
  const cuts = starts.map((start, at) => ({
    axis: axisOf(operation, axes[at] as number, data.dims.length),
    ...{ start, end: ends[at] as number, step: steps[at] as number },
  }));
  return sliced(data, cuts);
}

function concat(operation: Operation): Constant | null {
  const [head, ...others] = constantsOf(operation) ?? [];
  if (!head) return null;
  const all = [head, ...others] as const;
  const axis = axisOf(operation, intOf(operation.node, 'axis', 0), head.dims.length);
  const found = joined(all, axis);
  const shapes = all.map(({ dims }) => dims.join('×')).join(', ');
  if (!found) throw operation.fault(`constants of ${shapes.slice(0, 80)}`, 'constants that differ along one axis');
  return found;
}

function transpose(operation: Operation): Constant | null {
  const data = first(operation);
  if (!data) return null;
  const told = permutationOf(operation.node);
  const permutation = told.length > 0 ? told : [...data.dims.keys()].reverse();
  const isPermutation = [...permutation].sort((a, b) => a - b).every((axis, at) => axis === at);
  if (!isPermutation || permutation.length !== data.dims.length) {
    throw operation.fault(`a transposition by ${permutation.join(', ')}`, `one of ${data.dims.length} axes`);
  }
  return transposed(data, permutation);
}

/** Axes as an attribute, or as an input since operator set 13. */
function axesOf(operation: Operation): readonly number[] | null {
  return intsOf(operation.node, 'axes') ?? (operation.meaning(1) ? [...operation.constant(1).values] : null);
}

function squeeze(operation: Operation): Constant | null {
  const data = first(operation);
  if (!data) return null;
  const axes = axesOf(operation)?.map((axis) => axisOf(operation, axis, data.dims.length));
  const dims = data.dims.filter((extent, at) => !(extent === 1 && (axes?.includes(at) ?? true)));
  return { ...data, dims };
}

function unsqueeze(operation: Operation): Constant | null {
  const data = first(operation);
  if (!data) return null;
  const axes = axesOf(operation) ?? [];
  const rank = data.dims.length + axes.length;
  const dims = [...data.dims];
  for (const axis of axes.map((each) => axisOf(operation, each, rank)).sort((a, b) => a - b)) dims.splice(axis, 0, 1);
  return { ...data, dims };
}

function reshape(operation: Operation): Constant | null {
  const data = first(operation);
  if (!data) return null;
  const target = [...operation.constant(1).values];
  const kept = intOf(operation.node, 'allowzero', 0) === 0;
  const extents = target.map((extent, axis) => (extent === 0 && kept ? (data.dims[axis] ?? 0) : extent));
  const known = sizeOf(extents.filter((extent) => extent !== -1));
  const dims = extents.map((extent) => (extent === -1 ? data.values.length / known : extent));
  if (sizeOf(dims) !== data.values.length || !dims.every(Number.isSafeInteger)) {
    throw operation.fault(`a reshape of ${data.dims.join('×')} to ${target.join(', ')}`, 'as many elements');
  }
  return { ...data, dims };
}

function flatten(operation: Operation): Constant | null {
  const data = first(operation);
  if (!data) return null;
  const axis = intOf(operation.node, 'axis', 1);
  const rows = sizeOf(data.dims.slice(0, axis));
  return { ...data, dims: [rows, sizeOf(data.dims.slice(axis))] };
}

function expand(operation: Operation): Constant | null {
  const [data, extents] = constantsOf(operation) ?? [];
  if (!data || !extents) return null;
  const dims = shared(operation, [data.dims, [...extents.values]]);
  requireSmall(operation, sizeOf(dims), data.values.length);
  return { ...data, dims, values: expanded(data, dims) };
}

function shared(operation: Operation, shapes: readonly (readonly number[])[]): readonly number[] {
  const dims = commonShape(shapes);
  if (dims) return dims;
  const found = shapes.map((each) => each.join('×')).join(' and ');
  throw operation.fault(`constants of ${found}`, 'shapes that fit each other');
}

/** The constants that a node reads, repeated until their shapes are one. */
function alike(operation: Operation, constants: readonly Constant[]) {
  const dims = shared(
    operation,
    constants.map((each) => each.dims),
  );
  requireSmall(operation, sizeOf(dims), Math.max(...constants.map(({ values }) => values.length)));
  return { dims, arrays: constants.map((each) => expanded(each, dims)) };
}

function where(operation: Operation): Constant | null {
  const [condition, yes, no] = constantsOf(operation) ?? [];
  if (!condition || !yes || !no) return null;
  const { dims, arrays } = alike(operation, [condition, yes, no]);
  const [which, a, b] = arrays as [Float64Array, Float64Array, Float64Array];
  const values = Float64Array.from(which, (chosen, at) => (chosen !== 0 ? a : b)[at] as number);
  return { dims, values, whole: (yes.whole && no.whole) ?? false };
}

/** To whole numbers what is behind the point falls away. */
function cast(operation: Operation): Constant | null {
  const data = first(operation);
  if (!data) return null;
  const type = intOf(operation.node, 'to', 1);
  if (type === BOOL) return { ...data, values: data.values.map((value) => Number(value !== 0)), whole: true };
  if (!isWholeType(type)) return { ...data, whole: false };
  return { ...data, values: Float64Array.from(data.values, Math.trunc), whole: true };
}

function each(operation: Operation, compute: (value: number) => number): Constant | null {
  const data = first(operation);
  return data && { ...data, values: Float64Array.from(data.values, compute) };
}

type Pairing = (a: number, b: number, whole: boolean) => number;

/** Of two constants or more, from the left. */
function paired(operation: Operation, compute: Pairing): Constant | null {
  const [head, ...others] = constantsOf(operation) ?? [];
  if (!head || others.length < operation.node.input.length - 1) return null;
  return others.reduce((left, right): Constant => {
    const isWhole = (left.whole && right.whole) ?? false;
    const { dims, arrays } = alike(operation, [left, right]);
    const [a, b] = arrays as [Float64Array, Float64Array];
    const values = Float64Array.from(a, (value, at) => compute(value, b[at] as number, isWhole));
    return { dims, values, whole: isWhole };
  }, head);
}

function compared(operation: Operation, holds: (a: number, b: number) => boolean): Constant | null {
  const found = paired(operation, (a, b) => Number(holds(a, b)));
  return found && { ...found, whole: true };
}

/** With the divisor's sign, unless told otherwise. */
function modulo(operation: Operation): Constant | null {
  const asInC = intOf(operation.node, 'fmod', 0) !== 0;
  return paired(operation, (a, b) => (asInC ? a % b : a - b * Math.floor(a / b)));
}
