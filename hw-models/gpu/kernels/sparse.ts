// Sparse layers: cuSPARSE CSRMV for one column, CSRMM for more, and convolution as a sparse matrix
// times the image's columns, read where they lie. Zero weights are skipped, zero activations are
// not.

import { invariant } from '../../../workloads/base/errors.js';
import type { ConvolutionDemand } from '../../../workloads/demand.js';
import type { LayerTask } from '../../../workloads/network.js';
import { reachOf, tapsOf } from '../../../workloads/operators/window.js';
import type { Kernel, LayerCost, Residency } from '../../contract.js';
import { addCosts, repeated } from '../../cost.js';
import { matrixParts } from '../../lowering.js';
import { isGrouped, pixelsOf, weightShapeOf } from '../../work.js';
import type { GpuConfig } from '../config.js';
import { type CsrProfile, csrBytes, profileOf } from '../csr-profile.js';
import { CSRMM, CSRMV, type Launch, nothing, SPARSE_CONVOLUTION } from '../launch.js';
import { residentBlocks } from '../occupancy.js';
import { costOf, type Footprint, footprintOf, requireWeights, WORD_BYTES } from './cost.js';
import { keptWeights } from './gemm.js';

export const sparse: Kernel<GpuConfig> = {
  name: 'sparse',
  // What two results make has no weights to skip.
  accepts: (demand) => weightShapeOf(demand) !== null,
  cost(task, config, residency) {
    if (isGrouped(task.demand)) return oneByOne(task, config, residency);
    const { demand, macs, batch } = task;
    const { store } = requireWeights(task);
    const footprint = footprintOf(
      task,
      csrBytes({ rows: store.rows, nonzeros: keptWeights(task) }),
      config,
      residency,
    );
    const isConvolution = demand.kind === 'convolution';
    const columns = pixelsOf(demand) * batch;
    const profile = profileOf(store, {
      // A convolution's lanes share each weight; elsewhere they share a row's weights out.
      lanes: isConvolution ? 1 : config.sm.warpLanes,
      rowsPerBlock: isConvolution ? SPARSE_CONVOLUTION.filtersPerBlock : CSRMV.rowsPerBlock,
      sectorWords: config.l2.sectorBytes / WORD_BYTES,
    });
    const planned = isConvolution
      ? planConvolution(profile, demand, columns, footprint, config)
      : planCsr(profile, columns, footprint, config);
    const work = {
      footprint,
      macs: macs.keptWeights * batch,
      nonzeros: profile.nonzeros,
      macSlots: planned.macSlots,
    };
    return costOf({ kernel: 'sparse', ...work, launches: [planned.launch] }, config);
  },
};

/** No library has grouped products of CSR: a launch for each expert. */
function oneByOne(task: LayerTask, config: GpuConfig, residency: Residency): LayerCost {
  const { demand, macs, batch } = task;
  invariant(demand.kind === 'product', () => `layer ${task.name}: no products`);
  const cost = addCosts(
    matrixParts(task, demand).map((part) =>
      repeated(sparse.cost(part.task, config, residency), part.times, part.notes),
    ),
  );
  // Those of all experts on average, as the task has them.
  return { ...cost, counters: { ...cost.counters, macs: macs.keptWeights * batch } };
}

interface Plan {
  readonly launch: Launch;
  readonly macSlots: number;
}

/** `vectors`: columns of the right-hand side, a frame's tokens and the frames of a batch. */
function planCsr(
  profile: CsrProfile,
  vectors: number,
  footprint: Footprint,
  config: GpuConfig,
): Plan {
  const { sm, l2 } = config;
  const { rows, steps, streamSectors } = profile;
  const columnsPerWarp = Math.min(vectors, CSRMM.columnsPerWarp);
  const passes = Math.ceil(vectors / columnsPerWarp);
  const gatherSectors = profile.gatherSectors * vectors;
  // One pass gathers from `columnsPerWarp` columns of the right-hand side.
  const gatheredFrom = (footprint.inputBytes / vectors) * columnsPerWarp;
  const gathered = gatherMisses(gatherSectors, gatheredFrom, footprint.inputBytes, config);
  const perStep =
    vectors === 1
      ? CSRMV.instructionsPerStep
      : CSRMM.instructionsPerStep + CSRMM.instructionsPerGather * columnsPerWarp;
  return {
    macSlots: steps * sm.warpLanes * vectors,
    launch: {
      ...nothing,
      blocks: Math.ceil(rows / CSRMV.rowsPerBlock) * passes,
      block: vectors === 1 ? CSRMV.block : CSRMM.block,
      instructions: (steps * perStep + rows * CSRMV.instructionsPerRow * columnsPerWarp) * passes,
      gatherSectors,
      l2Bytes:
        passes * (2 * streamSectors * l2.sectorBytes + (rows + 1) * WORD_BYTES) +
        gathered.l2Bytes +
        footprint.outputBytes,
      dramBytes:
        streamedBytes(footprint, passes, config) +
        gathered.dramBytes +
        footprint.dramActivationBytes,
      // The row's pointers, then a gather for each step; the next step's indices are on their way
      // meanwhile.
      dependentLoads: 1 + profile.stepsOfSlowestRow,
    },
  };
}

