// Attention as ONNX Runtime's own operators have it.

import { sizeOf } from '../../../tensor.js';
import { Blocked, type Operation, type Rows } from '../operation.js';
import {
  addedBias,
  anglesAt,
  attend,
  biasWhere,
  isBoolean,
  joinHeads,
  rotated,
  splitHeads,
  windowBias,
  withPast,
} from './attend.js';
import { product } from './products.js';

interface Lengths {
  readonly batch: number;
  readonly steps: number;
  readonly positions: number;
}

/**
 * Where keys are padding: [batch] of lengths, [batch, positions], [batch, steps, positions] or
 * [batch, 1, …] of whether they count.
 */
function paddingBias(op: Operation, mask: string, { batch, steps, positions }: Lengths): string {
  const filter = op.float('mask_filter_value', -10000);
  if (mask === '') return '';
  const { shape } = op.typeOf(mask);
  if (shape.length === 1 && shape[0] === batch) {
    const places = op.constant(
      Float64Array.from({ length: positions }, (_, at) => at),
      [positions],
      'int64',
    );
    const lengths = op.reshape(op.cast(mask, 'int64'), [batch, 1, 1, 1]);
    return biasWhere(op, op.binary('less', places, lengths), filter);
  }
  const last = shape.at(-1) ?? 0;
  if (shape.length === 1 || last < positions) throw new Blocked(`a mask of ${shape.join('×')}`);
  const target = {
    2: [shape[0] as number, 1, 1, last],
    3: [shape[0] as number, 1, shape[1] as number, last],
    4: [shape[0] as number, 1, shape[2] as number, last],
  }[shape.length];
  if (!target) throw new Blocked(`a mask of ${shape.join('×')}`);
  let bias = isBoolean(op, mask) ? biasWhere(op, mask, filter) : mask;
  bias = op.reshape(bias, target);
  // A square mask of more than there is: its last rows, its first columns.
  if (last > positions || (target[2] as number) > steps) {
    const rows = target[2] as number;
    const starts = [rows === 1 ? 0 : rows - steps, 0];
    bias = op.step(
      { kind: 'slice', starts, ends: [rows, positions], axes: [2, 3], steps: [1, 1] },
      [bias],
    );
  }
  return bias;
}

function attention(op: Operation): void {
  const heads = op.int('num_heads', 1);
  const sizes = op.ints('qkv_hidden_sizes');
  if (op.flag('do_rotary')) throw new Blocked('rotary embeddings within');
  const [batch = 1, steps = 1] = op.shape(0);
  const whole = op.shape(1)[1] as number;
  const parts = sizes ?? [whole / 3, whole / 3, whole / 3];
  const all = product(op, op.input(0), op.input(1), { bias: op.optional(2), emit: op.named });
  const [queries, keys, values] = op
    .steps({ kind: 'split', axis: 2, sizes: parts }, [all], 3)
    .map((part) => splitHeads(op, part, heads)) as [string, string, string];
  op.ignore('past_present_share_buffer', 'rotary_embedding_dim');
  const past = op.has(4) ? pastOf(op, op.input(4)) : ['', ''];
  const [allKeys, allValues] = [
    withPast(op, past[0] as string, keys),
    withPast(op, past[1] as string, values),
  ];
  const positions = op.shapeOf(allKeys)[2] as number;
  const causal = op.flag('unidirectional')
    ? windowBias(op, { steps, positions, offset: positions - steps, left: -1, right: 0 })
    : '';
  const bias = addedBias(
    op,
    paddingBias(op, op.optional(3), { batch, steps, positions }),
    causal,
    op.optional(5),
  );
  const width = op.shapeOf(queries)[3] as number;
  const scale = op.float('scale', 0) || 1 / Math.sqrt(width);
  const made = attend(op, { queries, keys: allKeys, values: allValues, scale, bias });
  joinHeads(op, made.result, op.result);
  if (!op.wants(1)) return;
  const present = [allKeys, allValues].map((tensor) =>
    op.reshape(tensor, [1, ...op.shapeOf(tensor)]),
  );
  op.resultAt(1)({ kind: 'concat', axis: 0 }, present);
}

