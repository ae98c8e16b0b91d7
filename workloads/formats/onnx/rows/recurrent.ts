// LSTM, GRU and RNN: layers with weights where theirs are constants.

import { type CellKind, gateCounts } from '../../../operators/cells.js';
import { type Gate, gateFunctions } from '../../../operators/gates.js';
import { type RecurrentAttributes, recurrentWeights } from '../../../operators/recurrent.js';
import type { Tensor } from '../../../tensor.js';
import { matrixOnDemand } from '../../../weights/on-demand.js';
import type { FileWeights } from '../../graph-builder.js';
import type { Operation, Rows } from '../operation.js';

/** ONNX's names of functions, in lower case. */
const gates: Readonly<Record<string, Gate['name']>> = {
  sigmoid: 'sigmoid',
  tanh: 'tanh',
  relu: 'relu',
  affine: 'affine',
  leakyrelu: 'leaky-relu',
  thresholdedrelu: 'thresholded-relu',
  scaledtanh: 'scaled-tanh',
  hardsigmoid: 'hard-sigmoid',
  elu: 'elu',
  softsign: 'softsign',
  softplus: 'softplus',
};

/**
 * Functions with an alpha, and those with a beta: ONNX lists only the numbers of those that have
 * one.
 */
const takesAlpha = new Set<Gate['name']>([
  'affine',
  'leaky-relu',
  'thresholded-relu',
  'scaled-tanh',
  'hard-sigmoid',
  'elu',
]);
const takesBeta = new Set<Gate['name']>(['affine', 'scaled-tanh', 'hard-sigmoid']);

const defaults: { readonly [Cell in CellKind]: readonly string[] } = {
  lstm: ['Sigmoid', 'Tanh', 'Tanh'],
  gru: ['Sigmoid', 'Tanh'],
  rnn: ['Tanh'],
};

function gatesOf(op: Operation, cell: CellKind, directions: number): readonly Gate[] {
  const each = defaults[cell];
  const written = op.texts('activations');
  const names =
    written && written.length > 0 ? written : Array.from({ length: directions }, () => each).flat();
  const [alphas, betas] = [
    [...(op.floats('activation_alpha') ?? [])],
    [...(op.floats('activation_beta') ?? [])],
  ];
  return names.slice(0, each.length * directions).map((written) => {
    const name = gates[written.toLowerCase()];
    if (!name || !Object.hasOwn(gateFunctions, name))
      throw op.fault(`activation ${written.slice(0, 20)}`, 'one of ONNX');
    const alpha = takesAlpha.has(name) ? alphas.shift() : undefined;
    const beta = takesBeta.has(name) ? betas.shift() : undefined;
    return {
      name,
      ...(alpha === undefined ? {} : { alpha }),
      ...(beta === undefined ? {} : { beta }),
    };
  });
}

/** W over the features, R over the state, B of both. @throws InputError where they don't fit. */
function requireMatrices(op: Operation, directions: number, rows: number, hidden: number): void {
  const features = op.shape(0)[2] ?? 0;
  const expected = [
    [directions, rows, features],
    [directions, rows, hidden],
    ...(op.has(3) ? [[directions, 2 * rows]] : []),
  ];
  for (const [at, shape] of expected.entries()) {
    const found = op.shape(at + 1);
    if (found.join() !== shape.join())
      throw op.fault(`weights of ${found.join('×')}`, shape.join('×'));
  }
}

function recurrent(op: Operation, cell: CellKind): void {
  const written = op.text('direction', 'forward');
  const direction = (['forward', 'reverse', 'bidirectional'] as const).find(
    (each) => each === written,
  );
  if (!direction)
    throw op.fault(`direction ${written.slice(0, 20)}`, 'forward, reverse or bidirectional');
  const directions = direction === 'bidirectional' ? 2 : 1;
  const hidden = op.int('hidden_size', op.shape(2)[2] ?? 0);
  requireMatrices(op, directions, gateCounts[cell] * hidden, hidden);
  const clip = op.float('clip', 0);
  op.ignore('output_sequence');
  const attributes: RecurrentAttributes = {
    ...{ cell, hidden, direction, activations: gatesOf(op, cell, directions), bias: op.has(3) },
    ...{ clip: clip === 0 ? null : clip, inputForget: cell === 'lstm' && op.flag('input_forget') },
    linearBeforeReset: cell === 'gru' && op.flag('linear_before_reset'),
    layout: op.int('layout', 0) === 1 ? 1 : 0,
  };
  // Inputs behind W, R and B: lengths, states, peephole weights.
  const more = cell === 'lstm' ? [4, 5, 6, 7] : [4, 5];
  const names = more.map((at) => op.optional(at));
  const isConstant = [1, 2, 3].every((at) => !op.has(at) || op.builder.isConstant(op.input(at)));
  if (!isConstant || op.builder.isConstant(op.input(0))) {
    op.results({ kind: 'recurrent-dynamic', ...attributes }, [
      op.input(0),
      op.input(1),
      op.input(2),
      op.optional(3),
      ...names,
    ]);
    return;
  }
  const [w, r, b] = [op.values(1), op.values(2), op.values(3)];
  if (!w || !r || (op.has(3) && !b)) {
    op.results({ kind: 'recurrent', ...attributes }, [op.input(0), ...names], null);
    return;
  }
  const weights = weightsOf(attributes, w, r, b);
  op.results({ kind: 'recurrent', ...attributes }, [op.input(0), ...names], weights);
}

function weightsOf(
  attributes: RecurrentAttributes,
  w: Tensor,
  r: Tensor,
  b: Tensor | null,
): NonNullable<FileWeights> {
  const made = () => recurrentWeights(attributes, w.values, r.values, b?.values ?? null);
  const { matrix, bias } = made();
  const rows = (w.shape[0] ?? 0) * (w.shape[1] ?? 0);
  const store = matrixOnDemand(rows, matrix.length / Math.max(1, rows), () => made().matrix);
  return { store, bias };
}

export const recurrentRows: Rows = {
  LSTM: (op) => recurrent(op, 'lstm'),
  GRU: (op) => recurrent(op, 'gru'),
  RNN: (op) => recurrent(op, 'rnn'),
};
