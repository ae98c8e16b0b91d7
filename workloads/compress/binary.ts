// Binary weights: each row of a matrix as a scale times its signs, and activations as an offset and
// a scale times signs. Rastegari et al., "XNOR-Net", ECCV 2016 (arXiv:1603.05279), Section 3.1: the
// best scale of signs is the mean magnitude.

import type { DenseMatrix } from '../weights/store.js';

/**
 * Row r is scales[r] · (+1 or −1): bit c of row r, in words of 32 from the lowest up, is set for
 * −1.
 */
export interface BinaryMatrix {
  readonly rows: number;
  readonly columns: number;
  /** [rows][⌈columns / 32⌉]; bits beyond the last column are 0. */
  readonly signs: Uint32Array;
  readonly scales: Float32Array;
}

/** A vector as offset + scale · (+1 or −1), a set bit for −1. */
export interface BinaryVector {
  readonly signs: Uint32Array;
  readonly offset: number;
  readonly scale: number;
}

/**
 * Of all scales and signs those nearest to each row: its signs (of zero: +) and its mean magnitude.
 */
export function binarize({ rows, columns, values }: DenseMatrix): BinaryMatrix {
  const words = Math.ceil(columns / 32);
  const signs = new Uint32Array(rows * words);
  const scales = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let column = 0; column < columns; column++) {
      const value = values[row * columns + column] as number;
      sum += Math.abs(value);
      if (value < 0) setBit(signs, row * words, column);
    }
    scales[row] = columns > 0 ? sum / columns : 0;
  }
  return { rows, columns, signs, scales };
}

/**
 * Activations by the side of their mean on which they lie. XNOR-Net takes plain signs and
 * normalises before; behind a ReLU, as everywhere here, those would all be the same.
 */
export function binarizeActivations(values: Float32Array): BinaryVector {
  const offset = meanOf(values, (value) => value);
  const signs = new Uint32Array(Math.ceil(values.length / 32));
  values.forEach((value, at) => {
    if (value < offset) setBit(signs, 0, at);
  });
  return { signs, offset, scale: meanOf(values, (value) => Math.abs(value - offset)) };
}

/**
 * How many of each row's weights are + less how many are −: what an offset of the activations is
 * multiplied by.
 */
export function balanceOf({ rows, columns, signs }: BinaryMatrix): Int32Array {
  const words = Math.ceil(columns / 32);
  return Int32Array.from({ length: rows }, (_, row) => {
    return columns - 2 * countBits(signs.subarray(row * words, (row + 1) * words));
  });
}

/** Set bits. */
export function countBits(words: Uint32Array): number {
  let count = 0;
  for (const word of words) for (let left = word; left !== 0; left &= left - 1) count++;
  return count;
}

function setBit(words: Uint32Array, firstWord: number, bit: number): void {
  const at = firstWord + (bit >>> 5);
  words[at] = (words[at] as number) | (1 << (bit & 31));
}

function meanOf(values: Float32Array, part: (value: number) => number): number {
  return values.length === 0
    ? 0
    : values.reduce((sum, value) => sum + part(value), 0) / values.length;
}
