// Fully connected layers of a mixture of experts: each token's vector meets the weights of the few
// experts that were chosen for it (Shazeer et al., arXiv 1701.06538).

import { invariant } from '../base/errors.js';
import { type Shape, sizeOf, type TensorType } from '../tensor.js';
import { partsIn, toCsr } from '../weights/store.js';
import { type Fault, given, type InputTypes, operator } from './operator.js';
import { indexInside } from './places.js';

/**
 * Inputs: vectors, [..., depth] for all experts of a token or [..., choices, depth] for each of
 * them, and the numbers of the chosen experts, [..., choices]. Result: [..., choices, outputs].
 * Weights: the experts' matrices [outputs × depth] below each other.
 */
export interface ExpertsAttributes {
  readonly experts: number;
  readonly outputs: number;
}

interface Sizes {
  readonly chosen: Shape;
  readonly choices: number;
  readonly tokens: number;
  readonly vectors: number;
  readonly depth: number;
}

function sizesOf({ experts }: ExpertsAttributes, inputs: InputTypes, fault: Fault): Sizes {
  const { shape } = given(inputs);
  const { shape: chosen } = given(inputs, 1);
  const depth = shape.at(-1) ?? 0;
  const choices = chosen.at(-1) ?? 0;
  const tokens = sizeOf(chosen.slice(0, -1));
  const vectors = depth === 0 || tokens === 0 ? 0 : sizeOf(shape) / depth / tokens;
  if (!(vectors === 1 || vectors === choices)) {
    throw fault(
      `vectors of ${shape.join('×')} for choices of ${chosen.join('×')}`,
      'one for each token, or for each choice of each token',
    );
  }
  if (!(choices >= 1 && choices <= experts))
    throw fault(`${choices} choices of ${experts} experts`, 'at least one, each another');
  return { chosen, choices, tokens, vectors, depth };
}

const unchecked: Fault = (found, expected) => {
  throw new Error(`found ${found}, expected ${expected}`);
};

const experts = operator<ExpertsAttributes>({
  arity: [2, 2],
  infer(op, inputs, fault) {
    const { chosen } = sizesOf(op, inputs, fault);
    return [{ shape: [...chosen, op.outputs], type: given(inputs).type }];
  },
  weightShape: (op, inputs) => ({
    rows: op.experts * op.outputs,
    columns: given(inputs).shape.at(-1) ?? 0,
    biases: 0,
  }),
  forward(op, inputs, results, weights) {
    invariant(weights !== null, 'experts have weights');
    const { choices, tokens, vectors, depth } = sizesOf(op, inputs, unchecked);
    const [{ values }, { values: chosen }] = [given(inputs), given(inputs, 1)];
    const parts = partsIn(weights.store);
    const first = parts.length === op.experts ? 0 : null;
    const result = new Float32Array(sizeOf((results[0] as TensorType).shape));
    for (let pair = 0; pair < tokens * choices; pair++) {
      const expert = indexInside(chosen[pair] as number, op.experts);
      const from = (vectors === 1 ? Math.floor(pair / choices) : pair) * depth;
      const vector = values.subarray(from, from + depth);
      const part = first === null ? weights.store : (parts[expert] ?? weights.store);
      const row = first === null ? expert * op.outputs : 0;
      const to = result.subarray(pair * op.outputs, (pair + 1) * op.outputs);
      multiply(part, row, vector, to);
    }
    return [result];
  },
  demand(op, inputs) {
    const { choices, tokens, vectors, depth } = sizesOf(op, inputs, unchecked);
    return {
      ...{ kind: 'routed', experts: op.experts, choices, tokens, vectors, depth },
      columns: op.outputs,
    };
  },
});

/** Rows from `first` on times one vector. */
function multiply(
  store: Parameters<typeof toCsr>[0],
  first: number,
  vector: ArrayLike<number>,
  to: Float32Array,
): void {
  if (store.format === 'dense') {
    const { columns, values } = store;
    for (let row = 0; row < to.length; row++) {
      const from = (first + row) * columns;
      let sum = 0;
      for (let at = 0; at < columns; at++)
        sum += (values[from + at] as number) * (vector[at] as number);
      to[row] = sum;
    }
    return;
  }
  const { pointers, indices, values } = toCsr(store);
  for (let row = 0; row < to.length; row++) {
    let sum = 0;
    const end = pointers[first + row + 1] as number;
    for (let at = pointers[first + row] as number; at < end; at++)
      sum += (values[at] as number) * (vector[indices[at] as number] as number);
    to[row] = sum;
  }
}

export const expertOperators = { experts } as const;
