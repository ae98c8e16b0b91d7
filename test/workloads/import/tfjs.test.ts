// TensorFlow.js models compute here what TensorFlow.js computes of them.

import '@tensorflow/tfjs-backend-cpu';
import { GraphModel } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { readTfjs } from '../../../workloads/import/tfjs.js';
import type { ZooEntry } from '../../../workloads/zoo/entry.js';
import { difference, runEntry } from './run-entry.js';
import { refusal, source } from './source.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** A model.json with one file of weights. */
interface Saved {
  readonly json: string;
  readonly weights: Uint8Array;
}

async function save(model: layers.LayersModel): Promise<Saved> {
  let saved: Saved | null = null;
  await model.save(
    tf.io.withSaveHandler(async (artifacts) => {
      const { modelTopology, weightSpecs, weightData, format } = artifacts;
      const manifest = [{ paths: ['group1-shard1of1.bin'], weights: weightSpecs }];
      saved = {
        json: JSON.stringify({ format, modelTopology, weightsManifest: manifest }),
        weights: new Uint8Array(weightData instanceof ArrayBuffer ? weightData : new ArrayBuffer(0)),
      };
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    }),
  );
  if (!saved) throw new Error('nothing saved');
  return saved;
}

const opened = ({ json, weights }: Saved) => source('m/model.json', json, { 'group1-shard1of1.bin': weights });

async function read(saved: Saved): Promise<ZooEntry> {
  const [entry] = await readTfjs(opened(saved));
  if (!entry) throw new Error('no network');
  return entry;
}

/** Numbers of any sign with zeros among them. */
const numbers = (count: number, seed: number) =>
  Float32Array.from({ length: count }, (_, at) => {
    const value = Math.sin((at + 1) * (seed + 1.7)) * 2;
    return Math.abs(value) < 0.4 ? 0 : value;
  });

/** An image with its channels last as one with its channels first. */
function channelsFirst(values: Float32Array, [h = 1, w = 1, c = 1]: readonly number[]): Float32Array {
  return values.map((_, at) => values[(at % (h * w)) * c + Math.floor(at / (h * w))] as number);
}

const size = (shape: readonly number[]) => shape.reduce((product, extent) => product * extent, 1);

/** Draws the weights, variances above zero, and compares. */
async function check(model: layers.LayersModel, shape: readonly number[]): Promise<void> {
  model.setWeights(
    model.weights.map((weight, at) => {
      const values = numbers(size(weight.shape.map(Number)), at);
      return tf.tensor(
        weight.name.includes('variance') ? values.map((value) => Math.abs(value) + 0.1) : values,
        weight.shape.map(Number),
      );
    }),
  );
  const entry = await read(await save(model));
  const input = numbers(size(shape), 5);
  const predicted = model.predict(tf.tensor(input, [1, ...shape]));
  if (Array.isArray(predicted)) throw new Error('several results');
  const values = Float32Array.from(await predicted.data());
  const expected = predicted.shape.length === 4 ? channelsFirst(values, predicted.shape.slice(1)) : values;
  const own = shape.length === 3 ? channelsFirst(input, shape) : input;
  expect(difference(runEntry(entry, own), expected)).toBeLessThan(1e-4);
  tf.disposeVariables();
}

const small = fc.integer({ min: 1, max: 3 });
const padding = fc.constantFrom('same' as const, 'valid' as const);
const activation = fc.constantFrom('linear' as const, 'relu' as const, 'relu6' as const);
const extents = fc.tuple(fc.integer({ min: 4, max: 8 }), fc.integer({ min: 4, max: 8 }), small);
type Shape3 = [number, number, number];
/** TensorFlow.js takes strides or dilation, not both. */
const steps = fc.oneof(
  fc.record({ strides: fc.tuple(small, small), dilationRate: fc.constant(1) }),
  fc.record({ strides: fc.constant([1, 1] as [number, number]), dilationRate: fc.constant(2) }),
);

