// ONNX files: networks as other tools wrote them, how their inputs are bound, and what is refused.

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readNpy } from '../../../../workloads/formats/matrices/npy.js';
import { readOnnx, walkOnnx } from '../../../../workloads/formats/onnx/read.js';
import { resultOf } from '../../../../workloads/network.js';
import { toDense } from '../../../../workloads/weights/store.js';
import { difference, runEntry } from '../run-entry.js';
import { refusal, source } from '../source.js';
import { checkEntry, node, readText, tensor, wholes } from './agreement.js';
import { type OnnxText, onnxFile, tensorMessage } from './file.js';
import { hasOnnx } from './networks.js';
import { filled, gemm, kindsOf, stored } from './texts.js';

const fixture = (name: string) => readFileSync(`test/fixtures/onnx/${name}`);
const values = (name: string) => readNpy(fixture(name), name).values;
const open = async (
  name: string,
  bytes: Uint8Array,
  dims: Readonly<Record<string, number>> = {},
) => {
  const [entry] = await readOnnx({ ...source(name, bytes), dims: new Map(Object.entries(dims)) });
  if (!entry) throw new Error('no network');
  return entry;
};

describe('a network that PyTorch exported', () => {
  it.each(['torch-9.onnx', 'torch-13.onnx', 'torch-16.onnx'])(
    '%s computes what PyTorch computed',
    async (name) => {
      const entry = await open(name, fixture(name));
      expect(difference(runEntry(entry, values('input.npy')), values('output.npy'))).toBeLessThan(
        1e-6,
      );
      expect(kindsOf(entry)).toMatch(
        /^conv2d,pool2d,conv2d,conv2d,conv2d,conv2d,add,conv2d,conv2d,concat,pool2d,(reshape,)?dense,dense,softmax$/,
      );
      // Half of each weight tensor was set to zero before exporting.
      for (const density of Object.values(entry.densities.layers))
        expect(density.weights).toBeWithin(0.02, 0.5);
      expect(entry.file).toMatchObject({ format: 'onnx', path: name });
    },
  );

  it('with LSTMs is a network of them', async () => {
    const entry = await open('torch-lstm.onnx', fixture('torch-lstm.onnx'), {});
    const lstms = entry.network.layers.filter(({ kind }) => kind === 'recurrent');
    expect(lstms.map((layer) => resultOf(layer).shape.length)).toEqual([4, 4]);
    if (hasOnnx) await checkEntry(entry, fixture('torch-lstm.onnx'));
  });
});

describe.skipIf(!hasOnnx)('files of public bug reports compute what ONNX Runtime computes', () => {
  const files = ['avgpool_pad', 'cast_int', 'odd_names', 'qdq_negative_in', 'two_heads_bn'];
  it.each(files)('%s', async (name) => {
    const bytes = fixture(`${name}.onnx`);
    await checkEntry(await open(`${name}.onnx`, bytes), bytes);
  });

  it('all outputs in their order', async () => {
    const { network } = await open('two_heads_bn.onnx', fixture('two_heads_bn.onnx'));
    expect(network.outputs).toHaveLength(2);
  });
});

it('LRN of an even size has one channel more above than below', async () => {
  // ONNX Runtime refuses it: what the specification says.
  const entry = await open('lrn_even.onnx', fixture('lrn_even.onnx'));
  expect(entry.network.layers.some(({ kind }) => kind === 'lrn')).toBe(true);
});

