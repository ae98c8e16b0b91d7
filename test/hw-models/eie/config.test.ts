import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { lnzdUnits } from '../../../hw-models/eie/config.js';
import { eie } from '../../../hw-models/eie/index.js';
import { readPreset } from '../../../hw-models/preset.js';

const FILE = 'hw-models/eie/presets/eie-64.yaml';
const shipped = readFileSync(FILE, 'utf8');

function faultsOf(change: (text: string) => string): string {
  try {
    readPreset(change(shipped), 'eie.yaml', eie);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return '';
}

/** The preset with one value replaced, whatever unit it stands in. */
const withValue = (key: string, value: string) => (text: string) =>
  text.replace(new RegExp(`(\\n *${key}:\\s*\\{\\s*value: )[^,]+`), `$1${value}`);

describe('an EIE preset', () => {
  it('reads in SI units, every number with its source', () => {
    const { config, figures } = readPreset(shipped, FILE, eie);
    expect(config.clockHz).toBe(800e6);
    expect(config.spmat.bytes).toBe(131_072);
    expect(config.powerWatts.spmatRead).toBeWithin(1e-12, 4.955e-3);
    expect(figures.get('areaMm2.spmatRead')?.from).toBe('paper');
  });

  it.each([
    ['pes', '0', /^eie\.yaml:\d+:1: pes: found 0, expected a whole number from 1 to 1024$/],
    ['pes', '2000', /pes: found 2000, expected a whole number from 1 to 1024/],
    ['queueDepth', '0', /queueDepth: found 0, expected a whole number from 1 to 1024/],
    ['clockHz', '.nan', /clockHz/],
    ['processNm', '5', /processNm: found 5, expected a number from 7 to 65/],
    [
      'widthBits',
      '7',
      /spmat\.widthBits: found 7, expected at least the 8 bits of one entry \(codeBits \+ indexBits\)/,
    ],
    [
      'registers',
      '2000',
      /activations\.sramBytes: found 2048, expected at least the 4000 B that 2000 registers/,
    ],
    [
      'clockNetwork',
      '9.5',
      /powerWatts\.clockNetwork: found 0\.0095, expected less than the 0\.009158 W of all/,
    ],
  ])('with %s of %s is refused with the place', (key, value, message) => {
    expect(faultsOf(withValue(key, value))).toMatch(message);
  });

  it('takes a supply for which scaling is published', () => {
    const withVolts = (volts: number) => (text: string) =>
      `${text}\nvolts: { value: ${volts}, unit: V, from: estimate, cite: test }\n`;
    expect(faultsOf(withVolts(0.9))).toBe('');
    expect(faultsOf(withVolts(1.5))).toMatch(
      /^eie\.yaml:\d+:1: volts: found 1\.5, expected 0\.6 to 1\.10 V, for which scaling to 45 nm \(processNm\) is published$/,
    );
  });

  it('tells an unknown key and the one that was meant', () => {
    expect(faultsOf((text) => text.replace('queueDepth:', 'queueDepht:'))).toContain(
      'did you mean queueDepth?',
    );
  });

  it('counts the detectors of the quadtree', () => {
    expect([1, 4, 5, 16, 64, 256].map(lnzdUnits)).toEqual([1, 1, 3, 5, 21, 85]);
  });
});
