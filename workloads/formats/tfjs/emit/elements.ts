// Functions of single elements, in whichever order of axes their operands are.

import type { BinaryName } from '../../../operators/binary.js';
import type { UnaryName } from '../../../operators/unary.js';
import {
  broadcastShape,
  type ElementType,
  elementTypes,
  shapeText,
  sizeOf,
} from '../../../tensor.js';
import type { WrittenLayer } from '../../graph-builder.js';
import { channelsFirst, identity, samePermutation } from '../permutation.js';
import type { Handle } from '../tensors.js';
import { floatsOf, scaleAndShift, step, type Use } from './use.js';

/** One operand; what is reshaped later is worked on before. */
export function eachElement(
  use: Use,
  handle: Handle,
  make: (name: string, input: string) => string,
): Handle {
  const { tensors, name } = use;
  const { view } = handle;
  if (handle.copies.length === 0 && view && tensors.orders(handle).length === 0) {
    return tensors.reshape(eachElement(use, view, make), handle.shape, name);
  }
  const order = tensors.best([handle], handle.shape.length);
  return tensors.made(make(name, tensors.in(handle, order)), order);
}

export function unary(
  use: Use,
  handle: Handle,
  name: UnaryName,
  parameters?: readonly number[],
): Handle {
  const { tensors } = use;
  const more = parameters ? { parameters } : {};
  return eachElement(use, handle, (layer, input) =>
    tensors.add({ kind: 'unary', name: layer, inputs: [input], function: name, ...more }),
  );
}

export function relu(use: Use, handle: Handle, activation: 'relu' | 'relu6'): Handle {
  return eachElement(use, handle, (name, input) =>
    use.tensors.add({ kind: 'relu', name, inputs: [input], activation }),
  );
}

export function cast(use: Use, handle: Handle, to: ElementType): Handle {
  if (handle.type === to) return handle;
  return eachElement(use, handle, (name, input) =>
    use.tensors.add({ kind: 'cast', name, inputs: [input], to }),
  );
}

/** The type that two operands are both turned into. */
function commonType(left: ElementType, right: ElementType): ElementType {
  if (left === right) return left;
  const rank = (type: ElementType) => (elementTypes[type].isFloat ? 2 : type === 'bool' ? 0 : 1);
  return rank(left) >= rank(right) ? left : right;
}

function broadcastRank({ fault }: Use, operands: readonly Handle[]): number {
  const shape = broadcastShape(operands.map((operand) => operand.shape));
  if (shape) return shape.length;
  throw fault(
    `operands of ${operands.map((operand) => shapeText(operand.shape)).join(' and ')}`,
    'shapes that broadcast',
  );
}

export function binary(use: Use, name: BinaryName, left: Handle, right: Handle): Handle {
  const scaled = scaledChannels(use, name, left, right);
  if (scaled) return scaled;
  const { tensors } = use;
  const rank = broadcastRank(use, [left, right]);
  const type = commonType(left.type, right.type);
  const operands = [cast(step(use, 'left'), left, type), cast(step(use, 'right'), right, type)];
  const order = tensors.best(operands, rank);
  const inputs = tensors.aligned(operands, rank, order);
  const isSum =
    name === 'add' && elementTypes[type].isFloat && left.shape.join() === right.shape.join();
  const isFixed = operands.some((operand) => tensors.isConstant(operand));
  const made = tensors.add(
    isSum && !isFixed
      ? { kind: 'add', name: use.name, inputs, activation: 'none' }
      : { kind: 'binary', name: use.name, inputs, function: name },
  );
  return tensors.made(made, order);
}

/** Sums of tensors of one shape, however many. */
export function sum(use: Use, operands: readonly Handle[]): Handle {
  const [first] = operands;
  if (!first) throw use.fault('a sum of nothing', 'operands');
  if (operands.length === 1) return first;
  if (
    !operands.every(({ shape, type }) => shape.join() === first.shape.join() && type === first.type)
  ) {
    return joined(use, 'add', operands);
  }
  const { tensors, name } = use;
  const order = tensors.best(operands, first.shape.length);
  const inputs = operands.map((operand) => tensors.in(operand, order));
  return tensors.made(tensors.add({ kind: 'add', name, inputs, activation: 'none' }), order);
}

/** One function of more than two operands, two by two. */
export function joined(use: Use, name: BinaryName, operands: readonly Handle[]): Handle {
  const [first, ...others] = operands;
  if (!first) throw use.fault('no operands', 'at least one');
  return others.reduce((left, right, at) => {
    const isLast = at === others.length - 1;
    return binary(isLast ? use : step(use, String(at)), name, left, right);
  }, first);
}

