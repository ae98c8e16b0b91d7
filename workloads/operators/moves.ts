// Elements that change their place along axes that do not depend on one another, and reshapes,
// which move nothing.

import {
  broadcastShape,
  roomFor,
  type Shape,
  shapeText,
  sizeOf,
  stridesOf,
  type Tensor,
  type TensorType,
  type Values,
} from '../tensor.js';
import { knownAxis } from './axes.js';
import { axisOf, type Fault, given, operator } from './operator.js';
import {
  copyBy,
  elementsRead,
  move,
  type Reads,
  readsOf,
  readsOfShape,
  reshaped,
} from './places.js';

export interface ReshapeAttributes {
  /** Without −1 and 0 for "as it was". */
  readonly shape: Shape;
}

export interface TransposeAttributes {
  /** By axis of the result, the axis of the input. */
  readonly permutation: readonly number[];
}

/**
 * As ONNX's Slice: an index below zero counts from behind, one that is too large stops at the end.
 */
export interface SliceAttributes {
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  readonly axes: readonly number[];
  /** Below zero: from `starts` backwards. */
  readonly steps: readonly number[];
}

export interface SplitAttributes {
  readonly axis: number;
  /** Of each result along the axis. */
  readonly sizes: readonly number[];
}

export interface PadAttributes {
  /** 'reflect' leaves the edge out, 'symmetric' repeats it. */
  readonly mode: 'constant' | 'reflect' | 'symmetric' | 'edge' | 'wrap';
  /** Before each axis, then behind each; below zero what is cut off. */
  readonly pads: readonly number[];
  /** Of 'constant'. */
  readonly value: number;
}

export interface ExpandAttributes {
  /** Broadcast with the input's shape: an axis of 1 stays as long as it is. */
  readonly shape: Shape;
}

export interface TileAttributes {
  readonly repeats: readonly number[];
}

export interface ReverseAttributes {
  readonly axes: readonly number[];
}

export interface CenterCropPadAttributes {
  readonly axes: readonly number[];
  /** Extents along `axes`. */
  readonly shape: readonly number[];
}

const reshape = operator<ReshapeAttributes>({
  arity: [1, 1],
  infer({ shape }, inputs, fault) {
    const input = given(inputs);
    if (sizeOf(shape) !== sizeOf(input.shape)) {
      throw fault(`${shapeText(input.shape)} as ${shapeText(shape)}`, 'as many elements');
    }
    return [reshaped(input, shape)];
  },
  forward: (_, inputs) => [given(inputs).values],
  demand: () => null,
});

/** A move of one input by tables that its shape gives. */
function moved<Attributes>(
  check: (attributes: Attributes, shape: Shape, fault: Fault) => void,
  tables: (attributes: Attributes, shape: Shape) => readonly Reads[],
  fill: (attributes: Attributes) => number = () => 0,
) {
  return operator<Attributes>({
    arity: [1, 1],
    infer(attributes, inputs, fault) {
      const input = given(inputs);
      check(attributes, input.shape, fault);
      return [
        reshaped(
          input,
          tables(attributes, input.shape).map((table) => table.length),
        ),
      ];
    },
    forward(attributes, inputs, [result]) {
      const input = given(inputs);
      return [
        gatheredValues(
          input,
          result as TensorType,
          tables(attributes, input.shape),
          fill(attributes),
        ),
      ];
    },
    demand(attributes, inputs, [result]) {
      return move(
        elementsRead(tables(attributes, given(inputs).shape)),
        sizeOf((result as TensorType).shape),
      );
    },
  });
}

/** What the tables read of a tensor. */
export function gatheredValues(
  input: Tensor,
  result: TensorType,
  tables: readonly Reads[],
  fill = 0,
): Values {
  const values = roomFor(result);
  copyBy(input.values, values, tables, fill);
  return values;
}

const transpose = moved<TransposeAttributes>(
  ({ permutation }, shape, fault) => {
    const sorted = [...permutation].sort((a, b) => a - b);
    if (sorted.length !== shape.length || sorted.some((axis, at) => axis !== at)) {
      throw fault(`the permutation ${permutation.join(', ')}`, `each of ${shape.length} axes once`);
    }
  },
  ({ permutation }, shape) => {
    const tables = readsOfShape(shape);
    return permutation.map((axis) => tables[axis] as Reads);
  },
);

const slice = moved<SliceAttributes>(
  ({ starts, ends, axes, steps }, shape, fault) => {
    for (const list of [starts, ends, steps]) {
      if (list.length !== axes.length)
        throw fault(`${list.length} numbers for ${axes.length} axes`, 'one an axis');
    }
    const counted = axes.map((axis) => axisOf(axis, shape.length, fault));
    if (new Set(counted).size < counted.length)
      throw fault(`axes ${axes.join(', ')}`, 'each axis once');
    if (steps.includes(0)) throw fault('a step of 0', 'one forwards or backwards');
  },
  ({ starts, ends, axes, steps }, shape) => {
    const tables = readsOfShape(shape);
    const strides = stridesOf(shape);
    for (const [at, written] of axes.entries()) {
      const axis = knownAxis(written, shape.length);
      const extent = shape[axis] as number;
      const step = steps[at] as number;
      const [min, max] = step > 0 ? [0, extent] : [-1, extent - 1];
      const start = clamp(starts[at] as number, extent, Math.max(0, min), max);
      const end = clamp(ends[at] as number, extent, min, max);
      const count = Math.max(0, Math.ceil((end - start) / step));
      tables[axis] = readsOf(count, strides[axis] as number, (index) => start + index * step);
    }
    return tables;
  },
);

/** An index counted from the front and moved to the nearest that is allowed. */
function clamp(index: number, extent: number, min: number, max: number): number {
  return Math.min(Math.max(index < 0 ? index + extent : index, min), max);
}

