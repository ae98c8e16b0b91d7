// Stochastic gradient descent with momentum, L1 and L2 regularisation, over whatever binds a
// layer's weights.

import type { LayerValues, NetworkValues } from './network.js';
import type { LayerParameters, Parameters } from './parameters.js';
import { effectiveWeights, layerValues } from './parameters.js';

export interface SgdOptions {
  readonly momentum: number;
  /** Added to the loss: l1 · Σ |w| and l2 / 2 · Σ w². Biases are not regularised. */
  readonly l1: number;
  readonly l2: number;
}

/** Parameters while they are trained: starts from some, owns copies. */
export interface Optimizer {
  /** What the network computes with now. */
  values(): NetworkValues;
  /** One step along the gradients of the values, by layer name. */
  step(gradients: NetworkValues, rate: number): void;
  /** The parameters as they are now, and the velocities, to go on later. */
  parameters(): Parameters;
  velocities(): NetworkValues;
}

/** `velocities` are those of an optimizer before; without them it starts from rest. */
export function createOptimizer(
  parameters: Parameters,
  options: SgdOptions,
  velocities: NetworkValues | null = null,
): Optimizer {
  const tuners = new Map(
    [...parameters].map(([name, layer]) => [
      name,
      createTuner(layer, options, velocities?.get(name) ?? null),
    ]),
  );
  return {
    values: () => new Map([...tuners].map(([name, tuner]) => [name, tuner.values()])),
    step(gradients, rate) {
      for (const [name, gradient] of gradients) tuners.get(name)?.step(gradient, rate);
    },
    parameters: () => new Map([...tuners].map(([name, tuner]) => [name, tuner.parameters()])),
    velocities: () => new Map([...tuners].map(([name, tuner]) => [name, tuner.velocity])),
  };
}

interface Tuner {
  readonly velocity: LayerValues;
  values(): LayerValues;
  step(gradient: LayerValues, rate: number): void;
  parameters(): LayerParameters;
}

function createTuner(
  layer: LayerParameters,
  options: SgdOptions,
  velocity: LayerValues | null,
): Tuner {
  return layer.binding.kind === 'shared'
    ? sharedTuner(layer, layer.binding, options, velocity)
    : plainTuner(layer, options, velocity);
}

/**
 * Free weights; of ternary and binary ones the values behind them take the gradient of what they
 * round to (the straight-through estimator: Courbariaux et al., "BinaryConnect", NIPS 2015, Section
 * 2.3).
 */
function plainTuner(
  layer: LayerParameters,
  options: SgdOptions,
  resumed: LayerValues | null,
): Tuner {
  const weights = layer.weights.slice();
  const bias = layer.bias?.slice() ?? null;
  const velocity = ownVelocity(layer.weights.length, bias, resumed);
  const kept = layer.mask && placesOf(layer.mask);
  const now = (): LayerParameters => ({ ...layer, weights, bias });
  return {
    velocity,
    values: () => layerValues(now()),
    step(gradient, rate) {
      const { l1, l2, momentum } = options;
      const slopes = gradient.weights;
      const speeds = velocity.weights;
      const count = kept?.length ?? weights.length;
      for (let i = 0; i < count; i++) {
        const at = kept === null ? i : (kept[i] as number);
        const weight = weights[at] as number;
        const slope =
          (slopes[at] as number) + l2 * weight + (l1 === 0 ? 0 : l1 * Math.sign(weight));
        const speed = momentum * (speeds[at] as number) - rate * slope;
        speeds[at] = speed;
        weights[at] = weight + speed;
      }
      stepBias(bias, gradient.bias, velocity.bias, rate, momentum);
    },
    parameters: () => ({ ...now(), weights: weights.slice(), bias: bias?.slice() ?? null }),
  };
}

/**
 * A centroid's gradient is the sum of its weights' (Han et al., "Deep Compression", ICLR 2016,
 * Section 3.3).
 */
function sharedTuner(
  layer: LayerParameters,
  binding: Extract<LayerParameters['binding'], { kind: 'shared' }>,
  { momentum }: SgdOptions,
  resumed: LayerValues | null,
): Tuner {
  const { codes } = binding;
  const centroids = binding.centroids.slice();
  const bias = layer.bias?.slice() ?? null;
  const velocity = ownVelocity(centroids.length, bias, resumed);
  const sums = new Float64Array(centroids.length);
  const now = (): LayerParameters => ({ ...layer, bias, binding: { ...binding, centroids } });
  return {
    velocity,
    values: () => layerValues(now()),
    step(gradient, rate) {
      sums.fill(0);
      for (let at = 0; at < codes.length; at++) {
        const code = codes[at] as number;
        sums[code] = (sums[code] as number) + (gradient.weights[at] as number);
      }
      // Centroid 0 is zero: the pruned weights.
      for (let code = 1; code < centroids.length; code++) {
        const speed = momentum * (velocity.weights[code] as number) - rate * (sums[code] as number);
        velocity.weights[code] = speed;
        centroids[code] = (centroids[code] as number) + speed;
      }
      stepBias(bias, gradient.bias, velocity.bias, rate, momentum);
    },
    parameters: () => {
      const fixed = centroids.slice();
      const shared: LayerParameters = {
        ...layer,
        bias: bias?.slice() ?? null,
        binding: { ...binding, centroids: fixed },
      };
      return { ...shared, weights: effectiveWeights(shared) };
    },
  };
}

/** Where a mask is not 0. */
function placesOf(mask: Uint8Array): Uint32Array {
  const places = new Uint32Array(mask.length);
  let count = 0;
  for (let at = 0; at < mask.length; at++) if (mask[at] !== 0) places[count++] = at;
  return places.subarray(0, count);
}

function ownVelocity(
  size: number,
  bias: Float32Array | null,
  resumed: LayerValues | null,
): LayerValues {
  return {
    weights: resumed?.weights.slice() ?? new Float32Array(size),
    bias: resumed?.bias?.slice() ?? (bias && new Float32Array(bias.length)),
  };
}

function stepBias(
  bias: Float32Array | null,
  gradient: Float32Array | null,
  velocity: Float32Array | null,
  rate: number,
  momentum: number,
): void {
  if (!bias || !gradient || !velocity) return;
  for (let at = 0; at < bias.length; at++) {
    const speed = momentum * (velocity[at] as number) - rate * (gradient[at] as number);
    velocity[at] = speed;
    bias[at] = (bias[at] as number) + speed;
  }
}
