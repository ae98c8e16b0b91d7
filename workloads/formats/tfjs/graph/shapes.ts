// Shapes, parts, indices, and tensors made of nothing.

import { type ElementType, roomFor, shapeText, sizeOf, type Tensor } from '../../../tensor.js';
import { binary, cast } from '../emit/elements.js';
import {
  concatenated,
  expanded,
  filledShape,
  gathered,
  packed,
  padded,
  resized,
  reversed,
  sliced,
  split,
  tiled,
  unpacked,
} from '../emit/shapes.js';
import { frontAxis, step } from '../emit/use.js';
import { channelsFirst } from '../permutation.js';
import type { Handle } from '../tensors.js';
import {
  flagOf,
  type NodeUse,
  numberAt,
  numberOf,
  numbersAt,
  type Row,
  textOf,
  wholesOf,
} from './node.js';

function constant(
  use: NodeUse,
  shape: readonly number[],
  type: ElementType,
  values: ArrayLike<number>,
): Handle {
  use.tensors.builder.requireElements(sizeOf(shape), `elements of ${use.name}`);
  const room = roomFor({ shape, type });
  room.set(values);
  const tensor: Tensor = { shape, type, values: room };
  return use.tensors.constant(use.name, tensor);
}

const wholes = (use: NodeUse, values: readonly number[]) =>
  constant(use, [values.length], 'int32', values);

function reshape(use: NodeUse): Handle {
  const input = use.input(0);
  const written = numbersAt(use, 1, 'a shape');
  return use.tensors.reshape(input, filledShape(use, written, sizeOf(input.shape)), use.name);
}

function squeeze(use: NodeUse): Handle {
  const input = use.input(0);
  const rank = input.shape.length;
  const told = [...wholesOf(use, 'squeeze_dims'), ...wholesOf(use, 'axis')].map((axis) =>
    frontAxis(use, axis, rank),
  );
  const isGone = (extent: number, axis: number) =>
    told.length > 0 ? told.includes(axis) : extent === 1;
  return use.tensors.reshape(
    input,
    input.shape.filter((extent, axis) => !isGone(extent, axis)),
    use.name,
  );
}

function expandDims(use: NodeUse): Handle {
  const input = use.input(0);
  const axis = use.count > 1 ? numberAt(use, 1, 'an axis') : numberOf(use, 'dim', 0);
  const at = frontAxis(use, axis, input.shape.length + 1);
  return use.tensors.reshape(input, input.shape.toSpliced(at, 0, 1), use.name);
}

function pad(use: NodeUse): Handle {
  const pairs = numbersAt(use, 1, 'pads');
  const pads = [...pairs.filter((_, at) => at % 2 === 0), ...pairs.filter((_, at) => at % 2 === 1)];
  if (use.node.op === 'MirrorPad') {
    const isReflected = textOf(use, 'mode').toUpperCase() === 'REFLECT';
    return padded(use, use.input(0), pads, isReflected ? 'reflect' : 'symmetric');
  }
  return padded(
    use,
    use.input(0),
    pads,
    'constant',
    use.count > 2 ? numberAt(use, 2, 'a value') : 0,
  );
}

function slice(use: NodeUse): Handle {
  const input = use.input(0);
  const starts = numbersAt(use, 1, 'starts');
  const sizes = numbersAt(use, 2, 'sizes');
  const ends = starts.map((start, axis) => {
    const size = sizes[axis] as number;
    return size === -1 ? (input.shape[axis] as number) : start + size;
  });
  return sliced(use, input, {
    starts,
    ends,
    axes: starts.map((_, axis) => axis),
    steps: starts.map(() => 1),
  });
}

const FAR = 2 ** 31;