const split = operator<SplitAttributes>({
  arity: [1, 1],
  infer({ axis, sizes }, inputs, fault) {
    const input = given(inputs);
    const at = axisOf(axis, input.shape.length, fault);
    if (
      sizes.some((size) => size < 0) ||
      sizes.reduce((sum, size) => sum + size, 0) !== input.shape[at]
    ) {
      throw fault(
        `parts of ${sizes.join(', ')} along axis ${axis} of ${input.shape[at]}`,
        'parts that add up to it',
      );
    }
    return sizes.map((size) => reshaped(input, input.shape.with(at, size)));
  },
  forward({ axis, sizes }, inputs, results) {
    const input = given(inputs);
    const at = knownAxis(axis, input.shape.length);
    const tables = readsOfShape(input.shape);
    let start = 0;
    return results.map((result, part) => {
      const end = start + (sizes[part] as number);
      const values = gatheredValues(
        input,
        result,
        tables.with(at, (tables[at] as Reads).subarray(start, end)),
      );
      start = end;
      return values;
    });
  },
  demand(_, inputs) {
    const size = sizeOf(given(inputs).shape);
    return move(size, size);
  },
});

const pad = moved<PadAttributes>(
  ({ mode, pads }, shape, fault) => {
    if (pads.length !== 2 * shape.length)
      throw fault(`${pads.length} pads of ${shape.length} axes`, 'two an axis');
    for (const [axis, extent] of shape.entries()) {
      const [before, behind] = [pads[axis] as number, pads[axis + shape.length] as number];
      if (extent + before + behind < 0) {
        throw fault(
          `pads ${before} and ${behind} of ${extent} elements`,
          'no more cut off than there is',
        );
      }
      if (extent === 0 && mode !== 'constant' && before + behind > 0) {
        throw fault(`an empty axis padded in mode ${mode}`, 'something to repeat');
      }
    }
  },
  ({ mode, pads }, shape) => {
    const strides = stridesOf(shape);
    return shape.map((extent, axis) => {
      const before = pads[axis] as number;
      const length = extent + before + (pads[axis + shape.length] as number);
      return readsOf(length, strides[axis] as number, (index) =>
        continued[mode](index - before, extent),
      );
    });
  },
  ({ value }) => value,
);

/** What an axis of `extent` reads at `index`, beyond its ends too. */
const continued: {
  readonly [Mode in PadAttributes['mode']]: (index: number, extent: number) => number;
} = {
  constant: (index, extent) => (index < extent ? index : -1),
  edge: (index, extent) => Math.min(Math.max(index, 0), extent - 1),
  wrap: (index, extent) => rest(index, extent),
  symmetric(index, extent) {
    const folded = rest(index, 2 * extent);
    return Math.min(folded, 2 * extent - 1 - folded);
  },
  reflect(index, extent) {
    const period = Math.max(1, 2 * (extent - 1));
    const folded = rest(index, period);
    return Math.min(folded, period - folded);
  },
};

/** What is left of a division, never below zero. */
function rest(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}

const expand = moved<ExpandAttributes>(
  ({ shape: target }, shape, fault) => {
    if (!broadcastShape([shape, target])) {
      throw fault(
        `${shapeText(shape)} expanded to ${shapeText(target)}`,
        'axes of 1 or of equal extents',
      );
    }
  },
  ({ shape: target }, shape) => {
    const result = broadcastShape([shape, target]) as number[];
    const strides = stridesOf(shape);
    const added = result.length - shape.length;
    return result.map((extent, axis) => {
      const own = shape[axis - added] ?? 1;
      return readsOf(extent, strides[axis - added] ?? 0, (index) => (own === 1 ? 0 : index));
    });
  },
);

const tile = moved<TileAttributes>(
  ({ repeats }, shape, fault) => {
    if (repeats.length !== shape.length)
      throw fault(`${repeats.length} repeats`, `one for each of ${shape.length} axes`);
  },
  ({ repeats }, shape) => {
    const strides = stridesOf(shape);
    return shape.map((extent, axis) =>
      readsOf(
        extent * (repeats[axis] as number),
        strides[axis] as number,
        (index) => index % extent,
      ),
    );
  },
);

const reverse = moved<ReverseAttributes>(
  ({ axes }, shape, fault) => {
    for (const axis of axes) axisOf(axis, shape.length, fault);
  },
  ({ axes }, shape) => {
    const tables = readsOfShape(shape);
    for (const axis of new Set(axes.map((each) => knownAxis(each, shape.length))))
      tables[axis]?.reverse();
    return tables;
  },
);

const centerCropPad = moved<CenterCropPadAttributes>(
  ({ axes, shape: extents }, shape, fault) => {
    if (extents.length !== axes.length)
      throw fault(`${extents.length} extents of ${axes.length} axes`, 'one an axis');
    for (const axis of axes) axisOf(axis, shape.length, fault);
  },
  ({ axes, shape: extents }, shape) => {
    const tables = readsOfShape(shape);
    const strides = stridesOf(shape);
    for (const [at, written] of axes.entries()) {
      const axis = knownAxis(written, shape.length);
      const [extent, wanted] = [shape[axis] as number, extents[at] as number];
      // Where there is an odd element, the side behind gets it.
      const before =
        wanted > extent ? Math.floor((wanted - extent) / 2) : -Math.floor((extent - wanted) / 2);
      tables[axis] = readsOf(wanted, strides[axis] as number, (index) =>
        continued.constant(index - before, extent),
      );
    }
    return tables;
  },
);

export const moveOperators = {
  reshape,
  transpose,
  slice,
  split,
  pad,
  expand,
  tile,
  reverse,
  'center-crop-pad': centerCropPad,
} as const;