const drawn: Readonly<Record<string, fc.Arbitrary<readonly [(inputShape: Shape3) => layers.LayersModel, Shape3]>>> = {
  'Conv2D, Flatten, Dense, Softmax': fc
    .record({
      extents,
      filters: small,
      kernelSize: fc.tuple(fc.constantFrom(1, 2), fc.constantFrom(1, 2)),
      steps,
      padding,
      activation,
      useBias: fc.boolean(),
    })
    .map(({ extents, steps, ...config }) => [
      (inputShape) =>
        layers.sequential({
          layers: [
            layers.layers.conv2d({ inputShape, ...config, ...steps }),
            layers.layers.dropout({ rate: 0.5 }),
            layers.layers.flatten(),
            layers.layers.dense({ units: 5, activation: 'relu' }),
            layers.layers.dense({ units: 3, useBias: false }),
            layers.layers.softmax(),
          ],
        }),
      extents,
    ]),
  'depthwise and separable convolution': fc
    .record({ extents, depthMultiplier: small, kernelSize: small, strides: fc.constantFrom(1, 2), padding, activation })
    .map(({ extents, ...config }) => [
      (inputShape) =>
        layers.sequential({
          layers: [
            layers.layers.depthwiseConv2d({ inputShape, ...config }),
            layers.layers.separableConv2d({
              filters: 3,
              kernelSize: 2,
              padding: 'same',
              activation: 'relu',
              strides: 1,
            }),
          ],
        }),
      extents,
    ]),
  'pooling and normalisation': fc
    .record({
      extents,
      poolSize: fc.tuple(fc.constantFrom(1, 2, 3), fc.constantFrom(1, 2, 3)),
      strides: fc.tuple(small, small),
      padding,
      max: fc.boolean(),
      scale: fc.boolean(),
      center: fc.boolean(),
    })
    .map(({ extents, max, scale, center, ...config }) => [
      (inputShape) =>
        layers.sequential({
          layers: [
            layers.layers.batchNormalization({ inputShape, scale, center }),
            max ? layers.layers.maxPooling2d(config) : layers.layers.averagePooling2d(config),
            layers.layers.reLU(max ? {} : { maxValue: 6 }),
            layers.layers.globalAveragePooling2d({}),
          ],
        }),
      extents,
    ]),
  'branches that meet': fc.record({ extents, filters: small }).map(({ extents, filters }) => [
    (inputShape) => {
      const input = layers.input({ shape: inputShape });
      const padded = layers.layers
        .zeroPadding2d({
          padding: [
            [1, 0],
            [0, 1],
          ],
        })
        .apply(input);
      const left = layers.layers.conv2d({ filters, kernelSize: 2, activation: 'relu' }).apply(padded);
      const right = layers.layers.conv2d({ filters, kernelSize: 1, useBias: false }).apply(input);
      const normal = layers.layers.batchNormalization().apply(right);
      const sum = layers.layers.add().apply([left as layers.SymbolicTensor, normal as layers.SymbolicTensor]);
      const both = layers.layers.concatenate().apply([sum as layers.SymbolicTensor, left as layers.SymbolicTensor]);
      const pooled = layers.layers.globalMaxPooling2d({}).apply(both);
      const image = layers.layers.reshape({ targetShape: [1, 1, 2 * filters] }).apply(pooled);
      const output = layers.layers.conv2d({ filters: 4, kernelSize: 1 }).apply(image);
      return layers.model({ inputs: input, outputs: output as layers.SymbolicTensor });
    },
    extents,
  ]),
};

describe('Keras layers', () => {
  it.each(Object.entries(drawn))('%s', async (_name, draw) => {
    await fc.assert(
      fc.asyncProperty(draw, async ([make, shape]) => check(make(shape), shape)),
      { numRuns: 15 },
    );
  });

  it('without weights are a network whose weights are drawn', async () => {
    const model = layers.sequential({
      layers: [layers.layers.conv2d({ inputShape: [5, 5, 2], filters: 3, kernelSize: 2 })],
    });
    const { json } = await save(model);
    const [entry] = await readTfjs(source('model.json', JSON.stringify({ ...JSON.parse(json), weightsManifest: [] })));
    expect(entry?.weights).toBeUndefined();
    expect(entry?.network.layers[0]?.output).toEqual([3, 4, 4]);
  });
});

