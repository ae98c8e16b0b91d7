// Caffe layers by their definitions, and networks of other projects.

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readCaffe } from '../../../../workloads/formats/caffe/read.js';
import { netType } from '../../../../workloads/formats/caffe/weights.js';
import { defaultLimits } from '../../../../workloads/formats/source.js';
import type { Tensor } from '../../../../workloads/network.js';
import { distance, outputsOf, random } from '../plain-pass.js';
import { refusal, source } from '../source.js';

const shared = join(import.meta.dirname, '../../../../../shared');
const networks = join(shared, 'models/networks');

type Blobs = readonly { readonly dims: readonly number[]; readonly values: readonly number[] }[];

/** One layer behind an input `x`, and inputs `y` and `z` of its own where it has several. */
async function layer(text: string, inputs: readonly (readonly number[])[], blobs?: Blobs) {
  const names = ['x', 'y', 'z'].slice(0, inputs.length);
  const given = inputs.map(
    (shape, at) =>
      `input: "${names[at]}" input_shape { ${shape.map((extent) => `dim: ${extent}`).join(' ')} }`,
  );
  const bottoms = names.map((name) => `bottom: "${name}"`).join(' ');
  const prototxt = `${given.join('\n')}\nlayer { name: "out" ${bottoms} ${text.includes('top:') ? '' : 'top: "out"'} ${text} }`;
  const stored = {
    name: 'out',
    blobs: (blobs ?? []).map(({ dims, values }) => ({ shape: { dim: dims }, data: values })),
  };
  const beside = blobs ? { 's.caffemodel': netType.encode({ layer: [stored] }).finish() } : {};
  const [entry] = await readCaffe(source('s.prototxt', prototxt, beside));
  if (!entry) throw new Error('no network');
  const tensors = new Map(
    entry.network.inputs.map((input, at) => [input.name, random(input, at + 1)]),
  );
  return {
    outputs: outputsOf(entry, tensors),
    inputs: names.map((name) => tensors.get(name) as Tensor),
    entry,
  };
}

const image = [1, 2, 3, 4];
const each = (of: (x: number, at: number) => number) => (values: ArrayLike<number>) =>
  Array.from(values, of);
const e = Math.exp;

describe('numbers that keep divisors from zero', () => {
  const lane = (values: ArrayLike<number>, at: number) =>
    Array.from({ length: 12 }, (_, pixel) => values[12 * Math.floor(at / 12) + pixel] as number);

  it('MVN adds eps to the deviation', async () => {
    const { outputs, inputs } = await layer('type: "MVN" mvn_param { eps: 0.5 }', [image]);
    const values = inputs[0]?.values as Float32Array;
    const expected = each((x, at) => {
      const own = lane(values, at);
      const mean = own.reduce((sum, value) => sum + value, 0) / 12;
      const variance = own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 12;
      return (x - mean) / (Math.sqrt(variance) + 0.5);
    })(values);
    expect(distance(outputs[0]?.values as Float32Array, expected)).toBeLessThan(1e-6);
  });

  it.each([true, false])(
    'Normalize adds eps to the squares, across positions: %s',
    async (isWhole) => {
      const text = `type: "Normalize" norm_param { eps: 2 across_spatial: ${isWhole} }`;
      const { outputs, inputs } = await layer(text, [image], [{ dims: [1], values: [3] }]);
      const values = inputs[0]?.values as Float32Array;
      const expected = each((x, at) => {
        const own = isWhole
          ? [...values]
          : [values[at % 12] as number, values[(at % 12) + 12] as number];
        return (3 * x) / Math.sqrt(own.reduce((sum, value) => sum + value ** 2, 0) + 2);
      })(values);
      expect(distance(outputs[0]?.values as Float32Array, expected)).toBeLessThan(1e-6);
    },
  );
});

