// The row for dense 3×3 convolutions by Winograd's F(4×4, 3×3) (native/c/winograd.c).

import { invariant } from '../../../../workloads/base/errors.js';
import type { Layer } from '../../../../workloads/network.js';
import { rectifierRange } from '../../../../workloads/operators/rectify.js';
import { cookToom, type Matrix, toFloat } from '../../../../workloads/transforms/cook-toom.js';
import { outputExtent, transformable } from '../../../../workloads/transforms/shape.js';
import { toDense } from '../../../../workloads/weights/store.js';
import { placeBias } from '../convolution.js';
import type { HostKernel } from '../kernel.js';
import { cutInMultiples, dealSequences, eachFrame, only, planeOf, weightedRow } from '../rows.js';
import { FLOAT } from '../tensor.js';
import { PANEL } from './dense-convolution.js';
import { nativeCall, nativeRow } from './native.js';

const TILE = 4;
const TAPS = 3;
const SIDE = TILE + TAPS - 1;
const POSITIONS = SIDE * SIDE;
const LINE = 64;
/** What transformed inputs and sums of a block of tiles may take of the second-level cache. */
const BLOCK_BYTES = 640 * 1024;
/** Vectors that a block of tiles fills at most: more do not pay. */
const MOST_VECTORS = 8;

/** In words why it does not serve a layer, or null where it does. */
function refusal(layer: Layer): string | null {
  const shape = transformable(layer.demand);
  if (typeof shape === 'string') return shape;
  return shape.kernel === TAPS ? null : `has ${shape.kernel}×${shape.kernel} kernels, not 3×3`;
}

/**
 * Dense layers whose tiles fill vectors. Sparse rows win below a quarter of the weights (Zen 5 with
 * AVX-512, VGG-16's and ResNet-50's layers).
 */
function pays(layer: Layer): boolean {
  const shape = transformable(layer.demand);
  if (typeof shape === 'string') return false;
  const [height, width] = outputExtent(shape);
  const tiles = Math.ceil(height / TILE) * Math.ceil(width / TILE);
  return tiles >= 9 && shape.channels / shape.groups >= 8;
}

export const nativeWinogradConvolution: HostKernel = nativeRow(
  weightedRow('conv2d', 'native-winograd-f4', { refusal, pays }, (layer, weights, heap) => {
    const shape = transformable(layer.demand);
    invariant(typeof shape !== 'string', () => `layer ${layer.name} ${shape}`);
    const { values, rows, columns } = toDense(weights.store);
    const channels = columns / (TAPS * TAPS);
    const groupRows = rows / shape.groups;
    const groups = Array.from({ length: shape.groups }, (_, group) => {
      const own = values.subarray(group * groupRows * columns, (group + 1) * groupRows * columns);
      return heap.place(transformedPanels(own, groupRows, channels));
    });
    const panelBytes = Math.ceil(groupRows / PANEL) * PANEL * channels * FLOAT;
    const biasAt = placeBias(weights, heap);
    const { least, most } = rectifierRange(layer.activation);
    const [outHeight, outWidth] = outputExtent(shape);
    const [down, across] = [Math.ceil(outHeight / TILE), Math.ceil(outWidth / TILE)];
    const vectorBytes = heap.vectorFloats * FLOAT;
    const vectorsOf = (tileRows: number) => Math.ceil((tileRows * across) / heap.vectorFloats);
    /** Of transformed channels or sums of rows, [position][each][tile], written over a bit. */
    const blockBytes = (each: number, tileRows: number) =>
      POSITIONS * (each * vectorsOf(tileRows) * vectorBytes + 2 * LINE + vectorBytes);
    const lineFloats = 4 * SIDE * (across + 3 * heap.vectorFloats);
    return {
      isClipped: true,
      plan(inputs, outputs, batch, scratch) {
        const [input, output] = [only(inputs), only(outputs)];
        const { threads } = scratch;
        const blockRows = bestBlock(down, (tileRows) => {
          const bytes = blockBytes(channels, tileRows) + blockBytes(groupRows, tileRows);
          const fits = bytes <= BLOCK_BYTES && vectorsOf(tileRows) <= MOST_VECTORS;
          return { fits, filled: (tileRows * across) / vectorsOf(tileRows) };
        });
        const blocks = Math.ceil(down / blockRows);
        // Where there are too few blocks each thread transforms them all, and makes some rows.
        const byBlocks = (blocks >= threads && blocks % threads === 0) || blocks >= 4 * threads;
        const tileParts = cutInMultiples(down, blockRows, byBlocks ? threads : 1);
        const rowParts = cutInMultiples(groupRows, PANEL, byBlocks ? 1 : threads);
        const rooms = Array.from({ length: threads }, () => [
          scratch.take(blockBytes(channels, blockRows)),
          scratch.take(blockBytes(groupRows + PANEL, blockRows)),
          scratch.take(lineFloats * FLOAT),
        ]);
        const extents = [shape.height, shape.width, outHeight, outWidth, shape.pad, shape.pad];
        return eachFrame(batch, (frame) => {
          const calls = groups.flatMap((panelsAt, group) => {
            const firstRow = group * groupRows;
            const planes = [
              ...[planeOf(input, frame, group * channels), planeOf(output, frame, firstRow)],
              ...[input.planeBytes, output.planeBytes],
            ];
            return tileParts.flatMap((tiles) =>
              rowParts.map((part) => [
                ...[...planes, ...extents, channels, tiles.first, tiles.end, blockRows],
                ...[part.first, part.end, panelsAt, panelBytes, biasAt + firstRow * FLOAT],
              ]),
            );
          });
          const sequences = calls.map((own, at) => [
            nativeCall('zs_winograd', ...own, ...(rooms[at % threads] ?? []), least, most),
          ]);
          return dealSequences(sequences, threads);
        });
      },
    };
  }),
);

