// Operators whose inputs are all constants, worked out while reading: what exporters leave of shapes and of quantized
// weights. Only what they are seen to use is here.

import { sizeOf } from '../layers/index.js';
import { intOf, intsOf } from './onnx-attributes.js';
import type { Operation } from './onnx-operation.js';
import type { Constant } from './onnx-proto.js';

/** Null where an input is no constant, or the file left it to the layers' own table. */
type Fold = (operation: Operation) => Constant | null | Promise<Constant | null>;

/** Constants above this are weights, not shapes: no fold makes larger ones than it was given. */
const MOST_SHAPE_ELEMENTS = 65_536;

export const constantOperators: Readonly<Record<string, Fold>> = {
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Shape: ({ meaning, batch }) => {
    const found = meaning(0);
    if (!found) return null;
    const dims = found.kind === 'constant' ? found.constant.dims : [batch, ...found.value.seen];
    return vector(dims);
  },
  Gather: gather,
  Slice: slice,
  Concat: concat,
  Squeeze: (operation) => reshaped(operation),
  Unsqueeze: (operation) => reshaped(operation),
  Reshape: (operation) => reshaped(operation),
  Flatten: (operation) => reshaped(operation),
  Cast: (operation) => first(operation),
  Identity: (operation) => first(operation),
  Floor: (operation) => each(operation, Math.floor),
  Add: (operation) => pairwise(operation, (a, b) => a + b),
  Sub: (operation) => pairwise(operation, (a, b) => a - b),
  Mul: (operation) => pairwise(operation, (a, b) => a * b),
  Div: (operation) => pairwise(operation, (a, b) => a / b),
  Transpose: transpose,
  DequantizeLinear: dequantize,
};

const vector = (values: readonly number[]): Constant => ({ dims: [values.length], values: Float64Array.from(values) });

/** The constants that a node reads, or null where one of them is a layer's result. */
function constantsOf({ node, meaning }: Operation): readonly Constant[] | null {
  const read = node.input.map((_, at) => meaning(at));
  const constants = read.flatMap((found) => (found?.kind === 'constant' ? [found.constant] : []));
  return read.some((found) => found?.kind === 'value') ? null : constants;
}

const first = (operation: Operation) => constantsOf(operation)?.[0] ?? null;

async function constant(operation: Operation): Promise<Constant> {
  const { attribute } = operation.node;
  const tensor = await operation.attributeTensor('value');
  if (tensor) return tensor;
  const named = (name: string) => attribute.find((candidate) => candidate.name === name);
  const [float, floats, int, ints] = ['value_float', 'value_floats', 'value_int', 'value_ints'].map(named);
  if (float) return { dims: [], values: Float64Array.of(float.f) };
  if (int) return { dims: [], values: Float64Array.of(int.i) };
  if (floats) return vector(floats.floats);
  if (ints) return vector(ints.ints);
  throw operation.fault('another value', 'numbers');
}

async function constantOfShape(operation: Operation): Promise<Constant | null> {
  const shape = first(operation);
  if (!shape) return null;
  const dims = [...shape.values];
  const size = sizeOf(dims);
  if (!(size >= 0 && size <= MOST_SHAPE_ELEMENTS))
    throw operation.fault(`${size} elements`, `at most ${MOST_SHAPE_ELEMENTS}`);
  const filler = (await operation.attributeTensor('value'))?.values[0] ?? 0;
  return { dims, values: new Float64Array(size).fill(filler) };
}

function gather(operation: Operation): Constant | null {
  const [data, indices] = constantsOf(operation) ?? [];
  if (!data || !indices) return null;
  if (data.dims.length !== 1 || intOf(operation.node, 'axis', 0) !== 0)
    throw operation.fault('a choice from several axes', 'from a shape');
  const values = [...indices.values].map((index) => {
    const value = data.values[index < 0 ? index + data.values.length : index];
    if (value === undefined) throw operation.fault(`index ${index} of ${data.values.length}`, 'one inside');
    return value;
  });
  return { dims: indices.dims, values: Float64Array.from(values) };
}

