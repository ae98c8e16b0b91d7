// Normalisations by statistics of the elements themselves, and scale and shift along an axis.

import { type Demand, type Operations, operationsEach, streamOf } from '../demand.js';
import {
  roomFor,
  type Shape,
  shapeText,
  sizeOf,
  type Tensor,
  type TensorType,
  type Values,
} from '../tensor.js';
import {
  axesOf,
  elementsOf,
  expand,
  knownAxes,
  knownAxis,
  laneStart,
  lanesOf,
  offsetsOver,
  otherAxes,
  requireBroadcast,
  together,
} from './axes.js';
import { fitOf, valuesOf } from './elements.js';
import {
  axisOf,
  type Fault,
  given,
  type InputTensors,
  type InputTypes,
  operator,
} from './operator.js';

/**
 * Groups of elements that are normalised together: where each starts, and its elements from there.
 */
interface Groups {
  readonly starts: Int32Array;
  readonly within: Int32Array;
}

interface Moments {
  readonly mean: Float64Array;
  readonly inverse: Float64Array;
}

function groupsOver(shape: Shape, axes: readonly number[]): Groups {
  return {
    starts: offsetsOver(shape, otherAxes(axes, shape.length)),
    within: offsetsOver(shape, axes),
  };
}

/** Groups of `size` elements that lie next to each other. */
function groupsOfSize(shape: Shape, size: number): Groups {
  return groupsOver([size === 0 ? 0 : sizeOf(shape) / size, size], [1]);
}

/** Mean and inverse deviation of each group; about 0 where they are not centred. */
function momentsOf(
  values: Values,
  { starts, within }: Groups,
  centred: boolean,
  inverse: (variance: number) => number,
): Moments {
  const moments = {
    mean: new Float64Array(starts.length),
    inverse: new Float64Array(starts.length),
  };
  for (const [group, start] of starts.entries()) {
    let sum = 0;
    if (centred) for (const offset of within) sum += values[start + offset] as number;
    const mean = sum / within.length;
    let squares = 0;
    for (const offset of within) squares += ((values[start + offset] as number) - mean) ** 2;
    moments.mean[group] = centred ? mean : 0;
    moments.inverse[group] = inverse(squares / within.length);
  }
  return moments;
}

/** (x − mean) · inverse · scale + bias. */
function standardise(
  { values }: Tensor,
  { starts, within }: Groups,
  { mean, inverse }: Moments,
  result: TensorType,
  finish: (normal: number, at: number) => number = (normal) => normal,
): Values {
  const results = roomFor(result);
  const fitted = fitOf(result.type);
  for (const [group, start] of starts.entries()) {
    for (const offset of within) {
      const at = start + offset;
      const normal =
        ((values[at] as number) - (mean[group] as number)) * (inverse[group] as number);
      results[at] = fitted(finish(normal, at));
    }
  }
  return results;
}

const rootWith = (epsilon: number) => (variance: number) => 1 / Math.sqrt(variance + epsilon);

/** A pass for the sums and one that uses them. */
function twoPasses(
  inputs: InputTypes,
  results: readonly TensorType[],
  groups: number,
  each: Partial<Operations>,
  perGroup: Partial<Operations>,
): Demand {
  const count = sizeOf(given(inputs).shape);
  const operations = together(
    operationsEach(count, each),
    operationsEach(count, { multiply: inputs[1] ? 1 : 0, add: inputs[2] ? 1 : 0 }),
    operationsEach(groups, perGroup),
  );
  return { ...streamOf(elementsOf(inputs), elementsOf(results), operations), passes: 2 };
}

/** Sums of elements and of squared differences; then difference and product. */
const centredCost = { add: 4, multiply: 2 };
const centredGroupCost = { add: 1, divide: 3, exponential: 1 };

export interface LayerNormAttributes {
  /** The first of the axes that are normalised together; all later ones are too. */
  readonly axis: number;
  readonly epsilon: number;
  /** Whether mean and inverse deviation are results as well, in float32. */
  readonly statistics?: boolean;
}

