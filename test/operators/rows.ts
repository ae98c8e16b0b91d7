// Rows of the operator table run on their own, and how their results are compared.

import fc from 'fast-check';
import { expect } from 'vitest';
import { InputError } from '../../workloads/base/errors.js';
import type { Demand } from '../../workloads/demand.js';
import type { InputTensors, LayerWeights, Operator } from '../../workloads/operators/operator.js';
import {
  type ElementType,
  elementTypes,
  roomFor,
  type Shape,
  sizeOf,
  type Tensor,
} from '../../workloads/tensor.js';
import { judge, type OnnxOperator } from './onnx-judge.js';

/** What a layer's importer would throw. */
export const fault = (found: string, expected: string) =>
  new InputError(`layer test: found ${found}, expected ${expected}`);

/** The results of one row. */
export function runRow<Attributes>(
  row: Operator<Attributes>,
  attributes: Attributes,
  inputs: InputTensors,
  weights: LayerWeights | null = null,
): readonly Tensor[] {
  const results = row.infer(attributes, inputs, fault);
  const values = row.forward?.(attributes, inputs, results, weights) ?? [];
  expect(values.length).toBe(results.length);
  return results.map(({ shape, type }, at) => {
    const each = values[at] ?? new Float32Array(0);
    expect(each.constructor).toBe(roomFor({ shape: [], type }).constructor);
    expect(each.length).toBe(sizeOf(shape));
    return { shape, type, values: each };
  });
}

/** The first result of one row as plain numbers. */
export function valuesIn<Attributes>(
  row: Operator<Attributes>,
  attributes: Attributes,
  inputs: InputTensors,
) {
  return [...(runRow(row, attributes, inputs)[0] as Tensor).values];
}

export function demandOf<Attributes>(
  row: Operator<Attributes>,
  attributes: Attributes,
  inputs: InputTensors,
): Demand | null {
  return row.demand(attributes, inputs, row.infer(attributes, inputs, fault));
}

/** The same shape, type and values, each to within `tolerance` of its size or of 1. */
export function expectSame(
  found: readonly Tensor[],
  expected: readonly Tensor[],
  tolerance: number,
): void {
  expect(found.map(({ shape, type }) => ({ shape, type }))).toEqual(
    expected.map(({ shape, type }) => ({ shape, type })),
  );
  for (const [at, { values }] of found.entries()) {
    const other = expected[at]?.values ?? values;
    const wrong = [...values].findIndex(
      (value, index) => !isNear(value, other[index] as number, tolerance),
    );
    if (wrong >= 0)
      expect.fail(`result ${at} has ${values[wrong]} at ${wrong}, expected ${other[wrong]}`);
  }
}

function isNear(value: number, expected: number, tolerance: number): boolean {
  if (Object.is(value, expected) || value === expected) return true;
  return Math.abs(value - expected) <= tolerance * Math.max(1, Math.abs(expected));
}

/** Runs a row and the operator that it stands for. */
export async function agree<Attributes>(
  row: Operator<Attributes>,
  attributes: Attributes,
  inputs: InputTensors,
  operator: OnnxOperator,
  {
    onnxInputs = inputs,
    tolerance = 1e-5,
  }: { readonly onnxInputs?: InputTensors; readonly tolerance?: number } = {},
): Promise<void> {
  const found = runRow(row, attributes, inputs);
  expectSame(found, await judge(operator, onnxInputs, found), tolerance);
}

export function tensor(
  shape: Shape,
  values: readonly number[],
  type: ElementType = 'float32',
): Tensor {
  const room = roomFor({ shape, type });
  room.set(values);
  return { shape, type, values: room };
}

export const whole = (...values: readonly number[]) => tensor([values.length], values, 'int64');

/**
 * Numbers that differ, some of them 0: integers between ±100 (or 0 and 200), float16 and bfloat16
 * multiples of 1/8.
 */
export function random(shape: Shape, seed: number, type: ElementType = 'float32'): Tensor {
  const numbers = Array.from({ length: sizeOf(shape) }, (_, at) => {
    const value = Math.sin((at + 1) * (seed + 1.7)) * 3;
    return Math.abs(value) < 0.5 ? 0 : value;
  });
  const { isFloat, bits } = elementTypes[type];
  const integer = (value: number) => Math.round(value * (bits === 4 ? 2 : 33));
  const fitted = numbers.map((value) => {
    if (type === 'bool') return value > 0 ? 1 : 0;
    if (isFloat) return bits === 16 ? Math.round(value * 8) / 8 : value;
    return type.startsWith('u') ? Math.abs(integer(value)) : integer(value);
  });
  return tensor(shape, fitted, type);
}

export const seeds = fc.integer({ min: 0, max: 1000 });
export const shapes = (min = 0, max = 4) =>
  fc.array(fc.integer({ min: 1, max: 4 }), { minLength: min, maxLength: max });

/** Two shapes that broadcast to each other. */
export const broadcastable = shapes(0, 4).chain((shape) =>
  fc
    .tuple(
      ...[0, 1].map(() =>
        fc
          .tuple(fc.nat(shape.length), fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }))
          .map(([from, ones]) =>
            shape.map((extent, axis) => (ones[axis] ? 1 : extent)).slice(from),
          ),
      ),
    )
    .map(([left = [], right = []]) => ({ left, right })),
);

export const runs = (numRuns: number) => ({ numRuns });
