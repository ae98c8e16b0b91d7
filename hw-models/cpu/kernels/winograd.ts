// Winograd convolution: Lavin and Gray, "Fast algorithms for convolutional neural networks" (CVPR
// 2016), sections 4.1 to 4.3 and algorithm 1: F(2×2, 3×3), F(4×4, 3×3) and, in inference libraries,
// F(6×6, 3×3), whichever is cheaper.
// Every tile of inputs is transformed, each of its elements takes part in one matrix product over
// channels, and the sums are transformed back. Weights are transformed ahead of time.

import { invariant } from '../../../workloads/base/errors.js';
import { type ConvolutionDemand, type Demand, denseMacsOf } from '../../../workloads/demand.js';
import type { LayerTask } from '../../../workloads/network.js';
import { squareOf } from '../../../workloads/operators/window.js';
import {
  largeTileTransform,
  type TileTransform,
  tileTransforms,
} from '../../../workloads/transforms/tile-cost.js';
import type { Kernel, LayerCost, Residency } from '../../contract.js';
import { cyclesOf } from '../../cost.js';
import { account, type Phase } from '../account.js';
import { type Arithmetic, arithmeticOf, computesIn } from '../arithmetic.js';
import type { CpuConfig } from '../config.js';
import { shareOfFullest } from '../ecm.js';
import {
  activationElements,
  activationsHome,
  addTransfers,
  competingBytes,
  denseWeightElements,
  homeOf,
  movingActivations,
  stream,
  streamWeights,
  type Transfers,
  weightsHomeOf,
  write,
} from '../memory.js';
import { multiplyingCycles } from './dense.js';

function canTransform(demand: Demand): demand is ConvolutionDemand {
  if (demand.kind !== 'convolution') return false;
  const square = squareOf(demand);
  return square?.kernel === 3 && square.stride === 1 && square.dilation === 1;
}

/** Tiles of one frame; those at the right and bottom edges may lie partly outside. */
export function tilesOf(
  { images, output: [, height, width] }: ConvolutionDemand,
  outputs: number,
): number {
  return images * Math.ceil(height / outputs) * Math.ceil(width / outputs);
}

/** Winograd kernels of one precision: floats, as integers of 8 bits overflow in the transforms. */
export function winogradKernel(precision: 'fp32' | 'fp16'): Kernel<CpuConfig> {
  const name = precision === 'fp32' ? 'winograd' : `winograd-${precision}`;
  return {
    ...{ name, precision },
    available: (config) => computesIn(config, precision),
    accepts: canTransform,
    cost(task, processor, residency) {
      const config = movingActivations(processor);
      const { demand } = task;
      invariant(
        canTransform(demand),
        () => `layer ${task.name}: not a 3×3 convolution of stride 1`,
      );
      const arithmetic = arithmeticOf(config, precision);
      const isLarge = config.dense.library === 'inference';
      const variants = isLarge ? [...tileTransforms, largeTileTransform] : tileTransforms;
      const [first, ...others] = variants.flatMap((variant) =>
        scratchLevels.map((level) =>
          costOf(variant, level, name, task, demand, arithmetic, config, residency),
        ),
      );
      invariant(first !== undefined, 'no variant of Winograd');
      return others.reduce((best, cost) => (cyclesOf(cost) < cyclesOf(best) ? cost : best), first);
    },
  };
}

/**
 * How many tiles at a time: as many as keep transformed inputs and sums in each core's L2, in the
 * last cache, or all of them. Fewer at a time read the weights more often.
 */
const scratchLevels = ['l2', 'last', 'all'] as const;