/** Bits of the masks count the numbers given; an ellipsis stands for all axes that they leave. */
function stridedSlice(use: NodeUse): Handle {
  const input = use.input(0);
  const [begins, ends, strides] = [1, 2, 3].map((at) => numbersAt(use, at, 'a slice')) as [
    number[],
    number[],
    number[],
  ];
  const has = (mask: string, at: number) => Math.floor(numberOf(use, mask, 0) / 2 ** at) % 2 === 1;
  const isNew = (at: number) => !has('ellipsis_mask', at) && has('new_axis_mask', at);
  const told = begins.filter((_, at) => !has('ellipsis_mask', at) && !isNew(at)).length;
  const cut: { starts: number[]; ends: number[]; axes: number[]; steps: number[] } = {
    starts: [],
    ends: [],
    axes: [],
    steps: [],
  };
  /** Of the result's axes: those that it keeps, null for a new one. */
  const kept: (number | null)[] = [];
  let axis = 0;
  for (const [at, begin] of begins.entries()) {
    if (has('ellipsis_mask', at)) {
      for (let left = input.shape.length - told; left > 0; left--) kept.push(axis++);
      continue;
    }
    if (isNew(at)) {
      kept.push(null);
      continue;
    }
    const extent = input.shape[axis] as number;
    const isShrunk = has('shrink_axis_mask', at);
    const stepOf = isShrunk ? 1 : (strides[at] as number);
    const start =
      has('begin_mask', at) && !isShrunk
        ? stepOf > 0
          ? 0
          : extent - 1
        : begin < 0
          ? begin + extent
          : begin;
    const end = isShrunk
      ? start + 1
      : has('end_mask', at)
        ? stepOf > 0
          ? extent
          : -FAR
        : (ends[at] as number);
    cut.starts.push(start);
    cut.ends.push(end);
    cut.axes.push(axis);
    cut.steps.push(stepOf);
    if (!isShrunk) kept.push(axis);
    axis++;
  }
  for (; axis < input.shape.length; axis++) kept.push(axis);
  const part = sliced(use, input, cut);
  const shape = kept.map((each) => (each === null ? 1 : (part.shape[each] as number)));
  return use.tensors.reshape(part, shape, use.name);
}

function splitEvenly(use: NodeUse): readonly Handle[] {
  const input = use.input(1);
  const axis = frontAxis(use, numberAt(use, 0, 'an axis'), input.shape.length);
  const parts = numberOf(use, 'num_split', 1);
  const size = (input.shape[axis] as number) / parts;
  if (!Number.isInteger(size))
    throw use.fault(`${parts} parts of ${input.shape[axis]}`, 'a divisor');
  return split(use, input, axis, new Array<number>(parts).fill(size));
}

function splitAs(use: NodeUse): readonly Handle[] {
  const input = use.input(0);
  const axis = frontAxis(use, numberAt(use, 2, 'an axis'), input.shape.length);
  const sizes = filledSizes(numbersAt(use, 1, 'sizes'), input.shape[axis] as number);
  return split(use, input, axis, sizes);
}

function filledSizes(sizes: readonly number[], extent: number): readonly number[] {
  const rest = extent - sizes.filter((size) => size !== -1).reduce((sum, size) => sum + size, 0);
  return sizes.map((size) => (size === -1 ? rest : size));
}

function gather(use: NodeUse): Handle {
  const axis = use.count > 2 ? numberAt(use, 2, 'an axis') : 0;
  const batches = numberOf(use, 'batch_dims', 0);
  const [data, indices] = [use.input(0), use.input(1)];
  if (batches === 0) return gathered(use, data, indices, axis);
  const axes = batches < 0 ? batches + indices.shape.length : batches;
  return gatheredInBatches(use, data, indices, frontAxis(use, axis, data.shape.length), axes);
}

/**
 * As many tables as there are batches, one below the other, and indices moved to their own: then
 * one gathers along one axis.
 */
