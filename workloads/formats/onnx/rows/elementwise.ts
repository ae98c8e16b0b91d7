// Functions of single elements and of elements that broadcast, choices, and changes of type.

import type { BinaryName } from '../../../operators/binary.js';
import type { UnaryName } from '../../../operators/unary.js';
import { type ElementType, elementTypes } from '../../../tensor.js';
import { Blocked, type Emit, type Operation, type Row, type Rows } from '../operation.js';
import { dataTypeName, elementTypeOf } from '../tensors.js';

type Parameter = readonly [attribute: string, otherwise: number];

/** The function's parameters are these attributes. */
function unary(name: UnaryName, ...parameters: readonly Parameter[]): Row {
  return (op) => {
    const values = parameters.map(([attribute, otherwise]) => op.float(attribute, otherwise));
    const attributes = values.length === 0 ? {} : { parameters: values };
    op.ignore('consumed_inputs');
    onImage(op, (input, emit) => emit({ kind: 'unary', function: name, ...attributes }, [input]));
  };
}

/**
 * An element-wise function of the first input: with a height of 1 where the tensor lies there like
 * that too.
 */
export function onImage(op: Operation, apply: (input: string, emit: Emit) => string): void {
  const input = op.input(0);
  const image = op.host.images.get(input);
  if (!image || op.builder.isConstant(input)) {
    apply(input, op.result);
    return;
  }
  op.host.images.set(op.output(0), apply(image, op.named));
  op.reshape(op.host.images.get(op.output(0)) as string, op.shapeOf(input), op.result);
}

/**
 * Both operands. Before operator set 7, the axes of the second one could stand for others than the
 * last.
 */
function operands(op: Operation): readonly [left: string, right: string] {
  const [left, right] = [op.input(0), op.input(1)];
  if (op.opset >= 7) return [left, right];
  op.ignore('broadcast', 'consumed_inputs');
  const axis = op.optionalInt('axis');
  const [rank, { shape }] = [op.shapeOf(left).length, op.typeOf(right)];
  if (axis === null || shape.length === 0) return [left, right];
  const behind = rank - op.axis(axis, rank) - shape.length;
  return [
    left,
    behind > 0 ? op.reshape(right, [...shape, ...new Array<number>(behind).fill(1)]) : right,
  ];
}

const binary =
  (name: BinaryName): Row =>
  (op) => {
    op.binary(name, ...operands(op), op.result);
  };

/** A sum of tensors of one shape can be the last step of a residual block; others broadcast. */
export function sum(op: Operation, tensors: readonly string[], emit: Emit): string {
  const [first = ''] = tensors;
  const { shape, type } = op.typeOf(first);
  const isAlike = tensors.every((tensor) => op.shapeOf(tensor).join() === shape.join());
  if (isAlike && elementTypes[type].isFloat && tensors.length > 1) {
    return emit({ kind: 'add', activation: 'none' }, tensors);
  }
  return chained(op, 'add', tensors, emit);
}

function chained(op: Operation, name: BinaryName, tensors: readonly string[], emit: Emit): string {
  const [first = '', ...others] = tensors;
  return others.reduce(
    (left, right, at) => op.binary(name, left, right, at === others.length - 1 ? emit : op.step),
    first,
  );
}

const variadic =
  (combine: (op: Operation, tensors: readonly string[], emit: Emit) => string): Row =>
  (op) => {
    op.ignore('consumed_inputs');
    const tensors = op.inputs.filter((name) => name !== '');
    if (tensors.length === 1) op.pass(op.input(0));
    else combine(op, tensors, op.result);
  };

function mean(op: Operation, tensors: readonly string[], emit: Emit): string {
  const total = sum(op, tensors, op.step);
  return op.binary('divide', total, op.scalar(tensors.length, op.typeOf(total).type), emit);
}

function relu(op: Operation): void {
  op.ignore('consumed_inputs');
  onImage(op, (input, emit) => emit({ kind: 'relu', activation: 'relu' }, [input]));
}

