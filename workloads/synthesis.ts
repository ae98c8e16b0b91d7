// A network of the zoo with everything that is missing drawn from a seed at its density profile.

import { sizeOf, weightShapeOf } from './layers/index.js';
import type { Model } from './model.js';
import type { Activations, LayerWeights, Network } from './network.js';
import { drawActivations, drawBlockWeights, drawWeights } from './weights/synthetic.js';
import type { DensityProfile } from './zoo/entry.js';

/** Draws every weighted layer's weights. Each layer has its own stream: the same weights whatever else is drawn. */
export function drawModel(network: Network, densities: DensityProfile, seed: number): Model {
  const weights = new Map<string, LayerWeights>();
  for (const layer of network.layers) {
    const shape = weightShapeOf(layer);
    if (!shape) continue;
    const { weights: density = 1, blocks } = densities.layers[layer.name] ?? {};
    const label = `${network.name}/${layer.name}`;
    weights.set(
      layer.name,
      blocks ? drawBlockWeights(shape, blocks, seed, label) : drawWeights(shape, density, seed, label),
    );
  }
  return { network, weights, origin: 'synthetic' };
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
