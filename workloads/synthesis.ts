// A network of the zoo with everything that is missing drawn from a seed at its density profile.

import { invariant } from './base/errors.js';
import { finish, type Steps } from './base/steps.js';
import { sizeOf, weightShapeOf } from './layers/index.js';
import type { Model } from './model.js';
import type { Activations, Layer, LayerWeights, Network } from './network.js';
import { type Redrawn, redrawn } from './weights/redrawn.js';
import { toCsr } from './weights/store.js';
import { drawActivations, drawBlockWeights, drawingWeights } from './weights/synthetic.js';
import type { DensityProfile } from './zoo/entry.js';

/** Draws every weighted layer's weights. Each layer has its own stream: the same weights whatever else is drawn. */
export function drawModel(network: Network, densities: DensityProfile, seed: number): Model {
  const weights = new Map<string, LayerWeights>();
  for (const layer of network.layers) {
    const own = finish(drawLayer(network, layer, densities, seed));
    if (own) weights.set(layer.name, own);
  }
  return { network, weights, origin: 'synthetic' };
}

/** A model whose weights take memory only while somebody needs them. */
export interface DrawnModel {
  readonly model: Model;
  /** Lets all weights go; they are drawn again when they are next read. */
  letGo(): void;
  /** Draws again what was let go. */
  hold(): Steps<void>;
}

/** As {@link drawModel}, with pauses, and weights that can be let go. */
export function* drawRedrawnModel(network: Network, densities: DensityProfile, seed: number): Steps<DrawnModel> {
  const weights = new Map<string, LayerWeights>();
  const stores: Redrawn[] = [];
  for (const layer of network.layers) {
    const own = yield* drawLayer(network, layer, densities, seed);
    if (!own) continue;
    const store = redrawn(toCsr(own.store), function* () {
      const again = yield* drawLayer(network, layer, densities, seed);
      invariant(again !== null, () => `layer ${layer.name} has no weights any more`);
      return toCsr(again.store);
    });
    stores.push(store);
    weights.set(layer.name, { ...own, store: store.store });
  }
  return {
    model: { network, weights, origin: 'synthetic' },
    letGo() {
      for (const store of stores) store.letGo();
    },
    *hold() {
      for (const store of stores) yield* store.hold();
    },
  };
}

function* drawLayer(
  network: Network,
  layer: Layer,
  densities: DensityProfile,
  seed: number,
): Steps<LayerWeights | null> {
  const shape = weightShapeOf(layer);
  if (!shape) return null;
  const { weights: density = 1, blocks } = densities.layers[layer.name] ?? {};
  const label = `${network.name}/${layer.name}`;
  return blocks ? drawBlockWeights(shape, blocks, seed, label) : yield* drawingWeights(shape, density, seed, label);
}

/** Draws each layer's first input at the density that the profile gives the tensor, by layer name. */
export function drawInputs(
  network: Network,
  densities: DensityProfile,
  seed: number,
): ReadonlyMap<string, Activations> {
  const density = tensorDensities(network, densities);
  const drawn = new Map<string, Activations>();
  for (const layer of network.layers) {
    const tensor = layer.inputs[0] as string;
    const size = sizeOf(layer.inputShapes[0] ?? [0]);
    // By tensor, so that two readers of one tensor meet the same values.
    drawn.set(layer.name, drawActivations(size, density.get(tensor) ?? 1, seed, `${network.name}/${tensor}`));
  }
  return drawn;
}

/**
 * Non-zero share of every tensor: weighted layers as published; pooling and normalisation pass theirs on (the published
 * shares are those that the next weighted layer meets); concatenation mixes by size; a sum is zero where all its inputs
 * are, zeros of different inputs falling independently.
 */
function tensorDensities(network: Network, densities: DensityProfile): ReadonlyMap<string, number> {
  const density = new Map<string, number>([['data', densities.input]]);
  for (const layer of network.layers) {
    const sizes = layer.inputShapes.map(sizeOf);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    const shares = layer.inputs.map((name) => density.get(name) ?? 1);
    const met =
      layer.kind === 'add'
        ? 1 - shares.reduce((zeros, share) => zeros * (1 - share), 1)
        : shares.reduce((sum, share, at) => sum + share * (sizes[at] ?? 0), 0) / total;
    density.set(layer.name, densities.layers[layer.name]?.output ?? densities.others?.[layer.name] ?? met);
  }
  return density;
}
