// Functions of two elements, a choice between two, and the change of an element's type.

import { type Operations, operationsEach, streamOf } from '../demand.js';
import { type ElementType, elementTypes, sizeOf, type Tensor, type TensorType } from '../tensor.js';
import { commonShape, elementsOf, expand, requireBroadcast } from './axes.js';
import { integerRange, valuesOf } from './elements.js';
import { given, type NoAttributes, operator } from './operator.js';

interface BinaryFunction {
  /** Of two elements. What integers cannot hold of it wraps, fractions are cut off. */
  readonly apply: (left: number, right: number) => number;
  /** The same for integers of at most 32 bits, where `apply` would lose bits or time. */
  readonly integer?: (left: number, right: number) => number;
  readonly each: Partial<Operations>;
  readonly result?: 'bool';
  /** Whether the second operand may be of another type. */
  readonly mixed?: true;
  /** Whether the second operand alone broadcasts. */
  readonly shaped?: true;
}

const one = { add: 1 };
const test = (apply: (left: number, right: number) => boolean): BinaryFunction => ({
  apply: (left, right) => (apply(left, right) ? 1 : 0),
  each: one,
  result: 'bool',
});
/** 64-bit integers have bits that no number operator of JavaScript reaches. */
const bits = (
  integer: (left: number, right: number) => number,
  wide: (left: bigint, right: bigint) => bigint,
): BinaryFunction => ({
  apply: (left, right) => Number(wide(BigInt(left), BigInt(right))),
  integer,
  each: one,
});

/** Ends at 0 where an integer is divided by 0. */
const modulo = (left: number, right: number) => {
  const rest = left % right;
  return rest !== 0 && rest < 0 !== right < 0 ? rest + right : rest;
};

export const binaryFunctions = {
  add: { apply: (left, right) => left + right, each: one },
  subtract: { apply: (left, right) => left - right, each: one },
  multiply: { apply: (left, right) => left * right, integer: Math.imul, each: { multiply: 1 } },
  divide: { apply: (left, right) => left / right, each: { divide: 1 } },
  'divide-no-nan': {
    apply: (left, right) => (right === 0 ? 0 : left / right),
    each: { add: 1, divide: 1 },
  },
  'floor-divide': { apply: (left, right) => Math.floor(left / right), each: { add: 1, divide: 1 } },
  power: { apply: (left, right) => left ** right, each: { exponential: 1 }, mixed: true },
  minimum: { apply: (left, right) => Math.min(left, right), each: one },
  maximum: { apply: (left, right) => Math.max(left, right), each: one },
  /** The rest has the divisor's sign. */
  modulo: { apply: modulo, each: { add: 2, multiply: 1, divide: 1 } },
  /** The rest has the dividend's sign. */
  remainder: { apply: (left, right) => left % right, each: { add: 1, multiply: 1, divide: 1 } },
  'squared-difference': {
    apply: (left, right) => (left - right) ** 2,
    each: { add: 1, multiply: 1 },
  },
  atan2: { apply: Math.atan2, each: { exponential: 1 } },
  equal: test((left, right) => left === right),
  'not-equal': test((left, right) => left !== right),
  greater: test((left, right) => left > right),
  less: test((left, right) => left < right),
  'greater-or-equal': test((left, right) => left >= right),
  'less-or-equal': test((left, right) => left <= right),
  and: test((left, right) => left !== 0 && right !== 0),
  or: test((left, right) => left !== 0 || right !== 0),
  xor: test((left, right) => (left !== 0) !== (right !== 0)),
  'bitwise-and': bits(
    (left, right) => left & right,
    (left, right) => left & right,
  ),
  'bitwise-or': bits(
    (left, right) => left | right,
    (left, right) => left | right,
  ),
  'bitwise-xor': bits(
    (left, right) => left ^ right,
    (left, right) => left ^ right,
  ),
  /** By less than nothing is by more than there are bits: only the sign is left. */
  'shift-left': {
    apply: (left, right) => (right < 0 ? 0 : (left * 2 ** right) % 2 ** 64),
    each: one,
  },
  'shift-right': {
    apply: (left, right) => (right < 0 ? -Number(left < 0) : Math.floor(left / 2 ** right)) + 0,
    each: one,
  },
  /** The second operand is the slope of negative elements. */
  prelu: {
    apply: (left, right) => (left < 0 ? left * right : left),
    each: { add: 1, multiply: 1 },
    shaped: true,
  },
} as const satisfies Readonly<Record<string, BinaryFunction>>;

