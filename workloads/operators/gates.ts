// The functions that recurrent cells put their gates through: ONNX's, with their default constants.

import type { Operations } from '../demand.js';

interface GateFunction {
  /** What alpha and beta are where nothing is said. */
  readonly defaults: readonly [alpha: number, beta: number];
  apply(value: number, alpha: number, beta: number): number;
  readonly operations: Partial<Operations>;
}

const row = (
  apply: GateFunction['apply'],
  operations: Partial<Operations>,
  defaults: GateFunction['defaults'] = [0, 0],
): GateFunction => ({ apply, operations, defaults });

/**
 * Operations as one would write them out: a sigmoid is 1 / (1 + e^−x), a tanh (1 − e^−2x) / (1 +
 * e^−2x).
 */
export const gateFunctions = {
  sigmoid: row((x) => 1 / (1 + Math.exp(-x)), { add: 1, exponential: 1, divide: 1 }),
  tanh: row((x) => Math.tanh(x), { add: 2, multiply: 1, exponential: 1, divide: 1 }),
  relu: row((x) => Math.max(x, 0), { add: 1 }),
  affine: row((x, alpha, beta) => alpha * x + beta, { add: 1, multiply: 1 }, [1, 0]),
  'leaky-relu': row((x, alpha) => (x < 0 ? alpha * x : x), { add: 1, multiply: 1 }, [0.01, 0]),
  'thresholded-relu': row((x, alpha) => (x > alpha ? x : 0), { add: 1 }, [1, 0]),
  'scaled-tanh': row(
    (x, alpha, beta) => alpha * Math.tanh(beta * x),
    { add: 2, multiply: 3, exponential: 1, divide: 1 },
    [1, 1],
  ),
  'hard-sigmoid': row(
    (x, alpha, beta) => Math.min(Math.max(alpha * x + beta, 0), 1),
    { add: 3, multiply: 1 },
    [0.2, 0.5],
  ),
  elu: row(
    (x, alpha) => (x < 0 ? alpha * Math.expm1(x) : x),
    { add: 2, multiply: 1, exponential: 1 },
    [1, 0],
  ),
  softsign: row((x) => x / (1 + Math.abs(x)), { add: 2, divide: 1 }),
  softplus: row((x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), {
    add: 2,
    exponential: 2,
  }),
} as const satisfies Record<string, GateFunction>;

export interface Gate {
  readonly name: keyof typeof gateFunctions;
  /** Left out: the function's own. */
  readonly alpha?: number;
  readonly beta?: number;
}

/** A gate as one function of its sum. */
export function gateOf({ name, alpha, beta }: Gate): (value: number) => number {
  const { apply, defaults } = gateFunctions[name] as GateFunction;
  const [first, second] = [alpha ?? defaults[0], beta ?? defaults[1]];
  return (value) => apply(value, first, second);
}

export function operationsOfGate({ name }: Gate): Partial<Operations> {
  return gateFunctions[name].operations;
}
