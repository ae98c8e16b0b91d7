// Operators that scale and shift each index of one axis by constants, whatever they are written as.

import type { Tensor } from '../network.js';
import type { Shape } from '../tensor.js';
import { operands } from './match.js';
import type { Rewriting, Spec } from './rewriting.js';

/** y = scale · x + shift by index of an axis; null for no scale or no shift. */
export interface ChannelOp {
  readonly x: string;
  readonly scale: Float64Array | null;
  readonly shift: Float64Array | null;
  /** Whether the constants differ along the axis, or could. */
  readonly isVector: boolean;
}

/** What a layer does along an axis of its result; null where it is something else. */
export function channelOpOf(graph: Rewriting, layer: Spec, axis: number): ChannelOp | null {
  const { shape, type } = graph.typeOf(graph.resultOf(layer));
  if (type !== 'float32') return null;
  const extent = shape[axis] ?? 1;
  if (layer.kind === 'affine') {
    const own = layer.axis < 0 ? layer.axis + shape.length : layer.axis;
    const [x = '', scale = '', shift = ''] = layer.inputs;
    const [scales, shifts] = [graph.constant(scale), graph.constant(shift)];
    if (own !== axis || !scales || (shift !== '' && !shifts)) return null;
    return {
      x,
      scale: Float64Array.from(scales.values),
      shift: shifts ? Float64Array.from(shifts.values) : null,
      isVector: true,
    };
  }
  const both = operands(layer);
  if (!both) return null;
  const [name, left, right] = both;
  const isRight = graph.constant(right) !== undefined;
  const [x, constant] = isRight ? [left, graph.constant(right)] : [right, graph.constant(left)];
  if (!constant || graph.constant(x) || graph.typeOf(x).shape.join() !== shape.join()) return null;
  const values = alongAxis(constant, shape, axis, extent);
  if (!values) return null;
  const isVector = constant.values.length > 1;
  switch (name) {
    case 'add':
      return { x, scale: null, shift: values, isVector };
    case 'subtract':
      return isRight ? { x, scale: null, shift: values.map((value) => -value), isVector } : null;
    case 'multiply':
      return { x, scale: values, shift: null, isVector };
    case 'divide':
      return isRight ? { x, scale: values.map((value) => 1 / value), shift: null, isVector } : null;
    default:
      return null;
  }
}

/** The axes that a layer's constants can differ along: the one where they do. */
export function axisOfConstants(graph: Rewriting, layer: Spec): number | null {
  if (layer.kind === 'affine') {
    return layer.axis < 0
      ? layer.axis + graph.typeOf(graph.resultOf(layer)).shape.length
      : layer.axis;
  }
  const constant = operands(layer)
    ?.slice(1)
    .map((tensor) => graph.constant(tensor))
    .find((tensor) => tensor !== undefined);
  if (!constant) return null;
  const rank = graph.typeOf(graph.resultOf(layer)).shape.length;
  const wide = constant.shape.flatMap((extent, at) =>
    extent > 1 ? [rank - constant.shape.length + at] : [],
  );
  return wide.length === 1 ? (wide[0] as number) : null;
}

function alongAxis(
  { shape: own, values }: Tensor,
  shape: Shape,
  axis: number,
  extent: number,
): Float64Array | null {
  if (own.length > shape.length) return null;
  if (values.length === 1) return new Float64Array(extent).fill(values[0] as number);
  const place = axis - (shape.length - own.length);
  if (own[place] !== extent || values.length !== extent) return null;
  return Float64Array.from(values);
}

/** First one, then the other. */
export function chained(first: ChannelOp, then: ChannelOp): Omit<ChannelOp, 'x' | 'isVector'> {
  const scale =
    first.scale && then.scale
      ? first.scale.map((value, at) => value * (then.scale?.[at] as number))
      : null;
  const moved =
    first.shift && then.scale
      ? first.shift.map((value, at) => value * (then.scale?.[at] as number))
      : first.shift;
  const shift =
    moved && then.shift ? moved.map((value, at) => value + (then.shift?.[at] as number)) : null;
  return { scale: scale ?? first.scale ?? then.scale, shift: shift ?? moved ?? then.shift };
}
