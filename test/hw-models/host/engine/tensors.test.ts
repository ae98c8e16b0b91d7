// Rows for tensors of any rank, on sizes that are cut among threads, against the plain forward
// passes.

import { describe, expect, it } from 'vitest';
import { firstThatPays } from '../../../../hw-models/host/engine/choice.js';
import { createEngine } from '../../../../hw-models/host/engine/engine.js';
import { nativeProducts } from '../../../../hw-models/host/engine/native/product.js';
import { nativeStreamRows } from '../../../../hw-models/host/engine/native/stream.js';
import { productKernels } from '../../../../hw-models/host/engine/product.js';
import { samplingKernels } from '../../../../hw-models/host/engine/sampling.js';
import { streamKernels } from '../../../../hw-models/host/engine/stream.js';
import { stridedKernels } from '../../../../hw-models/host/engine/strided.js';
import { exactKernels } from '../../../../hw-models/host/engine/table.js';
import { createReference } from '../../../../hw-models/host/reference.js';
import { createRandom } from '../../../../workloads/base/random.js';
import { buildNetwork } from '../../../../workloads/graph.js';
import {
  type ElementType,
  type Layer,
  type Shape,
  weightShapeOf,
} from '../../../../workloads/network.js';
import type { LayerSpec } from '../../../../workloads/spec.js';
import { floats, roomFor, sizeOf } from '../../../../workloads/tensor.js';
import { drawWeights } from '../../../../workloads/weights/synthetic.js';
import { distance } from '../agreement.js';
import { library } from '../native-library.js';

interface Case {
  readonly kernel: string;
  /** Of `data`, of `other` and of a constant. */
  readonly shapes: readonly Shape[];
  /** Of `data` and `other`, where not float32. */
  readonly types?: readonly ElementType[];
  readonly layer: LayerSpec;
}

const source = { work: 'test', at: 'test' };
const both = { name: 'layer', inputs: ['data', 'other'] } as const;
const held = { name: 'layer', inputs: ['data', 'constant'] } as const;
const whole = { name: 'layer', inputs: ['data', 'constant', 'constant'] } as const;
const alone = { name: 'layer', inputs: ['data'] } as const;
const tokens: Shape = [1, 37, 130];
const image: Shape = [1, 6, 29, 31];
const heads: Shape = [1, 3, 45, 35];

const functions = [
  ...([
    'gelu',
    'gelu-tanh',
    'sigmoid',
    'tanh',
    'swish',
    'quick-gelu',
    'hard-swish',
    'hard-sigmoid',
  ] as const),
  ...([
    'leaky-relu',
    'exp',
    'erf',
    'abs',
    'neg',
    'square',
    'clip',
    'relu',
    'reciprocal',
    'sqrt',
  ] as const),
];
const pairs = [
  'add',
  'subtract',
  'multiply',
  'divide',
  'minimum',
  'maximum',
  'squared-difference',
] as const;

