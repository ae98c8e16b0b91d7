// ONNX Runtime's fused operators of floats (domain com.microsoft), which its optimiser and its
// model builders write.

import type { UnaryName } from '../../../operators/unary.js';
import { sizeOf } from '../../../tensor.js';
import { Blocked, type Emit, type Operation, type Rows } from '../operation.js';
import { convolve } from './convolutions.js';
import { sum } from './elementwise.js';
import { embed } from './moves.js';
import { product } from './products.js';

/** The function behind a fused layer, by ONNX's name of it. */
function activated(input: string, name: string, parameters: readonly number[], emit: Emit): string {
  const functions: Readonly<Record<string, UnaryName>> = {
    Sigmoid: 'sigmoid',
    Tanh: 'tanh',
    LeakyRelu: 'leaky-relu',
    HardSigmoid: 'hard-sigmoid',
    Clip: 'clip',
    Gelu: 'gelu',
    HardSwish: 'hard-swish',
  };
  if (name === 'Relu') return emit({ kind: 'relu', activation: 'relu' }, [input]);
  const unary = functions[name];
  if (!unary) throw new Blocked(`activation ${name.slice(0, 20)}`);
  return emit(
    { kind: 'unary', function: unary, ...(parameters.length > 0 ? { parameters } : {}) },
    [input],
  );
}

function fusedConv(op: Operation): void {
  const activation = op.text('activation', '');
  const parameters = op.floats('activation_params') ?? [];
  const parts = { input: op.input(0), filters: op.input(1), bias: op.optional(2) };
  const isLast = activation === '' && !op.has(3);
  let made = convolve(op, parts, isLast ? op.result : op.named);
  if (op.has(3)) made = sum(op, [made, op.input(3)], activation === '' ? op.result : op.step);
  if (activation !== '') activated(made, activation, parameters, op.result);
}

function fusedGemm(op: Operation): void {
  const activation = op.text('activation', '');
  const [transposeLeft, transposeRight] = [op.flag('transA'), op.flag('transB')];
  const beta = op.float('beta', 1);
  let bias = op.optional(2);
  if (bias !== '' && beta !== 1)
    bias = op.binary('multiply', bias, op.scalar(beta, op.typeOf(bias).type));
  const parameters = [
    op.float('activation_alpha', Number.NaN),
    op.float('activation_beta', Number.NaN),
  ];
  const options = {
    transposeLeft,
    transposeRight,
    alpha: op.float('alpha', 1),
    bias,
    emit: op.named,
  };
  const made = product(op, op.input(0), op.input(1), options);
  activated(
    made,
    activation,
    parameters.filter((each) => !Number.isNaN(each)),
    op.result,
  );
}

function fusedMatMul(op: Operation): void {
  if (op.flag('transBatchA') || op.flag('transBatchB')) throw new Blocked('transposed batches');
  const options = {
    transposeLeft: op.flag('transA'),
    transposeRight: op.flag('transB'),
    alpha: op.float('alpha', 1),
  };
  product(op, op.input(0), op.input(1), options);
}

const biasedUnary = (name: UnaryName) => (op: Operation) => {
  const input = op.has(1) ? op.binary('add', op.input(0), op.input(1)) : op.input(0);
  op.result({ kind: 'unary', function: name }, [input]);
};

/** What is normalised is the sum of a block's input and its result; both may be asked for. */
const skipNorm = (kind: 'layer-norm' | 'rms-norm') => (op: Operation) => {
  const isLayer = kind === 'layer-norm';
  const [shift, bias] = isLayer ? [op.optional(3), op.optional(4)] : ['', op.optional(3)];
  if (op.wants(1) || op.wants(2)) throw new Blocked('statistics of a training');
  const [x, skip] = [op.input(0), op.input(1)];
  const isLast = bias === '';
  const emit = op.wants(3) && isLast ? op.resultAt(3) : op.step;
  let total = sum(op, [x, skip], emit);
  if (!isLast) total = op.binary('add', total, bias, op.wants(3) ? op.resultAt(3) : op.step);
  const epsilon = op.float('epsilon', isLayer ? 1e-12 : 1e-6);
  op.result({ kind, axis: -1, epsilon }, [total, op.input(2), ...(isLayer ? [shift] : [])]);
};

