// A network made ready for training: what constants alone decide is computed once, and a split into
// parts is a slice for each part, so that every layer has one result.

import { invariant } from '../base/errors.js';
import { placeLayer } from '../graph.js';
import { forwardLayer, type Layer, type Network, weightShapeOf } from '../network.js';
import type { LayerSpec } from '../spec.js';
import type { Tensor, TensorType } from '../tensor.js';

export interface Lowered {
  /** Layers that depend on the network's inputs, each with one result. */
  readonly layers: readonly Layer[];
  /** Tensors that never change and that some layer reads, by name. */
  readonly constants: ReadonlyMap<string, Tensor>;
}

export function lowered({ name: network, layers, constants, inputs }: Network): Lowered {
  const known = new Map<string, Tensor>(constants);
  const types = new Map<string, TensorType>([
    ...inputs.map((input): [string, TensorType] => [input.name, input]),
    ...constants,
  ]);
  const kept: Layer[] = [];
  for (const layer of layers) {
    for (const result of layer.results) types.set(result.name, result);
    const isConstant =
      !weightShapeOf(layer) && layer.inputs.every((input) => input === '' || known.has(input));
    if (isConstant) {
      const values = layer.inputs.map((input) => known.get(input) ?? null);
      forwardLayer(layer, null, values).forEach((tensor, at) => {
        known.set(layer.results[at]?.name as string, tensor);
      });
    } else if (layer.kind === 'split') {
      kept.push(...slicesOf(layer, types, network));
    } else {
      kept.push(layer);
    }
  }
  const read = new Set(kept.flatMap((layer) => layer.inputs));
  return {
    layers: kept,
    constants: new Map([...known].filter(([constant]) => read.has(constant))),
  };
}

function slicesOf(
  layer: Extract<Layer, { kind: 'split' }>,
  types: ReadonlyMap<string, TensorType>,
  network: string,
): readonly Layer[] {
  let from = 0;
  return layer.sizes.map((size, part) => {
    const result = layer.results[part];
    invariant(result !== undefined, () => `layer ${layer.name} has no part ${part}`);
    const slice: LayerSpec & { readonly inputs: readonly string[] } = {
      ...{ kind: 'slice', name: result.name, inputs: layer.inputs },
      ...{ starts: [from], ends: [from + size], axes: [layer.axis], steps: [1] },
    };
    from += size;
    return placeLayer(slice, types, network);
  });
}
