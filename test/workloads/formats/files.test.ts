// LeNet-5 with the weights that the package ships, written in three formats as files: the same
// network in each.

import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compare } from '../../../sim/compare.node.js';
import { exportFile } from '../../../sim/export.node.js';
import { loadTrainedModel } from '../../../sim/load.node.js';
import { openWorkload } from '../../../sim/open.node.js';
import { drawDigits } from '../../../workloads/datasets/digits.js';
import { netType } from '../../../workloads/formats/caffe/weights.js';
import { writeNpy } from '../../../workloads/formats/matrices/npy.js';
import { weightsOf } from '../../../workloads/model.js';
import { frameShape, inputShapeOf, type Layer, resultOf } from '../../../workloads/network.js';
import { toDense } from '../../../workloads/weights/store.js';
import { lenet5 } from '../../../workloads/zoo/lenet.js';
import { difference, runEntry } from './run-entry.js';

const folder = mkdtempSync(join(tmpdir(), 'zeroskip-formats-'));
const model = await loadTrainedModel(lenet5, undefined, 0);
const digit = Float32Array.from(drawDigits(1, 0, 'formats').images, (pixel) => pixel / 256);

interface Stored {
  readonly layer: Layer;
  /** As Caffe has them: filters by [in, rows, columns], rows of outputs. */
  readonly weights: Float32Array;
  readonly bias: Float32Array;
}

const stored = lenet5.network.layers.flatMap((layer): readonly Stored[] => {
  const weights = weightsOf(model, layer);
  return weights?.bias
    ? [{ layer, weights: toDense(weights.store).values, bias: weights.bias }]
    : [];
});

function writeCaffe(): string {
  const texts = lenet5.network.layers.map((layer): string => {
    const [bottom = 'data'] = layer.inputs;
    const head = `name: "${layer.name}" bottom: "${bottom}" top: "${layer.name}"`;
    const relu =
      'activation' in layer && layer.activation === 'relu'
        ? `\nlayer { name: "${layer.name}-relu" type: "ReLU" bottom: "${layer.name}" top: "${layer.name}" }`
        : '';
    switch (layer.kind) {
      case 'conv2d':
        return `layer { ${head} type: "Convolution" convolution_param { num_output: ${layer.channels} kernel_size: 5 } }${relu}`;
      case 'pool2d':
        return `layer { ${head} type: "Pooling" pooling_param { pool: MAX kernel_size: 2 stride: 2 } }`;
      case 'dense':
        return `layer { ${head} type: "InnerProduct" inner_product_param { num_output: ${layer.outputs} } }${relu}`;
      default:
        return `layer { ${head} type: "Softmax" }`;
    }
  });
  const input = 'input: "data" input_dim: 1 input_dim: 1 input_dim: 28 input_dim: 28';
  const layer = stored.map(({ layer: { name, kind }, weights, bias }) => ({
    name,
    blobs: [
      {
        shape: {
          dim: [
            bias.length,
            ...(kind === 'conv2d'
              ? [weights.length / bias.length / 25, 5, 5]
              : [weights.length / bias.length]),
          ],
        },
        data: [...weights],
      },
      { shape: { dim: [bias.length] }, data: [...bias] },
    ],
  }));
  writeFileSync(join(folder, 'lenet.prototxt'), [input, ...texts].join('\n'));
  writeFileSync(
    join(folder, 'lenet.caffemodel'),
    netType.encode({ name: 'LeNet', layer }).finish(),
  );
  return join(folder, 'lenet.prototxt');
}

/**
 * Channels last: [rows, columns, in, out] of filters, and inputs in the order of a flattened image.
 */
function channelsLast({ layer, weights }: Stored): {
  readonly shape: readonly number[];
  readonly values: Float32Array;
} {
  const [inputs = 1, high = 1, wide = 1] = frameShape(inputShapeOf(layer));
  const outputs = layer.kind === 'conv2d' ? layer.channels : (resultOf(layer).shape[1] ?? 0);
  const taps = layer.kind === 'conv2d' ? 25 : high * wide;
  const values = weights.map((_, at) => {
    const [output, channel] = [at % outputs, Math.floor(at / outputs) % inputs];
    const tap = Math.floor(at / (outputs * inputs));
    return weights[(output * inputs + channel) * taps + tap] as number;
  });
  return {
    shape: layer.kind === 'conv2d' ? [5, 5, inputs, outputs] : [inputs * taps, outputs],
    values,
  };
}

