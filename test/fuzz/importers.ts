// Every importer with a whole file to begin from. What lies beside a file is left whole, or is the
// file that is broken.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zipSync } from 'fflate';
import sharp from 'sharp';
import { catalog } from '../../hw-models/catalog.js';
import { readEnergyTable, writeReferenceTables } from '../../hw-models/energy-table.js';
import { loadHardware } from '../../hw-models/presets.node.js';
import { place } from '../../sim/measurements/place.js';
import { columns as measurementColumns, readMeasurements } from '../../sim/measurements/row.js';
import { readPrices } from '../../sim/serving/prices.js';
import { readSpec } from '../../sim/sweep/spec-file.js';
import { readCifar10 } from '../../workloads/datasets/cifar10.js';
import { readIdxLabels, readIdxPictures } from '../../workloads/datasets/idx.js';
import { unpacked } from '../../workloads/datasets/unpack.node.js';
import { readCaffe } from '../../workloads/formats/caffe/read.js';
import { netType, readCaffeWeights } from '../../workloads/formats/caffe/weights.js';
import { readImage } from '../../workloads/formats/images/image.node.js';
import { readMatrixMarket } from '../../workloads/formats/matrices/matrix-market.js';
import { readNpy, writeNpy } from '../../workloads/formats/matrices/npy.js';
import { readNpz } from '../../workloads/formats/matrices/npz.js';
import { readSmtx } from '../../workloads/formats/matrices/smtx.js';
import { readModelFile } from '../../workloads/formats/model-file/read.js';
import { writeModelFile } from '../../workloads/formats/model-file/write.js';
import { readNetFile, writeNetFile } from '../../workloads/formats/net-file.js';
import { readOnnx } from '../../workloads/formats/onnx/read.js';
import { readSafetensors } from '../../workloads/formats/safetensors.js';
import { readScaleSim } from '../../workloads/formats/scale-sim/read.js';
import { writeScaleSim } from '../../workloads/formats/scale-sim/write.js';
import {
  defaultLimits,
  type ImportLimits,
  type SourceFile,
} from '../../workloads/formats/source.js';
import { readTfjs } from '../../workloads/formats/tfjs/read.js';
import { readTimeloop } from '../../workloads/formats/timeloop/read.js';
import { readYaml } from '../../workloads/formats/yaml/document.js';
import { readNetworkYaml } from '../../workloads/formats/yaml/read.js';
import { writeNetworkYaml, writeTensors } from '../../workloads/formats/yaml/write.js';
import { drawModel } from '../../workloads/synthesis.js';
import { toCodebook, toCsr, toDense } from '../../workloads/weights/store.js';
import { zoo } from '../../workloads/zoo/index.js';
import { architectureImporters } from './architectures.js';
import { ggufImporters } from './gguf.js';
import { huggingFaceImporters } from './huggingface.js';
import { decode, encode, FILE, type Importer } from './importer.js';
import { ownFiles } from './own-files.js';

/** What a fuzzed file may ask for: small, so that a broken promise shows as memory or time. */
export const fuzzLimits: ImportLimits = {
  ...defaultLimits,
  layers: 10_000,
  elements: 4_000_000,
  expandedBytes: 32_000_000,
};

function file(bytes: Uint8Array, beside: Readonly<Record<string, Uint8Array>> = {}): SourceFile {
  return {
    name: FILE,
    bytes,
    limits: fuzzLimits,
    beside: async (path) => (Object.hasOwn(beside, path) ? (beside[path] ?? null) : null),
  };
}

const lenet = zoo.get('lenet-5');
if (!lenet) throw new Error('no lenet-5');
const model = drawModel(lenet.network, lenet.densities, 1);
/** LeNet-5's first layers are enough of a network, and quick to read. */
const tensors = writeTensors({ ...model, weights: new Map([...model.weights].slice(0, 1)) });

