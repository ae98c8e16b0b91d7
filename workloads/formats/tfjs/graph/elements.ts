// Functions of single elements, reductions and softmax.

import type { BinaryName } from '../../../operators/binary.js';
import type { ReductionName } from '../../../operators/reduce.js';
import type { UnaryName } from '../../../operators/unary.js';
import { elementTypes, roomFor } from '../../../tensor.js';
import { binary, cast, relu, sum, unary, where } from '../emit/elements.js';
import { constantValues, frontAxis, step } from '../emit/use.js';
import { globalPool } from '../emit/windows.js';
import { withoutAxes } from '../permutation.js';
import type { Handle } from '../tensors.js';
import { flagOf, type NodeUse, numberAt, numberOf, numbersAt, type Row, typeOf } from './node.js';

const function1 =
  (name: UnaryName, parameters?: (use: NodeUse) => readonly number[]): Row =>
  (use) =>
    unary(use, use.input(0), name, parameters?.(use));

const function2 =
  (name: BinaryName): Row =>
  (use) =>
    binary(use, name, use.input(0), use.input(1));

const same: Row = (use) => use.input(0);

const unaryNames: Readonly<Record<string, UnaryName>> = {
  ...{
    Abs: 'abs',
    Acos: 'acos',
    Acosh: 'acosh',
    Asin: 'asin',
    Asinh: 'asinh',
    Atan: 'atan',
    Atanh: 'atanh',
  },
  ...{
    Ceil: 'ceil',
    Cos: 'cos',
    Cosh: 'cosh',
    Elu: 'elu',
    Erf: 'erf',
    Exp: 'exp',
    Expm1: 'expm1',
    Floor: 'floor',
  },
  ...{
    Inv: 'reciprocal',
    IsNan: 'is-nan',
    IsInf: 'is-inf',
    Log: 'log',
    Log1p: 'log1p',
    LogicalNot: 'not',
    Neg: 'neg',
  },
  ...{
    Reciprocal: 'reciprocal',
    Rint: 'round',
    Round: 'round',
    Rsqrt: 'rsqrt',
    Selu: 'selu',
    Sigmoid: 'sigmoid',
  },
  ...{
    Sign: 'sign',
    Sin: 'sin',
    Sinh: 'sinh',
    Softplus: 'softplus',
    Softsign: 'softsign',
    Sqrt: 'sqrt',
  },
  ...{ Square: 'square', Tan: 'tan', Tanh: 'tanh' },
};

const binaryNames: Readonly<Record<string, BinaryName>> = {
  ...{
    Add: 'add',
    AddV2: 'add',
    BiasAdd: 'add',
    Sub: 'subtract',
    Mul: 'multiply',
    RealDiv: 'divide',
  },
  ...{
    DivNoNan: 'divide-no-nan',
    FloorDiv: 'floor-divide',
    FloorMod: 'modulo',
    Mod: 'remainder',
    Pow: 'power',
  },
  ...{
    Maximum: 'maximum',
    Minimum: 'minimum',
    SquaredDifference: 'squared-difference',
    Atan2: 'atan2',
  },
  ...{
    Equal: 'equal',
    NotEqual: 'not-equal',
    Greater: 'greater',
    GreaterEqual: 'greater-or-equal',
    Less: 'less',
  },
  ...{ LessEqual: 'less-or-equal', LogicalAnd: 'and', LogicalOr: 'or', LogicalXor: 'xor' },
  ...{ BitwiseAnd: 'bitwise-and', BitwiseOr: 'bitwise-or', BitwiseXor: 'bitwise-xor' },
};

const reductionNames: Readonly<Record<string, ReductionName>> = {
  ...{ Sum: 'sum', Max: 'max', Min: 'min', Prod: 'product', EuclideanNorm: 'l2' },
};

function reduced(use: NodeUse, name: ReductionName): Handle {
  const { tensors } = use;
  const input = use.input(0);
  const rank = input.shape.length;
  const axes = numbersAt(use, 1, 'axes').map((axis) => frontAxis(use, axis, rank));
  const keep = flagOf(use, 'keep_dims');
  if (axes.length === 0) return input;
  const isWhole = rank === 4 && [...axes].sort().join() === '1,2';
  if (isWhole && (name === 'mean' || name === 'max') && elementTypes[input.type].isFloat) {
    const pooled = globalPool(use, input, name === 'mean' ? 'average' : 'max');
    return keep
      ? pooled
      : tensors.reshape(pooled, [input.shape[0] as number, input.shape[3] as number], use.name);
  }
  const order = tensors.best([input], rank);
  const inputs = [tensors.in(input, order)];
  const within = axes.map((axis) => order.indexOf(axis)).sort((a, b) => a - b);
  const made = tensors.add({
    kind: 'reduce',
    name: use.name,
    inputs,
    function: name,
    axes: within,
    keep,
  });
  return tensors.made(made, keep ? order : withoutAxes(order, axes));
}

/** Whether any or all elements are true: the greatest or the least of them. */
const logical =
  (name: 'max' | 'min'): Row =>
  (use) => {
    const whole = {
      ...use,
      input: (at: number) =>
        at === 0 ? cast(step(use, 'whole'), use.input(0), 'int32') : use.input(at),
    };
    return cast(use, reduced({ ...whole, name: `${use.name}/${name}` }, name), 'bool');
  };