export type BinaryName = keyof typeof binaryFunctions;

export interface BinaryAttributes {
  readonly function: BinaryName;
}

/** Inputs: left, right, broadcast to each other. Result: of left's type, or bool of a test. */
const binary = operator<BinaryAttributes>({
  arity: [2, 2],
  infer(attributes, inputs, fault) {
    const [left, right] = [given(inputs, 0), given(inputs, 1)];
    const { result, mixed, shaped } = functionOf(attributes);
    if (!mixed && left.type !== right.type)
      throw fault(`${left.type} and ${right.type}`, 'operands of one type');
    if (shaped) requireBroadcast('a second operand', right, left.shape, fault);
    return [{ shape: commonShape([left, right], fault), type: result ?? left.type }];
  },
  forward(attributes, inputs, results) {
    const result = given(results);
    const [left, right] = [given(inputs, 0), given(inputs, 1)];
    const { apply, integer } = functionOf(attributes);
    const { isFloat, bits: width } = elementTypes[left.type];
    const each = integer && !isFloat && width <= 32 ? integer : apply;
    const [a, b] = [broadcast(left, result), broadcast(right, result)];
    return [valuesOf(result, (at) => each(a[at] as number, b[at] as number))];
  },
  demand(attributes, inputs, results) {
    const count = elementsOf(results);
    return streamOf(elementsOf(inputs), count, operationsEach(count, functionOf(attributes).each));
  },
});

function functionOf(attributes: BinaryAttributes): BinaryFunction {
  return binaryFunctions[attributes.function];
}

function broadcast(operand: Tensor, result: TensorType) {
  return expand(operand.values, operand.shape, result.shape);
}

export type WhereAttributes = NoAttributes;

/** Inputs: condition, what is taken where it holds, what is taken elsewhere; all broadcast. */
const where = operator<WhereAttributes>({
  arity: [3, 3],
  infer(_attributes, inputs, fault) {
    const operands = [given(inputs, 0), given(inputs, 1), given(inputs, 2)] as const;
    const [, yes, no] = operands;
    if (yes.type !== no.type) throw fault(`${yes.type} and ${no.type}`, 'two choices of one type');
    return [{ shape: commonShape(operands, fault), type: yes.type }];
  },
  forward(_attributes, inputs, results) {
    const result = given(results);
    const condition = broadcast(given(inputs, 0), result);
    const [yes, no] = [broadcast(given(inputs, 1), result), broadcast(given(inputs, 2), result)];
    return [valuesOf(result, (at) => (condition[at] === 0 ? no[at] : yes[at]) as number)];
  },
  demand(_attributes, inputs, results) {
    const count = elementsOf(results);
    return streamOf(elementsOf(inputs), count, operationsEach(count, one));
  },
});

export interface CastAttributes {
  readonly to: ElementType;
  /**
   * Whether integers stop at the least and the most value of their type, where they wrap unless
   * told.
   */
  readonly saturate?: boolean;
}

/** Input: x. Towards integers fractions are cut off; bool is 1 for all that is not 0. */
const cast = operator<CastAttributes>({
  arity: [1, 1],
  infer: ({ to }, inputs) => [{ shape: given(inputs).shape, type: to }],
  forward({ to, saturate = false }, inputs, results) {
    const { values } = given(inputs);
    if (!saturate || elementTypes[to].isFloat || to === 'bool') {
      return [valuesOf(given(results), (at) => values[at] as number)];
    }
    const [min, max] = integerRange(to);
    return [valuesOf(given(results), (at) => Math.min(Math.max(values[at] as number, min), max))];
  },
  demand(_attributes, inputs) {
    const count = sizeOf(given(inputs).shape);
    return streamOf(count, count, operationsEach(count, one));
  },
});

export const elementwiseOperators = { binary, where, cast } as const;