// Graphs are written by a converter in another language: this one by hand, executed by TensorFlow.js itself.
const b64 = (text: string) => btoa(text);
const list = (...values: readonly number[]) => ({ list: { i: values.map(String) } });
const float = { type: 'DT_FLOAT' };
const conv = {
  T: float,
  strides: list(1, 2, 1, 1),
  padding: { s: b64('SAME') },
  dilations: list(1, 1, 1, 1),
  data_format: { s: b64('NHWC') },
};
const constant = (name: string, type = 'DT_FLOAT') => ({
  name,
  op: 'Const',
  attr: { dtype: { type }, value: { tensor: { dtype: type, tensorShape: {} } } },
});
const shape = (...dims: readonly number[]) => ({ shape: { dim: dims.map((extent) => ({ size: String(extent) })) } });
const parameters: Readonly<Record<string, readonly number[]>> = {
  ...{
    w1: [3, 2, 2, 4],
    b1: [4],
    w2: [2, 2, 4, 1],
    scale: [4],
    shift: [4],
    mean: [4],
    variance: [4],
    w3: [48, 5],
    b3: [5],
  },
};
const graph = {
  node: [
    // In an order that nobody would run them in.
    { name: 'out', op: 'Softmax', input: ['fc'], attr: { T: float } },
    {
      name: 'fc',
      op: '_FusedMatMul',
      input: ['flat', 'w3', 'b3'],
      attr: {
        T: float,
        transpose_a: { b: false },
        transpose_b: { b: false },
        num_args: { i: '1' },
        epsilon: { f: 0 },
        fused_ops: { list: { s: [b64('BiasAdd')] } },
      },
    },
    { name: 'flat', op: 'Reshape', input: ['cat', 'to'], attr: { T: float, Tshape: { type: 'DT_INT32' } } },
    {
      name: 'cat',
      op: 'ConcatV2',
      input: ['bn', 'first', 'axis'],
      attr: { N: { i: '2' }, T: float, Tidx: { type: 'DT_INT32' } },
    },
    {
      name: 'bn',
      op: 'FusedBatchNormV3',
      input: ['dw', 'scale', 'shift', 'mean', 'variance'],
      attr: { T: float, U: float, epsilon: { f: 0.01 }, is_training: { b: false }, data_format: { s: b64('NHWC') } },
    },
    { name: 'dw', op: 'DepthwiseConv2dNative', input: ['first', 'w2'], attr: { ...conv, strides: list(1, 1, 1, 1) } },
    {
      name: 'first',
      op: '_FusedConv2D',
      input: ['x', 'w1', 'b1'],
      attr: {
        ...conv,
        num_args: { i: '1' },
        epsilon: { f: 0 },
        fused_ops: { list: { s: [b64('BiasAdd'), b64('Relu')] } },
      },
    },
    { name: 'x', op: 'Placeholder', attr: { dtype: float, shape: shape(-1, 4, 3, 2) } },
    ...Object.keys(parameters).map((name) => constant(name)),
    ...['to', 'axis'].map((name) => constant(name, 'DT_INT32')),
  ],
  versions: { producer: 1 },
};

function graphWeights() {
  const tensors = Object.entries(parameters).map(([name, dims], at) => {
    const values = numbers(size(dims), at);
    return {
      name,
      shape: [...dims],
      dtype: 'float32' as const,
      values: name === 'variance' ? values.map((value) => Math.abs(value) + 0.1) : values,
    };
  });
  const wholes = [
    { name: 'to', shape: [2], dtype: 'int32' as const, values: Int32Array.of(-1, 48) },
    { name: 'axis', shape: [], dtype: 'int32' as const, values: Int32Array.of(3) },
  ];
  const all = [...tensors, ...wholes];
  const bytes = Buffer.concat(all.map(({ values }) => Buffer.from(values.buffer)));
  return { bytes: new Uint8Array(bytes), specs: all.map(({ name, shape, dtype }) => ({ name, shape, dtype })) };
}

