// Operators of quantized ONNX files. Activations are not quantized here: they pass as the numbers that their integers
// stand for, cut off at zero where their integers would be. Weights are those numbers too.

import { sizeOf } from '../layers/index.js';
import type { Value } from './graph-builder.js';
import { intOf } from './onnx-attributes.js';
import type { Meaning, Operation } from './onnx-operation.js';
import { convolved, multiplied } from './onnx-products.js';
import type { Constant } from './onnx-proto.js';

const NOTE = 'activations are not quantized here: operators that quantize them pass them on';

function note({ builder }: Operation): void {
  if (!builder.notes.includes(NOTE)) builder.notes.push(NOTE);
}

/** By TensorProto.DataType: the integers that activations become. */
const ranges: Readonly<Record<number, readonly [least: number, most: number]>> = {
  2: [0, 255],
  3: [-128, 127],
  4: [0, 65_535],
  5: [-32_768, 32_767],
};

/** (x − zero point) · scale, by tensor or along one axis. Weights that are equal to their zero point become zeros. */
export function dequantized(
  operation: Operation,
  { dims, values }: Constant,
  scale: Constant,
  zero: Constant | null,
  axis: number,
): Constant {
  const { slice, offset } = slicesOf(operation, dims, scale, zero, axis);
  const result = new Float32Array(values.length);
  for (let at = 0; at < values.length; at++) {
    result[at] = ((values[at] as number) - offset(at)) * (scale.values[slice(at)] as number);
  }
  return { dims, values: result };
}

/** Which scale and zero point an element has: one for all, or one for each slice along an axis. */
function slicesOf(
  operation: Operation,
  dims: readonly number[],
  scale: Constant,
  zero: Constant | null,
  given: number,
) {
  const axis = given < 0 ? given + dims.length : given;
  const along = scale.values.length === 1 ? 1 : (dims[axis] ?? 0);
  const zeros = zero?.values.length ?? 1;
  if (scale.values.length !== along || (zeros !== along && zeros !== 1)) {
    throw operation.fault(`${scale.values.length} scales and ${zeros} zero points`, `${along}, one a slice, or one`);
  }
  const inner = sizeOf(dims.slice(axis + 1));
  const slice = (at: number) => (along === 1 ? 0 : Math.floor(at / inner) % along);
  return { slice, offset: (at: number) => zero?.values[zeros === 1 ? 0 : slice(at)] ?? 0 };
}

/** Of constants alone. */
export function dequantizeConstant(operation: Operation): Constant | null {
  const read = operation.node.input.map((_, at) => operation.meaning(at));
  const [data, scale, zero] = read.map((meaning) => (meaning?.kind === 'constant' ? meaning.constant : null));
  if (!data || !scale) return null;
  return dequantized(operation, data, scale, zero ?? null, intOf(operation.node, 'axis', 1));
}

/** Weights that the file quantizes itself: each to the nearest step, halves to even ones, as ONNX has it. */
export function quantizeConstant(operation: Operation): Constant | null {
  const read = operation.node.input.map((_, at) => operation.meaning(at));
  const [data, scale, zero] = read.map((meaning) => (meaning?.kind === 'constant' ? meaning.constant : null));
  if (!data || !scale) return null;
  const [least, most] = ranges[zero?.dataType ?? 2] ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const { slice, offset } = slicesOf(operation, data.dims, scale, zero ?? null, intOf(operation.node, 'axis', 1));
  const values = Float32Array.from(data.values, (value, at) => {
    const step = scale.values[slice(at)] as number;
    return Math.min(most, Math.max(least, halvesToEven(value / step) + offset(at)));
  });
  return { dims: data.dims, values, whole: true, dataType: zero?.dataType ?? 2 };
}

function halvesToEven(value: number): number {
  const floor = Math.floor(value);
  return value - floor === 0.5 ? floor + (Math.abs(floor) % 2) : Math.round(value);
}

/** No integer stands for less than zero where the zero point is the least one: quantizers leave rectifiers out there. */
function cutOff(operation: Operation, value: Value, scale: Constant, zero: Constant | null): Value {
  note(operation);
  const [least, most] = ranges[zero?.dataType ?? 2] ?? [Number.NaN, Number.NaN];
  if ((zero?.values[0] ?? 0) !== least || operation.builder.isNeverNegative(value)) return value;
  const step = scale.values[0] ?? 0;
  // A rectifier that stops at 6 leaves a scale of 6 over all steps.
  const stopsAtSix = Math.abs((most - least) * step - 6) < step / 2;
  return operation.builder.rectify(`${operation.name}/rectified`, value, stopsAtSix ? 'relu6' : 'relu');
}

export function quantizeLinear(operation: Operation): Value {
  return cutOff(operation, operation.value(0), operation.constant(1), operation.optionalConstant(2));
}

/** Scale 1 and zero point 0: what is passed on is not quantized. */
const UNIT: Constant = { dims: [], values: Float32Array.of(1) };
const DYNAMIC_ZERO: Constant = { dims: [], values: Float32Array.of(0), dataType: 2 };

export function dynamicQuantizeLinear(operation: Operation): readonly Meaning[] {
  note(operation);
  return [
    { kind: 'value', value: operation.value(0) },
    { kind: 'constant', constant: UNIT },
    { kind: 'constant', constant: DYNAMIC_ZERO },
  ];
}

/** The integer weights of an operator behind DynamicQuantizeLinear, less their zero points; scales follow as products. */
function integerWeights(operation: Operation, axis: number): Constant {
  if (operation.optionalConstant(2) !== DYNAMIC_ZERO)
    throw operation.fault('integers of another origin', 'those of a DynamicQuantizeLinear');
  const weights = operation.constant(1);
  const zero = operation.optionalConstant(3);
  const along = (zero?.values.length ?? 1) === 1 ? 1 : (weights.dims[axis] ?? 0);
  const ones: Constant = { dims: [along], values: new Float32Array(along).fill(1) };
  return dequantized(operation, weights, ones, zero, axis);
}

export function convInteger(operation: Operation): Value {
  return convolved(operation, integerWeights(operation, 0), null);
}

export function matMulInteger(operation: Operation): Value {
  return multiplied(operation, integerWeights(operation, 1));
}

/** x, its scale and zero point, the weights, theirs, the result's, the bias in steps of both scales. */
export function qLinearConv(operation: Operation): Value {
  const [xScale, scale] = [operation.constant(1), operation.constant(4)];
  const weights = dequantized(operation, operation.constant(3), scale, operation.optionalConstant(5), 0);
  const steps = operation.optionalConstant(8);
  const bias = steps && {
    dims: steps.dims,
    values: Float32Array.from(steps.values, (value, row) => {
      return value * (xScale.values[0] ?? 0) * (scale.values[scale.values.length === 1 ? 0 : row] as number);
    }),
  };
  return cutOff(operation, convolved(operation, weights, bias), operation.constant(6), operation.optionalConstant(7));
}

export function qLinearMatMul(operation: Operation): Value {
  const weights = dequantized(
    operation,
    operation.constant(3),
    operation.constant(4),
    operation.optionalConstant(5),
    1,
  );
  return cutOff(operation, multiplied(operation, weights), operation.constant(6), operation.optionalConstant(7));
}
