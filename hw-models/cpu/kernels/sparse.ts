// CSR kernels: SpMV for one frame, SpMM for a batch, direct sparse convolution. Zero activations are multiplied like any.

import { invariant } from '../../../workloads/base/errors.js';
import { imageShape, pixelsOf, weightShapeOf } from '../../../workloads/layers/index.js';
import type { Layer, LayerTask, OpOf } from '../../../workloads/network.js';
import { type CsrMatrix, toCsr } from '../../../workloads/weights/store.js';
import type { Kernel } from '../../contract.js';
import { account } from '../account.js';
import type { CpuConfig } from '../config.js';
import type { Work } from '../ecm.js';
import {
  activationElements,
  activationsHome,
  addTransfers,
  competingBytes,
  csrWeightBytes,
  ELEMENT_BYTES,
  scatteredReads,
  stream,
  streamWeights,
  type WeightsHome,
  weightsHomeOf,
  write,
} from '../memory.js';

export const sparse: Kernel<CpuConfig> = {
  name: 'sparse',
  accepts: (layer) => weightShapeOf(layer) !== null,
  cost(task, config, residency) {
    const { layer, weights, batch, macs } = task;
    invariant(weights !== null, () => `layer ${layer.name}: no weights`);
    const { cores } = config.sparse;
    const matrix = toCsr(weights.store);
    const weightsHome = weightsHomeOf(competingBytes(task, residency, 'csr'), config, cores);
    const work = workOf(task, matrix, weightsHome, config);
    const execution = {
      kernel: 'sparse',
      phases: [{ work: { ...work, cores, fullestShare: fullestShare(matrix, cores), supplyShare: 1 } }],
      cores,
      calls: layer.kind === 'conv2d' ? batch : 1,
      macs: macs.keptWeights * batch,
      operations: 0,
      nonzeros: matrix.indices.length,
      weightBytes: csrWeightBytes(task),
      weightsHome,
      inputsRead: 'some' as const,
      notes: cores < config.cores ? [`CSR runs on ${cores} of ${config.cores} cores`] : [],
    };
    return account(execution, task, config, residency);
  },
};

type SharedWork = Omit<Work, 'cores' | 'fullestShare' | 'supplyShare'>;

function workOf(task: LayerTask, matrix: CsrMatrix, weightsHome: WeightsHome, config: CpuConfig): SharedWork {
  if (task.layer.kind === 'conv2d') return directConvolution(task, task.layer, matrix, weightsHome, config);
  return task.batch === 1 ? spmv(task, matrix, weightsHome, config) : spmm(task, matrix, weightsHome, config);
}

/** Rows are dealt out in equal blocks, whatever is in them: the fullest block's non-zeros over the mean block's. */
export function fullestShare(
  { rows, pointers, indices }: Pick<CsrMatrix, 'rows' | 'pointers' | 'indices'>,
  cores: number,
) {
  if (indices.length === 0) return 1;
  const block = Math.ceil(rows / cores);
  let fullest = 0;
  for (let row = 0; row < rows; row += block) {
    const end = pointers[Math.min(row + block, rows)] as number;
    fullest = Math.max(fullest, end - (pointers[row] as number));
  }
  return (fullest * cores) / indices.length;
}

/** Per non-zero: index, weight and activation are loaded; per row: its pointer, and its result is stored. */
function spmv(task: LayerTask, matrix: CsrMatrix, weightsHome: WeightsHome, config: CpuConfig): SharedWork {
  const { simd, lineBytes, sparse } = config;
  const { rows, columns, indices } = matrix;
  const perLine = lineBytes / ELEMENT_BYTES;
  const density = indices.length / (rows * columns);
  // Activations that a row needs may share a line: the lines it touches when its non-zeros lie anywhere.
  const lines = rows * Math.ceil(columns / perLine) * (1 - (1 - density) ** perLine);
  const home = activationsHome(task, config);
  return {
    arithmeticCycles: indices.length * sparse.cyclesPerNonzero,
    loadStoreCycles: (3 * indices.length + rows) / simd.loadsPerCycle + rows / simd.storesPerCycle,
    transfers: addTransfers(
      stream(csrWeightBytes(task), weightsHome, config),
      scatteredReads(Math.min(lines, indices.length), columns * ELEMENT_BYTES, config),
      write(rows * ELEMENT_BYTES, home, config),
    ),
  };
}

