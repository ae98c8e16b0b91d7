// Triangles of matrices, discrete Fourier transforms, and windows of signals.

import { operationsEach, streamOf } from '../demand.js';
import {
  type ElementType,
  roomFor,
  type Shape,
  shapeText,
  sizeOf,
  type TensorType,
} from '../tensor.js';
import { elementsOf, knownAxis, laneStart, lanesOf } from './axes.js';
import { fitOf, valuesOf } from './elements.js';
import { axisOf, type Fault, given, operator } from './operator.js';

export interface TriluAttributes {
  /** Whether what is on and above the diagonal stays, not what is on and below it. */
  readonly upper: boolean;
  /** Which diagonal: 0 the main one, 1 the one above it. */
  readonly k: number;
}

/** Input: x, of which the last two axes are matrices. The rest of them becomes 0. */
const trilu = operator<TriluAttributes>({
  arity: [1, 1],
  infer(_attributes, inputs, fault) {
    const { shape, type } = given(inputs);
    if (shape.length < 2) throw fault(`an input of ${shapeText(shape)}`, 'matrices');
    return [{ shape, type }];
  },
  forward({ upper, k }, inputs, results) {
    const { shape, values } = given(inputs);
    const [rows = 1, columns = 1] = shape.slice(-2);
    return [
      valuesOf(given(results), (at) => {
        const above = (at % columns) - (Math.floor(at / columns) % rows) - k;
        return (upper ? above >= 0 : above <= 0) ? (values[at] as number) : 0;
      }),
    ];
  },
  demand(_attributes, inputs) {
    const count = elementsOf(inputs);
    return streamOf(count, count, operationsEach(count, { add: 1 }));
  },
});

export interface DftAttributes {
  /**
   * The signal's axis, not the last one, which holds real numbers (extent 1) or real and imaginary
   * parts (2).
   */
  readonly axis: number;
  readonly inverse: boolean;
  /** Whether only the half that is not mirrored is a result; of an inverse, an input. */
  readonly onesided: boolean;
  /** To which the signal is cut or filled up with zeros; its own extent unless told. */
  readonly length?: number;
}

/**
 * Input: x [frames, …, signal, …, 1 or 2]. Result: complex numbers; real ones of a onesided
 * inverse.
 */
