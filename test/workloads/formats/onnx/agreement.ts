// Small ONNX graphs, and the comparison of what they compute here and in ONNX Runtime.

import fc from 'fast-check';
import { readOnnx } from '../../../../workloads/formats/onnx/read.js';
import { elementTypeOf } from '../../../../workloads/formats/onnx/tensors.js';
import { elementTypes, sizeOf, type Tensor } from '../../../../workloads/tensor.js';
import type { ZooEntry } from '../../../../workloads/zoo/entry.js';
import { expectSame, random } from '../../../operators/rows.js';
import { source } from '../source.js';
import { type OnnxNodeText, type OnnxTensorText, type OnnxText, onnxFile } from './file.js';
import { plainPass, runFile } from './networks.js';

export type Draw = fc.Arbitrary<OnnxText>;

/** Numbers that differ and have zeros among them. */
export function numbers(count: number, seed: number): number[] {
  return Array.from({ length: count }, (_, at) => {
    const value = Math.sin((at + 1) * (seed + 1.7)) * 2;
    return Math.abs(value) < 0.4 ? 0 : Math.fround(value);
  });
}

export const tensor = (dims: readonly number[], seed: number, type = 1): OnnxTensorText => ({
  dims,
  values:
    type === 1
      ? numbers(sizeOf(dims), seed)
      : numbers(sizeOf(dims), seed).map((value) => Math.round(value * 40)),
  type,
});
export const positive = (dims: readonly number[], seed: number): OnnxTensorText => ({
  dims,
  values: numbers(sizeOf(dims), seed).map((value) => Math.abs(value) + 0.1),
});
export const scalar = (value: number, type = 1): OnnxTensorText => ({
  dims: [],
  values: [value],
  type,
});
export const wholes = (...values: readonly number[]): OnnxTensorText => ({
  dims: [values.length],
  values,
  type: 7,
});
export const node = (
  opType: string,
  input: readonly string[],
  attributes: OnnxNodeText['attributes'] = {},
  floats: readonly string[] = [],
  output: readonly string[] = ['y'],
): OnnxNodeText => ({ opType, input, attributes, floats, output });

export const small = fc.integer({ min: 1, max: 3 });
export const seed = fc.integer({ min: 0, max: 1000 });
export const channels = fc.integer({ min: 1, max: 5 });
export const extent = fc.integer({ min: 5, max: 9 });
export const image = fc.tuple(channels, extent, extent);
export const pad = fc.integer({ min: 0, max: 1 });
/** Operator sets of one form of an operator, where its form changed. */
export const opsets = (min: number, max = 21) => fc.integer({ min, max });

export async function readText(
  text: OnnxText,
  dims: Readonly<Record<string, number>> = {},
): Promise<ZooEntry> {
  const [entry] = await readOnnx({
    ...source('t.onnx', onnxFile(text)),
    dims: new Map(Object.entries(dims)),
  });
  if (!entry) throw new Error('no network');
  return entry;
}

/** Drawn values for the inputs of a network; integers from 0 to `below` − 1. */
export function inputsOf(
  { network }: ZooEntry,
  below: number,
  seed = 5,
): ReadonlyMap<string, Tensor> {
  return new Map(
    network.inputs.map(({ name, shape, type }, at) => {
      if (elementTypes[type].isFloat) return [name, random(shape, seed + at, type)] as const;
      const values = elementTypes[type].room(sizeOf(shape));
      for (let place = 0; place < values.length; place++)
        values[place] = (place * 7 + at + seed) % below;
      return [name, { shape, type, values }] as const;
    }),
  );
}

export interface Ways {
  readonly dims?: Readonly<Record<string, number>>;
  /** Relative to a value's size or 1. */
  readonly tolerance?: number;
  /** Integers of inputs are below it. */
  readonly below?: number;
}

/** Reads a file and runs it here and in ONNX Runtime: every output must be the same. */
export async function check(
  text: OnnxText,
  { dims = {}, tolerance = 1e-4, below = 2 }: Ways = {},
): Promise<ZooEntry> {
  const entry = await readText(text, dims);
  await checkEntry(entry, onnxFile(text), tolerance, below);
  return entry;
}

export async function checkEntry(
  entry: ZooEntry,
  bytes: Uint8Array,
  tolerance = 1e-4,
  below = 2,
): Promise<void> {
  const inputs = inputsOf(entry, below);
  const { network, weights = new Map() } = entry;
  const found = plainPass({ network, weights, origin: 'real' }, inputs);
  const expected = await runFile(bytes, inputs);
  const pick = (from: ReadonlyMap<string, Tensor>) =>
    network.outputs.map((name) => from.get(name) as Tensor);
  expectSame(pick(found), pick(expected), tolerance);
}

/** The element type that a file writes as this number. */
export const typeName = (dataType: number) => elementTypeOf(dataType);