/** Bounds are attributes before operator set 11. */
function clip(op: Operation): void {
  op.ignore('consumed_inputs');
  const { type } = op.type(0);
  const isOld = op.opset < 11;
  const bound = (at: number, attribute: string, none: number) => {
    if (isOld) return op.float(attribute, none);
    return op.has(at) ? (op.values(at)?.values[0] ?? null) : none;
  };
  const [min, max] = [bound(1, 'min', -Infinity), bound(2, 'max', Infinity)];
  if (min === null || max === null) {
    const raised = op.has(1)
      ? op.binary('maximum', op.input(0), op.input(1), op.has(2) ? op.step : op.result)
      : op.input(0);
    if (op.has(2)) op.binary('minimum', raised, op.input(2), op.result);
    return;
  }
  // What is said where nothing is: the largest number that there is.
  const isOpen = max > 3.4e38;
  if (min === 0 && (max === 6 || isOpen) && elementTypes[type].isFloat) {
    const activation = isOpen ? 'relu' : 'relu6';
    onImage(op, (input, emit) => emit({ kind: 'relu', activation }, [input]));
    return;
  }
  onImage(op, (input, emit) =>
    emit({ kind: 'unary', function: 'clip', parameters: [min, max] }, [input]),
  );
}

function prelu(op: Operation): void {
  const [{ shape }, slope] = [op.type(0), op.type(1)];
  op.ignore('consumed_inputs');
  // One slope a channel, before operator set 7.
  const isOld =
    op.opset < 7 && slope.shape.length === 1 && slope.shape[0] !== 1 && shape.length > 2;
  const right = isOld
    ? op.reshape(op.input(1), [slope.shape[0] as number, ...shape.slice(2).map(() => 1)])
    : op.input(1);
  op.binary('prelu', op.input(0), right, op.result);
}

function castTo(op: Operation, to: ElementType): void {
  op.ignore('saturate', 'round_mode');
  if (op.type(0).type === to) op.pass(op.input(0));
  else op.cast(op.input(0), to, op.result);
}

/**
 * The element type that an attribute names. @throws Blocked for one that tensors here do not have.
 */
export function typeAttribute(op: Operation, name: string, otherwise: number): ElementType {
  const dataType = op.int(name, otherwise);
  const type = elementTypeOf(dataType);
  if (!type) throw new Blocked(`elements of ${dataTypeName(dataType)}`);
  return type;
}

function cast(op: Operation): void {
  const named: Readonly<Record<string, number>> = {
    FLOAT: 1,
    INT32: 6,
    INT64: 7,
    BOOL: 9,
    FLOAT16: 10,
    DOUBLE: 11,
  };
  // Operator set 1 to 5 wrote the type's name.
  const to =
    op.opset < 6 ? elementTypeOf(named[op.text('to', '')] ?? 0) : typeAttribute(op, 'to', 0);
  if (!to) throw new Blocked('an unknown type');
  castTo(op, to);
}

function gelu(op: Operation): void {
  const approximate = op.text('approximate', 'none');
  op.result({ kind: 'unary', function: approximate === 'tanh' ? 'gelu-tanh' : 'gelu' }, [
    op.input(0),
  ]);
}

function swiGlu(op: Operation): void {
  const gate = op.step({ kind: 'unary', function: 'swish', parameters: [op.float('alpha', 1)] }, [
    op.input(0),
  ]);
  op.binary('multiply', gate, op.input(1), op.result);
}

function isInf(op: Operation): void {
  const parameters = [op.int('detect_negative', 1), op.int('detect_positive', 1)];
  op.result({ kind: 'unary', function: 'is-inf', parameters }, [op.input(0)]);
}

