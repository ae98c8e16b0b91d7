// Caffe's changes of shape and order, parts and joins.

import { sizeOf } from '../../tensor.js';
import { axisOf, type CaffeRow, first, made, parametersOf, shapeOf, step } from './layer.js';
import { scalarsOf } from './parameters.js';

const concat: CaffeRow = (from) => {
  const parameters = parametersOf(from, 'concat_param');
  const rank = shapeOf(from, from.bottoms[0] as string).length;
  const axis = axisOf(from, parameters.number('axis', parameters.number('concat_dim', 1)), rank);
  if (from.bottoms.length === 1) return [first(from)];
  return made(from, { kind: 'concat', inputs: from.bottoms, ...(axis === 1 ? {} : { axis }) });
};

const slice: CaffeRow = (from) => {
  const { layer } = from;
  const parameters = parametersOf(from, 'slice_param');
  const shape = shapeOf(from);
  const axis = axisOf(
    from,
    parameters.number('axis', parameters.number('slice_dim', 1)),
    shape.length,
  );
  const extent = shape[axis] as number;
  const count = layer.tops.length;
  const told = parameters.numbers('slice_point');
  const points =
    told.length > 0
      ? told
      : Array.from({ length: count - 1 }, (_, at) => ((at + 1) * extent) / count);
  const ends = [...points, extent];
  const sizes = ends.map((end, at) => end - (ends[at - 1] ?? 0));
  if (sizes.length !== count || sizes.some((size) => !(Number.isInteger(size) && size >= 1))) {
    throw layer.fault(
      `${count} parts of ${extent} cut at ${points.join(', ')}`,
      'a point between each two',
    );
  }
  return count === 1
    ? [first(from)]
    : made(from, { kind: 'split', inputs: [first(from)], axis, sizes });
};

const flatten: CaffeRow = (from) => {
  const parameters = parametersOf(from, 'flatten_param');
  const shape = shapeOf(from);
  const start = axisOf(from, parameters.number('axis', 1), shape.length);
  const end = axisOf(from, parameters.number('end_axis', -1), shape.length);
  if (end < start) throw from.layer.fault(`axes ${start} to ${end}`, 'the first one in front');
  const flat = [
    ...shape.slice(0, start),
    sizeOf(shape.slice(start, end + 1)),
    ...shape.slice(end + 1),
  ];
  return made(from, { kind: 'reshape', inputs: [first(from)], shape: flat });
};

/** 0 keeps an extent, −1 is what is left; `axis` and `num_axes` say which axes are meant. */
const reshape: CaffeRow = (from) => {
  const { layer } = from;
  const parameters = parametersOf(from, 'reshape_param');
  const written = parameters.inner('shape').flatMap((block) => scalarsOf(block, 'dim').map(Number));
  const from0 = shapeOf(from);
  const start = parameters.number('axis', 0);
  const first0 = start < 0 ? start + from0.length + 1 : start;
  const count = parameters.number('num_axes', -1);
  const end = count === -1 ? from0.length : first0 + count;
  const middle = from0.slice(first0, end);
  const kept = written.map((extent, at) => (extent === 0 ? (middle[at] as number) : extent));
  const known = sizeOf(kept.filter((extent) => extent !== -1));
  const filled = kept.map((extent) => (extent === -1 ? sizeOf(middle) / known : extent));
  const shape = [...from0.slice(0, first0), ...filled, ...from0.slice(end)];
  // Files for a batch tell its size: a frame has one.
  const isBatch =
    first0 === 0 &&
    (written[0] ?? 0) > 1 &&
    sizeOf(shape) === sizeOf(from0) * (written[0] as number);
  const own = isBatch ? [1, ...shape.slice(1)] : shape;
  if (
    !own.every((extent) => Number.isInteger(extent) && extent >= 1) ||
    sizeOf(own) !== sizeOf(from0)
  ) {
    throw layer.fault(`${from0.join('×')} as ${written.join(', ')}`, 'a shape of as many values');
  }
  return made(from, { kind: 'reshape', inputs: [first(from)], shape: own });
};

const permute: CaffeRow = (from) => {
  const rank = shapeOf(from).length;
  const told = parametersOf(from, 'permute_param').numbers('order');
  const rest = Array.from({ length: rank }, (_, axis) => axis).filter(
    (axis) => !told.includes(axis),
  );
  return made(from, { kind: 'transpose', inputs: [first(from)], permutation: [...told, ...rest] });
};

const crop: CaffeRow = (from) => {
  const { layer, bottoms } = from;
  const parameters = parametersOf(from, 'crop_param');
  const [value = '', like = ''] = bottoms;
  if (bottoms.length !== 2) throw layer.fault(`${bottoms.length} inputs`, 'two');
  const [shape, wanted] = [shapeOf(from, value), shapeOf(from, like)];
  const start = axisOf(from, parameters.number('axis', 2), shape.length);
  const offsets = parameters.numbers('offset');
  const axes = Array.from({ length: shape.length - start }, (_, at) => start + at);
  const starts = axes.map((_, at) => offsets[at] ?? offsets[0] ?? 0);
  const ends = axes.map((axis, at) => (starts[at] as number) + (wanted[axis] as number));
  if (ends.some((end, at) => end > (shape[axes[at] as number] as number))) {
    throw layer.fault(
      `${wanted.join('×')} cut from ${shape.join('×')} at ${starts.join(', ')}`,
      'a part of it',
    );
  }
  return made(from, {
    kind: 'slice',
    inputs: [value],
    starts,
    ends,
    axes,
    steps: axes.map(() => 1),
  });
};

const tile: CaffeRow = (from) => {
  const parameters = parametersOf(from, 'tile_param');
  const shape = shapeOf(from);
  const axis = axisOf(from, parameters.number('axis', 1), shape.length);
  const tiles = parameters.number('tiles', 1);
  return made(from, {
    kind: 'tile',
    inputs: [first(from)],
    repeats: shape.map((_, at) => (at === axis ? tiles : 1)),
  });
};

/** ShuffleNet's: channels of all groups in turn. */
const shuffle: CaffeRow = (from) => {
  const shape = shapeOf(from);
  const group = parametersOf(from, 'shuffle_channel_param').number('group', 1);
  const [images = 1, channels = 1, ...positions] = shape;
  const pixels = sizeOf(positions);
  const grouped = [images, group, channels / group, pixels];
  if (!Number.isInteger(channels / group))
    throw from.layer.fault(`${group} groups of ${channels}`, 'a divisor');
  const apart = step(from, 'groups', { kind: 'reshape', inputs: [first(from)], shape: grouped });
  const turned = step(from, 'turned', {
    kind: 'transpose',
    inputs: [apart],
    permutation: [0, 2, 1, 3],
  });
  return made(from, { kind: 'reshape', inputs: [turned], shape });
};

export const shapeRows: Readonly<Record<string, CaffeRow>> = {
  Concat: concat,
  Slice: slice,
  Flatten: flatten,
  Reshape: reshape,
  Permute: permute,
  Crop: crop,
  Tile: tile,
  ShuffleChannel: shuffle,
};
