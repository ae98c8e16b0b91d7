// Gradient descent over whatever binds a layer's weights: with momentum, or Adam.

import type { LayerValues, NetworkValues } from './network.js';
import type { LayerParameters, Parameters } from './parameters.js';
import { effectiveWeights, layerValues } from './parameters.js';

export interface OptimizerOptions {
  /**
   * 'sgd' (unless told): stochastic gradient descent with momentum. 'adam': Kingma and Ba, ICLR
   * 2015, with weight decay apart from the gradient (Loshchilov and Hutter, ICLR 2019).
   */
  readonly optimizer?: 'sgd' | 'adam';
  /** What is left of the velocity after a step; of Adam, of the mean gradient. */
  readonly momentum: number;
  /** Added to the loss: l1 · Σ |w| and l2 / 2 · Σ w². Biases are not regularised. */
  readonly l1: number;
  readonly l2: number;
}

/** What an optimizer remembers beside the parameters, by layer. */
export interface OptimizerState {
  /** Velocities; of Adam mean gradients. */
  readonly velocities: NetworkValues;
  /** Of Adam: mean squares of gradients. */
  readonly squares: NetworkValues | null;
  /** Steps that were made. */
  readonly steps: number;
}

/** Parameters while they are trained: starts from some, owns copies. */
export interface Optimizer {
  /** What the network computes with now. */
  values(): NetworkValues;
  /** One step along the gradients of the values, by layer name. */
  step(gradients: NetworkValues, rate: number): void;
  /** The parameters as they are now, and what else going on later depends on. */
  parameters(): Parameters;
  state(): OptimizerState;
}

/** `resumed` is what an optimizer before left; without it this one starts from rest. */
export function createOptimizer(
  parameters: Parameters,
  options: OptimizerOptions,
  resumed: OptimizerState | null = null,
): Optimizer {
  const isAdam = options.optimizer === 'adam';
  const tuners = new Map(
    [...parameters].map(([name, layer]) => {
      const moments = (of: NetworkValues | null | undefined) => ownMoments(layer, of?.get(name));
      const memory: Memory = {
        velocity: moments(resumed?.velocities),
        square: isAdam ? moments(resumed?.squares) : null,
      };
      return [name, createTuner(layer, options, memory)];
    }),
  );
  let steps = resumed?.steps ?? 0;
  return {
    values: () => new Map([...tuners].map(([name, tuner]) => [name, tuner.values()])),
    step(gradients, rate) {
      steps++;
      for (const [name, gradient] of gradients) tuners.get(name)?.step(gradient, rate, steps);
    },
    parameters: () => new Map([...tuners].map(([name, tuner]) => [name, tuner.parameters()])),
    state() {
      const of = (what: (memory: Memory) => LayerValues | null) =>
        new Map([...tuners].map(([name, { memory }]) => [name, what(memory) as LayerValues]));
      return {
        velocities: of(({ velocity }) => velocity),
        squares: isAdam ? of(({ square }) => square) : null,
        steps,
      };
    },
  };
}

/** Of the weights, or of the centroids that they share, and of the biases. */
interface Memory {
  readonly velocity: LayerValues;
  readonly square: LayerValues | null;
}

interface Tuner {
  readonly memory: Memory;
  values(): LayerValues;
  /** `count`: how many steps there are with this one. */
  step(gradient: LayerValues, rate: number, count: number): void;
  parameters(): LayerParameters;
}

function createTuner(layer: LayerParameters, options: OptimizerOptions, memory: Memory): Tuner {
  return layer.binding.kind === 'shared'
    ? sharedTuner(layer, layer.binding, options, memory)
    : plainTuner(layer, options, memory);
}

/**
 * Free weights; of rounded ones the values behind them take the gradient of what they round to (the
 * straight-through estimator: Courbariaux et al., "BinaryConnect", NIPS 2015, Section 2.3).
 */