/** At inference nothing changes; a mask says that everything is kept. */
export function dropout(op: Operation): void {
  op.ignore('ratio', 'seed', 'is_test', 'consumed_inputs');
  if (op.opset < 7 && op.int('is_test', 1) === 0)
    op.host.note(`${op.name}: dropout is not trained here`);
  if (op.has(2) && op.number(2, 'a mode') !== 0 && op.number(1, 'a ratio', 0.5) !== 0) {
    throw new Blocked('training');
  }
  if (op.wants(1)) {
    const one = op.scalar(1, op.opset >= 10 ? 'bool' : op.type(0).type);
    op.resultAt(1)({ kind: 'expand', shape: op.shape(0) }, [one]);
  }
  op.pass(op.input(0));
}

export const elementwiseRows: Rows = {
  Abs: unary('abs'),
  Acos: unary('acos'),
  Acosh: unary('acosh'),
  Asin: unary('asin'),
  Asinh: unary('asinh'),
  Atan: unary('atan'),
  Atanh: unary('atanh'),
  BitwiseNot: unary('bitwise-not'),
  Ceil: unary('ceil'),
  Celu: unary('celu', ['alpha', 1]),
  Cos: unary('cos'),
  Cosh: unary('cosh'),
  Elu: unary('elu', ['alpha', 1]),
  Erf: unary('erf'),
  Exp: unary('exp'),
  Floor: unary('floor'),
  Gelu: gelu,
  HardSigmoid: unary('hard-sigmoid', ['alpha', 0.2], ['beta', 0.5]),
  HardSwish: unary('hard-swish'),
  IsInf: isInf,
  IsNaN: unary('is-nan'),
  LeakyRelu: unary('leaky-relu', ['alpha', 0.01]),
  Log: unary('log'),
  Mish: unary('mish'),
  Neg: unary('neg'),
  Not: unary('not'),
  Reciprocal: unary('reciprocal'),
  Relu: relu,
  Round: unary('round'),
  Selu: unary('selu', ['alpha', 1.6732631921768188], ['gamma', 1.0507010221481323]),
  Shrink: unary('shrink', ['bias', 0], ['lambd', 0.5]),
  Sigmoid: unary('sigmoid'),
  Sign: unary('sign'),
  Sin: unary('sin'),
  Sinh: unary('sinh'),
  Softplus: unary('softplus'),
  Softsign: unary('softsign'),
  Sqrt: unary('sqrt'),
  Swish: unary('swish', ['alpha', 1]),
  Tan: unary('tan'),
  Tanh: unary('tanh'),
  ThresholdedRelu: unary('thresholded-relu', ['alpha', 1]),
  Add(op) {
    sum(op, operands(op), op.result);
  },
  And: binary('and'),
  BitShift(op) {
    const isLeft = op.text('direction', '') === 'LEFT';
    op.binary(isLeft ? 'shift-left' : 'shift-right', op.input(0), op.input(1), op.result);
  },
  BitwiseAnd: binary('bitwise-and'),
  BitwiseOr: binary('bitwise-or'),
  BitwiseXor: binary('bitwise-xor'),
  Div: binary('divide'),
  Equal: binary('equal'),
  Greater: binary('greater'),
  GreaterOrEqual: binary('greater-or-equal'),
  Less: binary('less'),
  LessOrEqual: binary('less-or-equal'),
  Max: variadic((op, tensors, emit) => chained(op, 'maximum', tensors, emit)),
  Mean: variadic(mean),
  Min: variadic((op, tensors, emit) => chained(op, 'minimum', tensors, emit)),
  Mod(op) {
    op.binary(op.flag('fmod') ? 'remainder' : 'modulo', op.input(0), op.input(1), op.result);
  },
  Mul: binary('multiply'),
  Or: binary('or'),
  Pow: binary('power'),
  PRelu: prelu,
  Sub: binary('subtract'),
  Sum: variadic(sum),
  Xor: binary('xor'),
  Where(op) {
    op.result({ kind: 'where' }, [op.input(0), op.input(1), op.input(2)]);
  },
  Clip: clip,
  Cast: cast,
  CastLike(op) {
    castTo(op, op.type(1).type);
  },
  Dropout: dropout,
  Identity(op) {
    op.pass(op.input(0));
  },
  SwiGLU: swiGlu,
};
