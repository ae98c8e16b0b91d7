// EIE (Han et al., ISCA 2016), Table III and Table IV, rows Core i7-5930K; Deep Compression (Han et al., ICLR 2016), Table 9.

import { readFileSync } from 'node:fs';
import type { Preset } from '../../../hw-models/contract.js';
import type { CpuConfig } from '../../../hw-models/cpu/config.js';
import { cpu } from '../../../hw-models/cpu/index.js';
import { readPreset } from '../../../hw-models/preset.js';
import { publishedTables } from '../../../sim/validate/tables.node.js';
import type { Layer, LayerTask } from '../../../workloads/network.js';
import type { CsrMatrix } from '../../../workloads/weights/store.js';

interface BenchmarkLayer {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly weightPercent: number;
}

export const benchmarkLayers: readonly BenchmarkLayer[] = publishedTables('eie-benchmark').map((row) => ({
  name: row.layer ?? '',
  inputs: Number(row.inputs),
  outputs: Number(row.outputs),
  weightPercent: Number(row.weight_density_pct),
}));

export interface PublishedRow {
  readonly kernel: 'dense' | 'sparse';
  readonly batch: number;
  /** Microseconds a frame, in the order of `benchmarkLayers`. */
  readonly microseconds: readonly number[];
  /** Watts of the first six layers; the NeuralTalk layers were not published. */
  readonly watts: readonly number[];
}

function publishedRow(kernel: PublishedRow['kernel'], batch: number): PublishedRow {
  const valuesOf = (table: string) => {
    const row = publishedTables(table).find(
      (one) => one.platform === 'i7-5930k' && one.kernel === kernel && Number(one.batch) === batch,
    );
    return benchmarkLayers.flatMap(({ name }) => (row?.[name] ? [Number(row[name])] : []));
  };
  return { kernel, batch, microseconds: valuesOf('eie-wallclock-us'), watts: valuesOf('baseline-power-w') };
}

export const publishedRows: readonly PublishedRow[] = [
  publishedRow('dense', 1),
  publishedRow('sparse', 1),
  publishedRow('dense', 64),
  publishedRow('sparse', 64),
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
