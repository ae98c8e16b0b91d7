// What is worked out of constants while a file is read is what ONNX Runtime works out of them.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sessionOptions } from '../../../hw-models/host/onnx-runtime.js';
import { GraphBuilder } from '../../../workloads/import/graph-builder.js';
import { constantOperators } from '../../../workloads/import/onnx-constants.js';
import { type Meaning, operationOf } from '../../../workloads/import/onnx-operation.js';
import { constantOf, decodeOnnx } from '../../../workloads/import/onnx-proto.js';
import { ort } from './onnx-draws.js';
import { type OnnxNodeText, type OnnxTensorText, onnxFile } from './onnx-file.js';
import { source } from './source.js';

type Given = Readonly<Record<string, OnnxTensorText>>;
const INT64 = 7;
const ints = (values: readonly number[], dims: readonly number[] = [values.length]) => ({ dims, values, type: INT64 });
const floats = (values: readonly number[], dims: readonly number[] = [values.length]) => ({ dims, values });

/** A node's result by both. */
async function both(node: Omit<OnnxNodeText, 'output'>, given: Given, opset = 13) {
  const text = {
    opset,
    input: [1],
    nodes: [
      { ...node, output: ['r'] },
      // The graph's result is of floats.
      { opType: 'Cast', input: ['r'], output: ['y'], attributes: { to: 1 } },
    ],
    tensors: given,
  };
  const file = source('t.onnx', onnxFile(text));
  const model = decodeOnnx(file);
  const meanings = new Map<string, Meaning>();
  for (const tensor of model.graph.initializer)
    meanings.set(tensor.name, { kind: 'constant', constant: await constantOf(tensor, file) });
  const [first] = model.graph.node;
  if (!first || !ort) throw new Error('no node');
  const context = { opset, builder: new GraphBuilder(file), batch: 1, file };
  const found = await constantOperators[node.opType]?.(operationOf(first, meanings, context));
  const session = await ort.InferenceSession.create(file.bytes, sessionOptions(1));
  const results = await session.run({ x: new ort.Tensor('float32', new Float32Array(1), [1, 1]) });
  await session.release();
  const { data, dims } = results.y as unknown as { data: ArrayLike<number | bigint>; dims: readonly number[] };
  return {
    found: { dims: found?.dims.map(Number), values: [...(found?.values ?? [])] },
    expected: { dims: [...dims], values: Array.from(data, Number) },
  };
}

async function agrees(node: Omit<OnnxNodeText, 'output'>, given: Given, opset?: number): Promise<void> {
  const { found, expected } = await both(node, given, opset);
  expect(found.dims).toEqual(expected.dims);
  expected.values.forEach((value, at) => {
    expect(Math.abs((found.values[at] ?? Number.NaN) - value)).toBeLessThan(1e-6 * Math.max(1, Math.abs(value)));
  });
}

const dims = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 });
const shaped = dims.map((extents) => {
  const count = extents.reduce((product, extent) => product * extent, 1);
  return ints(
    Array.from({ length: count }, (_, at) => ((at * 7) % 11) - 4),
    extents,
  );
});
const runs = { numRuns: 30 };

