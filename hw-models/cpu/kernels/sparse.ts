// CSR kernels: SpMV for one vector, SpMM for several (a batch's, a frame's tokens), direct sparse
// convolution. Zero activations are multiplied like any.

import { invariant } from '../../../workloads/base/errors.js';
import type { LayerTask } from '../../../workloads/network.js';
import { type RowEnds, rowEndsOf } from '../../../workloads/weights/entries.js';
import type { Kernel } from '../../contract.js';
import { isGrouped, pixelsOf, weightShapeOf } from '../../work.js';
import { account } from '../account.js';
import { arithmeticOf } from '../arithmetic.js';
import type { CpuConfig } from '../config.js';
import { lanesOf, type Work } from '../ecm.js';
import {
  activationElements,
  activationsHome,
  addTransfers,
  competingCsrBytes,
  csrWeightBytes,
  ELEMENT_BYTES,
  scatteredReads,
  stream,
  type WeightsHome,
  weightsHomeOf,
  write,
} from '../memory.js';
import { fullestShare } from './csr.js';
import { directConvolution } from './sparse-convolution.js';

export const sparse: Kernel<CpuConfig> = {
  name: 'sparse',
  // What two results make has no weights to skip.
  accepts: (demand) => weightShapeOf(demand) !== null && !isGrouped(demand),
  cost(task, config, residency) {
    const { demand, weights, batch, macs } = task;
    invariant(weights !== null, () => `layer ${task.name}: no weights`);
    const isConvolution = demand.kind === 'convolution';
    const { cores } = isConvolution ? config.sparseConvolution : config.sparse;
    const matrix = rowEndsOf(weights.store);
    const weightsHome = weightsHomeOf(competingCsrBytes(task, residency), config, cores);
    const weightBytes = csrWeightBytes(task);
    const phases =
      demand.kind === 'convolution'
        ? directConvolution(task, demand, matrix, weightBytes, weightsHome, config)
        : [{ work: product(task, matrix, weightsHome, config) }];
    const execution = {
      kernel: 'sparse',
      phases,
      cores,
      calls: 1,
      macs: macs.keptWeights * batch,
      executedMacs: macs.keptWeights * batch,
      operations: 0,
      arithmetic: arithmeticOf(config),
      lanes: lanesIn(task, config),
      nonzeros: matrix.entries,
      weightBytes,
      weightsHome,
      inputsRead: 'some' as const,
      notes: isConvolution ? unlikeEngines(config) : idleCores(config),
    };
    return account(execution, task, config, residency);
  },
};

/** A single vector meets its non-zeros one by one. */
function lanesIn(task: LayerTask, config: CpuConfig): number {
  if (task.demand.kind === 'convolution') return lanesOf(config);
  return vectorsOf(task) === 1 ? 1 : spmmLanes(config);
}

/** Vectors that meet the same weights: each frame's, or each of its tokens'. */
function vectorsOf({ demand, batch }: LayerTask): number {
  return pixelsOf(demand) * batch;
}

function idleCores({ cores, sparse }: CpuConfig): readonly string[] {
  return sparse.cores < cores ? [`CSR runs on ${sparse.cores} of ${cores} cores`] : [];
}

/** A tuned loop beside an older library gains more than the zeros give. */
function unlikeEngines({
  sparseConvolution: { efficiency },
  dense: { gemmEfficiency },
}: CpuConfig): readonly string[] {
  const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
  return efficiency > gemmEfficiency
    ? [
        `direct convolution at ${percent(efficiency)} of the ports' rate, compared with GEMM at ${percent(gemmEfficiency)}`,
      ]
    : [];
}

/**
 * Each non-zero is read and its place in the inputs found once, whatever the number of vectors: the
 * first one waits for that. Each further one scales an element more of the input's row, one a
 * vector, and adds it to the output's row, which stays in L1: a batch of two is never faster than
 * one.
 */
function product(
  task: LayerTask,
  matrix: RowEnds,
  weightsHome: WeightsHome,
  config: CpuConfig,
): Work {
  const { simd, sparse } = config;
  const { cores } = sparse;
  const { rows, entries: nonzeros } = matrix;
  const vectors = vectorsOf(task);
  const vectorsPerRow = Math.ceil(vectors / spmmLanes(config));
  const further = scaledRows((nonzeros * (vectors - 1)) / spmmLanes(config), config);
  const { outputs } = activationElements(task);
  return {
    arithmeticCycles: nonzeros * sparse.cyclesPerNonzero + further.arithmeticCycles,
    // Index, weight and activation of the first; the row's pointer, and its results are stored.
    loadStoreCycles:
      (3 * nonzeros + rows) / simd.loadsPerCycle +
      further.loadStoreCycles +
      (rows * vectorsPerRow) / simd.storesPerCycle,
    transfers: addTransfers(
      stream(csrWeightBytes(task), weightsHome, config),
      scatteredReads(gatheredLines(matrix, vectors, config), inputBytesOf(task), config),
      write(outputs * task.batch * ELEMENT_BYTES, activationsHome(task, config, cores), config),
    ),
    ...{ cores, fullestShare: fullestShare(matrix, cores), supplyShare: 1 },
  };
}

/**
 * Lines of inputs that non-zeros gather: a row's neighbours may share one, as long as an input is
 * less than a line wide, so the lines it touches are those of non-zeros that lie anywhere.
 */
function gatheredLines(
  { rows, columns, entries: nonzeros }: RowEnds,
  vectors: number,
  { lineBytes }: CpuConfig,
): number {
  const inputLines = Math.ceil((vectors * ELEMENT_BYTES) / lineBytes);
  const perLine = Math.max(1, Math.floor(lineBytes / ELEMENT_BYTES / vectors));
  const density = nonzeros / (rows * columns);
  const touched = rows * Math.ceil(columns / perLine) * (1 - (1 - density) ** perLine);
  return Math.min(touched, nonzeros) * inputLines;
}

/** What non-zeros gather from. */
function inputBytesOf(task: LayerTask): number {
  return activationElements(task).inputs * task.batch * ELEMENT_BYTES;
}

/** Lanes that the library's loop over a row of activations uses: 1 where it is scalar. */
function spmmLanes({ sparse }: CpuConfig): number {
  return sparse.spmmWidth / 32;
}

/** Multiply-adds into memory: a load for the input and one for the sum, which is stored. */
function scaledRows(vectors: number, { simd, sparse }: CpuConfig) {
  const ports = Math.max((2 * vectors) / simd.loadsPerCycle, vectors / simd.storesPerCycle);
  return {
    arithmeticCycles: vectors / simd.fmaPerCycle,
    loadStoreCycles: ports / sparse.spmmEfficiency,
  };
}