const prototxt = `name: "n" input: "data" input_dim: 1 input_dim: 3 input_dim: 9 input_dim: 9
layer { name: "c" type: "Convolution" bottom: "data" top: "c" convolution_param { num_output: 4 kernel_size: 3 pad: 1 group: 1 } }
layer { name: "b" type: "BatchNorm" bottom: "c" top: "c" batch_norm_param { eps: 0.01 } }
layer { name: "r" type: "ReLU" bottom: "c" top: "c" }
layer { name: "p" type: "Pooling" bottom: "c" top: "p" pooling_param { pool: MAX kernel_size: 2 stride: 2 } }
layer { name: "f" type: "InnerProduct" bottom: "p" top: "f" inner_product_param { num_output: 5 } } # comment
`;
const wave = (count: number) =>
  Array.from({ length: count }, (_, at) => Math.abs(Math.sin(at + 1)) + 0.1);
const blob = (...dim: readonly number[]) => ({
  shape: { dim },
  data: wave(dim.reduce((a, b) => a * b, 1)),
});
const caffemodel = netType
  .encode({
    name: 'n',
    layer: [
      { name: 'c', type: 'Convolution', blobs: [blob(4, 3, 3, 3), blob(4)] },
      { name: 'b', type: 'BatchNorm', blobs: [blob(4), blob(4), blob(1)] },
      { name: 'f', type: 'InnerProduct', blobs: [blob(5, 100), blob(5)] },
    ],
  })
  .finish();

const keras = {
  format: 'layers-model',
  modelTopology: {
    class_name: 'Sequential',
    config: {
      name: 's',
      layers: [
        {
          class_name: 'Conv2D',
          config: {
            name: 'c',
            batch_input_shape: [null, 8, 8, 2],
            filters: 3,
            kernel_size: [3, 3],
            strides: [2, 2],
            padding: 'same',
            activation: 'relu',
          },
        },
        {
          class_name: 'MaxPooling2D',
          config: { name: 'p', pool_size: [2, 2], strides: [2, 2], padding: 'valid' },
        },
        { class_name: 'Flatten', config: { name: 'l' } },
        { class_name: 'Dense', config: { name: 'd', units: 4, activation: 'softmax' } },
      ],
    },
  },
  weightsManifest: [
    {
      paths: ['w.bin'],
      weights: [
        { name: 'c/kernel', shape: [3, 3, 2, 3], dtype: 'float32' },
        { name: 'c/bias', shape: [3], dtype: 'float32' },
        { name: 'd/kernel', shape: [12, 4], dtype: 'float32' },
        { name: 'd/bias', shape: [4], dtype: 'float32' },
      ],
    },
  ],
};
const shape = (...dims: readonly number[]) => ({
  shape: { dim: dims.map((extent) => ({ size: String(extent) })) },
});
const ints = (...values: readonly number[]) => ({ list: { i: values.map(String) } });
const graph = {
  format: 'graph-model',
  modelTopology: {
    node: [
      { name: 'x', op: 'Placeholder', attr: { shape: shape(-1, 8, 8, 2) } },
      { name: 'w', op: 'Const', attr: {} },
      {
        name: 'c',
        op: 'Conv2D',
        input: ['x', 'w'],
        attr: {
          strides: ints(1, 2, 2, 1),
          dilations: ints(1, 1, 1, 1),
          padding: { s: btoa('SAME') },
        },
      },
      { name: 'r', op: 'Relu', input: ['c'], attr: {} },
      {
        name: 'p',
        op: 'MaxPool',
        input: ['r'],
        attr: { ksize: ints(1, 2, 2, 1), strides: ints(1, 2, 2, 1), padding: { s: btoa('VALID') } },
      },
    ],
  },
  weightsManifest: [
    { paths: ['w.bin'], weights: [{ name: 'w', shape: [3, 3, 2, 3], dtype: 'float32' }] },
  ],
};
const floats = (count: number) => new Uint8Array(Float32Array.from(wave(count)).buffer);

