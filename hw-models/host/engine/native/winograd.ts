// The row for dense convolutions by Winograd's F(4×4, 3×3) and F(4×4, 4×4): of 3×3 and 4×4 kernels,
// and of strided ones with as many taps a phase (native/c/winograd.c).

import type { LayerOf, LayerWeights } from '../../../../workloads/network.js';
import { activationRange } from '../../../../workloads/operators/relu.js';
import { cookToom, type Matrix, toFloat } from '../../../../workloads/transforms/cook-toom.js';
import { toDense } from '../../../../workloads/weights/store.js';
import { inputImage, notOneImage, outputImage } from '../../fits.js';
import { placeBias } from '../convolution.js';
import type { HostKernel } from '../kernel.js';
import {
  cutEvenly,
  cutInMultiples,
  dealSequences,
  eachFrame,
  only,
  type Part,
  planeOf,
  roomsByThread,
  weightedRow,
} from '../rows.js';
import { FLOAT } from '../tensor.js';
import { PANEL } from './dense-convolution.js';
import { nativeCall, nativeRow } from './native.js';

type Convolution = LayerOf<'conv2d'>;

/** Outputs of a tile along an axis. */
const TILE = 4;
/** Taps a phase along an axis that there are transforms for. */
const MIN_TAPS = 3;
const MAX_TAPS = 4;
/**
 * Rows multiplied before they are transformed back: their sums stay in the second-level cache
 * beside the inputs, which are read once a chunk and deep ones not from there.
 */
function chunkOf(depth: number): number {
  if (depth <= 32) return 16;
  return depth <= 256 ? 32 : 64;
}

const LINE = 64;
/** What a block's transformed inputs and a chunk's sums may take of the second-level cache. */
const BLOCK_BYTES = 900 * 1024;
/** What fetching a block's weights takes, in the time of a vector of tiles. */
const WEIGHTS_TIME = 0.3;
/** Rows of weights whose products take as long as transforming the tiles they meet. */
const TRANSFORM_ROWS = 16;
/**
 * From this depth on weights come from beyond the second-level cache for each block, so that blocks
 * are as large as so many vectors whether their inputs stay in it or not.
 */
const DEEP = 256;
const DEEP_VECTORS = 4;
/** Vectors that a block of tiles fills at most: more do not pay. */
const MAX_VECTORS = 9;
/**
 * Times fewer products than a direct convolution needs, from which on transforming pays (Zen 5 with
 * AVX-512, the first layers and 3×3 layers of SqueezeNet, ResNet-50 and VGG-16).
 */
const PAYS_FROM = 1.7;
/** Channels and phases, below which transforming sums back outweighs products saved. */
const MIN_DEPTH = 8;

/** Taps a phase along the longer axis. */
function tapsOf({ kernel, stride }: Convolution): number {
  return Math.max(Math.ceil(kernel[0] / stride[0]), Math.ceil(kernel[1] / stride[1]));
}

/** In words why it does not serve a layer, or null where it does. */
function refusal(layer: Convolution): string | null {
  const several = notOneImage(layer);
  if (several) return several;
  if (Math.max(...layer.dilation) > 1) return 'is dilated: neighbouring outputs share no inputs';
  const taps = tapsOf(layer);
  if (taps >= MIN_TAPS && taps <= MAX_TAPS) return null;
  return `has ${taps} taps a phase, not ${MIN_TAPS} or ${MAX_TAPS}`;
}

interface Tiles {
  readonly down: number;
  readonly across: number;
  readonly positions: number;
  /** Channels of a group and phases. */
  readonly depth: number;
}

function tilesOf(layer: Convolution): Tiles {
  const [, height, width] = outputImage(layer);
  return {
    down: Math.ceil(height / TILE),
    across: Math.ceil(width / TILE),
    positions: (TILE + tapsOf(layer) - 1) ** 2,
    depth: (inputImage(layer)[0] / layer.groups) * layer.stride[0] * layer.stride[1],
  };
}

/**
 * Where products saved outweigh transforms. Where few weights are left sparse rows are asked first.
 */
