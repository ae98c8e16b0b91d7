// Joules of single events, and of a layer. A product costs a multiplication, which grows with both
// factors' bits, an addition, which grows with its own, and the registers that the operands and the
// sum pass through. SRAM follows the law of ../technology, bank by bank; everything on the chip
// follows the process and its supply, DRAM neither. Memories leak, and DRAM waits, for as long as a
// layer takes.

import type { EnergyEvent, Parts } from '../contract.js';
import { derivedEvents, dramBit, type EventNames } from '../energy-events.js';
import { scale } from '../technology/scaling.js';
import {
  type Sram,
  sramLeakageWatts,
  sramNm,
  sramReadJoules,
  sramWriteJoules,
} from '../technology/sram.js';
import type { SystolicConfig } from './config.js';
import type { SramTraffic } from './traffic.js';

/**
 * Each memory with as many banks as feed a row (weights, accumulators: a column) of PEs in a cycle.
 */
export function srams({ sram, rows, columns, operandBits, accumulatorBits }: SystolicConfig) {
  const banked = (bytes: number, bitsPerCycle: number): Sram => ({
    bytes,
    bits: sram.wordBits,
    banks: Math.ceil(bitsPerCycle / sram.wordBits),
  });
  return {
    weights: banked(sram.weightBytes, columns * operandBits),
    activations: banked(sram.activationBytes, rows * operandBits),
    accumulators: banked(sram.accumulatorBytes, columns * accumulatorBits),
  };
}

/** Bits of a PE that change with each product: both operands and a sum move on or are kept. */
export const registerBits = ({ operandBits, accumulatorBits }: SystolicConfig): number =>
  2 * operandBits + accumulatorBits;

export interface EventEnergy {
  readonly mac: number;
  readonly weightByte: number;
  readonly activationByte: number;
  readonly accumulatorByte: number;
}

export function eventEnergy(config: SystolicConfig): EventEnergy {
  const { characterised, operandBits, accumulatorBits, processNm, volts, sram } = config;
  const process = (fromNm: number) =>
    scale({ fromNm, toNm: processNm, toVolts: volts }).energyPerOperation;
  const { weights, activations, accumulators } = srams(config);
  const perByte = (joulesPerWord: number) =>
    ((joulesPerWord * 8) / sram.wordBits) * process(sramNm);
  const product =
    characterised.multiplyJoules * (operandBits / characterised.operandBits) ** 2 +
    characterised.addJoules * (accumulatorBits / characterised.accumulatorBits) +
    characterised.registerBitJoules * registerBits(config);
  return {
    mac: config.eventJoules?.mac ?? product * process(characterised.processNm),
    weightByte: config.eventJoules?.weightByte ?? perByte(sramReadJoules(weights)),
    activationByte:
      config.eventJoules?.activationByte ??
      perByte((sramReadJoules(activations) + sramWriteJoules(activations)) / 2),
    accumulatorByte:
      config.eventJoules?.accumulatorByte ??
      perByte((sramReadJoules(accumulators) + sramWriteJoules(accumulators)) / 2),
  };
}

/** What happened, over the whole array. */
export interface Work extends SramTraffic {
  readonly macs: number;
  readonly vectorOperations: number;
  readonly dramBytes: number;
  /** From the layer's start to its end. */
  readonly seconds: number;
}

/**
 * Watts that the memories leak, work or not. In another process and at another supply what leaks
 * changes as what switches does: the scaling equations have no law of leakage alone.
 */
export function leakageWatts(config: SystolicConfig): number {
  const { weights, activations, accumulators } = srams(config);
  const watts = [weights, activations, accumulators].reduce(
    (sum, memory) => sum + sramLeakageWatts(memory),
    0,
  );
  const { processNm, volts, characterised } = config;
  const factor = scale({ fromNm: sramNm, toNm: processNm, toVolts: volts }).energyPerOperation;
  return watts * characterised.leakageRatio * factor;
}

/** Joules by component. An operation of the vector unit is taken for a product. */
export function joulesOfWork(work: Work, config: SystolicConfig): Parts {
  const energy = eventEnergy(config);
  const operand = config.operandBits / 8;
  return {
    arithmetic: work.macs * energy.mac,
    vector: work.vectorOperations * energy.mac,
    weight_sram: work.weightReads * operand * energy.weightByte,
    activation_sram: (work.inputReads + work.outputWrites) * operand * energy.activationByte,
    accumulator_sram: (work.sumAccesses * config.accumulatorBits * energy.accumulatorByte) / 8,
    dram: work.dramBytes * 8 * config.dram.joulesPerBit,
    leakage: work.seconds * leakageWatts(config),
    dram_standby: work.seconds * (config.dram.standbyWatts ?? 0),
    chip: work.seconds * (config.chipWatts ?? 0),
  };
}

/** Where each event's joules go in `joulesOfWork`, and what the event is there. */
const events: EventNames<keyof EventEnergy> = {
  mac: ['arithmetic', 'mac'],
  weightByte: ['weight_sram', 'read_byte'],
  activationByte: ['activation_sram', 'access_byte'],
  accumulatorByte: ['accumulator_sram', 'access_byte'],
};

/** The events as an energy reference table has them. */
export function energyEvents(config: SystolicConfig): readonly EnergyEvent[] {
  const { weights, activations, accumulators } = srams(config);
  const instances: Readonly<Record<keyof EventEnergy, number>> = {
    mac: config.rows * config.columns,
    weightByte: weights.banks ?? 1,
    activationByte: activations.banks ?? 1,
    accumulatorByte: accumulators.banks ?? 1,
  };
  const own = derivedEvents(events, eventEnergy(config), (event) => instances[event]);
  return [...own, dramBit(config.dram)];
}
