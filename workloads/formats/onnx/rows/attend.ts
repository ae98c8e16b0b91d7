// Attention as products of matrices, a softmax between them: what all operators of that name are
// made of.

import { elementTypes, type Shape } from '../../../tensor.js';
import type { Emit, Operation } from '../operation.js';

/**
 * Tensors [batch, heads, steps, width]; keys and values may have fewer heads, which queries share
 * in turn.
 */
export interface Attended {
  readonly queries: string;
  readonly keys: string;
  readonly values: string;
  readonly scale: number;
  /** Scores end softly at plus and minus this; 0 for nowhere. */
  readonly softcap?: number;
  /**
   * What is added to the scores, as it broadcasts to [batch, heads, steps, positions]; '' for
   * nothing.
   */
  readonly bias?: string;
  /** Whether a step that may look nowhere has a result of 0. */
  readonly guards?: boolean;
}

export interface Attention {
  readonly result: string;
  readonly scores: string;
  readonly capped: string;
  readonly biased: string;
  readonly shares: string;
}

export function attend(op: Operation, attended: Attended): Attention {
  const { queries, keys, values, scale, softcap = 0, bias = '', guards = false } = attended;
  const [batch = 1, heads = 1, steps = 1, width = 1] = op.shapeOf(queries);
  const [, groups = 1, positions = 1] = op.shapeOf(keys);
  const { type } = op.typeOf(queries);
  const isShared = groups !== heads && groups > 0 && heads % groups === 0;
  // Heads that share keys are rows of one product.
  const inGroups = (tensor: string, last: number, own: boolean) =>
    isShared
      ? op.reshape(tensor, [
          batch,
          groups,
          ...(own ? [heads / groups, steps] : [1, positions]),
          last,
        ])
      : tensor;
  const product = op.step({ kind: 'matmul', transposeRight: true, alpha: scale }, [
    inGroups(queries, width, true),
    inGroups(keys, op.shapeOf(keys)[3] as number, false),
  ]);
  const all: Shape = [batch, heads, steps, positions];
  const scores = isShared ? op.reshape(product, all) : product;
  const capped = softcap > 0 ? softCapped(op, scores, softcap) : scores;
  const biased = bias === '' ? capped : op.binary('add', capped, op.cast(bias, type));
  let shares = op.step({ kind: 'softmax', axis: 3 }, [biased]);
  if (guards && bias !== '') shares = guarded(op, shares, bias);
  const last = op.shapeOf(values)[3] as number;
  const summed = op.step({ kind: 'matmul' }, [
    isShared ? op.reshape(shares, [batch, groups, heads / groups, steps, positions]) : shares,
    inGroups(values, last, false),
  ]);
  const result = isShared ? op.reshape(summed, [batch, heads, steps, last]) : summed;
  return { result, scores, capped, biased, shares };
}

function softCapped(op: Operation, scores: string, softcap: number): string {
  const { type } = op.typeOf(scores);
  const limit = op.scalar(softcap, type);
  const bent = op.step({ kind: 'unary', function: 'tanh' }, [op.binary('divide', scores, limit)]);
  return op.binary('multiply', bent, limit);
}

function guarded(op: Operation, shares: string, bias: string): string {
  const { type } = op.typeOf(bias);
  const max = op.step({ kind: 'reduce', function: 'max', axes: [-1], keep: true }, [bias]);
  const isNowhere = op.binary('equal', max, op.scalar(Number.NEGATIVE_INFINITY, type));
  return op.step({ kind: 'where' }, [isNowhere, op.scalar(0, op.typeOf(shares).type), shares]);
}

/** [batch, steps, heads · width] → [batch, heads, steps, width]. */
export function splitHeads(op: Operation, tensor: string, heads: number): string {
  const [batch = 1, steps = 1, all = 1] = op.shapeOf(tensor);
  if (!(heads >= 1 && all % heads === 0))
    throw op.fault(`${heads} heads of ${all} elements`, 'a divisor of them');
  return op.transpose(op.reshape(tensor, [batch, steps, heads, all / heads]), [0, 2, 1, 3]);
}

/** And back. */
export function joinHeads(op: Operation, tensor: string, emit: Emit): string {
  const [batch = 1, heads = 1, steps = 1, width = 1] = op.shapeOf(tensor);
  return op.reshape(op.transpose(tensor, [0, 2, 1, 3]), [batch, steps, heads * width], emit);
}

/**
 * Where a step may look: 0, and minus infinity elsewhere. Left and right of it as many positions;
 * −1 for all.
 */
