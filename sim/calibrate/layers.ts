// Small layers, each run by one of the engine's kernels, from whose calls the turns of inner loops
// are told apart: shapes are chosen so that every loop turns often in some and seldom in others,
// with the data of a call in L1 or not far.

import { denseConvolution, sparseConvolution } from '../../hw-models/host/engine/convolution.js';
import { elementwiseKernels } from '../../hw-models/host/engine/elementwise.js';
import { createFft, fftSizes } from '../../hw-models/host/engine/fft.js';
import { filteredConvolution } from '../../hw-models/host/engine/filtering.js';
import { fullyConnectedKernels } from '../../hw-models/host/engine/fully-connected.js';
import type { HostKernel } from '../../hw-models/host/engine/kernel.js';
import { streamKernels } from '../../hw-models/host/engine/stream.js';
import { stridedKernels } from '../../hw-models/host/engine/strided.js';
import { createWinograd } from '../../hw-models/host/engine/winograd.js';
import { invariant } from '../../workloads/base/errors.js';
import { buildNetwork } from '../../workloads/graph.js';
import {
  type Layer,
  type LayerKind,
  type LayerWeights,
  type Shape,
  type Tensor,
  weightShapeOf,
} from '../../workloads/network.js';
import type { LayerSpec, SpecOf } from '../../workloads/spec.js';
import { sizeOf } from '../../workloads/tensor.js';
import { type CodebookMatrix, toCsr, toDense } from '../../workloads/weights/store.js';
import { drawActivations, drawWeights } from '../../workloads/weights/synthetic.js';
import { conv, dense, maxPool, softmax } from '../../workloads/zoo/entry.js';

/** A layer for one of the engine's kernels, with one frame of activations. */
export interface CalibrationLayer {
  readonly kernel: HostKernel;
  readonly layer: Layer;
  readonly weights: LayerWeights | null;
  readonly input: Float32Array;
  readonly batch: number;
}

interface Densities {
  readonly weights?: number;
  readonly activations?: number;
  readonly batch?: number;
  /** Of a second operand, which is called `other`. */
  readonly other?: Shape;
}

const SEED = 1;
const source = { work: 'calibration', at: '' };

/** A layer for a kernel, and what it meets. */
export function made(
  kernel: HostKernel,
  input: Shape,
  spec: LayerSpec,
  densities: Densities = {},
): CalibrationLayer {
  const { weights: kept = 1, activations = 1, batch = 1, other } = densities;
  const constants = new Map<string, Tensor>();
  if (other)
    constants.set('other', {
      shape: other,
      type: 'float32',
      values: new Float32Array(sizeOf(other)),
    });
  const named = { name: 'calibration', title: 'calibration', source };
  const { layers } = buildNetwork({ ...named, input, layers: [spec], constants });
  const [layer] = layers;
  invariant(layer !== undefined, 'a calibration network has one layer');
  const values = drawActivations(sizeOf(input), activations, SEED, 'calibration').values;
  const frames = new Float32Array(batch * values.length);
  for (let frame = 0; frame < batch; frame++) frames.set(values, frame * values.length);
  return { kernel, layer, weights: weightsFor(kernel, layer, kept), input: frames, batch };
}

function weightsFor(kernel: HostKernel, layer: Layer, kept: number): LayerWeights | null {
  const shape = weightShapeOf(layer);
  if (!shape) return null;
  const random = drawWeights(shape, kept, SEED, 'calibration');
  if (kernel.name.endsWith('coded-columns')) return { ...random, store: coded(random) };
  return kept === 1 ? { ...random, store: toDense(random.store) } : random;
}

const CODES = 16;
const MAX_GAP = 255;

/** As many weights in the same places, as codes into a small table. */
function coded({ store }: LayerWeights): CodebookMatrix {
  const { rows, columns, pointers, indices } = toCsr(store);
  const codes: number[] = [];
  const gaps: number[] = [];
  let next = 0;
  for (let row = 0; row < rows; row++) {
    for (let at = pointers[row] as number; at < (pointers[row + 1] as number); at++) {
      const place = row * columns + (indices[at] as number);
      for (; place - next > MAX_GAP; next += MAX_GAP + 1) {
        codes.push(0);
        gaps.push(MAX_GAP);
      }
      codes.push(1 + (at % (CODES - 1)));
      gaps.push(place - next);
      next = place + 1;
    }
  }
  const codebook = Float32Array.from({ length: CODES }, (_, code) => code / CODES);
  return {
    format: 'codebook',
    rows,
    columns,
    codebook,
    codes: Uint8Array.from(codes),
    gaps: Uint8Array.from(gaps),
  };
}