function writeTfjs(): string {
  const layer = (class_name: string, name: string, config: object) => ({
    class_name,
    config: { name, ...config },
  });
  const first = { batch_input_shape: [null, 28, 28, 1] };
  const layers = lenet5.network.layers.flatMap((of) => {
    const activation = 'activation' in of && of.activation === 'relu' ? 'relu' : 'linear';
    switch (of.kind) {
      case 'conv2d': {
        const config = {
          filters: of.channels,
          kernel_size: [5, 5],
          strides: [1, 1],
          padding: 'valid',
          activation,
        };
        return [layer('Conv2D', of.name, { ...(of.inputs[0] === 'data' ? first : {}), ...config })];
      }
      case 'pool2d':
        return [
          layer('MaxPooling2D', of.name, { pool_size: [2, 2], strides: [2, 2], padding: 'valid' }),
        ];
      case 'dense': {
        const dense = layer('Dense', of.name, { units: of.outputs, activation });
        return inputShapeOf(of).length === 4 ? [layer('Flatten', 'flatten', {}), dense] : [dense];
      }
      default:
        return [layer('Softmax', of.name, { axis: -1 })];
    }
  });
  const tensors = stored.flatMap((of) => [
    { name: `${of.layer.name}/kernel`, ...channelsLast(of) },
    { name: `${of.layer.name}/bias`, shape: [of.bias.length], values: of.bias },
  ]);
  const weights = tensors.map(({ name, shape }) => ({ name, shape, dtype: 'float32' }));
  const json = {
    format: 'layers-model',
    modelTopology: { class_name: 'Sequential', config: { name: 'lenet', layers } },
    weightsManifest: [{ paths: ['group1-shard1of1.bin'], weights }],
  };
  const path = join(folder, 'tfjs');
  mkdirSync(path);
  writeFileSync(join(path, 'model.json'), JSON.stringify(json));
  writeFileSync(
    join(path, 'group1-shard1of1.bin'),
    Buffer.concat(
      tensors.map(({ values }) => Buffer.from(values.buffer, values.byteOffset, values.byteLength)),
    ),
  );
  return `${path}/`;
}

async function writeOnnx(): Promise<string> {
  const path = join(folder, 'lenet.onnx');
  writeFileSync(path, await exportFile({ name: 'lenet-5', format: 'onnx' }));
  return path;
}

describe('LeNet-5 through Caffe, TensorFlow.js and ONNX', async () => {
  const files = { caffe: writeCaffe(), tfjs: writeTfjs(), onnx: await writeOnnx() };

  it.each(Object.entries(files))(
    '%s: shapes, counts and weights are those of the zoo',
    async (_format, file) => {
      const { entry } = await openWorkload(file);
      const shapes = (layers: readonly Layer[]) =>
        layers.flatMap((layer) => {
          const { kind, demand, inputTypes, results } = layer;
          return demand
            ? [
                {
                  kind,
                  demand,
                  inputTypes,
                  results: results.map(({ shape, type }) => ({ shape, type })),
                },
              ]
            : [];
        });
      expect(shapes(entry.network.layers)).toEqual(shapes(lenet5.network.layers));
      for (const [at, layer] of entry.network.layers
        .filter(({ name }) => entry.weights?.has(name))
        .entries()) {
        const weights = entry.weights?.get(layer.name);
        const dense = weights ? toDense(weights.store).values : new Float32Array();
        // The arrays themselves would be shown in full where they differ.
        expect(difference(dense, stored[at]?.weights ?? new Float32Array()), layer.name).toBe(0);
      }
      expect(
        difference(runEntry(entry, digit), runEntry({ ...lenet5, weights: model.weights }, digit)),
      ).toBeLessThan(1e-6);
    },
  );

  it('costs are the same to the last bit', async () => {
    const hardware = ['eie-64', 'i7-5930k', 'titan-x', 'tegra-k1'];
    // Drawn activations would follow the names of file and layers.
    const input = join(folder, 'digit.npy');
    writeFileSync(input, writeNpy({ shape: [1, 28, 28], values: digit }));
    const compared = [];
    for (const file of Object.values(files))
      compared.push(...(await compare({ workloads: [file], hardware, input })));
    const costs = compared.map(({ workload, results }) => ({
      counts: [workload.macsDense, workload.macsNonzero, workload.weights, workload.nonzeros],
      results: results.map(({ kernel, seconds, joules }) => ({ kernel, seconds, joules })),
    }));
    expect(costs).toHaveLength(3);
    for (const count of costs[0]?.counts ?? []) expect(count).toBeGreaterThan(0);
    expect(costs[0]?.results).toHaveLength(hardware.length);
    expect(costs[1]).toEqual(costs[0]);
    expect(costs[2]).toEqual(costs[0]);
  });
});