function gatheredInBatches(
  use: NodeUse,
  data: Handle,
  indices: Handle,
  axis: number,
  batches: number,
): Handle {
  const { tensors, name, fault } = use;
  const front = data.shape.slice(0, batches);
  if (!(batches <= axis) || indices.shape.slice(0, batches).join() !== front.join())
    throw fault(`${batches} batch_dims of ${shapeText(indices.shape)}`, shapeText(data.shape));
  const between = axis - batches;
  const turned = [
    ...front.keys(),
    axis,
    ...Array.from({ length: between }, (_, at) => batches + at),
    ...Array.from({ length: data.shape.length - axis - 1 }, (_, at) => axis + 1 + at),
  ];
  const tables = tensors.transpose(data, turned, `${name}/tables`);
  const [count, extent] = [sizeOf(front), data.shape[axis] as number];
  const rest = tables.shape.slice(batches + 1);
  const picked = indices.shape.slice(batches);
  const below = tensors.reshape(tables, [count * extent, ...rest], `${name}/below`);
  const flat = tensors.reshape(indices, [count, sizeOf(picked)], `${name}/indices`);
  const starts = Array.from({ length: count }, (_, at) => at * extent);
  const offsets = constant(step(use, 'starts'), [count, 1], 'int32', starts);
  const places = binary(step(use, 'places'), 'add', flat, offsets);
  const found = gathered(use, below, places, 0);
  const whole = tensors.reshape(found, [...front, ...picked, ...rest], name);
  // The axes between stand before those of the indices.
  const rank = batches + picked.length;
  const back = [
    ...front.keys(),
    ...Array.from({ length: between }, (_, at) => rank + at),
    ...picked.map((_, at) => batches + at),
    ...rest.slice(between).map((_, at) => rank + between + at),
  ];
  return between === 0 ? whole : tensors.transpose(whole, back, name);
}

function gatherNd(use: NodeUse): Handle {
  const { tensors, name } = use;
  const inputs = [tensors.plain(use.input(0)), tensors.plain(use.input(1))];
  return tensors.made(tensors.add({ kind: 'gather-nd', name, inputs, batchAxes: 0 }));
}

/** Updates of one place add up. */
function scatterNd(use: NodeUse): Handle {
  const { tensors, name } = use;
  const shape = numbersAt(use, 2, 'a shape');
  const updates = use.input(1);
  const zeros = constant(step(use, 'zeros'), shape, updates.type, new Float32Array(sizeOf(shape)));
  const inputs = [zeros, use.input(0), updates].map((each) => tensors.plain(each));
  return tensors.made(tensors.add({ kind: 'scatter-nd', name, inputs, reduction: 'add' }));
}

function scatterUpdate(use: NodeUse): Handle {
  const { tensors, name } = use;
  const inputs = use.inputs(0, 3).map((each) => tensors.plain(each));
  return tensors.made(tensors.add({ kind: 'scatter-nd', name, inputs, reduction: 'none' }));
}

function fill(use: NodeUse): Handle {
  return expanded(use, use.input(1), numbersAt(use, 0, 'a shape'));
}

function range(use: NodeUse): Handle {
  const [start, limit, delta] = [0, 1, 2].map((at) => numberAt(use, at, 'a range')) as [
    number,
    number,
    number,
  ];
  const count = Math.max(0, Math.ceil((limit - start) / delta));
  use.tensors.builder.requireElements(count, 'elements of a range');
  const values = Array.from({ length: count }, (_, at) => start + at * delta);
  return constant(use, [count], use.input(0).type, values);
}

function oneHot(use: NodeUse): Handle {
  const { tensors, name } = use;
  const depth = numberAt(use, 1, 'a depth');
  const [on, off] = [use.input(2), use.input(3)];
  const values = packed(step(use, 'values'), [off, on], 0);
  const inputs = [tensors.plain(use.input(0)), tensors.plain(values)];
  return tensors.made(
    tensors.add({ kind: 'one-hot', name, inputs, depth, axis: numberOf(use, 'axis', -1) }),
  );
}

function resize(use: NodeUse, mode: 'nearest' | 'linear'): Handle {
  const positions = numbersAt(use, 1, 'a size');
  const [alignCorners, halfPixels] = [
    flagOf(use, 'align_corners'),
    flagOf(use, 'half_pixel_centers'),
  ];
  return resized(use, use.input(0), positions, { mode, alignCorners, halfPixels });
}

function blocks(use: NodeUse, kind: 'depth-to-space' | 'space-to-depth'): Handle {
  const { tensors, name } = use;
  const inputs = [tensors.first(use.input(0))];
  const block = numberOf(use, 'block_size', 2);
  const written =
    kind === 'depth-to-space'
      ? ({ kind, name, inputs, block, mode: 'DCR' } as const)
      : ({ kind, name, inputs, block } as const);
  return tensors.made(tensors.add(written), channelsFirst(4));
}

/** [before, behind] of each axis as all befores, then all behinds. */
const sides = (pairs: readonly number[]) =>
  [0, 1].flatMap((side) => pairs.filter((_, at) => at % 2 === side));

