import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  apply,
  cookToom,
  type Filtering,
  type Matrix,
  toFloat,
  usualPoints,
} from '../../../workloads/transforms/cook-toom.js';
import {
  add,
  equal,
  multiply,
  type Rational,
  rational,
  textOf,
  ZERO,
} from '../../../workloads/transforms/rational.js';

const fraction = fc
  .tuple(fc.integer({ min: -30, max: 30 }), fc.integer({ min: 1, max: 12 }))
  .map(([numerator, denominator]) => rational(numerator, denominator));

/** F(m, r) from random distinct points, and an input and taps to filter. */
const cases = fc
  .record({ outputs: fc.integer({ min: 1, max: 5 }), taps: fc.integer({ min: 1, max: 5 }) })
  .chain(({ outputs, taps }) => {
    const size = outputs + taps - 1;
    const many = (count: number) => fc.array(fraction, { minLength: count, maxLength: count });
    return fc.record({
      outputs: fc.constant(outputs),
      taps: fc.constant(taps),
      points: fc.uniqueArray(fraction, {
        minLength: size - 1,
        maxLength: size - 1,
        selector: textOf,
      }),
      input: many(size),
      kernel: many(taps),
      short: many(outputs),
    });
  });

function transposed(matrix: Matrix<Rational>): Matrix<Rational> {
  return (matrix[0] ?? []).map((_, column) => matrix.map((row) => row[column] as Rational));
}

function sumOf(terms: readonly Rational[]): Rational {
  return terms.reduce(add, ZERO);
}

/** Aᵀ[(G g) ⊙ (Bᵀ d)]. */
function filter(
  { outputMatrix, tapMatrix, inputMatrix }: Filtering<Rational>,
  d: readonly Rational[],
  g: readonly Rational[],
) {
  const transformed = apply(inputMatrix, d);
  return apply(
    outputMatrix,
    apply(tapMatrix, g).map((value, i) => multiply(value, transformed[i] as Rational)),
  );
}

describe('Cook–Toom transforms', () => {
  it('are, for F(2, 3) from 0, 1, −1 and infinity, what one finds by hand', () => {
    // M(x) = x (x − 1) (x + 1) = x³ − x. Without the factor x: x² − 1, at 0 it is −1: sign turned.
    // Without x − 1: x² + x, at 1 it is 2. Without x + 1: x² − x, at −1 it is 2.
    const { outputMatrix, tapMatrix, inputMatrix } = cookToom(2, 3);
    const text = (matrix: Matrix<Rational>) => matrix.map((row) => row.map(textOf).join(' '));
    expect(text(inputMatrix)).toEqual(['1 0 -1 0', '0 1 1 0', '0 -1 1 0', '0 -1 0 1']);
    expect(text(tapMatrix)).toEqual(['1 0 0', '1/2 1/2 1/2', '1/2 -1/2 1/2', '0 0 1']);
    expect(text(outputMatrix)).toEqual(['1 1 1 0', '0 1 -1 1']);
  });

  it('filter any vectors exactly, for any sizes and any distinct points', () => {
    fc.assert(
      fc.property(cases, ({ outputs, taps, points, input, kernel }) => {
        const found = filter(cookToom(outputs, taps, points), input, kernel);
        expect(found).toHaveLength(outputs);
        found.forEach((value, i) => {
          const expected = sumOf(kernel.map((tap, k) => multiply(tap, input[i + k] as Rational)));
          expect(equal(value, expected)).toBe(true);
        });
      }),
    );
  });

  it('multiply polynomials when transposed: B[(G g) ⊙ (A p)] holds the coefficients of g p', () => {
    fc.assert(
      fc.property(cases, ({ outputs, taps, points, kernel, short }) => {
        const { outputMatrix, tapMatrix, inputMatrix } = cookToom(outputs, taps, points);
        const evaluated = apply(transposed(outputMatrix), short);
        const values = apply(tapMatrix, kernel).map((value, i) =>
          multiply(value, evaluated[i] as Rational),
        );
        apply(transposed(inputMatrix), values).forEach((coefficient, power) => {
          const expected = sumOf(kernel.map((tap, k) => multiply(tap, short[power - k] ?? ZERO)));
          expect(equal(coefficient, expected)).toBe(true);
        });
      }),
    );
  });

  it('take as many multiplications as there are inputs', () => {
    for (const [outputs, taps] of [
      [2, 3],
      [4, 3],
      [6, 3],
      [2, 5],
      [1, 1],
    ] as const) {
      const { inputMatrix, tapMatrix, outputMatrix } = cookToom(outputs, taps);
      const multiplications = outputs + taps - 1;
      expect(inputMatrix).toHaveLength(multiplications);
      expect(tapMatrix).toHaveLength(multiplications);
      expect(outputMatrix.map((row) => row.length)).toEqual(
        Array.from({ length: outputs }, () => multiplications),
      );
    }
  });

  it('are whole for inputs and outputs where the points are', () => {
    const { inputMatrix, outputMatrix } = cookToom(4, 3);
    for (const entry of [...inputMatrix, ...outputMatrix].flat())
      expect(entry.denominator).toBe(1n);
  });

  it('lose about a digit from m = 2 to m = 4, in 32 bits', () => {
    // The worst output of 400 random filterings in 32-bit arithmetic, over the sum of its terms'
    // magnitudes.
    const worst = [2, 4, 6, 8].map((outputs) => worstError(outputs, 3));
    expect(worst[0]).toBeLessThan(3e-7);
    expect(worst[1]).toBeLessThan(3e-6);
    for (let i = 1; i < worst.length; i++) expect(worst[i]).toBeGreaterThan(worst[i - 1] as number);
  });

  it('refuse points that are the same, too few or too many', () => {
    expect(() => cookToom(2, 2, [rational(1, 2), rational(2, 4)])).toThrow(
      'two points are the same',
    );
    expect(() => cookToom(2, 3, usualPoints(2))).toThrow('F(2, 3): 2 points, not 3');
    expect(() => cookToom(0, 3, [])).toThrow('no outputs');
  });
});

describe('usual points', () => {
  it('are distinct', () => {
    expect(new Set(usualPoints(19).map(textOf)).size).toBe(19);
  });
});

function worstError(outputs: number, taps: number): number {
  const { outputMatrix, tapMatrix, inputMatrix } = toFloat(cookToom(outputs, taps));
  const product = (matrix: Matrix<number>, vector: readonly number[]) =>
    matrix.map((row) =>
      row.reduce(
        (sum, entry, i) => Math.fround(sum + Math.fround(Math.fround(entry) * (vector[i] ?? 0))),
        0,
      ),
    );
  let worst = 0;
  for (const [d, g] of fc.sample(fc.tuple(vectorOf(outputs + taps - 1), vectorOf(taps)), {
    numRuns: 400,
    seed: 1,
  })) {
    const transformed = product(inputMatrix, d);
    const found = product(
      outputMatrix,
      product(tapMatrix, g).map((value, i) => Math.fround(value * (transformed[i] as number))),
    );
    found.forEach((value, i) => {
      const terms = g.map((tap, k) => tap * (d[i + k] as number));
      const size = terms.reduce((sum, term) => sum + Math.abs(term), 0);
      if (size > 0.1)
        worst = Math.max(worst, Math.abs(value - terms.reduce((a, b) => a + b, 0)) / size);
    });
  }
  return worst;
}

function vectorOf(length: number) {
  return fc.array(fc.float({ min: -1, max: 1, noNaN: true }), {
    minLength: length,
    maxLength: length,
  });
}
