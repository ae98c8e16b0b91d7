// Resizing, and elements read at positions that other results name.

import {
  type NearestMode,
  type ResizeCoordinates,
  resizedExtent,
} from '../../../operators/resize.js';
import { Blocked, type Operation, type Rows } from '../operation.js';

const coordinates: readonly ResizeCoordinates[] = [
  ...(['half_pixel', 'half_pixel_symmetric', 'pytorch_half_pixel', 'align_corners'] as const),
  ...(['asymmetric', 'tf_half_pixel_for_nn', 'tf_crop_and_resize'] as const),
];
const nearestModes: readonly NearestMode[] = [
  'round_prefer_floor',
  'round_prefer_ceil',
  'floor',
  'ceil',
];

function modeOf(op: Operation, otherwise = 'nearest'): 'nearest' | 'linear' | 'cubic' {
  const written = op.text('mode', otherwise);
  const mode = (['nearest', 'linear', 'cubic'] as const).find(
    (each) => each === written.replace(/^bi(?=linear|cubic)/, ''),
  );
  if (!mode) throw new Blocked(`mode ${written.slice(0, 20)}`);
  return mode;
}

/** Upsample, and Resize as it was first: scales alone. */
function upsample(op: Operation): void {
  const { shape } = op.type(0);
  const legacy = [op.float('height_scale', 0), op.float('width_scale', 0)];
  const own = op.floats('scales') ?? (legacy[0] !== 0 ? [1, 1, ...legacy] : null);
  const scales = own ?? op.numbers(1, 'scales');
  const resized = shape.map((extent, axis) => resizedExtent(extent, scales[axis] ?? 1));
  op.room(resized);
  const attributes = {
    mode: modeOf(op),
    shape: resized,
    scales,
    coordinates: 'asymmetric',
    nearestMode: 'simple',
  } as const;
  op.result({ kind: 'resize', ...attributes }, [op.input(0)]);
}

function resize(op: Operation): void {
  if (op.opset < 11) {
    upsample(op);
    return;
  }
  const { shape } = op.type(0);
  const mode = modeOf(op);
  const written = op.text('coordinate_transformation_mode', 'half_pixel');
  const transformation = coordinates.find((each) => each === written);
  const nearest = op.text('nearest_mode', 'round_prefer_floor');
  const nearestMode = nearestModes.find((each) => each === nearest);
  if (!transformation || !nearestMode)
    throw new Blocked(`mode ${transformation ? nearest : written}`);
  const axes =
    op.ints('axes')?.map((axis) => op.axis(axis, shape.length)) ?? shape.map((_, axis) => axis);
  const { resized, scales } = resizedOf(op, axes);
  op.room(resized);
  const roi = transformation === 'tf_crop_and_resize' ? regionOf(op, axes) : null;
  const attributes = {
    ...{ mode, shape: resized, scales, coordinates: transformation, nearestMode },
    cubicCoefficient: op.float('cubic_coeff_a', -0.75),
    excludeOutside: op.flag('exclude_outside'),
    extrapolation: op.float('extrapolation_value', 0),
    antialias: op.flag('antialias'),
    ...(roi ? { roi } : {}),
  };
  if (resized.join() === shape.join() && scales.every((scale) => scale === 1) && !roi)
    op.pass(op.input(0));
  else op.result({ kind: 'resize', ...attributes }, [op.input(0)]);
}

/**
 * Extents or scales of the axes that are resized; of those given by extents, scales are what comes
 * of them.
 */