function spaceToBatch(use: NodeUse): Handle {
  const { tensors, name } = use;
  const [block, pads] = [numbersAt(use, 1, 'a block'), sides(numbersAt(use, 2, 'pads'))];
  const inputs = [tensors.plain(use.input(0))];
  return tensors.made(tensors.add({ kind: 'space-to-batch', name, inputs, block, pads }));
}

function batchToSpace(use: NodeUse): Handle {
  const { tensors, name } = use;
  const [block, crops] = [numbersAt(use, 1, 'a block'), sides(numbersAt(use, 2, 'crops'))];
  const inputs = [tensors.plain(use.input(0))];
  return tensors.made(tensors.add({ kind: 'batch-to-space', name, inputs, block, crops }));
}

function topK(use: NodeUse): readonly Handle[] {
  const { tensors, name } = use;
  const inputs = [tensors.plain(use.input(0))];
  const k = use.count > 1 ? numberAt(use, 1, 'k') : numberOf(use, 'k', 1);
  const made = tensors.addAll({
    kind: 'top-k',
    name,
    inputs,
    k,
    axis: -1,
    largest: true,
    sorted: true,
  });
  const [values, places] = made.map((tensor) => tensors.made(tensor)) as [Handle, Handle];
  return [values, cast(step(use, 'indices'), places, 'int32')];
}

function transpose(use: NodeUse): Handle {
  const permutation = numbersAt(use, 1, 'a permutation').map((axis) =>
    frontAxis(use, axis, use.input(0).shape.length),
  );
  if (new Set(permutation).size !== use.input(0).shape.length) {
    throw use.fault(
      `the permutation ${permutation.join(', ')}`,
      `each of ${use.input(0).shape.length} axes once`,
    );
  }
  return use.tensors.transpose(use.input(0), permutation, use.name);
}

function concat(use: NodeUse): Handle {
  const isFirst = use.node.op === 'Concat';
  const axis = numberAt(use, isFirst ? 0 : use.count - 1, 'an axis');
  return concatenated(use, isFirst ? use.inputs(1) : use.inputs(0, use.count - 1), axis);
}

export const shapeRows: Readonly<Record<string, Row>> = {
  Reshape: reshape,
  Squeeze: squeeze,
  ExpandDims: expandDims,
  Transpose: transpose,
  Pad: pad,
  PadV2: pad,
  MirrorPad: pad,
  Concat: concat,
  ConcatV2: concat,
  Pack: (use) => packed(use, use.inputs(), numberOf(use, 'axis', 0)),
  Unpack: (use) => unpacked(use, use.input(0), numberOf(use, 'axis', 0)),
  Split: splitEvenly,
  SplitV: splitAs,
  Slice: slice,
  StridedSlice: stridedSlice,
  Gather: gather,
  GatherV2: gather,
  GatherNd: gatherNd,
  ScatterNd: scatterNd,
  TensorScatterUpdate: scatterUpdate,
  Tile: (use) => tiled(use, use.input(0), numbersAt(use, 1, 'repeats')),
  BroadcastTo: (use) => expanded(use, use.input(0), numbersAt(use, 1, 'a shape')),
  Reverse: (use) => reversed(use, use.input(0), numbersAt(use, 1, 'axes')),
  ReverseV2: (use) =>
    reversed(
      use,
      use.input(0),
      numbersAt(use, 1, 'axes').map((axis) => frontAxis(use, axis, use.input(0).shape.length)),
    ),
  Fill: fill,
  Range: range,
  Shape: (use) => wholes(use, use.input(0).shape),
  ShapeN: (use) => use.inputs().map((input) => wholes(use, input.shape)),
  Size: (use) => constant(use, [], 'int32', [sizeOf(use.input(0).shape)]),
  Rank: (use) => constant(use, [], 'int32', [use.input(0).shape.length]),
  OneHot: oneHot,
  ResizeBilinear: (use) => resize(use, 'linear'),
  ResizeNearestNeighbor: (use) => resize(use, 'nearest'),
  DepthToSpace: (use) => blocks(use, 'depth-to-space'),
  SpaceToDepth: (use) => blocks(use, 'space-to-depth'),
  SpaceToBatchND: spaceToBatch,
  BatchToSpaceND: batchToSpace,
  TopKV2: topK,
  TopK: topK,
};
