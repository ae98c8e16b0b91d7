// Caffe networks, and one network in three formats.

import { describe, expect, it } from 'vitest';
import { readCaffe } from '../../../../workloads/formats/caffe/read.js';
import { netType } from '../../../../workloads/formats/caffe/weights.js';
import { readOnnx } from '../../../../workloads/formats/onnx/read.js';
import { readTfjs } from '../../../../workloads/formats/tfjs/read.js';
import { nonzerosOf } from '../../../../workloads/weights/entries.js';
import type { ZooEntry } from '../../../../workloads/zoo/entry.js';
import { onnxFile } from '../onnx/file.js';
import { difference, runEntry } from '../run-entry.js';
import { refusal, source } from '../source.js';

const size = (dims: readonly number[]) => dims.reduce((product, extent) => product * extent, 1);
/** Weights of which about a third are zero. */
const random = (dims: readonly number[], seed: number) =>
  Float32Array.from({ length: size(dims) }, (_, at) => {
    const value = Math.sin((at + 1) * (seed + 1.7));
    return Math.abs(value) < 0.5 ? 0 : value;
  });

// As Caffe has them: filters by [in, rows, columns], rows of outputs.
const weights = {
  conv1: random([4, 3, 3, 3], 1),
  bias1: random([4], 2),
  mean: random([4], 3),
  variance: random([4], 4).map((value) => Math.abs(value) + 0.2),
  gamma: random([4], 5).map((value) => value + 1.5),
  beta: random([4], 6),
  conv2: random([6, 2, 2, 2], 7),
  fc1: random([10, 6 * 2 * 2], 8),
  fc1Bias: random([10], 9),
  fc2: random([5, 10], 10),
};

const prototxt = `name: "Small" # a comment
layer { name: "data" type: "Input" top: "data" input_param { shape: { dim: 1 dim: 3 dim: 6 dim: 6 } } }
layer {
  name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
  param { lr_mult: 1 } convolution_param { num_output: 4 kernel_size: 3 pad: 1 weight_filler { type: 'xavier' } }
}
layer { name: "bn1" type: "BatchNorm" bottom: "conv1" top: "conv1" batch_norm_param { use_global_stats: true eps: 0.01 } }
layer { name: "scale1" type: "Scale" bottom: "conv1" top: "conv1" scale_param { bias_term: true } }
layer { name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" }
layer { name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1" pooling_param { pool: MAX kernel_size: 2 stride: 2 } }
layer { name: "conv2" type: "Convolution" bottom: "pool1" top: "conv2" convolution_param { num_output: 6 kernel_h: 2 kernel_w: 2 group: 2 bias_term: false } }
layer { name: "drop" type: "Dropout" bottom: "conv2" top: "conv2" dropout_param { dropout_ratio: 0.5 } }
layer { name: "fc1" type: "InnerProduct" bottom: "conv2" top: "fc1" inner_product_param { num_output: 10 } }
layer { name: "relu2" type: "ReLU" bottom: "fc1" top: "fc1" }
layer { name: "fc2" type: "InnerProduct" bottom: "fc1" top: "fc2" inner_product_param { num_output: 5 bias_term: false } }
layer { name: "accuracy" type: "Accuracy" bottom: "fc2" bottom: "label" top: "accuracy" include { phase: TEST } }
layer { name: "train" type: "Python" bottom: "fc2" top: "loss" include { phase: TRAIN } }
layer { name: "prob" type: "Softmax" bottom: "fc2" top: "prob" }
`;

const blob = (dims: readonly number[], values: Float32Array) => ({
  shape: { dim: dims },
  data: [...values],
});
const layers = [
  { name: 'conv1', blobs: [blob([4, 3, 3, 3], weights.conv1), blob([4], weights.bias1)] },
  {
    name: 'bn1',
    // Sums over the third blob's factor.
    blobs: [
      blob(
        [4],
        weights.mean.map((each) => each * 2),
      ),
      blob(
        [4],
        weights.variance.map((each) => each * 2),
      ),
      blob([1], Float32Array.of(2)),
    ],
  },
  { name: 'scale1', blobs: [blob([4], weights.gamma), blob([4], weights.beta)] },
  { name: 'conv2', blobs: [blob([6, 2, 2, 2], weights.conv2)] },
  { name: 'fc1', blobs: [blob([10, 24], weights.fc1), blob([10], weights.fc1Bias)] },
  { name: 'fc2', blobs: [blob([5, 10], weights.fc2)] },
];
const caffemodel = netType.encode({ name: 'Small', layer: layers }).finish();

