// Dense kernels, one for each precision: GEMV for one vector, GEMM for several (a batch's, a
// frame's tokens), convolution as GEMM over unfolded images, depthwise convolution directly.

import { invariant } from '../../../workloads/base/errors.js';
import {
  type ConvolutionDemand,
  denseMacsOf,
  type ProductDemand,
} from '../../../workloads/demand.js';
import type { LayerTask } from '../../../workloads/network.js';
import { isDepthwise, isPointwise, tapsOf } from '../../../workloads/operators/window.js';
import { sizeOf } from '../../../workloads/tensor.js';
import type { Kernel, Precision } from '../../contract.js';
import { cyclesOf } from '../../cost.js';
import { isGrouped, isWeighted, outputElements, rightBytes } from '../../work.js';
import { account, type Phase } from '../account.js';
import { type Arithmetic, arithmeticOf, type CpuPrecision, computesIn } from '../arithmetic.js';
import type { CpuConfig } from '../config.js';
import { shareOfFullest, type Work } from '../ecm.js';
import {
  activationsHome,
  addTransfers,
  competingBytes,
  denseWeightElements,
  homeOf,
  movingActivations,
  stream,
  streamWeights,
  type Transfers,
  type WeightsHome,
  weightsHomeOf,
  write,
} from '../memory.js';

/** Columns that a block of sums in registers spans, in libraries of today: 8 to 14. */
const TILE_COLUMNS = 8;

/** How a row of dense kernels stores and multiplies. */
export interface DenseRow {
  readonly name: string;
  readonly precision: Precision;
  available(config: CpuConfig): boolean;
  /** `isKept`: one side is weights. */
  arithmetic(config: CpuConfig, isKept: boolean): Arithmetic;
  /**
   * Of a weight in memory, or what that is on average where such a share is not zero; as an
   * activation where left out.
   */
  readonly weightBits?: number | ((density: number) => number);
  readonly notes?: readonly string[];
}

/** A dense kernel of one precision. */
export function denseKernel(precision: CpuPrecision): Kernel<CpuConfig> {
  return denseRow({
    ...{ name: precision === 'fp32' ? 'dense' : `dense-${precision}`, precision },
    available: (config) => computesIn(config, precision),
    arithmetic: (config) => arithmeticOf(config, precision),
  });
}

export function denseRow({ name, precision, notes = [], ...row }: DenseRow): Kernel<CpuConfig> {
  return {
    ...{ name, precision },
    available: (config) => row.available(config),
    // Libraries compute one expert after another.
    accepts: (demand) => isWeighted(demand) && !isGrouped(demand),
    cost(task, processor, residency) {
      const { demand, batch } = task;
      invariant(isWeighted(demand), () => `layer ${task.name}: no matrix to multiply by`);
      const config = demand.kind === 'product' ? processor : movingActivations(processor);
      const { cores } = config.dense;
      const isProductOfTwo = demand.kind === 'product' && demand.right === 'activations';
      const arithmetic = row.arithmetic(config, !isProductOfTwo);
      const { weightBits: bits = 8 * arithmetic.bytes } = row;
      const weightBits = typeof bits === 'number' ? bits : bits(densityOf(task));
      const weightBytes = (denseWeightElements(task) * weightBits) / 8;
      const competing = competingBytes(task, residency, arithmetic.bytes);
      const weightsHome = weightsHomeOf(competing, config, cores);
      const macs = denseMacsOf(demand) * batch;
      const execution = {
        ...{ kernel: name, cores, calls: 1, macs, executedMacs: macs, operations: 0 },
        ...{ arithmetic, lanes: arithmetic.lanes, nonzeros: null, weightBytes, weightsHome },
        ...{ inputsRead: 'all' as const, notes },
      };
      const layer: DenseLayer = { task, config, arithmetic, weightBytes, weightsHome };
      if (demand.kind === 'product') {
        const isKept = demand.right === 'weights';
        const home = isKept ? weightsHome : null;
        const costAs = (isTiled: boolean) => {
          const phases = product(layer, demand, isKept, isTiled);
          return account({ ...execution, weightsHome: home, phases }, task, config, residency);
        };
        const cost = costAs(false);
        // From L2 a tile hides the way to L1 behind its arithmetic, which one vector cannot.
        if (isBlas(config) || weightsHome !== 'l2') return cost;
        const tiled = costAs(true);
        return cyclesOf(tiled) < cyclesOf(cost) ? tiled : cost;
      }
      if (isDepthwise(demand)) {
        return account(
          { ...execution, phases: depthwise(layer, demand), notes: [...notes, DEPTHWISE_NOTE] },
          ...([task, config, residency] as const),
        );
      }
      const phases = convolution(layer, demand);
      const calls = isBlas(config) ? demand.images * batch * demand.groups : 1;
      return account({ ...execution, phases, calls }, task, config, residency);
    },
  };
}

/** The share of a layer's weights that is not zero. */
function densityOf({ macs }: LayerTask): number {
  return macs.dense === 0 ? 1 : macs.keptWeights / macs.dense;
}

