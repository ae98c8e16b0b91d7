// Moves of elements, in whichever order of axes their operands are.

import type { PadAttributes, SliceAttributes } from '../../../operators/moves.js';
import { broadcastShape, type Shape, shapeText, sizeOf } from '../../../tensor.js';
import { isIdentity } from '../permutation.js';
import type { Handle } from '../tensors.js';
import { frontAxis, type Use } from './use.js';

export function concatenated(use: Use, parts: readonly Handle[], axis: number): Handle {
  const { tensors, name } = use;
  const rank = parts[0]?.shape.length ?? 0;
  const along = frontAxis(use, axis, rank);
  const whole = parts.filter(({ shape }) => shape[along] !== 0);
  const [only] = whole;
  if (only && whole.length === 1) return only;
  const read = whole.length === 0 ? parts : whole;
  const order = tensors.best(read, rank);
  const inputs = read.map((part) => tensors.in(part, order));
  const at = order.indexOf(along);
  return tensors.made(
    tensors.add({ kind: 'concat', name, inputs, ...(at === 1 ? {} : { axis: at }) }),
    order,
  );
}

/** A new axis, and the parts next to each other along it. */
export function packed(use: Use, parts: readonly Handle[], axis: number): Handle {
  const { tensors } = use;
  const rank = (parts[0]?.shape.length ?? 0) + 1;
  const at = frontAxis(use, axis, rank);
  const wide = parts.map((part) => tensors.reshape(part, part.shape.toSpliced(at, 0, 1)));
  return concatenated(use, wide, at);
}

/**
 * Zeros around positions wait for what reads them: a convolution pads by itself. `pads`: before
 * each axis, then behind each.
 */
export function padded(
  use: Use,
  input: Handle,
  pads: readonly number[],
  mode: PadAttributes['mode'],
  value = 0,
): Handle {
  const { tensors, name, fault } = use;
  const rank = input.shape.length;
  if (pads.length !== 2 * rank || pads.some((pad) => !Number.isInteger(pad) || pad < 0)) {
    throw fault(
      `pads ${pads.join(', ').slice(0, 60)} of ${shapeText(input.shape)}`,
      'two whole numbers an axis',
    );
  }
  if (pads.every((pad) => pad === 0)) return input;
  const isAround = [0, rank - 1, rank, 2 * rank - 1].every((at) => pads[at] === 0);
  const isFixed = tensors.isConstant(input);
  if (mode === 'constant' && value === 0 && rank >= 3 && isAround && !isFixed) {
    const shape = input.shape.map(
      (extent, axis) => extent + (pads[axis] as number) + (pads[axis + rank] as number),
    );
    return {
      name: tensors.fresh(name),
      shape,
      type: input.type,
      copies: [],
      padded: { of: input, pads },
    };
  }
  const order = tensors.best([input], rank);
  const placed = [0, rank].flatMap((side) => order.map((axis) => pads[side + axis] as number));
  const inputs = [tensors.in(input, order)];
  return tensors.made(tensors.add({ kind: 'pad', name, inputs, mode, pads: placed, value }), order);
}

/** Starts, ends and steps of some axes of the file's tensor. */
export function sliced(
  use: Use,
  input: Handle,
  { starts, ends, axes, steps }: SliceAttributes,
): Handle {
  const { tensors, name } = use;
  const isWhole = axes.every(
    (axis, at) =>
      starts[at] === 0 && steps[at] === 1 && (ends[at] as number) >= (input.shape[axis] as number),
  );
  if (isWhole) return input;
  const order = tensors.best([input], input.shape.length);
  const inputs = [tensors.in(input, order)];
  const own = axes.map((axis) => order.indexOf(axis));
  return tensors.made(
    tensors.add({ kind: 'slice', name, inputs, starts, ends, axes: own, steps }),
    order,
  );
}

export function split(
  use: Use,
  input: Handle,
  axis: number,
  sizes: readonly number[],
): readonly Handle[] {
  const { tensors, name } = use;
  if (sizes.length === 1) return [input];
  const order = tensors.best([input], input.shape.length);
  const inputs = [tensors.in(input, order)];
  const made = tensors.addAll({ kind: 'split', name, inputs, axis: order.indexOf(axis), sizes });
  return made.map((tensor) => tensors.made(tensor, order));
}

/** The parts along an axis, without it. */
export function unpacked(use: Use, input: Handle, axis: number): readonly Handle[] {
  const { tensors } = use;
  const at = frontAxis(use, axis, input.shape.length);
  const sizes = new Array<number>(input.shape[at] as number).fill(1);
  return split(use, input, at, sizes).map((part) =>
    tensors.reshape(part, part.shape.toSpliced(at, 1)),
  );
}

