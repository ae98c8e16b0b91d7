// A network's own inputs, drawn: activations at a density, or whole numbers that what reads them
// can take.

import { createRandom } from './base/random.js';
import type { Activations, NamedTensor, Network, Origin, Tensor, Values } from './network.js';
import { elementTypes, sizeOf } from './tensor.js';
import { countNonzeros } from './weights/store.js';
import { drawActivations } from './weights/synthetic.js';

/** A tensor as a layer meets it. */
export function meets({ values }: Pick<Tensor, 'values'>, origin: Origin): Activations {
  const floats = values instanceof Float32Array ? values : Float32Array.from(values);
  return {
    values: floats,
    density: floats.length === 0 ? 0 : countNonzeros(floats) / floats.length,
    origin,
  };
}

/**
 * One frame of an input. Numbers that are looked up in a table fit it; other whole numbers and
 * masks are 1.
 */
export function drawInput(
  network: Network,
  input: NamedTensor,
  density: number,
  seed: number,
): Activations {
  const { name, shape, type } = input;
  if (elementTypes[type].isFloat)
    return drawActivations(sizeOf(shape), density, seed, `${network.name}/${name}`);
  const entries = tableBehind(network, name);
  const random = createRandom(seed, `${network.name}/${name}/activations`);
  const draw = () => (entries === null ? 1 : random.below(entries));
  return meets({ values: Float32Array.from({ length: sizeOf(shape) }, draw) }, 'synthetic');
}

/**
 * How many rows the smallest table has in which the tensor's values are looked up; null where none
 * are.
 */
function tableBehind(network: Network, tensor: string): number | null {
  let min: number | null = null;
  const take = (entries: number) => {
    min = min === null ? entries : Math.min(min, entries);
  };
  const known = new Set([tensor]);
  for (const layer of network.layers) {
    const at = layer.inputs.findIndex((name) => known.has(name));
    if (at < 0) continue;
    const { demand } = layer;
    if (demand?.kind === 'embedding') take(demand.entries);
    else if (layer.kind === 'gather' && at === 1) take(layer.inputTypes[0]?.shape[layer.axis] ?? 1);
    else if (demand === null || demand.kind === 'move' || layer.kind === 'cast') {
      for (const { name } of layer.results) known.add(name);
    }
  }
  return min;
}

/** Values of an element type that hold the same numbers. */
export function asType(values: Float32Array, type: NamedTensor['type']): Values {
  const made = elementTypes[type].room(values.length);
  made.set(values);
  return made;
}
