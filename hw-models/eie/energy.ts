// Joules per event of an EIE, from the power of its modules, and joules of a run.
// Han et al., EIE, ISCA 2016, Table II (module power of a PE), Table I (DRAM), Section IV (detectors).
//
// Table II gives watts at an activity that the paper does not state. A module's energy per event is its power, less
// its part of the clock network, over the clock and over the events per cycle in `characterised.activity`. The clock
// network burns its share in every cycle, work or not; the detector tree too.

import type { Parts } from '../contract.js';
import { type EieConfig, lnzdUnits, modulePowerWatts } from './config.js';

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
  readonly clock: number;
  readonly lnzd: number;
}

/** Joules per event at this configuration's SRAM sizes. */
export function eventEnergy(config: EieConfig): EventEnergy {
  const { powerWatts, characterised, sram, spmat, pointers, pes } = config;
  const { clockHz, activity } = characterised;
  const withoutClock = 1 - powerWatts.clockNetwork / modulePowerWatts(powerWatts);
  const perEvent = (watts: number, eventsPerCycle: number) => (watts * withoutClock) / clockHz / eventsPerCycle;
  const widthRatio = spmat.widthBits / characterised.spmatWidthBits;
  const width = sram.fixedReadShare + (1 - sram.fixedReadShare) * widthRatio;
  const capacity = (bytes: number, characterisedBytes: number) => (bytes / characterisedBytes) ** sram.capacityExponent;
  return {
    queueEntry: perEvent(powerWatts.actQueue, activity.broadcasts),
    pointerRead:
      perEvent(powerWatts.ptrRead, activity.broadcasts) * capacity(pointers.bytes, characterised.pointerBytes),
    wordRead:
      perEvent(powerWatts.spmatRead, activity.wordReads) * width * capacity(spmat.bytes, characterised.spmatBytes),
    entry: perEvent(powerWatts.arithmetic, activity.entries),
    registerAccess: perEvent(powerWatts.actRw, activity.registerAccesses),
    clock: (pes * powerWatts.clockNetwork) / clockHz,
    lnzd: (lnzdUnits(pes) * powerWatts.lnzdUnit) / clockHz,
  };
}

/** Joules by module. */
export function joulesOfWork(work: Work, config: EieConfig): Parts {
  const energy = eventEnergy(config);
  return {
    act_queue: work.queueEntries * energy.queueEntry,
    ptr_read: work.queueEntries * energy.pointerRead,
    spmat_read: work.wordReads * energy.wordRead,
    arithmetic: work.entries * energy.entry,
    act_rw:
      work.registerAccesses * energy.registerAccess + work.activationSramAccesses * config.activations.sramAccessJoules,
    lnzd: work.cycles * energy.lnzd,
    clock: work.cycles * energy.clock,
    dram: work.dramBytes * 8 * config.dram.joulesPerBit,
  };
}
