// Rectifiers: steps of other layers, or a layer of their own where they are no other layer's last
// step.

import { operationsEach, type Rectifier, streamOf } from '../demand.js';
import { roomFor, sizeOf } from '../tensor.js';
import { given, operator } from './operator.js';

export interface Rectify {
  readonly activation: Exclude<Rectifier, 'none'>;
}

/** Between which values a rectifier's results lie. */
export function rectifierRange(activation: Rectifier): {
  readonly least: number;
  readonly most: number;
} {
  return {
    least: activation === 'none' ? Number.NEGATIVE_INFINITY : 0,
    most: activation === 'relu6' ? 6 : Number.POSITIVE_INFINITY,
  };
}

export function rectified(value: number, activation: Rectifier): number {
  const { least, most } = rectifierRange(activation);
  return Math.min(Math.max(value, least), most);
}

/** A comparison with each bound. */
export function rectifierOperations(activation: Rectifier): number {
  return { none: 0, relu: 1, relu6: 2 }[activation];
}

const rectify = operator<Rectify>({
  arity: [1, 1],
  infer: (_, inputs) => [given(inputs)],
  forward({ activation }, inputs, results) {
    const output = roomFor(given(results));
    const input = given(inputs).values;
    for (let at = 0; at < output.length; at++)
      output[at] = rectified(input[at] as number, activation);
    return [output];
  },
  demand({ activation }, inputs) {
    const size = sizeOf(given(inputs).shape);
    return streamOf(size, size, operationsEach(size, { add: rectifierOperations(activation) }));
  },
});

export const rectifyOperators = { rectify } as const;