function pastOf(op: Operation, past: string): readonly string[] {
  const [, ...rest] = op.shapeOf(past);
  return op
    .steps({ kind: 'split', axis: 0, sizes: [1, 1] }, [past], 2)
    .map((part) => op.reshape(part, rest));
}

/** Queries, keys and values [batch, heads, steps, width], in one tensor, two or three. */
function headsOf(op: Operation, heads: number): readonly [string, string, string] {
  const { shape } = op.type(0);
  if (shape.length === 5) return unpacked(op, op.input(0), 3) as [string, string, string];
  let [query, key, value] = [op.input(0), op.input(1), op.optional(2)];
  if (op.has(3)) [query, key, value] = biased(op, query, key, value);
  const queries = splitHeads(op, query, heads);
  if (op.shapeOf(key).length === 5) return [queries, ...(unpacked(op, key, 2) as [string, string])];
  const split = (tensor: string) =>
    op.shapeOf(tensor).length === 4 ? tensor : splitHeads(op, tensor, heads);
  return [queries, split(key), split(value)];
}

/** [batch, steps, heads, parts, width]. */
function unpacked(op: Operation, packed: string, parts: number): readonly string[] {
  const [batch = 1, steps = 1, heads = 1, , width = 1] = op.shapeOf(packed);
  const sizes = new Array<number>(parts).fill(1);
  return op
    .steps({ kind: 'split', axis: 3, sizes }, [packed], parts)
    .map((part) => op.transpose(op.reshape(part, [batch, steps, heads, width]), [0, 2, 1, 3]));
}

function biased(
  op: Operation,
  query: string,
  key: string,
  value: string,
): [string, string, string] {
  const widths = [query, key, value].map((tensor) => op.shapeOf(tensor));
  if (widths.some((shape) => shape.length !== 3))
    throw new Blocked('a bias of tensors that are split already');
  const sizes = widths.map((shape) => shape[2] as number);
  const parts = op.steps({ kind: 'split', axis: 0, sizes }, [op.input(3)], 3);
  return [query, key, value].map((tensor, at) => op.binary('add', tensor, parts[at] as string)) as [
    string,
    string,
    string,
  ];
}

function multiHeadAttention(op: Operation): void {
  const heads = op.int('num_heads', 1);
  const [queries, keys, values] = headsOf(op, heads);
  const [allKeys, allValues] = [
    withPast(op, op.optional(6), keys),
    withPast(op, op.optional(7), values),
  ];
  const [batch = 1, , steps = 1, width = 1] = op.shapeOf(queries);
  const positions = op.shapeOf(allKeys)[2] as number;
  const causal = op.flag('unidirectional')
    ? windowBias(op, { steps, positions, offset: positions - steps, left: -1, right: 0 })
    : '';
  const bias = addedBias(
    op,
    paddingBias(op, op.optional(4), { batch, steps, positions }),
    causal,
    op.optional(5),
  );
  const scale = op.float('scale', 0) || 1 / Math.sqrt(width);
  const made = attend(op, { queries, keys: allKeys, values: allValues, scale, bias });
  joinHeads(op, made.result, op.result);
  if (op.wants(1)) op.pass(allKeys, 1);
  if (op.wants(2)) op.pass(allValues, 2);
}