const matrix = toDense(
  drawModel(lenet.network, lenet.densities, 2).weights.get('fc2')?.store ?? {
    format: 'dense',
    rows: 1,
    columns: 1,
    values: new Float32Array(1),
  },
);
const entries = [...matrix.values].flatMap((value, at) =>
  value === 0 ? [] : [[Math.floor(at / matrix.columns) + 1, (at % matrix.columns) + 1, value]],
);
const market = `%%MatrixMarket matrix coordinate real general\n% c\n${matrix.rows} ${matrix.columns} ${entries.length}\n${entries.map((entry) => entry.join(' ')).join('\n')}\n`;
const npy = writeNpy({ shape: [matrix.rows, matrix.columns], values: matrix.values });

const gemms =
  'Layer, M, N, K, Sparsity, Batch,\nfc1, 1, 500, 800, 1:4,\nfc2, 16, 10, 500, 2:4,\nfc2, 16, 10, 50, 2:4, 3, # heads\n';
/** A preset of the family that extends no other. */
function presetOf(family: string): Uint8Array {
  const folder = `hw-models/${family}/presets`;
  const texts = readdirSync(folder).map((preset) => readFileSync(join(folder, preset), 'utf8'));
  return encode(texts.find((text) => !/^extends:/m.test(text)) ?? '');
}
const picture = () =>
  sharp({ create: { width: 40, height: 30, channels: 3, background: '#c86432' } });
const preprocessing = {
  resize: 32,
  crop: 28,
  channelOrder: 'rgb',
  mean: [0, 0, 0],
  scale: 1,
} as const;
const prices = readFileSync('sim/serving/prices.yaml', 'utf8');
const problem = `{{include_text('base.yaml')}}
problem:
  <<<: *base
  shape:
    dimensions: [C, M, R, S, P, Q, N]
    coefficients: [{ name: Wstride, default: 1 }, { name: Hstride, default: 1 }]
    data_spaces:
    - { name: Weights, projection: [C, M, R, S] }
    - { name: Inputs, projection: [[[N]], [[C]], [[R], [P, Wstride]], [[S], [Q, Hstride]]] }
    - { name: Outputs, projection: [N, M, Q, P], read_write: true }
  instance:
    { C: 16, M: 64, R: 3, S: 5, P: 31, Q: 17, Wstride: 2, densities: { Weights: { distribution: hypergeometric, density: 0.5 }, Inputs: 0.7 } }
`;
const problemBase = encode('ignored: &base { instance: { N: 1 } } # {{ left }}\n');
/** LeNet-5 with one positive and one negative weight in each layer's table. */
const shared = new Map(
  [...model.weights].map(([name, { store, bias, origin }]) => {
    const csr = toCsr(store);
    const signs = { ...csr, values: csr.values.map((value) => (value < 0 ? -0.5 : 0.5)) };
    return [
      name,
      { store: toCodebook(signs, Float32Array.of(0, 0.5, -0.5), 4), bias, origin },
    ] as const;
  }),
);

/** The same network as `prune` writes it: coded with Huffman's code, or sparse. */
const modelFile = writeModelFile(
  new Map(
    [...shared].map(([name, { store, bias }]) => {
      const { rows, columns, values: weights } = toDense(store);
      const codes = Uint8Array.from(weights, (value) => (value === 0 ? 0 : value > 0 ? 1 : 2));
      const coded = name.startsWith('fc')
        ? { codebook: Float32Array.of(0, 0.5, -0.5), scales: null, codes }
        : null;
      return [name, { rows, columns, weights, coded, bias }] as const;
    }),
  ),
  { network: lenet.network.name },
  true,
);
const idx = Uint8Array.from([
  0,
  0,
  8,
  3,
  0,
  0,
  0,
  5,
  0,
  0,
  0,
  4,
  0,
  0,
  0,
  3,
  ...wave(60).map((value) => value * 200),
]);
const idxLabels = Uint8Array.from([0, 0, 8, 1, 0, 0, 0, 5, 7, 2, 1, 0, 4]);
const cifar = Uint8Array.from({ length: 2 * 3073 }, (_, at) => at % 10);
const sweepSpec = `name: s
hardware: eie-64
workloads: [lenet-5, { name: alex-7, weight: 2 }]
axes:
  pes: [4, 8, 16]
  queueDepth: { from: 1, to: 8, factor: 2 }
objectives: [seconds, joules]
`;

