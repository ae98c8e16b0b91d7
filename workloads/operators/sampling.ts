// Elements read at positions that other results name: grids of points and regions of interest.

import { operationsEach, streamOf } from '../demand.js';
import { roomFor, shapeText, sizeOf, stridesOf } from '../tensor.js';
import { elementsOf } from './axes.js';
import { fitOf, roundHalfEven } from './elements.js';
import { given, operator } from './operator.js';

export interface GridSampleAttributes {
  readonly mode: 'linear' | 'nearest' | 'cubic';
  readonly padding: 'zeros' | 'border' | 'reflection';
  /** Whether −1 and 1 stand for the middle of the outermost elements, not for their outer edges. */
  readonly alignCorners: boolean;
}

/** Indices along one axis with their weights. */
type Taps = readonly (readonly [index: number, weight: number])[];

/** PyTorch's. */
const CUBIC = -0.75;

/**
 * Inputs: x [frames, channels, n axes], grid [frames, result's n axes, n] of positions, those of
 * the last axis first.
 */
const gridSample = operator<GridSampleAttributes>({
  arity: [2, 2],
  infer(_attributes, inputs, fault) {
    const [x, grid] = [given(inputs), given(inputs, 1)];
    const axes = x.shape.length - 2;
    if (
      axes < 1 ||
      grid.shape.length !== axes + 2 ||
      grid.shape.at(-1) !== axes ||
      grid.shape[0] !== x.shape[0]
    ) {
      throw fault(
        `a grid of ${shapeText(grid.shape)} for ${shapeText(x.shape)}`,
        `frames, ${axes} axes, and ${axes} coordinates`,
      );
    }
    return [{ shape: [...x.shape.slice(0, 2), ...grid.shape.slice(1, -1)], type: x.type }];
  },
  forward(attributes, inputs, results) {
    const { shape, values } = given(inputs);
    const grid = given(inputs, 1);
    const image = shape.slice(2);
    const [frames = 1, channels = 1] = shape;
    const pixels = sizeOf(image);
    const points = sizeOf(grid.shape.slice(1, -1));
    const strides = stridesOf(image);
    const result = roomFor(given(results));
    const fitted = fitOf(given(results).type);
    for (let frame = 0; frame < frames; frame++) {
      for (let point = 0; point < points; point++) {
        const from = (frame * points + point) * image.length;
        let taps: Taps = [[0, 1]];
        for (const [axis, extent] of image.entries()) {
          const position = grid.values[from + image.length - 1 - axis] as number;
          const stride = strides[axis] as number;
          const along = tapsAlong(attributes, position, extent);
          taps = taps.flatMap(([offset, weight]) =>
            along.map(([index, each]) => [offset + index * stride, weight * each] as const),
          );
        }
        for (let channel = 0; channel < channels; channel++) {
          const plane = frame * channels + channel;
          let sum = 0;
          for (const [offset, weight] of taps)
            sum += weight * (values[plane * pixels + offset] as number);
          result[plane * points + point] = fitted(sum);
        }
      }
    }
    return [result];
  },
  demand({ mode }, inputs, results) {
    const { shape } = given(inputs);
    const taps = { nearest: 1, linear: 2, cubic: 4 }[mode] ** (shape.length - 2);
    const outputs = elementsOf(results);
    const operations = operationsEach(
      outputs,
      mode === 'nearest' ? { add: 1 } : { multiply: taps, add: taps - 1 },
    );
    return {
      ...streamOf(elementsOf(inputs), outputs, operations),
      looks: outputs * taps + elementsOf([given(inputs, 1)]),
    };
  },
});

function tapsAlong(
  { mode, padding, alignCorners }: GridSampleAttributes,
  position: number,
  extent: number,
): Taps {
  const [min, max] = alignCorners ? [0, extent - 1] : [-0.5, extent - 0.5];
  const raw = alignCorners
    ? ((position + 1) / 2) * (extent - 1)
    : ((position + 1) * extent - 1) / 2;
  const settle = (at: number) => {
    if (padding === 'border') return Math.min(Math.max(at, 0), extent - 1);
    return padding === 'reflection' ? reflect(at, min, max) : at;
  };
  const at = mode === 'cubic' ? raw : settle(raw);
  const below = Math.floor(at);
  const part = at - below;
  const taps: Taps = {
    nearest: () => [[roundHalfEven(at), 1] as const],
    linear: () => [[below, 1 - part] as const, [below + 1, part] as const],
    cubic: () => [-1, 0, 1, 2].map((step) => [below + step, cubic(Math.abs(part - step))] as const),
  }[mode]();
  // A filter may reach beyond the edge from a position inside.
  return taps
    .map(([index, weight]) => [Math.round(settle(index)), weight] as const)
    .filter(([index]) => index >= 0 && index < extent);
}

function reflect(at: number, min: number, max: number): number {
  const range = max - min;
  if (range === 0) return min;
  const away = at < min ? min - at : at > max ? at - max : null;
  if (away === null) return at;
  const turns = Math.floor(away / range);
  const rest = away - turns * range;
  return at < min === (turns % 2 === 0) ? min + rest : max - rest;
}