const dft = operator<DftAttributes>({
  arity: [1, 1],
  infer(attributes, inputs, fault) {
    const { shape, type } = given(inputs);
    const axis = axisOfSignal(attributes, shape, fault);
    const length = lengthOf(attributes, shape, axis);
    const { inverse, onesided } = attributes;
    const extent = onesided && !inverse ? Math.floor(length / 2) + 1 : length;
    const parts = onesided && inverse ? 1 : 2;
    const result: TensorType = { shape: [...shape.with(axis, extent).slice(0, -1), parts], type };
    return [result];
  },
  forward(attributes, inputs, results) {
    const { shape, values } = given(inputs);
    const result = given(results);
    const axis = knownAxis(attributes.axis, shape.length);
    const length = lengthOf(attributes, shape, axis);
    const { inverse, onesided } = attributes;
    const [parts, resultParts] = [shape.at(-1) as number, result.shape.at(-1) as number];
    const lanes = lanesOf(shape.slice(0, -1), axis);
    const resultLanes = lanesOf(result.shape.slice(0, -1), axis);
    const angles = Float64Array.from(
      { length },
      (_, at) => ((inverse ? 2 : -2) * Math.PI * at) / length,
    );
    const [cosines, sines] = [angles.map(Math.cos), angles.map(Math.sin)];
    const transformed = roomFor(result);
    const fitted = fitOf(result.type);
    const known = Math.min(length, lanes.extent);
    const [reals, imaginaries] = [new Float64Array(length), new Float64Array(length)];
    for (let lane = 0; lane < lanes.outer * lanes.inner; lane++) {
      const from = laneStart(lanes, lane);
      for (let index = 0; index < known; index++) {
        const at = (from + index * lanes.inner) * parts;
        reals[index] = values[at] as number;
        imaginaries[index] = parts === 2 ? (values[at + 1] as number) : 0;
      }
      // The half that was left out mirrors the other one, conjugated.
      for (let index = known; index < length && onesided && inverse; index++) {
        reals[index] = reals[length - index] as number;
        imaginaries[index] = -(imaginaries[length - index] as number);
      }
      for (let frequency = 0; frequency < resultLanes.extent; frequency++) {
        let [real, imaginary] = [0, 0];
        for (let index = 0; index < length; index++) {
          const [x, y] = [reals[index] as number, imaginaries[index] as number];
          const at = (index * frequency) % length;
          const [cosine, sine] = [cosines[at] as number, sines[at] as number];
          real += x * cosine - y * sine;
          imaginary += x * sine + y * cosine;
        }
        const to = (laneStart(resultLanes, lane) + frequency * lanes.inner) * resultParts;
        const divisor = inverse ? length : 1;
        transformed[to] = fitted(real / divisor);
        if (resultParts === 2) transformed[to + 1] = fitted(imaginary / divisor);
      }
    }
    return [transformed];
  },
  /**
   * Of a fast transform: log₂ n stages of n / 2 butterflies, each of 4 multiplications and 6
   * additions.
   */
  demand(attributes, inputs, results) {
    const { shape } = given(inputs);
    const axis = knownAxis(attributes.axis, shape.length);
    const length = lengthOf(attributes, shape, axis);
    const signals = sizeOf(shape.slice(0, -1)) / Math.max(1, shape[axis] as number);
    const butterflies = (signals * length * Math.ceil(Math.log2(Math.max(2, length)))) / 2;
    return streamOf(
      elementsOf(inputs),
      elementsOf(results),
      operationsEach(butterflies, { multiply: 4, add: 6 }),
    );
  },
});

function axisOfSignal({ axis }: DftAttributes, shape: Shape, fault: Fault): number {
  const counted = axisOf(axis, shape.length, fault);
  const parts = shape.at(-1);
  if (counted === shape.length - 1 || (parts !== 1 && parts !== 2)) {
    throw fault(
      `axis ${axis} of ${shapeText(shape)}`,
      'a signal before a last axis of 1 or 2 parts',
    );
  }
  return counted;
}

function lengthOf(
  { inverse, onesided, length }: DftAttributes,
  shape: Shape,
  axis: number,
): number {
  const extent = shape[axis] as number;
  return length ?? (inverse && onesided ? 2 * (extent - 1) : extent);
}

/** Weights of the cosines of 0, 1 and 2 periods. */
const windows = {
  hann: [0.5, -0.5, 0],
  hamming: [25 / 46, -21 / 46, 0],
  blackman: [0.42, -0.5, 0.08],
} as const;

export interface WindowAttributes {
  readonly function: keyof typeof windows;
  readonly length: number;
  /**
   * Whether the first element is the one that would follow the last; else both ends are the same.
   */
  readonly periodic: boolean;
  /** The result's. */
  readonly type: ElementType;
}

/** No input. Result: the weights of a window of a signal. */
const windowRow = operator<WindowAttributes>({
  arity: [0, 0],
  infer: ({ length, type }) => [{ shape: [length], type }],
  forward(attributes, _inputs, results) {
    const [mean, once, twice] = windows[attributes.function];
    const { length, periodic } = attributes;
    const period = periodic ? length : length - 1;
    return [
      valuesOf(given(results), (at) => {
        const angle = (2 * Math.PI * at) / period;
        return mean + once * Math.cos(angle) + twice * Math.cos(2 * angle);
      }),
    ];
  },
  demand: ({ length }) =>
    streamOf(0, length, operationsEach(length, { exponential: 2, multiply: 3, add: 2 })),
});

export const signalOperators = { trilu, dft, window: windowRow } as const;