/** Every position is filled: as long as the past is, and the steps of now. */
function groupQueryAttention(op: Operation): void {
  const [heads, groups] = [op.int('num_heads', 1), op.int('kv_num_heads', 1)];
  const [batch = 1, steps = 1, all = 1] = op.shape(0);
  let [query, key, value] = [op.input(0), op.optional(1), op.optional(2)];
  if (key === '') {
    const width = all / (heads + 2 * groups);
    const sizes = [heads * width, groups * width, groups * width];
    [query, key, value] = op.steps({ kind: 'split', axis: 2, sizes }, [query], 3) as [
      string,
      string,
      string,
    ];
  }
  const past = op.has(3) ? (op.shape(3)[2] as number) : 0;
  let [queries, keys] = [splitHeads(op, query, heads), splitHeads(op, key, groups)];
  if (op.flag('do_rotary')) {
    const places = Float64Array.from({ length: steps }, (_, at) => past + at);
    const positions = op.has(9) ? op.input(9) : op.constant(places, [1, steps], 'int64');
    const [cosines, sines] = [7, 8].map((at) => anglesAt(op, op.input(at), positions, 1)) as [
      string,
      string,
    ];
    const width = 2 * (op.shapeOf(cosines).at(-1) as number);
    const rotation = { cosines, sines, interleaved: op.flag('rotary_interleaved'), width };
    [queries, keys] = [
      rotated(op, queries, rotation, op.step),
      rotated(op, keys, rotation, op.step),
    ];
  }
  const allKeys = withPast(op, op.optional(3), keys);
  const allValues = withPast(op, op.optional(4), splitHeads(op, value, groups));
  const positions = op.shapeOf(allKeys)[2] as number;
  const window = op.int('local_window_size', -1);
  const left = window > 0 ? window - 1 : -1;
  const causal = windowBias(op, { steps, positions, offset: positions - steps, left, right: 0 });
  op.ignore('smooth_softmax', 'k_quant_type', 'v_quant_type', 'kv_cache_bit_width', 'qk_output');
  if (op.flag('smooth_softmax')) throw new Blocked('a smooth softmax');
  const scale = op.float('scale', 0) || 1 / Math.sqrt(op.shapeOf(queries)[3] as number);
  const softcap = op.float('softcap', 0);
  const bias = addedBias(op, causal, op.optional(10));
  const made = attend(op, { queries, keys: allKeys, values: allValues, scale, softcap, bias });
  op.room([batch, steps, sizeOf(op.shapeOf(made.result)) / (batch * steps)]);
  joinHeads(op, made.result, op.result);
  if (op.wants(1)) op.pass(allKeys, 1);
  if (op.wants(2)) op.pass(allValues, 2);
}

function rotaryEmbedding(op: Operation): void {
  const { shape } = op.type(0);
  if (op.flag('is_packed_batching') || op.float('scale', 1) !== 1)
    throw new Blocked('packed batches');
  const isFlat = shape.length === 3;
  const [batch = 1, steps = 1, all = 1] = shape;
  const turned = op.int('rotary_embedding_dim', 0);
  const heads = op.int('num_heads', 0) || all / (2 * (op.shape(2)[1] as number));
  const x = isFlat ? op.reshape(op.input(0), [batch, steps, heads, all / heads]) : op.input(0);
  const length = isFlat ? steps : (shape[2] as number);
  let positions = op.input(1);
  // One number: the position of the first step.
  if (sizeOf(op.shape(1)) === 1) {
    const places = op.constant(
      Float64Array.from({ length }, (_, at) => at),
      [1, length],
      'int64',
    );
    positions = op.binary('add', places, op.reshape(op.cast(positions, 'int64'), [1, 1]));
  }
  const axis = isFlat ? 2 : 1;
  const [cosines, sines] = [2, 3].map((at) => anglesAt(op, op.input(at), positions, axis)) as [
    string,
    string,
  ];
  const rotation = { cosines, sines, interleaved: op.flag('interleaved'), width: turned };
  const result = rotated(op, x, rotation, isFlat ? op.step : op.result);
  if (isFlat) op.reshape(result, shape, op.result);
}

export const microsoftAttentionRows: Rows = {
  Attention: attention,
  MultiHeadAttention: multiHeadAttention,
  GroupQueryAttention: groupQueryAttention,
  RotaryEmbedding: rotaryEmbedding,
};
