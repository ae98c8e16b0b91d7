// Joules per event of an EIE, from the power of its modules, and joules of a run. Han et al., EIE,
// ISCA 2016, Table II (module power of a PE), Table I (DRAM), Section IV (detectors).
//
// Table II gives watts at an activity that the paper does not state. A module's energy per event is
// its power, less its part of the clock network, over the clock and over the events per cycle in
// `characterised.activity`. The clock network burns its share in every cycle, work or not; the
// detector tree too. Memories of another size follow the SRAM law, and everything on the chip the
// scaling of the process and its supply. DRAM follows neither. Where a preset states joules of an
// event itself (`eventJoules`), those are taken as they are. Table II does not tell leakage from
// switching: the share that a preset estimates is taken out of every event and of the clock, and
// paid for the time that passes.

import type { EnergyEvent, Parts } from '../contract.js';
import { derivedEvents, dramBit, type EventNames } from '../energy-events.js';
import { scale } from '../technology/scaling.js';
import { type Sram, sramLeakageWatts, sramNm, sramReadJoules } from '../technology/sram.js';
import {
  characterisedMemories,
  type EieConfig,
  lnzdUnits,
  type Memories,
  modulePowerWatts,
  pointersOf,
  spmatOf,
} from './config.js';

/** What happened, over all PEs. */
export interface Work {
  readonly cycles: number;
  readonly queueEntries: number;
  readonly wordReads: number;
  readonly entries: number;
  readonly registerAccesses: number;
  readonly activationSramAccesses: number;
  readonly dramBytes: number;
}

/** Joules of one event each; `clock` and `lnzd` of one cycle of the whole chip. */
export interface EventEnergy {
  readonly queueEntry: number;
  readonly pointerRead: number;
  readonly wordRead: number;
  readonly entry: number;
  readonly registerAccess: number;
  readonly activationSramAccess: number;
  readonly clock: number;
  readonly lnzd: number;
}

/** Joules per event: as stated, else at this configuration's memories, process and supply. */
export function eventEnergy(config: EieConfig): EventEnergy {
  const stated = Object.entries(config.eventJoules ?? {}).filter(
    ([, joules]) => joules !== undefined,
  );
  return { ...derivedEnergy(config), ...Object.fromEntries(stated) };
}

function derivedEnergy(config: EieConfig): EventEnergy {
  const { powerWatts, characterised, activations, pes } = config;
  const { clockHz, activity } = characterised;
  const withoutClock = 1 - powerWatts.clockNetwork / modulePowerWatts(powerWatts);
  const switching = 1 - characterised.leakageShare;
  const process = switching * energyFactor(config, characterised.processNm);
  const perEvent = (watts: number, eventsPerCycle: number) =>
    (process * watts * withoutClock) / clockHz / eventsPerCycle;
  const spmat = memoryFactor(spmatOf(config), spmatOf(characterisedMemories(config)));
  const pointers = memoryFactor(pointersOf(config), pointersOf(characterisedMemories(config)));
  const activationSram = { bytes: activations.sramBytes, bits: config.fixedPointBits };
  return {
    queueEntry: perEvent(powerWatts.actQueue, activity.broadcasts),
    pointerRead: perEvent(powerWatts.ptrRead, activity.broadcasts) * pointers,
    wordRead: perEvent(powerWatts.spmatRead, activity.wordReads) * spmat,
    entry: perEvent(powerWatts.arithmetic, activity.entries),
    registerAccess: perEvent(powerWatts.actRw, activity.registerAccesses),
    activationSramAccess: sramReadJoules(activationSram) * energyFactor(config, sramNm),
    clock: (process * pes * powerWatts.clockNetwork) / clockHz,
    lnzd: (process * lnzdUnits(pes) * powerWatts.lnzdUnit) / clockHz,
  };
}

/**
 * What an operation costs in this process, where it costs 1 in one of `fromNm` at its nominal
 * supply.
 */
function energyFactor({ processNm, volts }: EieConfig, fromNm: number): number {
  return scale({ fromNm, toNm: processNm, toVolts: volts }).energyPerOperation;
}

/**
 * Watts that all PEs leak, work or not: the estimated share of their modules' powers, memories by
 * their size. In another process and at another supply what leaks changes as what switches does:
 * the scaling equations have no law of leakage alone.
 */
export function leakageWatts(config: EieConfig): number {
  const { powerWatts, characterised, pes } = config;
  const own = characterisedMemories(config);
  const memories = (of: Memories) =>
    sramLeakageWatts(spmatOf(of)) + sramLeakageWatts(pointersOf(of));
  const stored = powerWatts.spmatRead + powerWatts.ptrRead;
  const watts =
    pes * (modulePowerWatts(powerWatts) + stored * (memories(config) / memories(own) - 1)) +
    lnzdUnits(pes) * powerWatts.lnzdUnit;
  return watts * characterised.leakageShare * energyFactor(config, characterised.processNm);
}

/** The reading of one memory over that of another. */
const memoryFactor = (memory: Sram, reference: Sram) =>
  sramReadJoules(memory) / sramReadJoules(reference);

/** Joules by module. */
export function joulesOfWork(work: Work, config: EieConfig): Parts {
  const energy = eventEnergy(config);
  return {
    act_queue: work.queueEntries * energy.queueEntry,
    ptr_read: work.queueEntries * energy.pointerRead,
    spmat_read: work.wordReads * energy.wordRead,
    arithmetic: work.entries * energy.entry,
    act_rw:
      work.registerAccesses * energy.registerAccess +
      work.activationSramAccesses * energy.activationSramAccess,
    lnzd: work.cycles * energy.lnzd,
    clock: work.cycles * energy.clock,
    leakage: (work.cycles / config.clockHz) * leakageWatts(config),
    dram: work.dramBytes * 8 * config.dram.joulesPerBit,
    dram_standby: (work.cycles / config.clockHz) * (config.dram.standbyWatts ?? 0),
  };
}

/** Where each event's joules go in `joulesOfWork`, and what the event is there. */
const events: EventNames<keyof EventEnergy> = {
  queueEntry: ['act_queue', 'write'],
  pointerRead: ['ptr_read', 'read'],
  wordRead: ['spmat_read', 'read'],
  entry: ['arithmetic', 'compute'],
  registerAccess: ['act_rw', 'access'],
  activationSramAccess: ['act_rw', 'access_sram'],
  clock: ['clock', 'leak'],
  lnzd: ['lnzd', 'leak'],
};

/**
 * The events as an energy reference table has them. `leak` is per cycle; all but clock and
 * detectors are in each PE.
 */
export function energyEvents(config: EieConfig): readonly EnergyEvent[] {
  const own = derivedEvents(events, eventEnergy(config), (_, action) =>
    action === 'leak' ? 1 : config.pes,
  );
  return [...own, dramBit(config.dram)];
}
