// ONNX nodes as short as tests like to write them, and rows held against them.

import type { InputTensors, LayerWeights, Operator } from '../../workloads/operators/operator.js';
import { type ElementType, type Shape, sizeOf, type Tensor } from '../../workloads/tensor.js';
import { judge as judgedBy, type OnnxAttribute } from './onnx-judge.js';
import { expectSame, runRow, tensor } from './rows.js';

/** Whole numbers, unless they are in `floats`. */
type AttributeValue = number | string | readonly number[] | readonly string[] | Floats;

interface Floats {
  readonly floats: number | readonly number[];
}

export interface OnnxNode {
  readonly opType: string;
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly inputs: InputTensors;
  readonly opset?: number;
}

function attribute(value: AttributeValue): OnnxAttribute {
  if (typeof value === 'number') return { i: value };
  if (typeof value === 'string') return { s: value };
  if ('floats' in value)
    return typeof value.floats === 'number' ? { f: value.floats } : { floats: value.floats };
  const isText = (list: readonly unknown[]): list is readonly string[] =>
    typeof list[0] === 'string';
  return isText(value) ? { strings: value } : { ints: value };
}

/** Holds results against ONNX Runtime's. */
export async function same(own: readonly Tensor[], node: OnnxNode, tolerance = 0): Promise<void> {
  const { opType, attributes = {}, inputs, ...rest } = node;
  const written = Object.entries(attributes).map(
    ([name, value]) => [name, attribute(value)] as const,
  );
  const operator = { opType, attributes: Object.fromEntries(written), ...rest };
  expectSame(own, await judgedBy(operator, inputs, own), tolerance);
}

/** Holds a row against ONNX Runtime, whose node may have other inputs than the row. */
export async function judge<Attributes>(
  row: Operator<Attributes>,
  attributes: Attributes,
  node: OnnxNode,
  options: {
    readonly inputs?: InputTensors;
    readonly weights?: LayerWeights;
    readonly tolerance?: number;
  } = {},
): Promise<void> {
  await same(
    runRow(row, attributes, options.inputs ?? node.inputs, options.weights),
    node,
    options.tolerance,
  );
}

/** 0, 1, 2, … */
export function counted(shape: Shape, type: ElementType = 'float32'): Tensor {
  return tensor(
    shape,
    Array.from({ length: sizeOf(shape) }, (_, at) => at),
    type,
  );
}
