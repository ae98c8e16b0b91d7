// Keras's attention and products over any axes compute what their definition says.

import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { readTfjs } from '../../../../workloads/formats/tfjs/read.js';
import type { Tensor } from '../../../../workloads/network.js';
import type { ZooEntry } from '../../../../workloads/zoo/entry.js';
import { runs } from '../../../operators/rows.js';
import { distance, outputsOf, random } from '../plain-pass.js';
import { opened } from './models.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

type Weights = Readonly<Record<string, readonly number[]>>;

const valuesOf = (weights: Weights) =>
  new Map(
    Object.entries(weights).map(([name, shape], at) => [
      name,
      random({ shape, type: 'float32' }, at + 7).values as Float32Array,
    ]),
  );

/** A model of one layer over inputs of these shapes, without the batch. */
async function read(
  layer: Readonly<Record<string, unknown>>,
  inbound: unknown,
  inputs: Readonly<Record<string, readonly number[]>>,
  weights: Weights,
): Promise<ZooEntry> {
  const values = valuesOf(weights);
  const manifest = Object.entries(weights).map(([name, shape]) => ({
    ...{ name: `layer/${name}`, shape, dtype: 'float32' },
  }));
  const bytes = new Uint8Array(
    await new Blob([...values.values()].map((each) => each.slice().buffer)).arrayBuffer(),
  );
  const layers = [
    ...Object.entries(inputs).map(([name, shape]) => ({
      ...{ class_name: 'InputLayer', name, inbound_nodes: [] },
      config: { name, batch_input_shape: [1, ...shape], dtype: 'float32' },
    })),
    { name: 'layer', inbound_nodes: [inbound], ...layer },
  ];
  const config = {
    ...{ name: 'model', layers, output_layers: [['layer', 0, 0]] },
    input_layers: Object.keys(inputs).map((name) => [name, 0, 0]),
  };
  const json = JSON.stringify({
    ...{
      format: 'layers-model',
      modelTopology: { model_config: { class_name: 'Functional', config } },
    },
    weightsManifest: [{ paths: ['group1-shard1of1.bin'], weights: manifest }],
  });
  const [entry] = await readTfjs(opened({ json, weights: bytes }));
  if (!entry) throw new Error('no network');
  return entry;
}

function compare(
  entry: ZooEntry,
  weights: Weights,
  reference: (inputs: readonly tf.Tensor[], weight: (name: string) => tf.Tensor) => tf.Tensor,
): number {
  const values = valuesOf(weights);
  const inputs = new Map<string, Tensor>(
    entry.network.inputs.map((input, at) => [input.name, random(input, at + 3)]),
  );
  const fed = [...inputs.values()].map(({ values: own, shape }) =>
    tf.tensor(Float32Array.from(own), [...shape]),
  );
  const expected = reference(fed, (name) =>
    tf.tensor(values.get(name) as Float32Array, [...(weights[name] as number[])]),
  );
  const [found] = outputsOf(entry, inputs);
  expect(found?.shape).toEqual(expected.shape);
  return distance((found as Tensor).values, expected.dataSync());
}

const small = fc.integer({ min: 1, max: 4 });