const onnx = onnxFile({
  opset: 14,
  input: [3, 6, 6],
  nodes: [
    {
      opType: 'Conv',
      input: ['x', 'w1', 'b1'],
      output: ['c1'],
      attributes: { pads: [1, 1, 1, 1] },
    },
    {
      opType: 'BatchNormalization',
      input: ['c1', 'g', 'b', 'm', 'v'],
      output: ['n1'],
      attributes: { epsilon: 0.01 },
      floats: ['epsilon'],
    },
    { opType: 'Relu', input: ['n1'], output: ['r1'] },
    {
      opType: 'MaxPool',
      input: ['r1'],
      output: ['p1'],
      attributes: { kernel_shape: [2, 2], strides: [2, 2] },
    },
    { opType: 'Conv', input: ['p1', 'w2'], output: ['c2'], attributes: { group: 2 } },
    { opType: 'Flatten', input: ['c2'], output: ['f'] },
    { opType: 'Gemm', input: ['f', 'w3', 'b3'], output: ['h'], attributes: { transB: 1 } },
    { opType: 'Relu', input: ['h'], output: ['r2'] },
    { opType: 'Gemm', input: ['r2', 'w4'], output: ['o'], attributes: { transB: 1 } },
    { opType: 'Softmax', input: ['o'], output: ['y'] },
  ],
  tensors: {
    ...{
      w1: { dims: [4, 3, 3, 3], values: [...weights.conv1] },
      b1: { dims: [4], values: [...weights.bias1] },
    },
    ...{
      g: { dims: [4], values: [...weights.gamma] },
      b: { dims: [4], values: [...weights.beta] },
    },
    ...{
      m: { dims: [4], values: [...weights.mean] },
      v: { dims: [4], values: [...weights.variance] },
    },
    ...{
      w2: { dims: [6, 2, 2, 2], values: [...weights.conv2] },
      w3: { dims: [10, 24], values: [...weights.fc1] },
    },
    ...{
      b3: { dims: [10], values: [...weights.fc1Bias] },
      w4: { dims: [5, 10], values: [...weights.fc2] },
    },
  },
});

/** [out, in, rows, columns] → [rows, columns, in, out]. */
function kernel(
  values: Float32Array,
  [out = 1, inputs = 1, high = 1, wide = 1]: readonly number[],
): Float32Array {
  return values.map((_, at) => {
    const [o, i] = [at % out, Math.floor(at / out) % inputs];
    const tap = Math.floor(at / (out * inputs));
    return values[(o * inputs + i) * high * wide + tap] as number;
  });
}

/** Columns over [channels, rows, columns] → rows over [rows, columns, channels]. */
function flattened(
  values: Float32Array,
  outputs: number,
  [c = 1, h = 1, w = 1]: readonly number[],
): Float32Array {
  return values.map((_, at) => {
    const [output, input] = [at % outputs, Math.floor(at / outputs)];
    const [channel, pixel] = [input % c, Math.floor(input / c)];
    return values[output * c * h * w + channel * h * w + pixel] as number;
  });
}