describe('weights', () => {
  const expected = [0, 2, 4, 6, 1, 3, 5, 7];
  const whole = tensorMessage(gemm.tensors?.w ?? filled([1]));
  const weightsOf = async (bytes: Uint8Array, beside = {}) => {
    const [entry] = await readOnnx(source('n.onnx', bytes, beside));
    const [weights] = entry?.weights?.values() ?? [];
    return weights ? [...toDense(weights.store).values] : [];
  };

  it('may lie in fields of their own type', async () => {
    const numbers = [0, 1, 2, 3, 4, 5, 6, 7];
    const floats = { name: 'w', dims: [4, 2], dataType: 1, floatData: numbers };
    const bits = [0, 0x3c00, 0x4000, 0x4200, 0x4400, 0x4500, 0x4600, 0x4700];
    const halves = { name: 'w', dims: [4, 2], dataType: 10, int32Data: bits };
    const brains = {
      name: 'w',
      dims: [4, 2],
      dataType: 16,
      int32Data: [0, 16256, 16384, 16448, 16512, 16544, 16576, 16608],
    };
    const doubles = { name: 'w', dims: [4, 2], dataType: 11, doubleData: numbers };
    for (const one of [floats, halves, brains, doubles])
      expect(await weightsOf(stored([one]))).toEqual(expected);
  });

  it('may be of any width, aligned or not', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ maxLength: 9 }), async (name) => {
        const bytes = stored([{ ...whole, name: 'w' }], { name });
        expect(await weightsOf(bytes)).toEqual(expected);
      }),
      { numRuns: 20 },
    );
  });

  it('may lie in a file beside, at an offset', async () => {
    const content = new Uint8Array(40);
    content.set(whole.rawData, 8);
    const entries = Object.entries({ location: 'w.bin', offset: '8', length: '32' });
    const externalData = entries.map(([key, value]) => ({ key, value }));
    const external = { name: 'w', dims: [4, 2], dataType: 1, dataLocation: 1, externalData };
    expect(await weightsOf(stored([external]), { 'w.bin': content })).toEqual(expected);
    const short = { 'w.bin': content.subarray(9) };
    expect(await refusal(() => readOnnx(source('n.onnx', stored([external]), short)))).toContain(
      'found 31 bytes in w.bin, expected at least 40',
    );
    const [entry] = await readOnnx(source('n.onnx', stored([external])));
    expect(entry?.notes).toEqual(['the values of w are not in the file: all weights are random']);
    expect(entry?.weights).toBeUndefined();
    expect(entry?.file).toBeUndefined();
  });

  it('may be left out of the file', async () => {
    const [entry] = await readOnnx(
      source('n.onnx', stored([{ name: 'w', dims: [4, 2], dataType: 1 }])),
    );
    expect(entry?.weights).toBeUndefined();
    const asInputs = {
      inputs: { x: { shape: [1, 4] }, 'fc.weight': { shape: [2, 4] } },
      nodes: [node('Gemm', ['x', 'fc.weight'], { transB: 1 })],
    };
    const { network, notes } = await readText(asInputs);
    expect(network.inputs.map(({ name }) => name)).toEqual(['x']);
    expect(network.layers.map(({ kind }) => kind)).toEqual(['dense']);
    expect(notes).toEqual(['the values of fc.weight are not in the file: all weights are random']);
  });

  it('may be sparse', async () => {
    const sparseInitializer = [
      {
        values: { ...tensorMessage({ dims: [2], values: [5, 7] }), name: 'w' },
        indices: tensorMessage({ dims: [2, 2], values: [2, 1, 3, 1], type: 7 }),
        dims: [4, 2],
      },
    ];
    expect(await weightsOf(stored([], { sparseInitializer }))).toEqual([0, 0, 0, 0, 0, 0, 5, 7]);
  });

  it('of large tables are looked up', async () => {
    const { network, weights } = await readText(
      {
        inputs: { i: { type: 7, shape: [1, 'sequence'] } },
        nodes: [node('Gather', ['t', 'i'])],
        tensors: { t: tensor([100, 64], 1) },
      },
      { sequence: 7 },
    );
    expect(network.layers[0]).toMatchObject({ kind: 'embedding', entries: 100, width: 64 });
    expect(weights?.size).toBe(1);
  });
});

describe('open dimensions', () => {
  const relu = (inputs: OnnxText['inputs'] = {}): OnnxText => ({
    inputs,
    nodes: [node('Relu', ['x'])],
  });
  const shapeOf = async (text: OnnxText, dims = {}) =>
    (await readText(text, dims)).network.inputs[0]?.shape;

  it('are the batch in front, 1 unless told', async () => {
    expect(await shapeOf(relu({ x: { shape: ['N', 3] } }))).toEqual([1, 3]);
    expect(await shapeOf(relu({ x: { shape: ['unk__7', 3] } }))).toEqual([1, 3]);
    expect(await shapeOf(relu({ x: { shape: [3, 'batch_size'] } }))).toEqual([3, 1]);
    expect(await shapeOf(relu({ x: { shape: ['N', 3] } }), { N: 4 })).toEqual([4, 3]);
    expect(await shapeOf(relu({ x: { shape: ['', 3] } }), { 'x:0': 2 })).toEqual([2, 3]);
    expect(await shapeOf(relu({ x: { shape: [5, 3] } }))).toEqual([5, 3]);
  });

  it('are shared by their names, and sums of them', async () => {
    const text: OnnxText = {
      inputs: { x: { shape: ['batch', 'sequence'] }, y: { shape: ['batch', 'past + sequence'] } },
      nodes: [node('Concat', ['x', 'y'], { axis: 1 }, [], ['z'])],
    };
    const { network } = await readText(text, { sequence: 3, past: 2 });
    expect(network.layers[0]?.results[0]?.shape).toEqual([1, 8]);
    expect(await refusal(() => readText(text))).toBe(
      't.onnx: found open dimensions sequence (x, y), past (y), expected --dim sequence=N --dim past=N',
    );
    expect(await refusal(() => readText(text, { sequence: 3 }))).toContain('expected --dim past=N');
  });

  it('are what the file says elsewhere', async () => {
    const conv: OnnxText = {
      inputs: { x: { shape: ['N', 'channels', 8, 8] } },
      nodes: [node('Conv', ['x', 'w'])],
      tensors: { w: tensor([4, 3, 1, 1], 1) },
    };
    expect(await shapeOf(conv)).toEqual([1, 3, 8, 8]);
    const told = { ...relu({ x: { shape: ['N', 'width'] } }), told: { x: { shape: [1, 9] } } };
    expect(await shapeOf(told)).toEqual([1, 9]);
  });

  it('must be there and whole', async () => {
    const text = relu({ x: { shape: ['N', 'sequence'] } });
    const refused = (dims: Readonly<Record<string, number>>) => refusal(() => readText(text, dims));
    expect(await refused({ sequnce: 3 })).toBe(
      't.onnx: --dim sequnce: found no open dimension of that name, perhaps sequence',
    );
    expect(await refused({ sequence: 0 })).toContain(
      '--dim sequence: found 0, expected a whole number of at least 1',
    );
    expect(await refused({ 'x:7': 2 })).toContain('perhaps x:');
    expect(await refusal(() => readText(relu({ x: { shape: [2] } }), { sequence: 3 }))).toContain(
      'the file has none',
    );
  });

  it('that were taken for 1 are told with a fault that may come of it', async () => {
    const text: OnnxText = {
      inputs: { x: { shape: ['', 10] } },
      nodes: [
        node('Unsqueeze', ['x', 'front'], {}, [], ['u']),
        node('Transpose', ['u'], { perm: [0, 2, 1] }, [], ['t']),
        node('Conv', ['t', 'w']),
      ],
      tensors: { front: wholes(0), w: tensor([4, 10, 3], 1) },
    };
    expect(await refusal(() => readText(text))).toContain('(1 was taken for --dim x:0=N)');
    expect((await readText(text, { 'x:0': 20 })).network.layers.at(-1)?.results[0]?.shape).toEqual([
      1, 4, 18,
    ]);
  });
});

