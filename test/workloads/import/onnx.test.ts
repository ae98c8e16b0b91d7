// ONNX files: networks as another tool wrote them, and what is refused.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { modelType } from '../../../workloads/export/onnx-schema.js';
import { readNpy } from '../../../workloads/import/npy.js';
import { readOnnx } from '../../../workloads/import/onnx.js';
import { toDense } from '../../../workloads/weights/store.js';
import { type OnnxText, onnxFile, tensorMessage } from './onnx-file.js';
import { difference, runEntry } from './run-entry.js';
import { refusal, source } from './source.js';

const fixture = (name: string) => readFileSync(`test/fixtures/onnx/${name}`);
const values = (name: string) => readNpy(fixture(name), name).values;

describe('a network that PyTorch exported', () => {
  it.each(['torch-9.onnx', 'torch-13.onnx', 'torch-16.onnx'])('%s computes what PyTorch computed', async (name) => {
    const [entry] = await readOnnx(source(name, fixture(name)));
    if (!entry) throw new Error('no network');
    expect(difference(runEntry(entry, values('input.npy')), values('output.npy'))).toBeLessThan(1e-6);
    const kinds = entry.network.layers.map(({ kind }) => kind);
    expect(kinds.join()).toBe(
      'conv2d,pool2d,conv2d,conv2d,conv2d,conv2d,add,conv2d,conv2d,concat,pool2d,dense,dense,softmax',
    );
    // Half of each weight tensor was set to zero before exporting.
    for (const density of Object.values(entry.densities.layers)) expect(density.weights).toBeWithin(0.02, 0.5);
  });

  it('with LSTMs becomes the matrix products of one time step', async () => {
    const entries = await readOnnx(source('torch-lstm.onnx', fixture('torch-lstm.onnx')));
    // Two layers of 20 hidden units in both directions over 12 inputs and 2 · 20, then 40 → 30.
    const shapes = entries.map(
      ({ weights }) => [...(weights?.values() ?? [])].map(({ store }) => [store.rows, store.columns])[0],
    );
    expect(shapes).toEqual([
      [80, 32],
      [80, 32],
      [80, 60],
      [80, 60],
      [30, 40],
    ]);
    expect(entries[0]?.notes?.[0]).toContain('one time step');
  });
});

const tensor = (dims: readonly number[], value = 1) => ({
  dims,
  values: Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => value),
});
const gemm: OnnxText = {
  input: [4],
  nodes: [{ opType: 'Gemm', input: ['x', 'w'], output: ['y'] }],
  tensors: { w: { dims: [4, 2], values: [0, 1, 2, 3, 4, 5, 6, 7] } },
};
const read = (text: OnnxText, limits = {}) => readOnnx(source('n.onnx', onnxFile(text), {}, limits));

/** The file of `gemm` with its weights stored in another way. */
function stored(initializer: unknown): Uint8Array {
  const message = modelType.toObject(modelType.decode(onnxFile(gemm)), { longs: Number });
  return modelType.encode({ ...message, graph: { ...message.graph, initializer } }).finish();
}

describe('weights', () => {
  const expected = [0, 2, 4, 6, 1, 3, 5, 7];
  const whole = tensorMessage(gemm.tensors?.w ?? tensor([1]));
  const weightsOf = async (bytes: Uint8Array, beside = {}) => {
    const [entry] = await readOnnx(source('n.onnx', bytes, beside));
    const [weights] = entry?.weights?.values() ?? [];
    return weights ? [...toDense(weights.store).values] : [];
  };

  it('may lie in fields of their own type', async () => {
    const floats = { name: 'w', dims: [4, 2], dataType: 1, floatData: [0, 1, 2, 3, 4, 5, 6, 7] };
    const halves = {
      name: 'w',
      dims: [4, 2],
      dataType: 10,
      int32Data: [0, 0x3c00, 0x4000, 0x4200, 0x4400, 0x4500, 0x4600, 0x4700],
    };
    const doubles = { name: 'w', dims: [4, 2], dataType: 11, doubleData: [0, 1, 2, 3, 4, 5, 6, 7] };
    for (const initializer of [floats, halves, doubles])
      expect(await weightsOf(stored([initializer]))).toEqual(expected);
  });

  it('may lie in a file beside, at an offset', async () => {
    const content = new Uint8Array(40);
    content.set(whole.rawData, 8);
    const entries = Object.entries({ location: 'w.bin', offset: '8', length: '32' }).map(([key, value]) => ({
      key,
      value,
    }));
    const external = { name: 'w', dims: [4, 2], dataType: 1, dataLocation: 1, externalData: entries };
    expect(await weightsOf(stored([external]), { 'w.bin': content })).toEqual(expected);
    expect(await refusal(() => readOnnx(source('n.onnx', stored([external]))))).toContain(
      'tensor w: found no file w.bin beside it',
    );
    expect(
      await refusal(() => readOnnx(source('n.onnx', stored([external]), { 'w.bin': content.subarray(9) }))),
    ).toContain('found bytes 8 to 40 of w.bin, expected at most 31');
  });

  it('may be sparse', async () => {
    const message = modelType.toObject(modelType.decode(onnxFile(gemm)), { longs: Number });
    const sparseInitializer = [
      {
        values: { ...tensorMessage({ dims: [2], values: [5, 7] }), name: 'w' },
        indices: tensorMessage({ dims: [2, 2], values: [2, 1, 3, 1], type: 7 }),
        dims: [4, 2],
      },
    ];
    const graph = { ...message.graph, initializer: [], sparseInitializer };
    expect(await weightsOf(modelType.encode({ ...message, graph }).finish())).toEqual([0, 0, 0, 0, 0, 0, 5, 7]);
  });
});

