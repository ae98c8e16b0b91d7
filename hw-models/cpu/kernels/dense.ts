// Dense kernels: GEMV for one vector, GEMM for several (a batch's, a frame's tokens), convolution
// as im2col and GEMM image by image, and directly where each channel has filters of its own.

import { invariant } from '../../../workloads/base/errors.js';
import type { ConvolutionDemand, ProductDemand } from '../../../workloads/demand.js';
import type { LayerTask } from '../../../workloads/network.js';
import { isDepthwise, isPointwise, tapsOf } from '../../../workloads/operators/window.js';
import { sizeOf } from '../../../workloads/tensor.js';
import type { Kernel } from '../../contract.js';
import { isWeighted, outputElements, rightElements } from '../../work.js';
import { account, type Phase } from '../account.js';
import type { CpuConfig } from '../config.js';
import { lanesOf, peakMacsPerCycle, type Work } from '../ecm.js';
import {
  activationsHome,
  addTransfers,
  competingBytes,
  denseWeightBytes,
  ELEMENT_BYTES,
  homeOf,
  stream,
  streamWeights,
  type Transfers,
  type WeightsHome,
  weightsHomeOf,
  write,
} from '../memory.js';
import { directConvolution } from './sparse-convolution.js';

export const dense: Kernel<CpuConfig> = {
  name: 'dense',
  accepts: isWeighted,
  cost(task, config, residency) {
    const { demand, batch, macs } = task;
    invariant(isWeighted(demand), () => `layer ${task.name}: no matrix to multiply by`);
    const { cores } = config.dense;
    const weightBytes = denseWeightBytes(task);
    const weightsHome = weightsHomeOf(competingBytes(task, residency, 'dense'), config, cores);
    const execution = {
      kernel: 'dense',
      cores,
      calls: 1,
      macs: macs.dense * batch,
      executedMacs: macs.dense * batch,
      operations: 0,
      lanes: lanesOf(config),
      nonzeros: null,
      weightBytes,
      weightsHome,
      inputsRead: 'all' as const,
      notes: [],
    };
    if (demand.kind === 'product') {
      const resident = demand.right === 'weights' ? weightsHome : null;
      const phases = product(task, demand, weightBytes, resident, config);
      return account({ ...execution, weightsHome: resident, phases }, task, config, residency);
    }
    if (isDepthwise(demand)) {
      const [rows] = demand.output;
      const columns = (demand.input[0] / demand.groups) * tapsOf(demand);
      const phases = directConvolution(
        task,
        demand,
        fullPattern(rows, columns),
        weightBytes,
        weightsHome,
        config,
      );
      return account(
        { ...execution, phases, cores: config.sparseConvolution.cores, notes: [DEPTHWISE_NOTE] },
        task,
        config,
        residency,
      );
    }
    const phases = convolution(task, demand, weightBytes, weightsHome, config);
    const calls = demand.images * batch * demand.groups;
    return account({ ...execution, phases, calls }, task, config, residency);
  },
};

const DEPTHWISE_NOTE =
  'depthwise convolution runs directly, not as a matrix product for each channel';

/** Every place of a matrix, as a sparse one's places are told. */
function fullPattern(rows: number, columns: number) {
  return {
    rows,
    pointers: Uint32Array.from({ length: rows + 1 }, (_, row) => row * columns),
    indices: Uint32Array.from({ length: rows * columns }, (_, at) => at % columns),
  };
}

/**
 * Work without arithmetic of its own, dealt out evenly; `streamsWeights` limits it to what the
 * library reaches.
 */
function moving(
  loadStoreCycles: number,
  transfers: Transfers,
  streamsWeights: boolean,
  config: CpuConfig,
): Work {
  return {
    arithmeticCycles: 0,
    loadStoreCycles,
    transfers,
    cores: config.dense.cores,
    fullestShare: 1,
    supplyShare: streamsWeights ? config.dense.streamShare : 1,
  };
}

/**
 * All matrices in one call. Rows of a frame and frames of a batch are vectors that share the
 * weights; where two results are multiplied each frame has matrices of its own, and only its rows
 * share them. `weightsHome`: null there.
 */
