// Convolution by nested minimal filtering F(m×m, r×r), tile by tile, in double precision: what fast
// kernels are held against. Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks"
// (arXiv:1509.09308), Sections 4.1 and 4.3. Pruning in the transform domain: Liu et al., "Efficient
// Sparse-Winograd Convolutional Neural Networks", ICLR 2018.

import { invariant } from '../base/errors.js';
import { keptOf } from '../weights/synthetic.js';
import type { Filtering, Matrix } from './cook-toom.js';
import { type ConvolutionShape, outputExtent } from './shape.js';

/** G g Gᵀ of every kernel: `values` is [n · n positions][outputs][channels of a group]. */
export interface TransformedWeights {
  readonly filtering: Filtering<number>;
  readonly outputs: number;
  readonly channels: number;
  readonly values: Float64Array;
}

/** Transforms `weights` [outputs, channels, r, r]. */
export function transformWeights(
  filtering: Filtering<number>,
  outputs: number,
  channels: number,
  weights: Float32Array,
): TransformedWeights {
  const kernels = outputs * channels;
  const values = new Float64Array(filtering.tapMatrix.length ** 2 * kernels);
  let to = 0;
  for (const position of transformedPositions(filtering, kernels, weights)) {
    values.set(position, to);
    to += kernels;
  }
  return { filtering, outputs, channels, values };
}

/**
 * The same position by position, a value for each of `kernels` kernels: what is yielded is
 * overwritten by the next one.
 */
export function* transformedPositions(
  { taps, tapMatrix }: Filtering<number>,
  kernels: number,
  weights: Float32Array,
): Generator<Float64Array> {
  const area = taps * taps;
  invariant(
    weights.length === kernels * area,
    () => `${weights.length} weights, not ${kernels * area}`,
  );
  const values = new Float64Array(kernels);
  for (const down of tapMatrix) {
    for (const along of tapMatrix) {
      // One position of G g Gᵀ: the kernel times the outer product of two rows of G.
      const factors = Float64Array.from({ length: area }, (_, tap) => {
        return (down[Math.floor(tap / taps)] as number) * (along[tap % taps] as number);
      });
      for (let kernel = 0, from = 0; kernel < kernels; kernel++, from += area) {
        let sum = 0;
        for (let tap = 0; tap < area; tap++)
          sum += (factors[tap] as number) * (weights[from + tap] as number);
        values[kernel] = sum;
      }
      yield values;
    }
  }
}

/**
 * Keeps round(density · all) transformed weights: those whose loss would change the output most,
 * for inputs that are uncorrelated and equally strong. A weight at position (i, j) acts by |w| · aᵢ
 * bᵢ aⱼ bⱼ with aᵢ, bᵢ the norms of column i of Aᵀ and row i of Bᵀ, so positions keep unequal
 * shares.
 */
export function pruneTransformed(weights: TransformedWeights, density: number): TransformedWeights {
  const { filtering, outputs, channels, values } = weights;
  const kept = keptOf(values.length, density);
  const reach = positionReach(filtering);
  const kernels = outputs * channels;
  const effect = values.map(
    (value, at) => Math.abs(value) * (reach[Math.floor(at / kernels)] as number),
  );
  const threshold = effect.toSorted()[values.length - kept] ?? Number.POSITIVE_INFINITY;
  const pruned = new Float64Array(values.length);
  let left = kept;
  // First what is above the threshold, then as many at it as there is room for.
  for (const admits of [(e: number) => e > threshold, (e: number) => e === threshold]) {
    for (let at = 0; at < values.length && left > 0; at++) {
      if (!admits(effect[at] as number)) continue;
      pruned[at] = values[at] as number;
      left--;
    }
  }
  return { ...weights, values: pruned };
}

/**
 * aᵢ bᵢ aⱼ bⱼ of each position (i, j): the norm of what a weight of 1 there adds to a tile's
 * outputs.
 */