/** TensorFlow.js has whole numbers of 32 bits alone. */
function place(use: NodeUse, name: 'max' | 'min'): Handle {
  const { tensors } = use;
  const input = use.input(0);
  const axis = frontAxis(use, use.count > 1 ? numberAt(use, 1, 'an axis') : 0, input.shape.length);
  const order = tensors.best([input], input.shape.length);
  const inputs = [tensors.in(input, order)];
  const at = order.indexOf(axis);
  const made = tensors.add({
    kind: 'arg',
    name: `${use.name}/place`,
    inputs,
    function: name,
    axis: at,
    keep: false,
    last: false,
  });
  return cast(use, tensors.made(made, withoutAxes(order, [axis])), 'int32');
}

function softmax(use: NodeUse, log: boolean): Handle {
  const { tensors, name } = use;
  const input = use.input(0);
  const rank = input.shape.length;
  const order = tensors.best([input], rank);
  const axis = order.indexOf(rank - 1);
  const inputs = [tensors.in(input, order)];
  const made = tensors.add({
    kind: 'softmax',
    name,
    inputs,
    ...(axis === 1 ? {} : { axis }),
    ...(log ? { log } : {}),
  });
  return tensors.made(made, order);
}

function running(use: NodeUse, kind: 'cumulative-sum' | 'cumulative-product'): Handle {
  const { tensors, name } = use;
  const input = use.input(0);
  const axis = frontAxis(use, numberAt(use, 1, 'an axis'), input.shape.length);
  const order = tensors.best([input], input.shape.length);
  const inputs = [tensors.in(input, order)];
  const flags = { exclusive: flagOf(use, 'exclusive'), reverse: flagOf(use, 'reverse') };
  return tensors.made(
    tensors.add({ kind, name, inputs, axis: order.indexOf(axis), ...flags }),
    order,
  );
}

function clipped(use: NodeUse): Handle {
  const bounds = [1, 2].map((at) => numberAt(use, at, 'a bound'));
  if (bounds.join() === '0,6') return relu(use, use.input(0), 'relu6');
  return unary(use, use.input(0), 'clip', bounds);
}

/** A condition of one axis chooses whole rows. */
function select(use: NodeUse): Handle {
  const [condition, yes, no] = [use.input(0), use.input(1), use.input(2)];
  const rank = yes.shape.length;
  const isRows = use.node.op === 'Select' && condition.shape.length === 1 && rank > 1;
  const wide = [...condition.shape, ...new Array<number>(Math.max(0, rank - 1)).fill(1)];
  return where(use, isRows ? use.tensors.reshape(condition, wide) : condition, yes, no);
}

/** The places of what is true in a constant. */
function places(use: NodeUse): Handle {
  const condition = use.input(0);
  const values = constantValues(use, condition, 'a condition');
  const { shape } = condition;
  const found = values.flatMap((value, at) => (value === 0 ? [] : [at]));
  const type = { shape: [found.length, shape.length], type: 'int32' } as const;
  const room = roomFor(type);
  for (const [row, at] of found.entries()) {
    let rest = at;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const extent = shape[axis] as number;
      room[row * shape.length + axis] = rest % extent;
      rest = Math.floor(rest / extent);
    }
  }
  return use.tensors.constant(use.name, { ...type, values: room });
}

const rowsOf = <Name>(names: Readonly<Record<string, Name>>, row: (name: Name) => Row) =>
  Object.fromEntries(Object.entries(names).map(([op, name]) => [op, row(name)]));

export const elementRows: Readonly<Record<string, Row>> = {
  ...rowsOf(unaryNames, function1),
  ...rowsOf(binaryNames, function2),
  ...rowsOf(reductionNames, (name) => (use) => reduced(use, name)),
  Mean: (use) => reduced(use, 'mean'),
  All: logical('min'),
  Any: logical('max'),
  ArgMax: (use) => place(use, 'max'),
  ArgMin: (use) => place(use, 'min'),
  Cumsum: (use) => running(use, 'cumulative-sum'),
  Cumprod: (use) => running(use, 'cumulative-product'),
  AddN: (use) => sum(use, use.inputs()),
  Div: (use) =>
    binary(
      use,
      elementTypes[use.input(0).type].isFloat ? 'divide' : 'floor-divide',
      use.input(0),
      use.input(1),
    ),
  Relu: (use) => relu(use, use.input(0), 'relu'),
  Relu6: (use) => relu(use, use.input(0), 'relu6'),
  LeakyRelu: function1('leaky-relu', (use) => [numberOf(use, 'alpha', 0.2)]),
  Prelu: function2('prelu'),
  ClipByValue: clipped,
  Softmax: (use) => softmax(use, false),
  LogSoftmax: (use) => softmax(use, true),
  Select: select,
  SelectV2: select,
  Where: places,
  Cast: (use) => cast(use, use.input(0), typeOf(use, 'DstT', 'float32')),
  OnesLike: (use) => filledLike(use, 1),
  ZerosLike: (use) => filledLike(use, 0),
  Identity: same,
  IdentityN: (use) => use.inputs(),
  StopGradient: same,
  PreventGradient: same,
  Snapshot: same,
  EnsureShape: same,
  PlaceholderWithDefault: same,
  FakeQuantWithMinMaxVars: same,
  CheckNumerics: same,
};

function filledLike(use: NodeUse, value: number): Handle {
  const { shape, type } = use.input(0);
  const values = roomFor({ shape, type }).fill(value);
  return use.tensors.constant(use.name, { shape, type, values });
}
