// Reductions over axes, positions of extremes, and running sums and products.

import { type Operations, operationsEach, streamOf } from '../demand.js';
import { elementTypes, roomFor, type Shape, type TensorType } from '../tensor.js';
import {
  axesOf,
  elementsOf,
  knownAxes,
  knownAxis,
  laneStart,
  lanesOf,
  offsetsOver,
  otherAxes,
  together,
} from './axes.js';
import { fitOf, integerRange, valuesOf } from './elements.js';
import { axisOf, given, operator } from './operator.js';

interface Reduction {
  /** Of `count` elements. */
  readonly reduce: (element: (at: number) => number, count: number) => number;
  /** Arithmetic of each element that goes in, and of each result. */
  readonly each: Partial<Operations>;
  readonly last?: Partial<Operations>;
  readonly passes?: number;
}

const fold =
  (
    start: number,
    step: (total: number, x: number) => number,
    finish = (total: number, _count: number) => total,
  ): Reduction['reduce'] =>
  (element, count) => {
    let total = start;
    for (let at = 0; at < count; at++) total = step(total, element(at));
    return finish(total, count);
  };
const total = fold(0, (sum, x) => sum + x);
const max = fold(Number.NEGATIVE_INFINITY, (best, x) => Math.max(best, x));

export const reductions = {
  sum: { reduce: total, each: { add: 1 } },
  mean: {
    reduce: (element, count) => total(element, count) / count,
    each: { add: 1 },
    last: { divide: 1 },
  },
  max: { reduce: max, each: { add: 1 } },
  min: { reduce: fold(Number.POSITIVE_INFINITY, (best, x) => Math.min(best, x)), each: { add: 1 } },
  product: { reduce: fold(1, (product, x) => product * x), each: { multiply: 1 } },
  l1: { reduce: fold(0, (sum, x) => sum + Math.abs(x)), each: { add: 2 } },
  l2: {
    reduce: fold(0, (sum, x) => sum + x * x, Math.sqrt),
    each: { add: 1, multiply: 1 },
    last: { exponential: 1 },
  },
  'log-sum': {
    reduce: fold(0, (sum, x) => sum + x, Math.log),
    each: { add: 1 },
    last: { exponential: 1 },
  },
  'log-sum-exp': {
    reduce(element, count) {
      const best = max(element, count);
      // Of nothing, or where a difference to it would not be a number.
      if (!Number.isFinite(best)) return best;
      return best + Math.log(total((at) => Math.exp(element(at) - best), count));
    },
    each: { add: 3, exponential: 1 },
    last: { add: 1, exponential: 1 },
    passes: 2,
  },
  'sum-square': { reduce: fold(0, (sum, x) => sum + x * x), each: { add: 1, multiply: 1 } },
} as const satisfies Readonly<Record<string, Reduction>>;

export type ReductionName = keyof typeof reductions;

export interface ReduceAttributes {
  readonly function: ReductionName;
  /** Negative ones count from the back; null stands for all, an empty list for none. */
  readonly axes: readonly number[] | null;
  /** Whether the axes stay, with an extent of 1. */
  readonly keep: boolean;
}

/** Input: x. Result: of x's type; a mean of integers is cut off. */
const reduce = operator<ReduceAttributes>({
  arity: [1, 1],
  infer({ axes, keep }, inputs, fault) {
    const { shape, type } = given(inputs);
    return [{ shape: without(shape, axesOf(axes, shape.length, fault), keep), type }];
  },
  forward(attributes, inputs, results) {
    const { shape, type, values } = given(inputs);
    const axes = knownAxes(attributes.axes, shape.length);
    const starts = offsetsOver(shape, otherAxes(axes, shape.length));
    const within = offsetsOver(shape, axes);
    const { reduce: of } = reductionOf(attributes);
    const isBound = attributes.function === 'max' || attributes.function === 'min';
    // Of no integers, the end of their range.
    if (within.length === 0 && isBound && !elementTypes[type].isFloat) {
      return [
        roomFor(given(results)).fill(integerRange(type)[attributes.function === 'max' ? 0 : 1]),
      ];
    }
    return [
      valuesOf(given(results), (result) => {
        const start = starts[result] as number;
        return of((at) => values[start + (within[at] as number)] as number, within.length);
      }),
    ];
  },
  demand(attributes, inputs, results) {
    const { each, last = {}, passes = 1 } = reductionOf(attributes);
    const [count, outputs] = [elementsOf(inputs), elementsOf(results)];
    const operations = together(operationsEach(count, each), operationsEach(outputs, last));
    return { ...streamOf(count, outputs, operations), passes };
  },
});