export function where(use: Use, condition: Handle, yes: Handle, no: Handle): Handle {
  const { tensors, name } = use;
  const type = commonType(yes.type, no.type);
  const operands = [condition, cast(step(use, 'yes'), yes, type), cast(step(use, 'no'), no, type)];
  const rank = broadcastRank(use, operands);
  const order = tensors.best(operands, rank);
  const inputs = tensors.aligned(operands, rank, order);
  return tensors.made(tensors.add({ kind: 'where', name, inputs } as WrittenLayer), order);
}

/** Constants that scale or shift the channels of a convolution or product: part of its weights. */
function scaledChannels(use: Use, name: BinaryName, left: Handle, right: Handle): Handle | null {
  const { tensors } = use;
  const isSwapped = !left.scalable;
  const [value, constant] = isSwapped ? [right, left] : [left, right];
  if (!value.scalable || !tensors.isConstant(constant) || tensors.isConstant(value)) return null;
  if (isSwapped && name !== 'add' && name !== 'multiply') return null;
  const rank = value.shape.length;
  const channels = value.shape[rank - 1] as number;
  const size = sizeOf(constant.shape);
  const fits =
    constant.shape.length <= rank &&
    (size === 1 || (size === channels && constant.shape.at(-1) === channels));
  const order = channelsFirst(rank);
  if (!fits || !tensors.orders(value).some((own) => samePermutation(own, order))) return null;
  const make = folding[name];
  if (!make) return null;
  const numbers = floatsOf(use, constant);
  return normalised(use, value, numbers && make(channels, numbers));
}

/** What a constant operand on the right of a function is as a scale and a shift. */
const folding: {
  readonly [Name in BinaryName]?: (
    channels: number,
    numbers: Float32Array,
  ) => ReturnType<typeof scaleAndShift>;
} = {
  add: (channels, numbers) => scaleAndShift(channels, null, numbers),
  subtract: (channels, numbers) =>
    scaleAndShift(
      channels,
      null,
      numbers.map((each) => -each),
    ),
  multiply: (channels, numbers) => scaleAndShift(channels, numbers, null),
  divide: (channels, numbers) =>
    scaleAndShift(
      channels,
      numbers.map((each) => 1 / each),
      null,
    ),
};

/**
 * A scale and a shift for each channel, the last axis of the file; null where the file has no
 * numbers.
 */
export function normalised(
  use: Use,
  value: Handle,
  norm: ReturnType<typeof scaleAndShift> | null,
): Handle {
  const { tensors, name, readers } = use;
  const rank = value.shape.length;
  const order = channelsFirst(rank);
  const isFirst = tensors.orders(value).some((own) => samePermutation(own, order));
  if (rank >= 3 && !isFirst) return scaledLast(use, value, norm);
  const layer = tensors.fresh(name);
  const made = tensors.builder.normalise(layer, tensors.in(value, order), norm, layer);
  return tensors.made(made, order, { scalable: Boolean(value.scalable) && readers === 1 });
}

/** The same where channels lie last: positions of a sequence. */
function scaledLast(
  use: Use,
  value: Handle,
  norm: ReturnType<typeof scaleAndShift> | null,
): Handle {
  const { tensors, name, fault } = use;
  const rank = value.shape.length;
  const shape = [value.shape[rank - 1] as number];
  const type = 'float32';
  let operands: readonly [Handle, Handle];
  if (norm) {
    const { scale, shift, mean, variance, epsilon } = norm;
    if (scale.length !== shape[0])
      throw fault(`${scale.length} values`, `one for each of ${shape[0]} channels`);
    const factors = scale.map((each, at) => each / Math.sqrt((variance[at] as number) + epsilon));
    const shifts = shift.map((each, at) => each - (mean[at] as number) * (factors[at] as number));
    operands = [
      tensors.constant(`${name}.scale`, { shape, type, values: factors }),
      tensors.constant(`${name}.shift`, { shape, type, values: shifts }),
    ];
  } else {
    operands = [
      tensors.constant(`${name}.scale`, { shape, type }),
      tensors.constant(`${name}.shift`, { shape, type }),
    ];
  }
  const order = identity(rank);
  const inputs = [tensors.in(value, order), ...operands.map((each) => tensors.plain(each))];
  return tensors.made(tensors.add({ kind: 'affine', name, inputs, axis: rank - 1 }), order);
}
