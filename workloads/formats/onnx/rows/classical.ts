// Operators of classical machine learning (domain ai.onnx.ml): linear models and what stands before
// them; trees are opaque.

import { sizeOf } from '../../../tensor.js';
import { Blocked, type Emit, type Operation, type Rows } from '../operation.js';

function asFloat(op: Operation, at = 0): string {
  return op.cast(op.input(at), 'float32');
}

/** (x − offset) · scale. */
function scaler(op: Operation): void {
  const [offset, scale] = [op.floats('offset') ?? [0], op.floats('scale') ?? [1]];
  const moved = op.binary('subtract', asFloat(op), op.constant(offset));
  op.binary('multiply', moved, op.constant(scale), op.result);
}

function postTransformed(op: Operation, input: string, emit: Emit): string {
  const name = op.text('post_transform', 'NONE');
  if (name === 'SOFTMAX') return emit({ kind: 'softmax', axis: 1 }, [input]);
  if (name === 'LOGISTIC') return emit({ kind: 'unary', function: 'sigmoid' }, [input]);
  if (name !== 'NONE') throw new Blocked(`post_transform ${name.slice(0, 20)}`);
  return op.reshape(input, op.shapeOf(input), emit);
}

/** Coefficients [targets × features]. */
function linear(op: Operation, outputs: number): string {
  const coefficients = op.floats('coefficients') ?? [];
  const intercepts = op.floats('intercepts') ?? [];
  const columns = sizeOf(op.shape(0).slice(1));
  if (coefficients.length !== outputs * columns)
    throw op.fault(`${coefficients.length} coefficients`, `${outputs * columns}`);
  const store = {
    format: 'dense',
    rows: outputs,
    columns,
    values: Float32Array.from(coefficients),
  } as const;
  const bias = intercepts.length > 0 ? Float32Array.from(intercepts) : null;
  const layer = {
    kind: 'dense',
    outputs,
    bias: bias !== null,
    activation: 'none',
    axis: 1,
  } as const;
  return op.named(layer, [asFloat(op)], { store, bias });
}

/** Results: labels, where they are numbers from 0 on, and scores. */
function linearClassifier(op: Operation): void {
  const labels = op.ints('classlabels_ints');
  if (!labels?.every((label, at) => label === at))
    throw new Blocked('labels that are no numbers from 0 on');
  op.ignore('multi_class', 'classlabels_strings');
  const scores = linear(op, labels.length);
  op.result({ kind: 'arg', function: 'max', axis: 1, keep: false, last: false }, [scores]);
  if (op.wants(1)) postTransformed(op, scores, op.resultAt(1));
  else op.ignore('post_transform');
}

function normalizer(op: Operation): void {
  const norm = op.text('norm', 'MAX');
  if (norm === 'MAX') {
    const max = op.step({ kind: 'reduce', function: 'max', axes: [-1], keep: true }, [asFloat(op)]);
    op.binary('divide', asFloat(op), max, op.result);
  } else op.result({ kind: 'lp-norm', axis: -1, p: norm === 'L1' ? 1 : 2 }, [asFloat(op)]);
}

const trees = (op: Operation) => {
  for (const { name } of op.node.attribute) op.ignore(name);
  const rows = op.shape(0)[0] ?? 1;
  const labels = op.ints('class_ids') ?? [];
  const count = op.int('n_targets', new Set(labels).size || 1);
  const scores = { shape: [rows, count], type: 'float32' } as const;
  op.opaque(op.node.output.length > 1 ? [{ shape: [rows], type: 'int64' }, scores] : [scores]);
};

export const classicalRows: Rows = {
  Scaler: scaler,
  Normalizer: normalizer,
  LinearRegressor(op) {
    postTransformed(op, linear(op, op.int('targets', 1)), op.result);
  },
  LinearClassifier: linearClassifier,
  Binarizer(op) {
    const { type } = op.type(0);
    const above = op.binary('greater', op.input(0), op.scalar(op.float('threshold', 0), type));
    op.cast(above, type, op.result);
  },
  ArrayFeatureExtractor(op) {
    const places = op.reshape(op.input(1), [sizeOf(op.shape(1))]);
    const { shape } = op.type(0);
    const found = op.step({ kind: 'gather', axis: -1 }, [op.input(0), places]);
    const target = shape.length === 1 ? [1, sizeOf(op.shapeOf(found))] : op.shapeOf(found);
    op.reshape(found, target, op.result);
  },
  TreeEnsemble: trees,
  TreeEnsembleRegressor: trees,
  TreeEnsembleClassifier: trees,
};