/** Of a shape: from its start to its end. */
function slice(operation: Operation): Constant | null {
  const [data, ...given] = constantsOf(operation) ?? [];
  if (!data) return null;
  const [start, end] =
    given.length > 0
      ? given.map(({ values }) => values[0])
      : [intsOf(operation.node, 'starts')?.[0], intsOf(operation.node, 'ends')?.[0]];
  const step = given[3]?.values[0] ?? 1;
  if (data.dims.length !== 1 || step !== 1) throw operation.fault('a slice of several axes or steps', 'of a shape');
  return vector([...data.values].slice(start ?? 0, end));
}

function concat(operation: Operation): Constant | null {
  const constants = constantsOf(operation);
  if (!constants || constants.length === 0) return null;
  if (constants.some(({ dims }) => dims.length > 1)) throw operation.fault('constants of several axes', 'shapes');
  const values = constants.flatMap((each) => [...each.values]);
  if (values.length > MOST_SHAPE_ELEMENTS)
    throw operation.fault(`${values.length} elements`, `at most ${MOST_SHAPE_ELEMENTS}`);
  return vector(values);
}

/** The same values; what follows asks only for how many there are. */
function reshaped(operation: Operation): Constant | null {
  const data = operation.meaning(0);
  if (data?.kind !== 'constant') return null;
  const { values, dims } = data.constant;
  if (operation.node.opType === 'Unsqueeze' || operation.node.opType === 'Squeeze') {
    const outer = dims.length === 0 || values.length === 1;
    return { dims: operation.node.opType === 'Unsqueeze' && outer ? [values.length] : dims, values };
  }
  if (operation.node.opType === 'Flatten') return { dims: [dims[0] ?? 1, values.length / (dims[0] ?? 1)], values };
  const target = [...operation.constant(1).values];
  const known = sizeOf(target.filter((extent) => extent > 0));
  return {
    dims: target.map((extent, axis) =>
      extent > 0 ? extent : extent === 0 ? (dims[axis] ?? 0) : values.length / known,
    ),
    values,
  };
}

function each(operation: Operation, compute: (value: number) => number): Constant | null {
  const data = first(operation);
  return data && { dims: data.dims, values: Float64Array.from(data.values, compute) };
}

function pairwise(operation: Operation, compute: (a: number, b: number) => number): Constant | null {
  const constants = constantsOf(operation);
  const [a, b] = constants ?? [];
  if (!a || !b) return null;
  const size = Math.max(a.values.length, b.values.length);
  if (![a, b].every(({ values }) => values.length === size || values.length === 1)) {
    throw operation.fault(`constants of ${a.dims.join('×')} and ${b.dims.join('×')}`, 'the same shape, or one number');
  }
  const at = ({ values }: Constant, index: number) => values[values.length === 1 ? 0 : index] as number;
  const values = Float64Array.from({ length: size }, (_, index) => compute(at(a, index), at(b, index)));
  return { dims: a.values.length === size ? a.dims : b.dims, values };
}

/** A matrix with its axes exchanged. */
function transpose(operation: Operation): Constant | null {
  const data = first(operation);
  if (!data) return null;
  const [rows = 1, columns = 1] = data.dims;
  if (data.dims.length !== 2) throw operation.fault(`a constant of ${data.dims.length} axes`, '2');
  const values = new Float32Array(data.values.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++)
      values[column * rows + row] = data.values[row * columns + column] as number;
  }
  return { dims: [columns, rows], values };
}

/** (x − zero point) · scale, by tensor or along one axis. Weights that are equal to their zero point become zeros. */
function dequantize(operation: Operation): Constant | null {
  const constants = constantsOf(operation);
  const [data, scale, zero] = constants ?? [];
  if (!data || !scale) return null;
  const { dims, values } = data;
  const given = intOf(operation.node, 'axis', 1);
  const axis = given < 0 ? given + dims.length : given;
  const along = scale.values.length === 1 ? 1 : (dims[axis] ?? 0);
  if (scale.values.length !== along || (zero && zero.values.length !== along)) {
    throw operation.fault(
      `${scale.values.length} scales and ${zero?.values.length ?? 0} zero points`,
      `${along}, one a slice, or one`,
    );
  }
  const inner = sizeOf(dims.slice(axis + 1));
  const result = new Float32Array(values.length);
  for (let at = 0; at < values.length; at++) {
    const slice = along === 1 ? 0 : Math.floor(at / inner) % along;
    result[at] = ((values[at] as number) - (zero?.values[slice] ?? 0)) * (scale.values[slice] as number);
  }
  return { dims, values: result };
}
