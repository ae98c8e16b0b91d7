// A pipeline's state as bytes and back, exactly: safetensors for the arrays, JSON for the rest, and
// a digest over both, so that no bit of a damaged file is taken for a trained one.

import { createHash } from 'node:crypto';
import { faultsIn, faultText } from '../../hw-models/faults.js';
import { InputError } from '../../workloads/base/errors.js';
import {
  floats,
  readSafetensors,
  type StoredTensor,
  type TensorFile,
  toFloats,
  toWholes,
  wholes8,
  wholes16,
  writeSafetensors,
} from '../../workloads/formats/safetensors.js';
import { sizeOf } from '../../workloads/tensor.js';
import type { LayerValues, NetworkValues } from '../../workloads/train/network.js';
import type { OptimizerState } from '../../workloads/train/optimizer.js';
import type { Binding, LayerParameters, Parameters } from '../../workloads/train/parameters.js';
import { CheckpointHeader, FORMAT, type LayerHeader } from './checkpoint-header.js';
import type { LabState } from './state.js';

export interface Checkpoint {
  /** Tells the study that it belongs to. */
  readonly study: string;
  readonly seed: number;
  readonly state: LabState;
}

export function writeCheckpoint({ study, seed, state }: Checkpoint): Uint8Array {
  const { stage, unit, parameters, optimizer, marks, steps, curves, tests } = state;
  const tensors = new Map<string, StoredTensor>();
  const layers: LayerHeader[] = [];
  for (const [network, own] of [['', parameters] as const, ...marks]) {
    for (const [name, layer] of own) {
      const { rows, columns, binding } = layer;
      const tile = binding.kind === 'winograd' ? binding.tile : null;
      const { bits, group } = binding.kind === 'grouped' ? binding : { bits: null, group: null };
      layers.push({ network, name, rows, columns, binding: binding.kind, tile, bits, group });
      addLayer(tensors, `${network}/${name}`, layer);
    }
  }
  for (const [name, values] of optimizer?.velocities ?? [])
    addValues(tensors, `velocity/${name}`, values);
  for (const [name, values] of optimizer?.squares ?? [])
    addValues(tensors, `square/${name}`, values);
  const training = optimizer && {
    steps: optimizer.steps,
    squares: optimizer.squares !== null,
  };
  const header = {
    ...{ format: FORMAT, study, seed, stage, unit },
    ...{ marks: [...marks.keys()], training, layers, steps, curves, tests },
  };
  return sealCheckpoint(JSON.stringify(CheckpointHeader.parse(header)), tensors);
}

/** The file of a header and its arrays, with their digest. */
export function sealCheckpoint(header: string, tensors: TensorFile['tensors']): Uint8Array {
  return writeSafetensors({
    metadata: { checkpoint: header, sha256: digestOf(header, tensors) },
    tensors,
  });
}

function digestOf(header: string, tensors: TensorFile['tensors']): string {
  const bytes = writeSafetensors({ metadata: { checkpoint: header }, tensors });
  return createHash('sha256').update(bytes).digest('hex');
}

/** @throws InputError, one line, for a damaged file or one of another program. */
export function readCheckpoint(bytes: Uint8Array, file: string): Checkpoint {
  const { metadata, tensors } = readSafetensors(bytes, file);
  const { checkpoint = '', sha256 } = metadata;
  const header = headerOf(checkpoint, file);
  if (sha256 !== digestOf(checkpoint, tensors)) {
    throw new InputError(
      `${file}: found bytes that are not those its SHA-256 is of, expected a whole checkpoint`,
    );
  }
  const { study, seed, stage, unit, layers, training, steps, curves, tests } = header;
  const arrays = { tensors, file };
  const networkOf = (network: string): Parameters =>
    new Map(
      layers
        .filter((layer) => layer.network === network)
        .map((layer) => [layer.name, layerOf(layer, arrays)]),
    );
  const parameters = networkOf('');
  const moments = (prefix: string): NetworkValues =>
    new Map(
      [...parameters].map(([name, layer]) => [name, momentsOf(`${prefix}/${name}`, layer, arrays)]),
    );
  const optimizer: OptimizerState | null = training && {
    velocities: moments('velocity'),
    squares: training.squares ? moments('square') : null,
    steps: training.steps,
  };
  const marks = new Map(header.marks.map((name) => [name, networkOf(name)]));
  return {
    study,
    seed,
    state: { stage, unit, parameters, optimizer, marks, steps, curves, tests },
  };
}

