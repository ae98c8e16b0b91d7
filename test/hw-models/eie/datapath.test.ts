import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  chooseFractions,
  errorBound,
  fixActivations,
  multiply,
  saturate,
  shiftProduct,
  toFixed,
} from '../../../hw-models/eie/datapath.js';
import { type CodedMatrix, encode, shareCodes } from '../../../hw-models/eie/encode.js';
import { drawActivations, drawWeights } from '../../../workloads/weights/synthetic.js';

const cases = fc.record({
  rows: fc.integer({ min: 1, max: 40 }),
  columns: fc.integer({ min: 1, max: 40 }),
  biased: fc.boolean(),
  density: fc.constantFrom(0, 0.1, 0.5, 1),
  activationDensity: fc.constantFrom(0, 0.4, 1),
  scale: fc.constantFrom(1e-3, 1, 300),
  codeBits: fc.integer({ min: 1, max: 8 }),
  bits: fc.integer({ min: 8, max: 16 }),
  seed: fc.nat(1000),
});

function build(c: typeof cases extends fc.Arbitrary<infer Case> ? Case : never) {
  const { rows, columns, biased, density, activationDensity, scale, codeBits, bits, seed } = c;
  const weights = drawWeights(
    { rows, columns, biases: biased ? rows : 0 },
    density,
    seed,
    'datapath',
  );
  const coded = shareCodes(weights, codeBits);
  const values = drawActivations(columns, activationDensity, seed, 'datapath').values.map(
    (value) => value * scale,
  );
  const fractions = chooseFractions(coded, values, bits);
  return { coded, values, fractions, inputs: fixActivations(values, coded.hasBias, fractions) };
}

/** The product with the shared weights in double precision. */
function exact(matrix: CodedMatrix, values: Float32Array): Float64Array {
  const sums = new Float64Array(matrix.rows);
  for (let column = 0; column < matrix.columns; column++) {
    for (
      let at = matrix.pointers[column] as number;
      at < (matrix.pointers[column + 1] as number);
      at++
    ) {
      const row = matrix.indices[at] as number;
      const weight = matrix.table[matrix.codes[at] as number] as number;
      sums[row] = (sums[row] as number) + weight * (values[column] ?? 1);
    }
  }
  return sums;
}

describe('the fixed-point datapath', () => {
  it('rounds to nearest, halves up, and saturates', () => {
    const fractions = { bits: 16, weight: 2, activation: 2, output: 2 };
    // Quarters: 3/4 · 2/4 = 6/16, that is 1.5 quarters → 2; −1.5 quarters → −1.
    expect(shiftProduct(3, 2, fractions)).toBe(2);
    expect(shiftProduct(-3, 2, fractions)).toBe(-1);
    expect(shiftProduct(-32768, -32768, { ...fractions, output: 4 })).toBe(2 ** 30);
    expect(saturate(40_000, 16)).toBe(32_767);
    expect(saturate(-40_000, 16)).toBe(-32_768);
    expect(toFixed(0.5, 8, 8)).toBe(127);
  });

  it('gives the same bits on any number of PEs and with any index width', () => {
    fc.assert(
      fc.property(
        cases,
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 8 }),
        (c, pes, indexBits) => {
          const { coded, fractions, inputs } = build(c);
          const one = multiply(encode(coded, 1, 8), inputs, fractions, 'none');
          expect(multiply(encode(coded, pes, indexBits), inputs, fractions, 'none')).toEqual(one);
          const clamped = multiply(encode(coded, pes, indexBits), inputs, fractions, 'relu');
          expect(clamped).toEqual(one.map((value) => Math.max(0, value)));
        },
      ),
    );
  });

  it('stays within the derived bound of the product with the shared weights, and never saturates', () => {
    fc.assert(
      fc.property(cases, (c) => {
        const { coded, values, fractions, inputs } = build(c);
        const outputs = multiply(encode(coded, 4, 4), inputs, fractions, 'none');
        const expected = exact(coded, values);
        errorBound(coded, values, fractions).forEach((bound, row) => {
          const error =
            (outputs[row] as number) / 2 ** fractions.output - (expected[row] as number);
          expect(Math.abs(error)).toBeLessThanOrEqual(bound * (1 + 1e-9));
        });
      }),
      { numRuns: 300 },
    );
  });

  it('leaves a small relative error at 16 bits on a layer of ordinary size', () => {
    const weights = drawWeights({ rows: 100, columns: 800, biases: 0 }, 0.1, 1, 'layer');
    const coded = shareCodes(weights, 4);
    const values = drawActivations(800, 0.35, 1, 'layer').values;
    const fractions = chooseFractions(coded, values, 16);
    const outputs = multiply(
      encode(coded, 64, 4),
      fixActivations(values, false, fractions),
      fractions,
      'none',
    );
    const expected = exact(coded, values);
    const largest = expected.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
    expected.forEach((value, row) => {
      expect(
        Math.abs((outputs[row] as number) / 2 ** fractions.output - value) / largest,
      ).toBeLessThan(1e-3);
    });
  });
});
