// Layers that repeat: the blocks of a decoder, an encoder or a deep residual network.

import { type Layer, type Network, weightShapeOf } from './network.js';

/** `count` runs of `period` layers each, one behind the other from layer `first` on. */
export interface Blocks {
  readonly first: number;
  readonly period: number;
  readonly count: number;
}

/** All that a layer's cost depends on but its values: operator, attributes, types of tensors. */
export function layerKeyOf({ name: _name, inputs: _inputs, results, ...rest }: Layer): string {
  return JSON.stringify([rest, results.map(({ shape, type }) => [shape, type])]);
}

/**
 * The blocks that hold most of the network's layers with weights, of blocks with any; null where
 * none repeats. Blocks are alike where `keyOf` says so of each of their layers.
 */
export function blocksOf(
  { layers }: Pick<Network, 'layers'>,
  keyOf: (layer: Layer) => string = layerKeyOf,
): Blocks | null {
  const numbers = new Map<string, number>();
  const keys = layers.map((layer) => {
    const key = keyOf(layer);
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    return number;
  });
  const weighted = [0];
  for (const layer of layers)
    weighted.push((weighted.at(-1) as number) + (weightShapeOf(layer) ? 1 : 0));
  const weightedIn = (from: number, end: number) =>
    (weighted[end] as number) - (weighted[from] as number);
  let best: Blocks | null = null;
  let most = 0;
  for (let period = 1; 2 * period <= layers.length; period++) {
    for (let at = 0; at + period < keys.length; at++) {
      if (keys[at] !== keys[at + period]) continue;
      const first = at;
      while (at + period < keys.length && keys[at] === keys[at + period]) at++;
      const count = Math.floor((at - first) / period) + 1;
      const covered = weightedIn(first, first + count * period);
      // Of equal ones the shorter period comes first.
      if (count < 2 || covered <= most) continue;
      most = covered;
      best = { first, period, count };
    }
  }
  return best;
}

/** A network with some of its blocks left out, and which of its layers stands for which. */
export interface Shortened {
  readonly network: Network;
  readonly blocks: Blocks;
  /** Blocks that are left. */
  readonly kept: number;
  /** The layer that is left for each layer of the whole network, by name. */
  readonly standsIn: ReadonlyMap<string, string>;
}

/**
 * The network with its first `kept` blocks alone, what follows reading the last of them: a network
 * of the same kind with fewer blocks.
 */
export function shortened(network: Network, blocks: Blocks, kept: number): Shortened {
  const { first, period, count } = blocks;
  const { layers } = network;
  const [keptEnd, end] = [first + kept * period, first + count * period];
  const standsIn = new Map<string, string>();
  const renamed = new Map<string, string>();
  for (const [at, layer] of layers.entries()) {
    const place = (at - first) % period;
    const block = Math.floor((at - first) / period);
    const isLeftOut = at >= keptEnd && at < end;
    const index = isLeftOut ? first + (block % kept) * period + place : at;
    standsIn.set(layer.name, (layers[index] as Layer).name);
    if (!isLeftOut) continue;
    const last = layers[keptEnd - period + place] as Layer;
    for (const [result, { name }] of layer.results.entries())
      renamed.set(name, last.results[result]?.name ?? name);
  }
  const nameOf = (name: string) => renamed.get(name) ?? name;
  const left = [...layers.slice(0, keptEnd), ...layers.slice(end)].map((layer) => ({
    ...layer,
    inputs: layer.inputs.map(nameOf),
  }));
  const read = new Set(left.flatMap(({ inputs }) => inputs));
  return {
    ...{ blocks, kept, standsIn },
    network: {
      ...network,
      inputs: network.inputs.filter(({ name }) => read.has(name)),
      outputs: [...new Set(network.outputs.map(nameOf))],
      constants: new Map([...network.constants].filter(([name]) => read.has(name))),
      layers: left,
    },
  };
}
