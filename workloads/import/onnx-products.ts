// Products of a layer's result with constant weights, as several ONNX operators write them.

import type { Value, Weights } from './graph-builder.js';
import { intOf, windowOf } from './onnx-attributes.js';
import type { Operation } from './onnx-operation.js';
import type { Constant } from './onnx-proto.js';

/** A convolution of the first input. `weights`: [filters][channels of a group][rows][columns]. */
export function convolved(operation: Operation, weights: Constant, bias: Constant | null): Value {
  const { node, builder, name } = operation;
  const value = operation.value(0);
  const [rows = 0, channels = 0, ...kernel] = weights.dims;
  const groups = intOf(node, 'group', 1);
  const window = windowOf(operation, kernel, value.actual);
  const [inputs] = value.actual;
  if (channels * groups !== inputs) {
    throw operation.fault(`weights for ${channels * groups} channels`, `the ${inputs} of its input`);
  }
  const columns = channels * window.kernel[0] * window.kernel[1];
  const values = Float32Array.from(weights.values);
  return builder.convolution(
    name,
    value,
    { ...window, groups },
    { rows, columns, values, bias: bias && Float32Array.from(bias.values) },
  );
}

/** x · B, where the first input is one vector a frame. */
export function multiplied(operation: Operation, weights: Constant): Value {
  const value = operation.value(0);
  if (value.seen.filter((extent) => extent > 1).length > 1) {
    throw operation.fault(`a product of ${value.seen.join('×')} values a frame`, 'of one vector a frame');
  }
  return operation.builder.dense(operation.name, value, { ...rowsOf(operation, weights, false, 1), bias: null });
}

/** B of x · B times `alpha`, a row an output. */
export function rowsOf(
  operation: Operation,
  { dims, values }: Constant,
  transposed: boolean,
  alpha: number,
): Omit<Weights, 'bias'> {
  const [first = 0, second = 0] = dims;
  if (dims.length !== 2) throw operation.fault(`weights of ${dims.length} axes`, '2');
  const [rows, columns] = transposed ? [first, second] : [second, first];
  const weights = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const at = transposed ? row * columns + column : column * rows + row;
      weights[row * columns + column] = (values[at] as number) * alpha;
    }
  }
  return { rows, columns, values: weights };
}
