// From a launch to a LayerCost: time, energy, floor and notes, the same way for every kernel.

import { invariant } from '../../../workloads/base/errors.js';
import type { LayerTask, LayerWeights } from '../../../workloads/network.js';
import type { LayerCost, Residency } from '../../contract.js';
import { sum } from '../../cost.js';
import { inputElements, outputElements, rightElements } from '../../work.js';
import type { GpuConfig } from '../config.js';
import { joulesOf } from '../energy.js';
import type { Launch } from '../launch.js';
import type { Counters } from '../meters.js';
import { floorCyclesOf, timeOf } from '../roofline.js';

/** Of a 32-bit float or index. */
export const WORD_BYTES = 4;

/** What the bytes of a layer come to, and which of them must cross the DRAM's pins. */
export interface Footprint {
  /** Of all inputs, those among them that `rightBytes` are of. */
  readonly inputBytes: number;
  /** Of the activations that a product multiplies by. */
  readonly rightBytes: number;
  readonly outputBytes: number;
  readonly weightBytes: number;
  /** Weights, once, unless they stay in the L2 cache between frames. */
  readonly dramWeightBytes: number;
  /**
   * Inputs and outputs, once, where they exceed the L2 cache; else they pass from layer to layer
   * within it.
   */
  readonly dramActivationBytes: number;
}

/**
 * `weightBytes`: as the kernel stores them; `wordBytes`: of an activation. All frames of the batch
 * count.
 */
export function footprintOf(
  task: LayerTask,
  weightBytes: number,
  { l2 }: GpuConfig,
  { resident }: Residency,
  wordBytes = WORD_BYTES,
): Footprint {
  const { demand, batch } = task;
  const inputBytes = inputElements(demand) * wordBytes * batch;
  const outputBytes = outputElements(demand) * wordBytes * batch;
  const activationBytes = inputBytes + outputBytes;
  return {
    inputBytes,
    rightBytes: demand.kind === 'product' ? rightElements(demand) * wordBytes * batch : 0,
    outputBytes,
    weightBytes,
    dramWeightBytes: resident && weightBytes + activationBytes <= l2.bytes ? 0 : weightBytes,
    dramActivationBytes: activationBytes <= l2.bytes ? 0 : activationBytes,
  };
}

/** What multiplies: the ordinary lanes or the tensor cores. */
export interface Arithmetic {
  /** Multiply-accumulates a cycle of one SM, at most. */
  readonly macsPerCycle: number;
  readonly macJoules: number;
}

const float32 = ({ sm, energy }: GpuConfig): Arithmetic => ({
  macsPerCycle: sm.lanes,
  macJoules: energy.macJoules,
});

export interface Work {
  readonly kernel: string;
  /** Without it, 32-bit floats on the ordinary lanes. */
  readonly arithmetic?: Arithmetic;
  /** What the reader must know of this kernel. */
  readonly notes?: readonly string[];
  readonly launch: Launch;
  readonly footprint: Footprint;
  readonly macs: number;
  readonly macSlots: number;
  readonly nonzeros: number;
}

export function costOf(work: Work, config: GpuConfig): LayerCost {
  const {
    kernel,
    launch,
    footprint,
    macs,
    macSlots,
    nonzeros,
    arithmetic = float32(config),
  } = work;
  const { clockHz, energy } = config;
  const time = timeOf(launch, config);
  const seconds = sum(time.cycles) / clockHz;
  const joules = joulesOf(launch, macs * arithmetic.macJoules, seconds, config);
  const watts = sum(joules) / seconds;
  const { weightBytes, rightBytes, outputBytes, dramWeightBytes, dramActivationBytes } = footprint;
  const notes = [...(work.notes ?? [])];
  if (weightBytes > 0 && dramWeightBytes === 0)
    notes.push('weights stay in the L2 cache between frames');
  if (watts > energy.boardWatts)
    notes.push(
      `draws ${watts.toFixed(0)} W, above the board's ${energy.boardWatts} W: the device would slow down`,
    );
  const counters: Counters = {
    macs,
    mac_slots: macSlots,
    nonzeros,
    instructions: launch.instructions,
    gather_sectors: launch.gatherSectors,
    coalesced_bytes: launch.coalescedBytes,
    l2_bytes: launch.l2Bytes,
    dram_bytes: launch.dramBytes,
    weight_bytes: weightBytes,
    launches: 1,
    blocks: launch.blocks,
    resident_blocks: time.residentBlocks,
    waves: time.waves,
  };
  const compulsory = {
    smCycles: macs / arithmetic.macsPerCycle,
    l2Bytes: weightBytes + rightBytes + outputBytes,
    dramBytes: dramWeightBytes + dramActivationBytes,
  };
  return {
    kernel,
    clockHz,
    cycles: time.cycles,
    joules,
    counters,
    floorCycles: floorCyclesOf(compulsory, config),
    bound: time.bound,
    notes,
  };
}

/** The weights of a layer that must have some. */
export function requireWeights({ name, weights }: LayerTask): LayerWeights {
  invariant(weights !== null, () => `layer ${name} has no weights`);
  return weights;
}
