// A network cut into runs of consecutive layers, so that nobody needs room for all weights at once.

import { type Layer, type NamedTensor, type Network, weightShapeOf } from './network.js';

/**
 * The network as networks that run one after the other, of at most `maxWeights` weights each, a
 * single layer's aside. A part's inputs are inputs of the network and results of parts before it,
 * its outputs what parts behind it and the network's readers need.
 */
export function partsOf(network: Network, maxWeights: number): readonly Network[] {
  const runs = runsOf(network.layers, maxWeights);
  if (runs.length <= 1) return [network];
  const types = new Map<string, NamedTensor>(
    [...network.inputs, ...network.layers.flatMap(({ results }) => results)].map((tensor) => [
      tensor.name,
      tensor,
    ]),
  );
  // From the last part back: what is needed behind each.
  const needed = new Set(network.outputs);
  const parts: Network[] = [];
  for (const layers of runs.toReversed()) {
    const made = new Set(layers.flatMap(({ results }) => results.map(({ name }) => name)));
    const outputs = [...needed].filter((name) => made.has(name));
    const read = new Set(layers.flatMap(({ inputs }) => inputs));
    const given = [...read].filter((name) => !made.has(name) && types.has(name));
    for (const name of outputs) needed.delete(name);
    for (const name of given) needed.add(name);
    parts.push({
      ...network,
      inputs: given.map((name) => types.get(name) as NamedTensor),
      outputs: outputs.length > 0 ? outputs : [...made].slice(-1),
      constants: new Map([...network.constants].filter(([name]) => read.has(name))),
      layers,
    });
  }
  return parts.toReversed();
}

function runsOf(layers: readonly Layer[], maxWeights: number): readonly (readonly Layer[])[] {
  const runs: Layer[][] = [];
  let weights = Number.POSITIVE_INFINITY;
  for (const layer of layers) {
    const { rows, columns } = weightShapeOf(layer) ?? { rows: 0, columns: 0 };
    weights += rows * columns;
    if (weights > maxWeights) {
      runs.push([]);
      weights = rows * columns;
    }
    runs.at(-1)?.push(layer);
  }
  return runs;
}
