// One ONNX node as a model, run by ONNX Runtime, and the comparison of a row of the operator table with it.

import { expect } from 'vitest';
import { importOrt, type OrtTensor, sessionOptions } from '../../hw-models/host/onnx-runtime.js';
import { InputError } from '../../workloads/base/errors.js';
import { modelType } from '../../workloads/export/onnx-schema.js';
import type { Fault, LayerWeights, Operator } from '../../workloads/operators/operator.js';
import { type ElementType, elementTypes, sizeOf, type Tensor, type TensorType } from '../../workloads/tensor.js';

export const ort = await importOrt().catch(() => null);
if (!ort) process.stderr.write('skipping tests that need onnxruntime-node\n');

type AttributeValue = number | string | readonly number[] | readonly string[] | Floats;

interface Floats {
  readonly floats: number | readonly number[];
}

export interface OnnxNode {
  readonly opType: string;
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  /** Null for one that is left out. */
  readonly inputs: readonly (Tensor | null)[];
  readonly outputs?: number;
  readonly opset?: number;
}

const dataTypes: Partial<Record<ElementType, readonly [code: number, name: string]>> = {
  float32: [1, 'float32'],
  uint8: [2, 'uint8'],
  int8: [3, 'int8'],
  int32: [6, 'int32'],
  int64: [7, 'int64'],
  bool: [9, 'bool'],
  float64: [11, 'float64'],
};

function attribute(name: string, value: AttributeValue) {
  if (typeof value === 'number') return { name, type: 2, i: value };
  if (typeof value === 'string') return { name, type: 3, s: new TextEncoder().encode(value) };
  if ('floats' in value) {
    return typeof value.floats === 'number'
      ? { name, type: 1, f: value.floats }
      : { name, type: 6, floats: value.floats };
  }
  if (value.some((each) => typeof each === 'string')) {
    return { name, type: 8, strings: value.map((each) => new TextEncoder().encode(String(each))) };
  }
  return { name, type: 7, ints: value };
}

/** What ONNX Runtime makes of it. */
export async function runNode({ opType, attributes = {}, inputs, outputs = 1, opset = 21 }: OnnxNode) {
  if (!ort) throw new Error('no ONNX Runtime');
  const read = inputs.map((input, at) => (input ? `x${at}` : ''));
  const written = Array.from({ length: outputs }, (_, at) => `y${at}`);
  const model = modelType
    .encode({
      irVersion: 10,
      producerName: 'a test',
      opsetImport: [{ version: opset }],
      graph: {
        name: 'test',
        node: [
          {
            ...{ name: '', opType, input: read, output: written },
            attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
          },
        ],
        input: inputs.flatMap((input, at) => {
          const elemType = input && dataTypes[input.type]?.[0];
          const dim = input?.shape.map((dimValue) => ({ dimValue }));
          return elemType ? [{ name: `x${at}`, type: { tensorType: { elemType, shape: { dim } } } }] : [];
        }),
        output: written.map((name) => ({ name, type: {} })),
      },
    })
    .finish();
  const session = await ort.InferenceSession.create(model, sessionOptions(1));
  const feeds = inputs.flatMap((input, at) => (input ? [[`x${at}`, ortTensor(input)] as const] : []));
  const results = await session.run(Object.fromEntries(feeds));
  await session.release();
  return written.map((name) => {
    const { dims, data } = results[name] as unknown as { dims: readonly number[]; data: ArrayLike<number | bigint> };
    return { shape: dims, values: Array.from(data, Number) };
  });
}

function ortTensor({ shape, type, values }: Tensor): OrtTensor {
  const Constructor = ort?.Tensor as unknown as new (type: string, data: unknown, dims: readonly number[]) => OrtTensor;
  const data = type === 'int64' ? BigInt64Array.from(values, (value) => BigInt(value)) : values;
  return new Constructor(dataTypes[type]?.[1] as string, data, shape);
}

export const fault: Fault = (found, expected) => new InputError(`layer test: found ${found}, expected ${expected}`);

/** The results of a row, as tensors. */
export function results<Attributes>(
  row: Operator<Attributes>,
  attributes: Attributes,
  inputs: readonly (Tensor | null)[],
  weights: LayerWeights | null = null,
): readonly Tensor[] {
  const types = row.infer(attributes, inputs, fault);
  const values = row.forward?.(attributes, inputs, types, weights) ?? [];
  for (const [at, { shape, type }] of types.entries()) {
    expect(values[at]?.length).toBe(sizeOf(shape));
    expect(values[at]?.constructor).toBe(elementTypes[type].room(0).constructor);
  }
  return types.map((type: TensorType, at) => ({ ...type, values: values[at] as Tensor['values'] }));
}

/** Holds a row against ONNX Runtime: the same shapes, and values within `tolerance` of the largest, or of 1 (0: equal). */
export async function judge<Attributes>(
  row: Operator<Attributes>,
  attributes: Attributes,
  node: OnnxNode,
  options: {
    readonly inputs?: readonly (Tensor | null)[];
    readonly weights?: LayerWeights;
    readonly tolerance?: number;
  } = {},
): Promise<void> {
  const own = results(row, attributes, options.inputs ?? node.inputs, options.weights ?? null);
  same(own, await runNode({ ...node, outputs: node.outputs ?? own.length }), options.tolerance);
}

export function same(
  own: readonly Tensor[],
  expected: readonly { readonly shape: readonly number[]; readonly values: readonly number[] }[],
  tolerance = 0,
): void {
  expect(own.map(({ shape }) => shape)).toEqual(expected.map(({ shape }) => shape));
  for (const [at, { values }] of own.entries()) {
    const wanted = expected[at]?.values ?? [];
    if (tolerance === 0) {
      expect(Array.from(values)).toEqual(wanted);
    } else {
      const scale = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
      const error = wanted.reduce((worst, value, i) => Math.max(worst, Math.abs((values[i] as number) - value)), 0);
      expect(error / scale).toBeLessThanOrEqual(tolerance);
    }
  }
}

/** A tensor of numbers as they come. */
export function tensorOf(shape: readonly number[], numbers: readonly number[], type: ElementType = 'float32'): Tensor {
  const values = elementTypes[type].room(sizeOf(shape));
  values.set(numbers);
  return { shape, type, values };
}

/** 0, 1, 2, … */
export function counted(shape: readonly number[], type: ElementType = 'float32'): Tensor {
  return tensorOf(
    shape,
    Array.from({ length: sizeOf(shape) }, (_, at) => at),
    type,
  );
}

/** Numbers between −2 and 2 that differ; whole ones from −50 to 50 of integer types. */
export function drawn(shape: readonly number[], seed: number, type: ElementType = 'float32'): Tensor {
  const numbers = Array.from({ length: sizeOf(shape) }, (_, at) => 2 * Math.sin((at + 1) * (seed + 1.7)));
  return tensorOf(
    shape,
    elementTypes[type].isFloat ? numbers : numbers.map((value) => Math.round(25 * value) + 0),
    type,
  );
}

export function int64s(...numbers: readonly number[]): Tensor {
  return tensorOf([numbers.length], numbers, 'int64');
}
