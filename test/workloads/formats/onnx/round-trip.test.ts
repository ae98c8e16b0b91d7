// What is written as ONNX comes back as it was.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCaffe } from '../../../../workloads/formats/caffe/read.js';
import { readOnnx } from '../../../../workloads/formats/onnx/read.js';
import { writeOnnx } from '../../../../workloads/formats/onnx/write.js';
import type { Model } from '../../../../workloads/model.js';
import type { LayerKind, Network, Tensor } from '../../../../workloads/network.js';
import { drawModel } from '../../../../workloads/synthesis.js';
import { toDense } from '../../../../workloads/weights/store.js';
import type { ZooEntry } from '../../../../workloads/zoo/entry.js';
import { zoo } from '../../../../workloads/zoo/index.js';
import { expectSame, runs, seeds } from '../../../operators/rows.js';
import { source } from '../source.js';
import { cases } from './cases.js';
import { networkOf, plainPass, type Random } from './networks.js';

async function readBack(model: Model): Promise<ZooEntry> {
  const [entry] = await readOnnx(source('n.onnx', writeOnnx(model)));
  if (!entry) throw new Error('no network');
  return entry;
}

async function agree({ model, inputs }: Random, tolerance = 1e-5): Promise<void> {
  const { network, weights = new Map() } = await readBack(model);
  expect(network.outputs).toEqual(model.network.outputs);
  const [found, expected] = [
    plainPass({ network, weights, origin: 'real' }, inputs),
    plainPass(model, inputs),
  ];
  for (const name of model.network.outputs) {
    expectSame([found.get(name) as Tensor], [expected.get(name) as Tensor], tolerance);
  }
}

/** A window of a signal is a constant once it is read; some operators are read as opaque ones. */
const left: readonly LayerKind[] = ['window', 'deform-conv', 'col2im'];
const known = cases.filter(({ op }) => !left.includes(op.kind));
const titled = known.map(
  (each, at) => [`${at} ${each.op.kind} ${JSON.stringify(each.op).slice(0, 60)}`, each] as const,
);

describe('an ONNX file', () => {
  it.each(titled)('keeps %s', async (_, each) => {
    await agree(networkOf([each], 3));
  });

  it('keeps the results of any layers', async () => {
    const chosen = fc.array(fc.constantFrom(...known), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(chosen, seeds, async (some, seed) =>
        agree(networkOf(some, seed, true), 1e-4),
      ),
      runs(30),
    );
  });
});

const shown = ({ layers, inputs, outputs }: Network) => ({
  ...{ inputs, outputs },
  layers: layers.map(({ kind, results, demand }) => ({
    kind,
    results: results.map(({ shape }) => shape),
    demand,
  })),
});

/** Bit by bit. */
const sameNumbers = (found: Float32Array | null, expected: Float32Array | null) =>
  found?.length === expected?.length &&
  (expected?.every((value, at) => Object.is(value, found?.[at])) ?? true);

async function expectEqual(model: Model): Promise<void> {
  const back = await readBack(model);
  expect(shown(back.network)).toEqual(shown(model.network));
  const found = [...(back.weights ?? new Map()).values()];
  const changed = [...model.weights].flatMap(([layer, { store, bias }], at) => {
    const other = found[at];
    const isSame =
      sameNumbers(toDense(other.store).values, toDense(store).values) &&
      sameNumbers(other.bias, bias);
    return isSame ? [] : [layer];
  });
  expect(changed).toEqual([]);
  expect(found).toHaveLength(model.weights.size);
}

describe('a network of the zoo', () => {
  it.each([
    'lenet-300-100',
    'lenet-5',
    'squeezenet-1.0',
    'resnet-18',
    'mobilenet-v1',
    'mobilenet-v3-large',
    'efficientnet-b0',
    'yolov8n',
  ])('comes back: %s', async (name) => {
    const entry = zoo.get(name);
    if (!entry) throw new Error(`no ${name}`);
    await expectEqual(drawModel(entry.network, entry.densities, 1));
  });
});

/** As Caffe's own example for CIFAR-10 has it: averages of windows that the image ends in. */
const cifar = `name: "cifar"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 16 dim: 16 } } }
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
  convolution_param { num_output: 4 pad: 2 kernel_size: 5 stride: 1 } }
layer { name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1"
  pooling_param { pool: MAX kernel_size: 3 stride: 2 } }
layer { name: "relu1" type: "ReLU" bottom: "pool1" top: "pool1" }
layer { name: "pool2" type: "Pooling" bottom: "pool1" top: "pool2"
  pooling_param { pool: AVE kernel_size: 3 stride: 2 pad: 1 } }
layer { name: "pool3" type: "Pooling" bottom: "pool2" top: "pool3"
  pooling_param { pool: AVE kernel_size: 3 stride: 2 } }
layer { name: "ip1" type: "InnerProduct" bottom: "pool3" top: "ip1" inner_product_param { num_output: 10 } }
layer { name: "prob" type: "Softmax" bottom: "ip1" top: "prob" }
`;

describe('a Caffe network', () => {
  it('comes back with its pools', async () => {
    const [entry] = await readCaffe(source('cifar.prototxt', cifar));
    if (!entry) throw new Error('no network');
    const model = drawModel(entry.network, entry.densities, 1);
    await expectEqual(model);
    const pools = (await readBack(model)).network.layers.flatMap((layer) =>
      layer.kind === 'pool2d' ? [layer] : [],
    );
    expect(pools.map(({ mode, rounding }) => `${mode} ${rounding}`)).toEqual([
      'max floor',
      'average ceil',
      'average floor',
    ]);
  });
});
