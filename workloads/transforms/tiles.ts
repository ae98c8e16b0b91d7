// Transformed tiles of an image: Bᵀ d B of every tile and channel, Lavin and Gray (arXiv
// 1509.09308), section 4.1.

import type { Filtering } from './cook-toom.js';
import { type ConvolutionShape, outputExtent } from './shape.js';

export interface Tiles {
  readonly count: number;
  /** Elements of a transformed tile: a product over channels each. */
  readonly positions: number;
}

/**
 * How many tiles of F(m×m, r×r) an output of the shape takes; those at the right and bottom edges
 * may hang over.
 */
export function tilesOf(
  shape: ConvolutionShape,
  { outputs, inputMatrix }: Filtering<number>,
): Tiles {
  const [height, width] = outputExtent(shape);
  return {
    count: Math.ceil(height / outputs) * Math.ceil(width / outputs),
    positions: inputMatrix.length ** 2,
  };
}

/**
 * Calls `visit` with each transformed tile of each channel; the values are valid until it returns.
 */
export function forEachTile(
  shape: ConvolutionShape,
  filtering: Filtering<number>,
  input: Float32Array,
  visit: (channel: number, tile: number, values: Float64Array) => void,
): void {
  const { channels, height, width, pad } = shape;
  const [outHeight, outWidth] = outputExtent(shape);
  const edge = filtering.inputMatrix.length;
  const transform = filtering.inputMatrix.map((row) =>
    row.flatMap((factor, at) => (factor === 0 ? [] : [at, factor])),
  );
  const cut = new Float64Array(edge * edge);
  const half = new Float64Array(edge * edge);
  const whole = new Float64Array(edge * edge);
  for (let channel = 0; channel < channels; channel++) {
    const plane = channel * height * width;
    let tile = 0;
    for (let top = -pad; top < outHeight - pad; top += filtering.outputs) {
      for (let left = -pad; left < outWidth - pad; left += filtering.outputs, tile++) {
        for (let y = 0; y < edge; y++) {
          const inside = top + y >= 0 && top + y < height;
          const row = plane + (top + y) * width + left;
          for (let x = 0; x < edge; x++) {
            cut[y * edge + x] =
              inside && left + x >= 0 && left + x < width ? (input[row + x] as number) : 0;
          }
        }
        // Down the columns, then along the rows.
        apply(transform, cut, half, edge, 1);
        apply(transform, half, whole, 1, edge);
        visit(channel, tile, whole);
      }
    }
  }
}

/**
 * Multiplies every vector of a square, whose elements lie `step` apart and whose starts `stride`,
 * by sparse rows.
 */
function apply(
  rows: readonly (readonly number[])[],
  from: Float64Array,
  to: Float64Array,
  step: number,
  stride: number,
): void {
  const edge = rows.length;
  for (let i = 0; i < edge; i++) {
    const row = rows[i] as readonly number[];
    for (let j = 0; j < edge; j++) {
      let sum = 0;
      for (let k = 0; k < row.length; k += 2) {
        sum += (row[k + 1] as number) * (from[(row[k] as number) * step + j * stride] as number);
      }
      to[i * step + j * stride] = sum;
    }
  }
}
