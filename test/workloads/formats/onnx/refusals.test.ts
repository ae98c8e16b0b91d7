import { describe, expect, it } from 'vitest';
import { readOnnx } from '../../../../workloads/formats/onnx/read.js';
import { refusal, source } from '../source.js';
import { inputsOf, node, readText, scalar, wholes } from './agreement.js';
import { type OnnxText, onnxFile } from './file.js';
import { filled, gemm, stored } from './texts.js';

describe('a file that cannot be read', () => {
  it.each<[string, OnnxText, string]>([
    [
      'an input nobody makes',
      { ...gemm, nodes: [node('Relu', ['z'])] },
      'layer y (Relu): found input z, which no node before it makes',
    ],
    [
      'a circle',
      {
        ...gemm,
        nodes: [node('Add', ['x', 'b'], {}, [], ['a']), node('Relu', ['a'], {}, [], ['b'])],
      },
      ', which no node before it makes, expected a graph in order, without circles',
    ],
    [
      'a result made twice',
      { ...gemm, nodes: [node('Relu', ['x']), node('Relu', ['y'])] },
      "found two tensors named 'y'",
    ],
    [
      'weights that do not fit',
      { ...gemm, input: [5] },
      'layer y (Gemm): found a product of 1×5 and 4×2, expected matrices that fit',
    ],
    [
      'weights that are no numbers',
      { ...gemm, tensors: { w: filled([4, 2], Number.NaN) } },
      'layer y: found a weight of NaN',
    ],
    [
      'a missing input',
      { ...gemm, nodes: [node('Gemm', ['x'])] },
      'layer y (Gemm): found no input 2, expected one',
    ],
    [
      'no layers',
      { ...gemm, outputs: ['x'], nodes: [node('Identity', ['x'])] },
      'found no layers, expected at least one',
    ],
    ['an output nobody makes', { ...gemm, outputs: ['q'] }, 'found no output that any node makes'],
    [
      'training',
      {
        ...gemm,
        nodes: [node('BatchNormalization', ['x', 'w', 'w', 'w', 'w'], { training_mode: 1 })],
      },
      'found training_mode of 1',
    ],
    [
      'an axis that is not there',
      { ...gemm, nodes: [node('Softmax', ['x'], { axis: 7 })] },
      'found axis 7 of 2 axes',
    ],
    [
      'padding that no memory holds',
      {
        input: [1, 4, 4],
        nodes: [node('Conv', ['x', 'w'], { pads: [1e9, 1e9, 1e9, 1e9] })],
        tensors: { w: filled([1, 1, 3, 3]) },
      },
      '(limit elements)',
    ],
    [
      'shapes that no memory holds',
      { ...gemm, nodes: [node('Expand', ['x', 's'])], tensors: { s: wholes(1e6, 1e6, 4) } },
      '(limit elements)',
    ],
  ])('%s', async (_what, text, expected) => {
    expect(await refusal(() => readText(text))).toContain(expected);
  });

  it.each([
    ['nothing', new Uint8Array(), 'n.onnx: found no graph, expected an ONNX model'],
    ['text', new TextEncoder().encode('hello, world'), 'expected a whole ONNX model'],
    ['half a file', onnxFile(gemm).subarray(0, 60), 'expected a whole ONNX model'],
  ])('%s', async (_what, bytes, expected) => {
    expect(await refusal(() => readOnnx(source('n.onnx', bytes)))).toContain(expected);
  });

  it('a tensor that is larger than it is', async () => {
    const refused = (dims: readonly number[]) =>
      refusal(() =>
        readOnnx(
          source('n.onnx', stored([{ name: 'w', dims, dataType: 1, rawData: new Uint8Array(4) }])),
        ),
      );
    expect(await refused([1_000_000, 1_000_000])).toContain('(limit elements)');
    expect(await refused([4, 3])).toContain('tensor w: found 4 bytes, expected 48');
    expect(await refused([-4, 2])).toContain('found a shape of -4×2');
  });

  it('more nodes or weights than the limits allow', async () => {
    const refused = (limits: object) =>
      refusal(() => readOnnx(source('n.onnx', onnxFile(gemm), {}, limits)));
    expect(await refused({ layers: 0 })).toContain(
      'found 1 nodes, expected at most 0 (limit layers)',
    );
    expect(await refused({ elements: 7 })).toContain('(limit elements)');
  });

  it('functions that call themselves', async () => {
    const domain = 'local';
    const text: OnnxText = {
      ...{ input: [3], domains: [domain] },
      functions: [
        {
          name: 'F',
          domain,
          inputs: ['a'],
          outputs: ['b'],
          nodes: [{ ...node('F', ['a'], {}, [], ['b']), domain }],
        },
      ],
      nodes: [{ ...node('F', ['x']), domain }],
    };
    expect(await refusal(() => readText(text))).toContain('deep in each other');
  });
});

it('inputs may be of any type', async () => {
  const entry = await readText({
    ...{
      inputs: {
        x: { shape: [1, 3] },
        m: { type: 9, shape: [1, 3] },
        i: { type: 7, shape: [1, 2] },
      },
    },
    nodes: [
      node('Where', ['m', 'x', 'zero'], {}, [], ['w']),
      node('GatherElements', ['w', 'i'], { axis: 1 }),
    ],
    tensors: { zero: scalar(0) },
  });
  expect(entry.network.inputs.map(({ type }) => type)).toEqual(['float32', 'bool', 'int64']);
  expect(inputsOf(entry, 2).size).toBe(3);
});
