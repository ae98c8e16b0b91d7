// The look of every cause of time and component of energy, one table for all families: a hue for
// what it is about, a pattern for which of these it is.

import { fillOf, freeLook, hashOf, type Look, patterns } from './looks.js';
import { partHues } from './palette.js';

type PartHue = (typeof partHues)[number];

interface Subject {
  /**
   * Names by pattern. Those that stand together are one thing: a cause and what it costs in energy,
   * or what families call by different names.
   */
  readonly names: readonly (readonly string[])[];
  /** Levels of a described accelerator, which its author named, that belong here. */
  readonly levels: RegExp;
  /** Fills of bars in terminals by pattern, told apart without a colour too. */
  readonly glyphs: string;
}

const subjects: Readonly<Record<PartHue, Subject>> = {
  // Arithmetic.
  p0: {
    names: [
      ['compute', 'arithmetic'],
      ['transform'],
      ['multipliers'],
      ['vector'],
      ['instructions'],
      ['core'],
    ],
    levels: /mac|mult|alu|compute|arith|vector|lane/,
    glyphs: '█tmvic',
  },
  // Main memory and the way to it.
  p1: {
    names: [['memory', 'dram'], ['dram_standby'], ['first_fetch'], ['host']],
    levels: /dram|ddr|hbm|main|off.?chip/,
    glyphs: '▓sfh%&',
  },
  // Weights.
  p2: {
    names: [
      ['weight_sram'],
      ['spmat_read'],
      ['ptr_read'],
      ['weight_fifo'],
      ['encode'],
      ['padding'],
    ],
    levels: /weight|filter|kernel|spmat|wgt/,
    glyphs: '▒wrqez',
  },
  // Activations.
  p3: {
    names: [['activation_sram'], ['act_rw'], ['act_queue'], ['activation_ram'], ['lnzd']],
    levels: /input|act|ifmap|feature/,
    glyphs: '░abndy',
  },
  // Sums, and what is moved on the chip.
  p4: {
    names: [
      ['accumulator_sram'],
      ['accumulators'],
      ['crossbar'],
      ['drain'],
      ['contention'],
      ['passes'],
    ],
    levels: /sum|accum|output|ofmap/,
    glyphs: '▚uxgjk',
  },
  // Caches, and copies made to use them better.
  p5: {
    names: [['l1'], ['l2'], ['l3'], ['im2col'], ['packing'], ['halo']],
    levels: /cache|buf|glb|scratch|shared|global|sram|reg|spad/,
    glyphs: '123IPH',
  },
  // Units that have no work.
  p6: {
    names: [
      ['imbalance'],
      ['starvation'],
      ['wave_tail'],
      ['unused_pes'],
      ['fragmentation'],
      ['empty_columns'],
    ],
    levels: /wait|idle|stall/,
    glyphs: '-SWUFE',
  },
  // Starts and ends.
  p7: {
    names: [['latency'], ['launch'], ['overhead'], ['pipeline'], ['fill']],
    levels: /pe|row|column|cluster|array|network|noc|link|bus/,
    glyphs: 'LNOQVX',
  },
  // What is paid for the time that passes, and what is too small to be told apart.
  p8: {
    names: [['other'], ['static'], ['leakage'], ['clock'], ['chip'], ['active']],
    levels: /static|leak|standby/,
    glyphs: '·=~@#*',
  },
};

/** By name, of what the families name themselves. */
const table: ReadonlyMap<string, Look> = new Map(
  partHues.flatMap((hue) =>
    subjects[hue].names.flatMap((names, at) =>
      names.map((name) => [name, { hue, pattern: patterns[at] ?? 'solid' }] as const),
    ),
  ),
);

/** Whether every document shows a part of this name alike. */
export const isKnownPart = (name: string): boolean => table.has(name);

/** Parts by their looks, from the table. */
export const knownParts: readonly string[] = [...table.keys()];

/**
 * The look of each of a document's parts: that of the table, whatever else is there. Levels that a
 * description of an accelerator names get one that no other part of the document has, its hue by
 * the words in the name.
 */
export function partLooks(names: Iterable<string>): ReadonlyMap<string, Look> {
  const all = new Set(names);
  const looks = new Map<string, Look>();
  for (const name of all) {
    const known = table.get(name);
    if (known) looks.set(name, known);
  }
  const taken = new Set([...looks.values()].map(fillOf));
  for (const name of [...all].filter((each) => !table.has(each)).sort()) {
    const look = freeLook(hueOf(name), partHues, taken);
    taken.add(fillOf(look));
    looks.set(name, look);
  }
  return looks;
}

/** By the words in a name. */
const hueOf = (name: string): PartHue =>
  partHues.find((hue) => subjects[hue].levels.test(name.toLowerCase())) ??
  (partHues[hashOf(name) % partHues.length] as PartHue);

/** Of what is read and what is written of an operand. */
export interface TrafficLooks {
  readonly read: Look;
  readonly written: Look;
}

/**
 * What passes memories, by operand: a hue each, that of what it is where it is free, and patterns
 * that no part has.
 */
export function trafficLooks(operands: readonly string[]): ReadonlyMap<string, TrafficLooks> {
  const looks = new Map<string, TrafficLooks>();
  const taken = new Set<PartHue>();
  for (const operand of new Set(operands)) {
    const from = partHues.indexOf(hueOf(operand));
    const inOrder = [...partHues.slice(from), ...partHues.slice(0, from)];
    const hue = inOrder.find((each) => !taken.has(each)) ?? hueOf(operand);
    taken.add(hue);
    looks.set(operand, { read: { hue, pattern: 'grid' }, written: { hue, pattern: 'rings' } });
  }
  return looks;
}

/** A character for each look of a part. */
const glyphs: ReadonlyMap<string, string> = new Map(
  partHues.flatMap((hue) =>
    [...subjects[hue].glyphs].map(
      (glyph, at) => [fillOf({ hue, pattern: patterns[at] ?? 'solid' }), glyph] as const,
    ),
  ),
);

/** The hue of each fill of terminals' bars. */
export const hueOfGlyph: ReadonlyMap<string, PartHue> = new Map(
  partHues.flatMap((hue) => [...subjects[hue].glyphs].map((glyph) => [glyph, hue] as const)),
);

/** The fill of a part in a bar of characters. */
export const glyphOf = (look: Look): string => glyphs.get(fillOf(look)) ?? '?';
