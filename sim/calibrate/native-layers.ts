// Small layers for native kernels, as layers.ts has them for the WebAssembly build: with vectors up
// to four times as wide, and for kernels that are cut otherwise.

import type { HostKernel } from '../../hw-models/host/engine/kernel.js';
import { nativeDenseConvolution } from '../../hw-models/host/engine/native/dense-convolution.js';
import { nativeDepthwise } from '../../hw-models/host/engine/native/depthwise.js';
import { nativeElementwise } from '../../hw-models/host/engine/native/elementwise.js';
import {
  nativeDenseFullyConnected,
  nativeSparseFullyConnected,
} from '../../hw-models/host/engine/native/fully-connected.js';
import { nativePooling } from '../../hw-models/host/engine/native/pooling.js';
import { nativeDenseProducts, nativeProducts } from '../../hw-models/host/engine/native/product.js';
import { nativeSparseConvolution } from '../../hw-models/host/engine/native/sparse-convolution.js';
import { nativeStreamRows } from '../../hw-models/host/engine/native/stream.js';
import { nativeWinogradConvolution } from '../../hw-models/host/engine/native/winograd.js';
import { invariant } from '../../workloads/base/errors.js';
import type { Shape } from '../../workloads/network.js';
import type { LayerSpec } from '../../workloads/spec.js';
import { conv, dense, maxPool } from '../../workloads/zoo/entry.js';
import { type CalibrationLayer, made } from './layers.js';

function row(kernels: readonly HostKernel[], name: string, kind?: string): HostKernel {
  const found = kernels.find((one) => one.name === name && (!kind || one.kind === kind));
  invariant(found !== undefined, () => `no native kernel ${name}`);
  return found;
}

const [sparseColumns, codedColumns, denseColumns] = [
  row(nativeSparseFullyConnected, 'native-sparse-columns'),
  row(nativeSparseFullyConnected, 'native-coded-columns'),
  row(nativeDenseFullyConnected, 'native-dense-columns'),
];
const denseProduct = row(nativeDenseProducts, 'native-product');
const matmul = row(nativeProducts, 'native-matmul');
const [pool, normalise] = [
  row(nativePooling, 'native-pool'),
  row(nativePooling, 'native-normalise'),
];
const [add, relu] = [row(nativeElementwise, 'native-add'), row(nativeElementwise, 'native-relu')];

const sum: LayerSpec = { kind: 'add', name: 's', inputs: ['data', 'data'], activation: 'relu' };
const relu6: LayerSpec = { kind: 'relu', name: 'r', activation: 'relu6' };
const grouped = (channels: number, kernel: number, stride: number) => ({
  ...conv('c', channels, kernel, { pad: (kernel - 1) / 2, stride }),
  groups: channels,
});

function convolutions(): readonly CalibrationLayer[] {
  const images: readonly Shape[] = [
    [32, 8, 8],
    [16, 14, 14],
    [8, 28, 28],
    [64, 7, 7],
    [4, 55, 55],
  ];
  return [
    ...images.flatMap((image) => [
      ...[0.05, 0.1, 0.3].flatMap((weights) => [
        made(nativeSparseConvolution, image, conv('c', 32, 1), { weights }),
        made(nativeSparseConvolution, image, conv('c', 24, 3, { pad: 1 }), { weights }),
      ]),
      made(nativeDenseConvolution, image, conv('c', 32, 1)),
      made(nativeDenseConvolution, image, conv('c', 16, 3, { pad: 1 })),
      made(nativeWinogradConvolution, image, conv('c', 16, 3, { pad: 1 })),
      made(nativeWinogradConvolution, image, conv('c', 48, 3, { pad: 1 })),
    ]),
    ...[2, 4].flatMap((stride) => [
      made(nativeSparseConvolution, [8, 29, 29], conv('c', 16, 3, { stride }), { weights: 0.3 }),
      made(nativeDenseConvolution, [8, 29, 29], conv('c', 16, 5, { stride })),
    ]),
    made(nativeDenseConvolution, [3, 63, 63], conv('c', 32, 7, { stride: 2 })),
    made(nativeWinogradConvolution, [8, 45, 45], conv('c', 16, 7, { stride: 2 })),
    made(nativeWinogradConvolution, [3, 63, 63], conv('c', 32, 7, { stride: 2 })),
    ...[1, 2].flatMap((stride) =>
      [14, 28, 56].flatMap((size) => [
        made(nativeDepthwise, [8, size, size], grouped(8, 3, stride)),
        made(nativeDepthwise, [4, size, size], grouped(4, 5, stride)),
      ]),
    ),
  ];
}

