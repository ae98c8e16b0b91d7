// Weights of a few bits in groups along a row with a scale each, symmetric around zero, as runtimes
// of language models store them: GGUF's Q4_0 has groups of 32 and 16-bit scales, 4.5 bits a weight.
// Round to nearest.

import { halfToNumber, numberToHalf } from '../formats/half.js';
import type { DenseMatrix } from '../weights/store.js';

export interface Grouped {
  readonly bits: number;
  /** Weights of a group along a row; the last one of a row may be shorter. */
  readonly group: number;
}

export interface GroupedMatrix extends Grouped {
  readonly rows: number;
  readonly columns: number;
  /** [rows][columns], −(2^(bits − 1) − 1) to 2^(bits − 1) − 1. */
  readonly values: Int8Array;
  /** [rows][groups], each a float16. */
  readonly scales: Float32Array;
}

/** The largest float16. */
const MAX_SCALE = 65_504;

/** The largest whole number of a weight of so many bits, 2 or more. */
export const largestOf = (bits: number): number => 2 ** (bits - 1) - 1;

export const groupsOf = (columns: number, group: number): number => Math.ceil(columns / group);

/**
 * Each group by the scale that takes its largest magnitude to the largest number, rounded to a
 * float16. Zero stays zero.
 */
export function quantizeGroups(
  { rows, columns, values }: DenseMatrix,
  { bits, group }: Grouped,
): GroupedMatrix {
  const largest = largestOf(bits);
  const groups = groupsOf(columns, group);
  const quantized = new Int8Array(rows * columns);
  const scales = new Float32Array(rows * groups);
  for (let row = 0; row < rows; row++) {
    for (let at = 0; at < groups; at++) {
      const from = row * columns + at * group;
      const end = Math.min(from + group, (row + 1) * columns);
      let top = 0;
      for (let i = from; i < end; i++) top = Math.max(top, Math.abs(values[i] as number));
      const scale = halfToNumber(numberToHalf(Math.min(MAX_SCALE, top / largest)));
      scales[row * groups + at] = scale;
      if (scale === 0) continue;
      for (let i = from; i < end; i++) {
        const number = Math.round((values[i] as number) / scale);
        quantized[i] = Math.max(-largest, Math.min(largest, number));
      }
    }
  }
  return { rows, columns, bits, group, values: quantized, scales };
}

/** The weights that the numbers stand for, [rows][columns]. */
export function widenGroups({ rows, columns, group, values, scales }: GroupedMatrix): Float32Array {
  const weights = new Float32Array(rows * columns);
  const groups = groupsOf(columns, group);
  for (let at = 0; at < weights.length; at++) {
    const row = Math.floor(at / columns);
    const scale = scales[row * groups + Math.floor((at % columns) / group)] as number;
    weights[at] = (values[at] as number) * scale;
  }
  return weights;
}