describe('functions of single elements', () => {
  it.each<[string, string, (values: ArrayLike<number>) => number[]]>([
    ['ReLU', 'type: "ReLU"', each((x) => Math.max(0, x))],
    [
      'ReLU with a slope',
      'type: "ReLU" relu_param { negative_slope: 0.1 }',
      each((x) => (x < 0 ? 0.1 * x : x)),
    ],
    ['ReLU6', 'type: "ReLU6"', each((x) => Math.min(6, Math.max(0, x)))],
    ['ELU', 'type: "ELU" elu_param { alpha: 0.5 }', each((x) => (x < 0 ? 0.5 * (e(x) - 1) : x))],
    ['Sigmoid', 'type: "Sigmoid"', each((x) => 1 / (1 + e(-x)))],
    ['TanH', 'type: "TanH"', each(Math.tanh)],
    ['AbsVal', 'type: "AbsVal"', each(Math.abs)],
    ['BNLL', 'type: "BNLL"', each((x) => Math.log(1 + e(x)))],
    [
      'Power',
      'type: "Power" power_param { power: 2 scale: 0.5 shift: 1 }',
      each((x) => (1 + 0.5 * x) ** 2),
    ],
    ['Power of 3', 'type: "Power" power_param { power: 3 }', each((x) => x ** 3)],
    [
      'Exp',
      'type: "Exp" exp_param { base: 2 scale: 0.5 shift: 1 }',
      each((x) => 2 ** (1 + 0.5 * x)),
    ],
    [
      'Log',
      'type: "Log" log_param { base: 10 scale: 0.5 shift: 3 }',
      each((x) => Math.log10(3 + 0.5 * x)),
    ],
    [
      'Threshold',
      'type: "Threshold" threshold_param { threshold: 0.5 }',
      each((x) => Number(x > 0.5)),
    ],
    [
      'Clip',
      'type: "Clip" clip_param { min: -1 max: 0.5 }',
      each((x) => Math.min(0.5, Math.max(-1, x))),
    ],
    ['Swish', 'type: "Swish"', each((x) => x / (1 + e(-x)))],
    ['HardSwish', 'type: "HardSwish"', each((x) => (x * Math.min(6, Math.max(0, x + 3))) / 6)],
    [
      'Reduction',
      'type: "Reduction" reduction_param { operation: ASUM coeff: 0.5 }',
      (values) => [Array.from(values).reduce((sum, x) => sum + Math.abs(x), 0) / 2],
    ],
  ])('%s', async (_name, text, of) => {
    const { outputs, inputs } = await layer(text, [image]);
    expect(distance(outputs[0]?.values ?? [], of(inputs[0]?.values ?? []))).toBeLessThan(1e-5);
  });

  it('PReLU takes a slope of each channel', async () => {
    const { outputs, inputs } = await layer(
      'type: "PReLU"',
      [image],
      [{ dims: [2], values: [0.1, 0.2] }],
    );
    const expected = each((x, at) => (x < 0 ? x * (at < 12 ? 0.1 : 0.2) : x))(
      inputs[0]?.values ?? [],
    );
    expect(distance(outputs[0]?.values ?? [], expected)).toBeLessThan(1e-6);
  });
});

describe('several inputs', () => {
  const run = async (text: string, count = 2) => {
    const { outputs, inputs } = await layer(text, new Array(count).fill(image));
    return {
      found: outputs[0]?.values ?? [],
      of: (make: (...values: number[]) => number) =>
        Array.from({ length: 24 }, (_, at) =>
          make(...inputs.map(({ values }) => values[at] as number)),
        ),
    };
  };

  it.each<[string, string, (x: number, y: number, z: number) => number]>([
    ['SUM', 'eltwise_param { operation: SUM }', (x, y, z) => x + y + z],
    [
      'SUM with factors',
      'eltwise_param { coeff: 1 coeff: -1 coeff: 0.5 }',
      (x, y, z) => x - y + z / 2,
    ],
    ['PROD', 'eltwise_param { operation: PROD }', (x, y, z) => x * y * z],
    ['MAX', 'eltwise_param { operation: MAX }', (x, y, z) => Math.max(x, y, z)],
  ])('Eltwise %s', async (_name, text, of) => {
    const { found, of: expected } = await run(`type: "Eltwise" ${text}`, 3);
    expect(distance(found, expected(of as never))).toBeLessThan(1e-6);
  });

  it('a second input scales each channel', async () => {
    const { outputs, inputs } = await layer('type: "Scale" scale_param { axis: 0 }', [
      image,
      [1, 2],
    ]);
    const factors = inputs[1]?.values ?? [];
    const expected = each((x, at) => x * (factors[Math.floor(at / 12)] as number))(
      inputs[0]?.values ?? [],
    );
    expect(distance(outputs[0]?.values ?? [], expected)).toBeLessThan(1e-6);
  });
});

