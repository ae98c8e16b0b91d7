// What a layer moves: words between SRAMs and array by dataflow, bytes between SRAMs and DRAM by what fits.

import { sizeOf } from '../../workloads/layers/index.js';
import type { Layer } from '../../workloads/network.js';
import type { Residency } from '../contract.js';
import { type Dataflow, operandBytes, type SystolicConfig } from './config.js';
import type { Folding, Gemm } from './gemm.js';

/** Whether weights stay on the chip, and the bytes of their SRAM that a layer without a place may use. */
export interface SystolicResidency extends Residency {
  readonly freeBytes: number;
}

/** Words of each SRAM. */
export interface SramTraffic {
  readonly weightReads: number;
  readonly inputReads: number;
  readonly outputWrites: number;
  /** Partial sums written and read again. */
  readonly sumAccesses: number;
}

/** How often each operand passes from its SRAM into the array. */
interface Passes {
  readonly weights: number;
  readonly inputs: number;
}

export function passesOf({ rowFolds, columnFolds, pieces }: Folding, dataflow: Dataflow): Passes {
  if (dataflow === 'ws') return { weights: pieces, inputs: columnFolds };
  if (dataflow === 'is') return { weights: columnFolds, inputs: pieces };
  return { weights: rowFolds, inputs: columnFolds };
}

export function sramTraffic(gemm: Gemm, folding: Folding, dataflow: Dataflow): SramTraffic {
  const { groups, pixels, depth, outputs } = gemm;
  const passes = passesOf(folding, dataflow);
  const sums = groups * pixels * outputs;
  // Each fold along the depth but the first reads the sums of the one before it, and all but the last write theirs.
  const sumAccesses = dataflow === 'os' ? 0 : 2 * (folding.rowFolds - 1) * sums;
  return {
    weightReads: groups * depth * outputs * passes.weights,
    inputReads: groups * pixels * depth * passes.inputs,
    outputWrites: sums,
    sumAccesses,
  };
}

/** Bytes of a layer's inputs and outputs for `frames` frames. */
export function activationBytes(layer: Layer, frames: number, config: SystolicConfig) {
  const inputs = layer.inputShapes.reduce((elements, shape) => elements + sizeOf(shape), 0);
  const bytes = (elements: number) => elements * frames * operandBytes(config);
  return { inputs: bytes(inputs), outputs: bytes(sizeOf(layer.output)) };
}

/** Whether the inputs and outputs of `frames` frames stay on the chip. */
export function activationsFit(layer: Layer, frames: number, config: SystolicConfig): boolean {
  const { inputs, outputs } = activationBytes(layer, frames, config);
  return inputs + outputs <= config.sram.activationBytes;
}

/**
 * Bytes to and from DRAM. An operand that fits is fetched once. Where neither does, blocks of one (half of its free
 * SRAM, the other half filling) stay while all of the other passes by: the cheaper way round, and never more passes than
 * the array takes from the SRAM.
 */
export function dramBytes(
  layer: Layer,
  gemm: Gemm,
  passes: Passes,
  frames: number,
  residency: Residency,
  config: SystolicConfig,
): number {
  const { inputs, outputs } = activationBytes(layer, frames, config);
  const freeBytes = isPlaced(residency) ? residency.freeBytes : config.sram.weightBytes;
  const weights = residency.resident ? 0 : gemm.groups * gemm.depth * gemm.outputs * operandBytes(config);
  if (activationsFit(layer, frames, config)) return weights;
  const inputPasses = Math.min(passes.inputs, Math.ceil(weights / (freeBytes / 2)));
  const weightPasses = Math.min(passes.weights, Math.ceil(inputs / (config.sram.activationBytes / 2)));
  const keepingWeights = weights + inputs * Math.max(1, inputPasses);
  const keepingInputs = inputs + weights * Math.max(1, weightPasses);
  return Math.min(keepingWeights, keepingInputs) + outputs;
}

function isPlaced(residency: Residency): residency is SystolicResidency {
  return 'freeBytes' in residency;
}