describe('operators that nobody implements', () => {
  const foo = (told: OnnxText['told'] = {}): OnnxText => ({
    input: [4],
    nodes: [node('Foo', ['x'], {}, [], ['a']), node('Relu', ['a'])],
    told,
  });

  it('are opaque where the file says what their results look like', async () => {
    const entry = await readText(foo({ a: { shape: [1, 6] } }));
    expect(kindsOf(entry)).toBe('opaque,relu');
    expect(entry.notes?.[0]).toContain('Foo cannot be computed here');
    // A dimension that has a name is what it turned out to be, or what it is bound to.
    expect(kindsOf(await readText(foo({ a: { shape: ['batch', 'found'] } }), { found: 3 }))).toBe(
      'opaque,relu',
    );
  });

  it('are told at once where it does not', async () => {
    const text: OnnxText = {
      input: [4],
      nodes: [
        node('Foo', ['x'], {}, [], ['a']),
        node('Bar', ['a'], {}, [], ['b']),
        node('Relu', ['b'], {}, [], ['c']),
        node('Foo', ['c']),
      ],
    };
    const message = await refusal(() => readText(text));
    expect(message).toContain(
      't.onnx: found Foo (a and 1 more: not supported), Bar (b: not supported)',
    );
    expect(message).toContain('symbolic_shape_infer');
    expect(message).not.toContain('\n');
  });

  it('leave out an output that they alone make', async () => {
    const { network, notes } = await readText({
      ...{ input: [4], outputs: ['y', 'z'] },
      nodes: [node('Relu', ['x']), node('NonZero', ['y'], {}, [], ['z'])],
    });
    expect(network.outputs).toEqual(['y']);
    expect(notes?.[0]).toContain('left out: output z');
  });

  it('or shapes that the network computes', async () => {
    const text: OnnxText = {
      inputs: { x: { shape: [1, 4] }, s: { type: 7, shape: [2] } },
      nodes: [node('Reshape', ['x', 's'])],
    };
    expect(await refusal(() => readText(text))).toContain(
      'Reshape (y: a shape that the network computes)',
    );
    expect(
      kindsOf(
        await readText({
          ...text,
          nodes: [...text.nodes, node('Relu', ['y'], {}, [], ['z'])],
          told: { y: { shape: [2, 2] } },
        }),
      ),
    ).toBe('reshape,relu');
    const shape = { shape: [2], type: 'int64', values: Float64Array.of(4, 1) } as const;
    const known = new Map([['s', shape]]);
    const { walk, outputs } = await walkOnnx({ ...source('n.onnx', onnxFile(text)), known });
    expect(outputs.map((name) => walk.builder.typeOf(name).shape)).toEqual([[4, 1]]);
  });

  it('attributes that nobody knows are noted', async () => {
    const { notes } = await readText({ input: [4], nodes: [node('Relu', ['x'], { slope: 1 })] });
    expect(notes).toEqual(['y (Relu): attribute slope is not known here, results may differ']);
  });
});
