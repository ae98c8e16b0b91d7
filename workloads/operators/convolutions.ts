// Convolutions over 1 to 3 axes of positions, plain and transposed, with weights of their own or
// filters that are an input. Inputs are [images, channels, positions …]. Zero weights are skipped.

import { invariant } from '../base/errors.js';
import type { Activation, ProductDemand } from '../demand.js';
import {
  roomFor,
  type Shape,
  shapeText,
  sizeOf,
  type Tensor,
  type TensorType,
  type Values,
} from '../tensor.js';
import { type CsrMatrix, toCsr } from '../weights/store.js';
import { fitOf } from './elements.js';
import {
  type Fault,
  given,
  type InputTypes,
  type LayerWeights,
  operator,
  type WeightShape,
} from './operator.js';
import { activationRange } from './relu.js';
import {
  coveredExtents,
  requireWindows,
  slidingOf,
  type Windows,
  windowCounts,
} from './windows.js';

export interface ConvolutionAttributes extends Windows {
  /** Of the result. */
  readonly channels: number;
  readonly groups: number;
  readonly bias: boolean;
  readonly activation: Activation;
}

export interface TransposedConvolutionAttributes extends ConvolutionAttributes {
  /** What is added behind each axis of the result, less than the stride. */
  readonly outputPads: readonly number[];
}

/** Rows of weights of any float type. */
type Filters = Pick<CsrMatrix, 'rows' | 'pointers' | 'indices'> & { readonly values: Values };

/** The channels of an input, where it is one. */
function channelsOf(
  { kernel, channels, groups }: ConvolutionAttributes,
  { shape }: TensorType,
  fault: Fault,
): number {
  if (shape.length !== kernel.length + 2) {
    throw fault(shapeText(shape), `images, channels and ${kernel.length} axes of positions`);
  }
  const inputs = shape[1] as number;
  if (!(groups >= 1 && inputs % groups === 0 && channels % groups === 0)) {
    throw fault(
      `${groups} groups of ${inputs} inputs and ${channels} outputs`,
      'a divisor of both',
    );
  }
  return inputs;
}

function convolvedType(
  attributes: ConvolutionAttributes,
  input: TensorType,
  fault: Fault,
): TensorType {
  requireWindows(attributes, fault);
  channelsOf(attributes, input, fault);
  const positions = windowCounts(attributes, input.shape.slice(2));
  if (positions.some((extent) => extent < 1)) {
    throw fault(
      `${shapeText(attributes.kernel)} windows over ${shapeText(input.shape)}`,
      'room for one',
    );
  }
  return { shape: [input.shape[0] as number, attributes.channels, ...positions], type: input.type };
}

function transposedType(
  attributes: TransposedConvolutionAttributes,
  input: TensorType,
  fault: Fault,
): TensorType {
  requireWindows(attributes, fault);
  channelsOf(attributes, input, fault);
  const { outputPads, kernel } = attributes;
  if (outputPads.length !== kernel.length)
    throw fault(`${outputPads.length} output pads`, `${kernel.length}`);
  const positions = coveredExtents(attributes, input.shape.slice(2)).map(
    (extent, at) => extent + (outputPads[at] as number),
  );
  if (positions.some((extent) => extent < 1)) {
    throw fault(`a result of ${shapeText(positions)} positions`, 'at least 1 an axis');
  }
  return { shape: [input.shape[0] as number, attributes.channels, ...positions], type: input.type };
}

/** [outputs × in/group · taps]. */
function filterShape(
  { channels, groups, kernel, bias }: ConvolutionAttributes,
  { shape }: TensorType,
): WeightShape {
  return {
    rows: channels,
    columns: ((shape[1] as number) / groups) * sizeOf(kernel),
    biases: bias ? channels : 0,
  };
}

/**
 * [outputs · taps × in/group]: rows are ordered by output channel, which orders them by group, then
 * by tap.
 */
function transposedFilterShape(
  { channels, groups, kernel, bias }: ConvolutionAttributes,
  { shape }: TensorType,
): WeightShape {
  return {
    rows: channels * sizeOf(kernel),
    columns: (shape[1] as number) / groups,
    biases: bias ? channels : 0,
  };
}

function convolve(
  attributes: ConvolutionAttributes,
  input: Tensor,
  result: TensorType,
  { rows, pointers, indices, values: weights }: Filters,
  bias: Values | null,
): Values {
  const [images = 1, channels = 1, ...from] = input.shape;
  const { wide, narrow, taps, step, runs } = slidingOf(attributes, from, result.shape.slice(2));
  const perGroup = channels / attributes.groups;
  const values = roomFor(result);
  const store = storing(attributes, result);
  const sums = new Float64Array(narrow);
  for (let image = 0; image < images; image++) {
    for (let row = 0; row < rows; row++) {
      sums.fill(bias?.[row] ?? 0);
      const firstChannel =
        image * channels + Math.floor((row * attributes.groups) / rows) * perGroup;
      for (let at = pointers[row] as number; at < (pointers[row + 1] as number); at++) {
        const column = indices[at] as number;
        const plane = (firstChannel + Math.floor(column / taps)) * wide;
        gatherTap(
          runs[column % taps] as Int32Array,
          step,
          weights[at] as number,
          input.values,
          plane,
          sums,
        );
      }
      store(sums, values, (image * rows + row) * narrow);
    }
  }
  return values;
}

