// What transforms and low precision buy on one thread here, kernel against kernel of the same engine, in turns: Winograd
// on VGG-16's 3×3 layers, dense and pruned in the transform domain, and low-precision fully connected layers.

import { median } from 'simple-statistics';
import { denseColumns } from '../../hw-models/host/engine/connected.js';
import { denseConvolution, sparseConvolution } from '../../hw-models/host/engine/convolution.js';
import type { HostKernel } from '../../hw-models/host/engine/kernel.js';
import { lowPrecisionKernels } from '../../hw-models/host/engine/lowprecision.js';
import { createSparseWinograd, createWinograd, winogradRefusal } from '../../hw-models/host/engine/winograd.js';
import { weightShapeOf } from '../../workloads/layers/index.js';
import type { Layer, LayerWeights } from '../../workloads/network.js';
import { toDense } from '../../workloads/weights/store.js';
import { drawActivations, drawWeights } from '../../workloads/weights/synthetic.js';
import { vgg16 } from '../../workloads/zoo/vgg-16.js';
import { type LoadedKernel, loadKernel } from '../hw-models/host/run-kernel.js';
import type { BenchRow } from './row.js';

const WARM_UP = 3;
const RUNS = 7;
const DENSITIES = [0.1, 0.2, 0.33];
const ACTIVATIONS = 0.35;

export async function bench(): Promise<readonly BenchRow[]> {
  const layers = distinct(vgg16.network.layers.filter((layer) => winogradRefusal(layer) === null));
  const dense = layers.map((layer) => winogradAgainstDirect(layer));
  const [middle] = layers.filter((layer) => layer.name === 'conv4_2');
  if (!middle) throw new Error('VGG-16 has no conv4_2');
  return [f4Row(dense), sparseRow(middle), connectedRow()];
}

/** Layers that differ in shape, with how often each shape comes. */
function distinct(layers: readonly Layer[]): readonly Layer[] {
  const keys = layers.map((layer) => JSON.stringify([layer.inputShapes, layer.output]));
  return layers.filter((_, at) => keys.indexOf(keys[at] as string) === at);
}

/** Median milliseconds of each, one after the other in turns. */
function inTurns(candidates: readonly LoadedKernel[]): readonly number[] {
  const milliseconds = candidates.map((): number[] => []);
  for (let run = 0; run < WARM_UP + RUNS; run++) {
    candidates.forEach((candidate, at) => {
      const start = performance.now();
      candidate.repeat();
      if (run >= WARM_UP) milliseconds[at]?.push(performance.now() - start);
    });
  }
  return milliseconds.map(median);
}

/** The kernels ready for one layer, its activations in place. */
function load(kernels: readonly HostKernel[], layer: Layer, weights: LayerWeights): readonly LoadedKernel[] {
  const size = (layer.inputShapes[0] ?? [0]).reduce((product: number, extent) => product * extent, 1);
  const input = drawActivations(size, ACTIVATIONS, 0, layer.name).values;
  return kernels.map((kernel) => {
    const loaded = loadKernel(kernel, layer, weights);
    loaded.run(input);
    return loaded;
  });
}

function drawnWeights(layer: Layer, density: number): LayerWeights {
  const shape = weightShapeOf(layer);
  if (!shape) throw new Error(`${layer.name} has no weights`);
  return drawWeights(shape, density, 0, layer.name);
}

interface Comparison {
  readonly name: string;
  readonly direct: number;
  readonly f2: number;
  readonly f4: number;
}

function winogradAgainstDirect(layer: Layer): Comparison {
  const drawn = drawnWeights(layer, 1);
  const weights = { ...drawn, store: toDense(drawn.store) };
  const [direct, f2, f4] = inTurns(load([denseConvolution, createWinograd(2), createWinograd(4)], layer, weights));
  return { name: layer.name, direct: direct as number, f2: f2 as number, f4: f4 as number };
}

