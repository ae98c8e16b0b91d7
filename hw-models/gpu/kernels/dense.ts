// Dense layers as cuBLAS runs them: GEMV for one column, tiled GEMM for more, convolution as GEMM over its pixels with
// the columns formed on the fly (implicit GEMM: nothing unfolded goes to memory).

import { pixelsOf } from '../../../workloads/layers/index.js';
import { nonzerosOf } from '../../../workloads/weights/store.js';
import type { Kernel } from '../../contract.js';
import type { GpuConfig } from '../config.js';
import { GEMV, gemmTile, type Launch } from '../launch.js';
import { costOf, type Footprint, footprintOf, requireWeights, WORD_BYTES } from './cost.js';

export const dense: Kernel<GpuConfig> = {
  name: 'dense',
  accepts: ({ kind }) => kind === 'dense' || kind === 'conv2d',
  cost(task, config, residency) {
    const { layer, macs, batch } = task;
    const { store } = requireWeights(task);
    const footprint = footprintOf(task, store.rows * store.columns * WORD_BYTES, config, residency);
    const columns = pixelsOf(layer) * batch;
    const groups = layer.kind === 'conv2d' ? layer.groups : 1;
    const matrix = { rows: store.rows / groups, depth: store.columns, columns, groups };
    const planned =
      columns === 1 && groups === 1 ? planGemv(matrix, footprint, config) : planGemm(matrix, footprint, config);
    return costOf(
      { kernel: 'dense', footprint, macs: macs.dense * batch, nonzeros: nonzerosOf(store), ...planned },
      config,
    );
  },
};

/** [rows × depth] · [depth × columns], once for each group. */
interface Product {
  readonly rows: number;
  readonly depth: number;
  readonly columns: number;
  readonly groups: number;
}

interface Plan {
  readonly launch: Launch;
  readonly macSlots: number;
}

function planGemv({ rows, depth }: Product, footprint: Footprint, { sm, l2, dram }: GpuConfig): Plan {
  const blocks = Math.ceil(rows / GEMV.rowsPerBlock);
  const warpSteps = blocks * Math.ceil(GEMV.rowsPerBlock / sm.warpLanes) * depth;
  const streamed = (granule: number) => columnBytes(rows, sm.warpLanes, granule) * depth;
  const overfetched = streamed(dram.transactionBytes) / (rows * depth * WORD_BYTES);
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
      l2Bytes: streamed(l2.sectorBytes) + blocks * depth * WORD_BYTES + footprint.outputBytes,
      dramBytes: footprint.dramWeightBytes * overfetched + footprint.dramActivationBytes,
      dependentLoads: Math.ceil(depth / (GEMV.columnSlices * GEMV.loadsInFlight)),
    },
  };
}

/**
 * Bytes that warps fetch for a column of a column-major matrix, on average over the columns: each warp's words lie in
 * whole granules, and columns start where the one before ends, so that most miss a granule's start unless the rows fill
 * granules. What two warps share is fetched twice.
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

function planGemm(product: Product, footprint: Footprint, { sm, gemmEfficiency }: GpuConfig): Plan {
  const { rows, depth, columns, groups } = product;
  const tile = gemmTile(rows, columns);
  const tilesDown = Math.ceil(rows / tile.rows);
  const tilesAcross = Math.ceil(columns / tile.columns);
  const blocks = tilesDown * tilesAcross * groups;
  const macSlots = blocks * tile.rows * tile.columns * depth;
  const operandWords = groups * depth * (rows * tilesAcross + columns * tilesDown);
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
