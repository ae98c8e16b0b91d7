// Joules of single events, and of a layer. The paper prints energies relative to a dense design,
// none of an event, so these are 45 nm figures of operations and the SRAM law of ../technology,
// scaled to the process and its supply.

import type { EnergyEvent, Parts } from '../contract.js';
import { derivedEvents, dramBit, type EventNames } from '../energy-events.js';
import { scale } from '../technology/scaling.js';
import { sramLeakageWatts, sramNm, sramReadJoules, sramWriteJoules } from '../technology/sram.js';
import { pesOf, productsPerIssue, type ScnnConfig } from './config.js';

export interface EventEnergy {
  readonly multiply: number;
  /** A product on its way to its bank. */
  readonly crossbar: number;
  /** A sum read, added to, and written. */
  readonly accumulate: number;
  /** A vector of activations, or of weights, with its indices. */
  readonly activationRead: number;
  readonly weightRead: number;
  /** A value with its index. */
  readonly outputWrite: number;
}

export function eventEnergy(config: ScnnConfig): EventEnergy {
  const { pe, valueBits, indexBits, sumBits, characterised, processNm, volts } = config;
  const { energy } = characterised;
  const process = (fromNm: number) =>
    scale({ fromNm, toNm: processNm, toVolts: volts }).energyPerOperation;
  const logic = process(energy.processNm);
  const memory = process(sramNm);
  const elementBits = valueBits + indexBits;
  const bank = { bytes: (pe.bankEntries * sumBits) / 8, bits: sumBits };
  const derived: EventEnergy = {
    multiply: logic * energy.multiplyJoules * (valueBits / energy.multiplierBits) ** 2,
    crossbar: logic * energy.crossbarBitJoules * sumBits,
    accumulate:
      logic * energy.addJoules * (sumBits / energy.adderBits) +
      memory * (sramReadJoules(bank) + sramWriteJoules(bank)),
    activationRead:
      memory * sramReadJoules({ bytes: pe.activationBytes, bits: pe.activations * elementBits }),
    weightRead:
      memory * sramReadJoules({ bytes: pe.weightFifoBytes, bits: pe.weights * elementBits }),
    outputWrite: memory * sramWriteJoules({ bytes: pe.activationBytes, bits: elementBits }),
  };
  const stated = Object.entries(config.eventJoules ?? {}).filter(
    ([, joules]) => joules !== undefined,
  );
  return { ...derived, ...Object.fromEntries(stated) };
}

/** What happened, over all PEs. */
export interface Work {
  readonly products: number;
  readonly activationVectors: number;
  /** Vectors that issues read from the FIFOs, and that entered them. */
  readonly weightVectors: number;
  readonly drainedSums: number;
  readonly outputValues: number;
  readonly dramBytes: number;
  /** From the layer's start to its end. */
  readonly seconds: number;
}

/**
 * Watts that the PEs' memories leak, work or not; in another process and at another supply what
 * leaks changes as what switches does.
 */
export function leakageWatts(config: ScnnConfig): number {
  const { pe, valueBits, indexBits, sumBits, characterised, processNm, volts } = config;
  const elementBits = valueBits + indexBits;
  const bank = { bytes: (pe.bankEntries * sumBits) / 8, bits: sumBits };
  const each =
    sramLeakageWatts({ bytes: pe.activationBytes, bits: pe.activations * elementBits }) +
    sramLeakageWatts({ bytes: pe.weightFifoBytes, bits: pe.weights * elementBits }) +
    pe.banks * sramLeakageWatts(bank);
  const factor = scale({ fromNm: sramNm, toNm: processNm, toVolts: volts }).energyPerOperation;
  return pesOf(config) * each * characterised.energy.leakageRatio * factor;
}

/**
 * Joules by component. A sum drained costs a read of its bank, which is taken for an accumulation.
 */
export function joulesOfWork(work: Work, config: ScnnConfig): Parts {
  const energy = eventEnergy(config);
  return {
    multipliers: work.products * energy.multiply,
    crossbar: work.products * energy.crossbar,
    accumulators: (work.products + work.drainedSums) * energy.accumulate,
    activation_ram:
      work.activationVectors * energy.activationRead + work.outputValues * energy.outputWrite,
    weight_fifo: work.weightVectors * energy.weightRead,
    dram: work.dramBytes * 8 * config.dram.joulesPerBit,
    leakage: work.seconds * leakageWatts(config),
    dram_standby: work.seconds * (config.dram.standbyWatts ?? 0),
  };
}

/** Where each event's joules go in `joulesOfWork`, and what the event is there. */
const events: EventNames<keyof EventEnergy> = {
  multiply: ['multipliers', 'multiply'],
  crossbar: ['crossbar', 'transfer'],
  accumulate: ['accumulators', 'update'],
  activationRead: ['activation_ram', 'read'],
  weightRead: ['weight_fifo', 'read'],
  outputWrite: ['activation_ram', 'write'],
};

/** The events as an energy reference table has them. */
export function energyEvents(config: ScnnConfig): readonly EnergyEvent[] {
  const perPe: Partial<Record<keyof EventEnergy, number>> = {
    multiply: productsPerIssue(config.pe),
    accumulate: config.pe.banks,
  };
  const own = derivedEvents(
    events,
    eventEnergy(config),
    (event) => pesOf(config) * (perPe[event] ?? 1),
  );
  return [...own, dramBit(config.dram)];
}