describe.skipIf(!ort)('constants are worked out as ONNX Runtime does', () => {
  it('Slice, of any axes, ends and steps', async () => {
    const cut = fc.record({
      start: fc.integer({ min: -6, max: 6 }),
      end: fc.integer({ min: -6, max: 6 }),
      step: fc.constantFrom(1, 2, -1, -2),
    });
    const draw = fc.tuple(shaped, fc.array(cut, { minLength: 3, maxLength: 3 })).filter(([data, cuts]) => {
      // Nothing left is told by both in their own way.
      return data.dims.every((extent, at) => {
        const { start, end, step } = cuts[at] ?? { start: 0, end: 0, step: 1 };
        const place = (value: number) => (value < 0 ? value + extent : value);
        const [from, to] = [place(start), place(end)];
        return step > 0
          ? Math.max(0, from) < Math.min(extent, to)
          : Math.min(extent - 1, from) > Math.max(-1, to) && from >= 0;
      });
    });
    await fc.assert(
      fc.asyncProperty(draw, async ([data, cuts]) => {
        const used = cuts.slice(0, data.dims.length);
        await agrees(
          { opType: 'Slice', input: ['d', 's', 'e', 'a', 't'] },
          {
            ...{ d: data, s: ints(used.map(({ start }) => start)), e: ints(used.map(({ end }) => end)) },
            ...{ a: ints(used.map((_, at) => at)), t: ints(used.map(({ step }) => step)) },
          },
        );
      }),
      runs,
    );
  });

  it('Gather, Concat, Transpose, Flatten along any axis', async () => {
    await fc.assert(
      fc.asyncProperty(shaped, fc.nat(2), async (data, at) => {
        const axis = at % data.dims.length;
        const extent = data.dims[axis] ?? 1;
        await agrees(
          { opType: 'Gather', input: ['d', 'i'], attributes: { axis: axis - data.dims.length } },
          { d: data, i: ints([0, -1, extent - 1, 0], [2, 2]) },
        );
        await agrees({ opType: 'Concat', input: ['d', 'e', 'd'], attributes: { axis } }, { d: data, e: data });
        const perm = [...data.dims.keys()].map((each) => (each + at) % data.dims.length);
        await agrees({ opType: 'Transpose', input: ['d'], attributes: { perm } }, { d: data });
        await agrees({ opType: 'Flatten', input: ['d'], attributes: { axis } }, { d: data });
      }),
      { numRuns: 15 },
    );
  });

  it('Squeeze, Unsqueeze, Reshape, Expand', async () => {
    const data = ints([1, 2, 3, 4, 5, 6], [1, 2, 1, 3]);
    await agrees({ opType: 'Squeeze', input: ['d', 'a'] }, { d: data, a: ints([0, -2]) });
    await agrees({ opType: 'Squeeze', input: ['d'] }, { d: data });
    await agrees({ opType: 'Unsqueeze', input: ['d', 'a'] }, { d: data, a: ints([-1, 1]) });
    await agrees({ opType: 'Unsqueeze', input: ['d'], attributes: { axes: [0, 4] } }, { d: data }, 11);
    await agrees({ opType: 'Reshape', input: ['d', 's'] }, { d: data, s: ints([0, -1]) });
    await agrees({ opType: 'Expand', input: ['d', 's'] }, { d: data, s: ints([2, 1, 2, 1, 1]) });
    await agrees({ opType: 'Shape', input: ['d'] }, { d: data });
    await agrees({ opType: 'Shape', input: ['d'], attributes: { start: -3, end: 3 } }, { d: data }, 15);
    await agrees({ opType: 'Size', input: ['d'] }, { d: data });
    await agrees({ opType: 'ConstantOfShape', input: ['s'], attributes: { value: ints([7]) } }, { s: ints([2, 3]) });
    await agrees(
      { opType: 'Range', input: ['a', 'b', 'c'] },
      { a: ints([5], []), b: ints([-2], []), c: ints([-3], []) },
    );
    await agrees({ opType: 'Constant', input: [], attributes: { value_ints: [3, 4] } }, {});
  });

  it.each([
    ...['Add', 'Sub', 'Mul', 'Div', 'Mod', 'Min', 'Max'],
    ...['Equal', 'Less', 'LessOrEqual', 'Greater', 'GreaterOrEqual'],
  ])('%s of whole numbers, repeated where shapes ask for it', async (opType) => {
    const given = { a: ints([7, -7, 5, 0, 9, 4], [2, 3]), b: ints([2, -3, 5]) };
    await agrees({ opType, input: ['a', 'b'] }, given);
    await agrees({ opType, input: ['b', 'a'] }, { a: ints([3], [1, 1]), b: ints([4, 5, -6], [3]) });
  });

  it.each(['Div', 'Pow', 'Min', 'Max', 'Add'])('%s of other numbers', async (opType) => {
    await agrees({ opType, input: ['a', 'b'] }, { a: floats([7.5, 0.25, 2]), b: floats([2, 3, 0.5]) });
  });

  it.each(['Floor', 'Ceil', 'Abs', 'Neg', 'Identity'])('%s', async (opType) => {
    await agrees({ opType, input: ['a'] }, { a: floats([1.5, -1.5, 2, -0.25]) });
  });

  it('Sqrt, Cast, Where, And, Or, Not', async () => {
    await agrees({ opType: 'Sqrt', input: ['a'] }, { a: floats([4, 2, 0.25]) });
    await agrees({ opType: 'Cast', input: ['a'], attributes: { to: INT64 } }, { a: floats([1.9, -1.9, 3]) });
    await agrees({ opType: 'Cast', input: ['a'], attributes: { to: 9 } }, { a: floats([0, -1.5, 2]) });
    const truths = { a: { dims: [4], values: [0, 0, 1, 1], type: 9 }, b: { dims: [4], values: [0, 1, 0, 1], type: 9 } };
    for (const opType of ['And', 'Or']) await agrees({ opType, input: ['a', 'b'] }, truths);
    await agrees({ opType: 'Not', input: ['a'] }, truths);
    await agrees(
      { opType: 'Where', input: ['a', 'c', 'd'] },
      { ...truths, c: ints([1], [1]), d: ints([5, 6, 7, 8, 9, 10, 11, 12], [2, 4]) },
    );
  });

  it('QuantizeLinear and DequantizeLinear, halves to even integers', async () => {
    const given = {
      a: floats([0.5, 1.5, -0.5, 2.5, 300, -300]),
      s: floats([1], []),
      z: { dims: [], values: [0], type: 3 },
    };
    await agrees({ opType: 'QuantizeLinear', input: ['a', 's', 'z'] }, given);
    await agrees(
      { opType: 'DequantizeLinear', input: ['q', 's', 'z'] },
      { ...given, q: { dims: [3], values: [1, -2, 3], type: 3 } },
    );
  });
});