export const importers: readonly Importer[] = [
  {
    name: 'ONNX',
    text: false,
    whole: readFileSync('test/fixtures/onnx/torch-9.onnx'),
    read: (bytes) => readOnnx(file(bytes)),
  },
  {
    name: 'ONNX, recurrent',
    text: false,
    whole: readFileSync('test/fixtures/onnx/torch-lstm.onnx').subarray(0),
    read: (bytes) => readOnnx(file(bytes)),
  },
  {
    name: 'TensorFlow.js layers',
    text: true,
    whole: encode(JSON.stringify(keras)),
    read: (bytes) => readTfjs(file(bytes, { 'w.bin': floats(54 + 3 + 48 + 4) })),
  },
  {
    name: 'TensorFlow.js graph',
    text: true,
    whole: encode(JSON.stringify(graph)),
    read: (bytes) => readTfjs(file(bytes, { 'w.bin': floats(54) })),
  },
  {
    name: 'TensorFlow.js weights',
    text: false,
    whole: floats(54),
    read: (bytes) => readTfjs(file(encode(JSON.stringify(graph)), { 'w.bin': bytes })),
  },
  {
    name: 'Caffe prototxt',
    text: true,
    whole: encode(prototxt),
    read: (bytes) => readCaffe(file(bytes, { 'fuzzed.caffemodel': caffemodel })),
  },
  {
    name: 'Caffe weights',
    text: false,
    whole: caffemodel,
    read: (bytes) => readCaffeWeights(bytes, FILE, fuzzLimits),
  },
  {
    name: 'network YAML',
    text: true,
    whole: encode(writeNetworkYaml(lenet.network, 'w').replace(/^weights: .*\n/m, '')),
    read: (bytes) => readNetworkYaml(file(bytes)),
  },
  ...huggingFaceImporters(file),
  ...ggufImporters(file),
  ...architectureImporters(file),
  {
    name: 'safetensors',
    text: false,
    whole: tensors,
    read: (bytes) => readSafetensors(bytes, FILE),
  },
  {
    name: 'SCALE-Sim topology',
    text: true,
    whole: encode(writeScaleSim(lenet.network)),
    read: (bytes) => readScaleSim(file(bytes)),
  },
  {
    name: 'measurements',
    text: true,
    whole: encode(
      [
        measurementColumns.join(','),
        'a,b,page 1,T4,GEMM 8x8x8 NN,8,fp32,time,0.1,ms',
        'c,d,"a, b",T4,"conv 3x8x8 -> 4, 3x3, stride 1/1, pad 1/1",2,fp32,throughput,10,img/s',
        'e,f,,V100,"resnet50 224 / TensorRT",1,int8,latency,1,ms',
      ].join('\n'),
    ),
    read: (bytes) => readMeasurements(decode(bytes), FILE).map(place),
  },
  {
    name: 'SCALE-Sim products',
    text: true,
    whole: encode(gemms),
    read: (bytes) => readScaleSim(file(bytes)),
  },
  {
    name: 'Timeloop problem',
    text: true,
    whole: encode(problem),
    read: (bytes) => readTimeloop(file(bytes, { 'base.yaml': problemBase })),
  },
  {
    name: 'Timeloop include',
    text: true,
    whole: problemBase,
    read: (bytes) => readTimeloop(file(encode(problem), { 'base.yaml': bytes })),
  },
  {
    name: 'Matrix Market',
    text: true,
    whole: encode(market),
    read: (bytes) => readMatrixMarket(file(bytes)),
  },
  { name: 'DLMC smtx', text: true, whole: encode(smtx()), read: (bytes) => readSmtx(file(bytes)) },
  { name: 'SciPy npz', text: false, whole: npz(), read: (bytes) => readNpz(file(bytes)) },
  { name: 'NumPy npy', text: false, whole: npy, read: (bytes) => readNpy(bytes, FILE) },
  {
    name: 'Deep Compression .net',
    text: false,
    whole: writeNetFile(shared, lenet.network),
    read: (bytes) => readNetFile(bytes, lenet.network, FILE),
  },
  {
    name: 'pruned model file',
    text: false,
    whole: modelFile,
    read: (bytes) => readModelFile(bytes, lenet.network, FILE),
  },
  {
    name: 'gzipped data set',
    text: false,
    whole: gzipSync(new Uint8Array(100_000)),
    read: (bytes) => unpacked(bytes, FILE, fuzzLimits.expandedBytes),
  },
  { name: 'IDX pictures', text: false, whole: idx, read: (bytes) => readIdxPictures(bytes, FILE) },
  {
    name: 'IDX labels',
    text: false,
    whole: idxLabels,
    read: (bytes) => readIdxLabels(bytes, FILE),
  },
  { name: 'CIFAR-10', text: false, whole: cifar, read: (bytes) => readCifar10(bytes, FILE) },
  {
    name: 'sweep spec',
    text: true,
    whole: encode(sweepSpec),
    read: (bytes) => readSpec(decode(bytes), FILE),
  },
  ...catalog.map(({ name, read }) => ({
    name: `hardware preset, ${name}`,
    text: true,
    whole: presetOf(name),
    read: (bytes: Uint8Array) => read(decode(bytes), FILE),
  })),
  {
    name: 'prices',
    text: true,
    whole: encode(prices),
    read: (bytes) =>
      readPrices([
        { text: prices, file: 'prices' },
        { text: decode(bytes), file: FILE },
      ]),
  },
  { name: 'JPEG', text: false, whole: await picture().jpeg().toBuffer(), read: readPicture },
  { name: 'PNG', text: false, whole: await picture().png().toBuffer(), read: readPicture },
  {
    name: 'PNG, transparent',
    text: false,
    whole: await picture().ensureAlpha(0.5).png().toBuffer(),
    read: readPicture,
  },
  {
    name: 'energy reference table',
    text: true,
    whole: encode(writeReferenceTables(loadHardware('eie-64')).ert),
    read: (bytes) => readEnergyTable(decode(bytes), FILE),
  },
  {
    name: 'any YAML',
    text: true,
    whole: encode('a: &a [1, {b: 2}]\nc: [*a, *a]\n? d\n: !!str 5\ne: |\n  text\n'),
    read: (bytes) => readYaml(decode(bytes), FILE),
  },
  ...ownFiles,
];

