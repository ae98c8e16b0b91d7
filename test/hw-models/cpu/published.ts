// EIE (Han et al., ISCA 2016), Table III and Table IV, rows Core i7-5930K; Deep Compression (Han et al., ICLR 2016), Table 9.

import { readFileSync } from 'node:fs';
import type { Preset } from '../../../hw-models/contract.js';
import type { CpuConfig } from '../../../hw-models/cpu/config.js';
import { cpu } from '../../../hw-models/cpu/index.js';
import { readPreset } from '../../../hw-models/preset.js';
import type { Layer, LayerTask } from '../../../workloads/network.js';
import type { CsrMatrix } from '../../../workloads/weights/store.js';

interface BenchmarkLayer {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly weightPercent: number;
}

const layer = (name: string, inputs: number, outputs: number, weightPercent: number): BenchmarkLayer => ({
  name,
  inputs,
  outputs,
  weightPercent,
});

export const benchmarkLayers: readonly BenchmarkLayer[] = [
  layer('Alex-6', 9216, 4096, 9),
  layer('Alex-7', 4096, 4096, 9),
  layer('Alex-8', 4096, 1000, 25),
  layer('VGG-6', 25088, 4096, 4),
  layer('VGG-7', 4096, 4096, 4),
  layer('VGG-8', 4096, 1000, 23),
  layer('NT-We', 4096, 600, 10),
  layer('NT-Wd', 600, 8791, 11),
  layer('NT-LSTM', 1201, 2400, 10),
];

export interface PublishedRow {
  readonly kernel: 'dense' | 'sparse';
  readonly batch: 1 | 64;
  /** Microseconds a frame, in the order of `benchmarkLayers`. */
  readonly microseconds: readonly number[];
  /** Watts of the first six layers; the NeuralTalk layers were not published. */
  readonly watts: readonly number[];
}

export const publishedRows: readonly PublishedRow[] = [
  {
    kernel: 'dense',
    batch: 1,
    microseconds: [7516.2, 6187.1, 1134.9, 35022.8, 5372.8, 774.2, 605.0, 1361.4, 470.5],
    watts: [83.5, 72.8, 77.6, 70.6, 74.6, 77.0],
  },
  {
    kernel: 'sparse',
    batch: 1,
    microseconds: [3066.5, 1282.1, 890.5, 3774.3, 545.1, 777.3, 261.2, 437.4, 260.0],
    watts: [42.3, 37.4, 36.5, 38.0, 37.4, 36.0],
  },
  {
    kernel: 'dense',
    batch: 64,
    microseconds: [318.4, 188.9, 45.8, 1056.0, 188.3, 45.7, 28.7, 69.0, 28.8],
    watts: [85.4, 84.7, 101.6, 83.1, 97.1, 87.5],
  },
  {
    kernel: 'sparse',
    batch: 64,
    microseconds: [1417.6, 682.1, 407.7, 1780.3, 274.9, 363.1, 117.7, 176.4, 107.4],
    watts: [37.2, 37.1, 38, 39.5, 36.6, 38.2],
  },
];

export function presetText(name: string): string {
  return readFileSync(new URL(`../../../hw-models/cpu/presets/${name}.yaml`, import.meta.url), 'utf8');
}

export function cpuPreset(name: string): Preset<CpuConfig> {
  return readPreset(presetText(name), `${name}.yaml`, cpu);
}

/** CSR with `nonzeros` entries spread evenly over the rows. The model reads their count and the row pointers alone. */
export function evenCsr(rows: number, columns: number, nonzeros: number): CsrMatrix {
  const pointers = Uint32Array.from({ length: rows + 1 }, (_, row) => Math.floor((row * nonzeros) / rows));
  return {
    format: 'csr',
    rows,
    columns,
    pointers,
    indices: new Uint32Array(nonzeros),
    values: new Float32Array(nonzeros).fill(1),
  };
}

/** A fully connected layer without bias on inputs without zeros. */
export function denseLayerTask(
  name: string,
  inputs: number,
  outputs: number,
  density: number,
  batch: number,
): LayerTask {
  const nonzeros = Math.round(inputs * outputs * density);
  const layer: Layer = {
    kind: 'dense',
    name,
    outputs,
    bias: false,
    activation: 'none',
    inputs: ['data'],
    inputShapes: [[inputs]],
    output: [outputs],
  };
  return {
    layer,
    weights: { store: evenCsr(outputs, inputs, nonzeros), bias: null, origin: 'synthetic' },
    input: { values: new Float32Array(inputs).fill(1), density: 1, origin: 'synthetic' },
    macs: { dense: inputs * outputs, keptWeights: nonzeros, effective: nonzeros },
    batch,
  };
}

const stores = new Map<string, LayerTask>();

export function benchmarkTask({ name, inputs, outputs, weightPercent }: BenchmarkLayer, batch: number): LayerTask {
  const task = stores.get(name) ?? denseLayerTask(name, inputs, outputs, weightPercent / 100, 1);
  stores.set(name, task);
  return { ...task, batch };
}
