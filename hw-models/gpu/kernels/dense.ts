// Dense layers as cuBLAS runs them: GEMV for one column, tiled GEMM for more, batched where there
// are several matrices, and convolution as GEMM over its pixels with the columns formed on the fly
// (implicit GEMM: nothing unfolded goes to memory).

import type { Kernel } from '../../contract.js';
import { isWeighted } from '../../work.js';
import type { GpuConfig } from '../config.js';
import { GEMV, gemmTile, type Launch } from '../launch.js';
import { costOf, type Footprint, footprintOf, WORD_BYTES } from './cost.js';
import { type Gemm, gemmOf, keptWeights } from './gemm.js';

export const dense: Kernel<GpuConfig> = {
  name: 'dense',
  accepts: isWeighted,
  cost(task, config, residency) {
    const { demand, macs, batch } = task;
    const gemm = gemmOf(task);
    const footprint = footprintOf(task, gemm.weights * WORD_BYTES, config, residency);
    // Convolutions with groups are no batch of products to a library.
    const isVector = gemm.columns === 1 && (gemm.count === 1 || demand.kind === 'product');
    const planned = isVector
      ? planGemv(gemm, footprint, config)
      : planGemm(gemm, footprint, config);
    const work = { footprint, macs: macs.dense * batch, nonzeros: keptWeights(task), ...planned };
    return costOf({ kernel: 'dense', ...work }, config);
  },
};

interface Plan {
  readonly launch: Launch;
  readonly macSlots: number;
}

function planGemv(
  { rows, depth, count }: Gemm,
  footprint: Footprint,
  { sm, l2, dram }: GpuConfig,
): Plan {
  const blocks = Math.ceil(rows / GEMV.rowsPerBlock) * count;
  const warpSteps = blocks * Math.ceil(GEMV.rowsPerBlock / sm.warpLanes) * depth;
  const streamed = (granule: number) => columnBytes(rows, sm.warpLanes, granule) * depth;
  const overfetched = streamed(dram.transactionBytes) / (rows * depth * WORD_BYTES);
  const { dramWeightBytes, dramActivationBytes, rightBytes, outputBytes } = footprint;
  // What is multiplied by comes in whole transactions, weights or not.
  const rightAgain = dramActivationBytes > 0 ? rightBytes * (overfetched - 1) : 0;
  return {
    macSlots: warpSteps * sm.warpLanes,
    launch: {
      blocks,
      block: GEMV.block,
      // Load, multiply-add, and the vector's element from shared memory.
      instructions: 3 * warpSteps,
      issueEfficiency: 1,
      gatherSectors: 0,
      coalescedBytes: 0,
      tensorCycles: 0,
      l2Bytes: streamed(l2.sectorBytes) * count + blocks * depth * WORD_BYTES + outputBytes,
      dramBytes: dramWeightBytes * overfetched + dramActivationBytes + rightAgain,
      dependentLoads: Math.ceil(depth / (GEMV.columnSlices * GEMV.loadsInFlight)),
    },
  };
}

/**
 * Bytes that warps fetch for a column of a column-major matrix, on average over the columns: each
 * warp's words lie in whole granules, and columns start where the one before ends, so that most
 * miss a granule's start unless the rows fill granules. What two warps share is fetched twice.
 */
export function columnBytes(rows: number, lanes: number, granuleBytes: number): number {
  const words = granuleBytes / WORD_BYTES;
  let granules = 0;
  // Starts repeat after `words` columns at the latest.
  for (let column = 0; column < words; column++) {
    for (let row = 0; row < rows; row += lanes) {
      const first = column * rows + row;
      const last = column * rows + Math.min(rows, row + lanes) - 1;
      granules += Math.floor(last / words) - Math.floor(first / words) + 1;
    }
  }
  return (granules / words) * granuleBytes;
}

function planGemm(gemm: Gemm, footprint: Footprint, { sm, gemmEfficiency }: GpuConfig): Plan {
  const { rows, depth, columns, count } = gemm;
  const tile = gemmTile(rows, columns);
  const tilesDown = Math.ceil(rows / tile.rows);
  const tilesAcross = Math.ceil(columns / tile.columns);
  const blocks = tilesDown * tilesAcross * count;
  const macSlots = blocks * tile.rows * tile.columns * depth;
  const operandWords = count * depth * (rows * tilesAcross + columns * tilesDown);
  return {
    macSlots,
    launch: {
      blocks,
      block: tile.block,
      instructions: macSlots / sm.warpLanes,
      issueEfficiency: gemmEfficiency,
      gatherSectors: 0,
      coalescedBytes: 0,
      tensorCycles: 0,
      l2Bytes: operandWords * WORD_BYTES + footprint.outputBytes,
      dramBytes: footprint.dramWeightBytes + footprint.dramActivationBytes,
      dependentLoads: Math.ceil(depth / (tile.depth * tile.slicesInFlight)),
    },
  };
}