function readPicture(bytes: Uint8Array): Promise<unknown> {
  return readImage(bytes, preprocessing, FILE);
}

/** The pattern of LeNet-5's second fully connected layer. */
function smtx(): string {
  const { rows, columns, pointers, indices } = toCsr(matrix);
  return `${rows}, ${columns}, ${indices.length}\n${pointers.join(' ')}\n${indices.join(' ')}\n`;
}

/** A small csr matrix as SciPy stores it. */
function npz(): Uint8Array {
  const array = (descr: string, extents: string, bytes: Uint8Array) => {
    const header = encode(
      `\x00NUMPY\x01\x00v\x00${`{'descr': '${descr}', 'fortran_order': False, 'shape': (${extents}), }`.padEnd(117)}\n`,
    );
    header[0] = 0x93;
    return new Uint8Array([...header, ...bytes]);
  };
  const wholes = (...values: readonly number[]) =>
    array('<i4', `${values.length},`, new Uint8Array(Int32Array.from(values).buffer));
  return zipSync({
    'format.npy': array('|S3', '', encode('csr')),
    'shape.npy': wholes(4, 6),
    'indptr.npy': wholes(0, 2, 2, 3, 5),
    'indices.npy': wholes(0, 5, 3, 1, 2),
    'data.npy': array('<f4', '5,', floats(5)),
  });
}