/** Adds to each window's sum what one tap reads of a plane. */
function gatherTap(
  runs: Int32Array,
  step: number,
  weight: number,
  from: Values,
  plane: number,
  sums: Float64Array,
): void {
  for (let run = 0; run < runs.length; run += 3) {
    let place = plane + (runs[run] as number);
    const first = runs[run + 1] as number;
    const end = first + (runs[run + 2] as number);
    for (let at = first; at < end; at++) {
      sums[at] = (sums[at] as number) + weight * (from[place] as number);
      place += step;
    }
  }
}

/** Adds what one tap makes of each position of a plane to where it falls. */
function scatterTap(
  runs: Int32Array,
  step: number,
  weight: number,
  from: Values,
  plane: number,
  sums: Float64Array,
): void {
  for (let run = 0; run < runs.length; run += 3) {
    let place = runs[run] as number;
    const first = plane + (runs[run + 1] as number);
    const end = first + (runs[run + 2] as number);
    for (let at = first; at < end; at++) {
      sums[place] = (sums[place] as number) + weight * (from[at] as number);
      place += step;
    }
  }
}

function convolveTransposed(
  attributes: ConvolutionAttributes,
  input: Tensor,
  result: TensorType,
  { pointers, indices, values: weights }: Filters,
  bias: Values | null,
): Values {
  const [images = 1, inputs = 1, ...from] = input.shape;
  const { channels, groups } = attributes;
  const { wide, narrow, taps, step, runs } = slidingOf(attributes, result.shape.slice(2), from);
  const values = roomFor(result);
  const store = storing(attributes, result);
  const sums = new Float64Array(wide);
  for (let image = 0; image < images; image++) {
    for (let channel = 0; channel < channels; channel++) {
      sums.fill(bias?.[channel] ?? 0);
      const firstInput =
        image * inputs + Math.floor((channel * groups) / channels) * (inputs / groups);
      for (let tap = 0; tap < taps; tap++) {
        const row = channel * taps + tap;
        for (let at = pointers[row] as number; at < (pointers[row + 1] as number); at++) {
          const plane = (firstInput + (indices[at] as number)) * narrow;
          scatterTap(
            runs[tap] as Int32Array,
            step,
            weights[at] as number,
            input.values,
            plane,
            sums,
          );
        }
      }
      store(sums, values, (image * channels + channel) * wide);
    }
  }
  return values;
}

/** Writes sums from a place on, with the ReLU, and rounded to the result's type. */
function storing({ activation }: ConvolutionAttributes, { type }: TensorType) {
  const { min, max } = activationRange(activation);
  const fitted = fitOf(type);
  return (sums: Float64Array, values: Values, at: number) => {
    for (const [index, sum] of sums.entries())
      values[at + index] = fitted(Math.min(Math.max(sum, min), max));
  };
}

/** The unfolded patches, one a position of the result, times the filters. */
function convolvedDemand(
  attributes: ConvolutionAttributes,
  input: TensorType,
  { shape }: TensorType,
  right: ProductDemand['right'],
): ProductDemand {
  const { channels, groups, kernel, bias, activation } = attributes;
  return {
    kind: 'product',
    matrices: groups,
    rows: (shape[0] as number) * sizeOf(shape.slice(2)),
    depth: ((input.shape[1] as number) / groups) * sizeOf(kernel),
    columns: channels / groups,
    ...{ right, bias, activation },
  };
}

/** Each position of the input times all taps, which are then added up where they meet. */
function transposedDemand(
  attributes: ConvolutionAttributes,
  { shape }: TensorType,
  right: ProductDemand['right'],
): ProductDemand {
  const { channels, groups, kernel, bias, activation } = attributes;
  return {
    kind: 'product',
    matrices: groups,
    rows: (shape[0] as number) * sizeOf(shape.slice(2)),
    depth: (shape[1] as number) / groups,
    columns: (channels / groups) * sizeOf(kernel),
    ...{ right, bias, activation },
  };
}

const convolution = operator<ConvolutionAttributes>({
  arity: [1, 1],
  infer: (attributes, inputs, fault) => [convolvedType(attributes, given(inputs), fault)],
  weightShape: (attributes, inputs) => filterShape(attributes, given(inputs)),
  forward(attributes, inputs, [result], weights) {
    const { store, bias } = owned(weights);
    return [convolve(attributes, given(inputs), result as TensorType, toCsr(store), bias)];
  },
  demand: (attributes, inputs, [result]) =>
    convolvedDemand(attributes, given(inputs), result as TensorType, 'weights'),
});