describe('windows', () => {
  it('a stochastic pool is tested with its expectation', async () => {
    const { outputs, inputs } = await layer(
      'type: "Pooling" pooling_param { pool: STOCHASTIC kernel_size: 3 }',
      [[1, 1, 3, 3]],
    );
    const values = Array.from(inputs[0]?.values ?? []);
    const sum = values.reduce((total, x) => total + x, 0);
    const expected = values.reduce((total, x) => total + x * x, 0) / sum;
    expect(distance(outputs[0]?.values ?? [], [expected])).toBeLessThan(1e-5);
  });

  it('LRN within a channel', async () => {
    const { outputs, inputs } = await layer(
      'type: "LRN" lrn_param { norm_region: WITHIN_CHANNEL local_size: 3 alpha: 0.5 beta: 0.75 }',
      [image],
    );
    const x = (c: number, row: number, column: number) =>
      row < 0 || column < 0 || row > 2 || column > 3
        ? 0
        : (inputs[0]?.values[(c * 3 + row) * 4 + column] as number);
    const expected = Array.from({ length: 24 }, (_, at) => {
      const [c, row, column] = [Math.floor(at / 12), Math.floor(at / 4) % 3, at % 4];
      let squares = 0;
      for (const dy of [-1, 0, 1])
        for (const dx of [-1, 0, 1]) squares += x(c, row + dy, column + dx) ** 2;
      // Padding counts as far as it reaches.
      return x(c, row, column) * (1 + (0.5 * squares) / 9) ** -0.75;
    });
    expect(distance(outputs[0]?.values ?? [], expected)).toBeLessThan(1e-5);
  });

  it('Deconvolution spreads each pixel over its kernel', async () => {
    const values = Array.from({ length: 2 * 3 * 2 * 2 }, (_, at) => Math.cos(at));
    const text =
      'type: "Deconvolution" convolution_param { num_output: 3 kernel_size: 2 stride: 2 bias_term: false }';
    const { outputs, inputs } = await layer(text, [image], [{ dims: [2, 3, 2, 2], values }]);
    const expected = new Array<number>(3 * 6 * 8).fill(0);
    for (let i = 0; i < 2; i++)
      for (let o = 0; o < 3; o++)
        for (let y = 0; y < 6; y++)
          for (let x = 0; x < 8; x++) {
            const from = inputs[0]?.values[(i * 3 + (y >> 1)) * 4 + (x >> 1)] as number;
            const at = (o * 6 + y) * 8 + x;
            expected[at] =
              (expected[at] as number) +
              from * (values[((i * 3 + o) * 2 + (y & 1)) * 2 + (x & 1)] as number);
          }
    expect(outputs[0]?.shape).toEqual([1, 3, 6, 8]);
    expect(distance(outputs[0]?.values ?? [], expected)).toBeLessThan(1e-5);
  });

  it('a depthwise convolution has a group a channel', async () => {
    const { entry } = await layer(
      'type: "ConvolutionDepthwise" convolution_param { num_output: 2 kernel_size: 3 pad: 1 }',
      [image],
      [
        { dims: [2, 1, 3, 3], values: new Array(18).fill(1) },
        { dims: [2], values: [0, 0] },
      ],
    );
    expect(entry.network.layers[0]).toMatchObject({ kind: 'conv2d', groups: 2, channels: 2 });
  });
});