function plainTuner(layer: LayerParameters, options: OptimizerOptions, memory: Memory): Tuner {
  const weights = layer.weights.slice();
  const bias = layer.bias?.slice() ?? null;
  const kept = layer.mask && placesOf(layer.mask);
  const now = (): LayerParameters => ({ ...layer, weights, bias });
  return {
    memory,
    values: () => layerValues(now()),
    step(gradient, rate, count) {
      const { velocity, square } = memory;
      const step = { options, rate, count };
      move(weights, gradient.weights, velocity.weights, square?.weights ?? null, kept, step);
      moveBias(bias, gradient, memory, step);
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
  options: OptimizerOptions,
  memory: Memory,
): Tuner {
  const { codes } = binding;
  const centroids = binding.centroids.slice();
  const bias = layer.bias?.slice() ?? null;
  const sums = new Float64Array(centroids.length);
  // Centroid 0 is zero: the pruned weights.
  const free = Uint32Array.from({ length: centroids.length - 1 }, (_, at) => at + 1);
  const now = (): LayerParameters => ({ ...layer, bias, binding: { ...binding, centroids } });
  return {
    memory,
    values: () => layerValues(now()),
    step(gradient, rate, count) {
      sums.fill(0);
      for (let at = 0; at < codes.length; at++) {
        const code = codes[at] as number;
        sums[code] = (sums[code] as number) + (gradient.weights[at] as number);
      }
      const { velocity, square } = memory;
      const step = { options: unregularised(options), rate, count };
      move(centroids, sums, velocity.weights, square?.weights ?? null, free, step);
      moveBias(bias, gradient, memory, step);
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

const unregularised = (options: OptimizerOptions): OptimizerOptions => ({
  ...options,
  l1: 0,
  l2: 0,
});

interface Step {
  readonly options: OptimizerOptions;
  readonly rate: number;
  readonly count: number;
}

/** How long Adam remembers squares: short, as trainings here have hundreds of steps. */
const SQUARES_KEPT = 0.99;
/** Keeps Adam from dividing by nothing. */
const EPSILON = 1e-8;

/** Moves `values` at the `kept` places, null for all, one step down their slopes. */
function move(
  values: Float32Array,
  slopes: Float32Array | Float64Array,
  means: Float32Array,
  squares: Float32Array | null,
  kept: Uint32Array | null,
  { options, rate, count }: Step,
): void {
  const { l1, l2, momentum } = options;
  const places = kept?.length ?? values.length;
  // Means of few gradients are too small: Adam's correction.
  const meanShare = 1 - momentum ** count;
  const squareShare = 1 - SQUARES_KEPT ** count;
  for (let i = 0; i < places; i++) {
    const at = kept === null ? i : (kept[i] as number);
    const value = values[at] as number;
    const sign = l1 === 0 ? 0 : l1 * Math.sign(value);
    if (squares === null) {
      const slope = (slopes[at] as number) + l2 * value + sign;
      const speed = momentum * (means[at] as number) - rate * slope;
      means[at] = speed;
      values[at] = value + speed;
    } else {
      const slope = (slopes[at] as number) + sign;
      const mean = momentum * (means[at] as number) + (1 - momentum) * slope;
      const square = SQUARES_KEPT * (squares[at] as number) + (1 - SQUARES_KEPT) * slope * slope;
      means[at] = mean;
      squares[at] = square;
      const direction = mean / meanShare / (Math.sqrt(square / squareShare) + EPSILON);
      values[at] = value - rate * (direction + l2 * value);
    }
  }
}

function moveBias(
  bias: Float32Array | null,
  gradient: LayerValues,
  { velocity, square }: Memory,
  step: Step,
): void {
  if (!bias || !gradient.bias || !velocity.bias) return;
  const options = unregularised(step.options);
  move(bias, gradient.bias, velocity.bias, square?.bias ?? null, null, { ...step, options });
}

/** Where a mask is not 0. */
function placesOf(mask: Uint8Array): Uint32Array {
  const places = new Uint32Array(mask.length);
  let count = 0;
  for (let at = 0; at < mask.length; at++) if (mask[at] !== 0) places[count++] = at;
  return places.subarray(0, count);
}

/** Room for what moves in a layer, with what was there before. */
function ownMoments(
  { weights, bias, binding }: LayerParameters,
  resumed: LayerValues | undefined,
): LayerValues {
  const moving = binding.kind === 'shared' ? binding.centroids : weights;
  return {
    weights: resumed?.weights.slice() ?? new Float32Array(moving.length),
    bias: resumed?.bias?.slice() ?? (bias && new Float32Array(bias.length)),
  };
}
