// Operators that move elements or only change their shape.

import { type Shape, sizeOf } from '../../../tensor.js';
import { matrixOnDemand } from '../../../weights/on-demand.js';
import { Blocked, type Emit, floatsOf, type Operation, type Rows } from '../operation.js';

/** Another shape of as many elements. */
function reshapeTo(op: Operation, shape: Shape): void {
  if (shape.join() === op.shape(0).join()) op.pass(op.input(0));
  else op.reshape(op.input(0), shape, op.result);
}

/** 0 keeps an extent, −1 takes what is left. */
function reshape(op: Operation): void {
  const { shape } = op.type(0);
  op.ignore('consumed_inputs');
  const written = op.ints('shape') ?? (op.values(1) ? op.numbers(1, 'a shape') : null);
  if (!written) {
    const known = op.place.declared(0);
    if (!known || sizeOf(known.shape) !== sizeOf(shape))
      throw new Blocked('a shape that the network computes');
    reshapeTo(op, known.shape);
    return;
  }
  const keeps = !op.flag('allowzero');
  const kept = written.map((extent, axis) => (extent === 0 && keeps ? (shape[axis] ?? 0) : extent));
  const known = sizeOf(kept.filter((extent) => extent !== -1));
  const target = kept.map((extent) => (extent === -1 ? sizeOf(shape) / known : extent));
  if (
    sizeOf(target) !== sizeOf(shape) ||
    !target.every((extent) => Number.isSafeInteger(extent) && extent >= 0)
  ) {
    throw op.fault(`a reshape of ${shape.join('×')} to ${written.join(', ')}`, 'as many elements');
  }
  reshapeTo(op, target);
}

function flatten(op: Operation): void {
  const { shape } = op.type(0);
  const axis = op.int('axis', 1);
  const at = axis < 0 ? axis + shape.length : axis;
  if (!(at >= 0 && at <= shape.length))
    throw op.fault(`axis ${axis} of ${shape.length} axes`, 'one of them');
  reshapeTo(op, [sizeOf(shape.slice(0, at)), sizeOf(shape.slice(at))]);
}

/** An attribute, or an input since operator set 13. */
export function axesOf(op: Operation, at = 1): readonly number[] | null {
  return op.ints('axes') ?? op.optionalNumbers(at, 'axes');
}

function squeeze(op: Operation): void {
  const { shape } = op.type(0);
  const axes = axesOf(op)?.map((axis) => op.axis(axis, shape.length));
  for (const axis of axes ?? []) {
    if (shape[axis] !== 1) throw op.fault(`axis ${axis} of ${shape[axis]} elements`, 'one of 1');
  }
  reshapeTo(
    op,
    shape.filter((extent, axis) => !(axes ? axes.includes(axis) : extent === 1)),
  );
}

function unsqueeze(op: Operation): void {
  const { shape } = op.type(0);
  const axes = axesOf(op) ?? [];
  const rank = shape.length + axes.length;
  const target = [...shape];
  for (const axis of axes.map((each) => op.axis(each, rank)).sort((a, b) => a - b))
    target.splice(axis, 0, 1);
  reshapeTo(op, target);
}

function transpose(op: Operation): void {
  const { shape } = op.type(0);
  const permutation = op.ints('perm') ?? shape.map((_, axis) => shape.length - 1 - axis);
  // Axes of extent 1 may change places for free.
  const moved = permutation.filter((axis) => shape[axis] !== 1);
  const isFree =
    permutation.length === shape.length &&
    moved.every((axis, at) => at === 0 || axis > (moved[at - 1] as number));
  if (
    isFree &&
    new Set(permutation).size === shape.length &&
    permutation.every((axis) => shape[axis] !== undefined)
  ) {
    reshapeTo(
      op,
      permutation.map((axis) => shape[axis] as number),
    );
    return;
  }
  op.transpose(op.input(0), permutation, op.result);
}

function slice(op: Operation): void {
  const isOld = op.opset < 10;
  const starts = isOld ? (op.ints('starts') ?? []) : op.numbers(1, 'starts');
  const ends = isOld ? (op.ints('ends') ?? []) : op.numbers(2, 'ends');
  const axes =
    (isOld ? op.ints('axes') : op.optionalNumbers(3, 'axes')) ?? starts.map((_, axis) => axis);
  const steps = (isOld ? null : op.optionalNumbers(4, 'steps')) ?? starts.map(() => 1);
  op.result({ kind: 'slice', starts, ends, axes, steps }, [op.input(0)]);
}