function reductionOf(attributes: ReduceAttributes): Reduction {
  return reductions[attributes.function];
}

function without(shape: Shape, axes: readonly number[], keep: boolean): Shape {
  if (keep) return shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
  return shape.filter((_, axis) => !axes.includes(axis));
}

export interface ArgAttributes {
  readonly function: 'max' | 'min';
  readonly axis: number;
  readonly keep: boolean;
  /** Whether the last of equal elements counts, not the first. */
  readonly last: boolean;
}

/** Input: x. Result: int64, where along the axis the greatest or the smallest element is. */
const arg = operator<ArgAttributes>({
  arity: [1, 1],
  infer({ axis, keep }, inputs, fault) {
    const { shape } = given(inputs);
    const counted = axisOf(axis, shape.length, fault);
    if (shape[counted] === 0) throw fault(`axis ${axis} without elements`, 'at least one');
    return [{ shape: without(shape, [counted], keep), type: 'int64' }];
  },
  forward(attributes, inputs, results) {
    const { shape, values } = given(inputs);
    const lanes = lanesOf(shape, knownAxis(attributes.axis, shape.length));
    const sign = attributes.function === 'max' ? 1 : -1;
    return [
      valuesOf(given(results), (lane) => {
        const start = laneStart(lanes, lane);
        let best = 0;
        for (let at = 1; at < lanes.extent; at++) {
          const ahead =
            sign *
            ((values[start + at * lanes.inner] as number) -
              (values[start + best * lanes.inner] as number));
          if (ahead > 0 || (ahead === 0 && attributes.last)) best = at;
        }
        return best;
      }),
    ];
  },
  demand(_attributes, inputs, results) {
    const count = elementsOf(inputs);
    return streamOf(count, elementsOf(results), operationsEach(count, { add: 1 }));
  },
});

export interface CumulativeAttributes {
  readonly axis: number;
  /** Whether an element leaves itself out. */
  readonly exclusive: boolean;
  /** Whether it runs from the last element to the first. */
  readonly reverse: boolean;
}

function cumulative(
  start: number,
  step: (total: number, x: number) => number,
  each: Partial<Operations>,
) {
  return operator<CumulativeAttributes>({
    arity: [1, 1],
    infer({ axis }, inputs, fault): readonly TensorType[] {
      const { shape, type } = given(inputs);
      axisOf(axis, shape.length, fault);
      return [{ shape, type }];
    },
    forward({ axis, exclusive, reverse }, inputs, results) {
      const { shape, values } = given(inputs);
      const result = roomFor(given(results));
      const fitted = fitOf(given(results).type);
      const lanes = lanesOf(shape, knownAxis(axis, shape.length));
      for (let lane = 0; lane < lanes.outer * lanes.inner; lane++) {
        let running = start;
        for (let index = 0; index < lanes.extent; index++) {
          const at =
            laneStart(lanes, lane) + (reverse ? lanes.extent - 1 - index : index) * lanes.inner;
          const next = step(running, values[at] as number);
          result[at] = fitted(exclusive ? running : next);
          running = next;
        }
      }
      return [result];
    },
    demand(_attributes, inputs) {
      const count = elementsOf(inputs);
      return streamOf(count, count, operationsEach(count, each));
    },
  });
}

export const reductionOperators = {
  reduce,
  arg,
  /** Input: x. Result: the sum of an element and those before it. */
  'cumulative-sum': cumulative(0, (sum, x) => sum + x, { add: 1 }),
  'cumulative-product': cumulative(1, (product, x) => product * x, { multiply: 1 }),
} as const;