function costOf(
  { outputs: m, edge, ...operations }: TileTransform,
  level: (typeof scratchLevels)[number],
  kernel: string,
  task: LayerTask,
  convolution: ConvolutionDemand,
  arithmetic: Arithmetic,
  config: CpuConfig,
  residency: Residency,
): LayerCost {
  const { batch } = task;
  const { cores } = config.dense;
  const { bytes, lanes } = arithmetic;
  const { groups, bias } = convolution;
  const [channels] = convolution.input;
  const [filters] = convolution.output;
  const tiles = tilesOf(convolution, m) * batch;
  const depth = channels / groups;
  const products = edge ** 2 * tiles * filters * depth;
  const weightBytes = (edge ** 2 * filters * depth + (bias ? filters : 0)) * bytes;
  // What the other layers' kernels make of their weights is not known here: they count as the dense
  // matrix.
  const competing =
    competingBytes(task, residency, bytes) - denseWeightElements(task) * bytes + weightBytes;
  const weightsHome = weightsHomeOf(competing, config, cores);
  const scratchBytes = edge ** 2 * (channels + filters) * tiles * bytes;
  const { l2, l3, cacheShare } = config;
  const room = {
    l2: (cacheShare * l2.capacity * cores) / Math.min(cores, l2.sharedBy),
    last: cacheShare * Math.max(l2.capacity, l3.capacity),
    all: scratchBytes,
  }[level];
  const blocks = Math.min(tiles, Math.ceil(scratchBytes / room));
  const scratchHome = level === 'l2' ? 'l2' : homeOf(scratchBytes / blocks, config, cores);
  const home = activationsHome(task, config, cores, bytes);
  const { inputs, outputs } = activationElements(task);
  const transformed = edge ** 2 * channels * tiles;
  const sums = edge ** 2 * filters * tiles;
  const inputVectors = Math.ceil(channels / lanes) * tiles;
  const outputVectors = Math.ceil(filters / lanes) * tiles;
  const inputOperations = inputVectors * operations.inputOperations;
  const outputOperations = outputVectors * operations.outputOperations;
  const phases: readonly Phase[] = [
    transform(
      inputOperations,
      inputVectors * edge ** 2,
      inputVectors * edge ** 2,
      addTransfers(
        stream(inputs * batch * bytes, home, config),
        write(transformed * bytes, scratchHome, config),
      ),
      arithmetic,
      config,
    ),
    multiplication(
      products,
      filters / groups,
      sums,
      addTransfers(
        streamWeights(weightBytes, weightsHome, blocks, config, cores),
        stream(transformed * bytes, scratchHome, config),
        write(sums * bytes, scratchHome, config),
      ),
      edge ** 2 * Math.ceil(tiles / TILE_COLUMNS),
      arithmetic,
      config,
    ),
    transform(
      outputOperations,
      outputVectors * edge ** 2,
      outputVectors * m ** 2,
      addTransfers(
        stream(sums * bytes, scratchHome, config),
        write(outputs * batch * bytes, home, config),
      ),
      arithmetic,
      config,
    ),
  ];
  const execution = {
    ...{ kernel, phases, cores, arithmetic, lanes },
    // One parallel region for each phase of each block, or each core goes through its own.
    calls: config.dense.library === 'blas' || level !== 'l2' ? phases.length * blocks : 1,
    macs: denseMacsOf(task.demand) * batch,
    executedMacs: products,
    operations: (inputOperations + outputOperations) * lanes,
    nonzeros: null,
    weightBytes,
    weightsHome,
    inputsRead: 'all' as const,
    notes: [`Winograd F(${m}×${m}, 3×3)`],
  };
  return account(execution, task, config, residency);
}

/** Tiles to and fro: vectors over channels, loaded, transformed and stored. */
function transform(
  operations: number,
  loads: number,
  stores: number,
  transfers: Transfers,
  arithmetic: Arithmetic,
  config: CpuConfig,
): Phase {
  const { simd, dense } = config;
  const work = {
    arithmeticCycles: (operations * arithmetic.lanes) / arithmetic.operationsPerCycle,
    loadStoreCycles: Math.max(loads / simd.loadsPerCycle, stores / simd.storesPerCycle),
    transfers,
    cores: dense.cores,
    fullestShare: 1,
    supplyShare: 1,
  };
  return { name: 'transform', work };
}

/** Columns that a block of sums in registers spans, in libraries of today: 8 to 14. */
const TILE_COLUMNS = 8;

/**
 * All products over channels; filters fill vectors, so a part of one costs a whole one. `columns`:
 * groups of tiles that are multiplied together, in all positions of a tile.
 */
function multiplication(
  products: number,
  filters: number,
  sums: number,
  transfers: Transfers,
  columns: number,
  arithmetic: Arithmetic,
  config: CpuConfig,
): Phase {
  const { simd, dense } = config;
  const { lanes } = arithmetic;
  const vectors = Math.ceil(filters / lanes);
  const padded = (products / filters) * vectors * lanes;
  const work = {
    arithmeticCycles: multiplyingCycles(padded, arithmetic, config) / dense.winogradEfficiency,
    loadStoreCycles: sums / lanes / simd.storesPerCycle,
    transfers,
    cores: dense.cores,
    fullestShare: shareOfFullest(vectors * columns, dense.cores),
    // Only weights come from memory here, at what the library reaches when it streams them.
    supplyShare: dense.streamShare,
  };
  return { work };
}
