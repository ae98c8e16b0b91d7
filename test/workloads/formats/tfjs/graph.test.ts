// TensorFlow graphs compute here what TensorFlow.js computes of them. Graphs are written by hand,
// as a converter would.

import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { readTfjs } from '../../../../workloads/formats/tfjs/read.js';
import { refusal, source } from '../source.js';
import { caseOf, cases } from './graph-cases.js';
import { checkedGraph, opened, read, savedGraph } from './models.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('TensorFlow operators', () => {
  it.each(Object.keys(cases))('%s', async (name) => {
    const { distance } = await checkedGraph(caseOf(name));
    expect(distance).toBeLessThan(1e-4);
  });

  it.each([
    ['SelectV2 of a comparison', []],
    ['Transpose there and back', []],
    ['AddV2 of two convolutions', []],
    ['ConcatV2', []],
    ['a convolution, flattened, and a product', []],
    ['pads before a convolution', []],
  ] as const)('%s moves nothing', async (name, moves) => {
    const { network } = await read(savedGraph(caseOf(name)));
    expect(
      network.layers.filter(({ kind }) => ['transpose', 'pad', 'reshape'].includes(kind)),
    ).toEqual(moves);
  });

  it('a shift and a scale behind a convolution are part of its weights', async () => {
    const { network } = await read(savedGraph(caseOf('Mul with a constant a channel')));
    // The third one is the other output.
    expect(network.layers.map(({ kind }) => kind)).toEqual(['conv2d', 'conv2d', 'conv2d']);
  });
});

describe('refusals', () => {
  const saved = savedGraph(caseOf('a convolution, flattened, and a product'));
  const { json, weights } = saved;

  it.each<[string, (text: string) => string, string]>([
    ['no JSON', (text) => text.slice(0, -2), 'expected JSON'],
    ['no model', () => '{}', 'm/model.json: modelTopology: '],
    [
      'unknown operators',
      (text) => text.replace('"Reshape"', '"Foo"').replace('"Relu","input"', '"Bar","input"'),
      'found operators Bar, Foo, expected',
    ],
    [
      'a loop',
      (text) => text.replace('"Reshape"', '"TensorListReserve"'),
      'found loops (TensorListReserve), expected',
    ],
    ['a circle', (text) => text.replace('["x","w"]', '["out","w"]'), 'found a circle through'],
    [
      'a missing node',
      (text) => text.replace('["c"]', '["e"]'),
      'node r: found input e, which is no node',
    ],
    ['weights that do not fit', (text) => text.replace('[120,3]', '[119,3]'), 'expected the'],
    ['weights past the end', (text) => text.replace('[120,3]', '[1200,3]'), 'expected at least'],
    [
      'weights that nothing holds',
      (text) => text.replace('[120,3]', '[1200000000,3]'),
      '(limit elements)',
    ],
    [
      'a negative extent',
      (text) => text.replace('[120,3]', '[-120,3]'),
      'm/model.json: weightsManifest.0.weights',
    ],
    [
      'weights of the right size and the wrong shape',
      (text) => text.replace('[120,3]', '[3,120]'),
      'found weights of 3×120 for an input of 1×120',
    ],
    [
      'an open image',
      (text) => text.replace('{"size":"6"}', '{"size":"-1"}'),
      'found open dimensions x:1, expected a number for each: --dim x:1=N',
    ],
  ])('%s', async (_what, change, expected) => {
    expect(await refusal(() => readTfjs(opened({ json: change(json), weights })))).toContain(
      expected,
    );
  });

  it('open extents are bound by name', async () => {
    const open = {
      ...opened({ json: json.replace('{"size":"6"}', '{"size":"-1"}'), weights }),
      dims: new Map([['x:1', 6]]),
    };
    const [entry] = await readTfjs(open);
    expect(entry?.network.inputs[0]?.shape).toEqual([1, 4, 6, 5]);
  });

  it('a shape that lies in a missing file is told', async () => {
    expect(await refusal(() => readTfjs(source('m/model.json', json)))).toContain(
      'a shape that lies in a missing weight file',
    );
  });
});
