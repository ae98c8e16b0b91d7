// Weights that are read or drawn when somebody asks for a layer's; a few of those asked for last
// are held.

import { Recent } from '../base/recent.js';
import type { LayerWeights } from '../operators/operator.js';
import { forgetConverted, type WeightStore } from './store.js';

/** Of weights that are held, the largest layer's aside. */
const HELD_BYTES = 400e6;

/** Bytes that a store holds. Values that are made on demand are held elsewhere, if at all. */
export function bytesOf(store: WeightStore): number {
  switch (store.format) {
    case 'dense':
      return bytesOfValues(store);
    case 'stacked':
      return [...new Set(store.parts)].reduce((sum, part) => sum + bytesOf(part), 0);
    case 'codebook':
      return store.codes.byteLength + store.gaps.byteLength;
    default:
      return store.pointers.byteLength + store.indices.byteLength + bytesOfValues(store);
  }
}

function bytesOfValues(store: { readonly values: Float32Array }): number {
  const isMade = Object.getOwnPropertyDescriptor(store, 'values')?.get === undefined;
  return isMade ? store.values.byteLength : 0;
}

/**
 * A map of layers' weights that holds few of them. `load` must give the same weights each time;
 * layers with the same key have the same weights.
 */
export class LazyWeights implements ReadonlyMap<string, LayerWeights> {
  readonly #held = new Recent<string, LayerWeights>(HELD_BYTES);
  readonly #names: ReadonlySet<string>;

  constructor(
    private readonly names: readonly string[],
    private readonly load: (layer: string) => LayerWeights,
    private readonly keyOf: (layer: string) => string = (layer) => layer,
  ) {
    this.#names = new Set(names);
  }

  get size(): number {
    return this.names.length;
  }

  has(layer: string): boolean {
    return this.#names.has(layer);
  }

  get(layer: string): LayerWeights | undefined {
    if (!this.has(layer)) return undefined;
    const key = this.keyOf(layer);
    const held = this.#held.get(key);
    if (held) return held;
    const loaded = this.load(key);
    this.#held.set(key, loaded, bytesOf(loaded.store));
    return loaded;
  }

  /** Holds none any more, nor what was made of them; each is loaded again when it is asked for. */
  letGo(): void {
    this.#held.clear();
    forgetConverted();
  }

  keys(): MapIterator<string> {
    return this.names.values() as MapIterator<string>;
  }

  *values(): MapIterator<LayerWeights> {
    for (const [, weights] of this) yield weights;
  }

  *entries(): MapIterator<[string, LayerWeights]> {
    for (const name of this.names) yield [name, this.get(name) as LayerWeights];
  }

  [Symbol.iterator](): MapIterator<[string, LayerWeights]> {
    return this.entries();
  }

  forEach(
    visit: (weights: LayerWeights, layer: string, map: ReadonlyMap<string, LayerWeights>) => void,
  ): void {
    for (const [name, weights] of this) visit(weights, name, this);
  }
}
