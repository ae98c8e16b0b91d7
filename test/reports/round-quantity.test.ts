// Ticks of axes say the number that they stand at, whatever its magnitude.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logScale } from '../../reports/charts/scales.js';
import { asWritten, roundQuantity } from '../../reports/quantity.js';

const FACTORS: Readonly<Record<string, string>> = {
  ...{ p: 'e-12', n: 'e-9', µ: 'e-6', m: 'e-3', '': '' },
  ...{ k: 'e3', M: 'e6', G: 'e9', T: 'e12', P: 'e15' },
};

/** The number that a text such as '2.5 mJ' says. */
function numberOf(text: string, unit: string): number {
  const [, digits = '', prefix = ''] = new RegExp(`^([\\d.,]+) (\\D?)${unit}$`).exec(text) ?? [];
  return Number(`${digits.replaceAll(',', '')}${FACTORS[prefix]}`);
}

describe('round quantities', () => {
  it.each([
    [1e-4, 's', '100 µs'],
    [2e-5, 's', '20 µs'],
    [2.5e-3, 'J', '2.5 mJ'],
    [1, 'J', '1 J'],
    [1.05e-6, 's', '1.05 µs'],
    [1000, 'B/s', '1 kB/s'],
    [0, 's', '0 s'],
    [null, 's', '–'],
  ])('%j %s is %j', (value, unit, expected) => {
    expect(roundQuantity(value, unit)).toBe(expected);
  });

  it('say the numbers of ticks exactly, from pico to peta', () => {
    const magnitude = fc.integer({ min: -11, max: 15 });
    const mantissa = fc.constantFrom(1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 1.25, 9.99);
    fc.assert(
      fc.property(mantissa, magnitude, fc.constantFrom('s', 'J', 'B/s'), (digits, power, unit) => {
        const tick = Number(`${digits}e${power}`);
        expect(numberOf(roundQuantity(tick, unit), unit)).toBe(tick);
      }),
    );
  });

  it('tell the ticks of any logarithmic axis apart, in their order', () => {
    const value = fc.double({ min: 1e-9, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(value, value, (low, high) => {
        const said = logScale([low, high]).ticks.map((tick) =>
          numberOf(roundQuantity(tick, 's'), 's'),
        );
        expect(said).toEqual([...new Set(said)].sort((a, b) => a - b));
      }),
    );
  });
});

describe('a number as a preset states it', () => {
  it.each([
    ['64 count', '64'],
    ['0.884 ratio', '0.884'],
    ['9.6 us', '9.6 µs'],
    ['601 mm2', '601 mm²'],
    ['11 percent', '11 %'],
    ['1536 per cycle', '1536 per cycle'],
    ['serial', 'serial'],
  ])('%s is written %s', (published, written) => {
    expect(asWritten(published)).toBe(written);
  });
});