function tfjs() {
  const keras = (name: string, class_name: string, config: object, from: string) => ({
    ...{ class_name, name, config: { name, ...config } },
    inbound_nodes: from === '' ? [] : [[[from, 0, 0, {}]]],
  });
  const stored: readonly [name: string, shape: readonly number[], values: Float32Array][] = [
    ['conv1/kernel', [3, 3, 3, 4], kernel(weights.conv1, [4, 3, 3, 3])],
    ['conv1/bias', [4], weights.bias1],
    ['bn1/gamma', [4], weights.gamma],
    ['bn1/beta', [4], weights.beta],
    ['bn1/moving_mean', [4], weights.mean],
    ['bn1/moving_variance', [4], weights.variance],
    ['conv2/kernel', [2, 2, 2, 6], kernel(weights.conv2, [6, 2, 2, 2])],
    ['fc1/kernel', [24, 10], flattened(weights.fc1, 10, [6, 2, 2])],
    ['fc1/bias', [10], weights.fc1Bias],
    ['fc2/kernel', [10, 5], flattened(weights.fc2, 5, [10])],
  ];
  const json = {
    modelTopology: {
      class_name: 'Functional',
      config: {
        layers: [
          keras('in', 'InputLayer', { batch_input_shape: [null, 6, 6, 3] }, ''),
          keras(
            'conv1',
            'Conv2D',
            { filters: 4, kernel_size: [3, 3], strides: [1, 1], padding: 'same' },
            'in',
          ),
          keras('bn1', 'BatchNormalization', { axis: -1, epsilon: 0.01 }, 'conv1'),
          keras('relu', 'Activation', { activation: 'relu' }, 'bn1'),
          keras(
            'pool',
            'MaxPooling2D',
            { pool_size: [2, 2], strides: [2, 2], padding: 'valid' },
            'relu',
          ),
          keras(
            'conv2',
            'Conv2D',
            { filters: 6, kernel_size: [2, 2], groups: 2, use_bias: false, padding: 'valid' },
            'pool',
          ),
          keras('flat', 'Flatten', {}, 'conv2'),
          keras('fc1', 'Dense', { units: 10, activation: 'relu' }, 'flat'),
          keras('fc2', 'Dense', { units: 5, use_bias: false, activation: 'softmax' }, 'fc1'),
        ],
        output_layers: [['fc2', 0, 0]],
      },
    },
    weightsManifest: [
      {
        paths: ['w.bin'],
        weights: stored.map(([name, shape]) => ({ name, shape, dtype: 'float32' })),
      },
    ],
  };
  const bytes = Buffer.concat(stored.map(([, , values]) => Buffer.from(values.buffer)));
  return source('model.json', JSON.stringify(json), { 'w.bin': new Uint8Array(bytes) });
}

const only = ([entry]: readonly ZooEntry[]): ZooEntry => {
  if (!entry) throw new Error('no network');
  return entry;
};

describe('one network through Caffe, ONNX and TensorFlow.js', async () => {
  const caffe = only(
    await readCaffe(source('small.prototxt', prototxt, { 'small.caffemodel': caffemodel })),
  );
  const others = {
    onnx: only(await readOnnx(source('small.onnx', onnx))),
    tfjs: only(await readTfjs(tfjs())),
  };
  const input = random([3, 6, 6], 11);

  /** What costs anything, whatever the format calls it. */
  const demands = ({ network }: ZooEntry) => network.layers.flatMap(({ demand }) => demand ?? []);
  const nonzeros = ({ weights: own }: ZooEntry) =>
    [...(own?.values() ?? [])].map(({ store }) => nonzerosOf(store));

  it('is seven layers with the biases that folding leaves', () => {
    expect(caffe.network.layers.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
      ...['conv1 conv2d', 'pool1 pool2d', 'conv2 conv2d', 'fc1 dense', 'fc2 dense', 'prob softmax'],
    ]);
  });

  it.each(Object.entries(others))('demands the same of hardware as %s', (_format, other) => {
    expect(demands(other)).toEqual(demands(caffe));
    expect(nonzeros(other)).toEqual(nonzeros(caffe));
    expect(Object.values(other.densities.layers)).toEqual(Object.values(caffe.densities.layers));
  });

  it.each(Object.entries(others))('computes the same as %s', (_format, other) => {
    expect(difference(runEntry(other, input), runEntry(caffe, input))).toBeLessThan(1e-6);
  });

  it('takes the weights of a file that is given apart', () => {
    const [format] = caffe.weightFormats ?? [];
    expect(format?.matches(caffemodel, 'other.caffemodel')).toBe(true);
    expect(format?.read(caffemodel, caffe.network, 'other.caffemodel')).toEqual(caffe.weights);
  });
});