function resizedOf(op: Operation, axes: readonly number[]) {
  const { shape } = op.type(0);
  const policy = op.text('keep_aspect_ratio_policy', 'stretch');
  const known = policy === 'stretch' ? op.place.declared(0) : null;
  const hasScales = op.has(2) && op.shape(2)[0] !== 0;
  const resized = [...shape];
  const scales = shape.map(() => 1);
  if (hasScales) {
    const given = op.numbers(2, 'scales');
    for (const [at, axis] of axes.entries()) {
      scales[axis] = given[at] ?? 1;
      resized[axis] = resizedExtent(shape[axis] as number, scales[axis] as number);
    }
    return { resized, scales };
  }
  const sizes = op.values(3)
    ? op.numbers(3, 'sizes')
    : known && axes.map((axis) => known.shape[axis] as number);
  if (!sizes) throw new Blocked('a size that the network computes');
  const ratios = axes.map((axis, at) => (sizes[at] as number) / (shape[axis] as number));
  const common =
    policy === 'not_larger'
      ? Math.min(...ratios)
      : policy === 'not_smaller'
        ? Math.max(...ratios)
        : null;
  for (const [at, axis] of axes.entries()) {
    scales[axis] = common ?? (ratios[at] as number);
    resized[axis] =
      common === null ? (sizes[at] as number) : Math.round(common * (shape[axis] as number));
  }
  return { resized, scales };
}

function regionOf(op: Operation, axes: readonly number[]): readonly number[] {
  const { shape } = op.type(0);
  const given = op.numbers(1, 'a region');
  const roi = [...shape.map(() => 0), ...shape.map(() => 1)];
  for (const [at, axis] of axes.entries()) {
    roi[axis] = given[at] ?? 0;
    roi[axis + shape.length] = given[at + axes.length] ?? 1;
  }
  return roi;
}

function gridSample(op: Operation): void {
  const mode = modeOf(op, 'linear');
  const written = op.text('padding_mode', 'zeros');
  const padding = (['zeros', 'border', 'reflection'] as const).find((each) => each === written);
  if (!padding)
    throw op.fault(`padding_mode ${written.slice(0, 20)}`, 'zeros, border or reflection');
  op.result({ kind: 'grid-sample', mode, padding, alignCorners: op.flag('align_corners') }, [
    op.input(0),
    op.input(1),
  ]);
}

function roiAlign(op: Operation): void {
  const written = op.text('mode', 'avg');
  const mode: 'max' | 'avg' = written === 'max' ? 'max' : 'avg';
  const transformation = op.text(
    'coordinate_transformation_mode',
    op.opset < 16 ? 'output_half_pixel' : 'half_pixel',
  );
  const size = [op.int('output_height', 1), op.int('output_width', 1)] as const;
  op.room([op.shape(1)[0] ?? 1, op.shape(0)[1] ?? 1, ...size]);
  const attributes = {
    ...{
      mode,
      size,
      samplingRatio: op.int('sampling_ratio', 0),
      spatialScale: op.float('spatial_scale', 1),
    },
    halfPixel: transformation === 'half_pixel',
  } as const;
  op.result({ kind: 'roi-align', ...attributes }, [op.input(0), op.input(1), op.input(2)]);
}

/** Positions that an affine map of each image reads at: a grid of −1 to 1 times the maps. */
function affineGrid(op: Operation): void {
  const size = op.numbers(1, 'a size');
  const [images = 1, , ...extents] = size;
  const isAligned = op.flag('align_corners');
  op.room([...extents, extents.length + 1]);
  const along = extents.map((extent) =>
    Array.from({ length: extent }, (_, at) => {
      if (isAligned) return extent === 1 ? 0 : (2 * at) / (extent - 1) - 1;
      return (2 * at + 1) / extent - 1;
    }),
  );
  let points: readonly (readonly number[])[] = [[]];
  // The last axis of positions comes first in a point, and a 1 for what is added at its end.
  for (const positions of along)
    points = points.flatMap((point) => positions.map((position) => [position, ...point]));
  const axes = extents.length;
  const { type } = op.type(0);
  const grid = op.constant(
    points.flatMap((point) => [...point, 1]),
    [points.length, axes + 1],
    type,
  );
  const positions = op.step({ kind: 'matmul', transposeRight: true }, [grid, op.input(0)]);
  op.reshape(positions, [images, ...extents, axes], op.result);
}

export const samplingRows: Rows = {
  Upsample: upsample,
  Resize: resize,
  GridSample: gridSample,
  RoiAlign: roiAlign,
  AffineGrid: affineGrid,
};
