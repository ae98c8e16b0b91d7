// What was published about the two GPUs of EIE, and the nine benchmark layers as tasks.

import { readFileSync } from 'node:fs';
import type { Preset } from '../../../hw-models/contract.js';
import type { GpuConfig } from '../../../hw-models/gpu/config.js';
import { gpu } from '../../../hw-models/gpu/index.js';
import { readPreset } from '../../../hw-models/preset.js';
import { publishedTables } from '../../../sim/validate/tables.node.js';
import { buildNetwork } from '../../../workloads/graph.js';
import type { LayerTask } from '../../../workloads/network.js';
import { activations, taskOf } from '../../../workloads/tasks.js';
import { drawWeights } from '../../../workloads/weights/synthetic.js';

/** Every shipped preset of a GPU. */
export const presets = ['titan-x', 'tegra-k1', 'tesla-t4', 'a10g', 'h100-sxm'] as const;

/** Those of which there are published measurements. */
export const devices = ['titan-x', 'tegra-k1'] as const;
export type Device = (typeof devices)[number];

export function presetText(name: string): string {
  return readFileSync(new URL(`../../../hw-models/gpu/presets/${name}.yaml`, import.meta.url), 'utf8');
}

export function presetOf(name: string): Preset<GpuConfig> {
  return readPreset(presetText(name), `${name}.yaml`, gpu);
}

/** One of the nine layers, its weights drawn at the published density; the models of a GPU ignore activations. */
function benchmarkTask(row: Readonly<Record<string, string>>): LayerTask {
  const { layer: name = '' } = row;
  const [inputs, outputs] = [Number(row.inputs), Number(row.outputs)];
  const network = buildNetwork({
    name,
    title: name,
    input: [inputs],
    layers: [{ kind: 'dense', name, outputs, bias: false, activation: 'none' }],
    source: { work: 'Han et al., EIE, ISCA 2016', at: 'Table III' },
  });
  const shape = { rows: outputs, columns: inputs, biases: 0 };
  const weights = drawWeights(shape, Number(row.weight_density_pct) / 100, 0, name);
  const model = { network, weights: new Map([[name, weights]]), origin: weights.origin };
  return taskOf(
    model,
    network.layers[0] as LayerTask['layer'],
    activations(new Float32Array(inputs).fill(1), 'synthetic'),
    1,
  );
}

let tasks: ReadonlyMap<string, LayerTask> | undefined;

/** The nine layers of EIE's Table III by name, drawn once. */
export function benchmarkTasks(): ReadonlyMap<string, LayerTask> {
  tasks ??= new Map(publishedTables('eie-benchmark').map((row) => [row.layer ?? '', benchmarkTask(row)]));
  return tasks;
}

export interface Cell {
  readonly layer: string;
  readonly kernel: 'dense' | 'sparse';
  readonly batch: number;
  readonly published: number;
}

function cellsOf(table: string, device: Device): readonly Cell[] {
  return publishedTables(table)
    .filter(({ platform }) => platform === device)
    .flatMap(({ platform: _platform, kernel, batch, ...cells }) =>
      Object.entries(cells).map(([layer, value]) => ({
        layer,
        kernel: kernel === 'dense' ? ('dense' as const) : ('sparse' as const),
        batch: Number(batch),
        published: Number(value),
      })),
    );
}

/** EIE, Table IV: microseconds per frame. */
export const timesOf = (device: Device) => cellsOf('eie-wallclock-us', device);

/** Deep Compression, Table 9: watts. */
export const powersOf = (device: Device) => cellsOf('baseline-power-w', device);

/** The cells by kernel and batch, in the order of the table. */
export function rowsOf<Row extends Cell>(cells: readonly Row[]): readonly (readonly Row[])[] {
  return [1, 64].flatMap((batch) =>
    (['dense', 'sparse'] as const).map((kernel) =>
      cells.filter((cell) => cell.batch === batch && cell.kernel === kernel),
    ),
  );
}

export interface Modelled {
  readonly microseconds: number;
  readonly watts: number;
}

/** A cell's layer on a configuration, per frame. */
export function modelOf({ layer, kernel: name, batch }: Cell, config: GpuConfig): Modelled {
  const single = benchmarkTasks().get(layer) as LayerTask;
  const kernel = gpu.kernels.find((candidate) => candidate.name === name) as (typeof gpu.kernels)[number];
  const task = { ...single, batch };
  const residency = gpu.place?.([task], config)[0] ?? { resident: true, notes: [] };
  const { cycles, clockHz, joules } = kernel.cost(task, config, residency);
  const seconds = Object.values(cycles).reduce((total, part) => total + part, 0) / clockHz;
  const energy = Object.values(joules ?? {}).reduce((total, part) => total + part, 0);
  return { microseconds: (1e6 * seconds) / batch, watts: energy / seconds };
}

export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] as number) + (sorted[Math.ceil(middle)] as number)) / 2;
}

export function meanOf(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}

/** By how much the geometric mean of modelled over published is off. */
export function biasOf(errors: readonly number[]): number {
  return Math.expm1(meanOf(errors.map(Math.log1p)));
}
