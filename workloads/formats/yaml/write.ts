// A network's weights as tensors named as PyTorch names them, and its layers as the YAML that reads
// them back.

import { stringify } from 'yaml';
import type { Model } from '../../model.js';
import {
  type Layer,
  type LayerWeights,
  type Network,
  type Tensor,
  weightShapeOf,
} from '../../network.js';
import type { ElementType } from '../../tensor.js';
import { toDense } from '../../weights/store.js';
import { bytesOf } from '../bytes.js';
import { floats, type StoredTensor, writeSafetensors } from '../safetensors.js';
import { written } from './attributes.js';

/**
 * LAYER.weight in the shape of the layer's filters or matrix, LAYER.bias where there is one; zeros
 * are stored. Constants have their own names.
 */
export function writeTensors({ network, weights }: Model): Uint8Array {
  const names = tensorNames(network);
  const tensors = new Map<string, StoredTensor>();
  for (const layer of network.layers) {
    const own = weights.get(layer.name);
    const named = names.get(layer.name);
    if (!own || !named) continue;
    tensors.set(named.weight, floats(toDense(own.store).values, weightExtents(layer, own)));
    if (own.bias) tensors.set(named.bias, floats(own.bias));
  }
  for (const [name, tensor] of network.constants) tensors.set(name, storedTensor(tensor));
  return writeSafetensors({ metadata: { format: 'pt', network: network.name }, tensors });
}

interface TensorNames {
  readonly weight: string;
  readonly bias: string;
}

/** Names of layers' own tensors, none of them a constant's. */
function tensorNames({
  layers,
  constants,
}: Pick<Network, 'layers' | 'constants'>): ReadonlyMap<string, TensorNames> {
  const taken = new Set(constants.keys());
  const free = (name: string) => {
    let unique = name;
    for (let copy = 2; taken.has(unique); copy++) unique = `${name}_${copy}`;
    taken.add(unique);
    return unique;
  };
  const weighted = layers.filter((layer) => weightShapeOf(layer));
  return new Map(
    weighted.map(({ name }) => [
      name,
      { weight: free(`${name}.weight`), bias: free(`${name}.bias`) },
    ]),
  );
}

const storedTypes: { readonly [Type in ElementType]: StoredTensor['type'] } = {
  ...{ float32: 'F32', float64: 'F64', float16: 'F16', bfloat16: 'BF16', bool: 'BOOL' },
  ...{ int4: 'I8', int8: 'I8', int16: 'I16', int32: 'I32', int64: 'I64' },
  ...{ uint4: 'U8', uint8: 'U8', uint16: 'U16', uint32: 'U32', uint64: 'I64' },
};

function storedTensor({ shape, type, values }: Tensor): StoredTensor {
  return { type: storedTypes[type], shape, bytes: bytesOf(type, values) };
}

/** [filters, channels of a group, taps …], or [outputs, inputs]. */
export function weightExtents(
  layer: Layer,
  { store }: { readonly store: Pick<LayerWeights['store'], 'rows' | 'columns'> },
): readonly number[] {
  if (layer.kind !== 'conv2d' && layer.kind !== 'conv-nd') return [store.rows, store.columns];
  const channels = layer.inputTypes[0]?.shape[1] as number;
  return [layer.channels, channels / layer.groups, ...layer.kernel];
}

/** The layers of `network` in YAML, their weights in the safetensors file `weights` beside it. */
export function writeNetworkYaml(network: Network, weights: string): string {
  const { name, title, inputs, outputs, constants, layers } = network;
  const names = tensorNames(network);
  const listed = layers.map((layer) => ({
    ...{ name: layer.name, ...fields(layer), ...otherNames(layer, names), inputs: layer.inputs },
    ...(isPlainlyNamed(layer) ? {} : { results: layer.results.map((result) => result.name) }),
  }));
  const fixed = [...constants].map(([constant, { shape, type }]) => ({
    name: constant,
    shape,
    type,
  }));
  const text = {
    ...{ network: name, title, inputs, outputs, weights },
    ...(fixed.length > 0 ? { constants: fixed } : {}),
    layers: listed,
  };
  return stringify(text, { lineWidth: 0, collectionStyle: 'any', aliasDuplicateObjects: false });
}

function isPlainlyNamed({ name, results }: Layer): boolean {
  return results.every((result, at) => result.name === (at === 0 ? name : `${name}:${at}`));
}

/** Tensors that are not called what readers expect. */
function otherNames(
  layer: Layer,
  names: ReadonlyMap<string, TensorNames>,
): Readonly<Record<string, string>> {
  const named = names.get(layer.name);
  if (!named) return {};
  return {
    ...(named.weight === `${layer.name}.weight` ? {} : { weight: named.weight }),
    ...(named.bias === `${layer.name}.bias` ? {} : { biasName: named.bias }),
  };
}

function fields(layer: Layer): Readonly<Record<string, unknown>> {
  switch (layer.kind) {
    case 'pool2d': {
      if (layer.kernel === 'global') return { kind: `global-${layer.mode}-pool` };
      const { kernel, stride, pad, rounding, mode } = layer;
      const window = { kernel, stride, pad, ceil: rounding === 'ceil' };
      return {
        kind: `${mode}-pool`,
        ...window,
        ...(mode === 'average' ? { countsPadding: layer.countsPadding } : {}),
      };
    }
    case 'relu':
      return { kind: layer.activation };
    case 'softmax': {
      // Without an axis, readers take everything as one vector.
      const isVector = layer.axis === undefined && layer.inputTypes[0]?.shape.length === 2;
      return {
        kind: 'softmax',
        ...(isVector ? {} : { axis: layer.axis ?? 1 }),
        ...(layer.log ? { log: true } : {}),
      };
    }
    default: {
      const {
        name: _name,
        inputs: _inputs,
        inputTypes: _types,
        results: _results,
        demand: _demand,
        ...op
      } = layer;
      return written(op);
    }
  }
}