describe('TensorFlow graphs', () => {
  const { bytes, specs } = graphWeights();
  const manifest = [{ paths: ['group1-shard1of1.bin'], weights: specs }];
  const json = JSON.stringify({ format: 'graph-model', modelTopology: graph, weightsManifest: manifest });

  it('compute what TensorFlow.js computes', async () => {
    const artifacts = {
      modelTopology: graph,
      weightSpecs: specs,
      weightData: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
    };
    const model = new GraphModel(tf.io.fromMemorySync(artifacts as tf.io.ModelArtifacts));
    model.load();
    const input = numbers(24, 3);
    const expected = model.predict(tf.tensor(input, [1, 4, 3, 2])) as tf.Tensor;
    const entry = await read({ json, weights: bytes });
    expect(entry.network.layers.map(({ kind }) => kind)).toEqual(['conv2d', 'conv2d', 'concat', 'dense', 'softmax']);
    expect(
      difference(runEntry(entry, channelsFirst(input, [4, 3, 2])), Float32Array.from(await expected.data())),
    ).toBeLessThan(1e-5);
  });

  it('stored in 8 bits are the numbers that these stand for', async () => {
    const model = layers.sequential({ layers: [layers.layers.dense({ inputShape: [3], units: 2, useBias: false })] });
    const { json: plain } = await save(model);
    const { modelTopology, weightsManifest } = JSON.parse(plain);
    const [{ weights }] = weightsManifest;
    const quantization = { dtype: 'uint8', scale: 0.5, min: -1 };
    const text = JSON.stringify({
      modelTopology,
      weightsManifest: [{ paths: ['w'], weights: [{ ...weights[0], quantization }] }],
    });
    const [entry] = await readTfjs(source('model.json', text, { w: Uint8Array.of(0, 1, 2, 3, 4, 5) }));
    const [found] = entry?.weights?.values() ?? [];
    expect(found?.store).toMatchObject({ rows: 2, columns: 3, values: Float32Array.of(-1, 0, 1, -0.5, 0.5, 1.5) });
  });

  it.each<[string, (text: string) => string, string]>([
    ['no JSON', (text) => text.slice(0, -2), 'expected JSON'],
    ['no model', () => '{}', 'm/model.json: modelTopology: '],
    [
      'an unknown operator',
      (text) => text.replace('"Softmax"', '"Einsum"'),
      'found operators Einsum, expected Add, AddN',
    ],
    ['a circle', (text) => text.replace('["x","w1","b1"]', '["out","w1","b1"]'), 'found a circle through'],
    ['a missing node', (text) => text.replace('["fc"]', '["fd"]'), 'node out: found input fd, which is no node'],
    ['weights that do not fit', (text) => text.replace('[48,5]', '[47,5]'), 'expected the'],
    ['weights past the end', (text) => text.replace('[48,5]', '[480,5]'), 'expected at least'],
    ['weights that nothing holds', (text) => text.replace('[48,5]', '[480000000,5]'), '(limit elements)'],
    ['a negative extent', (text) => text.replace('[48,5]', '[-48,5]'), 'm/model.json: weightsManifest.0.weights'],
    ['another file', (text) => text.replace('group1-shard1of1', 'group2'), 'found no file group2.bin beside it'],
    [
      'an open image',
      (text) => text.replace('{"size":"4"}', '{"size":"-1"}'),
      'expected fixed numbers behind the batch',
    ],
  ])('refuse %s', async (_what, change, expected) => {
    expect(await refusal(() => readTfjs(opened({ json: change(json), weights: bytes })))).toContain(expected);
  });
});
