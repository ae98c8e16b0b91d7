// Converts a number to an element type: floats are rounded, integers wrap or saturate.

import {
  type ElementType,
  elementTypes,
  roomFor,
  type TensorType,
  type Values,
} from '../tensor.js';

/** The nearest whole number; of two that are as near, the even one. */
export function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest < 0.5) return below;
  if (rest > 0.5) return below + 1;
  return below % 2 === 0 ? below : below + 1;
}

/** The nearest IEEE 754 binary16. */
export function roundFloat16(value: number): number {
  return roundFloat(value, 10, -14, 15);
}

/** The nearest bfloat16: a float32 of which 16 bits are kept. */
export function roundBfloat16(value: number): number {
  return roundFloat(value, 7, -126, 127);
}

const single = new Float32Array(1);
const singleBits = new Uint32Array(single.buffer);

function roundFloat(
  value: number,
  fractionBits: number,
  minExponent: number,
  maxExponent: number,
): number {
  if (value === 0 || !Number.isFinite(value)) return value;
  single[0] = value;
  const exponent = (((singleBits[0] as number) >>> 23) & 255) - 127;
  const step = 2 ** (Math.max(exponent, minExponent) - fractionBits);
  const rounded = roundHalfEven(value / step) * step;
  if (Math.abs(rounded) >= 2 ** (maxExponent + 1))
    return Math.sign(value) * Number.POSITIVE_INFINITY;
  return rounded === 0 ? 0 * Math.sign(value) : rounded;
}

/** The least and the most value of an integer type or bool. */
export function integerRange(type: ElementType): readonly [min: number, max: number] {
  if (type === 'bool') return [0, 1];
  const { bits } = elementTypes[type];
  return type.startsWith('u') ? [0, 2 ** bits - 1] : [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
}

/** The nearest value of an integer type to a whole number. */
export function saturate(value: number, type: ElementType): number {
  const [min, max] = integerRange(type);
  return Math.min(Math.max(value, min), max);
}

type Fit = (value: number) => number;
const asIs: Fit = (value) => value;
const TWO_63 = 2 ** 63;
const TWO_64 = 2 ** 64;
const wholeOrZero: Fit = (value) => (Number.isFinite(value) ? Math.trunc(value) + 0 : 0);

const fits: { readonly [Type in ElementType]: Fit } = {
  float32: asIs,
  float64: asIs,
  float16: roundFloat16,
  bfloat16: roundBfloat16,
  int4: (value) => (value << 28) >> 28,
  // Typed arrays truncate and wrap by themselves; not a number and infinities become 0.
  int8: asIs,
  int16: asIs,
  int32: asIs,
  // Held as float64, which cannot tell 2^63 − 1, a frequent "no end", from 2^63: these saturate
  // instead of wrapping.
  int64: (value) => Math.min(Math.max(wholeOrZero(value), -TWO_63), TWO_63),
  uint4: (value) => value & 15,
  uint8: asIs,
  uint16: asIs,
  uint32: asIs,
  uint64(value) {
    const whole = wholeOrZero(value);
    return Math.min(whole < 0 ? whole + TWO_64 : whole, TWO_64);
  },
  bool: (value) => (value === 0 ? 0 : 1),
};

/**
 * What is stored in a type's array for a number: rounded floats, truncated and wrapped integers, 1
 * for what is true.
 */
export function fitOf(type: ElementType): (value: number) => number {
  return fits[type];
}

/** The values of a tensor, element by element, fitted to its type. */
export function valuesOf(result: TensorType, element: (at: number) => number): Values {
  const values = roomFor(result);
  const fitted = fitOf(result.type);
  for (let at = 0; at < values.length; at++) values[at] = fitted(element(at));
  return values;
}