function split(op: Operation): void {
  const { shape } = op.type(0);
  const axis = op.axis(op.int('axis', 0), shape.length);
  const written = op.ints('split') ?? op.optionalNumbers(1, 'sizes');
  const count = op.int('num_outputs', op.node.output.length);
  const sizes = written ?? equalParts(shape[axis] ?? 0, count);
  if (sizes.length < op.node.output.length)
    throw op.fault(`${sizes.length} parts`, `${op.node.output.length}`);
  op.results({ kind: 'split', axis, sizes }, [op.input(0)]);
}

/** As large as the first, the last one smaller where they don't come out even. */
export function equalParts(extent: number, count: number): readonly number[] {
  const part = Math.ceil(extent / count);
  return Array.from({ length: count }, (_, at) => Math.max(0, Math.min(part, extent - at * part)));
}

function concat(op: Operation): void {
  const tensors = op.inputs.filter((name) => name !== '');
  const axis = op.int('axis', 1);
  // Tensors without elements add nothing.
  const shapes = tensors.map((name) => op.shapeOf(name));
  const full = tensors.filter(
    (_, at) => !(sizeOf(shapes[at] as Shape) === 0 && shapes[at]?.length === 1),
  );
  const [only] = full;
  if (full.length === 1 && only !== undefined) op.pass(only);
  else op.result({ kind: 'concat', axis }, full.length === 0 ? tensors : full);
}

/** Zeros around positions may become a window's own. */
function pad(op: Operation): void {
  const { shape } = op.type(0);
  const written = op.text('mode', 'constant');
  const mode = (['constant', 'reflect', 'edge', 'wrap'] as const).find((each) => each === written);
  if (!mode) throw op.fault(`mode ${written.slice(0, 20)}`, 'constant, reflect, edge or wrap');
  const isOld = op.opset < 11;
  const given = (isOld ? (op.ints('pads') ?? op.ints('paddings')) : op.numbers(1, 'pads')) ?? [];
  const value = isOld ? op.float('value', 0) : op.number(2, 'a value', 0);
  const axes = isOld ? null : op.optionalNumbers(3, 'axes');
  const rank = shape.length;
  const pads = axes ? new Array<number>(2 * rank).fill(0) : [...given];
  for (const [at, axis] of (axes ?? []).entries()) {
    const along = op.axis(axis, rank);
    pads[along] = given[at] ?? 0;
    pads[along + rank] = given[at + (axes ?? []).length] ?? 0;
  }
  if (pads.every((each) => each === 0) && pads.length === 2 * rank) {
    op.pass(op.input(0));
    return;
  }
  op.room(
    shape.map((extent, axis) => Math.max(0, extent + (pads[axis] ?? 0) + (pads[axis + rank] ?? 0))),
  );
  const result = op.result({ kind: 'pad', mode, pads, value }, [op.input(0)]);
  const isZero = mode === 'constant' && value === 0 && pads.every((each) => each >= 0);
  if (isZero && !op.builder.isConstant(op.input(0)))
    op.host.padded.set(result, { input: op.input(0), pads });
}

function expand(op: Operation): void {
  const known = op.values(1);
  const declared = known ? null : op.place.declared(0);
  if (!known && !declared) throw new Blocked('a shape that the network computes');
  const shape = known ? Array.from(known.values) : (declared as { shape: Shape }).shape;
  expandTo(op, op.input(0), shape, op.result);
}

export function expandTo(op: Operation, input: string, shape: Shape, emit: Emit): string {
  const own = op.shapeOf(input);
  const rank = Math.max(own.length, shape.length);
  const at = (list: Shape, axis: number) => list[axis - rank + list.length] ?? 1;
  op.room(
    Array.from({ length: rank }, (_, axis) =>
      at(shape, axis) === 1 ? at(own, axis) : at(shape, axis),
    ),
  );
  return emit({ kind: 'expand', shape }, [input]);
}

function tile(op: Operation): void {
  const { shape } = op.type(0);
  const repeats = op.numbers(1, 'repeats');
  if (repeats.every((each) => each === 1) && repeats.length === shape.length) {
    op.pass(op.input(0));
    return;
  }
  op.room(shape.map((extent, axis) => extent * (repeats[axis] ?? 1)));
  op.result({ kind: 'tile', repeats }, [op.input(0)]);
}