function cubic(x: number): number {
  if (x <= 1) return ((CUBIC + 2) * x - (CUBIC + 3)) * x * x + 1;
  return ((CUBIC * x - 5 * CUBIC) * x + 8 * CUBIC) * x - 4 * CUBIC;
}

export interface RoiAlignAttributes {
  readonly mode: 'avg' | 'max';
  /** The height and width of each result. */
  readonly size: readonly [number, number];
  /** Samples an axis of each cell; 0 for as many as the cell has pixels. */
  readonly samplingRatio: number;
  /** From the coordinates of regions to those of x. */
  readonly spatialScale: number;
  /** Whether pixels' middles lie at halves; else regions have at least one pixel. */
  readonly halfPixel: boolean;
}

interface Sample {
  readonly offsets: readonly number[];
  readonly weights: readonly number[];
}

/**
 * Inputs: x [frames, channels, height, width], regions [n, 4] as x1, y1, x2, y2, and the frame of
 * each region [n].
 */
const roiAlign = operator<RoiAlignAttributes>({
  arity: [3, 3],
  infer({ size }, inputs, fault) {
    const [x, regions] = [given(inputs), given(inputs, 1)];
    if (x.shape.length !== 4 || regions.shape.length !== 2 || regions.shape[1] !== 4) {
      throw fault(
        `regions of ${shapeText(regions.shape)} of ${shapeText(x.shape)}`,
        'n×4 of images',
      );
    }
    return [{ shape: [regions.shape[0] as number, x.shape[1] as number, ...size], type: x.type }];
  },
  forward(attributes, inputs, results) {
    const { shape, values } = given(inputs);
    const [regions, frames] = [given(inputs, 1), given(inputs, 2)];
    const [, channels = 1, height = 1, width = 1] = shape;
    const result = roomFor(given(results));
    const fitted = fitOf(given(results).type);
    const cells = sizeOf(attributes.size);
    for (let region = 0; region < (regions.shape[0] as number); region++) {
      const box = Array.from({ length: 4 }, (_, at) => regions.values[region * 4 + at] as number);
      const samples = samplesOf(attributes, box, height, width);
      for (let channel = 0; channel < channels; channel++) {
        const plane = ((frames.values[region] as number) * channels + channel) * height * width;
        for (const [cell, within] of samples.entries()) {
          const parts = within.map(({ offsets, weights }) =>
            offsets.map(
              (offset, at) => (weights[at] as number) * (values[plane + offset] as number),
            ),
          );
          const value =
            attributes.mode === 'avg'
              ? parts.flat().reduce((sum, part) => sum + part, 0) / Math.max(1, within.length)
              : parts
                  .flat()
                  .reduce((max, part) => Math.max(max, part), within.length === 0 ? 0 : -Infinity);
          result[(region * channels + channel) * cells + cell] = fitted(value);
        }
      }
    }
    return [result];
  },
  demand({ samplingRatio }, inputs, results) {
    const outputs = elementsOf(results);
    // Regions are not known beforehand: 2 samples an axis, as in the networks that leave the number
    // open.
    const samples = (samplingRatio || 2) ** 2;
    const operations = operationsEach(outputs, {
      multiply: 4 * samples,
      add: 4 * samples,
      divide: 1,
    });
    return { ...streamOf(elementsOf(inputs), outputs, operations), looks: 4 * samples * outputs };
  },
});

/** The samples of each cell, row by row. */
function samplesOf(
  { size, samplingRatio, spatialScale, halfPixel }: RoiAlignAttributes,
  box: readonly number[],
  height: number,
  width: number,
): readonly (readonly Sample[])[] {
  const shift = halfPixel ? 0.5 : 0;
  const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = box.map((edge) => edge * spatialScale - shift);
  const along = (start: number, end: number, cells: number, extent: number) => {
    const cell = (halfPixel ? end - start : Math.max(end - start, 1)) / cells;
    const count = samplingRatio > 0 ? samplingRatio : Math.ceil(cell);
    return Array.from({ length: cells }, (_, at) =>
      Array.from({ length: Math.max(0, count) }, (_, sample) =>
        linearTaps(start + at * cell + ((sample + 0.5) * cell) / count, extent),
      ),
    );
  };
  const rows = along(y1, y2, size[0], height);
  const columns = along(x1, x2, size[1], width);
  return rows.flatMap((row) =>
    columns.map((column) => row.flatMap((y) => column.map((x) => crossed(y, x, width)))),
  );
}

/** A sample more than one pixel outside has no elements. */
function linearTaps(position: number, extent: number): Taps {
  if (position < -1 || position > extent) return [];
  const at = Math.min(Math.max(position, 0), extent - 1);
  const below = Math.floor(at);
  return [
    [below, 1 - (at - below)],
    [Math.min(below + 1, extent - 1), at - below],
  ];
}

function crossed(y: Taps, x: Taps, width: number): Sample {
  return {
    offsets: y.flatMap(([row]) => x.map(([column]) => row * width + column)),
    weights: y.flatMap(([, vertical]) => x.map(([, horizontal]) => vertical * horizontal)),
  };
}

export const samplingOperators = { 'grid-sample': gridSample, 'roi-align': roiAlign } as const;