export function reversed(use: Use, input: Handle, axes: readonly number[]): Handle {
  const { tensors, name } = use;
  const order = tensors.best([input], input.shape.length);
  const inputs = [tensors.in(input, order)];
  return tensors.made(
    tensors.add({ kind: 'reverse', name, inputs, axes: axes.map((axis) => order.indexOf(axis)) }),
    order,
  );
}

export function tiled(use: Use, input: Handle, repeats: readonly number[]): Handle {
  const { tensors, name } = use;
  if (repeats.every((each) => each === 1)) return input;
  const order = tensors.best([input], input.shape.length);
  const inputs = [tensors.in(input, order)];
  return tensors.made(
    tensors.add({
      kind: 'tile',
      name,
      inputs,
      repeats: order.map((axis) => repeats[axis] as number),
    }),
    order,
  );
}

export function expanded(use: Use, input: Handle, shape: Shape): Handle {
  const { tensors, name, fault } = use;
  if (shape.join() === input.shape.join()) return input;
  if (broadcastShape([input.shape, shape])?.join() !== shape.join()) {
    throw fault(`${shapeText(input.shape)} broadcast to ${shapeText(shape)}`, 'shapes that fit');
  }
  return tensors.made(tensors.add({ kind: 'expand', name, inputs: [tensors.plain(input)], shape }));
}

export interface Resizing {
  readonly mode: 'nearest' | 'linear';
  readonly alignCorners: boolean;
  readonly halfPixels: boolean;
}

/** Of the positions: [height, width], or as many axes as there are. */
export function resized(
  use: Use,
  input: Handle,
  positions: readonly number[],
  { mode, alignCorners, halfPixels }: Resizing,
): Handle {
  const { tensors, name, fault } = use;
  const rank = input.shape.length;
  if (rank !== positions.length + 2)
    throw fault(`an input of ${shapeText(input.shape)}`, `${positions.length + 2} axes`);
  const to = [input.shape[0] as number, ...positions, input.shape[rank - 1] as number];
  if (to.join() === input.shape.join()) return input;
  const order = tensors.best([input], rank);
  const half = mode === 'nearest' ? 'tf_half_pixel_for_nn' : 'half_pixel';
  const made = tensors.add({
    ...{ kind: 'resize', name, inputs: [tensors.in(input, order)], mode },
    shape: order.map((axis) => to[axis] as number),
    scales: order.map((axis) => (to[axis] as number) / (input.shape[axis] as number)),
    coordinates: alignCorners ? 'align_corners' : halfPixels ? half : 'asymmetric',
    nearestMode: alignCorners ? 'round_prefer_ceil' : 'floor',
  });
  return tensors.made(made, order);
}

/** The shape with its one open extent filled in. */
export function filledShape(
  use: Pick<Use, 'fault'>,
  written: readonly number[],
  elements: number,
): Shape {
  const known = sizeOf(written.filter((extent) => extent !== -1));
  const shape = written.map((extent) => (extent === -1 ? elements / Math.max(1, known) : extent));
  if (
    written.filter((extent) => extent === -1).length <= 1 &&
    shape.every((each) => Number.isInteger(each) && each >= 0)
  ) {
    if (sizeOf(shape) === elements) return shape;
  }
  throw use.fault(
    `${elements} values as ${written.join('×') || 'a scalar'}`,
    'a shape of as many values',
  );
}

/** What indices of another tensor choose along an axis. */
export function gathered(use: Use, input: Handle, indices: Handle, axis: number): Handle {
  const { tensors, name } = use;
  const at = frontAxis(use, axis, input.shape.length);
  const isTable = tensors.isConstant(input) && !tensors.isConstant(indices);
  if (isTable && at === 0 && input.shape.length === 2 && input.type === 'float32') {
    const [entries = 1, width = 1] = input.shape;
    const values = tensors.values(input)?.values as Float32Array | undefined;
    const weights = values
      ? { store: { format: 'dense', rows: entries, columns: width, values } as const, bias: null }
      : null;
    const inputs = [tensors.plain(indices)];
    return tensors.made(
      tensors.addWeighted({ kind: 'embedding', name, inputs, entries, width }, weights),
    );
  }
  const scalar =
    indices.shape.length === 0 && tensors.isConstant(indices)
      ? tensors.values(indices)?.values[0]
      : undefined;
  if (scalar !== undefined) {
    const start = scalar < 0 ? scalar + (input.shape[at] as number) : scalar;
    const part = sliced(use, input, { starts: [start], ends: [start + 1], axes: [at], steps: [1] });
    return tensors.reshape(part, part.shape.toSpliced(at, 1));
  }
  const order = indices.shape.length === 1 ? tensors.best([input], input.shape.length) : null;
  const inputs = [order ? tensors.in(input, order) : tensors.plain(input), tensors.plain(indices)];
  const made = tensors.add({ kind: 'gather', name, inputs, axis: order ? order.indexOf(at) : at });
  return order && !isIdentity(order) ? tensors.made(made, order) : tensors.made(made);
}
