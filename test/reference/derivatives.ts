// Gradients beside derivatives, by central differences of a loss in double precision.

import type { Random } from '../../workloads/base/random.js';

interface LayerNumbers {
  readonly weights: ArrayLike<number>;
  readonly bias: ArrayLike<number> | null;
}

/**
 * How far gradients are from the derivatives of `meanLoss` at some weights and biases of each layer,
 * at most, over the largest derivative among them.
 */
export function gradientDeviation<
  Values extends { readonly weights: Float32Array; readonly bias: Float32Array | null },
>(
  values: ReadonlyMap<string, Values>,
  gradients: ReadonlyMap<string, LayerNumbers>,
  meanLoss: (changed: ReadonlyMap<string, LayerNumbers>) => number,
  { random, trials, reach }: { random: Random; trials: number; reach: number },
): number {
  let deviation = 0;
  let largest = 0;
  for (const [name, layer] of values) {
    for (const part of ['weights', 'bias'] as const) {
      const own = layer[part];
      if (!own) continue;
      for (let trial = 0; trial < trials; trial++) {
        const at = random.below(own.length);
        const lossAt = (value: number) => {
          const moved = Float64Array.from(own);
          moved[at] = value;
          return meanLoss(
            new Map<string, LayerNumbers>([...values, [name, { ...layer, [part]: moved }]]),
          );
        };
        const value = own[at] as number;
        const derivative = (lossAt(value + reach) - lossAt(value - reach)) / (2 * reach);
        const found = gradients.get(name)?.[part]?.[at] ?? Number.NaN;
        deviation = Math.max(deviation, Math.abs(derivative - found));
        largest = Math.max(largest, Math.abs(derivative));
      }
    }
  }
  return deviation / largest;
}
