// Functions of single elements.

import { type Operations, operationsEach, streamOf } from '../demand.js';
import { sizeOf } from '../tensor.js';
import { roundHalfEven, valuesOf } from './elements.js';
import { erf, erfc } from './error-function.js';
import { given, operator } from './operator.js';

export interface UnaryFunction {
  /** Of one element and the parameters, in their order. */
  readonly apply: (x: number, a: number, b: number) => number;
  /** Arithmetic of one element. */
  readonly each: Partial<Operations>;
  /** Names and defaults of at most two parameters. */
  readonly parameters?: Readonly<Record<string, number>>;
  /** The result's type where it is not the input's. */
  readonly result?: 'bool';
}

const clamp = (x: number, min: number, max: number) => Math.min(Math.max(x, min), max);
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

const compare = { add: 1 };
const root = { exponential: 1 };
const sigmoidCost = { exponential: 1, add: 1, divide: 1 };
const tanhCost = { exponential: 1, add: 2, divide: 1 };
const softplusCost = { exponential: 2, add: 3 };

/** The defaults are those of ONNX. */
export const unaryFunctions = {
  abs: { apply: Math.abs, each: compare },
  acos: { apply: Math.acos, each: root },
  acosh: { apply: Math.acosh, each: root },
  asin: { apply: Math.asin, each: root },
  asinh: { apply: Math.asinh, each: root },
  atan: { apply: Math.atan, each: root },
  atanh: { apply: Math.atanh, each: root },
  'bitwise-not': { apply: (x) => -x - 1, each: { add: 1 } },
  ceil: { apply: Math.ceil, each: compare },
  celu: {
    apply: (x, alpha) => (x < 0 ? alpha * Math.expm1(x / alpha) : x),
    each: { exponential: 1, add: 2, multiply: 1, divide: 1 },
    parameters: { alpha: 1 },
  },
  clip: {
    apply: clamp,
    each: { add: 2 },
    parameters: { min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY },
  },
  cos: { apply: Math.cos, each: root },
  cosh: { apply: Math.cosh, each: { exponential: 1, add: 1, multiply: 1, divide: 1 } },
  elu: {
    apply: (x, alpha) => (x < 0 ? alpha * Math.expm1(x) : x),
    each: { exponential: 1, add: 2, multiply: 1 },
    parameters: { alpha: 1 },
  },
  erf: { apply: erf, each: root },
  exp: { apply: Math.exp, each: root },
  expm1: { apply: Math.expm1, each: { exponential: 1, add: 1 } },
  floor: { apply: Math.floor, each: compare },
  gelu: {
    apply: (x) => (x * erfc(-x / Math.SQRT2)) / 2,
    each: { exponential: 1, add: 1, multiply: 3 },
  },
  'gelu-tanh': {
    apply: (x) => (x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))) / 2,
    each: { exponential: 1, add: 4, multiply: 6, divide: 1 },
  },
  'hard-sigmoid': {
    apply: (x, alpha, beta) => clamp(alpha * x + beta, 0, 1),
    each: { add: 3, multiply: 1 },
    parameters: { alpha: 0.2, beta: 0.5 },
  },
  'hard-swish': { apply: (x) => x * clamp(x / 6 + 0.5, 0, 1), each: { add: 3, multiply: 2 } },
  'is-inf': {
    apply: (x, negative, positive) =>
      (x === Number.NEGATIVE_INFINITY && negative) || (x === Number.POSITIVE_INFINITY && positive)
        ? 1
        : 0,
    each: compare,
    parameters: { negative: 1, positive: 1 },
    result: 'bool',
  },
  'is-nan': { apply: (x) => (Number.isNaN(x) ? 1 : 0), each: compare, result: 'bool' },
  'leaky-relu': {
    apply: (x, alpha) => (x < 0 ? alpha * x : x),
    each: { add: 1, multiply: 1 },
    parameters: { alpha: 0.01 },
  },
  log: { apply: Math.log, each: root },
  log1p: { apply: Math.log1p, each: { exponential: 1, add: 1 } },
  'log-sigmoid': { apply: (x) => -softplus(-x), each: softplusCost },
  mish: {
    apply: (x) => x * Math.tanh(softplus(x)),
    each: { exponential: 3, add: 5, multiply: 1, divide: 1 },
  },
  neg: { apply: (x) => -x, each: { add: 1 } },
  not: { apply: (x) => (x === 0 ? 1 : 0), each: compare, result: 'bool' },
  'quick-gelu': {
    apply: (x, alpha) => x * sigmoid(alpha * x),
    each: { ...sigmoidCost, multiply: 2 },
    parameters: { alpha: 1.702 },
  },
  reciprocal: { apply: (x) => 1 / x, each: { divide: 1 } },
  relu: { apply: (x) => Math.max(x, 0), each: compare },
  round: { apply: roundHalfEven, each: compare },
  rsqrt: { apply: (x) => 1 / Math.sqrt(x), each: { exponential: 1, divide: 1 } },
  selu: {
    apply: (x, alpha, gamma) => gamma * (x < 0 ? alpha * Math.expm1(x) : x),
    each: { exponential: 1, add: 2, multiply: 2 },
    parameters: { alpha: 1.6732631921768188, gamma: 1.0507010221481323 },
  },
  shrink: {
    apply: (x, bias, lambd) => (x < -lambd ? x + bias : x > lambd ? x - bias : 0),
    each: { add: 3 },
    parameters: { bias: 0, lambd: 0.5 },
  },
  sigmoid: { apply: sigmoid, each: sigmoidCost },
  sign: { apply: Math.sign, each: { add: 2 } },
  /** Also known as SiLU, where alpha is 1. */
  swish: {
    apply: (x, alpha) => x * sigmoid(alpha * x),
    each: { ...sigmoidCost, multiply: 2 },
    parameters: { alpha: 1 },
  },
  sin: { apply: Math.sin, each: root },
  sinh: { apply: Math.sinh, each: { exponential: 1, add: 1, multiply: 1, divide: 1 } },
  softplus: { apply: softplus, each: softplusCost },
  softsign: { apply: (x) => x / (1 + Math.abs(x)), each: { add: 2, divide: 1 } },
  sqrt: { apply: Math.sqrt, each: root },
  square: { apply: (x) => x * x, each: { multiply: 1 } },
  tan: { apply: Math.tan, each: root },
  tanh: { apply: Math.tanh, each: tanhCost },
  'thresholded-relu': {
    apply: (x, alpha) => (x > alpha ? x : 0),
    each: compare,
    parameters: { alpha: 1 },
  },
} as const satisfies Readonly<Record<string, UnaryFunction>>;

export type UnaryName = keyof typeof unaryFunctions;

export interface UnaryAttributes {
  readonly function: UnaryName;
  /** In the order of the function's own; those left out at the end have their defaults. */
  readonly parameters?: readonly number[];
}

/** Input: x. Result: the function of each element, of x's type unless it is a test. */
const unary = operator<UnaryAttributes>({
  arity: [1, 1],
  infer(attributes, inputs) {
    const { shape, type } = given(inputs);
    return [{ shape, type: functionOf(attributes).result ?? type }];
  },
  forward(attributes, inputs, [result]) {
    const { values } = given(inputs);
    const { apply, parameters = {} } = functionOf(attributes);
    const [a = Number.NaN, b = Number.NaN] = Object.values(parameters).map(
      (unless, at) => attributes.parameters?.[at] ?? unless,
    );
    return [valuesOf(given([result ?? null]), (at) => apply(values[at] as number, a, b))];
  },
  demand(attributes, inputs) {
    const count = sizeOf(given(inputs).shape);
    return streamOf(count, count, operationsEach(count, functionOf(attributes).each));
  },
});

function functionOf(attributes: UnaryAttributes): UnaryFunction {
  return unaryFunctions[attributes.function];
}

export const unaryOperators = { unary } as const;
