// Dense kernels: GEMV for one frame, GEMM for a batch, convolution as im2col and GEMM frame by frame, and directly where
// each channel has filters of its own.

import { invariant } from '../../../workloads/base/errors.js';
import { imageShape, pixelsOf, weightShapeOf } from '../../../workloads/layers/index.js';
import { isDepthwise, isPointwise } from '../../../workloads/layers/window.js';
import type { Layer, LayerTask, OpOf } from '../../../workloads/network.js';
import type { Kernel } from '../../contract.js';
import { account, type Phase } from '../account.js';
import type { CpuConfig } from '../config.js';
import { lanesOf, peakMacsPerCycle, type Work } from '../ecm.js';
import {
  activationElements,
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
  accepts: (layer) => weightShapeOf(layer) !== null,
  cost(task, config, residency) {
    const { layer, weights, batch, macs } = task;
    invariant(weights !== null, () => `layer ${layer.name}: no weights`);
    const { cores } = config.dense;
    const weightBytes = denseWeightBytes(task);
    const weightsHome = weightsHomeOf(competingBytes(task, residency, 'dense'), config, cores);
    const isConvolution = layer.kind === 'conv2d';
    const execution = {
      kernel: 'dense',
      cores,
      calls: isConvolution ? batch * layer.groups : 1,
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
    if (layer.kind === 'conv2d' && isDepthwise(layer)) {
      const { rows, columns } = weights.store;
      const phases = directConvolution(task, layer, fullPattern(rows, columns), weightBytes, weightsHome, config);
      return account(
        { ...execution, phases, cores: config.sparseConvolution.cores, calls: 1, notes: [DEPTHWISE_NOTE] },
        task,
        config,
        residency,
      );
    }
    if (layer.kind === 'conv2d') {
      const phases = convolution(task, layer, weightBytes, weightsHome, config);
      return account({ ...execution, phases }, task, config, residency);
    }
    const phases =
      batch === 1 ? [gemv(task, weightBytes, weightsHome, config)] : gemm(task, weightBytes, weightsHome, config);
    return account({ ...execution, phases }, task, config, residency);
  },
};

const DEPTHWISE_NOTE = 'depthwise convolution runs directly, not as a matrix product for each channel';

/** Every place of a matrix, as a sparse one's places are told. */
function fullPattern(rows: number, columns: number) {
  return {
    rows,
    pointers: Uint32Array.from({ length: rows + 1 }, (_, row) => row * columns),
    indices: Uint32Array.from({ length: rows * columns }, (_, at) => at % columns),
  };
}

/** Work without arithmetic of its own, dealt out evenly; `streamsWeights` limits it to what the library reaches. */
function moving(loadStoreCycles: number, transfers: Transfers, streamsWeights: boolean, config: CpuConfig): Work {
  return {
    arithmeticCycles: 0,
    loadStoreCycles,
    transfers,
    cores: config.dense.cores,
    fullestShare: 1,
    supplyShare: streamsWeights ? config.dense.streamShare : 1,
  };
}

/** Every weight is loaded once and multiplied once; the vector stays where it is. */
function gemv(task: LayerTask, weightBytes: number, weightsHome: WeightsHome, config: CpuConfig): Phase {
  const { inputs, outputs } = activationElements(task);
  const home = activationsHome(task, config);
  const vectorBytes = config.simd.width / 8;
  const transfers = addTransfers(
    stream(weightBytes, weightsHome, config),
    stream(inputs * ELEMENT_BYTES, home, config),
    write(outputs * ELEMENT_BYTES, home, config),
  );
  // Per multiply-add one load for the weights and one for the vector, as a row-wise product has no register reuse.
  const loads = (2 * weightBytes) / vectorBytes / config.simd.loadsPerCycle;
  const work = moving(loads + storeCycles(outputs, config), transfers, true, config);
  return { work: { ...work, arithmeticCycles: task.macs.dense / peakMacsPerCycle(config, 1) } };
}

/**
 * Goto and van de Geijn, "Anatomy of high-performance matrix multiplication" (2008): the weights are first copied into
 * blocks that fit L2, which does not overlap the multiplication. Each call packs anew.
 */
function packing(weightBytes: number, weightsHome: WeightsHome, calls: number, config: CpuConfig): Phase {
  const vectors = (weightBytes * calls) / (config.simd.width / 8);
  const copies = vectors / Math.min(config.simd.loadsPerCycle, config.simd.storesPerCycle);
  const transfers = addTransfers(
    streamWeights(weightBytes, weightsHome, calls, config, config.dense.cores),
    write(weightBytes * calls, 'l2', config),
  );
  return { name: 'packing', work: moving(copies, transfers, true, config) };
}

function gemm(task: LayerTask, weightBytes: number, weightsHome: WeightsHome, config: CpuConfig): readonly Phase[] {
  const { inputs, outputs } = activationElements(task);
  const home = activationsHome(task, config);
  const transfers = addTransfers(
    stream(inputs * task.batch * ELEMENT_BYTES, home, config),
    write(outputs * task.batch * ELEMENT_BYTES, home, config),
  );
  return [
    packing(weightBytes, weightsHome, 1, config),
    multiplication(outputs, inputs, task.batch, outputs * task.batch, transfers, config),
  ];
}

/** rows × depth times depth × columns; rows fill vector registers, so a part of a vector costs a whole one. */
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
  return { work: { ...work, arithmeticCycles: macs / (peakMacsPerCycle(config, 1) * config.dense.gemmEfficiency) } };
}

function storeCycles(elements: number, config: CpuConfig): number {
  return elements / lanesOf(config) / config.simd.storesPerCycle;
}

function convolution(
  task: LayerTask,
  layer: Layer & OpOf<'conv2d'>,
  weightBytes: number,
  weightsHome: WeightsHome,
  config: CpuConfig,
): readonly Phase[] {
  const [input] = layer.inputShapes;
  const shape = weightShapeOf(layer);
  invariant(input !== undefined && shape !== null, () => `layer ${layer.name}: a convolution without input`);
  const { batch } = task;
  const { groups } = layer;
  const [channels, height, width] = imageShape(input, layer.name);
  const pixels = pixelsOf(layer);
  const outputs = layer.channels * pixels;
  const home = activationsHome(task, config);
  const imageBytes = channels * height * width * ELEMENT_BYTES * batch;
  const isPlain = isPointwise(layer);
  const matrixElements = shape.columns * groups * pixels;
  const matrixHome = homeOf((matrixElements * ELEMENT_BYTES) / groups, config);
  const matrixBytes = matrixElements * ELEMENT_BYTES * batch;
  const operand = isPlain ? stream(imageBytes, home, config) : stream(matrixBytes, matrixHome, config);
  const results = write(outputs * ELEMENT_BYTES * batch, home, config);
  const multiply = multiplication(
    layer.channels / groups,
    shape.columns,
    pixels * groups * batch,
    outputs * batch,
    addTransfers(operand, results),
    config,
  );
  const pack = packing(weightBytes, weightsHome, batch, config);
  if (isPlain) return [pack, multiply];
  // Pixels side by side are copied as vectors; with a stride each one is copied by itself.
  const copies = (matrixElements * batch) / (layer.stride[1] === 1 ? lanesOf(config) : 1);
  const unfolding = moving(
    copies / Math.min(config.simd.loadsPerCycle, config.simd.storesPerCycle),
    addTransfers(stream(imageBytes, home, config), write(matrixBytes, matrixHome, config)),
    false,
    config,
  );
  return [{ name: 'im2col', work: unfolding }, pack, multiply];
}