/** Rows of up to three tables, added and normalised. */
function embedNorm(op: Operation): void {
  const { shape } = op.type(0);
  const [batch = 1, steps = 1] = shape;
  op.ignore('mask_index_type');
  const lookUp = (table: number, indices: string) => {
    const name = op.input(table);
    const isTable = op.builder.isConstant(name) && !op.builder.isConstant(indices);
    return isTable
      ? embed(op, name, indices, op.step)
      : op.step({ kind: 'gather', axis: 0 }, [name, indices]);
  };
  const words = lookUp(2, op.input(0));
  const places = op.has(8)
    ? op.input(8)
    : op.constant(
        Float64Array.from({ length: steps }, (_, at) => at),
        [1, steps],
        'int64',
      );
  let total = op.binary('add', words, lookUp(3, places));
  if (op.has(1) && op.has(4)) total = op.binary('add', total, lookUp(4, op.input(1)));
  op.result({ kind: 'layer-norm', axis: -1, epsilon: op.float('epsilon', 1e-12) }, [
    total,
    op.input(5),
    op.input(6),
  ]);
  if (op.wants(1)) {
    if (op.has(7)) {
      const counted = op.cast(op.input(7), 'int32');
      op.resultAt(1)({ kind: 'reduce', function: 'sum', axes: [1], keep: false }, [counted]);
    } else op.answer(new Int32Array(batch), [batch], 'int32', 1);
  }
  if (op.wants(2)) op.pass(total, 2);
}

/** Channels last, with a function behind it. */
function groupNorm(op: Operation): void {
  const { shape } = op.type(0);
  const isLast = op.flag('channels_last', true) && shape.length === 4;
  const attributes = { groups: op.int('groups', 1), epsilon: op.float('epsilon', 1e-5) };
  const isSilu = op.flag('activation');
  const front = isLast ? op.transpose(op.input(0), [0, 3, 1, 2]) : op.input(0);
  const none = !isLast && !isSilu;
  let made = (none ? op.result : op.named)({ kind: 'group-norm', ...attributes }, [
    front,
    op.input(1),
    op.input(2),
  ]);
  if (isSilu) made = (isLast ? op.step : op.result)({ kind: 'unary', function: 'swish' }, [made]);
  if (isLast) op.transpose(made, [0, 2, 3, 1], op.result);
}

function quickGelu(op: Operation): void {
  op.result({ kind: 'unary', function: 'quick-gelu', parameters: [op.float('alpha', 1.702)] }, [
    op.input(0),
  ]);
}

/** x · Φ(y), of the two halves of the last axis. */
function biasSplitGelu(op: Operation): void {
  const shifted = op.binary('add', op.input(0), op.input(1));
  const { shape } = op.typeOf(shifted);
  const half = (shape.at(-1) as number) / 2;
  const [left = '', right = ''] = op.steps(
    { kind: 'split', axis: -1, sizes: [half, half] },
    [shifted],
    2,
  );
  op.binary('multiply', left, op.step({ kind: 'unary', function: 'gelu' }, [right]), op.result);
}

function biasAdd(op: Operation): void {
  op.binary('add', op.binary('add', op.input(0), op.input(1)), op.input(2), op.result);
}

function expandDims(op: Operation): void {
  const { shape } = op.type(0);
  const axis = op.axis(op.number(1, 'an axis'), shape.length + 1);
  op.room([sizeOf(shape)]);
  op.reshape(op.input(0), shape.toSpliced(axis, 0, 1), op.result);
}

export const microsoftRows: Rows = {
  FusedConv: fusedConv,
  FusedGemm: fusedGemm,
  FusedMatMul: fusedMatMul,
  TransposeMatMul: fusedMatMul,
  Gelu: biasedUnary('gelu'),
  BiasGelu: biasedUnary('gelu'),
  FastGelu: biasedUnary('gelu-tanh'),
  QuickGelu: quickGelu,
  BiasSplitGelu: biasSplitGelu,
  BiasAdd: biasAdd,
  SkipLayerNormalization: skipNorm('layer-norm'),
  SkipSimplifiedLayerNormalization: skipNorm('rms-norm'),
  EmbedLayerNormalization: embedNorm,
  GroupNorm: groupNorm,
  ExpandDims: expandDims,
};
