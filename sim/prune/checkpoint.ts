// A pipeline's state as bytes and back, exactly: safetensors for the arrays, JSON for the rest.

import { InputError, invariant } from '../../workloads/base/errors.js';
import {
  floats,
  readSafetensors,
  type StoredTensor,
  toFloats,
  toWholes,
  wholes8,
  wholes16,
  writeSafetensors,
} from '../../workloads/import/safetensors.js';
import type { LayerValues, NetworkValues } from '../../workloads/train/network.js';
import type { Binding, LayerParameters, Parameters } from '../../workloads/train/parameters.js';
import type { LabState } from './state.js';

const FORMAT = 1;

/** What a checkpoint holds besides the state: whatever says which run it belongs to. */
export interface Checkpoint<Request> {
  readonly request: Request;
  readonly state: LabState;
}

/** Everything of a state that is not an array of numbers. */
type Rest = Omit<LabState, 'parameters' | 'velocities' | 'marks'> & {
  readonly marks: readonly string[];
  readonly training: boolean;
  readonly layers: readonly LayerRest[];
};

/** Which layers there are, in order; `network` is '' for the one under work, else a mark. */
interface LayerRest {
  readonly network: string;
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
  readonly binding: Binding['kind'];
  /** Of Winograd's domain. */
  readonly tile: number | null;
}

export function writeCheckpoint<Request>({ request, state }: Checkpoint<Request>): Uint8Array {
  const { parameters, velocities, marks, ...others } = state;
  const tensors = new Map<string, StoredTensor>();
  const layers: LayerRest[] = [];
  for (const [network, own] of [['', parameters] as const, ...marks]) {
    for (const [name, layer] of own) {
      const { rows, columns, binding } = layer;
      const tile = binding.kind === 'winograd' ? binding.tile : null;
      layers.push({ network, name, rows, columns, binding: binding.kind, tile });
      addLayer(tensors, `${network}/${name}`, layer);
    }
  }
  for (const [name, values] of velocities ?? []) addValues(tensors, `velocity/${name}`, values);
  const rest: Rest = { ...others, marks: [...marks.keys()], training: velocities !== null, layers };
  const metadata = { checkpoint: JSON.stringify({ format: FORMAT, request, rest }) };
  return writeSafetensors({ metadata, tensors });
}

/** @throws InputError, one line, for a damaged file or one of another program. */
export function readCheckpoint<Request>(bytes: Uint8Array, file: string): Checkpoint<Request> {
  const { metadata, tensors } = readSafetensors(bytes, file);
  const { format, request, rest } = parse<Request>(metadata.checkpoint, file);
  if (format !== FORMAT) {
    throw new InputError(`${file}: found a checkpoint of format ${format}, expected ${FORMAT}`);
  }
  const tensor = (name: string): StoredTensor => {
    const found = tensors.get(name);
    if (!found) throw new InputError(`${file}: found no tensor ${name}, expected a whole checkpoint`);
    return found;
  };
  const values = (name: string): LayerValues => ({
    weights: toFloats(tensor(`${name}/weights`)),
    bias: tensors.has(`${name}/bias`) ? toFloats(tensor(`${name}/bias`)) : null,
  });
  const networkOf = (network: string): Parameters =>
    new Map(
      rest.layers
        .filter((layer) => layer.network === network)
        .map(({ name, rows, columns, binding, tile }): readonly [string, LayerParameters] => {
          const prefix = `${network}/${name}`;
          const mask = tensors.has(`${prefix}/mask`) ? Uint8Array.from(tensor(`${prefix}/mask`).bytes) : null;
          return [name, { rows, columns, ...values(prefix), mask, binding: bindingOf(binding, tile, prefix, tensor) }];
        }),
    );
  const parameters = networkOf('');
  const velocities: NetworkValues | null = rest.training
    ? new Map([...parameters.keys()].map((name) => [name, values(`velocity/${name}`)]))
    : null;
  const marks = new Map(rest.marks.map((name) => [name, networkOf(name)]));
  const { stage, unit, steps, curves, tests } = rest;
  return { request, state: { stage, unit, parameters, velocities, marks, steps, curves, tests } };
}

function parse<Request>(text: string | undefined, file: string) {
  try {
    return JSON.parse(text ?? '') as { readonly format: number; readonly request: Request; readonly rest: Rest };
  } catch {
    throw new InputError(`${file}: found no checkpoint's header, expected a file that 'zeroskip prune' wrote`);
  }
}

function addLayer(tensors: Map<string, StoredTensor>, prefix: string, layer: LayerParameters): void {
  addValues(tensors, prefix, layer);
  if (layer.mask) tensors.set(`${prefix}/mask`, wholes8(layer.mask));
  if (layer.binding.kind === 'shared') {
    tensors.set(`${prefix}/centroids`, floats(layer.binding.centroids));
    tensors.set(`${prefix}/codes`, wholes16(layer.binding.codes));
  }
}

function addValues(tensors: Map<string, StoredTensor>, prefix: string, { weights, bias }: LayerValues): void {
  tensors.set(`${prefix}/weights`, floats(weights));
  if (bias) tensors.set(`${prefix}/bias`, floats(bias));
}

function bindingOf(
  kind: Binding['kind'],
  tile: number | null,
  prefix: string,
  tensor: (name: string) => StoredTensor,
): Binding {
  if (kind === 'winograd') {
    invariant(tile !== null, () => `${prefix}: a Winograd domain without tiles`);
    return { kind, tile };
  }
  if (kind !== 'shared') return { kind };
  return {
    kind,
    centroids: toFloats(tensor(`${prefix}/centroids`)),
    codes: Uint16Array.from(toWholes(tensor(`${prefix}/codes`))),
  };
}
