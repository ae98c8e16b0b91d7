// Sobol' sequences: points that fill the unit cube more evenly than random ones. Bratley and Fox,
// ACM TOMS 14(1), 1988 (generation in Gray-code order); direction numbers of Joe and Kuo, SIAM J.
// Sci. Comput. 30(5), 2008 (new-joe-kuo-6), first 21 dimensions. Shifted digitally by a seed
// (random bits flipped alike in all points), which keeps every property of the sequence and takes
// the point 0 out of the corner.

import { InputError } from '../../../workloads/base/errors.js';
import type { Random } from '../../../workloads/base/random.js';

/**
 * A primitive polynomial's degree and inner coefficients, and the odd starting numbers of a
 * dimension.
 */
type Direction = readonly [degree: number, coefficients: number, ...starts: number[]];

/** From the second dimension on; the first is van der Corput's sequence. */
const directions: readonly Direction[] = [
  [1, 0, 1],
  [2, 1, 1, 3],
  [3, 1, 1, 3, 1],
  [3, 2, 1, 1, 1],
  [4, 1, 1, 1, 3, 3],
  [4, 4, 1, 3, 5, 13],
  [5, 2, 1, 1, 5, 5, 17],
  [5, 4, 1, 1, 5, 5, 5],
  [5, 7, 1, 1, 7, 11, 19],
  [5, 11, 1, 1, 5, 1, 1],
  [5, 13, 1, 1, 1, 3, 11],
  [5, 14, 1, 3, 5, 5, 31],
  [6, 1, 1, 3, 3, 9, 7, 49],
  [6, 13, 1, 1, 1, 15, 21, 21],
  [6, 16, 1, 3, 1, 13, 27, 49],
  [6, 19, 1, 1, 1, 15, 7, 5],
  [6, 22, 1, 3, 1, 15, 13, 25],
  [6, 25, 1, 1, 5, 5, 19, 61],
  [7, 1, 1, 3, 7, 11, 23, 15, 103],
  [7, 4, 1, 3, 7, 13, 13, 15, 69],
];

export const maxSobolAxes = directions.length + 1;

const BITS = 32;

/**
 * The next point of a sequence in `axes` dimensions, at each call. @throws InputError for more axes
 * than are tabulated.
 */
export function createSobol(axes: number, draw: Random): () => Float64Array {
  if (axes > maxSobolAxes)
    throw new InputError(`found ${axes} axes, expected at most ${maxSobolAxes} for sobol`);
  const tables = Array.from({ length: axes }, (_, axis) => directionNumbers(axis));
  const state = Uint32Array.from({ length: axes }, () => Math.floor(draw.uniform() * 2 ** BITS));
  let index = 0;
  return () => {
    const point = Float64Array.from(state, (bits) => bits / 2 ** BITS);
    // The lowest zero bit of the index says which direction number the next point differs by.
    const bit = 31 - Math.clz32(~index & (index + 1));
    for (const [axis, table] of tables.entries())
      state[axis] = (state[axis] ?? 0) ^ (table[bit] ?? 0);
    index++;
    return point;
  };
}

function directionNumbers(axis: number): Uint32Array {
  const [degree, coefficients, ...starts] = directions[axis - 1] ?? [0, 0];
  const numbers = new Uint32Array(BITS);
  for (let bit = 0; bit < BITS; bit++) {
    if (axis === 0) numbers[bit] = 2 ** (BITS - 1 - bit);
    else if (bit < degree) numbers[bit] = (starts[bit] ?? 0) * 2 ** (BITS - 1 - bit);
    else {
      const before = numbers[bit - degree] ?? 0;
      let next = before ^ (before >>> degree);
      for (let k = 1; k < degree; k++) {
        if ((coefficients >>> (degree - 1 - k)) & 1) next ^= numbers[bit - k] ?? 0;
      }
      numbers[bit] = next;
    }
  }
  return numbers;
}
