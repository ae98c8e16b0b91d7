// Matrix times one vector, or a few: the matrix streams by once.

import type { GpuConfig } from '../config.js';
import { GEMV, nothing } from '../launch.js';
import { timeOf } from '../roofline.js';
import { splits } from '../tiles.js';
import type { Footprint } from './cost.js';
import type { Gemm } from './gemm.js';
import type { Planned } from './plan.js';

/** Vectors that kernels of this kind take at a time, at most. */
export const MAX_VECTORS = 8;

/**
 * A thread for each row of a column-major matrix of `matrixBytes` elements, vectors of `wordBytes`.
 * Where the rows are too few to fill the device, libraries cut the columns into parts as well.
 */
export function planGemv(
  gemm: Gemm,
  footprint: Footprint,
  config: GpuConfig,
  wordBytes = 4,
  matrixBytes = wordBytes,
): Planned {
  const plans = splits
    .filter((parts) => parts === 1 || gemm.depth / parts >= config.library.splitDepth)
    .map((parts) => cutInto(parts, gemm, footprint, config, wordBytes, matrixBytes));
  const time = ({ launch }: Planned) =>
    Object.values(timeOf(launch, config).cycles).reduce((all, part) => all + part, 0);
  return plans.reduce((best, plan) => (time(plan) < time(best) ? plan : best));
}

function cutInto(
  parts: number,
  { rows, depth, count, columns }: Gemm,
  footprint: Footprint,
  { sm, l2, dram }: GpuConfig,
  wordBytes: number,
  matrixBytes: number,
): Planned {
  const blocks = Math.ceil(rows / GEMV.rowsPerBlock) * count * parts;
  const warpSteps = (blocks / parts) * Math.ceil(GEMV.rowsPerBlock / sm.warpLanes) * depth;
  const streamed = (granule: number) =>
    columnBytes(rows, sm.warpLanes, granule, matrixBytes) * depth;
  const overfetched = streamed(dram.transactionBytes) / (rows * depth * matrixBytes);
  const { dramWeightBytes, dramActivationBytes, rightBytes, outputBytes } = footprint;
  // What is multiplied by comes in whole transactions, weights or not.
  const rightAgain = dramActivationBytes > 0 ? rightBytes * (overfetched - 1) : 0;
  const partials = parts > 1 ? 8 * parts * rows * columns * count : 0;
  return {
    macSlots: warpSteps * sm.warpLanes * columns,
    beside: [],
    launch: {
      ...nothing,
      blocks,
      block: GEMV.block,
      // The load; for each vector a multiply-add and its element from shared memory.
      instructions: (1 + 2 * columns) * warpSteps,
      l2Bytes:
        streamed(l2.sectorBytes) * count +
        blocks * (depth / parts) * columns * wordBytes +
        outputBytes +
        partials,
      dramBytes: dramWeightBytes * overfetched + dramActivationBytes + rightAgain,
      dependentLoads: Math.ceil(depth / (parts * GEMV.columnSlices * GEMV.loadsInFlight)),
    },
  };
}

/**
 * Bytes that warps fetch for a column of a column-major matrix, on average over the columns: each
 * warp's words lie in whole granules, and columns start where the one before ends, so that most
 * miss a granule's start unless the rows fill granules. What two warps share is fetched twice.
 */
export function columnBytes(
  rows: number,
  lanes: number,
  granuleBytes: number,
  wordBytes = 4,
): number {
  const words = granuleBytes / wordBytes;
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