const cases: Readonly<Record<string, Case>> = {
  'tokens by weights': {
    ...{ kernel: 'dense-product', shapes: [tokens] },
    layer: { ...alone, kind: 'dense', outputs: 83, bias: true, activation: 'relu6', axis: 2 },
  },
  'rows of an image by weights': {
    ...{ kernel: 'dense-product', shapes: [[1, 3, 20, 30]] },
    layer: { ...alone, kind: 'dense', outputs: 20, bias: false, activation: 'none', axis: -1 },
  },
  'queries by keys': {
    ...{ kernel: 'product', shapes: [heads, [1, 3, 50, 35]] },
    layer: { ...both, kind: 'matmul', transposeRight: true, alpha: 0.25 },
  },
  'weights of attention by values': {
    kernel: 'product',
    shapes: [heads, [1, 3, 35, 21]],
    layer: { ...both, kind: 'matmul' },
  },
  'a turned left operand': {
    ...{
      kernel: 'product',
      shapes: [
        [1, 3, 35, 45],
        [1, 3, 35, 21],
      ],
    },
    layer: { ...both, kind: 'matmul', transposeLeft: true },
  },
  'rows that share a matrix': {
    kernel: 'product',
    shapes: [tokens, [130, 19]],
    layer: { ...both, kind: 'matmul' },
  },
  'rows that share a constant': {
    ...{ kernel: 'product', shapes: [tokens, [1], [130, 19]] },
    layer: { ...held, kind: 'matmul' },
  },
  'matrices that broadcast': {
    ...{
      kernel: 'product',
      shapes: [
        [2, 1, 5, 6],
        [3, 6, 7],
      ],
    },
    layer: { ...both, kind: 'matmul' },
  },
  'softmax of rows': {
    kernel: 'softmax-rows',
    shapes: [heads],
    layer: { ...alone, kind: 'softmax', axis: -1 },
  },
  'its logarithm': {
    kernel: 'softmax-rows',
    shapes: [tokens],
    layer: { ...alone, kind: 'softmax', axis: 2, log: true },
  },
  'softmax of channels': {
    kernel: 'softmax-lines',
    shapes: [image],
    layer: { ...alone, kind: 'softmax', axis: 1 },
  },
  'layer norm': {
    ...{ kernel: 'normalise-rows', shapes: [tokens, [1], [130]] },
    layer: { ...whole, kind: 'layer-norm', axis: -1, epsilon: 1e-5 },
  },
  'layer norm with a scale of each frame': {
    ...{ kernel: 'normalise-rows', shapes: [tokens, [130]] },
    layer: { ...both, kind: 'layer-norm', axis: 2, epsilon: 1e-5 },
  },
  'layer norm of images': {
    ...{ kernel: 'normalise-rows', shapes: [image] },
    layer: { ...alone, kind: 'layer-norm', axis: 2, epsilon: 1e-5 },
  },
  'RMS norm': {
    ...{ kernel: 'normalise-rows', shapes: [tokens, [1], [130]] },
    layer: { ...held, kind: 'rms-norm', axis: -1, epsilon: 1e-6 },
  },
  'a bias along the last axis': {
    ...{ kernel: 'combine', shapes: [tokens, [1], [130]] },
    layer: { ...held, kind: 'binary', function: 'add' },
  },
  'channels scaled by an image of one pixel each': {
    ...{ kernel: 'combine', shapes: [image, [1, 6, 1, 1]] },
    layer: { ...both, kind: 'binary', function: 'multiply' },
  },
  'an image less a number': {
    ...{ kernel: 'combine', shapes: [image, [1], []] },
    layer: { ...held, kind: 'binary', function: 'subtract' },
  },
  'operands that broadcast to each other': {
    ...{
      kernel: 'combine',
      shapes: [
        [1, 6, 29, 1],
        [6, 1, 31],
      ],
    },
    layer: { ...both, kind: 'binary', function: 'add' },
  },
  'scale and shift of channels': {
    ...{ kernel: 'scale', shapes: [image, [1], [6]] },
    layer: { ...whole, kind: 'affine', axis: 1 },
  },
  'scale of the last axis': {
    kernel: 'scale',
    shapes: [tokens, [1], [130]],
    layer: { ...held, kind: 'affine', axis: -1 },
  },
  'heads apart': {
    kernel: 'move',
    shapes: [[1, 37, 5, 26]],
    layer: { ...alone, kind: 'transpose', permutation: [0, 2, 1, 3] },
  },
  'keys turned': {
    kernel: 'move',
    shapes: [heads],
    layer: { ...alone, kind: 'transpose', permutation: [0, 1, 3, 2] },
  },
  'channels last': {
    kernel: 'move',
    shapes: [image],
    layer: { ...alone, kind: 'transpose', permutation: [0, 2, 3, 1] },
  },
  'axes turned round': {
    kernel: 'move',
    shapes: [[5, 6, 7, 8]],
    layer: { ...alone, kind: 'transpose', permutation: [3, 2, 1, 0] },
  },
  'every other row backwards': {
    ...{ kernel: 'move', shapes: [image] },
    layer: {
      ...alone,
      kind: 'slice',
      starts: [-1, 1],
      ends: [-100, 30],
      axes: [2, 3],
      steps: [-2, 3],
    },
  },
  'queries, keys and values apart': {
    ...{ kernel: 'move', shapes: [[1, 37, 390]] },
    layer: { ...alone, kind: 'split', axis: 2, sizes: [130, 130, 130] },
  },
  'a row for each of many': {
    kernel: 'move',
    shapes: [[1, 1, 130]],
    layer: { ...alone, kind: 'expand', shape: [4, 37, 130] },
  },
  'rows side by side': {
    ...{ kernel: 'move', shapes: [tokens, [1, 37, 33]] },
    layer: { ...both, kind: 'concat', axis: 2 },
  },
  'images side by side': {
    kernel: 'move',
    shapes: [image, image],
    layer: { ...both, kind: 'concat', axis: 3 },
  },
  'twice the extents, nearest': {
    ...{ kernel: 'sample', shapes: [image] },
    layer: {
      ...alone,
      kind: 'resize',
      mode: 'nearest',
      shape: [1, 6, 58, 62],
      scales: [1, 1, 2, 2],
      coordinates: 'asymmetric',
    },
  },
  'other extents, linear': {
    ...{ kernel: 'sample', shapes: [image] },
    layer: {
      ...alone,
      kind: 'resize',
      mode: 'linear',
      shape: [1, 6, 47, 13],
      scales: [1, 1, 47 / 29, 13 / 31],
      coordinates: 'half_pixel',
    },
  },
  'other extents, cubic': {
    ...{ kernel: 'sample', shapes: [image] },
    layer: {
      ...alone,
      kind: 'resize',
      mode: 'cubic',
      shape: [1, 6, 29, 61],
      scales: [1, 1, 1, 61 / 31],
      coordinates: 'align_corners',
    },
  },
  'means of planes': {
    ...{ kernel: 'reduce-rows', shapes: [image] },
    layer: { ...alone, kind: 'reduce', function: 'mean', axes: [2, 3], keep: true },
  },
  'sums of rows': {
    ...{ kernel: 'reduce-rows', shapes: [tokens] },
    layer: { ...alone, kind: 'reduce', function: 'sum', axes: [-1], keep: false },
  },
  'largest of rows of an image': {
    ...{ kernel: 'reduce-rows', shapes: [image] },
    layer: { ...alone, kind: 'reduce', function: 'max', axes: [3], keep: false },
  },
  'smallest of all': {
    ...{ kernel: 'reduce-rows', shapes: [image] },
    layer: { ...alone, kind: 'reduce', function: 'min', axes: null, keep: false },
  },
  'a choice under a mask': {
    ...{ kernel: 'choose', shapes: [[1, 1, 45, 45], heads.with(3, 45), []], types: ['bool'] },
    layer: { name: 'layer', inputs: ['data', 'other', 'constant'], kind: 'where' },
  },
  'numbers as bytes': {
    ...{ kernel: 'quantise-bytes', shapes: [image, [], []], types: ['float32', 'uint8'] },
    layer: {
      name: 'layer',
      inputs: ['data', 'constant', 'other'],
      kind: 'quantise',
      axis: 1,
      type: 'uint8',
    },
  },
  'channels as signed bytes': {
    ...{ kernel: 'quantise-bytes', shapes: [image, [1], [6]] },
    layer: { ...held, kind: 'quantise', axis: 1, type: 'int8' },
  },
  'bytes as numbers': {
    ...{ kernel: 'dequantise-bytes', shapes: [image, [], []], types: ['int8', 'int8'] },
    layer: {
      name: 'layer',
      inputs: ['data', 'constant', 'other'],
      kind: 'dequantise',
      axis: 1,
      type: 'float32',
    },
  },
  'bytes as channels': {
    ...{ kernel: 'dequantise-bytes', shapes: [image, [1], [6]], types: ['uint8'] },
    layer: { ...held, kind: 'dequantise', axis: 1, type: 'float32' },
  },
  'an image as tokens': {
    kernel: 'reshape',
    shapes: [image],
    layer: { ...alone, kind: 'reshape', shape: [1, 6, 899] },
  },
  ...Object.fromEntries(
    functions.map((name): [string, Case] => [
      name,
      { kernel: 'function', shapes: [image], layer: { ...alone, kind: 'unary', function: name } },
    ]),
  ),
  ...Object.fromEntries(
    pairs.map((name): [string, Case] => [
      `${name} of two`,
      {
        kernel: 'combine',
        shapes: [image, image],
        layer: { ...both, kind: 'binary', function: name },
      },
    ]),
  ),
};

