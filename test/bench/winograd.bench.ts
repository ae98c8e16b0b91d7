// What transforms and low precision buy here, kernel against kernel of the same engine, in turns,
// on one thread and on two: Winograd and Fourier transforms on VGG-16's 3×3 layers, dense and
// pruned in the transform domain, and layers in low precision.

import type { Executor } from '../../hw-models/host/contract.js';
import { firstThatPays } from '../../hw-models/host/engine/choice.js';
import { denseConvolution, sparseConvolution } from '../../hw-models/host/engine/convolution.js';
import { createEngine } from '../../hw-models/host/engine/engine.js';
import { createFft, createSparseFft } from '../../hw-models/host/engine/fft.js';
import { denseColumns } from '../../hw-models/host/engine/fully-connected.js';
import type { HostKernel } from '../../hw-models/host/engine/kernel.js';
import { lowPrecisionKernels } from '../../hw-models/host/engine/lowprecision.js';
import {
  binaryConvolution,
  int8Convolution,
  ternaryConvolution,
} from '../../hw-models/host/engine/lowprecision-convolution.js';
import {
  createSparseWinograd,
  createWinograd,
  winogradRefusal,
} from '../../hw-models/host/engine/winograd.js';
import { buildNetwork } from '../../workloads/graph.js';
import {
  inputShapeOf,
  type Layer,
  type LayerWeights,
  weightShapeOf,
} from '../../workloads/network.js';
import { sizeOf } from '../../workloads/tensor.js';
import { toDense } from '../../workloads/weights/store.js';
import { drawActivations, drawWeights } from '../../workloads/weights/synthetic.js';
import { vgg16 } from '../../workloads/zoo/vgg-16.js';
import { networkOf } from '../one-layer.js';
import { milliseconds, race, speedup, type Timing, type Work } from './race.js';
import type { BenchRow } from './row.js';

const DENSITIES = [0.1, 0.2, 0.33];
const ACTIVATIONS = 0.35;
const THREADS = [1, 2];

type Timings<Name extends string> = Readonly<Partial<Record<Name, Timing>>>;

interface Setting {
  readonly threads: number;
  readonly density: number;
}

/** A layer as a network of its own, on drawn activations. */
function workOf(layer: Layer, weights: LayerWeights, density = ACTIVATIONS): Work {
  const size = sizeOf(inputShapeOf(layer));
  return {
    model: {
      network: networkOf(layer),
      weights: new Map([[layer.name, weights]]),
      origin: weights.origin,
    },
    ...{ input: drawActivations(size, density, 0, layer.name).values, batch: 1, what: layer.name },
  };
}

function randomWeights(layer: Layer, density: number): LayerWeights {
  const shape = weightShapeOf(layer);
  if (!shape) throw new Error(`${layer.name} has no weights`);
  const random = drawWeights(shape, density, 0, layer.name);
  return density === 1 ? { ...random, store: toDense(random.store) } : random;
}

function executorOf(kernel: HostKernel, threads: number): Executor {
  return createEngine(kernel.name, kernel.name, firstThatPays([kernel]), { threads });
}

/** Each kernel on its own work, in turns. Nobody else's threads stand in the way, so no pause. */
async function compare<Name extends string>(
  kernels: Readonly<Record<Name, readonly [HostKernel, Work]>>,
  threads: number,
) {
  const entries = Object.entries<readonly [HostKernel, Work]>(kernels);
  const entrants = entries.map(([name, [kernel, work]]) => [
    name,
    { executor: executorOf(kernel, threads), work },
  ]);
  return race(
    Object.fromEntries(entrants) as Record<Name, { executor: Executor; work: Work }>,
    () => undefined,
    0,
  );
}

/** VGG-16's 3×3 layers, those of the same shape once. */
function vggLayers(): readonly Layer[] {
  const layers = vgg16.network.layers.filter((layer) => winogradRefusal(layer) === null);
  const keys = layers.map((layer) => JSON.stringify(layer.demand));
  return layers.filter((_, at) => keys.indexOf(keys[at] as string) === at);
}

