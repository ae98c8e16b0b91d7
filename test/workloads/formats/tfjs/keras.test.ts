// Keras layers compute here what TensorFlow.js computes of them.

import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { readTfjs } from '../../../../workloads/formats/tfjs/read.js';
import { refusal, source } from '../source.js';
import { checked, opened, save } from './models.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const { layers: make } = layers;
type Layer = { apply(value: Symbol): unknown };
type Symbol = layers.SymbolicTensor;

const small = fc.integer({ min: 1, max: 3 });
const padding = fc.constantFrom('same' as const, 'valid' as const);
const activation = fc.constantFrom(
  'linear' as const,
  'relu' as const,
  'relu6' as const,
  'elu' as const,
  'tanh' as const,
);
const extents = fc.tuple(fc.integer({ min: 4, max: 8 }), fc.integer({ min: 4, max: 8 }), small);
/** TensorFlow.js takes strides or dilation, not both. */
const steps = fc.oneof(
  fc.record({ strides: fc.tuple(small, small), dilationRate: fc.constant(1) }),
  fc.record({ strides: fc.constant([1, 1] as [number, number]), dilationRate: fc.constant(2) }),
);

const randomModels: Readonly<Record<string, fc.Arbitrary<() => layers.LayersModel>>> = {
  'Conv2D, Flatten, Dense, Softmax': fc
    .record({
      ...{ inputShape: extents, filters: small, steps, padding, activation, useBias: fc.boolean() },
      kernelSize: fc.tuple(fc.constantFrom(1, 2), fc.constantFrom(1, 2)),
    })
    .map(
      ({ steps, ...config }) =>
        () =>
          layers.sequential({
            layers: [
              make.conv2d({ ...config, ...steps }),
              make.dropout({ rate: 0.5 }),
              make.flatten(),
              make.dense({ units: 5, activation: 'relu' }),
              make.dense({ units: 3, useBias: false }),
              make.softmax(),
            ],
          }),
    ),
  'depthwise and separable convolution': fc
    .record({
      inputShape: extents,
      depthMultiplier: small,
      kernelSize: small,
      strides: fc.constantFrom(1, 2),
      padding,
      activation,
    })
    .map(
      (config) => () =>
        layers.sequential({
          layers: [
            make.depthwiseConv2d(config),
            make.separableConv2d({
              filters: 3,
              kernelSize: 2,
              padding: 'same',
              activation: 'relu',
              strides: 1,
            }),
          ],
        }),
    ),
  'transposed convolution': fc
    .record({
      inputShape: extents,
      filters: small,
      kernelSize: small,
      strides: small,
      padding,
      useBias: fc.boolean(),
    })
    .map((config) => () => layers.sequential({ layers: [make.conv2dTranspose(config)] })),
  'pooling and normalisation': fc
    .record({
      ...{
        inputShape: extents,
        padding,
        max: fc.boolean(),
        scale: fc.boolean(),
        center: fc.boolean(),
      },
      ...{ poolSize: fc.tuple(small, small), strides: fc.tuple(small, small) },
    })
    .map(
      ({ inputShape, max, scale, center, ...config }) =>
        () =>
          layers.sequential({
            layers: [
              make.batchNormalization({ inputShape, scale, center }),
              max ? make.maxPooling2d(config) : make.averagePooling2d(config),
              make.reLU(max ? {} : { maxValue: 6 }),
              make.globalAveragePooling2d({}),
            ],
          }),
    ),
  'one-dimensional convolution': fc
    .record({
      ...{
        inputShape: fc.tuple(fc.integer({ min: 4, max: 9 }), small),
        filters: small,
        kernelSize: small,
      },
      ...{
        padding,
        strides: fc.constantFrom(1, 2),
      },
    })
    .map(
      (config) => () =>
        layers.sequential({
          layers: [
            make.conv1d({ ...config, activation: 'relu' }),
            make.batchNormalization(),
            make.maxPooling1d({ poolSize: 1 }),
            make.conv1d({ filters: 2, kernelSize: 1 }),
            make.flatten(),
            make.dense({ units: 2 }),
          ],
        }),
    ),
};

