// Inputs that are parameters: files written without their weights name them as inputs.

import { dimensionsOf } from './dimensions.js';
import type { OnnxGraph, OnnxValue } from './model.js';

/** From which of their inputs on operators have parameters. */
const firstParameter: Readonly<Record<string, number>> = {
  Conv: 1,
  ConvTranspose: 1,
  Gemm: 1,
  MatMul: 1,
  BatchNormalization: 1,
  LayerNormalization: 1,
  InstanceNormalization: 1,
  LSTM: 1,
  GRU: 1,
  RNN: 1,
  PRelu: 1,
};

/**
 * An input under a weight's name and of fixed extents that is read only where operators have their
 * weights.
 */
export function isParameter(input: OnnxValue, { node }: OnnxGraph): boolean {
  if (!/weight|bias|kernel|gamma|beta|running_|moving_/i.test(input.name)) return false;
  const dimensions = dimensionsOf(input);
  if (!dimensions?.every(({ dimValue }) => dimValue !== undefined && dimValue >= 1)) return false;
  const readers = node.filter((each) => each.input.includes(input.name));
  return (
    readers.length > 0 &&
    readers.every(
      ({ opType, input: reads }) =>
        reads.indexOf(input.name) >= (firstParameter[opType] ?? Infinity),
    )
  );
}
