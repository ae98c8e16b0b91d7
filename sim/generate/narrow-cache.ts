// Keys and values that are held in fewer bits than they are multiplied in.

import type { Model } from '../../workloads/model.js';
import type { Contender } from '../compare.js';

/** Widths of a cache that may be asked for; scales of heads and tokens are left aside. */
export const cacheWidths = [16, 8, 4] as const;
export type CacheBits = (typeof cacheWidths)[number];

interface Asked {
  readonly cacheBits?: CacheBits;
}

/** The model with its products of two results reading a cache so narrow. */
export function withCacheOf({ cacheBits: rightBits }: Asked, model: Model): Model {
  if (rightBits === undefined) return model;
  const { network } = model;
  const layers = network.layers.map((layer) => {
    const { demand } = layer;
    if (demand?.kind !== 'product' || demand.right !== 'activations') return layer;
    return { ...layer, demand: { ...demand, rightBits } };
  });
  return { ...model, network: { ...network, layers } };
}

/** Families whose models know of narrow caches. */
const FAMILIES: readonly string[] = ['cpu', 'gpu'];

/** What the reader must know of a cache that was asked for. */
export function cacheNotes(contender: Contender, { cacheBits }: Asked): readonly string[] {
  if (cacheBits === undefined) return [];
  if (contender.kind === 'measured') return ['keys and values are floats here'];
  return FAMILIES.includes(contender.hardware.family)
    ? [`keys and values held in at most ${cacheBits} bits, widened on the way`]
    : ['keys and values at their own width: nothing else is modelled here'];
}
