// The shipped presets of CPUs, and fully connected layers with evenly spread weights as tasks.

import { readdirSync, readFileSync } from 'node:fs';
import type { Preset } from '../../../hw-models/contract.js';
import type { CpuConfig } from '../../../hw-models/cpu/config.js';
import { cpu } from '../../../hw-models/cpu/index.js';
import { readPreset } from '../../../hw-models/preset.js';
import type { LayerTask } from '../../../workloads/network.js';
import type { CsrMatrix } from '../../../workloads/weights/store.js';

export function presetText(name: string): string {
  return readFileSync(
    new URL(`../../../hw-models/cpu/presets/${name}.yaml`, import.meta.url),
    'utf8',
  );
}

/** The names of all that are shipped. */
export const shippedPresets: readonly string[] = readdirSync(
  new URL('../../../hw-models/cpu/presets/', import.meta.url),
)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => file.slice(0, -'.yaml'.length));

export function cpuPreset(name: string): Preset<CpuConfig> {
  const findBase = (base: string) => ({ text: presetText(base), file: `${base}.yaml` });
  return readPreset(presetText(name), `${name}.yaml`, cpu, findBase);
}

/**
 * CSR with `nonzeros` entries spread evenly over the rows. The model reads their count and the row
 * pointers alone.
 */
export function evenCsr(rows: number, columns: number, nonzeros: number): CsrMatrix {
  const pointers = Uint32Array.from({ length: rows + 1 }, (_, row) =>
    Math.floor((row * nonzeros) / rows),
  );
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
  return {
    name,
    demand: {
      ...{
        kind: 'product',
        matrices: 1,
        rows: 1,
        depth: inputs,
        columns: outputs,
        right: 'weights',
      },
      ...{ bias: false, activation: 'none' },
    },
    weights: { store: evenCsr(outputs, inputs, nonzeros), bias: null, origin: 'synthetic' },
    input: { values: new Float32Array(inputs).fill(1), density: 1, origin: 'synthetic' },
    macs: { dense: inputs * outputs, keptWeights: nonzeros, effective: nonzeros },
    batch,
  };
}
