// The schema of an EIE preset, and the physical relations that its numbers must satisfy. Han et
// al., "EIE: Efficient Inference Engine on Compressed Deep Neural Network", ISCA 2016, Sections III
// to VI.

import { z } from 'zod';
import { relationsIn } from '../relations.js';
import { clockFault } from '../technology/clock.js';
import { criticalPathSeconds, ownDram } from '../technology/preset-fields.js';
import { isProcess, isSupply, largestNm, smallestNm, supplyRange } from '../technology/scaling.js';
import type { Sram } from '../technology/sram.js';
import { quantity } from '../units.js';

const positive = z.number().positive();
const count = z.int().min(1);
const fraction = z.number().positive().max(1);
const process = z.number().min(smallestNm).max(largestNm);

/** Watts of one PE's modules, at the clock and the activity at which they were taken. */
const PowerWatts = z.strictObject({
  actQueue: quantity('W', positive),
  ptrRead: quantity('W', positive),
  spmatRead: quantity('W', positive),
  arithmetic: quantity('W', positive),
  actRw: quantity('W', positive),
  clockNetwork: quantity(
    'W',
    positive,
    'The part of the sum of the above that the clock network burns in every cycle.',
  ),
  lnzdUnit: quantity(
    'W',
    positive,
    'One leading-non-zero detector of the tree that all PEs share.',
  ),
});

const AreaMm2 = z.strictObject({
  actQueue: quantity('mm2', positive),
  ptrRead: quantity('mm2', positive),
  spmatRead: quantity('mm2', positive),
  arithmetic: quantity('mm2', positive),
  actRw: quantity('mm2', positive),
  filler: quantity('mm2', positive),
  lnzdUnit: quantity('mm2', positive),
});

const replaced = quantity('J', positive).optional();

/**
 * Joules of single events, each in place of what `powerWatts` and the laws of scaling give: it
 * scales with nothing.
 */
const EventJoules = z.strictObject({
  queueEntry: replaced,
  pointerRead: replaced,
  wordRead: replaced,
  entry: replaced,
  registerAccess: replaced,
  activationSramAccess: replaced,
  clock: replaced,
  lnzd: replaced,
});

/** The PE that the module powers and areas belong to; a varied design is scaled from it. */
const Characterised = z.strictObject({
  clockHz: quantity('Hz', positive),
  processNm: quantity('nm', process),
  criticalPathSeconds,
  leakageShare: quantity(
    'ratio',
    z.number().min(0).max(0.9),
    "The part of the modules' powers that leaks, whatever happens.",
  ),
  spmatWidthBits: quantity('bit', count),
  spmatBytes: quantity('B', count),
  pointerBytes: quantity('B', count),
  pointerBits: quantity('bit', count),
  queueDepth: quantity('count', count),
  /** Events per PE and cycle while the powers were taken. */
  activity: z.strictObject({
    broadcasts: quantity('per cycle', fraction),
    wordReads: quantity('per cycle', fraction),
    entries: quantity('per cycle', fraction),
    registerAccesses: quantity('per cycle', positive.max(4)),
  }),
});

const shape = z.strictObject({
  pes: quantity('count', count.max(1024)),
  clockHz: quantity('Hz', positive),
  processNm: quantity('nm', process),
  volts: quantity('V', positive, 'The supply; that of the process when left out.').optional(),
  codeBits: quantity('bit', count.max(8)),
  indexBits: quantity('bit', count.max(8)),
  fixedPointBits: quantity('bit', z.int().min(8).max(16)),
  queueDepth: quantity(
    'count',
    count.max(1024),
    'Activations a PE holds, the one it works on among them.',
  ),
  pipelineStages: quantity(
    'cycles',
    count.max(64),
    'Cycles an entry spends behind the queue: pointer read, Spmat read, arithmetic.',
  ),
  groupFetchCycles: quantity(
    'cycles',
    z.int().min(0).max(64),
    'Cycles in which the control unit broadcasts nothing because it fetches the next group of `pes` activations.',
  ),
  spmat: z.strictObject({
    widthBits: quantity('bit', count.max(4096)),
    bytes: quantity('B', count),
  }),
  pointers: z.strictObject({ bytes: quantity('B', count), bits: quantity('bit', count.max(32)) }),
  activations: z.strictObject({
    registers: quantity('count', count),
    sramBytes: quantity('B', count),
    moveCycles: quantity(
      'cycles',
      z.number().min(0),
      'Cycles a PE waits for each activation moved between SRAM and registers when a vector takes several passes.',
    ),
  }),
  dram: ownDram,
  powerWatts: PowerWatts,
  eventJoules: EventJoules.optional(),
  areaMm2: AreaMm2,
  characterised: Characterised,
});

export type EieConfig = z.infer<typeof shape>;