const one =
  (inputShape: readonly number[], ...list: readonly Layer[]) =>
  () => {
    const model = layers.sequential();
    const input = layers.input({ shape: [...inputShape] });
    let value: Symbol = input;
    for (const layer of list) value = layer.apply(value) as Symbol;
    return list.length === 0 ? model : layers.model({ inputs: input, outputs: value });
  };

const two =
  (shapes: readonly (readonly number[])[], join: (inputs: Symbol[]) => Symbol | Symbol[]) => () => {
    const inputs = shapes.map((shape) => layers.input({ shape: [...shape] }));
    return layers.model({ inputs, outputs: join(inputs) });
  };

const image = [6, 5, 3];
const conv = (filters = 4) => make.conv2d({ filters, kernelSize: 3, padding: 'same' });
const sequence = [5, 3];
/** The usual one needs operators that nobody registers here. */
const plain = { recurrentInitializer: 'glorotNormal' } as const;

const models: Readonly<Record<string, () => () => layers.LayersModel>> = {
  Conv3D: () =>
    one(
      [4, 4, 3, 2],
      make.conv3d({ filters: 3, kernelSize: 2 }),
      make.maxPooling3d({ poolSize: [2, 2, 1], padding: 'same' }),
    ),
  Conv3DTranspose: () =>
    one([2, 3, 2, 2], make.conv3dTranspose({ filters: 3, kernelSize: 2, strides: 2 })),
  AveragePooling3D: () =>
    one([6, 4, 3, 2], make.averagePooling3d({ poolSize: 2, padding: 'same' })),
  AveragePooling1D: () =>
    one([7, 2], make.averagePooling1d({ poolSize: 2, padding: 'same' }), make.globalMaxPooling1d()),
  GlobalAveragePooling1D: () => one([7, 2], make.globalAveragePooling1d({})),
  UpSampling2D: () => one(image, conv(), make.upSampling2d({ size: [2, 3] }), conv()),
  'UpSampling2D, bilinear': () =>
    one(image, conv(), make.upSampling2d({ size: [2, 2], interpolation: 'bilinear' })),
  ZeroPadding2D: () =>
    one(image, make.zeroPadding2d({ padding: [1, 2] }), conv(), make.zeroPadding2d({ padding: 1 })),
  Cropping2D: () =>
    one(
      image,
      conv(),
      make.cropping2D({
        cropping: [
          [1, 2],
          [0, 1],
        ],
      }),
      conv(),
    ),
  Permute: () =>
    one(image, conv(), make.permute({ dims: [3, 1, 2] }), make.flatten(), make.dense({ units: 2 })),
  Reshape: () =>
    one(
      image,
      conv(),
      make.reshape({ targetShape: [15, 8] }),
      make.dense({ units: 3, activation: 'relu' }),
    ),
  RepeatVector: () => one([4], make.repeatVector({ n: 3 })),
  LayerNormalization: () => one(sequence, make.layerNormalization({ epsilon: 0.01 })),
  'BatchNormalization of a sequence': () => one(sequence, make.batchNormalization()),
  'BatchNormalization behind Dense': () =>
    one(
      [4],
      make.dense({ units: 3 }),
      make.batchNormalization(),
      make.activation({ activation: 'relu' }),
    ),
  LeakyReLU: () => one(image, conv(), make.leakyReLU({ alpha: 0.2 })),
  'ReLU with a bound': () => one([8], make.reLU({ maxValue: 1 })),
  ELU: () => one([8], make.elu({ alpha: 1 })),
  PReLU: () => one(image, conv(), make.prelu({ sharedAxes: [1, 2] } as never)),
  'PReLU of every element': () => one(image, conv(), make.prelu()),
  ThresholdedReLU: () => one([8], make.thresholdedReLU({ theta: 0.7 })),
  ...Object.fromEntries(
    (
      [
        'selu',
        'softplus',
        'softsign',
        'sigmoid',
        'hardSigmoid',
        'swish',
        'mish',
        'gelu',
        'gelu_new',
        'softmax',
      ] as const
    ).map((name) => [
      `activation ${name}`,
      () => one(image, make.conv2d({ filters: 2, kernelSize: 2, activation: name as never })),
    ]),
  ),
  Embedding: () =>
    one(
      [6],
      make.embedding({ inputDim: 5, outputDim: 3 }),
      make.flatten(),
      make.dense({ units: 2 }),
    ),
  LSTM: () => one(sequence, make.lstm({ ...plain, units: 4 })),
  'LSTM of all steps': () =>
    one(
      sequence,
      make.lstm({ ...plain, units: 4, returnSequences: true }),
      make.lstm({ ...plain, units: 2, useBias: false }),
    ),
  'LSTM backwards': () =>
    one(sequence, make.lstm({ ...plain, units: 4, returnSequences: true, goBackwards: true })),
  GRU: () =>
    one(
      sequence,
      make.gru({ ...plain, units: 4, returnSequences: true }),
      make.gru({ ...plain, units: 2 }),
    ),
  SimpleRNN: () => one(sequence, make.simpleRNN({ ...plain, units: 4, activation: 'relu' })),
  ...Object.fromEntries(
    (['concat', 'sum', 'mul', 'ave'] as const).map((mergeMode) => [
      `Bidirectional ${mergeMode}`,
      () =>
        one(
          sequence,
          make.bidirectional({
            layer: make.lstm({ ...plain, units: 4, returnSequences: true }) as never,
            mergeMode,
          }),
          make.bidirectional({ layer: make.gru({ ...plain, units: 2 }) as never, mergeMode }),
        ),
    ]),
  ),
  'TimeDistributed Dense': () =>
    one(sequence, make.timeDistributed({ layer: make.dense({ units: 2 }) })),
  'TimeDistributed Conv2D': () => one([3, ...image], make.timeDistributed({ layer: conv(2) })),
  'several outputs': () => {
    return two([image], ([x]) => {
      const value = conv().apply(x as Symbol) as Symbol;
      return [
        make.globalMaxPooling2d({}).apply(value) as Symbol,
        make.dense({ units: 2 }).apply(make.flatten().apply(value)) as Symbol,
      ];
    });
  },
  'branches that meet': () =>
    two([image], ([x]) => {
      const padded = make
        .zeroPadding2d({
          padding: [
            [1, 0],
            [0, 1],
          ],
        })
        .apply(x as Symbol);
      const left = make
        .conv2d({ filters: 4, kernelSize: 2, activation: 'relu' })
        .apply(padded) as Symbol;
      const right = make.batchNormalization().apply(conv().apply(x as Symbol)) as Symbol;
      const sum = make.add().apply([left, right]) as Symbol;
      const both = make.concatenate().apply([sum, left]);
      const scale = make
        .reshape({ targetShape: [1, 1, 8] })
        .apply(make.globalAveragePooling2d({}).apply(both));
      const gate = make.dense({ units: 8, activation: 'sigmoid' }).apply(scale) as Symbol;
      return make.multiply().apply([both as Symbol, gate]) as Symbol;
    }),
  ...Object.fromEntries(
    (['add', 'average', 'maximum', 'minimum', 'multiply'] as const).map((name) => [
      `${name} of three`,
      () => two([image, image, image], (inputs) => make[name]().apply(inputs) as Symbol),
    ]),
  ),
  'Concatenate over rows': () =>
    two([image, image], (inputs) => make.concatenate({ axis: 1 }).apply(inputs) as Symbol),
  Dot: () => two([[4], [4]], (inputs) => make.dot({ axes: 1 }).apply(inputs) as Symbol),
  'Dot of matrices': () =>
    two(
      [
        [3, 4],
        [5, 4],
      ],
      (inputs) => make.dot({ axes: [2, 2] }).apply(inputs) as Symbol,
    ),
  'a model within a model, used twice': () => {
    const inner = layers.sequential({
      layers: [make.dense({ units: 4, inputShape: [4], activation: 'tanh' })],
    });
    return two(
      [[4], [4]],
      ([a, b]) =>
        make
          .concatenate()
          .apply([
            inner.apply(a as Symbol) as Symbol,
            inner.apply(b as Symbol) as Symbol,
          ]) as Symbol,
    );
  },
  'a feature extractor first': () => {
    const inner = layers.sequential({
      layers: [make.conv2d({ filters: 2, kernelSize: 2, inputShape: [6, 5, 3] }), make.flatten()],
    });
    return () => layers.sequential({ layers: [inner, make.dense({ units: 2 })] });
  },
};

