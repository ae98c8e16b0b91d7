// Computes what EIE computes, bit for bit: 16-bit fixed point, a table of shared weights,
// saturating accumulators. Han et al., EIE, ISCA 2016, Section IV (arithmetic unit) and Figure 10
// (precision).
//
// Weight (fraction bits w) × activation (a) gives a product of w + a fraction bits, shifted right
// to the accumulator's o fraction bits, rounded to nearest (halves up), added with saturation. Rows
// never share an accumulator and columns come in ascending order, so the result is the same for any
// number of PEs, queue depth and index width.
//
// Against the exact product with the shared weights each term errs by at most
//   |w| · 2^−(a+1) + |x| · 2^−(w+1) + 2^−(w+a+2)   from rounding weight and activation, and 2^−(o+1) from the shift,
// as long as nothing saturates, which `chooseFractions` sees to. `errorBound` sums these over a
// row.

import { invariant } from '../../workloads/base/errors.js';
import type { Activation } from '../../workloads/network.js';
import { activationRange } from '../../workloads/operators/relu.js';
import type { CodedMatrix, EncodedMatrix } from './encode.js';

/** Fraction bits of a layer's three fixed-point formats, all of the same width. */
export interface Fractions {
  readonly bits: number;
  readonly weight: number;
  readonly activation: number;
  readonly output: number;
}

/** Half-up rounding of value · 2^fraction, saturated to `bits` bits. */
export function toFixed(value: number, fraction: number, bits: number): number {
  return saturate(Math.floor(value * 2 ** fraction + 0.5), bits);
}

export function saturate(value: number, bits: number): number {
  const max = 2 ** (bits - 1) - 1;
  return Math.max(-max - 1, Math.min(max, value));
}

/**
 * A weight and an activation to a term of the sum. The product of two 16-bit numbers fits 32 bits.
 */
export function shiftProduct(
  weight: number,
  activation: number,
  { weight: w, activation: a, output }: Fractions,
) {
  const shift = w + a - output;
  const product = Math.imul(weight, activation);
  // In floating point, which holds the rounding bit of even a full 32-bit product.
  return shift === 0 ? product : Math.floor((product + 2 ** (shift - 1)) / 2 ** shift);
}

/** Most fraction bits with which `max` still fits. */
export function finestFraction(max: number, bits: number): number {
  if (!(max > 0)) return bits - 2;
  let fraction = Math.floor(Math.log2((2 ** (bits - 1) - 1) / max));
  while (Math.floor(max * 2 ** fraction + 0.5) > 2 ** (bits - 1) - 1) fraction--;
  return fraction;
}

export const MAX_SHIFT = 30;

/**
 * The finest formats in which this layer with these activations [columns without bias] cannot
 * saturate: weights and activations by their largest magnitude, sums by the largest row's sum of
 * magnitudes plus half a step for each term.
 */
export function chooseFractions(
  matrix: CodedMatrix,
  activations: Float32Array,
  bits: number,
): Fractions {
  const { table, rows, columns, hasBias, pointers, indices, codes } = matrix;
  const largest = (values: Float32Array) =>
    values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  const weight = finestFraction(largest(table), bits);
  const activation = finestFraction(Math.max(largest(activations), hasBias ? 1 : 0), bits);
  const fixedTable = fixTable(table, { weight, bits });
  const inputs = fixActivations(activations, hasBias, { activation, bits });
  const magnitudes = new Float64Array(rows);
  const terms = new Uint32Array(rows);
  for (let column = 0; column < columns; column++) {
    for (let at = pointers[column] as number; at < (pointers[column + 1] as number); at++) {
      const row = indices[at] as number;
      const product = (fixedTable[codes[at] as number] as number) * (inputs[column] as number);
      magnitudes[row] = (magnitudes[row] as number) + Math.abs(product);
      if (inputs[column] !== 0) terms[row] = (terms[row] as number) + 1;
    }
  }
  const max = 2 ** (bits - 1) - 1;
  let shift = 0;
  const overflows = () =>
    magnitudes.some((sum, row) => !(sum / 2 ** shift + (terms[row] as number) / 2 <= max));
  while (shift < MAX_SHIFT && overflows()) shift++;
  return { bits, weight, activation, output: weight + activation - shift };
}

/** The table of shared weights in fixed point. */
export function fixTable(
  table: Float32Array,
  { weight, bits }: Pick<Fractions, 'weight' | 'bits'>,
): Int16Array {
  return Int16Array.from(table, (value) => toFixed(value, weight, bits));
}

/** Activations in fixed point, followed by the bias column's 1 if there is one. */
export function fixActivations(
  values: Float32Array,
  hasBias: boolean,
  { activation, bits }: Pick<Fractions, 'activation' | 'bits'>,
): Int16Array {
  const fixed = new Int16Array(values.length + (hasBias ? 1 : 0));
  values.forEach((value, column) => {
    fixed[column] = toFixed(value, activation, bits);
  });
  if (hasBias) fixed[values.length] = toFixed(1, activation, bits);
  return fixed;
}

/**
 * The layer's outputs [rows] in `fractions.output` fraction bits, from `activations` [columns, bias
 * included].
 */
export function multiply(
  matrix: EncodedMatrix,
  activations: Int16Array,
  fractions: Fractions,
  activation: Activation,
): Int16Array {
  const { rows, columns, memories } = matrix;
  invariant(
    activations.length === columns,
    () => `found ${activations.length} activations for ${columns} columns`,
  );
  const table = fixTable(matrix.table, fractions);
  const sums = new Int16Array(rows);
  memories.forEach(({ pointers, codes, zeros }, pe) => {
    for (let column = 0; column < columns; column++) {
      const activation = activations[column] as number;
      if (activation === 0) continue;
      let local = -1;
      for (let at = pointers[column] as number; at < (pointers[column + 1] as number); at++) {
        local += (zeros[at] as number) + 1;
        const code = codes[at] as number;
        if (code === 0) continue;
        const row = local * memories.length + pe;
        const term = shiftProduct(table[code] as number, activation, fractions);
        sums[row] = saturate((sums[row] as number) + term, fractions.bits);
      }
    }
  });
  const { min, max } = fixedRange(activation, fractions);
  return sums.map((sum) => Math.min(Math.max(sum, min), max));
}

/** Between which fixed-point values a ReLU's results lie. */
export function fixedRange(
  activation: Activation,
  { output, bits }: Pick<Fractions, 'output' | 'bits'>,
) {
  const { min, max } = activationRange(activation);
  return { min, max: Number.isFinite(max) ? toFixed(max, output, bits) : max };
}

/**
 * How far each output [rows] may lie from the exact product of shared weights and activations; see
 * above.
 */
export function errorBound(
  matrix: CodedMatrix,
  activations: Float32Array,
  fractions: Fractions,
): Float64Array {
  const { weight, activation, output } = fractions;
  const bounds = new Float64Array(matrix.rows);
  for (let column = 0; column < matrix.columns; column++) {
    const value = Math.abs(activations[column] ?? 1);
    if (value === 0) continue;
    for (
      let at = matrix.pointers[column] as number;
      at < (matrix.pointers[column + 1] as number);
      at++
    ) {
      const row = matrix.indices[at] as number;
      const shared = Math.abs(matrix.table[matrix.codes[at] as number] as number);
      const rounded =
        shared * 2 ** -(activation + 1) +
        value * 2 ** -(weight + 1) +
        2 ** -(weight + activation + 2);
      bounds[row] = (bounds[row] as number) + rounded + 2 ** -(output + 1);
    }
  }
  return bounds;
}