describe('MultiHeadAttention', () => {
  it('is softmax(q · kᵀ / √d) · v of projected inputs', async () => {
    const randomCases = fc.record({
      ...{ heads: small, keyDim: small, valueDim: small, width: small, other: small },
      ...{ queries: small, keys: small, useBias: fc.boolean(), isCausal: fc.boolean() },
      form: fc.constantFrom('self', 'args', 'named'),
    });
    await fc.assert(
      fc.asyncProperty(randomCases, async (each) => {
        const { heads, keyDim, valueDim, queries, useBias, isCausal, form } = each;
        const isSelf = form === 'self';
        const [width, other] = [each.width, isSelf ? each.width : each.other];
        const keys = isSelf ? queries : each.keys;
        const weights: Weights = {
          'query/kernel': [width, heads, keyDim],
          'key/kernel': [other, heads, keyDim],
          'value/kernel': [other, heads, valueDim],
          'attention_output/kernel': [heads, valueDim, width],
          ...(useBias
            ? {
                'query/bias': [heads, keyDim],
                'key/bias': [heads, keyDim],
                'value/bias': [heads, valueDim],
                'attention_output/bias': [width],
              }
            : {}),
        };
        const flags = isCausal ? { use_causal_mask: true } : {};
        const tensor = (name: string) => ({
          ...{ class_name: '__keras_tensor__', config: { keras_history: [name, 0, 0] } },
        });
        const inbound = {
          self: { args: [tensor('q'), tensor('q')], kwargs: flags },
          args: { args: [tensor('q'), tensor('v')], kwargs: flags },
          named: [['q', 0, 0, { value: ['v', 0, 0], ...flags }]],
        }[form];
        const entry = await read(
          {
            class_name: 'MultiHeadAttention',
            config: {
              ...{ name: 'layer', num_heads: heads, key_dim: keyDim, value_dim: valueDim },
              use_bias: useBias,
            },
          },
          inbound,
          { q: [queries, width], ...(isSelf ? {} : { v: [keys, other] }) },
          weights,
        );
        const apart = compare(entry, weights, ([query, given], weight) => {
          const value = given ?? query;
          const project = (part: string, from: tf.Tensor) => {
            const made = tf.einsum('btd,dhk->bthk', from, weight(`${part}/kernel`));
            return useBias ? tf.add(made, weight(`${part}/bias`)) : made;
          };
          const [q, k, v] = [
            project('query', query as tf.Tensor),
            project('key', value as tf.Tensor),
            project('value', value as tf.Tensor),
          ];
          const scores = tf.div(tf.einsum('bthk,bshk->bhts', q, k), Math.sqrt(keyDim));
          const mask = tf.tensor2d(
            Array.from({ length: queries }, (_, t) =>
              Array.from({ length: keys }, (_each, s) => (isCausal && s > t ? -1e9 : 0)),
            ),
          );
          const shares = tf.softmax(tf.add(scores, mask));
          const summed = tf.einsum('bhts,bshk->bthk', shares, v);
          const made = tf.einsum('bthk,hko->bto', summed, weight('attention_output/kernel'));
          return useBias ? tf.add(made, weight('attention_output/bias')) : made;
        });
        expect(apart).toBeLessThan(1e-5);
      }),
      runs(30),
    );
  });
});

describe('EinsumDense', () => {
  it.each([
    ['ab,bc->ac', [4], [4, 5], [5], 'c', [5]],
    ['abc,cde->abde', [2, 4], [4, 3, 2], [2, 3, 2], 'de', [3, 2]],
    ['abcd,cde->abe', [2, 3, 2], [3, 2, 5], [2, 5], 'e', [5]],
    ['...x,xy->...y', [2, 3, 4], [4, 2], [2], 'y', [2]],
    ['abc,bd->adc', [3, 2], [3, 5], [5, 2], 'd', [5, 1]],
  ] as const)('%s', async (equation, shape, kernel, outputs, axes, bias) => {
    const weights: Weights = { kernel, bias };
    const entry = await read(
      {
        class_name: 'EinsumDense',
        config: {
          name: 'layer',
          equation,
          output_shape: outputs,
          bias_axes: axes,
          activation: 'relu',
        },
      },
      [['x', 0, 0]],
      { x: shape },
      weights,
    );
    const text = equation.replaceAll('...', 'pqr');
    const apart = compare(entry, weights, ([x], weight) =>
      tf.relu(tf.add(tf.einsum(text, x as tf.Tensor, weight('kernel')), weight('bias'))),
    );
    expect(apart).toBeLessThan(1e-5);
  });
});

describe('ConvLSTM2D', () => {
  it('is opaque, of the shape that Keras makes', async () => {
    const config = {
      ...{ name: 'layer', filters: 3, kernel_size: [3, 2], strides: [2, 1], padding: 'valid' },
      return_sequences: true,
    };
    const entry = await read(
      { class_name: 'ConvLSTM2D', config },
      [['x', 0, 0]],
      { x: [4, 8, 7, 2] },
      {},
    );
    const layer = entry.network.layers.at(-1);
    expect(layer?.results[0]?.shape).toEqual([1, 4, 3, 6, 3]);
    expect(entry.notes?.join()).toContain('ConvLSTM2D cannot be computed here');
  });
});