function randomCase({ shapes, types = [], layer }: Case, batch: number) {
  const random = createRandom(batch, 'values');
  const isPositive =
    (layer.kind === 'unary' && layer.function === 'sqrt') || layer.kind.endsWith('quantise');
  const draw = (size: number) =>
    Float32Array.from({ length: size }, () =>
      isPositive ? 9 * random.uniform() : 16 * random.uniform() - 8,
    );
  const named = (['data', 'other'] as const).flatMap((name, at) => {
    const shape = shapes[at];
    return shape ? [{ name, shape, type: types[at] ?? 'float32' } as const] : [];
  });
  const [, , constant] = shapes;
  const constants = new Map(
    constant ? [['constant', floats(constant, draw(sizeOf(constant)))] as const] : [],
  );
  const network = buildNetwork({
    name: 'one',
    title: 'one',
    source,
    inputs: named,
    constants,
    layers: [layer],
  });
  const [built] = network.layers;
  if (!built) throw new Error('no layer');
  const shape = weightShapeOf(built);
  const weights = new Map(shape ? [['layer', drawWeights(shape, 1, 0, 'layer')] as const] : []);
  const inputs = new Map(
    named.map(({ name, shape, type }) => {
      const size = batch * sizeOf(shape);
      const values = roomFor({ type, shape: [size] });
      values.set(
        type === 'float32'
          ? draw(size)
          : draw(size).map((value) => (type === 'bool' ? random.below(2) : value)),
      );
      return [name, values] as const;
    }),
  );
  return { model: { network, weights, origin: 'synthetic' } as const, inputs, batch };
}