function headerOf(text: string, file: string): CheckpointHeader {
  const expected = "expected a file that 'zeroskip prune' wrote";
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new InputError(`${file}: found no checkpoint's header, ${expected}`);
  }
  const parsed = CheckpointHeader.safeParse(json);
  if (parsed.success) return parsed.data;
  const [fault = { path: [], text: `found another header, ${expected}` }] = faultsIn(
    parsed.error,
    json,
    CheckpointHeader,
  );
  throw new InputError(`${file}: header: ${faultText(fault).slice(0, 200)}`);
}

interface Arrays {
  readonly tensors: TensorFile['tensors'];
  readonly file: string;
}

function layerOf(
  { network, name, rows, columns, binding, tile, bits, group }: LayerHeader,
  arrays: Arrays,
): LayerParameters {
  const prefix = `${network}/${name}`;
  const count = rows * columns;
  const optional = (tensor: string) => arrays.tensors.has(tensor);
  const bound = (): Binding => {
    if (binding === 'winograd') return { kind: binding, tile: tile as number };
    if (binding === 'grouped')
      return { kind: binding, bits: bits as number, group: group as number };
    if (binding !== 'shared') return { kind: binding };
    const centroids = finite(`${prefix}/centroids`, null, arrays);
    return {
      kind: binding,
      centroids,
      codes: Uint16Array.from(wholes(`${prefix}/codes`, 'U16', count, centroids.length, arrays)),
    };
  };
  return {
    ...{ rows, columns },
    weights: finite(`${prefix}/weights`, count, arrays),
    bias: optional(`${prefix}/bias`) ? finite(`${prefix}/bias`, null, arrays) : null,
    mask: optional(`${prefix}/mask`)
      ? Uint8Array.from(wholes(`${prefix}/mask`, 'U8', count, 2, arrays))
      : null,
    binding: bound(),
  };
}

/** Of shared weights it is the centroids that move. */
function momentsOf(
  prefix: string,
  { weights, bias, binding }: LayerParameters,
  arrays: Arrays,
): LayerValues {
  const moving = binding.kind === 'shared' ? binding.centroids : weights;
  return {
    weights: finite(`${prefix}/weights`, moving.length, arrays),
    bias: bias && finite(`${prefix}/bias`, bias.length, arrays),
  };
}

/** `count` finite numbers, or as many as there are. */
function finite(name: string, count: number | null, arrays: Arrays): Float32Array {
  const values = toFloats(tensorOf(name, 'F32', count, arrays));
  const odd = values.find((value) => !Number.isFinite(value));
  if (odd !== undefined) throw fault(arrays, name, `${odd}`, 'finite numbers');
  return values;
}

/** `count` whole numbers, each below `beyond`. */
function wholes(
  name: string,
  type: 'U8' | 'U16',
  count: number,
  beyond: number,
  arrays: Arrays,
): Uint32Array {
  const values = toWholes(tensorOf(name, type, count, arrays));
  const odd = values.find((value) => value >= beyond);
  if (odd !== undefined) throw fault(arrays, name, `${odd}`, `numbers below ${beyond}`);
  return values;
}

function tensorOf(
  name: string,
  type: StoredTensor['type'],
  count: number | null,
  arrays: Arrays,
): StoredTensor {
  const tensor = arrays.tensors.get(name);
  if (!tensor) throw fault(arrays, name, 'none', 'a whole checkpoint');
  const size = sizeOf(tensor.shape);
  if (tensor.type === type && size === (count ?? size)) return tensor;
  throw fault(arrays, name, `${size} of ${tensor.type}`, `${count ?? 'numbers'} of ${type}`);
}

function fault({ file }: Arrays, name: string, found: string, expected: string): InputError {
  return new InputError(
    `${file}: tensor ${name.slice(0, 80)}: found ${found}, expected ${expected}`,
  );
}

function addLayer(
  tensors: Map<string, StoredTensor>,
  prefix: string,
  layer: LayerParameters,
): void {
  addValues(tensors, prefix, layer);
  if (layer.mask) tensors.set(`${prefix}/mask`, wholes8(layer.mask));
  if (layer.binding.kind === 'shared') {
    tensors.set(`${prefix}/centroids`, floats(layer.binding.centroids));
    tensors.set(`${prefix}/codes`, wholes16(layer.binding.codes));
  }
}

function addValues(
  tensors: Map<string, StoredTensor>,
  prefix: string,
  { weights, bias }: LayerValues,
): void {
  tensors.set(`${prefix}/weights`, floats(weights));
  if (bias) tensors.set(`${prefix}/bias`, floats(bias));
}
