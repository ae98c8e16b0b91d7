// 8-bit integers, symmetric around zero: each row of a matrix, and a vector of activations, as a
// scale times −127 … 127. Jacob et al., "Quantization and Training of Neural Networks for Efficient
// Integer-Arithmetic-Only Inference", CVPR 2018 (arXiv:1712.05877), Section 2.1, with zero points
// of zero and a scale for each row.

import type { DenseMatrix } from '../weights/store.js';

const LARGEST = 127;

export interface Int8Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly values: Int8Array;
  readonly scales: Float32Array;
}

export interface Int8Vector {
  readonly values: Int8Array;
  readonly scale: number;
}

/**
 * Each row by the scale that takes its largest magnitude to 127: no value is off by more than half
 * its row's scale.
 */
export function quantize({ rows, columns, values }: DenseMatrix): Int8Matrix {
  const quantized = new Int8Array(rows * columns);
  const scales = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const vector = quantizeVector(values.subarray(row * columns, (row + 1) * columns));
    quantized.set(vector.values, row * columns);
    scales[row] = vector.scale;
  }
  return { rows, columns, values: quantized, scales };
}

/** The same for one vector, in 32-bit arithmetic, so that a fast kernel finds the same integers. */
export function quantizeVector(values: Float32Array): Int8Vector {
  const max = values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  const scale = Math.fround(max / LARGEST);
  const quantized = new Int8Array(values.length);
  if (scale > 0) {
    for (let at = 0; at < values.length; at++) {
      const quotient = Math.fround((values[at] as number) / scale);
      quantized[at] = roundToEven(Math.max(-LARGEST, Math.min(LARGEST, quotient)));
    }
  }
  return { values: quantized, scale };
}

/** Halves go to the even neighbour, as WebAssembly's and IEEE's rounding has it. */
function roundToEven(value: number): number {
  const low = Math.floor(value);
  const rest = value - low;
  if (rest !== 0.5) return Math.round(value);
  return low % 2 === 0 ? low : low + 1;
}