/** The rows that run the same cases where there is a native library. */
const natives: Readonly<Record<string, string>> = {
  'dense-product': 'native-product',
  product: 'native-matmul',
  function: 'native-function',
  'softmax-rows': 'native-softmax-rows',
  'normalise-rows': 'native-normalise-rows',
};

const settings = [
  { engine: 'wasm', threads: 1, batch: 1 },
  { engine: 'wasm', threads: 3, batch: 2 },
  { engine: 'native', threads: 1, batch: 1 },
  { engine: 'native', threads: 3, batch: 2 },
] as const;

describe.each(Object.entries(cases))('%s', (_name, one) => {
  const own = settings.filter(
    ({ engine }) => engine === 'wasm' || (library && one.kernel in natives),
  );
  it.each(own)('$engine, $threads threads, a batch of $batch', async ({ batch, ...options }) => {
    const { model, inputs } = randomCase(one, batch);
    const engine = createEngine('test', 'test', firstThatPays(exactKernels), options);
    const [found, expected] = await Promise.all(
      [engine, createReference()].map(async (executor) => {
        const loaded = await executor.load(model);
        const run = await loaded.run(inputs, batch);
        loaded.dispose();
        return run;
      }),
    );
    if (!found || !expected) throw new Error('two executors ran');
    // A reshape costs nothing, hence it tells no kernel.
    const kernel = options.engine === 'native' ? natives[one.kernel] : one.kernel;
    if (one.kernel !== 'reshape')
      expect(found.layers.map(({ kernel }) => kernel)).toEqual([kernel]);
    for (const [name, values] of expected.outputs) {
      expect(
        distance(found.outputs.get(name) ?? values.subarray(1), values, 1e-2),
      ).toBeLessThanOrEqual(3e-6);
    }
  });
});

it('every row for tensors of any rank has a case', () => {
  const tested = new Set(
    Object.values(cases).map(({ kernel, layer }) => `${layer.kind} ${kernel}`),
  );
  const rows = [...productKernels, ...samplingKernels, ...streamKernels, ...stridedKernels].map(
    ({ kind, name }) => `${kind} ${name}`,
  );
  expect(rows.filter((row) => !tested.has(row))).toEqual([]);
  const nativeRows = [...nativeProducts, ...nativeStreamRows].map(({ name }) => name);
  expect(nativeRows.filter((row) => !Object.values(natives).includes(row))).toEqual([]);
});

it('a scale along another axis than a normalisation’s rows is left to the plain pass', () => {
  const scaledBy = (scale: Shape) =>
    buildNetwork({
      ...{ name: 'scaled', title: 'scaled', source: { work: 'test', at: 'test' } },
      inputs: [
        { name: 'x', shape: [1, 1, 4, 4], type: 'float32' },
        { name: 's', shape: scale, type: 'float32' },
      ],
      layers: [{ kind: 'layer-norm', name: 'y', inputs: ['x', 's'], axis: -1, epsilon: 1e-5 }],
      outputs: ['y'],
    }).layers[0] as Layer;
  const row = streamKernels.find(({ kind }) => kind === 'layer-norm');
  expect(row?.refusal(scaledBy([1, 1, 1, 4]), null)).toBeNull();
  expect(row?.refusal(scaledBy([1, 1, 4, 1]), null)).toBe(
    'has a scale or a shift of other than a row',
  );
});
