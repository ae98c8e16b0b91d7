// Direct sparse convolution: for each kept weight one broadcast and a vector multiply-add over a
// row of pixels. A tile of output pixels stays in registers; input channels are blocked so that the
// tile's rows stay in L1. Filters are dealt out over all cores. No im2col matrix is built: Park et
// al., "Faster CNNs with direct sparse convolutions and guided pruning" (ICLR 2017).

import type { ConvolutionDemand } from '../../../workloads/demand.js';
import type { LayerTask } from '../../../workloads/network.js';
import { isPointwise, reachOf } from '../../../workloads/operators/window.js';
import { sizeOf } from '../../../workloads/tensor.js';
import type { RowEnds } from '../../../workloads/weights/entries.js';
import type { Phase } from '../account.js';
import type { CpuConfig } from '../config.js';
import { lanesOf } from '../ecm.js';
import {
  activationsHome,
  addTransfers,
  ELEMENT_BYTES,
  homeOf,
  type Level,
  stream,
  streamWeights,
  type Transfers,
  type WeightsHome,
  write,
} from '../memory.js';
import { fullestShare } from './csr.js';

/** Registers that hold no sum: the broadcast weight and the pixels that it meets. */
const SCRATCH_REGISTERS = 2;

/**
 * Loads besides pixels for each kept weight and tile: its place in the image and its value,
 * broadcast.
 */
const LOADS_PER_WEIGHT = 2;

/** How one frame's output plane is cut up. */
export interface Tiling {
  /** Vectors of output pixels of one plane; the end of a row fills one only in part. */
  readonly vectors: number;
  /** Tiles of one plane, each small enough to be summed in registers. */
  readonly tiles: number;
  /**
   * Blocks of input channels, each small enough for its part of a tile's input rows to stay in L1.
   */
  readonly blocks: number;
  /**
   * Pixels that one tile reads, all channels of one group, those that it shares with its neighbours
   * included.
   */
  readonly tileInputBytes: number;
}

/**
 * A 1×1 kernel takes the plane as one long row; others go row by row over a copy of the image with
 * its halo.
 */
export function tilingOf(convolution: ConvolutionDemand, config: CpuConfig): Tiling {
  const { stride, groups, input, output } = convolution;
  const [channels, height, width] = input;
  const [, outHeight, outWidth] = output;
  const lanes = lanesOf(config);
  const asOneRow = isPointwise(convolution);
  const vectors = asOneRow
    ? Math.ceil((outHeight * outWidth) / lanes)
    : outHeight * Math.ceil(outWidth / lanes);
  const tiles = Math.ceil(vectors / (config.simd.registers - SCRATCH_REGISTERS));
  const outRows = Math.ceil(outHeight / tiles);
  const outColumns = Math.min(outWidth, Math.ceil((outHeight * outWidth) / tiles));
  const [paddedHeight, paddedWidth] = paddedExtent(convolution);
  const reach = reachOf(convolution);
  const rows = Math.min(paddedHeight, (outRows - 1) * stride[0] + reach[0]);
  const columns = Math.min(paddedWidth, (outColumns - 1) * stride[1] + reach[1]);
  const pixels = asOneRow ? Math.ceil((height * width) / tiles) : rows * columns;
  const tileInputBytes = (channels / groups) * pixels * ELEMENT_BYTES;
  const blocks = Math.ceil(tileInputBytes / (config.cacheShare * config.l1.capacity));
  return { vectors, tiles, blocks: Math.min(blocks, channels / groups), tileInputBytes };
}

/**
 * The whole batch, image by image, with the weights in `matrix` alone: the image with its halo
 * where it needs one, then the sums.
 */