describe('shapes', () => {
  it.each<[string, string, readonly (readonly number[])[]]>([
    [
      'Reshape keeps and fills',
      'type: "Reshape" reshape_param { shape { dim: 0 dim: -1 dim: 4 } }',
      [[1, 6, 4]],
    ],
    [
      'Reshape of some axes',
      'type: "Reshape" reshape_param { shape { dim: 6 } axis: 1 num_axes: 2 }',
      [[1, 6, 4]],
    ],
    ['Flatten', 'type: "Flatten" flatten_param { axis: 2 end_axis: 3 }', [[1, 2, 12]]],
    [
      'Permute',
      'type: "Permute" permute_param { order: 0 order: 2 order: 3 order: 1 }',
      [[1, 3, 4, 2]],
    ],
    [
      'Slice at points',
      'type: "Slice" top: "a" top: "b" slice_param { axis: 3 slice_point: 1 }',
      [
        [1, 2, 3, 1],
        [1, 2, 3, 3],
      ],
    ],
    [
      'Slice evenly',
      'type: "Slice" top: "a" top: "b"',
      [
        [1, 1, 3, 4],
        [1, 1, 3, 4],
      ],
    ],
    ['Interp', 'type: "Interp" interp_param { zoom_factor: 2 }', [[1, 2, 5, 7]]],
    ['Upsample', 'type: "Upsample" upsample_param { scale: 3 }', [[1, 2, 9, 12]]],
    ['Reorg', 'type: "Reorg" reorg_param { stride: 1 }', [image]],
    [
      'InnerProduct from the last axis',
      'type: "InnerProduct" inner_product_param { num_output: 5 axis: 3 }',
      [[1, 2, 3, 5]],
    ],
    ['ArgMax', 'type: "ArgMax" argmax_param { axis: 1 }', [[1, 1, 3, 4]]],
  ])('%s', async (_name, text, shapes) => {
    const names = shapes.length;
    const given = `input: "x" input_shape { dim: 1 dim: 2 dim: 3 dim: 4 } layer { name: "out" bottom: "x" ${text.includes('top:') ? '' : 'top: "out"'} ${text} }`;
    const [entry] = await readCaffe(source('s.prototxt', given));
    const results = entry?.network.layers.flatMap((each) => each.results) ?? [];
    expect(
      entry?.network.outputs.map((name) => results.find((result) => result.name === name)?.shape),
    ).toEqual(shapes);
    expect(entry?.network.outputs).toHaveLength(names);
  });

  it('detectors are opaque, their boxes counted', async () => {
    const text =
      'type: "PriorBox" prior_box_param { min_size: 10 max_size: 20 aspect_ratio: 2 aspect_ratio: 3 flip: true clip: false variance: 0.1 }';
    const { network, notes } = (
      await readCaffe(
        source(
          's.prototxt',
          `input: "x" input_shape { dim: 1 dim: 2 dim: 3 dim: 4 } layer { name: "out" bottom: "x" top: "out" ${text} }`,
        ),
      )
    )[0] as never as { network: { layers: { results: { shape: number[] }[] }[] }; notes: string[] };
    expect(network.layers[0]?.results[0]?.shape).toEqual([1, 2, 3 * 4 * 6 * 4]);
    expect(notes[0]).toContain('PriorBox cannot be computed here');
  });
});

describe('what a network is made of', () => {
  const net = (rules: string) => `input: "x" input_shape { dim: 1 dim: 2 dim: 3 dim: 4 }
    layer { name: "a" type: "ReLU" bottom: "x" top: "x" }
    layer { name: "b" type: "TanH" bottom: "x" top: "b" ${rules} }`;
  it.each<[string, string, boolean]>([
    ['of the test phase', 'include { phase: TEST }', true],
    ['of the training phase', 'include { phase: TRAIN }', false],
    ['kept out of the test phase', 'exclude { phase: TEST }', false],
    ['of a stage that is not this one', 'include { stage: "val" }', false],
    ['of deployment', 'include { stage: "deploy" }', true],
    ['of any stage but one', 'include { phase: TEST not_stage: "val" }', true],
    ['of a higher level', 'include { min_level: 2 }', false],
    ['of one of two rules', 'include { phase: TRAIN } include { max_level: 0 }', true],
  ])('a layer %s', async (_name, rules, isThere) => {
    const [entry] = await readCaffe(source('s.prototxt', net(rules)));
    expect(entry?.network.layers.some(({ name }) => name === 'b')).toBe(isThere);
  });

  it.each([
    [
      'a parameter that nobody knows',
      'convolution_param { num_output: 2 kernel_size: 1 spin: 3 }',
      'layer b: found convolution_param.spin, which may change its results',
    ],
    [
      'a block that nobody knows',
      'convolution_param { num_output: 2 kernel_size: 1 } foo_param { a: 1 }',
      'layer b: found foo_param, which may change its results',
    ],
  ])('%s is an error', async (_name, text, expected) => {
    const prototxt = net(text).replace('"TanH"', '"Convolution"');
    expect(await refusal(() => readCaffe(source('s.prototxt', prototxt)))).toContain(expected);
  });

  it('all types that nobody knows are told at once', async () => {
    const prototxt = net('').replace('"TanH"', '"Foo"').replace('"ReLU"', '"Bar"');
    expect(await refusal(() => readCaffe(source('s.prototxt', prototxt)))).toContain(
      'found layers of types Bar, Foo, expected',
    );
  });
});

function file(path: string) {
  return {
    ...{ name: path, bytes: new Uint8Array(readFileSync(path)), limits: defaultLimits },
    async beside(name: string) {
      const other = join(dirname(path), name);
      return existsSync(other) ? new Uint8Array(readFileSync(other)) : null;
    },
  };
}

