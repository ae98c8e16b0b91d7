// Attention heads of a network: which rows and columns of which layers belong to each, found by
// following what a projection behind an attention reads.

import { type Layer, type LayerOf, type Network, resultOf, weightShapeOf } from '../network.js';

/** Layers of one attention, by name. */
export interface AttentionLayers {
  /** Rows of these belong to heads: queries, keys and values, by name how many heads each has. */
  readonly inputs: ReadonlyMap<string, number>;
  /** Columns of this one do. */
  readonly output: string;
  /** Heads of queries, which a share of `inputs` may share. */
  readonly heads: number;
}

type Dense = LayerOf<'dense'>;

/** In the network's order. */
export function attentionsOf(network: Network): readonly AttentionLayers[] {
  const makers = new Map(
    network.layers.flatMap((layer) => layer.results.map(({ name }) => [name, layer] as const)),
  );
  return network.layers.flatMap((layer) => {
    if (layer.kind !== 'dense') return [];
    const heads = headsRead(layer, makers);
    if (heads === null) return [];
    const inputs = new Map<string, number>();
    for (const source of denseSources(layer, makers)) {
      const own = headsMade(source, network);
      if (own === null || heads % own !== 0) return [];
      inputs.set(source.name, own);
    }
    return inputs.size === 0 ? [] : [{ inputs, output: layer.name, heads }];
  });
}

/** Heads whose features lie side by side in what a layer reads: [1, positions, heads, width]. */
function headsRead(layer: Dense, makers: ReadonlyMap<string, Layer>): number | null {
  const reshape = makers.get(layer.inputs[0] as string);
  if (reshape?.kind !== 'reshape') return null;
  const shape = reshape.inputTypes[0]?.shape ?? [];
  const columns = weightShapeOf(layer)?.columns;
  const isSplit = shape.length === 4 && (shape[2] as number) * (shape[3] as number) === columns;
  return isSplit ? (shape[2] as number) : null;
}

/** Heads that a layer's result is cut into. */
function headsMade(layer: Dense, { layers }: Network): number | null {
  const readers = layers.filter(({ inputs }) => inputs.includes(resultOf(layer).name));
  const [reader] = readers;
  if (readers.length !== 1 || reader?.kind !== 'reshape') return null;
  const { shape } = resultOf(reader);
  const isSplit =
    shape.length === 4 && (shape[2] as number) * (shape[3] as number) === layer.outputs;
  return isSplit ? (shape[2] as number) : null;
}

/** The fully connected layers whose results reach a layer through layers without weights. */
function denseSources(layer: Dense, makers: ReadonlyMap<string, Layer>): readonly Dense[] {
  const found = new Map<string, Dense>();
  const seen = new Set<string>();
  const open = [...layer.inputs];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const maker = makers.get(name);
    if (!maker || seen.has(maker.name)) continue;
    seen.add(maker.name);
    if (maker.kind === 'dense') found.set(maker.name, maker);
    else if (!weightShapeOf(maker)) open.push(...maker.inputs);
  }
  return [...found.values()];
}
