// Splits a convolution's output into tiles for the native kernels, and computes where its taps read
// (native/c/tile.h).

import type { LayerOf } from '../../../../workloads/network.js';
import { isPointwise, reachOf } from '../../../../workloads/operators/window.js';
import { inputImage, outputImage } from '../../fits.js';
import type { Tensor } from '../kernel.js';
import { planeOf } from '../rows.js';
import { FLOAT } from '../tensor.js';

type Convolution = LayerOf<'conv2d'>;

export interface Tiling {
  /** Whether taps read the input as it lies: its pixels are one row. */
  readonly inPlace: boolean;
  /** Whether a tile's rows of pixels follow each other without gaps. */
  readonly isFlat: boolean;
  /** Rows of a tile, and vectors of each; of a flat one, of all. */
  readonly tileRows: number;
  readonly tileColumns: number;
  readonly tiles: number;
  /** Vectors of a tile. */
  readonly vectors: number;
  /** Bytes of a vector. */
  readonly vectorBytes: number;
  /** What a tile reads of one channel, where it is packed. */
  readonly channelBytes: number;
  /** Where a tap of the packed channel `channel` reads, in bytes. */
  offsetOf(channel: number, ky: number, kx: number): number;
}

/**
 * Lanes used, below which tiles are flat: packing every tap apart takes as much room as three rows
 * and more.
 */
const FLAT_BELOW = 0.75;

/** What packing a vector and a line of them takes, in the time of a vector of sparse sums. */
const PACK_VECTOR = 0.02;
const PACK_LINE = 0.03;

/** Tiles of at most `max` vectors of `vectorFloats` floats. */
export function tilingOf(layer: Convolution, vectorFloats: number, max: number): Tiling {
  const [, height, width] = outputImage(layer);
  const vectorBytes = vectorFloats * FLOAT;
  const vectorsOf = (floats: number) => Math.ceil(floats / vectorFloats);
  if (isPointwise(layer)) {
    const [tiles, tileColumns] = evenly(vectorsOf(height * width), max);
    const one = { inPlace: true, isFlat: false, tileRows: 1, tileColumns, tiles };
    return { ...one, vectors: tileColumns, vectorBytes, channelBytes: 0, offsetOf: () => 0 };
  }
  const { kernel, stride, dilation } = layer;
  const needed = vectorsOf(width);
  const isSparse = width < FLAT_BELOW * needed * vectorFloats || kernel[0] * kernel[1] === 1;
  if (isSparse && needed <= max) {
    const [down, tileRows] = evenly(height, Math.floor((max * vectorFloats) / width));
    const vectors = vectorsOf(tileRows * width);
    return {
      ...{ inPlace: false, isFlat: true, tileRows, tileColumns: vectors, tiles: down },
      ...{ vectors, vectorBytes, channelBytes: kernel[0] * kernel[1] * vectors * vectorBytes },
      offsetOf: (channel, ky, kx) =>
        ((channel * kernel[0] + ky) * kernel[1] + kx) * vectors * vectorBytes,
    };
  }
  const phases = kernel[0] === 1 ? 1 : stride[0];
  const reach = Math.floor((reachOf(layer)[0] - 1) / stride[0]);
  const shapes = Array.from({ length: Math.min(needed, max) }, (_, at) => {
    const [across, tileColumns] = evenly(needed, at + 1);
    const [down, tileRows] = evenly(height, Math.floor(max / tileColumns));
    const tiles = across * down;
    // Sums, and what packing their inputs takes beside them by vectors and by lines.
    const lines = kernel[1] * phases * (tileRows + reach);
    const time = tileRows * tileColumns + lines * (PACK_VECTOR * tileColumns + PACK_LINE);
    return { tileColumns, tileRows, tiles, time: tiles * time };
  });
  const best = shapes.reduce((min, shape) => (shape.time < min.time ? shape : min));
  const { tileRows, tileColumns, tiles } = best;
  const rowBytes = tileColumns * vectorBytes;
  const rows = tileRows + reach;
  return {
    ...{ inPlace: false, isFlat: false, tileRows, tileColumns, tiles },
    ...{ vectors: tileRows * tileColumns, vectorBytes },
    channelBytes: kernel[1] * phases * rows * rowBytes,
    offsetOf(channel, ky, kx) {
      const y = ky * dilation[0];
      const line = (channel * kernel[1] + kx) * phases + (y % stride[0]);
      return (line * rows + Math.floor(y / stride[0])) * rowBytes;
    },
  };
}

/** What a row of pixels takes, in whole vectors: so far packing may write behind the last one. */
export function rowBytes(layer: Convolution, vectorFloats: number): number {
  return Math.ceil(outputImage(layer)[2] / vectorFloats) * vectorFloats * FLOAT;
}

/** Into how many parts of at most `max` a count is cut, and how long the longest is then. */
function evenly(count: number, max: number): readonly [parts: number, longest: number] {
  const parts = Math.ceil(count / Math.max(1, max));
  return [parts, Math.ceil(count / parts)];
}

/** The numbers of native/c/tile.h, from a group's first channel and row on. */
export function layerNumbers(
  layer: Convolution,
  { inPlace, isFlat, tileRows, tileColumns }: Pick<Tiling, keyof typeof unpacked>,
  input: Tensor,
  output: Tensor,
  frame: number,
  firstChannel = 0,
  firstRow = 0,
): readonly number[] {
  const [, height, width] = inputImage(layer);
  const [, outHeight, outWidth] = outputImage(layer);
  const { kernel, stride, dilation, pad } = layer;
  return [
    ...[planeOf(input, frame, firstChannel), planeOf(output, frame, firstRow)],
    ...[input.planeBytes, output.planeBytes, height, width],
    ...(inPlace ? [1, outHeight * outWidth] : [outHeight, outWidth]),
    ...[...kernel, ...stride, ...dilation, pad[0], pad[1]],
    ...[tileRows, tileColumns, isFlat ? 1 : 0],
  ];
}

/** Of a kernel that knows no tiles. */
export const unpacked = { inPlace: false, isFlat: false, tileRows: 1, tileColumns: 1 } as const;

/** How much of the time all threads work, where tiles are cut among them. */
const BUSY_ENOUGH = 0.85;

/** Whether there are enough tiles for all threads; else rows are cut. */
export function cutsTiles({ tiles }: Tiling, threads: number): boolean {
  return tiles >= BUSY_ENOUGH * threads * Math.ceil(tiles / threads);
}
