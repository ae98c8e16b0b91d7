// What is exported says the same when it is read back.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { exportFile, exportFormats } from '../../../sim/export.node.js';
import { denseMacsOf } from '../../../workloads/demand.js';
import { readNpy } from '../../../workloads/formats/matrices/npy.js';
import { readOnnx } from '../../../workloads/formats/onnx/read.js';
import { writeOnnx } from '../../../workloads/formats/onnx/write.js';
import { readSafetensors } from '../../../workloads/formats/safetensors.js';
import { readScaleSim } from '../../../workloads/formats/scale-sim/read.js';
import { writeScaleSim } from '../../../workloads/formats/scale-sim/write.js';
import { readNetworkYaml } from '../../../workloads/formats/yaml/read.js';
import { writeNetworkYaml, writeTensors } from '../../../workloads/formats/yaml/write.js';
import { buildNetwork } from '../../../workloads/graph.js';
import { type Network, parametersOf, weightShapeOf } from '../../../workloads/network.js';
import { drawModel } from '../../../workloads/synthesis.js';
import { toDense } from '../../../workloads/weights/store.js';
import type { ZooEntry } from '../../../workloads/zoo/entry.js';
import { conv, dense, maxPool, softmax } from '../../../workloads/zoo/entry.js';
import { zoo } from '../../../workloads/zoo/index.js';
import { source } from './source.js';

const at = { work: 'a test', at: 'here' };
/** Every kind of layer, with every setting that a kind has somewhere. */
const network = buildNetwork({
  ...{ name: 'every-kind', title: 'every kind of layer', input: [4, 13, 12], source: at },
  layers: [
    conv('conv', 8, [3, 2], { pad: [1, 0, 2, 1], stride: [1, 2], dilation: [2, 1] }),
    { kind: 'lrn', name: 'norm', size: 3, alpha: 0.1, beta: 0.6, k: 2 },
    maxPool('pool', 3, 2),
    conv('grouped', 8, 3, { pad: 1, groups: 2, activation: 'none', bias: false, inputs: ['pool'] }),
    { kind: 'add', name: 'sum', activation: 'relu', inputs: ['grouped', 'pool'] },
    { kind: 'concat', name: 'both', inputs: ['sum', 'grouped'] },
    { kind: 'relu', name: 'six', activation: 'relu6', inputs: ['both'] },
    {
      kind: 'pool2d',
      name: 'average',
      mode: 'average',
      kernel: [2, 1],
      stride: 1,
      pad: 0,
      rounding: 'floor',
    },
    {
      kind: 'pool2d',
      name: 'global',
      mode: 'average',
      kernel: 'global',
      stride: 1,
      pad: 0,
      rounding: 'floor',
    },
    dense('fc', 10, 'relu'),
    softmax,
  ],
});
const model = drawModel(
  network,
  { source: at, input: 1, layers: { conv: { weights: 0.3 }, fc: { weights: 0.1 } } },
  1,
);

const only = ([entry]: readonly ZooEntry[]): ZooEntry => {
  if (!entry) throw new Error('no network');
  return entry;
};
const weightsOf = (weights: ZooEntry['weights']) =>
  Object.fromEntries(
    [...(weights ?? [])].map(([name, { store, bias }]) => [
      name,
      { ...toDense(store), isFull: undefined, bias },
    ]),
  );

