// A network with its weights, and the tasks that it sets any hardware.

import type { Layer, LayerWeights, Network, Origin } from './network.js';

/** A network and the weights of its weighted layers, by layer name. */
export interface Model {
  readonly network: Network;
  readonly weights: ReadonlyMap<string, LayerWeights>;
  readonly origin: Origin;
}

/** The weights of a layer, or null where it has none. */
export function weightsOf(model: Model, layer: Layer): LayerWeights | null {
  return model.weights.get(layer.name) ?? null;
}