const totalOf = (timings: readonly (Timing | undefined)[]): Timing => ({
  engine: timings[0]?.engine ?? '',
  milliseconds: timings.reduce((sum, timing) => sum + (timing?.milliseconds ?? Number.NaN), 0),
});

export async function dense(): Promise<readonly BenchRow[]> {
  const results = [];
  for (const threads of THREADS) {
    const layers: (Timings<'direct' | 'f2' | 'f4'> & { readonly name: string })[] = [];
    for (const layer of vggLayers()) {
      const work = workOf(layer, randomWeights(layer, 1));
      const kernels = { direct: denseConvolution, f2: createWinograd(2), f4: createWinograd(4) };
      const timings = await compare(
        { direct: [kernels.direct, work], f2: [kernels.f2, work], f4: [kernels.f4, work] },
        threads,
      );
      layers.push({ name: layer.name, ...timings });
    }
    const [direct, f2, f4] = (['direct', 'f2', 'f4'] as const).map((name) =>
      totalOf(layers.map((one) => one[name])),
    );
    results.push({ threads, direct, f2, f4, layers });
  }
  const [one] = results;
  const texts = results.map(({ threads, direct, f2, f4, layers }) => {
    const each = layers
      .map((layer) => `${layer.name} ${speedup(layer.direct, layer.f4).toFixed(2)}`)
      .join(', ');
    const total = `direct ${milliseconds(direct)}, F(2×2) ${milliseconds(f2)}, F(4×4) ${milliseconds(f4)}`;
    return `${threadsOf(threads)}: ${total}, ${speedup(direct, f4).toFixed(2)}× (${each})`;
  });
  return [
    {
      name: 'winograd_f4_vs_direct',
      value: speedup(one?.direct, one?.f4),
      unit: 'ratio',
      better: 'higher',
      note: `VGG-16's 3×3 layers, each shape once, dense; ${texts.join('; ')}`,
    },
  ];
}

/**
 * At each density: direct sparse with as many weights left, the transforms pruned to it, and those
 * that are dense.
 */
export async function sparse(): Promise<readonly BenchRow[]> {
  const layer = vggLayers().find(({ name }) => name === 'conv3_2');
  if (!layer) throw new Error('VGG-16 has no conv3_2');
  const whole = workOf(layer, randomWeights(layer, 1));
  const results: (Timings<'f4' | 'fft' | 'sparseF4' | 'sparseFft' | 'direct'> & Setting)[] = [];
  for (const threads of THREADS) {
    for (const density of DENSITIES) {
      const timings = await compare(
        {
          f4: [createWinograd(4), whole],
          fft: [createFft(16), whole],
          sparseF4: [createSparseWinograd(4, density), whole],
          sparseFft: [createSparseFft(16, density), whole],
          direct: [sparseConvolution, workOf(layer, randomWeights(layer, density))],
        },
        threads,
      );
      results.push({ threads, density, ...timings });
    }
  }
  const row = (
    name: string,
    what: string,
    pruned: 'sparseF4' | 'sparseFft',
    parent: 'f4' | 'fft',
  ): BenchRow => {
    const texts = results.map((one) => {
      const ratio = (other: Timing | undefined) =>
        `${milliseconds(other)} ${speedup(other, one[pruned]).toFixed(2)}×`;
      const parents = `dense ${what} ${ratio(one[parent])}, direct sparse ${ratio(one.direct)}`;
      return `${threadsOf(one.threads)}, ${100 * one.density} %: ${milliseconds(one[pruned])} against ${parents}`;
    });
    const [first] = results;
    const note = `conv3_2 of VGG-16, ${what}, that share of the transformed weights left; ${texts.join('; ')}`;
    return {
      name,
      value: speedup(first?.[parent], first?.[pruned]),
      unit: 'ratio',
      better: 'higher',
      note,
    };
  };
  return [
    row('winograd_sparse_vs_dense_winograd', 'F(4×4)', 'sparseF4', 'f4'),
    row('fft_sparse_vs_dense_fft', 'FFT of 16', 'sparseFft', 'fft'),
  ];
}