/** How many rows of tiles make a block: of those that fit, one that fills vectors best. */
function bestBlock(
  down: number,
  judge: (tileRows: number) => { readonly fits: boolean; readonly filled: number },
): number {
  let best = 1;
  for (let tileRows = 2; tileRows <= down; tileRows++) {
    const { fits, filled } = judge(tileRows);
    if (!fits) break;
    // A little better filled is not worth more of the cache.
    if (filled > 1.02 * judge(best).filled) best = tileRows;
  }
  return best;
}

/** G g Gᵀ of every kernel, [position][⌈rows / 8⌉][channel][8], zeros behind the last row. */
function transformedPanels(values: Float32Array, rows: number, channels: number): Float32Array {
  const { tapMatrix } = toFloat(cookToom(TILE, TAPS));
  const position = Math.ceil(rows / PANEL) * PANEL * channels;
  const panels = new Float32Array(POSITIONS * position);
  const half = new Float64Array(SIDE * TAPS);
  for (let row = 0, from = 0; row < rows; row++) {
    let to = (row - (row % PANEL)) * channels + (row % PANEL);
    for (let channel = 0; channel < channels; channel++, from += TAPS * TAPS, to += PANEL)
      transformKernel(tapMatrix, values, from, half, panels, to, position);
  }
  return panels;
}

/** One kernel's G g Gᵀ, values of neighbouring positions `apart`. */
function transformKernel(
  matrix: Matrix<number>,
  values: Float32Array,
  from: number,
  half: Float64Array,
  panels: Float32Array,
  to: number,
  apart: number,
): void {
  for (let i = 0; i < SIDE; i++) {
    const [a, b, c] = matrix[i] as readonly [number, number, number];
    for (let x = 0; x < TAPS; x++) {
      const [top, middle, bottom] = [from + x, from + TAPS + x, from + 2 * TAPS + x];
      half[i * TAPS + x] =
        a * (values[top] as number) +
        b * (values[middle] as number) +
        c * (values[bottom] as number);
    }
  }
  for (let i = 0; i < SIDE; i++) {
    for (let j = 0; j < SIDE; j++) {
      const [a, b, c] = matrix[j] as readonly [number, number, number];
      const at = i * TAPS;
      panels[to + (i * SIDE + j) * apart] =
        a * (half[at] as number) + b * (half[at + 1] as number) + c * (half[at + 2] as number);
    }
  }
}