/** Tables of at least so many elements are weights that are looked up. */
const MIN_TABLE = 4096;

function gather(op: Operation): void {
  const [table, indices] = [op.input(0), op.input(1)];
  const { shape, type } = op.typeOf(table);
  const axis = op.axis(op.int('axis', 0), shape.length);
  const isTable = axis === 0 && shape.length === 2 && sizeOf(shape) >= MIN_TABLE;
  if (
    isTable &&
    op.builder.isConstant(table) &&
    !op.builder.isConstant(indices) &&
    /float/.test(type)
  ) {
    embed(op, table, indices, op.result);
    return;
  }
  op.result({ kind: 'gather', axis }, [table, indices]);
}

/** Rows of a constant table. */
export function embed(op: Operation, table: string, indices: string, emit: Emit): string {
  const { shape, type } = op.typeOf(table);
  const [entries = 0, width = 0] = shape;
  const tensor = op.builder.valuesOf(table);
  const store = tensor && matrixOnDemand(entries, width, () => floatsOf(tensor));
  return emit(
    { kind: 'embedding', entries, width, type },
    [indices],
    store && { store, bias: null },
  );
}

function scatterReduction(op: Operation) {
  const written = op.text('reduction', 'none');
  const reduction = (['none', 'add', 'mul', 'max', 'min'] as const).find(
    (each) => each === written,
  );
  if (!reduction) throw op.fault(`reduction ${written.slice(0, 20)}`, 'none, add, mul, max or min');
  return reduction;
}

function scatterElements(op: Operation): void {
  const attributes = { axis: op.int('axis', 0), reduction: scatterReduction(op) };
  op.result({ kind: 'scatter-elements', ...attributes }, [op.input(0), op.input(1), op.input(2)]);
}

function tensorScatter(op: Operation): void {
  const mode = op.text('mode', 'linear') === 'circular' ? 'circular' : 'linear';
  const inputs = [op.input(0), op.input(1), op.optional(2)];
  op.result({ kind: 'tensor-scatter', axis: op.int('axis', -2), mode }, inputs);
}

function centerCropPad(op: Operation): void {
  const { shape } = op.type(0);
  const axes = op.ints('axes') ?? shape.map((_, axis) => axis);
  const extents = op.numbers(1, 'a shape');
  op.room(extents);
  op.result({ kind: 'center-crop-pad', axes, shape: extents }, [op.input(0)]);
}

function oneHot(op: Operation): void {
  const { shape } = op.type(0);
  const depth = op.number(1, 'a depth');
  op.room([...shape, depth]);
  op.result({ kind: 'one-hot', axis: op.int('axis', -1), depth }, [op.input(0), op.input(2)]);
}

export const moveRows: Rows = {
  Reshape: reshape,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Transpose: transpose,
  Slice: slice,
  Split: split,
  Concat: concat,
  Pad: pad,
  Expand: expand,
  Tile: tile,
  Gather: gather,
  GatherElements(op) {
    op.result({ kind: 'gather-elements', axis: op.int('axis', 0) }, [op.input(0), op.input(1)]);
  },
  GatherND(op) {
    op.result({ kind: 'gather-nd', batchAxes: op.int('batch_dims', 0) }, [
      op.input(0),
      op.input(1),
    ]);
  },
  Scatter: scatterElements,
  ScatterElements: scatterElements,
  ScatterND(op) {
    op.result({ kind: 'scatter-nd', reduction: scatterReduction(op) }, [
      op.input(0),
      op.input(1),
      op.input(2),
    ]);
  },
  TensorScatter: tensorScatter,
  DepthToSpace(op) {
    const mode = op.text('mode', 'DCR') === 'CRD' ? 'CRD' : 'DCR';
    op.result({ kind: 'depth-to-space', block: op.int('blocksize', 1), mode }, [op.input(0)]);
  },
  SpaceToDepth(op) {
    const mode = op.text('mode', 'DCR');
    if (mode !== 'DCR') throw new Blocked(`mode ${mode}`);
    op.result({ kind: 'space-to-depth', block: op.int('blocksize', 1) }, [op.input(0)]);
  },
  ReverseSequence(op) {
    const attributes = { batchAxis: op.int('batch_axis', 1), timeAxis: op.int('time_axis', 0) };
    op.result({ kind: 'reverse-sequence', ...attributes }, [op.input(0), op.input(1)]);
  },
  CenterCropPad: centerCropPad,
  OneHot: oneHot,
};
