import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareCells, numberOf } from '../../../reports/html/cells.js';
import { quantity, ratio, UNKNOWN } from '../../../reports/quantity.js';

describe('a cell', () => {
  it.each([
    ['7.52 ms ± 6 %', 0.00752],
    ['1,024', 1024],
    ['0.61×', 0.61],
    ['37.7 M', 37.7e6],
    ['4.1 GMAC/s', 4.1e9],
    ['12 MAC/s', 12],
    ['5.4 mm²', 5.4],
    ['3 min', 3],
    ['$0.0045', 0.0045],
    ['12.5 %', 12.5],
    ['1.5e-7', 1.5e-7],
    ['fc6', null],
    ['', null],
    [UNKNOWN, null],
  ])('%j is %j', (text, value) => {
    if (value === null) expect(numberOf(text)).toBeNull();
    else expect(numberOf(text)).toBeWithin(1e-12, value);
  });

  it('with a quantity is what was printed, to its three digits', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-11, max: 1e14, noNaN: true }),
        fc.constantFrom('s', 'J', 'W', 'B/s', 'MAC/s', 'Hz'),
        (value, unit) => {
          expect(numberOf(quantity(value, unit))).toBeWithin(0.006, value);
          expect(numberOf(ratio(value))).toBeWithin(0.006, value);
        },
      ),
    );
  });
});

it('cells are in order: numbers, then texts, what is not known last', () => {
  const cells = ['fc10', UNKNOWN, '2 s', '900 µs', 'fc9', '1.2 ms'];
  expect(cells.sort(compareCells)).toEqual(['900 µs', '1.2 ms', '2 s', 'fc9', 'fc10', UNKNOWN]);
});
