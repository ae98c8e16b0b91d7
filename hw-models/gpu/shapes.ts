// The block shapes that a device must have room for, by kernel.

import { type BlockShape, CSRMM, CSRMV, ELEMENTWISE, GEMV, SPARSE_CONVOLUTION } from './launch.js';
import { laneTiles, tensorTiles } from './tiles.js';

const smallest = (tiles: readonly { readonly block: BlockShape }[]) =>
  tiles.reduce(
    (min, { block }) =>
      block.threads * block.registersPerThread < min.threads * min.registersPerThread ? block : min,
    tiles[0]?.block as BlockShape,
  );

/**
 * Of a GEMM its smallest tile: one that finds no room is not chosen. `tensor_gemm` only where there
 * are tensor cores.
 */
export const blockShapes: Readonly<Record<string, BlockShape>> = {
  gemv: GEMV.block,
  gemm: smallest(laneTiles),
  tensor_gemm: smallest(tensorTiles(2)),
  csrmv: CSRMV.block,
  csrmm: CSRMM.block,
  sparse_convolution: SPARSE_CONVOLUTION.block,
  elementwise: ELEMENTWISE.block,
};