function finder(kernels: readonly HostKernel[]) {
  return (name: string, kind?: LayerKind): HostKernel => {
    const found = kernels.find((kernel) => kernel.name === name && (!kind || kernel.kind === kind));
    invariant(found !== undefined, () => `the engine has no kernel ${name}`);
    return found;
  };
}

const elementwise = finder(elementwiseKernels);
const fullyConnected = finder(fullyConnectedKernels);
const stream = finder(streamKernels);
const strided = finder(stridedKernels);

function sparseLayers(): readonly CalibrationLayer[] {
  const wide = [4, 8, 12, 16, 20, 24, 28];
  const densities = [0.1, 0.4];
  return [
    ...wide.flatMap((width) =>
      densities.flatMap((weights) => [
        made(sparseConvolution, [8, 8, width], conv('c', 16, 3, { pad: 1 }), { weights }),
        made(sparseConvolution, [32, 8, width], conv('c', 16, 1), { weights }),
        // One row of pixels: tiles of every width.
        made(sparseConvolution, [32, 1, width], conv('c', 32, 1), { weights }),
      ]),
    ),
    made(sparseConvolution, [4, 13, 13], conv('c', 16, 3, { pad: 1 }), { weights: 0.3 }),
    made(sparseConvolution, [4, 27, 27], conv('c', 8, 5, { stride: 2, pad: 2 }), { weights: 0.3 }),
    made(sparseConvolution, [3, 31, 31], conv('c', 8, 7, { stride: 2 }), { weights: 0.3 }),
  ];
}

function denseLayers(): readonly CalibrationLayer[] {
  return [
    made(denseConvolution, [8, 8, 8], conv('c', 16, 3, { pad: 1 })),
    made(denseConvolution, [64, 4, 7], conv('c', 16, 1)),
    made(denseConvolution, [16, 13, 13], conv('c', 16, 3, { pad: 1 })),
    made(denseConvolution, [3, 23, 23], conv('c', 16, 5, { stride: 2 })),
    made(denseConvolution, [4, 4, 4], conv('c', 32, 1)),
    made(denseConvolution, [2, 6, 6], conv('c', 32, 1)),
    made(denseConvolution, [128, 2, 2], conv('c', 16, 1)),
    made(filteredConvolution, [4, 13, 13], conv('c', 8, 3, { pad: 1 })),
    made(filteredConvolution, [3, 27, 27], conv('c', 8, 7, { stride: 2 })),
    made(filteredConvolution, [4, 20, 20], conv('c', 8, 5, { pad: 2 })),
    made(filteredConvolution, [8, 8, 24], conv('c', 8, 3, { pad: 1 })),
    made(filteredConvolution, [2, 16, 32], conv('c', 16, 3, { pad: 1 })),
  ];
}

function winogradLayers(outputs: number): readonly CalibrationLayer[] {
  const kernel = createWinograd(outputs);
  const shapes = [
    [8, 13, 13, 8],
    [4, 24, 24, 8],
    [2, 12, 28, 32],
    [16, 6, 6, 16],
    [4, 7, 7, 4],
    [32, 4, 16, 4],
    [1, 24, 24, 4],
    [2, 8, 48, 8],
    [16, 8, 8, 64],
    [64, 4, 12, 8],
    [128, 8, 8, 16],
    [256, 4, 12, 16],
    [96, 12, 12, 32],
  ] as const;
  return shapes.map(([channels, height, width, filters]) =>
    made(kernel, [channels, height, width], conv('c', filters, 3, { pad: 1 })),
  );
}

function fftLayers(size: number): readonly CalibrationLayer[] {
  const kernel = createFft(size);
  const shapes = [
    [2, 14, 14, 2],
    [8, 14, 14, 2],
    [2, 14, 14, 16],
    [4, 30, 30, 4],
    [1, 44, 30, 4],
    [16, 14, 44, 4],
    [4, 14, 72, 8],
  ] as const;
  return shapes.map(([channels, height, width, filters]) =>
    made(kernel, [channels, height, width], conv('c', filters, 3, { pad: 1 })),
  );
}

function fullyConnectedLayers(): readonly CalibrationLayer[] {
  const [codedColumns, sparseColumns, denseColumns] = [
    'coded-columns',
    'sparse-columns',
    'dense-columns',
  ].map((name) => fullyConnected(name));
  invariant(
    codedColumns !== undefined && sparseColumns !== undefined && denseColumns !== undefined,
    'three kernels',
  );
  const layers = [0.1, 0.35, 0.7, 1].flatMap((activations) => [
    ...[sparseColumns, codedColumns].flatMap((kernel) => [
      made(kernel, [512], dense('f', 256, 'relu'), { weights: 0.1, activations }),
      made(kernel, [1024], dense('f', 64, 'relu'), { weights: 0.1, activations }),
      made(kernel, [256], dense('f', 256, 'relu'), { weights: 0.25, activations }),
    ]),
    made(denseColumns, [128], dense('f', 64, 'relu'), { activations }),
    made(denseColumns, [64], dense('f', 130, 'relu'), { activations }),
    made(denseColumns, [256], dense('f', 16, 'relu'), { activations }),
  ]);
  return [
    ...layers,
    made(sparseColumns, [64], dense('f', 32, 'relu'), { weights: 0.2, batch: 16 }),
  ];
}

