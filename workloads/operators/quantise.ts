// Numbers as integers with a scale and a zero point, and back.

import { operationsEach, type StreamDemand, streamOf } from '../demand.js';
import {
  type ElementType,
  elementTypes,
  type Shape,
  shapeText,
  sizeOf,
  type Tensor,
  type TensorType,
} from '../tensor.js';
import { elementsOf, expand, knownAxis, lanesOf, requireBroadcast } from './axes.js';
import { roundHalfEven, saturate, valuesOf } from './elements.js';
import {
  axisOf,
  type Fault,
  given,
  type InputTypes,
  type NoAttributes,
  operator,
} from './operator.js';

export interface QuantiseAttributes {
  /** The axis that scales run along; of no effect where there is one scale for all. */
  readonly axis: number;
  /** The result's. */
  readonly type: ElementType;
  /**
   * Elements along the axis that share a scale, whose shape is then x's with fewer along the axis.
   */
  readonly blockSize?: number;
}

export type DequantiseAttributes = QuantiseAttributes;

/**
 * Inputs: x, scale, zero point. Result: round(x / scale) + zero point, halves to even, saturated.
 */
const quantise = operator<QuantiseAttributes>({
  arity: [2, 3],
  infer: (attributes, inputs, fault) => inferScaled(attributes, inputs, fault),
  forward(attributes, inputs, results) {
    const { shape, values } = given(inputs);
    const [scale, zero] = [given(inputs, 1), inputs[2] ?? null];
    const at = parameterOf(attributes, shape, scale.shape);
    const divide = scale.type === 'float64' ? (x: number) => x : Math.fround;
    return [
      valuesOf(given(results), (element) => {
        const of = at(element);
        const level = roundHalfEven(
          divide((values[element] as number) / (scale.values[of] as number)),
        );
        return saturate(level + (zero ? (zero.values[of] as number) : 0), attributes.type);
      }),
    ];
  },
  demand: (_attributes, inputs, results) => scaledStream(inputs, results, { divide: 1, add: 4 }),
});

/** Inputs: x, scale, zero point. Result: (x − zero point) · scale. */
const dequantise = operator<DequantiseAttributes>({
  arity: [2, 3],
  infer: (attributes, inputs, fault) => inferScaled(attributes, inputs, fault),
  forward(attributes, inputs, results) {
    const { shape, values } = given(inputs);
    const [scale, zero] = [given(inputs, 1), inputs[2] ?? null];
    const at = parameterOf(attributes, shape, scale.shape);
    return [
      valuesOf(given(results), (element) => {
        const of = at(element);
        const level = (values[element] as number) - (zero ? (zero.values[of] as number) : 0);
        return level * (scale.values[of] as number);
      }),
    ];
  },
  demand: (_attributes, inputs, results) =>
    scaledStream(inputs, results, { multiply: 1, add: inputs[2] ? 1 : 0 }),
});

function scaledStream(
  inputs: InputTypes,
  results: readonly TensorType[],
  each: Parameters<typeof operationsEach>[1],
): StreamDemand {
  const count = sizeOf(given(results).shape);
  return streamOf(elementsOf(inputs), elementsOf(results), operationsEach(count, each));
}

function inferScaled(
  attributes: QuantiseAttributes,
  inputs: InputTypes,
  fault: Fault,
): readonly TensorType[] {
  const { axis, type, blockSize = 0 } = attributes;
  const [{ shape }, scale, zero] = [given(inputs), given(inputs, 1), inputs[2]];
  if (zero && sizeOf(zero.shape) !== sizeOf(scale.shape)) {
    throw fault(
      `zero points of ${shapeText(zero.shape)}`,
      `as many as scales, ${shapeText(scale.shape)}`,
    );
  }
  if (blockSize > 0) {
    const along = axisOf(axis, shape.length, fault);
    const expected = shape.map((extent, at) =>
      at === along ? Math.ceil(extent / blockSize) : extent,
    );
    if (shapeText(expected) !== shapeText(scale.shape)) {
      throw fault(
        `scales of ${shapeText(scale.shape)}`,
        `${shapeText(expected)} in blocks of ${blockSize}`,
      );
    }
  } else if (sizeOf(scale.shape) !== 1) {
    const extent = shape[axisOf(axis, shape.length, fault)] ?? 1;
    if (sizeOf(scale.shape) !== extent)
      throw fault(`${sizeOf(scale.shape)} scales`, `1 or ${extent} along axis ${axis}`);
  }
  return [{ shape, type }];
}

/** Which scale an element has. */
function parameterOf(
  { axis, blockSize = 0 }: QuantiseAttributes,
  shape: Shape,
  scales: Shape,
): (at: number) => number {
  if (blockSize === 0 && sizeOf(scales) === 1) return () => 0;
  const { extent, inner } = lanesOf(shape, knownAxis(axis, shape.length));
  if (blockSize === 0) return (at) => Math.floor(at / inner) % extent;
  const blocks = Math.ceil(extent / blockSize);
  return (at) => {
    const outer = Math.floor(at / inner / extent);
    const index = Math.floor(at / inner) % extent;
    return (outer * blocks + Math.floor(index / blockSize)) * inner + (at % inner);
  };
}