/** Inputs: x, scale, bias; the last two broadcast to x and may be left out. */
const layerNorm = operator<LayerNormAttributes>({
  arity: [1, 3],
  infer({ axis, statistics = false }, inputs, fault) {
    const { shape, type } = given(inputs);
    const first = axisOf(axis, shape.length, fault);
    for (const operand of inputs.slice(1))
      if (operand) requireBroadcast('a scale or bias', operand, shape, fault);
    const reduced = shape.map((extent, at) => (at < first ? extent : 1));
    const moment: TensorType = { shape: reduced, type: 'float32' };
    return statistics ? [{ shape, type }, moment, moment] : [{ shape, type }];
  },
  forward({ axis, epsilon, statistics = false }, inputs, results) {
    const { shape, values } = given(inputs);
    const groups = groupsOfSize(shape, sizeOf(shape.slice(knownAxis(axis, shape.length))));
    const moments = momentsOf(values, groups, true, rootWith(epsilon));
    const y = standardise(given(inputs), groups, moments, given(results), broadcastAffine(inputs));
    if (!statistics) return [y];
    return [y, Float32Array.from(moments.mean), Float32Array.from(moments.inverse)];
  },
  demand({ axis }, inputs, results) {
    const { shape } = given(inputs);
    const groups = sizeOf(shape.slice(0, knownAxis(axis, shape.length)));
    return twoPasses(inputs, results, groups, centredCost, centredGroupCost);
  },
});

function broadcastAffine(inputs: InputTensors) {
  const { shape } = given(inputs);
  const [scale, bias] = [inputs[1], inputs[2]].map(
    (operand) => operand && expand(operand.values, operand.shape, shape),
  );
  return (normal: number, at: number) => normal * (scale?.[at] ?? 1) + (bias?.[at] ?? 0);
}

export interface RmsNormAttributes {
  /** The first of the axes that are normalised together; all later ones are too. */
  readonly axis: number;
  readonly epsilon: number;
}

/**
 * Inputs: x, scale, which broadcasts to x and may be left out. Divides by the root of the mean
 * square.
 */
const rmsNorm = operator<RmsNormAttributes>({
  arity: [1, 2],
  infer({ axis }, inputs, fault) {
    const { shape, type } = given(inputs);
    axisOf(axis, shape.length, fault);
    for (const operand of inputs.slice(1))
      if (operand) requireBroadcast('a scale', operand, shape, fault);
    return [{ shape, type }];
  },
  forward({ axis, epsilon }, inputs, results) {
    const { shape, values } = given(inputs);
    const groups = groupsOfSize(shape, sizeOf(shape.slice(knownAxis(axis, shape.length))));
    const moments = momentsOf(values, groups, false, rootWith(epsilon));
    return [standardise(given(inputs), groups, moments, given(results), broadcastAffine(inputs))];
  },
  demand({ axis }, inputs, results) {
    const { shape } = given(inputs);
    const groups = sizeOf(shape.slice(0, knownAxis(axis, shape.length)));
    return twoPasses(
      inputs,
      results,
      groups,
      { add: 1, multiply: 2 },
      { add: 1, divide: 2, exponential: 1 },
    );
  },
});

export interface GroupNormAttributes {
  readonly groups: number;
  readonly epsilon: number;
}

export interface InstanceNormAttributes {
  readonly epsilon: number;
}

/** Inputs: x [frames, channels, …], scale and bias, each of one value a channel or a group. */
const groupNorm = operator<GroupNormAttributes>({
  arity: [1, 3],
  infer({ groups }, inputs, fault) {
    return inferGroups(groups, inputs, fault);
  },
  forward: ({ groups, epsilon }, inputs, results) => [
    normaliseGroups(groups, epsilon, inputs, given(results)),
  ],
  demand({ groups }, inputs, results) {
    const [frames = 1] = given(inputs).shape;
    return twoPasses(inputs, results, frames * groups, centredCost, centredGroupCost);
  },
});

