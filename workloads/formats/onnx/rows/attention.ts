// ONNX's own attention and rotary embeddings, since operator set 23.

import { elementTypes } from '../../../tensor.js';
import type { Operation, Rows } from '../operation.js';
import {
  addedBias,
  anglesAt,
  attend,
  biasWhere,
  joinHeads,
  rotated,
  splitHeads,
  windowBias,
  withPast,
} from './attend.js';

function attention(op: Operation): void {
  const isFlat = op.shape(0).length === 3;
  const [queryHeads, keyHeads] = [op.int('q_num_heads', 0), op.int('kv_num_heads', 0)];
  const heads = (at: number, count: number) =>
    isFlat ? splitHeads(op, op.input(at), count) : op.input(at);
  const queries = heads(0, queryHeads);
  const keys = withPast(op, op.optional(4), heads(1, keyHeads));
  const values = withPast(op, op.optional(5), heads(2, keyHeads));
  const width = op.shapeOf(queries)[3] as number;
  op.ignore('softmax_precision');
  const bias = biasOf(op, op.shapeOf(queries)[2] as number, op.shapeOf(keys)[2] as number);
  const made = attend(op, {
    ...{ queries, keys, values, bias, softcap: op.float('softcap', 0) },
    ...{ scale: op.float('scale', 0) || 1 / Math.sqrt(width), guards: op.has(3) || op.has(6) },
  });
  if (isFlat) joinHeads(op, made.result, op.result);
  else op.pass(made.result);
  if (op.wants(1)) op.pass(keys, 1);
  if (op.wants(2)) op.pass(values, 2);
  const mode = op.int('qk_matmul_output_mode', 0);
  if (op.wants(3))
    op.pass([made.scores, made.capped, made.biased, made.shares][mode] ?? made.scores, 3);
}

function biasOf(op: Operation, steps: number, positions: number): string {
  const { type } = op.type(0);
  const isCausal = op.flag('is_causal');
  const left = op.int('left_window_size', -1);
  const own = op.int('right_window_size', -1);
  const past = op.has(4) ? (op.shape(4)[2] as number) : 0;
  const right = isCausal ? (own < 0 ? 0 : Math.min(own, 0)) : own;
  const isBound = left >= 0 || right >= 0;
  const biases: string[] = [];
  if (op.has(3)) biases.push(maskBias(op, op.input(3), positions));
  if (op.has(6)) {
    const count = op.reshape(op.cast(op.input(6), 'int64'), [op.shape(6)[0] ?? 1, 1, 1, 1]);
    const places = op.constant(
      Float64Array.from({ length: positions }, (_, at) => at),
      [positions],
      'int64',
    );
    biases.push(biasWhere(op, op.binary('less', places, count)));
    if (isBound) biases.push(...movingBounds(op, count, steps, positions, left, right));
  } else if (isBound) biases.push(windowBias(op, { steps, positions, offset: past, left, right }));
  const sum = addedBias(op, ...biases);
  return sum === '' || op.typeOf(sum).type === type ? sum : op.cast(sum, type);
}

/**
 * Bounds that move with the number of positions that are filled: j − i lies within count − steps
 * and what is left of it.
 */
function movingBounds(
  op: Operation,
  count: string,
  steps: number,
  positions: number,
  left: number,
  right: number,
): readonly string[] {
  const ahead = Float64Array.from(
    { length: steps * positions },
    (_, at) => (at % positions) - Math.floor(at / positions),
  );
  const distance = op.constant(ahead, [steps, positions], 'int64');
  const offset = op.binary('subtract', count, op.scalar(steps, 'int64'));
  const moved = op.binary('subtract', distance, offset);
  return [
    ...(right >= 0
      ? [biasWhere(op, op.binary('less-or-equal', moved, op.scalar(right, 'int64')))]
      : []),
    ...(left >= 0
      ? [biasWhere(op, op.binary('greater-or-equal', moved, op.scalar(-left, 'int64')))]
      : []),
  ];
}

/** A mask may end before the last position, which nobody then looks at. */
function maskBias(op: Operation, mask: string, positions: number): string {
  const { shape, type } = op.typeOf(mask);
  const bias = elementTypes[type].isFloat ? mask : biasWhere(op, mask);
  const missing = positions - (shape.at(-1) ?? positions);
  if (missing <= 0 || shape.at(-1) === 1) return bias;
  const pads = [
    ...shape.map(() => 0),
    ...shape.map((_, axis) => (axis === shape.length - 1 ? missing : 0)),
  ];
  return op.step({ kind: 'pad', mode: 'constant', pads, value: Number.NEGATIVE_INFINITY }, [bias]);
}

function rotaryEmbedding(op: Operation): void {
  const { shape } = op.type(0);
  const isFlat = shape.length === 3;
  const [batch = 1, steps = 1, all = 1] = shape;
  const heads = op.int('num_heads', 0);
  const x = isFlat ? op.reshape(op.input(0), [batch, steps, heads, all / heads]) : op.input(0);
  const axis = isFlat ? 2 : 1;
  const [cosines, sines] = [1, 2].map((at) => anglesAt(op, op.input(at), op.optional(3), axis)) as [
    string,
    string,
  ];
  const attributes = {
    cosines,
    sines,
    interleaved: op.flag('interleaved'),
    width: op.int('rotary_embedding_dim', 0),
  };
  const result = rotated(op, x, attributes, isFlat ? op.step : op.result);
  if (isFlat) op.reshape(result, shape, op.result);
}

export const attentionRows: Rows = { Attention: attention, RotaryEmbedding: rotaryEmbedding };