function otherLayers(): readonly CalibrationLayer[] {
  const [pool, normalise, concatenate] = ['pool', 'normalise', 'concatenate'].map((name) =>
    elementwise(name),
  );
  const [add, relu, softmaxKernel] = ['add', 'relu', 'softmax'].map((name) => elementwise(name));
  invariant(
    pool !== undefined && normalise !== undefined && concatenate !== undefined,
    'three kernels',
  );
  invariant(
    add !== undefined && relu !== undefined && softmaxKernel !== undefined,
    'three kernels',
  );
  const average = { ...maxPool('p', 3, 2), mode: 'average' } as const;
  const lrn = (size: number): LayerSpec => ({
    kind: 'lrn',
    name: 'n',
    size,
    alpha: 1e-4,
    beta: 0.75,
    k: 1,
  });
  const sum: LayerSpec = { kind: 'add', name: 's', inputs: ['data', 'data'], activation: 'relu' };
  const concat: LayerSpec = { kind: 'concat', name: 'c', inputs: ['data', 'data'] };
  return [
    made(pool, [4, 27, 27], maxPool('p', 3, 2)),
    made(pool, [2, 40, 40], maxPool('p', 3, 2)),
    made(pool, [2, 24, 64], maxPool('p', 3, 2)),
    made(pool, [8, 13, 13], maxPool('p', 3, 2)),
    made(pool, [8, 55, 55], maxPool('p', 3, 2)),
    made(pool, [2, 113, 113], maxPool('p', 3, 2)),
    made(pool, [4, 112, 112], maxPool('p', 2, 2)),
    made(pool, [16, 28, 28], maxPool('p', 2, 2)),
    made(pool, [4, 28, 28], maxPool('p', 2, 2)),
    made(pool, [8, 6, 6], maxPool('p', 2, 2)),
    made(pool, [16, 5, 5], maxPool('p', 3, 3)),
    made(pool, [4, 14, 14], { ...maxPool('p', 3, 1), pad: 1 }),
    made(pool, [4, 14, 14], { ...average, pad: 1 }),
    made(pool, [4, 15, 15], { ...average, kernel: 'global', stride: 1 }),
    made(pool, [16, 7, 7], { ...average, kernel: 'global', stride: 1 }),
    made(normalise, [16, 8, 8], lrn(5)),
    made(normalise, [16, 8, 8], lrn(3)),
    made(normalise, [8, 16, 16], lrn(5)),
    made(normalise, [32, 4, 4], lrn(9)),
    ...[10, 100, 1000].map((values) => made(softmaxKernel, [values], softmax)),
    made(concatenate, [8, 8, 8], concat),
    made(concatenate, [32, 4, 4], concat),
    made(add, [8, 8, 8], sum),
    made(add, [32, 4, 4], sum),
    made(relu, [8, 8, 8], { kind: 'relu', name: 'r', activation: 'relu6' }),
    made(relu, [64, 4, 4], { kind: 'relu', name: 'r', activation: 'relu6' }),
  ];
}

/** Functions, softmax and normalisation of rows. */
function streamLayers(): readonly CalibrationLayer[] {
  const functions = [
    'gelu',
    'erf',
    'tanh',
    'gelu-tanh',
    'sigmoid',
    'exp',
    'sqrt',
    'reciprocal',
    'neg',
    'clip',
  ] as const;
  const rows: readonly Shape[] = [
    [64, 4],
    [32, 16],
    [16, 62],
    [4, 256],
    [1, 1001],
  ];
  return [
    ...functions.flatMap((name) =>
      [64, 1000].map((values) =>
        made(stream('function'), [values], { kind: 'unary', name: 'u', function: name }),
      ),
    ),
    ...rows.flatMap((shape) => [
      made(stream('softmax-rows'), shape, { kind: 'softmax', name: 's', axis: -1 }),
      ...(['layer-norm', 'rms-norm'] as const).map((kind) =>
        made(stream('normalise-rows', kind), shape, { kind, name: 'n', axis: -1, epsilon: 1e-5 }),
      ),
    ]),
    ...[8, 32].map((edge) =>
      made(stream('softmax-lines'), [8, edge / 2, edge], { kind: 'softmax', name: 's', axis: 1 }),
    ),
  ];
}