function product(
  task: LayerTask,
  demand: ProductDemand,
  weightBytes: number,
  weightsHome: WeightsHome | null,
  config: CpuConfig,
): readonly Phase[] {
  const { matrices, rows, depth, columns } = demand;
  const home = activationsHome(task, config);
  const frames = weightsHome ? 1 : task.batch;
  const vectors = weightsHome ? rows * task.batch : rows;
  const streamed = weightBytes + rightElements(demand) * frames * ELEMENT_BYTES;
  const matrix = weightsHome
    ? stream(weightBytes, weightsHome, config)
    : stream(streamed, home, config);
  const stored = outputElements(demand) * task.batch;
  const vectorsIn = stream(matrices * rows * depth * task.batch * ELEMENT_BYTES, home, config);
  const vectorsOut = write(stored * ELEMENT_BYTES, home, config);
  if (vectors === 1) {
    const transfers = addTransfers(matrix, vectorsIn, vectorsOut);
    return [gemv(task.macs.dense * task.batch, streamed, stored, transfers, config)];
  }
  const transfers = addTransfers(vectorsIn, vectorsOut);
  const count = vectors * matrices * frames;
  return [
    packing(streamed, matrix, config),
    multiplication(columns, depth, count, stored, transfers, config),
  ];
}

/** Every weight is loaded once and multiplied once; the vector stays where it is. */
function gemv(
  macs: number,
  matrixBytes: number,
  stored: number,
  transfers: Transfers,
  config: CpuConfig,
): Phase {
  // Per multiply-add one load for the weights and one for the vector, as a row-wise product has no
  // register reuse.
  const loads = (2 * matrixBytes) / (config.simd.width / 8) / config.simd.loadsPerCycle;
  const work = moving(loads + storeCycles(stored, config), transfers, true, config);
  return { work: { ...work, arithmeticCycles: macs / peakMacsPerCycle(config, 1) } };
}

/**
 * Goto and van de Geijn, "Anatomy of high-performance matrix multiplication" (2008): the weights
 * are first copied into blocks that fit L2, which does not overlap the multiplication. Each call
 * packs anew.
 */
function packing(bytes: number, source: Transfers, config: CpuConfig): Phase {
  const vectors = bytes / (config.simd.width / 8);
  const copies = vectors / Math.min(config.simd.loadsPerCycle, config.simd.storesPerCycle);
  const transfers = addTransfers(source, write(bytes, 'l2', config));
  return { name: 'packing', work: moving(copies, transfers, true, config) };
}

/**
 * rows × depth times depth × columns; rows fill vector registers, so a part of a vector costs a
 * whole one.
 */
function multiplication(
  rows: number,
  depth: number,
  columns: number,
  stored: number,
  transfers: Transfers,
  config: CpuConfig,
): Phase {
  const lanes = lanesOf(config);
  const macs = Math.ceil(rows / lanes) * lanes * depth * columns;
  const work = moving(storeCycles(stored, config), transfers, false, config);
  return {
    work: {
      ...work,
      arithmeticCycles: macs / (peakMacsPerCycle(config, 1) * config.dense.gemmEfficiency),
    },
  };
}

function storeCycles(elements: number, config: CpuConfig): number {
  return elements / lanesOf(config) / config.simd.storesPerCycle;
}

function convolution(
  task: LayerTask,
  demand: ConvolutionDemand,
  weightBytes: number,
  weightsHome: WeightsHome,
  config: CpuConfig,
): readonly Phase[] {
  const { groups, input, output } = demand;
  const images = demand.images * task.batch;
  const [channels, height, width] = output;
  const pixels = height * width;
  const depth = (input[0] / groups) * tapsOf(demand);
  const outputs = channels * pixels;
  const home = activationsHome(task, config);
  const imageBytes = sizeOf(input) * ELEMENT_BYTES * images;
  const isPlain = isPointwise(demand);
  const matrixElements = depth * groups * pixels;
  const matrixHome = homeOf((matrixElements * ELEMENT_BYTES) / groups, config);
  const matrixBytes = matrixElements * ELEMENT_BYTES * images;
  const operand = isPlain
    ? stream(imageBytes, home, config)
    : stream(matrixBytes, matrixHome, config);
  const results = write(outputs * ELEMENT_BYTES * images, home, config);
  const multiply = multiplication(
    channels / groups,
    depth,
    pixels * groups * images,
    outputs * images,
    addTransfers(operand, results),
    config,
  );
  const { cores } = config.dense;
  const pack = packing(
    weightBytes * images,
    streamWeights(weightBytes, weightsHome, images, config, cores),
    config,
  );
  if (isPlain) return [pack, multiply];
  // Pixels side by side are copied as vectors; with a stride each one is copied by itself.
  const copies = (matrixElements * images) / (demand.stride[1] === 1 ? lanesOf(config) : 1);
  const unfolding = moving(
    copies / Math.min(config.simd.loadsPerCycle, config.simd.storesPerCycle),
    addTransfers(stream(imageBytes, home, config), write(matrixBytes, matrixHome, config)),
    false,
    config,
  );
  return [{ name: 'im2col', work: unfolding }, pack, multiply];
}