/** Inputs: x [frames, channels, …], scale and bias of one value a channel. */
const instanceNorm = operator<InstanceNormAttributes>({
  arity: [1, 3],
  infer(_attributes, inputs, fault) {
    return inferGroups(given(inputs).shape[1] ?? 0, inputs, fault);
  },
  forward({ epsilon }, inputs, results) {
    return [normaliseGroups(given(inputs).shape[1] ?? 0, epsilon, inputs, given(results))];
  },
  demand(_attributes, inputs, results) {
    const [frames = 1, channels = 1] = given(inputs).shape;
    return twoPasses(inputs, results, frames * channels, centredCost, centredGroupCost);
  },
});

function inferGroups(groups: number, inputs: InputTypes, fault: Fault): readonly TensorType[] {
  const { shape, type } = given(inputs);
  const [, channels] = shape;
  if (channels === undefined) throw fault(`an input of ${shapeText(shape)}`, 'frames and channels');
  if (!(groups > 0 && channels % groups === 0)) {
    throw fault(`${groups} groups of ${channels} channels`, 'a divisor of the channels');
  }
  for (const operand of inputs.slice(1)) {
    const extent: number = operand ? sizeOf(operand.shape) : channels;
    if (extent !== channels && extent !== groups) {
      throw fault(`a scale or bias of ${extent} values`, `${channels}, one a channel`);
    }
  }
  return [{ shape, type }];
}

function normaliseGroups(
  groups: number,
  epsilon: number,
  inputs: InputTensors,
  result: TensorType,
): Values {
  const { shape, values } = given(inputs);
  const [frames = 1, channels = 1] = shape;
  const [scale, bias] = [inputs[1], inputs[2]];
  const within = groupsOfSize(shape, frames * groups === 0 ? 0 : sizeOf(shape) / (frames * groups));
  const moments = momentsOf(values, within, true, rootWith(epsilon));
  const pixels = sizeOf(shape.slice(2));
  return standardise(given(inputs), within, moments, result, (normal, at) => {
    const channel = Math.floor(at / pixels) % channels;
    const of = (operand: Tensor | null | undefined, unless: number) =>
      operand?.values[Math.floor((channel * operand.values.length) / channels)] ?? unless;
    return normal * of(scale, 1) + of(bias, 0);
  });
}

export interface MeanVarianceNormAttributes {
  readonly axes: readonly number[];
}

/** ONNX adds it to the deviation, not to the variance. */
const DEVIATION_EPSILON = 1e-9;

/** Input: x. To a mean of 0 and a deviation of 1. */
const meanVarianceNorm = operator<MeanVarianceNormAttributes>({
  arity: [1, 1],
  infer({ axes }, inputs, fault) {
    const { shape, type } = given(inputs);
    axesOf(axes, shape.length, fault);
    return [{ shape, type }];
  },
  forward({ axes }, inputs, results) {
    const { shape, values } = given(inputs);
    const groups = groupsOver(shape, knownAxes(axes, shape.length));
    const moments = momentsOf(
      values,
      groups,
      true,
      (variance) => 1 / (Math.sqrt(variance) + DEVIATION_EPSILON),
    );
    return [standardise(given(inputs), groups, moments, given(results))];
  },
  demand({ axes }, inputs, results) {
    const { shape } = given(inputs);
    const groups = sizeOf(
      otherAxes(knownAxes(axes, shape.length), shape.length).map((axis) => shape[axis] as number),
    );
    return twoPasses(inputs, results, groups, centredCost, centredGroupCost);
  },
});

export interface LpNormAttributes {
  readonly axis: number;
  readonly p: 1 | 2;
}