function f4Row(layers: readonly Comparison[]): BenchRow {
  const total = (pick: (layer: Comparison) => number) => layers.reduce((sum, layer) => sum + pick(layer), 0);
  const [direct, f2, f4] = [total((one) => one.direct), total((one) => one.f2), total((one) => one.f4)];
  const each = layers.map((one) => `${one.name} ${(one.direct / one.f4).toFixed(2)}`).join(', ');
  return {
    name: 'winograd_f4_vs_direct',
    value: direct / f4,
    unit: 'ratio',
    better: 'higher',
    note: `VGG-16's 3×3 layers, each shape once, dense, 1 thread: direct ${ms(direct)}, F(2×2) ${ms(f2)}, F(4×4) ${ms(f4)}; ${each}`,
  };
}

/** At each density: direct sparse with as many weights left, F(4×4) pruned to it, and dense F(4×4). */
function sparseRow(layer: Layer): BenchRow {
  const whole = drawnWeights(layer, 1);
  const dense = { ...whole, store: toDense(whole.store) };
  const rows = DENSITIES.map((density) => {
    const [f4, sparse] = load([createWinograd(4), createSparseWinograd(4, density)], layer, dense);
    const [direct] = load([sparseConvolution], layer, drawnWeights(layer, density));
    return { density, milliseconds: inTurns([f4, sparse, direct] as LoadedKernel[]) };
  });
  const texts = rows.map(({ density, milliseconds: [f4, sparse, direct] }) => {
    return `${100 * density} %: ${ms(sparse as number)} against dense F(4×4) ${ms(f4 as number)} and direct sparse ${ms(direct as number)}`;
  });
  const [first] = rows;
  const [f4, sparse] = first?.milliseconds ?? [];
  return {
    name: 'winograd_sparse_vs_dense_winograd',
    value: (f4 as number) / (sparse as number),
    unit: 'ratio',
    better: 'higher',
    note: `${layer.name} of VGG-16, F(4×4) with 10 % of the transformed weights left; ${texts.join('; ')}`,
  };
}

/** Fully connected 9216 × 4096 as AlexNet's fc6, and how far off each precision is. */
function connectedRow(): BenchRow {
  const layer: Layer = {
    ...{ kind: 'dense', outputs: 4096, bias: true, activation: 'none' },
    ...{ name: 'fc6', inputs: ['data'], inputShapes: [[9216]], output: [4096] },
  };
  const drawn = drawnWeights(layer, 1);
  const weights = { ...drawn, store: toDense(drawn.store) };
  const names = ['binary', 'ternary', 'int8'] as const;
  const kernels = [denseColumns, ...names.map((name) => lowPrecisionKernels[name])];
  const whole = drawActivations(9216, 1, 0, 'fc6').values;
  const loaded = load(kernels, layer, weights);
  const [rectified, everyOne] = [ACTIVATIONS, 1].map((density) => {
    const input = density === 1 ? whole : drawActivations(9216, density, 0, 'fc6').values;
    const outputs = loaded.map((kernel) => kernel.run(input));
    return { milliseconds: inTurns(loaded), errors: outputs.map((output) => distance(output, outputs[0] ?? output)) };
  });
  if (!rectified || !everyOne) throw new Error('two inputs were given');
  const texts = names.map((name, at) => {
    const error = `${(100 * (rectified.errors[at + 1] as number)).toFixed(1)} %`;
    return `${name} ${ms(rectified.milliseconds[at + 1] as number)} (output off by ${error})`;
  });
  const [dense, binary] = rectified.milliseconds;
  return {
    name: 'binary_fc_vs_dense',
    value: (dense as number) / (binary as number),
    unit: 'ratio',
    better: 'higher',
    note:
      `9216×4096, batch 1, 1 thread, 35 % of activations, weights drawn as a Gaussian: float ${ms(dense as number)} ` +
      `(skips zero activations; ${ms(everyOne.milliseconds[0] as number)} where none is zero), ${texts.join(', ')}`,
  };
}

/** ‖a − b‖ / ‖b‖. */
function distance(a: Float32Array, b: Float32Array): number {
  const squares = (values: Float32Array) => values.reduce((sum, value) => sum + value * value, 0);
  return Math.sqrt(squares(a.map((value, at) => value - (b[at] as number))) / squares(b));
}

function ms(milliseconds: number): string {
  return `${milliseconds.toFixed(milliseconds < 10 ? 2 : 0)} ms`;
}
