// Layers of every kind come back from YAML and safetensors as they were written.

import { describe, expect, it } from 'vitest';
import { writeNetworkYaml, writeTensors } from '../../../workloads/export/tensors.js';
import { readNetworkYaml } from '../../../workloads/import/network-yaml.js';
import type { Model } from '../../../workloads/model.js';
import type { Tensor } from '../../../workloads/tensor.js';
import { expectSame } from '../../operators/rows.js';
import { cases } from '../formats/onnx/cases.js';
import { networkOf, plainPass } from '../formats/onnx/networks.js';
import { source } from './source.js';

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
    const [entry] = await readNetworkYaml(source('n.yaml', yaml, { 'w.safetensors': writeTensors(model) }));
    if (!entry) throw new Error('no network');
    expect(entry.network.inputs).toEqual(network.inputs);
    expect(entry.network.outputs).toEqual(network.outputs);
    const back: Model = { network: entry.network, weights: entry.weights ?? new Map(), origin: 'real' };
    const [found, expected] = [plainPass(back, inputs), plainPass(model, inputs)];
    for (const name of network.outputs) expectSame([found.get(name) as Tensor], [expected.get(name) as Tensor], 0);
    expect(entry.network.layers.map(({ kind }) => kind)).toEqual([each.op.kind]);
    expect(entry.network.layers).toEqual(network.layers);
    expect(entry.network.constants).toEqual(network.constants);
  });
});
