// Weights that are read or drawn when somebody asks for a layer's, and let go when nobody holds them any more.

import type { LayerWeights } from '../operators/operator.js';

/** A map of layers' weights that holds none of them. `load` must give the same weights each time. */
export class LazyWeights implements ReadonlyMap<string, LayerWeights> {
  readonly #held = new Map<string, WeakRef<LayerWeights>>();

  constructor(
    private readonly names: readonly string[],
    private readonly load: (layer: string) => LayerWeights,
  ) {}

  get size(): number {
    return this.names.length;
  }

  has(layer: string): boolean {
    return this.names.includes(layer);
  }

  get(layer: string): LayerWeights | undefined {
    const held = this.#held.get(layer)?.deref();
    if (held || !this.has(layer)) return held;
    const loaded = this.load(layer);
    this.#held.set(layer, new WeakRef(loaded));
    return loaded;
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

  forEach(visit: (weights: LayerWeights, layer: string, map: ReadonlyMap<string, LayerWeights>) => void): void {
    for (const [name, weights] of this) visit(weights, name, this);
  }
}
