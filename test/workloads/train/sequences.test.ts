// Gradients of layers over sequences: of whole networks against derivatives of a loss in double
// precision, of each layer alone against TensorFlow.js's own gradients.

import type { Tensor } from '@tensorflow/tfjs-core';
import { gradientDeviation } from '../../reference/derivatives.js';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Backend, openBackend } from '../../../hw-models/host/tfjs-backend.js';
import { llama } from '../../../workloads/architectures/llama.js';
import { InputError } from '../../../workloads/base/errors.js';
import { createRandom } from '../../../workloads/base/random.js';
import { buildNetwork } from '../../../workloads/graph.js';
import { type Network, weightShapeOf } from '../../../workloads/network.js';
import type { LayerSpec } from '../../../workloads/spec.js';
import { sizeOf } from '../../../workloads/tensor.js';
import { compilePass } from '../../../workloads/train/compile.js';
import { lowered } from '../../../workloads/train/lowering.js';
import { type LayerValues, trainable } from '../../../workloads/train/network.js';
import { referenceSequenceLoss } from '../../reference/sequence-training.js';

let backend: Backend;
beforeAll(async () => {
  // It has gradients of its own for all that is needed here.
  backend = await openBackend(['cpu']);
});

const source = { work: 'test', at: 'here' };

function decoder(shape: {
  readonly layers: number;
  readonly heads: number;
  readonly sharedHeads: number;
  readonly headWidth: number;
  readonly inner: number;
  readonly sequence: number;
  readonly vocabulary: number;
}): Network {
  const { layers, heads, sharedHeads, headWidth, inner, sequence, vocabulary } = shape;
  const { probabilities: _, ...architecture } = llama(
    {
      ...{ vocabulary, width: heads * headWidth, layers, heads, sharedHeads, headWidth, inner },
      ...{ activation: 'swish', epsilon: 1e-5, rotaryBase: 100 },
      biases: { inputs: true, output: false, inner: false },
    },
    { sequence, past: 0, logits: 'all' },
  );
  return buildNetwork({ ...architecture, name: 'decoder', title: 'decoder', source });
}

/** Embedding, normalisations with shifts, an activation, a causal mixture, all in one. */
function block(activation: 'gelu' | 'gelu-tanh' | 'relu' | 'tanh' | 'sigmoid', sequence: number) {
  const width = 6;
  const ramp = (count: number, step: number) =>
    Float32Array.from({ length: count }, (_, i) => 1 + step * i);
  const dense = (name: string, input: string, outputs: number): LayerSpec => ({
    ...{ kind: 'dense', name, inputs: [input], outputs, bias: true, activation: 'none', axis: 2 },
  });
  const layers: readonly LayerSpec[] = [
    { kind: 'embedding', name: 'embed', inputs: ['tokens'], entries: 7, width },
    { kind: 'binary', name: 'placed', inputs: ['embed', 'positions'], function: 'add' },
    {
      kind: 'layer-norm',
      name: 'norm',
      inputs: ['placed', 'scale', 'shift'],
      axis: -1,
      epsilon: 1e-5,
    },
    dense('up', 'norm', 8),
    { kind: 'unary', name: 'act', inputs: ['up'], function: activation },
    {
      kind: 'split',
      name: 'parts',
      inputs: ['act'],
      axis: 2,
      sizes: [3, 5],
      resultNames: ['a', 'b'],
    },
    { kind: 'concat', name: 'swapped', inputs: ['b', 'a'], axis: -1 },
    { kind: 'binary', name: 'less', inputs: ['swapped', 'up'], function: 'subtract' },
    dense('down', 'less', width),
    { kind: 'add', name: 'sum', inputs: ['placed', 'down'], activation: 'none' },
    { kind: 'rms-norm', name: 'last', inputs: ['sum'], axis: 2, epsilon: 1e-5 },
    dense('head', 'last', 7),
  ];
  return buildNetwork({
    ...{ name: 'block', title: 'block', source, layers },
    inputs: [{ name: 'tokens', shape: [1, sequence], type: 'int64' }],
    constants: new Map([
      [
        'positions',
        { shape: [sequence, width], type: 'float32', values: ramp(sequence * width, 0.05) },
      ],
      ['scale', { shape: [width], type: 'float32', values: ramp(width, 0.3) }],
      ['shift', { shape: [width], type: 'float32', values: ramp(width, -0.2) }],
    ]),
  });
}