/**
 * The lanes of a warp read the pixels of one tap at a time, neighbours in memory. Blocks of the
 * same pixels run together and their warps walk the same channels, so that a block fetches the
 * inputs under its pixels once.
 */
function planConvolution(
  profile: CsrProfile,
  convolution: ConvolutionDemand,
  pixels: number,
  footprint: Footprint,
  config: GpuConfig,
): Plan {
  const { sm, l2 } = config;
  const { rows, columns, nonzeros } = profile;
  const { kernel, stride, input } = convolution;
  const taps = tapsOf(convolution);
  const passes = Math.ceil(pixels / sm.warpLanes);
  const steps = nonzeros * passes;
  const blocks = Math.ceil(rows / SPARSE_CONVOLUTION.filtersPerBlock) * passes;
  // A warp's pixels lie `stride` words apart and, with more than one tap, seldom start a sector.
  const sectorsPerStep =
    Math.ceil((sm.warpLanes * stride[1] * WORD_BYTES) / l2.sectorBytes) + (taps > 1 ? 1 : 0);
  const coalescedBytes = steps * sectorsPerStep * l2.sectorBytes;
  const [, height, width] = input;
  const touchedPixels = Math.min(
    height * width,
    kernel[0] * ((sm.warpLanes - 1) * stride[1] + reachOf(convolution)[1]),
  );
  const touchedBytes = (columns / taps) * touchedPixels * WORD_BYTES;
  return {
    macSlots: steps * sm.warpLanes,
    launch: {
      ...nothing,
      blocks,
      block: SPARSE_CONVOLUTION.block,
      instructions: steps * SPARSE_CONVOLUTION.instructionsPerStep,
      coalescedBytes,
      l2Bytes:
        passes * profile.bytes +
        Math.min(coalescedBytes, blocks * touchedBytes) +
        footprint.outputBytes,
      dramBytes: convolutionDramBytes(footprint, blocks / passes, passes, config),
      dependentLoads: 1 + Math.ceil(profile.stepsOfSlowestRow / SPARSE_CONVOLUTION.loadsInFlight),
    },
  };
}

/**
 * The better of two orders, for what the L2 cache cannot keep. All filters over some pixels at a
 * time: the matrix comes again for the next pixels. All pixels for as many filters as are in
 * flight: the inputs come again for the next filters.
 */
function convolutionDramBytes(
  footprint: Footprint,
  filterBlocks: number,
  passes: number,
  config: GpuConfig,
): number {
  const { sm } = config;
  const { inputBytes, dramWeightBytes, dramActivationBytes } = footprint;
  const inFlight = sm.count * residentBlocks(SPARSE_CONVOLUTION.block, sm);
  const pixelRounds = Math.ceil(passes * Math.min(1, filterBlocks / inFlight));
  const inputsAgain =
    dramActivationBytes > 0 ? (Math.ceil(filterBlocks / inFlight) - 1) * inputBytes : 0;
  return (
    dramActivationBytes +
    Math.min(streamedBytes(footprint, pixelRounds, config), dramWeightBytes + inputsAgain)
  );
}

/**
 * The matrix from DRAM: once where the L2 cache keeps it from round to round, else in every round.
 */
function streamedBytes(
  { dramWeightBytes, weightBytes }: Footprint,
  rounds: number,
  { l2 }: GpuConfig,
): number {
  return weightBytes <= l2.bytes ? dramWeightBytes : dramWeightBytes * rounds;
}

/**
 * Where gathers from `footprintBytes` at random find their sectors: each cache holds its size's
 * share of the footprint, and every input comes through the L2 cache at least once (if it is
 * gathered at all).
 */
function gatherMisses(
  sectors: number,
  footprintBytes: number,
  inputBytes: number,
  { sm, l2 }: GpuConfig,
) {
  const missesOf = (cacheBytes: number) => 1 - Math.min(1, cacheBytes / footprintBytes);
  const bytes = sectors * l2.sectorBytes;
  const l2Bytes = Math.max(bytes * missesOf(sm.gatherCacheBytes), Math.min(bytes, inputBytes));
  return { l2Bytes, dramBytes: l2Bytes * missesOf(l2.bytes) };
}