/** Each non-zero scales one input's row of `batch` activations and adds it to an output's row, which stays in L1. */
function spmm(task: LayerTask, matrix: CsrMatrix, weightsHome: WeightsHome, config: CpuConfig): SharedWork {
  const { batch } = task;
  const { rows, columns, indices } = matrix;
  const { outputs } = activationElements(task);
  const vectorsPerRow = Math.ceil(batch / spmmLanes(config));
  const linesPerRow = Math.ceil((batch * ELEMENT_BYTES) / config.lineBytes);
  const inner = scaledRows(indices.length * vectorsPerRow, 1, config);
  return {
    arithmeticCycles: inner.arithmeticCycles,
    loadStoreCycles: inner.loadStoreCycles + (rows * vectorsPerRow) / config.simd.storesPerCycle,
    transfers: addTransfers(
      stream(csrWeightBytes(task), weightsHome, config),
      scatteredReads(indices.length * linesPerRow, columns * batch * ELEMENT_BYTES, config),
      write(outputs * batch * ELEMENT_BYTES, activationsHome(task, config), config),
    ),
  };
}

/** Lanes that the library's loop over a row of activations uses: 1 where it is scalar. */
function spmmLanes({ sparse }: CpuConfig): number {
  return sparse.spmmWidth / 32;
}

/** Multiply-adds into memory: `inputLoads` loads for the input and one for the sum, which is stored. */
function scaledRows(vectors: number, inputLoads: number, { simd, sparse }: CpuConfig) {
  const ports = Math.max((vectors * (1 + inputLoads)) / simd.loadsPerCycle, vectors / simd.storesPerCycle);
  return { arithmeticCycles: vectors / simd.fmaPerCycle, loadStoreCycles: ports / sparse.spmmEfficiency };
}

/**
 * For each kept weight, a shifted multiply-add over the pixels of its input channel. A 1×1 kernel takes all pixels as
 * one row (SpMM over pixels); others go row by row, and the end of a row fills a vector only in part.
 * Pixels `stride` apart take up to that many loads for a vector. An input channel is brought from where the image lives
 * once a filter; its other taps find it where the two planes fit. The loop reaches the rate of the library's SpMM.
 */
function directConvolution(
  task: LayerTask,
  layer: Layer & OpOf<'conv2d'>,
  matrix: CsrMatrix,
  weightsHome: WeightsHome,
  config: CpuConfig,
): SharedWork {
  const [input] = layer.inputShapes;
  invariant(input !== undefined, () => `layer ${layer.name}: a convolution without input`);
  const { batch } = task;
  const { rows, columns, indices } = matrix;
  const { kernel, stride, pad } = layer;
  const [channels, height, width] = imageShape(input, layer.name);
  const pixels = pixelsOf(layer);
  const outWidth = layer.output[2] ?? 1;
  const lanes = spmmLanes(config);
  const isPlain = kernel === 1 && stride === 1 && pad === 0;
  const vectorsPerPlane = isPlain ? Math.ceil(pixels / lanes) : (pixels / outWidth) * Math.ceil(outWidth / lanes);

  const taps = kernel * kernel;
  const density = indices.length / (rows * columns);
  const channelsMet = Math.min(indices.length, rows * (columns / taps) * (1 - (1 - density) ** taps));
  // A stride steps over rows; of the rows it meets, every line is touched.
  const inputPlaneBytes = Math.ceil(height / stride) * width * ELEMENT_BYTES;
  const outputPlaneBytes = pixels * ELEMENT_BYTES;
  const linesOf = (bytes: number) => bytes / config.lineBytes;
  const planes = inputPlaneBytes + outputPlaneBytes;
  const again = (indices.length - channelsMet) * inputPlaneBytes + 2 * indices.length * outputPlaneBytes;
  const home = activationsHome(task, config);
  const outputs = layer.channels * pixels * batch;
  const inner = scaledRows(indices.length * vectorsPerPlane * batch, Math.min(stride, lanes), config);
  return {
    arithmeticCycles: inner.arithmeticCycles,
    loadStoreCycles: inner.loadStoreCycles + outputs / lanes / config.simd.storesPerCycle,
    transfers: addTransfers(
      streamWeights(csrWeightBytes(task), weightsHome, batch, config, config.sparse.cores),
      scatteredReads(linesOf(channelsMet * inputPlaneBytes) * batch, channels * inputPlaneBytes, config),
      scatteredReads(linesOf(again) * batch, planes, config),
      write(outputs * ELEMENT_BYTES, home, config),
    ),
  };
}
