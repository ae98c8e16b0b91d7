// Resizing of any axes, by the nearest element or by linear or cubic interpolation, one axis after
// the other.

import { operationsEach, streamOf } from '../demand.js';
import { type Shape, shapeText, sizeOf } from '../tensor.js';
import { elementsOf, lanesOf } from './axes.js';
import { valuesOf } from './elements.js';
import { given, operator } from './operator.js';

/** ONNX's coordinate_transformation_mode. */
export type ResizeCoordinates =
  | 'half_pixel'
  | 'half_pixel_symmetric'
  | 'pytorch_half_pixel'
  | 'align_corners'
  | 'asymmetric'
  | 'tf_half_pixel_for_nn'
  | 'tf_crop_and_resize';

/**
 * ONNX's nearest_mode; 'simple' is that of its first Upsample and Resize: up where it shrinks, else
 * down.
 */
export type NearestMode = 'round_prefer_floor' | 'round_prefer_ceil' | 'floor' | 'ceil' | 'simple';

export interface ResizeAttributes {
  readonly mode: 'nearest' | 'linear' | 'cubic';
  /** The result's. */
  readonly shape: Shape;
  /** One an axis: what the file says, which need not be the exact quotient of the extents. */
  readonly scales: readonly number[];
  readonly coordinates: ResizeCoordinates;
  /** 'round_prefer_floor' unless told. */
  readonly nearestMode?: NearestMode;
  /** −0.75 unless told. */
  readonly cubicCoefficient?: number;
  /** Whether elements outside have no weight, where they repeat the edge unless told. */
  readonly excludeOutside?: boolean;
  /** The value of what lies outside, with 'tf_crop_and_resize' alone; 0 unless told. */
  readonly extrapolation?: number;
  /** Whether filters widen where it shrinks. */
  readonly antialias?: boolean;
  /** First the starts, then the ends of all axes, between 0 and 1; of 'tf_crop_and_resize'. */
  readonly roi?: readonly number[];
}

/** What one index of the result reads along an axis; null outside. */
type Taps = { readonly indices: readonly number[]; readonly weights: readonly number[] } | null;

/** Input: x. */
const resize = operator<ResizeAttributes>({
  arity: [1, 1],
  infer({ shape, scales }, inputs, fault) {
    const { shape: from, type } = given(inputs);
    if (shape.length !== from.length || scales.length !== from.length) {
      throw fault(
        `a result of ${shapeText(shape)} with ${scales.length} scales`,
        `${from.length} axes`,
      );
    }
    return [{ shape, type }];
  },
  forward(attributes, inputs, results) {
    const { shape, values } = given(inputs);
    let from: Shape = shape;
    let current: ArrayLike<number> = values;
    for (const [axis, extent] of attributes.shape.entries()) {
      if (!isResized(attributes, shape, axis)) continue;
      const to = from.map((each, at) => (at === axis ? extent : each));
      current = along(
        current,
        from,
        axis,
        tapsOf(attributes, axis, shape[axis] as number),
        attributes,
      );
      from = to;
    }
    return [valuesOf(given(results), (at) => current[at] as number)];
  },
  demand(attributes, inputs, results) {
    const { shape } = given(inputs);
    const taps = attributes.shape.reduce(
      (product, _, axis) => product * tapCount(attributes, shape, axis),
      1,
    );
    const outputs = elementsOf(results);
    const operations =
      taps === 1
        ? operationsEach(outputs, {})
        : operationsEach(outputs, { multiply: taps, add: taps - 1 });
    return { ...streamOf(sizeOf(shape), outputs, operations), looks: outputs * taps };
  },
});

function isResized(
  { shape, scales, coordinates }: ResizeAttributes,
  from: Shape,
  axis: number,
): boolean {
  return scales[axis] !== 1 || shape[axis] !== from[axis] || coordinates === 'tf_crop_and_resize';
}

function tapCount(attributes: ResizeAttributes, from: Shape, axis: number): number {
  if (attributes.mode === 'nearest' || !isResized(attributes, from, axis)) return 1;
  const reach = attributes.mode === 'linear' ? 2 : 4;
  const scale = attributes.antialias ? Math.min(1, attributes.scales[axis] as number) : 1;
  return Math.min(Math.ceil(reach / scale), from[axis] as number);
}

function along(
  values: ArrayLike<number>,
  from: Shape,
  axis: number,
  taps: readonly Taps[],
  { extrapolation = 0 }: ResizeAttributes,
): Float64Array {
  const { outer, extent, inner } = lanesOf(from, axis);
  const result = new Float64Array(outer * taps.length * inner);
  let to = 0;
  for (let block = 0; block < outer; block++) {
    for (const tap of taps) {
      for (let lane = 0; lane < inner; lane++) {
        let sum = tap ? 0 : extrapolation;
        for (const [at, index] of (tap?.indices ?? []).entries()) {
          sum +=
            (tap?.weights[at] as number) *
            (values[(block * extent + index) * inner + lane] as number);
        }
        result[to++] = sum;
      }
    }
  }
  return result;
}

