// Reductions, positions of extremes, running sums, the largest few.

import type { ReductionName } from '../../../operators/reduce.js';
import type { Operation, Row, Rows } from '../operation.js';
import { axesOf } from './moves.js';

const reduce =
  (name: ReductionName): Row =>
  (op) => {
    const written = axesOf(op);
    const [keep, isNoop] = [op.flag('keepdims', true), op.flag('noop_with_empty_axes')];
    const isEmpty = !written || written.length === 0;
    const axes = isEmpty && !isNoop ? null : (written ?? []);
    op.result({ kind: 'reduce', function: name, axes, keep }, [op.input(0)]);
  };

const arg =
  (name: 'max' | 'min'): Row =>
  (op) => {
    const attributes = {
      axis: op.int('axis', 0),
      keep: op.flag('keepdims', true),
      last: op.flag('select_last_index'),
    };
    op.result({ kind: 'arg', function: name, ...attributes }, [op.input(0)]);
  };

const cumulative =
  (kind: 'cumulative-sum' | 'cumulative-product'): Row =>
  (op) => {
    const axis = op.number(1, 'an axis');
    op.result({ kind, axis, exclusive: op.flag('exclusive'), reverse: op.flag('reverse') }, [
      op.input(0),
    ]);
  };

function topK(op: Operation): void {
  const k = op.opset < 10 ? op.int('k', 1) : op.number(1, 'a number of results');
  const attributes = {
    k,
    axis: op.int('axis', -1),
    largest: op.flag('largest', true),
    sorted: op.flag('sorted', true),
  };
  op.results({ kind: 'top-k', ...attributes }, [op.input(0)]);
}

export const reductionRows: Rows = {
  ReduceL1: reduce('l1'),
  ReduceL2: reduce('l2'),
  ReduceLogSum: reduce('log-sum'),
  ReduceLogSumExp: reduce('log-sum-exp'),
  ReduceMax: reduce('max'),
  ReduceMean: reduce('mean'),
  ReduceMin: reduce('min'),
  ReduceProd: reduce('product'),
  ReduceSum: reduce('sum'),
  ReduceSumSquare: reduce('sum-square'),
  ArgMax: arg('max'),
  ArgMin: arg('min'),
  CumSum: cumulative('cumulative-sum'),
  CumProd: cumulative('cumulative-product'),
  TopK: topK,
};