describe('Keras layers', () => {
  it.each(Object.entries(randomModels))('%s', async (_name, draw) => {
    await fc.assert(
      fc.asyncProperty(draw, async (model) => {
        expect((await checked(model())).distance).toBeLessThan(1e-4);
      }),
      { numRuns: 15 },
    );
  });

  it.each(Object.entries(models))('%s', async (_name, model) => {
    expect((await checked(model()())).distance).toBeLessThan(1e-4);
  });

  it('images stay channels first from one convolution to the next', async () => {
    const { entry } = await checked(
      one(
        image,
        make.zeroPadding2d(),
        conv(),
        make.elu(),
        make.upSampling2d({}),
        conv(),
        make.flatten(),
        make.dense({ units: 2 }),
      )(),
    );
    expect(entry.network.layers.map(({ kind }) => kind)).toEqual([
      'conv2d',
      'unary',
      'resize',
      'conv2d',
      'dense',
    ]);
  });
});

describe('a model.json', () => {
  const dense = () =>
    layers.sequential({ layers: [make.dense({ inputShape: [3], units: 2, useBias: false })] });

  it('without weights is a network whose weights are drawn', async () => {
    const { json } = await save(
      layers.sequential({
        layers: [make.conv2d({ inputShape: [5, 5, 2], filters: 3, kernelSize: 2 })],
      }),
    );
    const [entry] = await readTfjs(
      source('model.json', JSON.stringify({ ...JSON.parse(json), weightsManifest: [] })),
    );
    expect(entry?.weights).toBeUndefined();
    expect(entry?.network.layers[0]?.results[0]?.shape).toEqual([1, 3, 4, 4]);
  });

  it('with weights in 8 bits has the numbers that these stand for', async () => {
    const { modelTopology, weightsManifest } = JSON.parse((await save(dense())).json);
    const [{ weights }] = weightsManifest;
    const quantization = { dtype: 'uint8', scale: 0.5, min: -1 };
    const text = JSON.stringify({
      modelTopology,
      weightsManifest: [{ paths: ['w'], weights: [{ ...weights[0], quantization }] }],
    });
    const [entry] = await readTfjs(
      source('model.json', text, { w: Uint8Array.of(0, 1, 2, 3, 4, 5) }),
    );
    const [found] = entry?.weights?.values() ?? [];
    expect(found?.store).toMatchObject({
      rows: 2,
      columns: 3,
      values: Float32Array.of(-1, 0, 1, -0.5, 0.5, 1.5),
    });
  });

  it('with an open extent is read once it is told', async () => {
    const saved = await save(
      layers.sequential({
        layers: [make.lstm({ ...plain, inputShape: [null, 3] as never, units: 2 })],
      }),
    );
    const { name } = JSON.parse(saved.json).modelTopology.config.layers[0].config;
    expect(await refusal(() => readTfjs(opened(saved)))).toContain(
      `found open dimensions ${name}_input:1, expected a number for each: --dim ${name}_input:1=N`,
    );
    const [entry] = await readTfjs({ ...opened(saved), dims: new Map([[`${name}_input:1`, 7]]) });
    expect(entry?.network.inputs[0]?.shape).toEqual([1, 7, 3]);
  });

  it('with a tensor of the right size and the wrong shape is refused', async () => {
    const saved = await save(dense());
    const json = saved.json.replace('"shape":[3,2]', '"shape":[2,3]');
    expect(await refusal(() => readTfjs(opened({ ...saved, json })))).toMatch(
      /found weight .*kernel of 2×3, expected 3×2$/,
    );
  });

  it('with weights beyond the limits in no file is refused before there is room for them', async () => {
    const topology = JSON.parse((await save(dense())).json).modelTopology;
    topology.config.layers[0].config.units = 1e10;
    const json = JSON.stringify({ format: 'layers-model', modelTopology: topology });
    const saved = { json, weights: new Uint8Array(0) };
    expect(await refusal(() => readTfjs(opened(saved)))).toMatch(/\(limit elements\)$/);
  });

  it('with layers of code is refused with all their names', async () => {
    const saved = await save(dense());
    const json = saved.json.replace('"Dense"', '"Lambda"');
    expect(await refusal(() => readTfjs(opened({ ...saved, json })))).toContain(
      'found layers of class Lambda (',
    );
  });
});