function tapsOf(attributes: ResizeAttributes, axis: number, length: number): readonly Taps[] {
  const { mode, coordinates } = attributes;
  return Array.from({ length: attributes.shape[axis] as number }, (_, index) => {
    const at = originOf(attributes, axis, length, index);
    if (coordinates === 'tf_crop_and_resize' && (at < 0 || at > length - 1)) return null;
    const inside = (position: number) => Math.min(Math.max(position, 0), length - 1);
    if (mode === 'nearest')
      return { indices: [inside(nearest(attributes, axis, at))], weights: [1] };
    const filter = filterOf(attributes, axis);
    const first = Math.floor(at - filter.reach) + 1;
    const taps = Array.from({ length: Math.ceil(2 * filter.reach) }, (_, tap) => first + tap)
      .map((position) => ({ position, weight: filter.weight(position - at) }))
      .filter(({ position }) => !attributes.excludeOutside || position === inside(position));
    // What is left of a filter still adds up to 1.
    const sum = taps.reduce((total, { weight }) => total + weight, 0);
    return {
      indices: taps.map(({ position }) => inside(position)),
      weights: taps.map(({ weight }) => weight / sum),
    };
  });
}

interface Filter {
  /** It is 0 from here on, to both sides. */
  readonly reach: number;
  weight(distance: number): number;
}

function filterOf(
  { mode, cubicCoefficient = -0.75, antialias = false, scales }: ResizeAttributes,
  axis: number,
) {
  const stretch = antialias ? Math.min(1, scales[axis] as number) : 1;
  const linear: Filter = { reach: 1, weight: (distance) => Math.max(0, 1 - Math.abs(distance)) };
  const cubic: Filter = {
    reach: 2,
    weight: (distance) => cubicWeight(Math.abs(distance), cubicCoefficient),
  };
  const { reach, weight } = mode === 'linear' ? linear : cubic;
  return { reach: reach / stretch, weight: (distance: number) => weight(distance * stretch) };
}

/** Keys, Cubic convolution interpolation for digital image processing, 1981, equation 4. */
function cubicWeight(x: number, a: number): number {
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}

function nearest(
  { nearestMode = 'round_prefer_floor', scales }: ResizeAttributes,
  axis: number,
  at: number,
): number {
  if (nearestMode === 'floor') return Math.floor(at);
  if (nearestMode === 'ceil') return Math.ceil(at);
  if (nearestMode === 'simple')
    return (scales[axis] as number) < 1 ? Math.ceil(at) : Math.trunc(at);
  return nearestMode === 'round_prefer_ceil' ? Math.floor(at + 0.5) : Math.ceil(at - 0.5);
}

/**
 * Where an index of the result lies in the input. Steps are rounded to float32 as in ONNX Runtime,
 * since the nearest element depends on the last bit.
 */
function originOf(
  { scales, coordinates, roi, shape }: ResizeAttributes,
  axis: number,
  length: number,
  index: number,
) {
  const f = Math.fround;
  const scale = f(scales[axis] as number);
  const resized = shape[axis] as number;
  const halfPixel = f(f((index + 0.5) / scale) - 0.5);
  switch (coordinates) {
    case 'half_pixel':
      return halfPixel;
    case 'half_pixel_symmetric': {
      const adjustment = f(resized / f(scale * length));
      // ONNX Runtime rounds this sum once, at its end.
      return f(f((length / 2) * f(1 - adjustment)) + (index + 0.5) / scale - 0.5);
    }
    case 'pytorch_half_pixel':
      return resized > 1 ? halfPixel : 0;
    case 'align_corners':
      return resized > 1 ? f(f(index * (length - 1)) / (resized - 1)) : 0;
    case 'asymmetric':
      return f(index / scale);
    case 'tf_half_pixel_for_nn':
      return f((index + 0.5) / scale);
    case 'tf_crop_and_resize': {
      const [start, end] = [roi?.[axis] ?? 0, roi?.[axis + shape.length] ?? 1];
      if (resized === 1) return f((f(start + end) / 2) * (length - 1));
      return f(
        f(start * (length - 1)) + f(f(index * f(end - start) * (length - 1)) / (resized - 1)),
      );
    }
  }
}

/**
 * The extent that a scale makes of another one: a product of float32 numbers, as in ONNX Runtime.
 */
export function resizedExtent(extent: number, scale: number): number {
  return Math.floor(Math.fround(extent * Math.fround(scale)));
}

export const resizeOperators = { resize } as const;
