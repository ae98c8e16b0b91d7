// A network's graph as plain data: what a picture of it needs, and no tensor.

import { layerKeyOf } from '../workloads/blocks.js';
import {
  frameShape,
  type LayerKind,
  type Network,
  resultOf,
  weightShapeOf,
} from '../workloads/network.js';

export interface GraphLayer {
  readonly name: string;
  readonly kind: LayerKind;
  /** Of its result, without the frame's 1. */
  readonly shape: readonly number[];
  readonly hasWeights: boolean;
  /** False where it demands nothing of hardware and no result names it. */
  readonly hasCost: boolean;
  /** Layers with the same number cost the same but for their values. */
  readonly alike: number;
  /** Places in the list of the layers that it reads, ascending; inputs and constants left out. */
  readonly reads: readonly number[];
}

/** In an order in which every layer follows what it reads. */
export function graphOf({ layers }: Pick<Network, 'layers'>): readonly GraphLayer[] {
  const maker = new Map<string, number>();
  for (const [at, { results }] of layers.entries())
    for (const { name } of results) maker.set(name, at);
  const numbers = new Map<string, number>();
  return layers.map((layer): GraphLayer => {
    const key = layerKeyOf(layer);
    const alike = numbers.get(key) ?? numbers.size;
    numbers.set(key, alike);
    const reads = new Set(layer.inputs.flatMap((name) => maker.get(name) ?? []));
    return {
      ...{ name: layer.name, kind: layer.kind, alike },
      shape: frameShape(resultOf(layer).shape),
      hasWeights: weightShapeOf(layer) !== null,
      hasCost: layer.demand !== null,
      reads: [...reads].sort((a, b) => a - b),
    };
  });
}
