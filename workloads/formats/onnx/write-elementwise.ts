// Functions of one and of two elements. Those that ONNX lacks are written by the operators that it
// has.

import { type BinaryName, binaryFunctions } from '../../operators/binary.js';
import { integerRange } from '../../operators/elements.js';
import { type UnaryName, unaryFunctions } from '../../operators/unary.js';
import { type ElementType, elementTypes } from '../../tensor.js';
import type { Emit, Page, WritersOf } from './write-page.js';
import { dataTypes } from './write-tensors.js';

type WriteUnary = (page: Page, x: string, parameters: readonly number[]) => void;

/** An operator of the same meaning whose attributes are the parameters. */
const unary =
  (opType: string, ...attributes: readonly string[]): WriteUnary =>
  (page, x, parameters) => {
    const entries = attributes.map(
      (name, at) => [name, { float: parameters[at] as number }] as const,
    );
    page.result(opType, [x], Object.fromEntries(entries));
  };
const since =
  (opset: number, write: WriteUnary): WriteUnary =>
  (page, x, parameters) => {
    page.need(opset);
    write(page, x, parameters);
  };
const one = (page: Page) => page.scalar(1, page.type().type, 'one');
/** x times the sigmoid of alpha x. */
const swish: WriteUnary = (page, x, [alpha = 1]) => {
  const scaled =
    alpha === 1
      ? x
      : page.step('scaled', 'Mul', [x, page.scalar(alpha, page.type().type, 'alpha')]);
  page.result('Mul', [x, page.step('sigmoid', 'Sigmoid', [scaled])]);
};

const unaries: { readonly [Name in UnaryName]: WriteUnary } = {
  abs: unary('Abs'),
  acos: unary('Acos'),
  acosh: unary('Acosh'),
  asin: unary('Asin'),
  asinh: unary('Asinh'),
  atan: unary('Atan'),
  atanh: unary('Atanh'),
  'bitwise-not': since(18, unary('BitwiseNot')),
  ceil: unary('Ceil'),
  celu: unary('Celu', 'alpha'),
  clip(page, x, [min = -Infinity, max = Infinity]) {
    const { type } = page.type();
    const bound = (value: number, part: string) =>
      Number.isFinite(value) ? page.scalar(value, type, part) : '';
    page.result('Clip', [x, bound(min, 'min'), bound(max, 'max')]);
  },
  cos: unary('Cos'),
  cosh: unary('Cosh'),
  elu: unary('Elu', 'alpha'),
  erf: unary('Erf'),
  exp: unary('Exp'),
  expm1: (page, x) => void page.result('Sub', [page.core('power', 'Exp', [x]), one(page)]),
  floor: unary('Floor'),
  gelu: since(20, unary('Gelu')),
  'gelu-tanh': since(20, (page, x) => void page.result('Gelu', [x], { approximate: 'tanh' })),
  'hard-sigmoid': unary('HardSigmoid', 'alpha', 'beta'),
  'hard-swish': unary('HardSwish'),
  'is-inf': (page, x, [negative = 1, positive = 1]) =>
    void page.result('IsInf', [x], { detect_negative: negative, detect_positive: positive }),
  'is-nan': unary('IsNaN'),
  'leaky-relu': unary('LeakyRelu', 'alpha'),
  log: unary('Log'),
  log1p: (page, x) => void page.result('Log', [page.step('above', 'Add', [x, one(page)])]),
  'log-sigmoid': (page, x) =>
    void page.result('Neg', [
      page.core('softplus', 'Softplus', [page.step('opposite', 'Neg', [x])]),
    ]),
  mish: since(18, unary('Mish')),
  neg: unary('Neg'),
  not(page, x) {
    const { type } = page.type();
    if (type === 'bool') page.result('Not', [x]);
    else page.result('Equal', [x, page.scalar(0, type, 'zero')]);
  },
  'quick-gelu': swish,
  reciprocal: unary('Reciprocal'),
  relu: unary('Relu'),
  round: unary('Round'),
  rsqrt: (page, x) => void page.result('Reciprocal', [page.core('root', 'Sqrt', [x])]),
  selu: unary('Selu', 'alpha', 'gamma'),
  shrink: unary('Shrink', 'bias', 'lambd'),
  sigmoid: unary('Sigmoid'),
  sign: unary('Sign'),
  swish,
  sin: unary('Sin'),
  sinh: unary('Sinh'),
  softplus: unary('Softplus'),
  softsign: unary('Softsign'),
  sqrt: unary('Sqrt'),
  square: (page, x) => void page.result('Mul', [x, x]),
  tan: unary('Tan'),
  tanh: unary('Tanh'),
  'thresholded-relu': unary('ThresholdedRelu', 'alpha'),
};

type WriteBinary = (page: Page, left: string, right: string) => void;

const binary =
  (opType: string): WriteBinary =>
  (page, left, right) =>
    void page.result(opType, [left, right]);
/** Of truths, which other elements become first. */
const logical =
  (opType: string): WriteBinary =>
  (page, left, right) => {
    const truth = (tensor: string, at: 0 | 1) => page.cast(tensor, page.type(at).type, 'bool');
    page.result(opType, [truth(left, 0), truth(right, 1)]);
  };
const bitwise =
  (opType: string): WriteBinary =>
  (page, left, right) => {
    page.need(18);
    page.result(opType, [left, right]);
  };
const shift =
  (direction: 'LEFT' | 'RIGHT'): WriteBinary =>
  (page, left, right) => {
    const { type } = page.type();
    if (!type.startsWith('uint'))
      throw page.fault(`a shift of ${type} elements`, 'unsigned ones, as ONNX has them');
    page.result('BitShift', [left, right], { direction });
  };