/** Input: x. Divided by its norm along the axis; 0 where that is 0. */
const lpNorm = operator<LpNormAttributes>({
  arity: [1, 1],
  infer: ({ axis }, inputs, fault) => sameWithAxis(axis, inputs, fault),
  forward({ axis, p }, inputs, results) {
    const { shape, values } = given(inputs);
    const groups = groupsOver(shape, knownAxes([axis], shape.length));
    const norms = Float64Array.from(groups.starts, (start) => {
      const sum = groups.within.reduce(
        (total, offset) => total + Math.abs(values[start + offset] as number) ** p,
        0,
      );
      return sum === 0 ? 0 : sum ** (-1 / p);
    });
    return [
      standardise(
        given(inputs),
        groups,
        { mean: norms.map(() => 0), inverse: norms },
        given(results),
      ),
    ];
  },
  demand({ axis }, inputs, results) {
    const { shape } = given(inputs);
    const { outer, inner } = lanesOf(shape, knownAxis(axis, shape.length));
    return twoPasses(
      inputs,
      results,
      outer * inner,
      { add: 1, multiply: 2 },
      { exponential: 1, divide: 1 },
    );
  },
});

function sameWithAxis(axis: number, inputs: InputTypes, fault: Fault): readonly TensorType[] {
  const { shape, type } = given(inputs);
  axisOf(axis, shape.length, fault);
  return [{ shape, type }];
}

export interface AffineAttributes {
  readonly axis: number;
}

/**
 * Inputs: x, scale, shift, the last two of one value an index of the axis. A batch norm in use is
 * one.
 */
const affine = operator<AffineAttributes>({
  arity: [2, 3],
  infer({ axis }, inputs, fault) {
    const { shape, type } = given(inputs);
    const extent = shape[axisOf(axis, shape.length, fault)] ?? 1;
    for (const operand of inputs.slice(1)) {
      if (operand && sizeOf(operand.shape) !== extent) {
        throw fault(
          `a scale or shift of ${sizeOf(operand.shape)} values`,
          `${extent}, one an index of axis ${axis}`,
        );
      }
    }
    return [{ shape, type }];
  },
  forward({ axis }, inputs, results) {
    const { shape, values } = given(inputs);
    const scale = given(inputs, 1).values;
    const shift = inputs[2]?.values;
    const { extent, inner } = lanesOf(shape, knownAxis(axis, shape.length));
    return [
      valuesOf(given(results), (at) => {
        const index: number = Math.floor(at / inner) % extent;
        return (values[at] as number) * (scale[index] as number) + (shift?.[index] ?? 0);
      }),
    ];
  },
  demand(_attributes, inputs, results) {
    const count = elementsOf(results);
    return streamOf(
      elementsOf(inputs),
      count,
      operationsEach(count, { multiply: 1, add: inputs[2] ? 1 : 0 }),
    );
  },
});

export interface HardmaxAttributes {
  readonly axis: number;
}

/** Input: x. 1 at the first of the greatest elements along the axis, 0 elsewhere. */
const hardmax = operator<HardmaxAttributes>({
  arity: [1, 1],
  infer: ({ axis }, inputs, fault) => sameWithAxis(axis, inputs, fault),
  forward({ axis }, inputs, results) {
    const { shape, values } = given(inputs);
    const lanes = lanesOf(shape, knownAxis(axis, shape.length));
    const result = roomFor(given(results));
    for (let lane = 0; lane < lanes.outer * lanes.inner; lane++) {
      let best = laneStart(lanes, lane);
      const end = best + lanes.extent * lanes.inner;
      for (let at = best; at < end; at += lanes.inner)
        if ((values[at] as number) > (values[best] as number)) best = at;
      if (lanes.extent > 0) result[best] = 1;
    }
    return [result];
  },
  demand(_attributes, inputs, results) {
    const count = elementsOf(inputs);
    return {
      ...streamOf(count, elementsOf(results), operationsEach(count, { add: 2 })),
      passes: 2,
    };
  },
});

export const normalisationOperators = {
  'layer-norm': layerNorm,
  'rms-norm': rmsNorm,
  'group-norm': groupNorm,
  'instance-norm': instanceNorm,
  'mean-variance-norm': meanVarianceNorm,
  'lp-norm': lpNorm,
  affine,
  hardmax,
} as const;
