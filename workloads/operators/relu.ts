// ReLUs: steps of other layers, or a layer of their own where they are no other layer's last
// step.

import { type Activation, operationsEach, streamOf } from '../demand.js';
import { roomFor, sizeOf } from '../tensor.js';
import { given, operator } from './operator.js';

export interface Relu {
  readonly activation: Exclude<Activation, 'none'>;
}

/** Between which values a ReLU's results lie. */
export function activationRange(activation: Activation): {
  readonly min: number;
  readonly max: number;
} {
  return {
    min: activation === 'none' ? Number.NEGATIVE_INFINITY : 0,
    max: activation === 'relu6' ? 6 : Number.POSITIVE_INFINITY,
  };
}

export function clamped(value: number, activation: Activation): number {
  const { min, max } = activationRange(activation);
  return Math.min(Math.max(value, min), max);
}

/** A comparison with each bound. */
export function activationOperations(activation: Activation): number {
  return { none: 0, relu: 1, relu6: 2 }[activation];
}

const relu = operator<Relu>({
  arity: [1, 1],
  infer: (_, inputs) => [given(inputs)],
  forward({ activation }, inputs, results) {
    const output = roomFor(given(results));
    const input = given(inputs).values;
    for (let at = 0; at < output.length; at++)
      output[at] = clamped(input[at] as number, activation);
    return [output];
  },
  demand({ activation }, inputs) {
    const size = sizeOf(given(inputs).shape);
    return streamOf(size, size, operationsEach(size, { add: activationOperations(activation) }));
  },
});

export const reluOperators = { relu } as const;
