// Presets written from other tools' files: every number says which file and key it is from, or what
// stands in for what that file leaves out.

import { stringify } from 'yaml';
import type { Provenance } from '../../contract.js';
import { registerJoules } from '../../technology/arithmetic.js';
import { type DramName, drams } from '../../technology/dram.js';
import { scale } from '../../technology/scaling.js';
import { sramReadJoules, sramWriteJoules } from '../../technology/sram.js';
import type { Storage } from './timeloop/design.js';

/** A number as presets state it. */
export interface Stated {
  readonly value: number;
  readonly unit: string;
  readonly from: Provenance;
  readonly cite: string;
}

export interface ImportedPreset {
  readonly text: string;
  readonly notes: readonly string[];
}

export const baseName = (file: string): string => file.split(/[\\/]/).at(-1) ?? file;

/** Numbers of one file, which is known by its name wherever it lies. */
export function statedIn(file: string) {
  const name = baseName(file);
  return (value: number, unit: string, where: string): Stated => ({
    ...{ value: Number(value.toPrecision(15)), unit, from: 'estimate' },
    cite: `${name}: ${where}`,
  });
}

/** The YAML of a preset; keys of undefined are left out. */
export function presetText(
  comment: string,
  head: { readonly name: string; readonly title: string; readonly family: string },
  body: Readonly<Record<string, unknown>>,
): string {
  const plain = JSON.parse(JSON.stringify({ ...head, ...body })) as unknown;
  return `# ${comment.replaceAll(/\s+/g, ' ')}\n${stringify(plain, { lineWidth: 0 })}`;
}

/** A name that a preset and a file may have. */
export const plainName = (name: string): string =>
  name.replace(/[^\w.-]+/g, '-').replace(/^[^A-Za-z]+/, '') || 'design';

interface Interface {
  readonly megatransfers: number;
  readonly cite: string;
}

/** The fastest grade of each standard. */
const interfaces: Readonly<Record<string, Interface>> = {
  DDR3: { megatransfers: 2133, cite: 'DDR3-2133, JEDEC JESD79-3' },
  DDR4: { megatransfers: 3200, cite: 'DDR4-3200, JEDEC JESD79-4' },
  LPDDR3: { megatransfers: 2133, cite: 'LPDDR3-2133, JEDEC JESD209-3' },
  LPDDR4: { megatransfers: 4266, cite: 'LPDDR4-4266, JEDEC JESD209-4' },
  HBM2: { megatransfers: 2000, cite: 'HBM2, 2 Gb/s a pin, JEDEC JESD235A' },
};
const USUAL_DRAM = 'LPDDR4';

/** Bandwidth and energy of a DRAM that is known by its kind and the width of its bus alone. */
export function dramOf(kind: string | null, busBits: number) {
  const upper = (kind ?? '').toUpperCase();
  const isKnown = Object.hasOwn(interfaces, upper) && Object.hasOwn(drams, upper);
  const name = isKnown ? upper : USUAL_DRAM;
  const { megatransfers, cite } = interfaces[name] as Interface;
  const { picojoulesPerBit } = drams[name as DramName];
  const said = isKnown ? '' : `, in place of ${kind === null ? 'a kind that is not said' : kind}`;
  const bytesPerSecond: Stated = {
    ...{ value: (busBits / 8) * megatransfers, unit: 'MB/s', from: 'datasheet' },
    cite: `${cite}, on ${busBits} bits: the file states no bandwidth${said}`,
  };
  const joulesPerBit: Stated = {
    ...{ value: picojoulesPerBit.value, unit: 'pJ', from: 'estimate' },
    cite: `${name} (hw-models/technology/dram.ts)${said}`,
  };
  return { bytesPerSecond, joulesPerBit };
}

/**
 * Energies of a bounded memory that stands where a preset has an unbounded one: by the laws of
 * `hw-models/technology` for its size.
 */
export function outermostJoules(
  { words, wordBits, block, built, banks }: Storage,
  processNm: number,
): { readonly readJoules: Stated; readonly writeJoules: Stated } {
  const bits = block * wordBits;
  const bytes = Math.max(1, ((words ?? 1) * wordBits) / 8);
  const { energyPerOperation } = scale({ fromNm: 45, toNm: processNm });
  const sram = { bytes, bits, banks };
  const each = registerJoules(bits);
  const [read, write] =
    built === 'registers' ? [each, each] : [sramReadJoules(sram), sramWriteJoules(sram)];
  const cite = `${built === 'registers' ? 'registers' : `an SRAM of ${bytes} B`} by the law of hw-models/technology`;
  const stated = (joules: number): Stated => ({
    value: Number((joules * energyPerOperation * 1e12).toPrecision(6)),
    ...{ unit: 'pJ', from: 'estimate', cite },
  });
  return { readJoules: stated(read), writeJoules: stated(write) };
}
