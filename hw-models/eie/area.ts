// mm² of an EIE by module, from the layout of one PE. Han et al., EIE, ISCA 2016, Table II.
// Memories grow by the SRAM law, the queue with its depth; the rest of a PE stays as laid out. All
// of it shrinks with the process by the published table, a little more than by the feature size
// squared, with which Table V projects 28 nm.

import type { Parts } from '../contract.js';
import { scale } from '../technology/scaling.js';
import { type Sram, sramAreaMm2 } from '../technology/sram.js';
import { characterisedMemories, type EieConfig, lnzdUnits, pointersOf, spmatOf } from './config.js';

/** mm² of the whole chip by module. */
export function areaOf(config: EieConfig): Parts {
  const { areaMm2, characterised, pes, queueDepth } = config;
  const shrink = scale({ fromNm: characterised.processNm, toNm: config.processNm }).area;
  const all = pes * shrink;
  const reference = characterisedMemories(config);
  return {
    act_queue: all * areaMm2.actQueue * (queueDepth / characterised.queueDepth),
    ptr_read: all * areaMm2.ptrRead * growth(pointersOf(config), pointersOf(reference)),
    spmat_read: all * areaMm2.spmatRead * growth(spmatOf(config), spmatOf(reference)),
    arithmetic: all * areaMm2.arithmetic,
    act_rw: all * areaMm2.actRw,
    filler: all * areaMm2.filler,
    lnzd: lnzdUnits(pes) * shrink * areaMm2.lnzdUnit,
  };
}

/** The area of one memory over that of another. */
const growth = (memory: Sram, reference: Sram) => sramAreaMm2(memory) / sramAreaMm2(reference);