function pays(layer: Convolution): boolean {
  const { kernel, stride, groups } = layer;
  const { down, across, positions, depth } = tilesOf(layer);
  const [, height, width] = outputImage(layer);
  const phases = stride[0] * stride[1];
  // Vectors of 16 tiles, the widest there are.
  const products = positions * phases * 16 * Math.ceil((down * across) / 16);
  const direct = kernel[0] * kernel[1] * height * width;
  const isDeep = depth >= MIN_DEPTH && outputImage(layer)[0] / groups >= PANEL;
  return isDeep && direct >= PAYS_FROM * products;
}

export const nativeWinogradConvolution: HostKernel = nativeRow(
  weightedRow('conv2d', 'native-winograd-f4', { refusal, pays }, (layer, weights, heap) => {
    const { stride, pad } = layer;
    const [channels, height, width] = inputImage(layer);
    const [rows, outHeight, outWidth] = outputImage(layer);
    const { down, across, positions, depth } = tilesOf(layer);
    const groupRows = rows / layer.groups;
    const chunk = chunkOf(depth);
    const panelsAt = transformedPanels(layer, weights, chunk).map((panels) => heap.place(panels));
    const biasAt = placeBias(weights, heap);
    const { min, max } = activationRange(layer.activation);
    const { vectorFloats } = heap;
    const vectorsOf = (tileRows: number) => Math.ceil((tileRows * across) / vectorFloats);
    /** Of transformed channels or sums of rows, [position][each][tile], written over a bit. */
    const bytesOf = (each: number, tileRows: number) =>
      positions * ((each * vectorsOf(tileRows) + 1) * vectorFloats * FLOAT + 2 * LINE);
    const fits = (tileRows: number) =>
      depth >= DEEP
        ? vectorsOf(tileRows) <= DEEP_VECTORS
        : bytesOf(depth, tileRows) + bytesOf(chunk, tileRows) <= BLOCK_BYTES &&
          vectorsOf(tileRows) <= MAX_VECTORS;
    const side = Math.sqrt(positions);
    const lineFloats = 4 * (MAX_TAPS + TILE - 1) * (across + 3 * vectorFloats);
    return {
      isClipped: true,
      plan(inputs, outputs, batch, scratch) {
        const [input, output] = [only(inputs), only(outputs)];
        const { threads } = scratch;
        const { tileParts, rowParts, blockRows } = sharedOut(
          ...[down, groupRows, chunk, threads, fits, vectorsOf],
        );
        const roomOf = roomsByThread(scratch, {
          inputs: bytesOf(depth, blockRows),
          sums: bytesOf(chunk, blockRows),
          lines: lineFloats * FLOAT,
        });
        const window = [pad[0], pad[1], ...stride, side, channels / layer.groups];
        return eachFrame(batch, (frame) => {
          const calls = panelsAt.flatMap((panels, group) => {
            const firstRow = group * groupRows;
            const from = planeOf(input, frame, (group * channels) / layer.groups);
            const planes = [from, planeOf(output, frame, firstRow)];
            const extents = [input.planeBytes, output.planeBytes, height, width];
            return tileParts.flatMap((tiles) =>
              rowParts.map((part) => [
                ...[...planes, ...extents, outHeight, outWidth, ...window],
                ...[tiles.first, tiles.end, blockRows, part.first, part.end, chunk],
                ...[panels, biasAt + firstRow * FLOAT],
              ]),
            );
          });
          const sequences = calls.map((own, at) => {
            const { inputs, sums, lines } = roomOf(at);
            return [nativeCall('zs_winograd', ...own, inputs, sums, lines, min, max)];
          });
          return dealSequences(sequences, threads);
        });
      },
    };
  }),
);

/**
 * How threads share a layer, and how many rows of tiles make a block: of what fits, what takes the
 * least time. Each makes all rows of weights for some rows of tiles, or, where there are too few of
 * those, transforms all tiles and makes some rows.
 */