/** Fully connected 9216 × 4096 as AlexNet's fc6, and how far off each precision is. */
export async function lowPrecision(): Promise<readonly BenchRow[]> {
  const [layer] = buildNetwork({
    ...{ name: 'fc6', title: 'fc6', input: [9216], source: { work: 'drawn', at: 'fc6' } },
    layers: [{ kind: 'dense', name: 'fc6', outputs: 4096, bias: true, activation: 'none' }],
  }).layers;
  if (!layer) throw new Error('a network without layers');
  const row = await lowPrecisionRow('binary_fc_vs_dense', layer, denseColumns, lowPrecisionKernels);
  return [{ ...row, note: `9216×4096, ${row.note}` }];
}

export async function lowPrecisionConvolution(): Promise<readonly BenchRow[]> {
  const layer = vggLayers().find(({ name }) => name === 'conv3_2');
  if (!layer) throw new Error('VGG-16 has no conv3_2');
  const kernels = { binary: binaryConvolution, ternary: ternaryConvolution, int8: int8Convolution };
  const row = await lowPrecisionRow(
    'binary_convolution_vs_dense',
    layer,
    denseConvolution,
    kernels,
  );
  return [{ ...row, note: `conv3_2 of VGG-16, ${row.note}` }];
}

/** A dense layer in float, with zero activations and without, and in fewer bits. */
async function lowPrecisionRow(
  name: string,
  layer: Layer,
  float: HostKernel,
  kernels: typeof lowPrecisionKernels,
): Promise<BenchRow> {
  const weights = randomWeights(layer, 1);
  const work = workOf(layer, weights);
  const names = ['binary', 'ternary', 'int8'] as const;
  const exact = await outputOf(float, work);
  const errors: number[] = [];
  for (const precision of names)
    errors.push(distance(await outputOf(kernels[precision], work), exact));
  const results = [];
  for (const threads of THREADS) {
    const timings = await compare(
      {
        float: [float, work],
        everyOne: [float, workOf(layer, weights, 1)],
        ...{
          binary: [kernels.binary, work],
          ternary: [kernels.ternary, work],
          int8: [kernels.int8, work],
        },
      },
      threads,
    );
    results.push({ threads, ...timings });
  }
  const texts = results.map(({ threads, float, everyOne, ...low }) => {
    const each = names.map(
      (one) => `${one} ${milliseconds(low[one])} ${speedup(float, low[one]).toFixed(2)}×`,
    );
    const whole = `${milliseconds(float)} (${milliseconds(everyOne)} where no activation is zero)`;
    return `${threadsOf(threads)}: float ${whole}, ${each.join(', ')}`;
  });
  const off = names
    .map((one, at) => `${one} ${(100 * (errors[at] ?? Number.NaN)).toFixed(1)} %`)
    .join(', ');
  return {
    ...{
      name,
      value: speedup(results[0]?.float, results[0]?.binary),
      unit: 'ratio',
      better: 'higher',
    },
    note: `batch 1, 35 % of activations, weights drawn as a Gaussian; ${texts.join('; ')}; output off by ${off}`,
  };
}

async function outputOf(kernel: HostKernel, { model, input }: Work): Promise<Float32Array> {
  const network = await executorOf(kernel, 1).load(model);
  const { output } = await network.run(input, 1);
  network.dispose();
  return output;
}

/** ‖a − b‖ / ‖b‖. */
function distance(a: Float32Array, b: Float32Array): number {
  const squares = (values: Float32Array) => values.reduce((sum, value) => sum + value * value, 0);
  return Math.sqrt(squares(a.map((value, at) => value - (b[at] as number))) / squares(b));
}

function threadsOf(threads: number): string {
  return `${threads} thread${threads === 1 ? '' : 's'}`;
}
