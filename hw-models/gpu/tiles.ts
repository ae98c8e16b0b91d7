// The tiles of outputs that libraries' matrix kernels compute in a thread block, and how a product
// is cut into them: which tile, and into how many parts along its depth (split-K).

import type { BlockShape } from './launch.js';

/** A tile of outputs, and what its block brings in at a time. */
export interface Tile {
  readonly rows: number;
  readonly columns: number;
  /** Products that it sums for each output from one slice of both operands to the next. */
  readonly depth: number;
  /** Outputs that a warp computes: it reads operands from shared memory once for all of them. */
  readonly warpRows: number;
  readonly warpColumns: number;
  readonly block: BlockShape;
}

interface Size {
  readonly rows: number;
  readonly columns: number;
  readonly threads: number;
  readonly warpRows: number;
  readonly warpColumns: number;
}

const size = (
  rows: number,
  columns: number,
  threads: number,
  warpRows: number,
  warpColumns: number,
): Size => ({ rows, columns, threads, warpRows, warpColumns });

/** Of kernels on ordinary lanes, 8 × 8 outputs a thread or less (maxwell_sgemm_128x64_nn). */
const laneSizes = [
  ...[size(128, 128, 256, 32, 64), size(128, 64, 128, 32, 64), size(64, 128, 128, 32, 64)],
  ...[size(64, 64, 64, 32, 64), size(32, 128, 64, 32, 64), size(128, 32, 64, 64, 32)],
  ...[size(64, 32, 64, 32, 32), size(32, 64, 64, 32, 32), size(32, 32, 64, 16, 32)],
] as const;

/** Of kernels on tensor cores (volta_h884gemm_256x128, ampere_h16816gemm_128x64). */
const tensorSizes = [
  ...[size(256, 128, 256, 64, 64), size(128, 256, 256, 64, 64), size(128, 128, 128, 64, 64)],
  ...[size(128, 64, 128, 64, 32), size(64, 128, 128, 32, 64), size(256, 64, 128, 64, 64)],
  ...[size(64, 256, 128, 64, 64), size(64, 64, 128, 32, 32), size(128, 32, 128, 32, 32)],
  ...[size(64, 32, 64, 32, 32), size(32, 64, 64, 32, 32), size(64, 16, 64, 32, 16)],
] as const;

/** Columns of both operands that a block on ordinary lanes loads at a time. */
const LANE_DEPTH = 8;

/** Bytes of each row and column that a block of a tensor-core kernel loads at a time. */
const TENSOR_SLICE_BYTES = 64;

/** Slices that shared memory holds: one is multiplied while the next is written. */
const LANE_BUFFERS = 2;

function laneTile(size: Size): Tile {
  const { rows, columns, threads, warpRows, warpColumns } = size;
  const sharedBytes = LANE_BUFFERS * (rows + columns) * LANE_DEPTH * 4;
  const outputsPerThread = (rows * columns) / threads;
  // Sums, two columns and rows of operands, addresses.
  const registersPerThread = outputsPerThread + 56;
  const block = { threads, registersPerThread, sharedBytes };
  return { rows, columns, depth: LANE_DEPTH, warpRows, warpColumns, block };
}

function tensorTile(size: Size, wordBytes: number): Tile {
  const { rows, columns, threads, warpRows, warpColumns } = size;
  const sharedBytes = LANE_BUFFERS * (rows + columns) * TENSOR_SLICE_BYTES;
  const registersPerThread = Math.min(255, (rows * columns) / threads + 96);
  const block = { threads, registersPerThread, sharedBytes };
  const depth = TENSOR_SLICE_BYTES / wordBytes;
  return { rows, columns, depth, warpRows, warpColumns, block };
}

export const laneTiles: readonly Tile[] = laneSizes.map(laneTile);

const tensorTilesByWord = new Map(
  [1, 2].map((wordBytes) => [wordBytes, tensorSizes.map((size) => tensorTile(size, wordBytes))]),
);

/** The tiles of tensor-core kernels for words of one or two bytes. */
export const tensorTiles = (wordBytes: 1 | 2): readonly Tile[] =>
  tensorTilesByWord.get(wordBytes) ?? [];

/** Parts that libraries cut a product's depth into, one of them at the least. */
export const splits = [1, 2, 4, 8, 16, 32, 64] as const;
