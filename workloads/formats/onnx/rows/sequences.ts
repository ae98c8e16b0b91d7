// Sequences of tensors, which are resolved while reading: nothing of them is left in the network.

import { Blocked, type Operation, type Rows, type Sequence } from '../operation.js';
import { equalParts } from './moves.js';

function sequenceAt(op: Operation, at: number): Sequence {
  const sequence = op.host.sequence(op.input(at));
  if (!sequence) throw new Blocked('no sequence');
  return sequence;
}

function give(op: Operation, tensors: Sequence): void {
  op.pass(op.host.addSequence(tensors));
}

function positionIn(op: Operation, at: number, length: number, otherwise: number): number {
  const position = op.number(at, 'a position', otherwise);
  const counted = position < 0 ? position + length : position;
  if (!(counted >= 0 && counted <= length))
    throw op.fault(`position ${position} of ${length}`, 'one that is there');
  return counted;
}

function splitToSequence(op: Operation): void {
  const { shape } = op.type(0);
  const axis = op.axis(op.int('axis', 0), shape.length);
  const extent = shape[axis] ?? 0;
  const isSingle = !op.has(1);
  const keeps = op.flag('keepdims', true);
  const written = op.optionalNumbers(1, 'sizes');
  const each = written && op.shape(1).length === 0 ? (written[0] as number) : null;
  const sizes =
    each === null
      ? (written ?? equalParts(extent, extent))
      : equalParts(extent, Math.ceil(extent / each));
  const even = each === null ? sizes : sizes.map((_, at) => Math.min(each, extent - at * each));
  if (even.length > 4096) throw op.fault(`${even.length} parts`, 'at most 4096');
  const parts = op.steps({ kind: 'split', axis, sizes: even }, [op.input(0)], even.length);
  give(
    op,
    isSingle && !keeps ? parts.map((part) => op.reshape(part, shape.toSpliced(axis, 1))) : parts,
  );
}

function concatFromSequence(op: Operation): void {
  const tensors = sequenceAt(op, 0);
  const [isNew, written] = [op.flag('new_axis'), op.int('axis', 0)];
  const rank = op.shapeOf(tensors[0] ?? '').length + Number(isNew);
  const axis = op.axis(written, rank);
  const layers = isNew
    ? tensors.map((each) => op.reshape(each, op.shapeOf(each).toSpliced(axis, 0, 1)))
    : tensors;
  op.result({ kind: 'concat', axis }, layers);
}

export const sequenceRows: Rows = {
  SequenceConstruct(op) {
    give(op, op.inputs);
  },
  SequenceEmpty(op) {
    op.ignore('dtype');
    give(op, []);
  },
  SequenceAt(op) {
    const tensors = sequenceAt(op, 0);
    const tensor = tensors[positionIn(op, 1, tensors.length, 0)];
    if (tensor === undefined) throw op.fault(`no tensor there, of ${tensors.length}`, 'one');
    op.pass(tensor);
  },
  SequenceInsert(op) {
    const tensors = sequenceAt(op, 0);
    give(op, tensors.toSpliced(positionIn(op, 2, tensors.length, tensors.length), 0, op.input(1)));
  },
  SequenceErase(op) {
    const tensors = sequenceAt(op, 0);
    give(op, tensors.toSpliced(positionIn(op, 1, tensors.length, tensors.length - 1), 1));
  },
  SequenceLength(op) {
    op.answer([sequenceAt(op, 0).length], [], 'int64');
  },
  SplitToSequence: splitToSequence,
  ConcatFromSequence: concatFromSequence,
};
