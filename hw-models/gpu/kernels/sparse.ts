// Sparse layers: cuSPARSE CSRMV for one column, CSRMM for more, and convolution as a sparse matrix times the image's
// columns, read where they lie. Zero weights are skipped, zero activations are not.

import { pixelsOf } from '../../../workloads/layers/index.js';
import type { Layer, OpOf } from '../../../workloads/network.js';
import type { Kernel } from '../../contract.js';
import type { GpuConfig } from '../config.js';
import { type CsrProfile, csrBytes, profileOf } from '../csr-profile.js';
import { CSRMM, CSRMV, type Launch, SPARSE_CONVOLUTION } from '../launch.js';
import { costOf, type Footprint, footprintOf, requireWeights, WORD_BYTES } from './cost.js';

export const sparse: Kernel<GpuConfig> = {
  name: 'sparse',
  accepts: ({ kind }) => kind === 'dense' || kind === 'conv2d',
  cost(task, config, residency) {
    const { layer, macs, batch } = task;
    const { store } = requireWeights(task);
    const footprint = footprintOf(task, csrBytes(store), config, residency);
    const isConvolution = layer.kind === 'conv2d';
    const profile = profileOf(store, {
      // A convolution's lanes share each weight; elsewhere they share a row's weights out.
      lanes: isConvolution ? 1 : config.sm.warpLanes,
      rowsPerBlock: isConvolution ? SPARSE_CONVOLUTION.filtersPerBlock : CSRMV.rowsPerBlock,
      sectorWords: config.l2.sectorBytes / WORD_BYTES,
    });
    const planned = isConvolution
      ? planConvolution(profile, layer, pixelsOf(layer) * batch, footprint, config)
      : planCsr(profile, batch, footprint, config);
    const work = { footprint, macs: macs.keptWeights * batch, nonzeros: profile.nonzeros, ...planned };
    return costOf({ kernel: 'sparse', ...work }, config);
  },
};

interface Plan {
  readonly launch: Launch;
  readonly macSlots: number;
}

function planCsr(profile: CsrProfile, batch: number, footprint: Footprint, config: GpuConfig): Plan {
  const { sm, l2 } = config;
  const { rows, columns, steps, streamSectors } = profile;
  const columnsPerWarp = Math.min(batch, CSRMM.columnsPerWarp);
  const passes = Math.ceil(batch / columnsPerWarp);
  const gatherSectors = profile.gatherSectors * batch;
  // One pass gathers from `columnsPerWarp` columns of the right-hand side.
  const gathered = gatherMisses(gatherSectors, columns * columnsPerWarp * WORD_BYTES, footprint.inputBytes, config);
  const perStep =
    batch === 1 ? CSRMV.instructionsPerStep : CSRMM.instructionsPerStep + CSRMM.instructionsPerGather * columnsPerWarp;
  return {
    macSlots: steps * sm.warpLanes * batch,
    launch: {
      blocks: Math.ceil(rows / CSRMV.rowsPerBlock) * passes,
      block: batch === 1 ? CSRMV.block : CSRMM.block,
      instructions: (steps * perStep + rows * CSRMV.instructionsPerRow * columnsPerWarp) * passes,
      issueEfficiency: 1,
      gatherSectors,
      l2Bytes:
        passes * (2 * streamSectors * l2.sectorBytes + (rows + 1) * WORD_BYTES) +
        gathered.l2Bytes +
        footprint.outputBytes,
      dramBytes: streamedBytes(footprint, passes, config) + gathered.dramBytes + footprint.dramActivationBytes,
      // The row's pointers, then a gather for each step; the next step's indices are on their way meanwhile.
      dependentLoads: 1 + profile.stepsOfSlowestRow,
    },
  };
}

function planConvolution(
  profile: CsrProfile,
  layer: Layer & OpOf<'conv2d'>,
  pixels: number,
  footprint: Footprint,
  config: GpuConfig,
): Plan {
  const { sm, l2 } = config;
  const { rows, nonzeros } = profile;
  const passes = Math.ceil(pixels / sm.warpLanes);
  const steps = nonzeros * passes;
  // A warp's pixels lie `stride` words apart and, with more than one tap, seldom start a sector.
  const sectorsPerStep =
    Math.ceil((sm.warpLanes * layer.stride * WORD_BYTES) / l2.sectorBytes) + (layer.kernel > 1 ? 1 : 0);
  const gatherSectors = steps * sectorsPerStep;
  // The blocks in flight work on the same few frames; they share one frame's image at least.
  const frameBytes = (footprint.inputBytes * pixelsOf(layer)) / pixels;
  const gathered = gatherMisses(gatherSectors, frameBytes, footprint.inputBytes, config);
  return {
    macSlots: steps * sm.warpLanes,
    launch: {
      blocks: Math.ceil(rows / SPARSE_CONVOLUTION.filtersPerBlock) * passes,
      block: SPARSE_CONVOLUTION.block,
      instructions: steps * SPARSE_CONVOLUTION.instructionsPerStep,
      issueEfficiency: 1,
      gatherSectors,
      l2Bytes: passes * profile.bytes + gathered.l2Bytes + footprint.outputBytes,
      dramBytes: streamedBytes(footprint, passes, config) + gathered.dramBytes + footprint.dramActivationBytes,
      dependentLoads: 1 + Math.ceil(profile.stepsOfSlowestRow / SPARSE_CONVOLUTION.loadsInFlight),
    },
  };
}

/** The matrix from DRAM: once where the L2 cache keeps it from pass to pass, else in every pass. */
function streamedBytes({ dramWeightBytes, weightBytes }: Footprint, passes: number, { l2 }: GpuConfig): number {
  return weightBytes <= l2.bytes ? dramWeightBytes : dramWeightBytes * passes;
}

/**
 * Where gathers from `footprintBytes` at random find their sectors: each cache holds its size's share of the
 * footprint, and every input comes through the L2 cache at least once (if it is gathered at all).
 */
function gatherMisses(sectors: number, footprintBytes: number, inputBytes: number, { sm, l2 }: GpuConfig) {
  const missesOf = (cacheBytes: number) => 1 - Math.min(1, cacheBytes / footprintBytes);
  const bytes = sectors * l2.sectorBytes;
  const l2Bytes = Math.max(bytes * missesOf(sm.gatherCacheBytes), Math.min(bytes, inputBytes));
  return { l2Bytes, dramBytes: l2Bytes * missesOf(l2.bytes) };
}