export function positionReach({ inputMatrix, outputMatrix }: Filtering<number>): Float64Array {
  const reach = inputMatrix.map(
    (row, i) => norm(row) * norm(outputMatrix.map((output) => output[i] as number)),
  );
  return Float64Array.from({ length: reach.length ** 2 }, (_, position) => {
    return (
      (reach[Math.floor(position / reach.length)] as number) *
      (reach[position % reach.length] as number)
    );
  });
}

function norm(vector: readonly number[]): number {
  return Math.sqrt(vector.reduce((sum, entry) => sum + entry * entry, 0));
}

/**
 * `input` [channels, height, width] → [outputs, oh, ow]. Tiles that hang over the image's edge are
 * cut.
 */
export function winogradConvolve(
  shape: ConvolutionShape,
  weights: TransformedWeights,
  bias: Float32Array | null,
  input: Float32Array,
): Float64Array {
  const { filtering, channels: groupChannels } = weights;
  const { outputs: step, inputMatrix, outputMatrix } = filtering;
  const size = inputMatrix.length;
  invariant(
    shape.kernel === filtering.taps,
    () => `F(${step}, ${filtering.taps}) for kernels of ${shape.kernel}`,
  );
  const [outHeight, outWidth] = outputExtent(shape);
  const groupOutputs = shape.outputs / shape.groups;
  const output = new Float64Array(shape.outputs * outHeight * outWidth);
  for (let top = 0; top < outHeight; top += step) {
    for (let left = 0; left < outWidth; left += step) {
      const tiles = Array.from({ length: shape.channels }, (_, channel) =>
        nested(
          inputMatrix,
          cutTile(shape, input, channel, top - shape.pad, left - shape.pad, size),
        ),
      );
      for (let o = 0; o < shape.outputs; o++) {
        const firstChannel = Math.floor(o / groupOutputs) * groupChannels;
        const product = new Float64Array(size * size);
        for (let c = 0; c < groupChannels; c++) {
          const tile = tiles[firstChannel + c] as Float64Array;
          for (let position = 0; position < size * size; position++) {
            const weight = weights.values[
              (position * shape.outputs + o) * groupChannels + c
            ] as number;
            product[position] = (product[position] as number) + weight * (tile[position] as number);
          }
        }
        const result = nested(outputMatrix, product);
        for (let y = 0; y < Math.min(step, outHeight - top); y++) {
          for (let x = 0; x < Math.min(step, outWidth - left); x++) {
            const to = (o * outHeight + top + y) * outWidth + left + x;
            output[to] = (result[y * step + x] as number) + (bias?.[o] ?? 0);
          }
        }
      }
    }
  }
  return output;
}

/** A size × size tile of one channel from (top, left) on, zero outside the image. */
export function cutTile(
  { height, width }: ConvolutionShape,
  input: Float32Array,
  channel: number,
  top: number,
  left: number,
  size: number,
): Float64Array {
  const tile = new Float64Array(size * size);
  for (let y = Math.max(0, -top); y < Math.min(size, height - top); y++) {
    for (let x = Math.max(0, -left); x < Math.min(size, width - left); x++) {
      tile[y * size + x] = input[(channel * height + top + y) * width + left + x] as number;
    }
  }
  return tile;
}

/** M · X · Mᵀ for a square X: the same transform down the columns, then along the rows. */
export function nested(matrix: Matrix<number>, square: Float32Array | Float64Array): Float64Array {
  const from = matrix[0]?.length ?? 0;
  const to = matrix.length;
  const half = new Float64Array(to * from);
  const whole = new Float64Array(to * to);
  for (let i = 0; i < to; i++) {
    for (let j = 0; j < from; j++) {
      let sum = 0;
      for (let k = 0; k < from; k++)
        sum += (matrix[i]?.[k] as number) * (square[k * from + j] as number);
      half[i * from + j] = sum;
    }
  }
  for (let i = 0; i < to; i++) {
    for (let j = 0; j < to; j++) {
      let sum = 0;
      for (let k = 0; k < from; k++)
        sum += (matrix[j]?.[k] as number) * (half[i * from + k] as number);
      whole[i * to + j] = sum;
    }
  }
  return whole;
}
