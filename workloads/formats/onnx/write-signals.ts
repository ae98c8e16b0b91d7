// Resizing, sampling at positions, triangles, Fourier transforms and windows of signals.

import { knownAxis } from '../../operators/axes.js';
import { type ResizeAttributes, resizedExtent } from '../../operators/resize.js';
import type { DftAttributes } from '../../operators/signal.js';
import type { Emit, Page, WritersOf } from './write-page.js';
import { dataTypes } from './write-tensors.js';

const windows = {
  hann: 'HannWindow',
  hamming: 'HammingWindow',
  blackman: 'BlackmanWindow',
} as const;

/** Whether a scale makes an extent, however exactly a reader multiplies. */
function scalesTo(from: number, scale: number, extent: number): boolean {
  return resizedExtent(from, scale) === extent && Math.floor(from * Math.fround(scale)) === extent;
}

function resizeBy(
  page: Page,
  layer: ResizeAttributes,
  input: string,
  from: readonly number[],
  emit: Emit,
): void {
  const {
    mode,
    shape,
    scales,
    coordinates,
    nearestMode,
    cubicCoefficient,
    excludeOutside,
    extrapolation,
  } = layer;
  if (coordinates === 'half_pixel_symmetric') page.need(19);
  if (layer.antialias) page.need(18);
  const isExact = shape.every((extent, axis) =>
    scalesTo(from[axis] as number, scales[axis] as number, extent),
  );
  if (!isExact && page.isBatched) page.need(18);
  // A batch's own axis is left as it is.
  const axes = shape.map((_, axis) => axis).slice(!isExact && page.isBatched ? 1 : 0);
  const of = <Each>(list: readonly Each[]) => axes.map((axis) => list[axis] as Each);
  const roi = layer.roi ? [...of(layer.roi), ...of(layer.roi.slice(shape.length))] : null;
  const region = roi ? page.constant('roi', [roi.length], 'float32', () => roi) : '';
  const scale = isExact ? page.constant('scales', [axes.length], 'float32', () => of(scales)) : '';
  const sizes = isExact ? '' : page.wholes(of(shape), 'sizes');
  emit('Resize', [input, region, scale, sizes], {
    ...{ mode, coordinate_transformation_mode: coordinates },
    ...(mode === 'nearest' ? { nearest_mode: nearestMode ?? 'round_prefer_floor' } : {}),
    ...(mode === 'cubic' ? { cubic_coeff_a: { float: cubicCoefficient ?? -0.75 } } : {}),
    ...(excludeOutside ? { exclude_outside: 1 } : {}),
    ...(extrapolation === undefined ? {} : { extrapolation_value: { float: extrapolation } }),
    ...(layer.antialias ? { antialias: 1 } : {}),
    ...(axes.length < shape.length ? { axes } : {}),
  });
}

/** The nearest above where it shrinks, else below: ONNX's first way, an axis at a time. */
function resizeSimply(page: Page, layer: ResizeAttributes): void {
  const { shape } = page.type();
  const shrinks = layer.scales.map((scale) => scale < 1);
  const between = layer.shape.map((extent, axis) =>
    shrinks[axis] ? extent : (shape[axis] as number),
  );
  const isOne = shrinks.every((each) => each === shrinks[0]) || !shrinks.some(Boolean);
  const grows = layer.scales.some((scale) => scale > 1);
  if (isOne || !grows) {
    const nearestMode = shrinks.some(Boolean) ? 'ceil' : 'floor';
    resizeBy(page, { ...layer, nearestMode }, page.input(), shape, page.result);
    return;
  }
  const down = layer.scales.map((scale) => Math.min(1, scale));
  const up = layer.scales.map((scale) => Math.max(1, scale));
  const first = { ...layer, nearestMode: 'ceil' as const, shape: between, scales: down };
  let shrunk = '';
  resizeBy(page, first, page.input(), shape, (opType, inputs, attributes) => {
    shrunk = page.step('shrunk', opType, inputs, attributes);
    return shrunk;
  });
  resizeBy(page, { ...layer, nearestMode: 'floor', scales: up }, shrunk, between, page.result);
}