function drawValues(network: Network, seed: number): Map<string, LayerValues> {
  const random = createRandom(seed, 'sequence gradients');
  const draw = () => 2 * random.uniform() - 1;
  const values = new Map<string, LayerValues>();
  for (const layer of network.layers) {
    const shape = weightShapeOf(layer);
    if (!shape) continue;
    const scale = layer.kind === 'embedding' ? 1 : Math.sqrt(3 / shape.columns);
    values.set(layer.name, {
      weights: Float32Array.from({ length: shape.rows * shape.columns }, () => scale * draw()),
      bias:
        shape.biases > 0 ? Float32Array.from({ length: shape.biases }, () => 0.3 * draw()) : null,
    });
  }
  return values;
}

/** The largest deviation of a gradient from the derivative, over the largest derivative. */
function deviationOf(network: Network, seed: number, frames = 2): number {
  const random = createRandom(seed, 'tokens');
  const values = drawValues(network, seed);
  const trained = trainable(backend.tf, network);
  const { inputSize, labelsPerFrame, classes } = trained;
  const input = Float32Array.from({ length: frames * inputSize }, () => random.below(classes));
  const labels = Uint8Array.from({ length: frames * labelsPerFrame }, () => random.below(classes));
  const step = trained.step({ input, labels }, values, null);
  const meanLoss = (changed: Parameters<typeof referenceSequenceLoss>[1]) => {
    let sum = 0;
    for (let frame = 0; frame < frames; frame++) {
      const own = [...input.subarray(frame * inputSize, (frame + 1) * inputSize)];
      const wanted = labels.subarray(frame * labelsPerFrame, (frame + 1) * labelsPerFrame);
      sum += referenceSequenceLoss(network, changed, own, wanted);
    }
    return sum / frames;
  };
  expect(step.loss / labels.length).toBeWithin(1e-4, meanLoss(values));
  return gradientDeviation(values, step.gradients, meanLoss, { random, trials: 3, reach: 1e-5 });
}

describe('gradients over sequences are derivatives of the loss', () => {
  it.each(['gelu', 'gelu-tanh', 'relu', 'tanh', 'sigmoid'] as const)('through %s', (activation) => {
    expect(deviationOf(block(activation, 3), 1)).toBeLessThan(1e-4);
  });

  it('of decoders with heads that share keys and values', () => {
    fc.assert(
      fc.property(
        fc.record({
          layers: fc.constantFrom(1, 2),
          together: fc.constantFrom(1, 2),
          sharedHeads: fc.constantFrom(1, 2),
          headWidth: fc.constantFrom(2, 4),
          inner: fc.integer({ min: 2, max: 6 }),
          sequence: fc.integer({ min: 2, max: 4 }),
          vocabulary: fc.integer({ min: 3, max: 6 }),
        }),
        fc.nat(1000),
        ({ together, ...shape }, seed) => {
          const network = decoder({ ...shape, heads: together * shape.sharedHeads });
          expect(deviationOf(network, seed)).toBeLessThan(1e-4);
        },
      ),
      { numRuns: 6 },
    );
  });
});