function products(): readonly CalibrationLayer[] {
  const matrices: readonly (readonly [number, number])[] = [
    [48, 96],
    [96, 48],
    [64, 64],
    [200, 32],
  ];
  const perToken = (outputs: number): LayerSpec => ({ ...dense('f', outputs, 'relu'), axis: 2 });
  return [
    ...matrices.flatMap(([inputs, outputs]) => [
      ...[0.1, 0.5].map((weights) =>
        made(sparseColumns, [inputs], dense('f', outputs, 'relu'), { weights, activations: 0.5 }),
      ),
      made(codedColumns, [inputs], dense('f', outputs, 'relu'), { weights: 0.3, activations: 0.5 }),
      ...[0.4, 1].map((activations) =>
        made(denseColumns, [inputs], dense('f', outputs, 'relu'), { activations }),
      ),
      ...[7, 16, 64].flatMap((tokens) => [
        made(denseProduct, [tokens, inputs], perToken(outputs)),
        ...[0.1, 0.4].map((weights) =>
          made(sparseColumns, [tokens, inputs], perToken(outputs), { weights }),
        ),
      ]),
    ]),
    made(matmul, [32, 32], { kind: 'matmul', name: 'm', inputs: ['data', 'data'] }),
    made(matmul, [64, 24], {
      ...{ kind: 'matmul', name: 'm', inputs: ['data', 'data'], transposeRight: true },
    }),
  ];
}

function streams(): readonly CalibrationLayer[] {
  const average = { ...maxPool('p', 3, 2), mode: 'average' } as const;
  const lrn = (size: number): LayerSpec => ({
    ...{ kind: 'lrn', name: 'n', size, alpha: 1e-4, beta: 0.75, k: 1 },
  });
  const functions = ['gelu', 'erf', 'tanh', 'sigmoid', 'exp', 'sqrt', 'reciprocal', 'neg'] as const;
  const rows: readonly Shape[] = [
    [64, 4],
    [32, 16],
    [16, 62],
    [4, 256],
    [1, 1001],
  ];
  return [
    ...[13, 27, 55].flatMap((size) => [
      made(pool, [8, size, size], maxPool('p', 3, 2)),
      made(pool, [8, size, size], maxPool('p', 2, 2)),
      made(pool, [8, size, size], { ...average, pad: 1 }),
    ]),
    ...[7, 14].map((size) =>
      made(pool, [32, size, size], { ...average, kernel: 'global', stride: 1 }),
    ),
    made(normalise, [16, 8, 8], lrn(5)),
    made(normalise, [16, 8, 8], lrn(3)),
    made(normalise, [8, 16, 16], lrn(5)),
    ...[1, 4].flatMap((channels) => [
      made(add, [channels, 32, 32], sum),
      made(relu, [channels, 32, 32], relu6),
    ]),
    ...functions.flatMap((name) =>
      [64, 1000].map((values) =>
        made(row(nativeStreamRows, 'native-function'), [values], {
          ...{ kind: 'unary', name: 'u', function: name },
        }),
      ),
    ),
    ...rows.flatMap((shape) => [
      made(row(nativeStreamRows, 'native-softmax-rows'), shape, {
        ...{ kind: 'softmax', name: 's', axis: -1 },
      }),
      ...(['layer-norm', 'rms-norm'] as const).map((kind) =>
        made(row(nativeStreamRows, 'native-normalise-rows', kind), shape, {
          ...{ kind, name: 'n', axis: -1, epsilon: 1e-5 },
        }),
      ),
    ]),
  ];
}

/** Layers whose calls' data are near. */
export function nativeNearLayers(): readonly CalibrationLayer[] {
  return [...convolutions(), ...products(), ...streams()];
}

/** Layers of which a call goes through `bytes` of memory, or little more. */
export function nativeFarLayers(bytes: number): readonly CalibrationLayer[] {
  const float = 4;
  const block = 6;
  const [kept, active, rows, edge] = [0.1, 0.5, 4096, 64];
  const whole = (count: number) => Math.max(16, Math.round(count));
  const planes = (each: number) => Math.max(1, Math.round(bytes / each / (float * edge ** 2)));
  const size = Math.max(8, Math.round(Math.sqrt(bytes / (float * 64))));
  return [
    made(sparseColumns, [whole(bytes / (kept * block * active * rows))], dense('f', rows, 'relu'), {
      ...{ weights: kept, activations: active },
    }),
    made(denseColumns, [whole(bytes / (float * active * rows))], dense('f', rows, 'relu'), {
      activations: active,
    }),
    ...[1, 3].map((kernel) =>
      made(nativeSparseConvolution, [64, size, size], conv('c', 32, kernel), { weights: 0.15 }),
    ),
    made(
      sparseColumns,
      [64, whole(bytes / (8 * kept * 512))],
      { ...dense('f', 512, 'relu'), axis: 2 },
      { weights: kept },
    ),
    made(nativeDenseConvolution, [64, size, size], conv('c', 16, 1)),
    made(
      nativeWinogradConvolution,
      [64, 28, 28],
      conv('c', 8 * Math.max(1, Math.round(bytes / (float * 36 * 64 * 8))), 3, { pad: 1 }),
    ),
    made(denseProduct, [16, whole(bytes / (float * 512))], { ...dense('f', 512, 'relu'), axis: 2 }),
    made(add, [planes(3), edge, edge], sum),
    made(relu, [planes(2), edge, edge], relu6),
    made(pool, [planes(1.25), edge, edge], maxPool('p', 3, 2)),
  ];
}