const DEPTHWISE_NOTE =
  'depthwise convolution runs directly, not as a matrix product for each channel';

const isBlas = ({ dense }: CpuConfig) => dense.library === 'blas';

/** What the phases of one layer share. */
interface DenseLayer {
  readonly task: LayerTask;
  readonly config: CpuConfig;
  readonly arithmetic: Arithmetic;
  readonly weightBytes: number;
  readonly weightsHome: WeightsHome;
}

/** Share of the peak rate that GEMM reaches in this precision. */
export function gemmEfficiency({ dense }: CpuConfig, { precision }: Arithmetic): number {
  return precision === 'int8'
    ? (dense.int8Efficiency ?? dense.gemmEfficiency)
    : dense.gemmEfficiency;
}

/** Cycles of `clock` in which one core multiplies so often, vectors of full width slowing it. */
export function multiplyingCycles(macs: number, { macsPerCycle }: Arithmetic, config: CpuConfig) {
  return (macs / macsPerCycle) * (config.clock / (config.vectorClock ?? config.clock));
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
 * weights; where two results are multiplied (not `isKept`) each frame has matrices of its own, and
 * only its rows share them. `isTiled`: one vector too as a matrix.
 */
function product(
  layer: DenseLayer,
  demand: ProductDemand,
  isKept: boolean,
  isTiled: boolean,
): readonly Phase[] {
  const { task, config, arithmetic, weightBytes, weightsHome } = layer;
  const { matrices, rows, depth, columns } = demand;
  const { bytes } = arithmetic;
  const { cores } = config.dense;
  const home = activationsHome(task, config, cores, bytes);
  const frames = isKept ? 1 : task.batch;
  const vectors = isKept ? rows * task.batch : rows;
  const streamed = weightBytes + rightBytes(demand, bytes) * frames;
  const matrix = isKept ? stream(weightBytes, weightsHome, config) : stream(streamed, home, config);
  const stored = outputElements(demand) * task.batch;
  const vectorsIn = stream(matrices * rows * depth * task.batch * bytes, home, config);
  const vectorsOut = write(stored * bytes, home, config);
  if (vectors === 1 && !isTiled) {
    const transfers = addTransfers(matrix, vectorsIn, vectorsOut);
    return [gemv(layer, streamed, columns * matrices * frames, stored, transfers)];
  }
  const count = vectors * matrices * frames;
  if (isBlas(config)) {
    const transfers = addTransfers(vectorsIn, vectorsOut);
    return [
      packing(streamed, matrix, arithmetic, config),
      multiplication(layer, columns, depth, count, stored, transfers),
    ];
  }
  return [
    panels(matrices * rows * depth * task.batch, vectorsIn, arithmetic, config),
    multiplication(layer, columns, depth, count, stored, addTransfers(matrix, vectorsOut)),
  ];
}

/** Every weight is loaded once and multiplied once; the vector stays where it is. */
function gemv(
  { task, config, arithmetic }: DenseLayer,
  matrixBytes: number,
  rows: number,
  stored: number,
  transfers: Transfers,
): Phase {
  // Per multiply-add one load for the weights; row by row (BLAS) another one for the vector, of
  // which rows along the lanes share each value.
  const perMultiply = isBlas(config) ? 2 : 1;
  const loads = (perMultiply * matrixBytes) / (config.simd.width / 8) / config.simd.loadsPerCycle;
  const stores = storeCycles(stored, arithmetic, config);
  const macs = denseMacsOf(task.demand) * task.batch;
  return {
    work: {
      ...moving(loads + stores, transfers, true, config),
      arithmeticCycles:
        multiplyingCycles(macs, arithmetic, config) / gemmEfficiency(config, arithmetic),
      fullestShare: shareOfFullest(rows / arithmetic.lanes, config.dense.cores),
    },
  };
}

/**
 * Goto and van de Geijn, "Anatomy of high-performance matrix multiplication" (2008): the weights
 * are first copied into blocks that fit L2, which does not overlap the multiplication. Each call
 * packs anew.
 */
function packing(
  bytes: number,
  source: Transfers,
  arithmetic: Arithmetic,
  config: CpuConfig,
): Phase {
  const transfers = addTransfers(source, write(bytes, 'l2', config));
  const work = moving(
    copyCycles(bytes / arithmetic.bytes, arithmetic, config),
    transfers,
    true,
    config,
  );
  return { name: 'packing', work };
}

/** Inputs copied into the order in which the multiplication reads them, a panel at a time. */
function panels(
  elements: number,
  source: Transfers,
  arithmetic: Arithmetic,
  config: CpuConfig,
): Phase {
  const transfers = addTransfers(source, write(elements * arithmetic.bytes, 'l2', config));
  const work = moving(copyCycles(elements, arithmetic, config), transfers, false, config);
  return { name: 'im2col', work };
}

/** Of so many elements, vector by vector: a load and a store each. */
function copyCycles(elements: number, { lanes }: Arithmetic, { simd }: CpuConfig): number {
  return elements / lanes / Math.min(simd.loadsPerCycle, simd.storesPerCycle);
}

/**
 * rows × depth times depth × columns; rows fill vector registers, so a part of a vector costs a
 * whole one. Blocks of sums, which no core shares with another, are dealt out.
 */
function multiplication(
  { config, arithmetic }: DenseLayer,
  rows: number,
  depth: number,
  columns: number,
  stored: number,
  transfers: Transfers,
): Phase {
  const { lanes } = arithmetic;
  const vectors = Math.ceil(rows / lanes);
  const macs = vectors * lanes * depth * columns;
  const blocks = vectors * Math.ceil(columns / TILE_COLUMNS);
  // A block of sums loads its weights once; what BLAS loads is part of its efficiency.
  const loads = isBlas(config) ? 0 : (blocks * depth) / config.simd.loadsPerCycle;
  const stores = storeCycles(stored, arithmetic, config);
  const work = moving(loads + stores, transfers, false, config);
  return {
    work: {
      ...work,
      arithmeticCycles:
        multiplyingCycles(macs, arithmetic, config) / gemmEfficiency(config, arithmetic),
      fullestShare: shareOfFullest(blocks, config.dense.cores),
    },
  };
}

function storeCycles(elements: number, { lanes }: Arithmetic, { simd }: CpuConfig): number {
  return elements / lanes / simd.storesPerCycle;
}

function convolution(layer: DenseLayer, demand: ConvolutionDemand): readonly Phase[] {
  const { task, config, arithmetic, weightBytes, weightsHome } = layer;
  const { groups, input, output } = demand;
  const { bytes, lanes } = arithmetic;
  const images = demand.images * task.batch;
  const [channels, height, width] = output;
  const pixels = height * width;
  const depth = (input[0] / groups) * tapsOf(demand);
  const outputs = channels * pixels;
  const { cores } = config.dense;
  const home = activationsHome(task, config, cores, bytes);
  const imageBytes = sizeOf(input) * bytes * images;
  const matrixElements = depth * groups * pixels;
  const image = stream(imageBytes, home, config);
  const results = write(outputs * bytes * images, home, config);
  const multiply = (operand: Transfers) =>
    multiplication(
      layer,
      channels / groups,
      depth,
      pixels * groups * images,
      outputs * images,
      addTransfers(operand, results),
    );
  if (!isBlas(config)) {
    const weights = stream(weightBytes, weightsHome, config);
    const elements = matrixElements * images;
    return [
      panels(elements, image, arithmetic, config),
      multiply(addTransfers(weights, stream(elements * bytes, 'l2', config))),
    ];
  }
  const pack = packing(
    weightBytes * images,
    streamWeights(weightBytes, weightsHome, images, config, cores),
    arithmetic,
    config,
  );
  if (isPointwise(demand)) return [pack, multiply(image)];
  const matrixBytes = matrixElements * bytes * images;
  const matrixHome = homeOf((matrixElements * bytes) / groups, config, cores);
  // Pixels side by side are copied as vectors; with a stride each one is copied by itself.
  const copied = matrixElements * images * (demand.stride[1] === 1 ? 1 : lanes);
  const unfolding = moving(
    copyCycles(copied, arithmetic, config),
    addTransfers(image, write(matrixBytes, matrixHome, config)),
    false,
    config,
  );
  return [
    { name: 'im2col', work: unfolding },
    pack,
    multiply(stream(matrixBytes, matrixHome, config)),
  ];
}

/**
 * Each channel with filters of its own: channels (or pixels of a row, in older libraries) along the
 * lanes, each tap a load and a multiply-add.
 */
function depthwise(layer: DenseLayer, demand: ConvolutionDemand): readonly Phase[] {
  const { task, config, arithmetic, weightBytes, weightsHome } = layer;
  const { simd, dense } = config;
  const { bytes, lanes } = arithmetic;
  const images = demand.images * task.batch;
  const [channels, height, width] = demand.output;
  const home = activationsHome(task, config, dense.cores, bytes);
  const planes = Math.ceil(channels / lanes);
  const vectors = planes * height * width * images;
  const taps = vectors * tapsOf(demand);
  const efficiency = dense.directEfficiency ?? config.sparseConvolution.efficiency;
  // 8-bit products are widened before they are added: no instruction sums four of one channel.
  const perCycle = Math.min(arithmetic.macsPerCycle / lanes, arithmetic.operationsPerCycle / lanes);
  return [
    {
      work: {
        arithmeticCycles:
          ((taps / perCycle) * (config.clock / (config.vectorClock ?? config.clock))) / efficiency,
        loadStoreCycles:
          Math.max(taps / simd.loadsPerCycle, vectors / simd.storesPerCycle) / efficiency,
        transfers: addTransfers(
          stream(weightBytes, weightsHome, config),
          stream(sizeOf(demand.input) * bytes * images, home, config),
          write(sizeOf(demand.output) * bytes * images, home, config),
        ),
        cores: dense.cores,
        fullestShare: shareOfFullest(planes * images, dense.cores),
        supplyShare: 1,
      },
    },
  ];
}