export type DynamicQuantiseAttributes = NoAttributes;

/**
 * Input: x. Results: uint8 elements, their scale and their zero point, from the range of x and 0.
 */
const dynamicQuantise = operator<DynamicQuantiseAttributes>({
  arity: [1, 1],
  infer: (_attributes, inputs) => [
    { shape: given(inputs).shape, type: 'uint8' },
    { shape: [], type: 'float32' },
    { shape: [], type: 'uint8' },
  ],
  forward(_attributes, inputs, results) {
    const { values } = given(inputs);
    let [min, max] = [0, 0];
    for (const value of values) [min, max] = [Math.min(min, value), Math.max(max, value)];
    const scale = min === max ? 1 : Math.fround(Math.fround(max - min) / 255);
    const zero = saturate(roundHalfEven(Math.fround(-min / scale)), 'uint8');
    const quantised = valuesOf(given(results), (at) =>
      saturate(roundHalfEven(Math.fround((values[at] as number) / scale)) + zero, 'uint8'),
    );
    return [quantised, Float32Array.of(scale), Uint8Array.of(zero)];
  },
  demand: (_attributes, inputs, results) => ({
    ...scaledStream(inputs, results, { divide: 1, add: 6 }),
    passes: 2,
  }),
});

/** Away from 0 and towards it, and where halves go; 'round' sends halves to even. */
export const roundings = {
  round: roundHalfEven,
  floor: Math.floor,
  ceil: Math.ceil,
  'round-to-zero': Math.trunc,
  down: Math.trunc,
  up: (x: number) => Math.sign(x) * Math.ceil(Math.abs(x)),
  'half-up': (x: number) => Math.sign(x) * Math.floor(Math.abs(x) + 0.5),
  'half-down': (x: number) => Math.sign(x) * Math.ceil(Math.abs(x) - 0.5),
} as const;

export interface FakeQuantiseAttributes {
  readonly bits: number;
  readonly signed: boolean;
  /** Whether the range leaves out its least value (signed) or its most (unsigned). */
  readonly narrow: boolean;
  /** QONNX's rounding modes in lower case, with dashes. */
  readonly rounding: keyof typeof roundings;
}

/**
 * Inputs: x, scale, zero point, which broadcast to x. Result: x as the integer that it is nearest
 * to, as a float.
 */
const fakeQuantise = operator<FakeQuantiseAttributes>({
  arity: [2, 3],
  infer: (_attributes, inputs, fault) => inferFloat(inputs, fault),
  forward(attributes, inputs, results) {
    const { shape, values } = given(inputs);
    const scale = expanded(given(inputs, 1), shape);
    const zero = inputs[2] ? expanded(inputs[2], shape) : null;
    const [min, max] = quantisedRange(attributes);
    const round = roundings[attributes.rounding];
    return [
      valuesOf(given(results), (at) => {
        const [step, shift] = [scale[at] as number, zero?.[at] ?? 0];
        const level = Math.fround(Math.fround((values[at] as number) / step) + shift);
        const nearest =
          attributes.bits === 1 && attributes.signed
            ? sign(level)
            : round(Math.min(Math.max(level, min), max));
        return (nearest - shift) * step;
      }),
    ];
  },
  demand: (_attributes, inputs, results) =>
    scaledStream(inputs, results, { divide: 1, multiply: 1, add: 5 }),
});

function quantisedRange({
  bits,
  signed,
  narrow,
}: FakeQuantiseAttributes): readonly [min: number, max: number] {
  if (!signed) return [0, 2 ** bits - (narrow ? 2 : 1)];
  return [-(2 ** (bits - 1)) + (narrow ? 1 : 0), 2 ** (bits - 1) - 1];
}

export type BipolarQuantiseAttributes = NoAttributes;

/** Inputs: x, scale, which broadcasts to x. Result: the scale, negative where x is. */
const bipolarQuantise = operator<BipolarQuantiseAttributes>({
  arity: [2, 2],
  infer: (_attributes, inputs, fault) => inferFloat(inputs, fault),
  forward(_attributes, inputs, results) {
    const { shape, values } = given(inputs);
    const scale = expanded(given(inputs, 1), shape);
    return [valuesOf(given(results), (at) => sign(values[at] as number) * (scale[at] as number))];
  },
  demand: (_attributes, inputs, results) => scaledStream(inputs, results, { add: 1, multiply: 1 }),
});

function inferFloat(inputs: InputTypes, fault: Fault): readonly TensorType[] {
  const { shape, type } = given(inputs);
  if (!elementTypes[type].isFloat) throw fault(`${type} elements`, 'floats');
  for (const operand of inputs.slice(1))
    if (operand) requireBroadcast('a scale or zero point', operand, shape, fault);
  return [{ shape, type }];
}

function expanded(operand: Tensor, shape: Shape) {
  return expand(operand.values, operand.shape, shape);
}

function sign(x: number): number {
  return x >= 0 ? 1 : -1;
}

export const quantisationOperators = {
  quantise,
  dequantise,
  'dynamic-quantise': dynamicQuantise,
  'fake-quantise': fakeQuantise,
  'bipolar-quantise': bipolarQuantise,
} as const;
