// Small files of a user's own, of the kinds that people bring, by their paths in one folder.

import { readFileSync } from 'node:fs';
import { writeOnnx } from '../workloads/formats/onnx/write.js';
import { writeNetworkYaml, writeTensors } from '../workloads/formats/yaml/write.js';
import { drawModel } from '../workloads/synthesis.js';
import { zoo } from '../workloads/zoo/index.js';
import { onnxFile } from './workloads/formats/onnx/file.js';

const text = (content: string) => new TextEncoder().encode(content);

function lenet() {
  const entry = zoo.get('lenet-5');
  if (!entry) throw new Error('no lenet-5');
  return { entry, model: drawModel(entry.network, entry.densities, 1) };
}

/** LeNet-5 with its weights inside. */
export const onnx = (): Uint8Array => writeOnnx(lenet().model);

/** A convolution, a pooling and a fully connected layer of Keras, and their weights. */
export function tfjs(): Readonly<Record<'model.json' | 'group1-shard1of1.bin', Uint8Array>> {
  const weights = [
    { name: 'c/kernel', shape: [3, 3, 2, 8], dtype: 'float32' },
    { name: 'c/bias', shape: [8], dtype: 'float32' },
    { name: 'd/kernel', shape: [128, 10], dtype: 'float32' },
    { name: 'd/bias', shape: [10], dtype: 'float32' },
  ];
  const size = weights.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  // Two of three are zero.
  const values = Float32Array.from({ length: size }, (_, at) => (at % 3 ? 0 : Math.sin(at)));
  const layer = (className: string, config: object) => ({ class_name: className, config });
  const model = {
    format: 'layers-model',
    modelTopology: {
      class_name: 'Sequential',
      config: {
        name: 'little',
        layers: [
          layer('Conv2D', {
            ...{ name: 'c', filters: 8, kernel_size: [3, 3], strides: [1, 1] },
            ...{ padding: 'same', activation: 'relu', batch_input_shape: [null, 8, 8, 2] },
          }),
          layer('MaxPooling2D', {
            ...{ name: 'p', pool_size: [2, 2], strides: [2, 2], padding: 'valid' },
          }),
          layer('Flatten', { name: 'f' }),
          layer('Dense', { name: 'd', units: 10, activation: 'softmax' }),
        ],
      },
    },
    weightsManifest: [{ paths: ['group1-shard1of1.bin'], weights }],
  };
  return {
    'model.json': text(JSON.stringify(model)),
    'group1-shard1of1.bin': new Uint8Array(values.buffer),
  };
}

/** LeNet-5 as YAML, its weights beside it. */
export function yaml(): Readonly<Record<'mine.yaml' | 'mine.safetensors', Uint8Array>> {
  const { entry, model } = lenet();
  return {
    'mine.yaml': text(writeNetworkYaml(entry.network, 'mine.safetensors')),
    'mine.safetensors': writeTensors(model),
  };
}

/** 60 × 40, every seventh entry. */
export function matrix(): Uint8Array {
  const [rows, columns] = [60, 40];
  const lines: string[] = [];
  for (let at = 0; at < rows * columns; at += 7)
    lines.push(`${Math.floor(at / columns) + 1} ${(at % columns) + 1} ${Math.cos(at)}`);
  const head = `%%MatrixMarket matrix coordinate real general\n${rows} ${columns} ${lines.length}\n`;
  return text(`${head}${lines.join('\n')}\n`);
}

/** eie-64 with half of its PEs. */
export const device = (): Uint8Array =>
  text(
    'name: my-eie\ntitle: half of an EIE\nextends: eie-64\n' +
      'pes: { value: 32, unit: count, from: estimate, cite: a try }\n',
  );

/** A design of SCALE-Sim. */
export const scaleSim = (): Uint8Array =>
  text(
    '[general]\nrun_name = own\n[architecture_presets]\nArrayHeight: 12\nArrayWidth: 14\n' +
      'Dataflow: os\nBandwidth: 10\nIfmapSramSzkB: 64\nFilterSramSzkB: 32\nOfmapSramSzkB: 16\n',
  );

/** A design of Timeloop with its problem. */
export const timeloop = (): Uint8Array =>
  readFileSync('test/fixtures/architectures/own-design.yaml');

/** A design of ZigZag: a memory for everything around 4 × 8 units. */
export const zigZag = (): Uint8Array =>
  text(
    'name: own\nmemories:\n  dram: { size: 1e9, r_cost: 1, w_cost: 2, operands: [I1, I2, O], ' +
      'served_dimensions: [D1, D2], ports: [{ name: p, type: read, bandwidth_max: 16 }, ' +
      '{ name: p, type: write, bandwidth_max: 16 }] }\n' +
      'operational_array: { unit_energy: 0.5, dimensions: [D1, D2], sizes: [4, 8] }\n',
  );

/** A fully connected layer over as many positions as somebody says. */
export const open = (): Uint8Array =>
  onnxFile({
    inputs: { x: { shape: [1, 'sequence', 16] } },
    nodes: [{ opType: 'MatMul', input: ['x', 'w'], output: ['y'] }],
    tensors: {
      w: {
        dims: [16, 32],
        values: Array.from({ length: 512 }, (_, at) => (at % 3 ? 0 : Math.cos(at))),
      },
    },
  });
