// Operators that no row of the operator table does, whose results have a shape that follows from
// their inputs.

import { nonMaxSuppression } from '../../../operators/dynamic.js';
import type { ElementType, Shape } from '../../../tensor.js';
import { Blocked, type Operation, type Row, type Rows } from '../operation.js';

/** An opaque result of this shape; of the first input's type unless told. */
const shaped =
  (shapeOf: (op: Operation) => Shape, type?: ElementType, ...ignored: readonly string[]): Row =>
  (op) => {
    op.ignore(...ignored);
    op.opaque([{ shape: shapeOf(op), type: type ?? op.type(0).type }]);
  };

/** Of constants those that it selects; else as many boxes as there can be. */
function selected(op: Operation): void {
  const isCentered = op.flag('center_point_box');
  const known = op.inputs.map((name) => (name === '' ? null : op.builder.valuesOf(name)));
  if (known.every((tensor, at) => tensor !== null || !op.has(at))) {
    const [found] = nonMaxSuppression(known, { isCentered });
    if (found) op.answer(found.values, found.shape, 'int64');
    return;
  }
  const [images = 1, boxes = 1] = op.shape(0);
  const [, classes = 1] = op.shape(1);
  const max = op.has(2) ? op.number(2, 'a number of boxes') : 0;
  if (max <= 0) throw new Blocked('as many boxes as it selects');
  op.host.note(`${op.name}: as many boxes as ${op.node.opType} can select`);
  op.opaque([{ shape: [images * classes * Math.min(max, boxes), 3], type: 'int64' }]);
}

/** A state beside the result. */
function withState(op: Operation, result: Shape, state: Shape): void {
  op.opaque([
    { shape: result, type: op.type(0).type },
    ...(op.wants(1) ? [{ shape: state, type: op.type(0).type }] : []),
  ]);
}

export const opaqueRows: Rows = {
  Det: shaped((op) => op.shape(0).slice(0, -2)),
  MaxRoiPool: shaped(
    (op) => [op.shape(1)[0] ?? 1, op.shape(0)[1] ?? 1, ...(op.ints('pooled_shape') ?? [])],
    undefined,
    'spatial_scale',
  ),
  NonMaxSuppression: selected,
  BitCast: (op) => {
    throw new Blocked(`bits of ${op.type(0).type} as another type`);
  },
  CausalConvWithState(op) {
    op.ignore('activation');
    const [batch = 1, channels = 1] = op.shape(0);
    withState(op, op.shape(0), [batch, channels, (op.shape(1).at(-1) ?? 1) - 1]);
  },
  LinearAttention(op) {
    op.ignore('chunk_size', 'scale', 'update_rule');
    const heads = op.int('kv_num_heads', 1);
    const [batch = 1, steps = 1, width = 1] = op.shape(0);
    const queries = op.int('q_num_heads', heads);
    const values = (op.shape(2).at(-1) ?? 1) / heads;
    withState(op, [batch, steps, queries * values], [batch, heads, width / queries, values]);
  },
  TfIdfVectorizer(op) {
    op.ignore('mode', 'ngram_counts', 'weights', 'pool_int64s', 'pool_strings', 'max_skip_count');
    op.ignore('min_gram_length', 'max_gram_length');
    const indexes = op.ints('ngram_indexes') ?? [];
    const width = indexes.reduce((max, index) => Math.max(max, index + 1), 0);
    op.opaque([{ shape: [...op.shape(0).slice(0, -1), width], type: 'float32' }]);
  },
};
