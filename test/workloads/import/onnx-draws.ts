// Small ONNX graphs to draw, and the comparison of what they compute here and in ONNX Runtime.

import fc from 'fast-check';
import { expect } from 'vitest';
import { floatsOf, importOrt, sessionOptions } from '../../../hw-models/host/onnx-runtime.js';
import { readOnnx } from '../../../workloads/import/onnx.js';
import { type OnnxNodeText, type OnnxTensorText, type OnnxText, onnxFile } from './onnx-file.js';
import { difference, runEntry } from './run-entry.js';
import { source } from './source.js';

export const ort = await importOrt().catch(() => null);
if (!ort) process.stderr.write('skipping tests that need onnxruntime-node\n');

export const size = (dims: readonly number[]) => dims.reduce((product, extent) => product * extent, 1);
/** Numbers that differ and have zeros among them. */
export const numbers = (count: number, seed: number) =>
  Array.from({ length: count }, (_, at) => {
    const value = Math.sin((at + 1) * (seed + 1.7)) * 2;
    return Math.abs(value) < 0.4 ? 0 : Math.fround(value);
  });
export const tensor = (dims: readonly number[], seed: number, type = 1): OnnxTensorText => ({
  dims,
  values: type === 1 ? numbers(size(dims), seed) : numbers(size(dims), seed).map((value) => Math.round(value * 40)),
  type,
});
export const positive = (dims: readonly number[], seed: number): OnnxTensorText => ({
  dims,
  values: numbers(size(dims), seed).map((value) => Math.abs(value) + 0.1),
});
/** All inputs are multiples of it. */
export const STEP = 1 / 32;
export const wholes = (...values: readonly number[]): OnnxTensorText => ({ dims: [values.length], values, type: 7 });
export const node = (
  opType: string,
  input: readonly string[],
  attributes: OnnxNodeText['attributes'] = {},
  floats: readonly string[] = [],
): OnnxNodeText => ({
  ...{ opType, input, attributes, floats },
  output: ['y'],
});

export const small = fc.integer({ min: 1, max: 3 });
export const seed = fc.integer({ min: 0, max: 1000 });
export const channels = fc.integer({ min: 1, max: 5 });
export const extent = fc.integer({ min: 5, max: 9 });
export const image = fc.tuple(channels, extent, extent);
export const pad = fc.integer({ min: 0, max: 1 });
export const autoPad = fc.constantFrom('NOTSET', 'VALID', 'SAME_UPPER', 'SAME_LOWER');
export type Draw = fc.Arbitrary<OnnxText>;

/** Operator sets of one form of an operator, where its form changed. */
export const opsets = (min: number, max = 21) => fc.integer({ min, max });

/** Runs both on `input`, or on numbers that are multiples of {@link STEP}; `tolerance` is relative, as in `difference`. */
export async function check(
  text: OnnxText,
  input = Float32Array.from(numbers(size(text.input), 5), (value) => Math.round(value / STEP) * STEP),
  tolerance = 1e-4,
): Promise<void> {
  const bytes = onnxFile(text);
  const [entry] = await readOnnx(source('t.onnx', bytes));
  if (!entry || !ort) throw new Error('no network');
  const session = await ort.InferenceSession.create(bytes, sessionOptions(1));
  const results = await session.run({ x: new ort.Tensor('float32', input, [1, ...text.input]) });
  await session.release();
  const expected = floatsOf(Object.values(results)[0]);
  // From channels last, as the file has it, to channels first, as the network does.
  const [h = 1, w = 1, c = 1] = text.input;
  const moved = text.nodes[0]?.opType === 'Transpose';
  const own = moved ? input.map((_, at) => input[(at % (h * w)) * c + Math.floor(at / (h * w))] as number) : input;
  expect(difference(runEntry(entry, own), expected), JSON.stringify(text)).toBeLessThan(tolerance);
}