/** The axis is an attribute before operator set 20. */
function transform(
  page: Page,
  layer: DftAttributes,
  input: string,
  length: string,
  onesided: boolean,
  emit: Emit,
) {
  const flags = { inverse: Number(layer.inverse), onesided: Number(onesided) };
  if (page.opset < 20) return emit('DFT', [input, length], { axis: layer.axis, ...flags });
  return emit('DFT', [input, length, page.scalar(layer.axis, 'int64', 'axis')], flags);
}

/** The half that was left out mirrors the other one, conjugated; of the result the real part. */
function inverseOfHalf(page: Page, layer: DftAttributes): void {
  const { shape, type } = page.type();
  const axis = knownAxis(layer.axis, shape.length);
  const extent = shape[axis] as number;
  const length = layer.length ?? 2 * (extent - 1);
  const known = Math.min(length, extent);
  if (shape.at(-1) !== 2 || length - known >= extent) {
    throw page.fault(
      `a transform back from ${extent} of ${length} frequencies`,
      'half of them, in two parts',
    );
  }
  const places = Array.from({ length }, (_, at) => (at < known ? at : length - at));
  const whole = page.step('whole', 'Gather', [page.input(), page.wholes(places, 'places')], {
    axis,
  });
  const signs = [
    length,
    ...shape.slice(axis + 1).map((_, at, rest) => (at === rest.length - 1 ? 2 : 1)),
  ];
  const conjugate = page.constant('signs', signs, type, () =>
    places.flatMap((_, at) => (at < known ? [1, 1] : [1, -1])),
  );
  const spectrum = page.step('spectrum', 'Mul', [whole, conjugate]);
  const signal = transform(page, layer, spectrum, '', false, page.emitStep('signal'));
  const bounds = [
    page.wholes([0], 'start'),
    page.wholes([1], 'end'),
    page.wholes([shape.length - 1], 'axis'),
  ];
  page.result('Slice', [signal, ...bounds]);
}

export const signalWriters: WritersOf<
  'resize' | 'grid-sample' | 'roi-align' | 'trilu' | 'dft' | 'window'
> = {
  resize(page, layer) {
    if (layer.mode === 'nearest' && layer.nearestMode === 'simple') resizeSimply(page, layer);
    else resizeBy(page, layer, page.input(), page.type().shape, page.result);
  },
  'grid-sample'(page, { mode, padding, alignCorners }) {
    if (page.type().shape.length !== 4) page.need(20);
    const isNew = page.opset >= 20;
    const old = { linear: 'bilinear', nearest: 'nearest', cubic: 'bicubic' } as const;
    const attributes = {
      mode: isNew ? mode : old[mode],
      padding_mode: padding,
      align_corners: Number(alignCorners),
    };
    page.result('GridSample', [page.input(0), page.input(1)], attributes);
  },
  'roi-align'(page, { mode, size, samplingRatio, spatialScale, halfPixel }) {
    const frames = page.cast(page.input(2), page.type(2).type, 'int64');
    page.result('RoiAlign', [page.input(0), page.input(1), frames], {
      ...{ mode, output_height: size[0], output_width: size[1], sampling_ratio: samplingRatio },
      spatial_scale: { float: spatialScale },
      coordinate_transformation_mode: halfPixel ? 'half_pixel' : 'output_half_pixel',
    });
  },
  trilu: (page, { upper, k }) =>
    void page.result('Trilu', [page.input(), page.scalar(k, 'int64', 'k')], {
      upper: Number(upper),
    }),
  dft(page, layer) {
    if (layer.inverse && layer.onesided) {
      inverseOfHalf(page, layer);
      return;
    }
    const length = layer.length === undefined ? '' : page.scalar(layer.length, 'int64', 'length');
    transform(page, layer, page.input(), length, layer.onesided, page.result);
  },
  window(page, { function: name, length, periodic, type }) {
    const attributes = { periodic: Number(periodic), output_datatype: dataTypes[type] };
    page.result(windows[name], [page.scalar(length, 'int64', 'length')], attributes);
  },
};