describe('a file that cannot be read', () => {
  it.each<[string, OnnxText, string]>([
    [
      'operators that are not supported, all at once',
      {
        ...gemm,
        nodes: [
          { opType: 'Foo', input: ['x'], output: ['a'] },
          { opType: 'Resize', input: ['a'], output: ['y'] },
        ],
      },
      'n.onnx: found operators Foo, Resize, expected Add, AveragePool',
    ],
    ['another operator set', { ...gemm, opset: 22 }, 'found operator set 22, expected 9 to 21'],
    [
      'an input nobody makes',
      { ...gemm, nodes: [{ opType: 'Relu', input: ['z'], output: ['y'] }] },
      'node y (Relu): found input z, which no node before it makes',
    ],
    [
      'a circle',
      {
        ...gemm,
        nodes: [
          { opType: 'Add', input: ['x', 'b'], output: ['a'] },
          { opType: 'Relu', input: ['a'], output: ['b'] },
        ],
      },
      'node a (Add): found input b, which no node before it makes',
    ],
    [
      'a result made twice',
      {
        ...gemm,
        nodes: [
          { opType: 'Relu', input: ['x'], output: ['y'] },
          { opType: 'Relu', input: ['y'], output: ['y'] },
        ],
      },
      'found the result y a second time',
    ],
    ['weights that do not fit', { ...gemm, input: [5] }, 'layer y: found 5 inputs, expected 4, as its weights have'],
    [
      'weights that are no numbers',
      { ...gemm, tensors: { w: tensor([4, 2], Number.NaN) } },
      'layer y: found a weight of NaN',
    ],
    [
      'weights that are computed',
      { ...gemm, nodes: [{ opType: 'Gemm', input: ['x', 'x'], output: ['y'] }] },
      "found input x computed from the network's input, expected a constant",
    ],
    [
      'a missing input',
      { ...gemm, nodes: [{ opType: 'Gemm', input: ['x'], output: ['y'] }] },
      'found no input 2, expected a constant',
    ],
    [
      'no layers',
      { ...gemm, nodes: [{ opType: 'Identity', input: ['x'], output: ['y'] }] },
      'found no layers, expected at least one',
    ],
    ['an output nobody makes', { ...gemm, outputs: ['q'] }, 'found no output that any node makes'],
    [
      'an image where a vector is needed',
      { ...gemm, input: [4, 2, 2], nodes: [{ opType: 'Softmax', input: ['x'], output: ['y'] }] },
      'found a softmax over axis -1',
    ],
    ['two axes', { ...gemm, input: [4, 2] }, 'layer y: found 8 inputs, expected 4, as its weights have'],
    [
      'bounds of another kind',
      { ...gemm, opset: 9, nodes: [{ opType: 'Clip', input: ['x'], output: ['y'] }] },
      'found bounds of -Infinity and Infinity',
    ],
    [
      'padding that no memory holds',
      {
        input: [1, 4, 4],
        nodes: [{ opType: 'Conv', input: ['x', 'w'], output: ['y'], attributes: { pads: [1e9, 1e9, 1e9, 1e9] } }],
        tensors: { w: tensor([1, 1, 3, 3]) },
      },
      '(limit elements)',
    ],
  ])('%s', async (_what, text, expected) => {
    expect(await refusal(() => read(text))).toContain(expected);
  });

  it.each([
    ['nothing', new Uint8Array(), 'n.onnx: found no graph, expected an ONNX model'],
    ['text', new TextEncoder().encode('hello, world'), 'expected a whole ONNX model'],
    ['half a file', onnxFile(gemm).subarray(0, 60), 'expected a whole ONNX model'],
  ])('%s', async (_what, bytes, expected) => {
    expect(await refusal(() => readOnnx(source('n.onnx', bytes)))).toContain(expected);
  });

  it('a tensor that is larger than it is', async () => {
    const huge = { name: 'w', dims: [1_000_000, 1_000_000], dataType: 1, rawData: new Uint8Array(4) };
    expect(await refusal(() => readOnnx(source('n.onnx', stored([huge]))))).toContain('(limit elements)');
    const longer = { name: 'w', dims: [4, 3], dataType: 1, rawData: new Uint8Array(4) };
    expect(await refusal(() => readOnnx(source('n.onnx', stored([longer]))))).toContain(
      'tensor w: found 4 bytes, expected 48',
    );
    const negative = { name: 'w', dims: [-4, 2], dataType: 1, rawData: new Uint8Array(4) };
    expect(await refusal(() => readOnnx(source('n.onnx', stored([negative]))))).toContain('found a shape of -4×2');
  });

  it('more nodes or weights than the limits allow', async () => {
    expect(await refusal(() => read(gemm, { layers: 0 }))).toContain(
      'found 1 nodes, expected at most 0 (limit layers)',
    );
    expect(await refusal(() => read(gemm, { elements: 7 }))).toContain('(limit elements)');
  });
});
