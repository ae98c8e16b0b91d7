// Weights of a few bits in groups: every one within half a step of what it stands for, scales that
// are float16s, zeros that stay zeros.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  groupsOf,
  largestOf,
  quantizeGroups,
  widenGroups,
} from '../../../workloads/compress/grouped.js';
import { halfToNumber, numberToHalf } from '../../../workloads/formats/half.js';

const HALVES = Float64Array.from({ length: 0x7c00 }, (_, bits) => halfToNumber(bits));

/** The nearest of all float16s, of two the one with an even last bit. */
function slowFloat16(value: number): number {
  let best = 0;
  for (let bits = 1; bits < HALVES.length; bits++) {
    const [own, other] = [
      Math.abs((HALVES[bits] as number) - value),
      Math.abs((HALVES[best] as number) - value),
    ];
    if (own < other || (own === other && bits % 2 === 0)) best = bits;
  }
  return HALVES[best] as number;
}

describe('float16 scales', () => {
  it('are the nearest float16s', () => {
    const positive = fc.oneof(
      fc.double({ min: 1e-9, max: 60_000, noNaN: true }),
      fc.integer({ min: 1, max: 0x7bff }).map((bits) => {
        return ((HALVES[bits] as number) + (HALVES[bits - 1] as number)) / 2;
      }),
    );
    fc.assert(
      fc.property(positive, (value) => {
        expect(halfToNumber(numberToHalf(value))).toBe(slowFloat16(value));
        expect(halfToNumber(numberToHalf(-value))).toBe(-slowFloat16(value));
      }),
      { numRuns: 60 },
    );
    expect(numberToHalf(0)).toBe(0);
    expect(numberToHalf(1e9)).toBe(0x7c00);
    expect(numberToHalf(65_519)).toBe(0x7bff);
    expect(halfToNumber(numberToHalf(Number.NaN))).toBeNaN();
  });
});

describe('groups', () => {
  const matrices = fc
    .record({
      rows: fc.integer({ min: 1, max: 4 }),
      columns: fc.integer({ min: 1, max: 70 }),
      bits: fc.integer({ min: 2, max: 8 }),
      group: fc.constantFrom(1, 8, 32, 128),
    })
    .chain((shape) =>
      fc
        .array(fc.oneof(fc.constant(0), fc.double({ min: -3, max: 3, noNaN: true })), {
          minLength: shape.rows * shape.columns,
          maxLength: shape.rows * shape.columns,
        })
        .map((values) => ({ ...shape, values: Float32Array.from(values) })),
    );

  it('keep every weight within half a step, and zeros as they are', () => {
    fc.assert(
      fc.property(matrices, ({ rows, columns, bits, group, values }) => {
        const matrix = quantizeGroups({ format: 'dense', rows, columns, values }, { bits, group });
        const weights = widenGroups(matrix);
        expect(matrix.scales).toHaveLength(rows * groupsOf(columns, group));
        expect(matrix.values.every((value) => Math.abs(value) <= largestOf(bits))).toBe(true);
        weights.forEach((weight, at) => {
          const place =
            Math.floor(at / columns) * groupsOf(columns, group) +
            Math.floor((at % columns) / group);
          const scale = matrix.scales[place] as number;
          // A scale that was rounded down leaves the largest one up to 2^−11 of its size behind;
          // the smallest float16s are 2^−24 apart.
          const rounding = 2 ** -11 * Math.abs(values[at] as number) + largestOf(bits) * 2 ** -25;
          const room = scale / 2 + rounding + 1e-12;
          expect(Math.abs(weight - (values[at] as number))).toBeLessThanOrEqual(room);
          if (values[at] === 0) expect(weight).toBe(0);
        });
      }),
      { numRuns: 60 },
    );
  });

  it('are the same again when they are rounded a second time', () => {
    const values = Float32Array.of(1, -0.5, 0.25, 7, 0, -3, 2, 0.1);
    const first = widenGroups(
      quantizeGroups({ format: 'dense', rows: 2, columns: 4, values }, { bits: 4, group: 4 }),
    );
    const again = widenGroups(
      quantizeGroups(
        { format: 'dense', rows: 2, columns: 4, values: first },
        { bits: 4, group: 4 },
      ),
    );
    expect([...again]).toEqual([...first]);
  });
});