describe('a network', () => {
  it('in YAML with safetensors is read back as it is', async () => {
    const yaml = writeNetworkYaml(network, 'w.safetensors');
    const entry = only(
      await readNetworkYaml(source('n.yaml', yaml, { 'w.safetensors': writeTensors(model) })),
    );
    const plain = ({ layers, inputs, outputs }: Network) => ({ layers, inputs, outputs });
    expect(plain(entry.network)).toEqual(plain(network));
    expect(weightsOf(entry.weights)).toEqual(weightsOf(model.weights));
  });

  it('in ONNX is read back with the same weights and shapes', async () => {
    const entry = only(await readOnnx(source('n.onnx', writeOnnx(model))));
    const shapes = ({ layers }: Network) =>
      layers.map(({ kind, results }) => `${kind} ${results[0]?.shape.join('×')}`);
    expect(shapes(entry.network)).toEqual(shapes(network));
    expect(weightsOf(entry.weights)).toEqual(weightsOf(model.weights));
  });

  it('as tensors has the shapes that other tools know', () => {
    const { tensors } = readSafetensors(writeTensors(model), 'w.safetensors');
    expect([...tensors].map(([name, { shape }]) => [name, shape.join()])).toEqual([
      ['conv.weight', '8,4,3,2'],
      ['conv.bias', '8'],
      ['grouped.weight', '8,4,3,3'],
      ['fc.weight', '10,16'],
      ['fc.bias', '10'],
    ]);
  });

  it('as a SCALE-Sim topology has the same weights and multiplications', () => {
    // ResNet's strided 1×1 convolutions leave pixels over, which SCALE-Sim would make outputs of.
    for (const name of ['lenet-5', 'alexnet', 'squeezenet-1.0', 'resnet-18']) {
      const entry = zoo.get(name);
      if (!entry) throw new Error(`no ${name}`);
      const count = (layers: Network['layers']) =>
        layers.reduce(
          ([weights, macs], layer) => {
            const size = (weightShapeOf(layer)?.rows ?? 0) * (weightShapeOf(layer)?.columns ?? 0);
            return [weights + size, macs + (layer.demand ? denseMacsOf(layer.demand) : 0)] as const;
          },
          [0, 0] as readonly [number, number],
        );
      const read = readScaleSim(source(`${name}.csv`, writeScaleSim(entry.network)));
      expect(count(read.flatMap((each) => each.network.layers))).toEqual(
        count(entry.network.layers),
      );
    }
  });

  it('that a topology cannot say is refused', () => {
    expect(() => writeScaleSim(network)).toThrow(
      'every-kind: layer conv: found a dilation, which a SCALE-Sim topology cannot say',
    );
  });
});

describe('exportFile', () => {
  const onnx = 'test/fixtures/onnx/torch-16.onnx';

  it('writes one layer as a NumPy array', async () => {
    const bytes = await exportFile({ name: onnx, out: 'w.npy', layer: '/fc/Gemm' });
    expect(readNpy(new Uint8Array(bytes as Uint8Array), 'w.npy').shape).toEqual([20, 128]);
    expect(
      parametersOf(
        only(await readOnnx(source(onnx, readFileSync(onnx)))).network.layers.at(
          -3,
        ) as Network['layers'][number],
      ),
    ).toBe(20 * 129);
  });

  it('writes a hardware’s reference tables', async () => {
    expect(await exportFile({ name: 'eie-64', format: 'ert' })).toContain('ERT:\n');
    expect(await exportFile({ name: 'eie-64', format: 'art' })).toContain('ART:\n');
  });

  it.each([
    [{ name: 'lenet-5' }, 'export: found no format, expected --to with onnx'],
    [
      { name: 'lenet-5', format: 'onx' },
      "export: found format 'onx'; did you mean onnx?; expected",
    ],
    [
      { name: 'lenet-5', format: 'npy' },
      'lenet-5: found 4 layers with weights, expected --layer with one of conv1',
    ],
    [
      { name: 'lenet-5', format: 'npy', layer: 'conv3' },
      "lenet-5: found no weights of 'conv3'; did you mean conv1?",
    ],
    [{ name: 'tegra-k1', format: 'art' }, 'tegra-k1: found no published area'],
    [{ name: 'lenet-6', format: 'onnx' }, "workload 'lenet-6' is unknown"],
  ])('refuses %j', async (request, message) => {
    await expect(exportFile(request)).rejects.toThrow(message);
  });

  it('has every format in its help', () => {
    expect(exportFormats.map(([name]) => name)).toEqual([
      'onnx',
      'safetensors',
      'yaml',
      'npy',
      'scale-sim',
      'ert',
      'timeloop',
      'art',
    ]);
  });
});