const isFloat = (page: Page) => elementTypes[page.type().type].isFloat;
const modulo = (page: Page, left: string, right: string, emit: Emit) => {
  if (!isFloat(page)) return emit('Mod', [left, right]);
  const times = page.step('times', 'Floor', [page.step('quotient', 'Div', [left, right])]);
  return emit('Sub', [left, page.step('whole', 'Mul', [times, right])]);
};
const zero = (page: Page) => page.scalar(0, page.type().type, 'zero');

const binaries: { readonly [Name in BinaryName]: WriteBinary } = {
  add: binary('Add'),
  subtract: binary('Sub'),
  multiply: binary('Mul'),
  divide: binary('Div'),
  'divide-no-nan'(page, left, right) {
    const isZero = page.step('is-zero', 'Equal', [right, zero(page)]);
    page.result('Where', [isZero, zero(page), page.core('quotient', 'Div', [left, right])]);
  },
  'floor-divide'(page, left, right) {
    if (isFloat(page)) page.result('Floor', [page.core('quotient', 'Div', [left, right])]);
    else {
      const rest = modulo(page, left, right, page.emitStep('rest'));
      page.result('Div', [page.step('whole', 'Sub', [left, rest]), right]);
    }
  },
  power: binary('Pow'),
  minimum: binary('Min'),
  maximum: binary('Max'),
  modulo: (page, left, right) => void modulo(page, left, right, page.result),
  remainder: (page, left, right) => void page.result('Mod', [left, right], { fmod: 1 }),
  'squared-difference'(page, left, right) {
    const difference = page.core('difference', 'Sub', [left, right]);
    page.result('Mul', [difference, difference]);
  },
  /** Of the quotient's arctangent, half a turn on where x (the right operand) is below zero. */
  atan2(page, left, right) {
    const { type } = page.type();
    const isZero = page.step('is-zero', 'Equal', [left, zero(page)]);
    const quotient = page.step('quotient', 'Div', [left, right]);
    const angle = page.core('angle', 'Atan', [
      page.step('slope', 'Where', [isZero, zero(page), quotient]),
    ]);
    const isBelow = page.step('is-below', 'Less', [left, zero(page)]);
    const turn = page.step('turn', 'Where', [
      isBelow,
      page.scalar(-Math.PI, type),
      page.scalar(Math.PI, type),
    ]);
    const isLeft = page.step('is-left', 'Less', [right, zero(page)]);
    page.result('Add', [angle, page.step('half', 'Where', [isLeft, turn, zero(page)])]);
  },
  equal: binary('Equal'),
  'not-equal': (page, left, right) =>
    void page.result('Not', [page.core('equal', 'Equal', [left, right])]),
  greater: binary('Greater'),
  less: binary('Less'),
  'greater-or-equal': binary('GreaterOrEqual'),
  'less-or-equal': binary('LessOrEqual'),
  and: logical('And'),
  or: logical('Or'),
  xor: logical('Xor'),
  'bitwise-and': bitwise('BitwiseAnd'),
  'bitwise-or': bitwise('BitwiseOr'),
  'bitwise-xor': bitwise('BitwiseXor'),
  'shift-left': shift('LEFT'),
  'shift-right': shift('RIGHT'),
  prelu: binary('PRelu'),
};

/** What saturates when it is cast. */
function bounded(page: Page, from: ElementType, to: ElementType): string {
  const [min, max] = integerRange(to);
  const [lowest, highest] = elementTypes[from].isFloat ? [-Infinity, Infinity] : integerRange(from);
  const bounds = [
    page.scalar(Math.max(min, lowest), from, 'min'),
    page.scalar(Math.min(max, highest), from, 'max'),
  ];
  return page.step('bounded', 'Clip', [page.input(), ...bounds]);
}

export const elementwiseWriters: WritersOf<'unary' | 'binary' | 'where' | 'cast' | 'relu' | 'add'> =
  {
    unary(page, layer) {
      const row = unaryFunctions[layer.function];
      const defaults = 'parameters' in row ? Object.values(row.parameters) : [];
      const parameters = defaults.map((unless, at) => layer.parameters?.[at] ?? unless);
      unaries[layer.function](page, page.input(), parameters);
    },
    binary(page, layer) {
      const isTest = 'result' in binaryFunctions[layer.function];
      const [left, right] = [page.input(0), page.input(1)];
      // Truths are compared as numbers.
      const isOrder = isTest && /greater|less/.test(layer.function) && page.type().type === 'bool';
      if (!isOrder) binaries[layer.function](page, left, right);
      else
        binaries[layer.function](
          page,
          page.cast(left, 'bool', 'int32'),
          page.cast(right, 'bool', 'int32'),
        );
    },
    where(page) {
      const condition = page.cast(page.input(0), page.type(0).type, 'bool');
      page.result('Where', [condition, page.input(1), page.input(2)]);
    },
    cast(page, { to, saturate = false }) {
      const { type } = page.type();
      const isBound =
        saturate && !elementTypes[to].isFloat && to !== 'bool' && elementTypes[to].bits <= 32;
      page.result('Cast', [isBound ? bounded(page, type, to) : page.input()], {
        to: dataTypes[to],
      });
    },
    relu: (page, { activation }) => void page.relu(activation, page.input()),
    add(page, { activation }) {
      const emit = page.clamped(activation);
      if (elementTypes[page.type().type].isFloat) {
        // Sum takes any number of inputs, Add two.
        emit('Sum', page.inputs);
        return;
      }
      const [first = '', ...others] = page.inputs;
      if (others.length === 0) emit('Identity', [first]);
      others.reduce(
        (sum, other, at) =>
          (at === others.length - 1 ? emit : page.emitStep('sum'))('Add', [sum, other]),
        first,
      );
    },
  };
