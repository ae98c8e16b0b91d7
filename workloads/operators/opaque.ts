// Operators that nobody implements here: what their results look like is known from the file, and
// no more.

import type { TensorType } from '../tensor.js';
import { elementsOf } from './axes.js';
import { operator } from './operator.js';

export interface OpaqueAttributes {
  /** As the file names it. */
  readonly operator: string;
  readonly resultTypes: readonly TensorType[];
}

const opaque = operator<OpaqueAttributes>({
  arity: [0, Number.POSITIVE_INFINITY],
  infer: ({ resultTypes }) => resultTypes,
  forward: null,
  demand: ({ operator: name }, inputs, results) => ({
    kind: 'opaque',
    operator: name,
    inputs: elementsOf(inputs),
    outputs: elementsOf(results),
  }),
});

export const opaqueOperators = { opaque } as const;
