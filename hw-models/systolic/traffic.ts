// Computes the traffic of a layer: words between SRAMs and array by dataflow, bytes between SRAMs
// and DRAM by capacity.

import type { Demand } from '../../workloads/demand.js';
import type { Residency } from '../contract.js';
import { inputElements, outputElements, rightElements } from '../work.js';
import { type Dataflow, operandBytes, type SystolicConfig } from './config.js';
import type { Folding, Gemm, Multiplied } from './gemm.js';

/**
 * Whether weights stay on the chip, and the bytes of their SRAM that a layer without a place may
 * use.
 */
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
  // Each fold along the depth but the first reads the sums of the one before it, and all but the
  // last write theirs.
  const sumAccesses = dataflow === 'os' ? 0 : 2 * (folding.rowFolds - 1) * sums;
  return {
    weightReads: groups * depth * outputs * passes.weights,
    inputReads: groups * pixels * depth * passes.inputs,
    outputWrites: sums,
    sumAccesses,
  };
}

/**
 * Whether a layer's second factor is activations too: it lies in their SRAM, and nothing of it
 * stays over frames.
 */
export function isOfActivations(demand: Demand): boolean {
  return demand.kind === 'product' && demand.right === 'activations';
}

/** The words with a second factor that comes from the activations' SRAM. */
export function fromActivations(traffic: SramTraffic): SramTraffic {
  return { ...traffic, weightReads: 0, inputReads: traffic.inputReads + traffic.weightReads };
}

/** Bytes of a layer's inputs and outputs for `frames` frames. */
export function activationBytes(demand: Demand, frames: number, config: SystolicConfig) {
  const bytes = (elements: number) => elements * frames * operandBytes(config);
  return { inputs: bytes(inputElements(demand)), outputs: bytes(outputElements(demand)) };
}

/** Whether the inputs and outputs of `frames` frames stay on the chip. */
export function activationsFit(demand: Demand, frames: number, config: SystolicConfig): boolean {
  const { inputs, outputs } = activationBytes(demand, frames, config);
  return inputs + outputs <= config.sram.activationBytes;
}

/**
 * Strips that a layer is cut into so that its activations stay on the chip; 1 where they do anyway,
 * or where the device sends them to DRAM instead.
 */
export function stripsOf(demand: Demand, frames: number, config: SystolicConfig): number {
  const { inputs, outputs } = activationBytes(demand, frames, config);
  if (config.overflow === 'dram' || isOfActivations(demand)) return 1;
  return Math.max(1, Math.ceil((inputs + outputs) / config.sram.activationBytes));
}

/**
 * Bytes to and from DRAM. An operand that fits is fetched once. Where neither does, blocks of one
 * (half of its free SRAM, the other half filling) stay while all of the other passes by: the
 * cheaper way round, and never more passes than the array takes from the SRAM.
 */
export function dramBytes(
  demand: Multiplied,
  gemm: Gemm,
  passes: Passes,
  frames: number,
  residency: Residency,
  config: SystolicConfig,
): number {
  const { inputs, outputs } = activationBytes(demand, frames, config);
  const { activationBytes: room, weightBytes } = config.sram;
  const fits = activationsFit(demand, frames, config) || stripsOf(demand, frames, config) > 1;
  if (isOfActivations(demand)) {
    if (fits) return 0;
    const right =
      demand.kind === 'product' ? rightElements(demand) * frames * operandBytes(config) : 0;
    return cheaperWayRound(right, room, inputs - right, room, passes) + outputs;
  }
  const freeBytes = isPlaced(residency) ? residency.freeBytes : weightBytes;
  const weights = residency.resident
    ? 0
    : gemm.groups * gemm.depth * gemm.outputs * operandBytes(config);
  return fits ? weights : cheaperWayRound(weights, freeBytes, inputs, room, passes) + outputs;
}

/** Bytes of both factors, each with the SRAM that it has. */
function cheaperWayRound(
  weights: number,
  weightRoom: number,
  inputs: number,
  inputRoom: number,
  passes: Passes,
) {
  const inputPasses = Math.min(passes.inputs, Math.ceil(weights / (weightRoom / 2)));
  const weightPasses = Math.min(passes.weights, Math.ceil(inputs / (inputRoom / 2)));
  const keepingWeights = weights + inputs * Math.max(1, inputPasses);
  const keepingInputs = inputs + weights * Math.max(1, weightPasses);
  return Math.min(keepingWeights, keepingInputs);
}

function isPlaced(residency: Residency): residency is SystolicResidency {
  return 'freeBytes' in residency;
}