/** Functions of two operands, and moves. */
function stridedLayers(): readonly CalibrationLayer[] {
  const combined = (name: SpecOf<'binary'>['function'], input: Shape, other: Shape) =>
    made(
      strided('combine'),
      input,
      { kind: 'binary', name: 'b', function: name, inputs: ['data', 'other'] },
      { other },
    );
  const turned = (input: Shape, permutation: readonly number[]) =>
    made(strided('move', 'transpose'), input, { kind: 'transpose', name: 't', permutation });
  return [
    ...[68, 1000].flatMap((values) => [
      combined('multiply', [values], [values]),
      combined('divide', [values], [values]),
    ]),
    ...[2, 3, 16, 65].map((columns) => combined('add', [32, columns], [32, 1])),
    combined('add', [16, 32], [32]),
    ...[20, 44, 61].map((columns) => turned([32, columns], [0, 2, 1])),
    ...[6, 20, 100].map((columns) => turned([8, 4, columns], [0, 2, 1, 3])),
    ...[7, 24].map((columns) => turned([8, 8, columns], [0, 3, 2, 1])),
  ];
}

/** Layers whose calls' data are near. */
export function nearLayers(): readonly CalibrationLayer[] {
  return [
    ...sparseLayers(),
    ...denseLayers(),
    ...[2, 4, 6].flatMap(winogradLayers),
    ...fftSizes.flatMap(fftLayers),
    ...fullyConnectedLayers(),
    ...otherLayers(),
    ...streamLayers(),
    ...stridedLayers(),
  ];
}

/**
 * Layers of which a call goes through `bytes` of memory, or little more: dense columns, short and
 * long, and sparse ones, of which every other one is skipped; sums, copies, ReLUs and pools;
 * convolutions of many channels; transformed weights of many rows.
 */
export function farLayers(bytes: number): readonly CalibrationLayer[] {
  const float = 4;
  const entry = 6;
  const kept = 0.1;
  const active = 0.5;
  const atLeast = (min: number, count: number) => Math.max(min, Math.round(count));
  const columns = (rows: number, each: number): Shape => [atLeast(16, bytes / each / rows)];
  // Few enough rows for the sums to stay in L1.
  const rows = Math.min(2048, Math.max(64, 2 ** Math.floor(Math.log2(Math.sqrt(bytes / float)))));
  const skipping = (size: number) =>
    made(fullyConnected('dense-columns'), columns(size, float * active), dense('f', size, 'relu'), {
      activations: active,
    });
  const edge = 64;
  const planes = (each: number) => atLeast(1, bytes / each / (float * edge ** 2));
  const sum: LayerSpec = { kind: 'add', name: 's', inputs: ['data', 'data'], activation: 'relu' };
  const concat: LayerSpec = { kind: 'concat', name: 'c', inputs: ['data', 'data'] };
  const relu: LayerSpec = { kind: 'relu', name: 'r', activation: 'relu' };
  // As many channels as large images have: more of them would lie on more pages than a core keeps
  // track of.
  const size = Math.max(8, Math.round(Math.sqrt(bytes / (float * CHANNELS))));
  const image: Shape = [CHANNELS, size, size];
  const few = (stride: number) => conv('c', 8, 3, { pad: 1, stride });
  // Transformed weights are (tile)² values a channel and row, those of Fourier transforms half as
  // many complex ones.
  const transformed = (values: number) =>
    conv('c', 4 * atLeast(1, bytes / (float * values * CHANNELS) / 4), 3, { pad: 1 });
  return [
    ...[256, 1024, 4096].map(skipping),
    made(
      fullyConnected('sparse-columns'),
      columns(rows, kept * entry * active),
      dense('f', rows, 'relu'),
      {
        ...{ weights: kept, activations: active },
      },
    ),
    made(elementwise('add'), [planes(3), edge, edge], sum),
    made(elementwise('concatenate'), [planes(4), edge, edge], concat),
    made(elementwise('relu'), [planes(2), edge, edge], relu),
    ...[2, 3].map((size) =>
      made(elementwise('pool'), [planes(1.25), edge, edge], maxPool('p', size, 2)),
    ),
    ...[1, 2].map((stride) => made(sparseConvolution, image, few(stride), { weights: 0.3 })),
    made(denseConvolution, image, few(1)),
    made(createWinograd(4), [CHANNELS, 28, 28], transformed(36)),
    made(createFft(16), [CHANNELS, 28, 28], transformed(288)),
    made(createFft(32), [CHANNELS, 28, 28], transformed(1088)),
  ];
}

/** Of convolutions. */
const CHANNELS = 64;
