// Winograd convolution: Lavin and Gray, "Fast algorithms for convolutional neural networks" (CVPR
// 2016), sections 4.1 to 4.3 and algorithm 1: F(2×2, 3×3) and F(4×4, 3×3), whichever is cheaper.
// Every tile of inputs is transformed, each of its elements takes part in one matrix product over
// channels, and the sums are transformed back. Weights are transformed ahead of time.

import { invariant } from '../../../workloads/base/errors.js';
import type { ConvolutionDemand, Demand } from '../../../workloads/demand.js';
import type { LayerTask } from '../../../workloads/network.js';
import { squareOf } from '../../../workloads/operators/window.js';
import { type TileTransform, tileTransforms } from '../../../workloads/transforms/tile-cost.js';
import type { Kernel, LayerCost, Residency } from '../../contract.js';
import { cyclesOf } from '../../cost.js';
import { account, type Phase } from '../account.js';
import type { CpuConfig } from '../config.js';
import { lanesOf, peakMacsPerCycle } from '../ecm.js';
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
  weightsHomeOf,
  write,
} from '../memory.js';

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

export const winograd: Kernel<CpuConfig> = {
  name: 'winograd',
  accepts: canTransform,
  cost(task, config, residency) {
    const { demand } = task;
    invariant(canTransform(demand), () => `layer ${task.name}: not a 3×3 convolution of stride 1`);
    const [first, ...others] = tileTransforms.map((variant) =>
      costOf(variant, task, demand, config, residency),
    );
    invariant(first !== undefined, 'no variant of Winograd');
    return others.reduce((best, cost) => (cyclesOf(cost) < cyclesOf(best) ? cost : best), first);
  },
};

function costOf(
  { outputs: m, edge, ...operations }: TileTransform,
  task: LayerTask,
  convolution: ConvolutionDemand,
  config: CpuConfig,
  residency: Residency,
): LayerCost {
  const { batch, macs } = task;
  const { cores } = config.dense;
  const { groups, bias } = convolution;
  const [channels] = convolution.input;
  const [filters] = convolution.output;
  const tiles = tilesOf(convolution, m) * batch;
  const depth = channels / groups;
  const products = edge ** 2 * tiles * filters * depth;
  const weightBytes = (edge ** 2 * filters * depth + (bias ? filters : 0)) * ELEMENT_BYTES;
  // What the other layers' kernels make of their weights is not known here: they count as the dense
  // matrix.
  const competing = competingBytes(task, residency, 'dense') - denseWeightBytes(task) + weightBytes;
  const weightsHome = weightsHomeOf(competing, config, cores);
  // Transformed inputs and sums of so many tiles at a time stay in the last cache; each block reads
  // the weights anew.
  const scratchBytes = edge ** 2 * (channels + filters) * tiles * ELEMENT_BYTES;
  const lastCache = config.cacheShare * Math.max(config.l2.capacity, config.l3.capacity);
  const blocks = Math.min(tiles, Math.ceil(scratchBytes / lastCache));
  const scratchHome = homeOf(scratchBytes / blocks, config);
  const home = activationsHome(task, config);
  const { inputs, outputs } = activationElements(task);
  const transformed = edge ** 2 * channels * tiles;
  const sums = edge ** 2 * filters * tiles;
  const inputVectors = Math.ceil(channels / lanesOf(config)) * tiles;
  const outputVectors = Math.ceil(filters / lanesOf(config)) * tiles;
  const inputOperations = inputVectors * operations.inputOperations;
  const outputOperations = outputVectors * operations.outputOperations;
  const phases: readonly Phase[] = [
    transform(
      inputOperations,
      inputVectors * edge ** 2,
      inputVectors * edge ** 2,
      addTransfers(
        stream(inputs * batch * ELEMENT_BYTES, home, config),
        write(transformed * ELEMENT_BYTES, scratchHome, config),
      ),
      config,
    ),
    multiplication(
      products,
      filters / groups,
      sums,
      addTransfers(
        streamWeights(weightBytes, weightsHome, blocks, config, cores),
        stream(transformed * ELEMENT_BYTES, scratchHome, config),
        write(sums * ELEMENT_BYTES, scratchHome, config),
      ),
      config,
    ),
    transform(
      outputOperations,
      outputVectors * edge ** 2,
      outputVectors * m ** 2,
      addTransfers(
        stream(sums * ELEMENT_BYTES, scratchHome, config),
        write(outputs * batch * ELEMENT_BYTES, home, config),
      ),
      config,
    ),
  ];
  const execution = {
    kernel: 'winograd',
    phases,
    cores,
    // One parallel region for each phase of each block.
    calls: phases.length * blocks,
    macs: macs.dense * batch,
    executedMacs: products,
    operations: (inputOperations + outputOperations) * lanesOf(config),
    lanes: lanesOf(config),
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
  config: CpuConfig,
): Phase {
  const { simd, dense } = config;
  const work = {
    arithmeticCycles: operations / simd.fmaPerCycle,
    loadStoreCycles: Math.max(loads / simd.loadsPerCycle, stores / simd.storesPerCycle),
    transfers,
    cores: dense.cores,
    fullestShare: 1,
    supplyShare: 1,
  };
  return { name: 'transform', work };
}

/** All products over channels; filters fill vectors, so a part of one costs a whole one. */
function multiplication(
  products: number,
  filters: number,
  sums: number,
  transfers: Transfers,
  config: CpuConfig,
): Phase {
  const { simd, dense } = config;
  const lanes = lanesOf(config);
  const padded = (products / filters) * Math.ceil(filters / lanes) * lanes;
  const work = {
    arithmeticCycles: padded / (peakMacsPerCycle(config, 1) * dense.winogradEfficiency),
    loadStoreCycles: sums / lanes / simd.storesPerCycle,
    transfers,
    cores: dense.cores,
    fullestShare: 1,
    // Only weights come from memory here, at what the library reaches when it streams them.
    supplyShare: dense.streamShare,
  };
  return { work };
}