export function directConvolution(
  task: LayerTask,
  convolution: ConvolutionDemand,
  matrix: Pick<RowEnds, 'rows' | 'ends' | 'entries'>,
  weightBytes: number,
  weightsHome: WeightsHome,
  config: CpuConfig,
): readonly Phase[] {
  const { simd } = config;
  const { cores, efficiency } = config.sparseConvolution;
  const { groups, output } = convolution;
  const images = convolution.images * task.batch;
  const { rows, entries: nonzeros } = matrix;
  const { vectors, tiles, blocks, tileInputBytes } = tilingOf(convolution, config);
  const vectorBytes = simd.width / 8;
  const home = activationsHome(task, config, cores);
  // A filter's sums are set up and stored once for each block of channels in which it has weights.
  const visits = Math.min(rows * blocks, Math.max(rows, nonzeros));
  const resumed = (visits - rows) * vectors;
  const loads = nonzeros * (vectors + LOADS_PER_WEIGHT * tiles) + resumed;
  const stores = visits * vectors;
  // Cores that read the same channels: each has its own copy in L1, and L3 serves all but the
  // first.
  const readers = Math.max(1, Math.min(cores, rows) / groups);
  const inputBytes = tileInputBytes * tiles * groups * images;
  const partialBytes = 2 * resumed * vectorBytes * images;
  const outputBytes = sizeOf(output) * ELEMENT_BYTES * images;
  const perNonzero = (vectors + LOADS_PER_WEIGHT * tiles) / simd.loadsPerCycle;
  const perRow = vectors / simd.storesPerCycle;
  const work = {
    arithmeticCycles: (nonzeros * vectors * images) / simd.fmaPerCycle / efficiency,
    loadStoreCycles:
      (Math.max(loads / simd.loadsPerCycle, stores / simd.storesPerCycle) * images) / efficiency,
    transfers: addTransfers(
      streamWeights(weightBytes, weightsHome, tiles * images, config, cores),
      shared(inputBytes, readers, imageHome(convolution, home, config), config),
      stream(partialBytes, 'l2', config),
      write(outputBytes, home, config),
    ),
    cores,
    fullestShare: fullestShare(matrix, cores, perRow / perNonzero),
    supplyShare: 1,
  };
  return needsCopy(convolution)
    ? [copying(convolution, home, images, config), { work }]
    : [{ work }];
}

/**
 * Padding needs a halo of zeros; a stride needs pixels that far apart side by side, to be loaded as
 * vectors.
 */
function needsCopy({ stride, pad }: ConvolutionDemand): boolean {
  return stride.some((pixels) => pixels > 1) || pad.some((pixels) => pixels > 0);
}

function paddedExtent({ input, pad }: ConvolutionDemand): readonly [height: number, width: number] {
  const [, height, width] = input;
  const [top, left, bottom, right] = pad;
  return [height + top + bottom, width + left + right];
}

/** Of one image. */
function copyBytes(convolution: ConvolutionDemand): number {
  const [height, width] = paddedExtent(convolution);
  return convolution.input[0] * height * width * ELEMENT_BYTES;
}

function imageHome(convolution: ConvolutionDemand, home: Level, config: CpuConfig): Level {
  return needsCopy(convolution) ? homeOf(copyBytes(convolution), config) : home;
}

function copying(
  convolution: ConvolutionDemand,
  home: Level,
  images: number,
  config: CpuConfig,
): Phase {
  const { simd } = config;
  const bytes = copyBytes(convolution) * images;
  const copies = bytes / ELEMENT_BYTES / (convolution.stride[1] === 1 ? lanesOf(config) : 1);
  const work = {
    arithmeticCycles: 0,
    loadStoreCycles: copies / Math.min(simd.loadsPerCycle, simd.storesPerCycle),
    transfers: addTransfers(
      stream(sizeOf(convolution.input) * ELEMENT_BYTES * images, home, config),
      write(bytes, imageHome(convolution, home, config), config),
    ),
    cores: config.sparseConvolution.cores,
    fullestShare: 1,
    supplyShare: 1,
  };
  return { name: 'halo', work };
}

/**
 * Bytes that each of `readers` cores reads: from memory once, from the caches as often as there are
 * readers.
 */
function shared(bytes: number, readers: number, home: Level, config: CpuConfig): Transfers {
  if (home !== 'memory') return stream(bytes * readers, home, config);
  return addTransfers(stream(bytes, 'memory', config), stream(bytes * (readers - 1), 'l3', config));
}
