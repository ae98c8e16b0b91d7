// mm² of an EIE by module, from the layout of one PE.
// Han et al., EIE, ISCA 2016, Table II; Table V scales a PE to 28 nm by the square of the feature size.
// Memories grow with their capacity, the queue with its depth; the rest of a PE stays as laid out.

import type { Parts } from '../contract.js';
import { type EieConfig, lnzdUnits } from './config.js';

/** mm² of the whole chip by module. */
export function areaOf(config: EieConfig): Parts {
  const { areaMm2, characterised, pes, spmat, pointers, queueDepth } = config;
  const shrink = (config.processNm / characterised.processNm) ** 2;
  const all = pes * shrink;
  return {
    act_queue: all * areaMm2.actQueue * (queueDepth / characterised.queueDepth),
    ptr_read: all * areaMm2.ptrRead * (pointers.bytes / characterised.pointerBytes),
    spmat_read: all * areaMm2.spmatRead * (spmat.bytes / characterised.spmatBytes),
    arithmetic: all * areaMm2.arithmetic,
    act_rw: all * areaMm2.actRw,
    filler: all * areaMm2.filler,
    lnzd: lnzdUnits(pes) * shrink * areaMm2.lnzdUnit,
  };
}