const transposedConvolution = operator<TransposedConvolutionAttributes>({
  arity: [1, 1],
  infer: (attributes, inputs, fault) => [transposedType(attributes, given(inputs), fault)],
  weightShape: (attributes, inputs) => transposedFilterShape(attributes, given(inputs)),
  forward(attributes, inputs, [result], weights) {
    const { store, bias } = owned(weights);
    return [
      convolveTransposed(attributes, given(inputs), result as TensorType, toCsr(store), bias),
    ];
  },
  demand: (attributes, inputs) => transposedDemand(attributes, given(inputs), 'weights'),
});

function owned(weights: LayerWeights | null): LayerWeights {
  invariant(weights !== null, 'a convolution has weights');
  return weights;
}

const dynamicConvolution = operator<ConvolutionAttributes>({
  arity: [2, 3],
  infer(attributes, inputs, fault) {
    const input = given(inputs);
    const result = convolvedType(attributes, input, fault);
    const { channels, groups, kernel } = attributes;
    requireFilters(
      inputs,
      [channels, (input.shape[1] as number) / groups, ...kernel],
      attributes,
      fault,
    );
    return [result];
  },
  forward(attributes, inputs, [result]) {
    const input = given(inputs);
    const filters = allOf(filterShape(attributes, input), given(inputs, 1).values);
    return [convolve(attributes, input, result as TensorType, filters, biasOf(attributes, inputs))];
  },
  demand: (attributes, inputs, [result]) =>
    convolvedDemand(attributes, given(inputs), result as TensorType, 'activations'),
});

const dynamicTransposedConvolution = operator<TransposedConvolutionAttributes>({
  arity: [2, 3],
  infer(attributes, inputs, fault) {
    const input = given(inputs);
    const result = transposedType(attributes, input, fault);
    const { channels, groups, kernel } = attributes;
    requireFilters(
      inputs,
      [input.shape[1] as number, channels / groups, ...kernel],
      attributes,
      fault,
    );
    return [result];
  },
  forward(attributes, inputs, [result]) {
    const input = given(inputs);
    const filters = given(inputs, 1);
    const values = roomFor(filters);
    transposeFilters(filters.values, filters.shape, attributes.groups, values);
    const all = allOf(transposedFilterShape(attributes, input), values);
    return [
      convolveTransposed(attributes, input, result as TensorType, all, biasOf(attributes, inputs)),
    ];
  },
  demand: (attributes, inputs) => transposedDemand(attributes, given(inputs), 'activations'),
});

function requireFilters(
  inputs: InputTypes,
  expected: Shape,
  { bias, channels }: ConvolutionAttributes,
  fault: Fault,
) {
  const { shape } = given(inputs, 1);
  if (shape.join() !== expected.join())
    throw fault(`filters of ${shapeText(shape)}`, shapeText(expected));
  const biases = inputs[2];
  if (bias !== Boolean(biases) || (biases && sizeOf(biases.shape) !== channels)) {
    throw fault(`${biases ? sizeOf(biases.shape) : 0} biases`, `${bias ? channels : 0}`);
  }
}

function biasOf(
  { bias }: ConvolutionAttributes,
  inputs: readonly (Tensor | null)[],
): Values | null {
  return bias ? given(inputs, 2).values : null;
}

/** A matrix in which every weight is an entry. */
function allOf({ rows, columns }: WeightShape, values: Values): Filters {
  const pointers = Uint32Array.from({ length: rows + 1 }, (_, row) => row * columns);
  return { rows, pointers, indices: Uint32Array.from(values, (_, at) => at % columns), values };
}

/**
 * The weights of a transposed convolution as ONNX keeps them, [inputs, outputs per group, taps …],
 * as the matrix [outputs · taps × inputs per group] that the row 'conv-transpose' takes.
 */
export function transposeFilters<Each extends Values>(
  values: Each,
  shape: Shape,
  groups: number,
  to: Each,
): Each {
  const [inputs = 1, perGroup = 1, ...kernel] = shape;
  const taps = sizeOf(kernel);
  const columns = inputs / groups;
  for (let input = 0; input < inputs; input++) {
    const firstRow = Math.floor(input / columns) * perGroup * taps;
    for (let row = 0; row < perGroup * taps; row++) {
      to[(firstRow + row) * columns + (input % columns)] = values[
        input * perGroup * taps + row
      ] as number;
    }
  }
  return to;
}

export const convolutionOperators = {
  'conv-nd': convolution,
  'conv-transpose': transposedConvolution,
  'conv-dynamic': dynamicConvolution,
  'conv-transpose-dynamic': dynamicTransposedConvolution,
} as const;