describe('each layer alone', () => {
  it("has the gradients that TensorFlow.js's own have", () => {
    const { tf } = backend;
    const networks = [
      decoder({
        ...{ layers: 1, heads: 4, sharedHeads: 2, headWidth: 4, inner: 6 },
        ...{ sequence: 4, vocabulary: 5 },
      }),
      block('gelu', 4),
      block('gelu-tanh', 4),
    ];
    const kinds = new Set<string>();
    for (const network of networks) {
      const { layers, constants } = lowered(network);
      const values = drawValues(network, 4);
      const random = createRandom(7, 'layer gradients');
      const draw = (shape: readonly number[]) =>
        tf.tensor(
          Float32Array.from({ length: sizeOf(shape) }, () => 2 * random.uniform() - 1),
          [...shape],
        );
      const frames = 2;
      for (const layer of layers) {
        kinds.add(layer.kind);
        const pass = compilePass(tf, layer, 'sequences');
        const own = values.get(layer.name);
        const shape = weightShapeOf(layer);
        const isFixed = layer.inputs.map(
          (name) => constants.has(name) || layer.kind === 'embedding',
        );
        const inputs = layer.inputs.map((name, at) => {
          const known = constants.get(name);
          if (known) return tf.tensor(Float32Array.from(known.values), [...known.shape]);
          const [, ...rest] = layer.inputTypes[at]?.shape ?? [];
          if (layer.kind !== 'embedding') return draw([frames, ...rest]);
          const tokens = Int32Array.from({ length: frames * sizeOf(rest) }, () => random.below(5));
          return tf.tensor(tokens, [frames, ...rest], 'int32');
        });
        const weights = own && shape && tf.tensor2d(own.weights, [shape.rows, shape.columns]);
        const bias = own?.bias ? tf.tensor1d(own.bias) : null;
        const moving = inputs.filter((_, at) => !isFixed[at]);
        const trainedParts = [...(weights ? [weights] : []), ...(bias ? [bias] : [])];
        const forward = (...tensors: Tensor[]) => {
          let next = 0;
          const all = inputs.map((input, at) =>
            isFixed[at] ? input : (tensors[next++] as Tensor),
          );
          const parameters = weights && {
            weights: tensors[moving.length] as typeof weights,
            bias: bias && (tensors[moving.length + 1] as typeof bias),
            tile: null,
          };
          return pass.forward(all, parameters ?? null);
        };
        const output = forward(...moving, ...trainedParts);
        const arriving = draw(output.shape);
        const expected = tf.grads(forward)([...moving, ...trainedParts], arriving);
        const found = pass.backward(
          arriving,
          { inputs, output, parameters: weights ? { weights, bias, tile: null } : null },
          isFixed.map((fixed) => !fixed),
        );
        const gradients = [
          ...found.inputs.filter((_, at) => at < inputs.length && !isFixed[at]),
          ...(weights ? [found.weights] : []),
          ...(bias ? [found.bias] : []),
        ];
        expect(gradients).toHaveLength(expected.length);
        expected.forEach((tensor, at) => {
          const difference = tf.max(tf.abs(tf.sub(tensor, gradients[at] as Tensor))).dataSync()[0];
          const size = tf.max(tf.abs(tensor)).dataSync()[0] as number;
          expect(difference, `${layer.name}, operand ${at}`).toBeLessThan(1e-5 * (1 + size));
        });
      }
    }
    expect([...kinds].sort()).toEqual([
      ...['add', 'binary', 'concat', 'dense', 'embedding', 'layer-norm', 'matmul', 'reshape'],
      ...['rms-norm', 'slice', 'softmax', 'transpose', 'unary', 'where'],
    ]);
  });
});

describe('what cannot be trained is told in one line', () => {
  const network = (layers: readonly LayerSpec[]) =>
    buildNetwork({
      ...{ name: 'odd', title: 'odd', source },
      inputs: [{ name: 'x', shape: [1, 4, 6], type: 'float32' }],
      layers: [
        ...layers,
        { kind: 'dense', name: 'end', outputs: 3, bias: false, activation: 'none', axis: 2 },
      ],
    });

  it.each<[string, readonly LayerSpec[], RegExp]>([
    [
      'a sine',
      [{ kind: 'unary', name: 'odd', function: 'sin' }],
      /layer odd: found sin, which cannot be trained; expected relu, /,
    ],
    [
      'a reversal',
      [{ kind: 'reverse', name: 'odd', axes: [1] }],
      /layer odd: reverse cannot be trained, expected dense, embedding, /,
    ],
    [
      'a softmax along another axis',
      [{ kind: 'softmax', name: 'odd', axis: 1 }],
      /layer odd: found work along axis 1, .* expected the last axis/,
    ],
  ])('%s', (_, layers, message) => {
    expect(() => trainable(backend.tf, network(layers))).toThrow(InputError);
    expect(() => trainable(backend.tf, network(layers))).toThrow(message);
  });
});
