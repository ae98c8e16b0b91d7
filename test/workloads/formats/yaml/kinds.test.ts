// Layers of every kind come back from YAML and safetensors as they were written.

import { describe, expect, it } from 'vitest';
import { readNetworkYaml } from '../../../../workloads/formats/yaml/read.js';
import { writeNetworkYaml, writeTensors } from '../../../../workloads/formats/yaml/write.js';
import type { Model } from '../../../../workloads/model.js';
import type { Tensor } from '../../../../workloads/tensor.js';
import { expectSame } from '../../../operators/rows.js';
import { cases } from '../onnx/cases.js';
import { networkOf, plainPass } from '../onnx/networks.js';
import { refusal, source } from '../source.js';

/** Those that a pass reads as something shorter are left out. */
const asWritten = cases.filter(
  ({ op }) => !(op.kind === 'unary' && (op.function === 'relu' || op.parameters?.join() === '0')),
);
const titled = asWritten.map((each, at) => {
  return [`${at} ${each.op.kind} ${JSON.stringify(each.op).slice(0, 60)}`, each] as const;
});

describe('a network in YAML', () => {
  it.each(titled)('keeps %s', async (_, each) => {
    const { model, inputs } = networkOf([each], 5);
    const { network } = model;
    const yaml = writeNetworkYaml(network, 'w.safetensors');
    const [entry] = await readNetworkYaml(
      source('n.yaml', yaml, { 'w.safetensors': writeTensors(model) }),
    );
    if (!entry) throw new Error('no network');
    expect(entry.network.inputs).toEqual(network.inputs);
    expect(entry.network.outputs).toEqual(network.outputs);
    const back: Model = {
      network: entry.network,
      weights: entry.weights ?? new Map(),
      origin: 'real',
    };
    const [found, expected] = [plainPass(back, inputs), plainPass(model, inputs)];
    for (const name of network.outputs)
      expectSame([found.get(name) as Tensor], [expected.get(name) as Tensor], 0);
    expect(entry.network.layers.map(({ kind }) => kind)).toEqual([each.op.kind]);
    expect(entry.network.layers).toEqual(network.layers);
    expect(entry.network.constants).toEqual(network.constants);
  });
});

describe('layers as rows of the operator table have them', () => {
  const text = (layer: string) =>
    `network: n\ninputs: [{ name: x, shape: [2, 3] }, { name: at, shape: [2], type: int64 }]\nlayers:\n  - ${layer}\n`;
  const read = (layer: string) => readNetworkYaml(source('n.yaml', text(layer)));

  it('have inputs by name and results under names of their own', async () => {
    const [entry] = await read(
      '{ name: top, kind: top-k, inputs: [x], k: 1, axis: 1, largest: true, sorted: true, results: [best, place] }',
    );
    expect(entry?.network.layers[0]?.results).toEqual([
      { name: 'best', shape: [2, 1], type: 'float32' },
      { name: 'place', shape: [2, 1], type: 'int64' },
    ]);
    expect(entry?.network.outputs).toEqual(['best', 'place']);
  });

  it.each([
    [
      '{ name: a, kind: transpose, permutation: [1, 0], inputs: [x], perm: 1 }',
      'n.yaml:4:5: layers.0: unknown keys perm',
    ],
    [
      '{ name: a, kind: transpose, inputs: [x] }',
      'n.yaml:4:5: layers.0.permutation: Invalid input',
    ],
    [
      '{ name: a, kind: transpose, permutation: [0, 0], inputs: [x] }',
      'n.yaml:4:5: layer a: found the permutation 0, 0, expected each of 2 axes once',
    ],
    [
      '{ name: a, kind: unary, function: sine, inputs: [x] }',
      'n.yaml:4:29: layers.0.function: Invalid option',
    ],
    [
      '{ name: a, kind: gather, axis: 0, inputs: [x] }',
      'n.yaml:4:5: layer a: found 1 inputs, expected 2',
    ],
    [
      '{ name: a, kind: gather, axis: 0, inputs: [x, y] }',
      'found input y, which no layer before it makes',
    ],
  ])('are refused: %s', async (layer, expected) => {
    expect(await refusal(() => read(layer))).toContain(expected);
  });
});