export function windowBias(
  op: Operation,
  {
    steps,
    positions,
    offset,
    left,
    right,
  }: { readonly [Each in 'steps' | 'positions' | 'offset' | 'left' | 'right']: number },
): string {
  op.room([steps, positions]);
  const values = new Float32Array(steps * positions);
  for (let step = 0; step < steps; step++) {
    for (let position = 0; position < positions; position++) {
      const behind = step + offset - position;
      const isSeen = (left < 0 || behind <= left) && (right < 0 || -behind <= right);
      if (!isSeen) values[step * positions + position] = Number.NEGATIVE_INFINITY;
    }
  }
  return op.constant(values, [steps, positions]);
}

/** 0 where a condition holds, and `otherwise` elsewhere. */
export function biasWhere(
  op: Operation,
  condition: string,
  otherwise = Number.NEGATIVE_INFINITY,
): string {
  const held = op.typeOf(condition).type === 'bool' ? condition : op.cast(condition, 'bool');
  return op.step({ kind: 'where' }, [held, op.scalar(0), op.scalar(otherwise)]);
}

export function addedBias(op: Operation, ...biases: readonly string[]): string {
  const given = biases.filter((bias) => bias !== '');
  return given.length === 0
    ? ''
    : given.reduce((sum, bias) => op.binary('add', sum, op.cast(bias, op.typeOf(sum).type)));
}

/** The past in front of the present along the steps. */
export function withPast(op: Operation, past: string, present: string): string {
  if (past === '' || op.shapeOf(past)[2] === 0) return present;
  return op.step({ kind: 'concat', axis: 2 }, [past, present]);
}

export interface Rotation {
  /** Broadcast to x [.., .., .., width / 2]. */
  readonly cosines: string;
  readonly sines: string;
  readonly interleaved: boolean;
  /** Elements that turn; 0 for all. */
  readonly width: number;
}

/** Pairs of elements of the last axis turned by an angle each. */
export function rotated(
  op: Operation,
  x: string,
  { cosines, sines, interleaved, width }: Rotation,
  emit: Emit,
): string {
  const { shape, type } = op.typeOf(x);
  const whole = shape[3] as number;
  const turned = width > 0 ? width : whole;
  const half = turned / 2;
  if (!Number.isInteger(half) || turned > whole)
    throw op.fault(`${turned} of ${whole} elements that turn`, 'an even part');
  const [own = x, rest = ''] =
    turned < whole
      ? op.steps({ kind: 'split', axis: 3, sizes: [turned, whole - turned] }, [x], 2)
      : [x];
  const front = shape.slice(0, 3);
  const pairs = interleaved ? op.reshape(own, [...front, half, 2]) : own;
  const sizes = interleaved ? [1, 1] : [half, half];
  const parts = op.steps({ kind: 'split', axis: interleaved ? 4 : 3, sizes }, [pairs], 2);
  const [a, b] = parts.map((part) => (interleaved ? op.reshape(part, [...front, half]) : part)) as [
    string,
    string,
  ];
  const [cosine, sine] = [op.cast(cosines, type), op.cast(sines, type)];
  const real = op.binary(
    'subtract',
    op.binary('multiply', cosine, a),
    op.binary('multiply', sine, b),
  );
  const imaginary = op.binary(
    'add',
    op.binary('multiply', sine, a),
    op.binary('multiply', cosine, b),
  );
  const last = rest === '' ? emit : op.step;
  let result: string;
  if (interleaved) {
    const columns = [real, imaginary].map((part) => op.reshape(part, [...front, half, 1]));
    result = op.reshape(op.step({ kind: 'concat', axis: 4 }, columns), [...front, turned], last);
  } else result = last({ kind: 'concat', axis: 3 }, [real, imaginary]);
  return rest === '' ? result : emit({ kind: 'concat', axis: 3 }, [result, rest]);
}

/**
 * Rows of a table of cosines or sines for each step, as they broadcast along the heads at `axis`.
 */
export function anglesAt(op: Operation, table: string, positions: string, axis: 1 | 2): string {
  const found = positions === '' ? table : op.step({ kind: 'gather', axis: 0 }, [table, positions]);
  const { shape } = op.typeOf(found);
  const steps = shape.length === 2 ? [1, ...shape] : shape;
  return op.reshape(found, steps.toSpliced(axis, 0, 1));
}

export function isBoolean(op: Operation, tensor: string): boolean {
  return !elementTypes[op.typeOf(tensor).type].isFloat;
}
