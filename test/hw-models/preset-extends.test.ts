// Presets that build on others: what is inherited, what is replaced, and where faults are told.

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadHardware } from '../../hw-models/presets.node.js';

const folder = mkdtempSync(join(tmpdir(), 'zeroskip-extends-'));
const file = (name: string, content: string) => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
const header = 'name: mine\ntitle: mine\n';
const message = (path: string): string => {
  try {
    loadHardware(path);
  } catch (error) {
    return error instanceof Error ? error.message.replaceAll(`${folder}/`, '') : String(error);
  }
  return 'no fault';
};

describe('extends', () => {
  it('takes what it does not say from a shipped preset, with its sources', () => {
    const path = file(
      'more.yaml',
      `${header}extends: eie-64\npes: { value: 128, unit: count, from: estimate, cite: "a thought" }\n`,
    );
    const base = loadHardware('eie-64');
    const mine = loadHardware(path);
    expect([mine.name, mine.family]).toEqual(['mine', 'eie']);
    expect(mine.figures.get('pes')).toMatchObject({ value: 128, cite: 'a thought' });
    expect(mine.figures.get('spmat.bytes')).toEqual(base.figures.get('spmat.bytes'));
    expect(mine.figures.size).toBe(base.figures.size);
  });

  it('builds on files, relative to itself, through several steps', () => {
    file(
      'a.yaml',
      `${header}extends: eie-64\nqueueDepth: { value: 16, unit: count, from: estimate, cite: "a file" }\n`,
    );
    const path = file(
      'b.yaml',
      `${header}extends: a.yaml\nspmat:\n  widthBits: { value: 128, unit: bit, from: estimate, cite: "b file" }\n`,
    );
    const { figures } = loadHardware(path);
    expect([figures.get('queueDepth')?.value, figures.get('spmat.widthBits')?.value]).toEqual([
      16, 128,
    ]);
    expect(figures.get('spmat.bytes')?.value).toBe(128 * 1024);
  });

  it('leaves out the other names of what it extends', () => {
    expect(loadHardware('raspberry-pi-5').name).toBe('cortex-a76');
    const mine = loadHardware(file('pi.yaml', `${header}extends: raspberry-pi-5\n`));
    expect(mine.name).not.toBe('cortex-a76');
    expect(() => loadHardware('raspberry-pi-55')).toThrow(/did you mean raspberry-pi-5\?/);
  });

  it('takes a number away with null', () => {
    const base = loadHardware('titan-x');
    expect(base.figures.has('dieMm2')).toBe(true);
    const mine = loadHardware(file('less.yaml', `${header}extends: titan-x\ndieMm2: null\n`));
    expect(mine.figures.has('dieMm2')).toBe(false);
    expect(mine.area).toBe(null);
  });

  it.each([
    [
      'an unknown preset',
      `${header}extends: eie-65\n`,
      "broken.yaml:3:1: extends: unknown hardware 'eie-65'; did you mean eie-64?",
    ],
    [
      'a file that is not there',
      `${header}extends: none.yaml\n`,
      'broken.yaml:3:1: extends: none.yaml: no such file',
    ],
    [
      'no name',
      `${header}extends: [eie-64]\n`,
      'broken.yaml:3:1: extends: found ["eie-64"], expected',
    ],
    [
      'itself',
      `${header}extends: broken.yaml\n`,
      'broken.yaml:3:1: extends: found a circle, broken.yaml extends broken.yaml',
    ],
    [
      'another family',
      `${header}extends: eie-64\nfamily: gpu\n`,
      'broken.yaml:4:1: family: found gpu, expected eie, the family of eie-64',
    ],
    ['an unknown key', `${header}extends: eie-64\npess: 1\n`, 'broken.yaml:4:1: pess: '],
    [
      'a unit that measures something else',
      `${header}extends: eie-64\nclockHz: { value: 1, unit: mW, from: estimate, cite: "x" }\n`,
      'broken.yaml:4:22: clockHz.unit: found "mW", expected Hz, kHz, MHz, GHz',
    ],
    [
      'null for what must be there',
      `${header}extends: eie-64\npes: null\n`,
      'broken.yaml:4:1: pes: missing, expected a whole number from 1 to 1024',
    ],
    [
      'a number that contradicts an inherited one',
      `${header}extends: eie-64\nactivations:\n  registers: { value: 4096, unit: count, from: estimate, cite: "x" }\n`,
      'broken.yaml:4:1: activations.sramBytes: found 2048, expected at least the 8192 B that 4096 registers (activations.registers) hold (eie-64, extended here, says so)',
    ],
    [
      'a section that contradicts an inherited one',
      `${header}extends: eie-64\ncodeBits: { value: 8, unit: bit, from: estimate, cite: "x" }\nindexBits: { value: 8, unit: bit, from: estimate, cite: "x" }\nspmat:\n  widthBits: { value: 8, unit: bit, from: estimate, cite: "x" }\n`,
      'broken.yaml:7:3: spmat.widthBits: found 8, expected at least the 16 bits of one entry',
    ],
  ])('refuses %s', (_what, text, expected) => {
    expect(message(file('broken.yaml', text))).toContain(expected);
  });
});