function sharedOut(
  down: number,
  groupRows: number,
  chunk: number,
  threads: number,
  fits: (tileRows: number) => boolean,
  vectorsOf: (tileRows: number) => number,
): {
  readonly tileParts: readonly Part[];
  readonly rowParts: readonly Part[];
  readonly blockRows: number;
} {
  const whole = (count: number): readonly Part[] => [{ first: 0, end: count }];
  const shares = [
    { tileParts: cutEvenly(down, threads), rowParts: whole(groupRows) },
    { tileParts: whole(down), rowParts: cutInMultiples(groupRows, chunk, threads) },
  ];
  const ways = shares.flatMap((share) => {
    const longest = Math.max(...share.tileParts.map(({ first, end }) => end - first));
    const rows = Math.max(...share.rowParts.map(({ first, end }) => end - first));
    const timeOf = (tileRows: number) => {
      if (tileRows === 0) return 0;
      const vectors = vectorsOf(tileRows);
      return (vectors / busyWith(vectors) + WEIGHTS_TIME) * rows + vectors * TRANSFORM_ROWS;
    };
    return Array.from({ length: longest }, (_, at) => at + 1)
      .filter((blockRows) => blockRows === 1 || fits(blockRows))
      .map((blockRows) => {
        const blocks = Math.floor(longest / blockRows);
        const time = blocks * timeOf(blockRows) + timeOf(longest - blocks * blockRows);
        return { ...share, blockRows, time };
      });
  });
  return ways.reduce((best, way) => (way.time < best.time ? way : best));
}

/** How busy products of so many vectors keep the processor, three of them at a time at best. */
function busyWith(vectors: number): number {
  if (vectors === 1) return 0.75;
  return vectors % 3 === 0 ? 1 : 0.92;
}

/**
 * G g Gᵀ of every kernel's phases, of each group
 * [row / chunk][position][row / 8][channel and phase][8], zeros behind the last row.
 */
function transformedPanels(
  layer: Convolution,
  { store }: LayerWeights,
  chunk: number,
): readonly Float32Array[] {
  const { groups, kernel, stride } = layer;
  const { values, rows, columns } = toDense(store);
  const { positions, depth } = tilesOf(layer);
  const taps = tapsOf(layer);
  const { tapMatrix } = toFloat(cookToom(TILE, taps));
  const own = new Float64Array(taps * taps);
  const half = new Float64Array(tapMatrix.length * taps);
  const groupRows = rows / groups;
  const padded = Math.ceil(groupRows / PANEL) * PANEL;
  const area = kernel[0] * kernel[1];
  return Array.from({ length: groups }, (_, group) => {
    const panels = new Float32Array(positions * padded * depth);
    for (let row = 0; row < groupRows; row++) {
      const first = row - (row % chunk);
      const chunkRows = Math.min(chunk, padded - first);
      let to = first * positions * depth;
      to += (row - first - (row % PANEL)) * depth + (row % PANEL);
      const start = (group * groupRows + row) * columns;
      for (let from = start; from < start + columns; from += area) {
        for (let py = 0; py < stride[0]; py++) {
          for (let px = 0; px < stride[1]; px++, to += PANEL) {
            for (let tap = 0; tap < own.length; tap++) {
              const ky = Math.floor(tap / taps) * stride[0] + py;
              const kx = (tap % taps) * stride[1] + px;
              const isInside = ky < kernel[0] && kx < kernel[1];
              own[tap] = isInside ? (values[from + ky * kernel[1] + kx] as number) : 0;
            }
            transformKernel(tapMatrix, own, half, panels, to, chunkRows * depth);
          }
        }
      }
    }
    return panels;
  });
}

/** One kernel's G g Gᵀ, values of neighbouring positions `apart`. */
function transformKernel(
  matrix: Matrix<number>,
  kernel: Float64Array,
  half: Float64Array,
  panels: Float32Array,
  to: number,
  apart: number,
): void {
  const side = matrix.length;
  const taps = half.length / side;
  for (let i = 0; i < side; i++) {
    const own = matrix[i] as readonly number[];
    for (let x = 0; x < taps; x++) {
      let sum = 0;
      for (let y = 0; y < taps; y++) sum += (own[y] as number) * (kernel[y * taps + x] as number);
      half[i * taps + x] = sum;
    }
  }
  for (let i = 0, at = to; i < side; i++) {
    for (let j = 0; j < side; j++, at += apart) {
      const own = matrix[j] as readonly number[];
      let sum = 0;
      for (let x = 0; x < taps; x++) sum += (own[x] as number) * (half[i * taps + x] as number);
      panels[at] = sum;
    }
  }
}
