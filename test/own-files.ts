// Small files of a user's own, of the kinds that people bring, by their paths in one folder.

import { writeOnnx } from '../workloads/formats/onnx/write.js';
import { writeNetworkYaml, writeTensors } from '../workloads/formats/yaml/write.js';
import { drawModel } from '../workloads/synthesis.js';
import { zoo } from '../workloads/zoo/index.js';

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