// The input that the expected values were made with.
const given = Float32Array.of(
  ...[
    -0.8019314, -1.324359, -0.2483616, 0.4204452, 1.136047, 0.1097064, -0.5526473, -0.7847804,
    0.7487458, 1.634783,
  ],
  ...[
    0.2727688, -1.233329, -0.9582652, 1.600019, 0.2028824, -1.732135, -0.08369619, -1.163226,
    -0.6292881, -0.4880058,
  ],
  ...[
    -0.7133134, 0.5533785, -0.06308597, -0.5894313, 0.4096378, 0.8298553, -1.643023, -0.2567301,
    -0.9807473,
  ],
  ...[
    -0.1731552, -1.289419, 0.02069039, -0.03788574, -0.3043377, -1.047927, -0.3961903, -1.091329,
    -1.355209,
  ],
  ...[
    0.2247857, -1.10935, 1.170296, 0.7165877, -1.997817, 0.2721289, -1.101717, 0.03305722,
    0.04363199, -1.98843,
  ],
  ...[
    -0.2334225, -0.25579, 0.9620005, -1.181447, 0.7380419, -1.098973, -0.3312909, -0.8404732,
    1.448731, 0.5682131,
  ],
  ...[
    2.431732, 0.6419164, 0.8449928, 0.8406829, -0.6066115, -0.07002845, 1.350389, -0.3965508,
    0.1887995, -0.02122346,
  ],
  ...[
    0.6092165, -0.3649088, -0.1523619, 0.2423814, 0.1030231, -0.8649728, 0.8957831, -1.298481,
    -1.201116, -1.282492,
  ],
  ...[0.9669723, -0.3606084, -0.9710364, -1.136021, 0.4211311, -1.054841],
);

describe.skipIf(!existsSync(join(shared, 'cases/caffe')))('cases', () => {
  it.each(['pool_ceilmode', 'flatten_axis2_softmax'])('%s', async (name) => {
    const expected = JSON.parse(readFileSync(join(shared, 'cases/caffe/expected.json'), 'utf8'));
    const [entry] = await readCaffe(file(join(shared, 'cases/caffe', `${name}.prototxt`)));
    if (!entry) throw new Error('no network');
    const [input] = entry.network.inputs;
    const tensor: Tensor = { shape: input?.shape ?? [], type: 'float32', values: given };
    expect(
      distance(outputsOf(entry, new Map([['data', tensor]]))[0]?.values ?? [], expected[name]),
    ).toBeLessThan(1e-6);
  });

  it('cifar_pool', async () => {
    const [entry] = await readCaffe(file(join(shared, 'cases/caffe/cifar_pool.prototxt')));
    expect(entry?.network.layers.at(-1)?.results[0]?.shape).toEqual([1, 4, 16, 16]);
  });
});

describe.skipIf(!existsSync(networks))('networks of other projects', () => {
  const known = [
    ...[
      'bvlc_caffenet',
      'bvlc_cifar10_full',
      'bvlc_googlenet',
      'bvlc_one_conv',
      'bvlc_siamese',
      'mnv2_ssdlite',
    ],
    ...[
      'mobilenet_ssd',
      'mobilenet_v1',
      'mobilenetv3_voc',
      'resnet152_kaiming',
      'soeaver_densenet121',
    ],
    ...[
      'soeaver_inception-resnet-v2',
      'soeaver_inception-v4',
      'soeaver_resnet18-priv',
      'soeaver_vgg16bn-pytorch',
    ],
    ...['squeezenet_v1.0', 'yolov3-tiny'],
  ];
  it.each(known)('%s is read', async (name) => {
    const [entry] = await readCaffe(file(join(networks, 'caffe', `${name}.prototxt`)));
    expect(entry?.network.outputs).toHaveLength(1);
  });

  it('UltraFace is what its ONNX file computes', async () => {
    const [entry] = await readCaffe(file(join(networks, 'ultraface-caffe/RFB-320.prototxt')));
    const [input] = entry?.network.inputs ?? [];
    if (!entry || !input) throw new Error('no network');
    const tensor = random(input, 3);
    const [, scores] = outputsOf(entry, new Map([[input.name, tensor]]));
    const { InferenceSession, Tensor: OrtTensor } = await import('onnxruntime-node');
    const session = await InferenceSession.create(
      join(networks, 'ultraface_version-RFB-320.onnx'),
      {
        logSeverityLevel: 3,
      },
    );
    const results = await session.run({
      input: new OrtTensor('float32', tensor.values as Float32Array, [...tensor.shape]),
    });
    expect(distance(scores?.values ?? [], results.scores?.data as Float32Array)).toBeLessThan(1e-4);
  }, 60_000);
});
