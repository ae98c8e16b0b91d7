// CSR kernels: SpMV for one vector, SpMM for several (a batch's, a frame's tokens), direct sparse
// convolution. Zero activations are multiplied like any.

import { invariant } from '../../../workloads/base/errors.js';
import type { LayerTask } from '../../../workloads/network.js';
import { type CsrMatrix, toCsr } from '../../../workloads/weights/store.js';
import type { Kernel } from '../../contract.js';
import { pixelsOf, weightShapeOf } from '../../work.js';
import { account } from '../account.js';
import type { CpuConfig } from '../config.js';
import { lanesOf, type Work } from '../ecm.js';
import {
  activationElements,
  activationsHome,
  addTransfers,
  competingBytes,
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
  accepts: (demand) => weightShapeOf(demand) !== null,
  cost(task, config, residency) {
    const { demand, weights, batch, macs } = task;
    invariant(weights !== null, () => `layer ${task.name}: no weights`);
    const isConvolution = demand.kind === 'convolution';
    const { cores } = isConvolution ? config.sparseConvolution : config.sparse;
    const matrix = toCsr(weights.store);
    const weightsHome = weightsHomeOf(competingBytes(task, residency, 'csr'), config, cores);
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
      lanes: lanesIn(task, config),
      nonzeros: matrix.indices.length,
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
        `direct convolution at ${percent(efficiency)} of the ports' rate beside GEMM at ${percent(gemmEfficiency)}`,
      ]
    : [];
}

function product(
  task: LayerTask,
  matrix: CsrMatrix,
  weightsHome: WeightsHome,
  config: CpuConfig,
): Work {
  const work =
    vectorsOf(task) === 1
      ? spmv(task, matrix, weightsHome, config)
      : spmm(task, matrix, weightsHome, config);
  const { cores } = config.sparse;
  return { ...work, cores, fullestShare: fullestShare(matrix, cores), supplyShare: 1 };
}

type ProductWork = Omit<Work, 'cores' | 'fullestShare' | 'supplyShare'>;

/**
 * Per non-zero: index, weight and activation are loaded; per row: its pointer, and its result is
 * stored.
 */
function spmv(
  task: LayerTask,
  matrix: CsrMatrix,
  weightsHome: WeightsHome,
  config: CpuConfig,
): ProductWork {
  const { simd, lineBytes, sparse } = config;
  const { rows, columns, indices } = matrix;
  const perLine = lineBytes / ELEMENT_BYTES;
  const density = indices.length / (rows * columns);
  // Activations that a row needs may share a line: the lines it touches when its non-zeros lie
  // anywhere.
  const lines = rows * Math.ceil(columns / perLine) * (1 - (1 - density) ** perLine);
  const home = activationsHome(task, config);
  return {
    arithmeticCycles: indices.length * sparse.cyclesPerNonzero,
    loadStoreCycles: (3 * indices.length + rows) / simd.loadsPerCycle + rows / simd.storesPerCycle,
    transfers: addTransfers(
      stream(csrWeightBytes(task), weightsHome, config),
      scatteredReads(Math.min(lines, indices.length), inputBytesOf(task), config),
      write(rows * ELEMENT_BYTES, home, config),
    ),
  };
}

/** What non-zeros gather from. */
function inputBytesOf(task: LayerTask): number {
  return activationElements(task).inputs * task.batch * ELEMENT_BYTES;
}

/**
 * Each non-zero scales one input's row of activations, one a vector, and adds it to an output's
 * row, which stays in L1.
 */
function spmm(
  task: LayerTask,
  matrix: CsrMatrix,
  weightsHome: WeightsHome,
  config: CpuConfig,
): ProductWork {
  const { rows, indices } = matrix;
  const vectors = vectorsOf(task);
  const { outputs } = activationElements(task);
  const vectorsPerRow = Math.ceil(vectors / spmmLanes(config));
  const linesPerRow = Math.ceil((vectors * ELEMENT_BYTES) / config.lineBytes);
  const inner = scaledRows(indices.length * vectorsPerRow, config);
  return {
    arithmeticCycles: inner.arithmeticCycles,
    loadStoreCycles: inner.loadStoreCycles + (rows * vectorsPerRow) / config.simd.storesPerCycle,
    transfers: addTransfers(
      stream(csrWeightBytes(task), weightsHome, config),
      scatteredReads(indices.length * linesPerRow, inputBytesOf(task), config),
      write(outputs * task.batch * ELEMENT_BYTES, activationsHome(task, config), config),
    ),
  };
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
