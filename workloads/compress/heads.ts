// Attention heads of a network: which rows and columns of which layers belong to each, found by
// following what a projection behind an attention reads.

import { invariant } from '../base/errors.js';
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

/** A layer as heads are pruned in it. */
interface HeadedLayer {
  readonly rows: number;
  readonly columns: number;
  readonly mask: Uint8Array | null;
}

/**
 * Masks of an attention's layers, by name, that keep a share `density` of its heads: those with the
 * highest sums of squared `scores` over their own rows and columns. Keys and values that several
 * heads of queries share go with the last of them, and count for each in equal parts.
 */
export function maskHeads(
  { inputs, output, heads }: AttentionLayers,
  layers: ReadonlyMap<string, HeadedLayer>,
  scores: ReadonlyMap<string, Float32Array>,
  density: number,
): ReadonlyMap<string, Uint8Array> {
  const layerOf = (name: string) => {
    const layer = layers.get(name);
    invariant(layer !== undefined, () => `an attention has no layer ${name}`);
    return layer;
  };
  /** By name of a layer and a weight's place, the layer's own head. */
  const headOf = (name: string): ((at: number) => number) => {
    const { rows, columns } = layerOf(name);
    if (name === output) return (at) => Math.floor(((at % columns) * heads) / columns);
    const own = inputs.get(name) as number;
    return (at) => Math.floor((Math.floor(at / columns) * own) / rows);
  };
  const names = [...inputs.keys(), output];
  const together = (name: string) => (name === output ? 1 : heads / (inputs.get(name) as number));
  const strength = new Float64Array(heads);
  for (const name of names) {
    const own = headOf(name);
    const shared = together(name);
    (scores.get(name) as Float32Array).forEach((score, at) => {
      if (score < 0) return;
      for (let i = 0; i < shared; i++) {
        const head = own(at) * shared + i;
        strength[head] = (strength[head] as number) + (score * score) / shared;
      }
    });
  }
  const order = Uint32Array.from(strength.keys()).sort(
    (a, b) => (strength[b] as number) - (strength[a] as number) || a - b,
  );
  const kept = new Set(order.subarray(0, Math.max(1, Math.round(heads * density))));
  return new Map(
    names.map((name) => {
      const { rows, columns, mask } = layerOf(name);
      const own = headOf(name);
      const shared = together(name);
      const isKept = (head: number) =>
        Array.from({ length: shared }, (_, i) => head * shared + i).some((each) => kept.has(each));
      const keeps = Uint8Array.from({ length: rows * columns }, (_, at) =>
        isKept(own(at)) && mask?.[at] !== 0 ? 1 : 0,
      );
      return [name, keeps];
    }),
  );
}