describe('a Caffe network', () => {
  it('without weights is one whose weights are drawn', async () => {
    const entry = only(await readCaffe(source('small.prototxt', prototxt)));
    expect(entry.weights).toBeUndefined();
    expect(entry.network.layers.map(({ results: [result] }) => result?.shape.join('×'))).toEqual([
      ...['1×4×6×6', '1×4×3×3', '1×6×2×2', '1×10', '1×5', '1×5'],
    ]);
  });

  it('may be written as before', async () => {
    const old = `input: "data" input_dim: 1 input_dim: 2 input_dim: 5 input_dim: 5
      layers { name: "c" type: CONVOLUTION bottom: "data" top: "c" convolution_param { num_output: 2 kernel_size: 3 } }
      layers { name: "p" type: POOLING bottom: "c" top: "p" pooling_param { pool: AVE kernel_size: 2 stride: 2 } }
      layers { name: "n" type: LRN bottom: "p" top: "n" lrn_param < local_size: 3 alpha: 0.1 > }
      layers { name: "f" type: INNER_PRODUCT bottom: "n" top: "f" inner_product_param { num_output: 3 } }`;
    const blobs = [
      { num: 2, channels: 2, height: 3, width: 3, data: [...random([2, 2, 3, 3], 1)] },
      { num: 1, channels: 1, height: 1, width: 2, data: [1, 2] },
    ];
    const dense = [
      { num: 1, channels: 1, height: 3, width: 8, data: [...random([3, 8], 2)] },
      { num: 1, channels: 1, height: 1, width: 3, data: [1, 2, 3] },
    ];
    const bytes = netType
      .encode({
        layers: [
          { name: 'c', blobs },
          { name: 'f', blobs: dense },
        ],
      })
      .finish();
    const entry = only(await readCaffe(source('old.prototxt', old, { 'old.caffemodel': bytes })));
    // 5 − 3 + 1 = 3 pixels, two windows of 2 with stride 2 when rounding up.
    expect(
      entry.network.layers.map(
        ({ kind, results: [result] }) => `${kind} ${result?.shape.join('×')}`,
      ),
    ).toEqual([...['conv2d 1×2×3×3', 'pool2d 1×2×2×2', 'lrn 1×2×2×2', 'dense 1×3']]);
    expect(entry.weights?.get('c')?.bias).toEqual(Float32Array.of(1, 2));
  });

  const deep = `${'a {'.repeat(100)}${'}'.repeat(100)}`;
  it.each<[string, string, Uint8Array | null, string]>([
    [
      'no input',
      'layer { name: "a" type: "ReLU" }',
      null,
      's.prototxt: found 0 inputs, expected one',
    ],
    [
      'an unknown type',
      prototxt.replace('"Dropout"', '"Drop"'),
      null,
      's.prototxt:12: layer drop: found type Drop, expected Convolution',
    ],
    [
      'a circle',
      prototxt.replace('bottom: "data"', 'bottom: "fc2"'),
      null,
      's.prototxt:3: layer conv1: found input fc2, which no layer before it makes',
    ],
    [
      'no number',
      prototxt.replace('num_output: 4', 'num_output: four'),
      null,
      "layer conv1: found num_output of 'four', expected a number",
    ],
    ['half a file', prototxt.slice(0, 300), null, "found 'the end of the file'"],
    [
      'blocks without end',
      deep,
      null,
      's.prototxt:1: found blocks nested 65 deep, expected at most 64',
    ],
    ['signs', '{ } }', null, "s.prototxt:1: found '{', expected a field's name"],
    ['no text', '\u0001\u0002', null, 's.prototxt:1: found "\\u0001\\u0002", expected a field'],
    [
      'no weights for a layer',
      prototxt,
      netType.encode({ layer: layers.slice(1) }).finish(),
      'layer conv1: found 0 blobs of weights, expected 2',
    ],
    [
      'weights of another shape',
      prototxt,
      netType.encode({ layer: [{ ...layers[4], name: 'conv1' }, ...layers.slice(1)] }).finish(),
      'layer conv1: found a blob of 10×24, expected 4×3×3×3',
    ],
    [
      'a shape that its data does not fill',
      prototxt,
      netType
        .encode({ layer: [{ name: 'conv1', blobs: [{ shape: { dim: [9, 9] }, data: [1] }] }] })
        .finish(),
      'layer conv1: found 1 values, expected 81',
    ],
    ['half the weights', prototxt, caffemodel.subarray(0, 100), 'expected a whole .caffemodel'],
    [
      'no weights at all',
      prototxt,
      new Uint8Array(),
      's.caffemodel: found no layers, expected a .caffemodel',
    ],
  ])('is refused for %s', async (_what, text, bytes, expected) => {
    const beside = bytes ? { 's.caffemodel': bytes } : {};
    expect(await refusal(() => readCaffe(source('s.prototxt', text, beside)))).toContain(expected);
  });
});