/** The schema of an EIE preset; every violated relation is told with both numbers. */
export const EieConfig = shape.superRefine((config, context) => {
  const expect = relationsIn(context);
  const { spmat, pointers, activations, characterised, powerWatts } = config;
  const entryBits = entryBitsOf(config);
  expect(
    spmat.widthBits >= entryBits,
    ['spmat', 'widthBits'],
    spmat.widthBits,
    `at least the ${entryBits} bits of one entry (codeBits + indexBits)`,
  );
  expect(
    (spmat.bytes * 8) % spmat.widthBits === 0,
    ['spmat', 'bytes'],
    spmat.bytes,
    `a whole number of ${spmat.widthBits}-bit words (spmat.widthBits)`,
  );
  expect(
    pointers.bytes * 8 >= 2 * pointers.bits,
    ['pointers', 'bytes'],
    pointers.bytes,
    `room for two pointers of ${pointers.bits} bits (pointers.bits), one per bank`,
  );
  const registerBytes = (activations.registers * config.fixedPointBits) / 8;
  expect(
    activations.sramBytes >= registerBytes,
    ['activations', 'sramBytes'],
    activations.sramBytes,
    `at least the ${registerBytes} B that ${activations.registers} registers (activations.registers) hold`,
  );
  const { volts, processNm } = config;
  if (volts !== undefined && processNm >= smallestNm && processNm <= largestNm) {
    const [min, max] = supplyRange(processNm);
    const expected = `${min} to ${max.toPrecision(3)} V, for which scaling to ${processNm} nm (processNm) is published`;
    expect(volts >= min && volts <= max, ['volts'], volts, expected);
  }
  const path = { seconds: characterised.criticalPathSeconds, processNm: characterised.processNm };
  const inRange = isProcess(processNm) && (volts === undefined || isSupply(volts, processNm));
  const tooFast = inRange ? clockFault(config.clockHz, path, { processNm, volts }) : null;
  expect(tooFast === null, ['clockHz'], config.clockHz, tooFast ?? '');
  const { activity } = characterised;
  expect(
    activity.wordReads <= activity.entries,
    ['characterised', 'activity', 'wordReads'],
    activity.wordReads,
    `at most the ${activity.entries} entries per cycle (characterised.activity.entries) that words are read for`,
  );
  const modules = modulePowerWatts(powerWatts);
  expect(
    powerWatts.clockNetwork < modules,
    ['powerWatts', 'clockNetwork'],
    powerWatts.clockNetwork,
    `less than the ${modules.toPrecision(4)} W of all modules, which contain it`,
  );
});

/** Watts of all modules of a PE together, the clock network included. */
export function modulePowerWatts(power: EieConfig['powerWatts']): number {
  return power.actQueue + power.ptrRead + power.spmatRead + power.arithmetic + power.actRw;
}

/**
 * The sparse-matrix and the pointer memory of a PE, in a design or where its powers and areas were
 * taken.
 */
export type Memories = Pick<EieConfig, 'spmat' | 'pointers'>;

/** The memories that the module powers and areas belong to. */
export function characterisedMemories({ characterised }: EieConfig): Memories {
  const { spmatWidthBits, spmatBytes, pointerBytes, pointerBits } = characterised;
  return {
    spmat: { widthBits: spmatWidthBits, bytes: spmatBytes },
    pointers: { bytes: pointerBytes, bits: pointerBits },
  };
}

export function spmatOf({ spmat }: Memories): Sram {
  return { bytes: spmat.bytes, bits: spmat.widthBits };
}

/**
 * Even and odd columns lie in two banks, which give both ends of a column in one cycle (Section
 * IV).
 */
export function pointersOf({ pointers }: Memories): Sram {
  return { bytes: pointers.bytes, bits: pointers.bits, banks: 2 };
}

/** Bits of one stored entry: a code and a count of zeros. */
export function entryBitsOf(config: Pick<EieConfig, 'codeBits' | 'indexBits'>): number {
  return config.codeBits + config.indexBits;
}

/**
 * Whole entries in one word of the sparse-matrix SRAM; a word narrower than an entry is taken for
 * one as wide.
 */
export function entriesPerWord(
  config: Pick<EieConfig, 'codeBits' | 'indexBits' | 'spmat'>,
): number {
  return Math.max(1, Math.floor(config.spmat.widthBits / entryBitsOf(config)));
}

/** Entries in the table of shared weights; entry 0 is the weight zero that padding uses. */
export function tableSize(config: Pick<EieConfig, 'codeBits'>): number {
  return 2 ** config.codeBits;
}

/** Leading-non-zero detectors of the quadtree over `pes` PEs: 16 + 4 + 1 for 64 (Section IV). */
export function lnzdUnits(pes: number): number {
  let units = 0;
  let level = pes;
  do {
    level = Math.ceil(level / 4);
    units += level;
  } while (level > 1);
  return units;
}
