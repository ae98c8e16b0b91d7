// Weights of 3×3 convolutions in the domain of F(m × m, 3 × 3), where they are pruned and trained:
// Li, Park and Tang, "Enabling Sparse Winograd Convolution by Native Pruning" (arXiv:1702.08597);
// Liu et al., ICLR 2018 (arXiv:1802.06367).

import { invariant } from '../base/errors.js';
import type { Layer } from '../network.js';
import { squareOf } from '../operators/window.js';
import { cookToom, toFloat } from './cook-toom.js';
import { positionReach, transformWeights } from './winograd.js';

const TAPS = 3;

export interface WinogradDomain {
  /** Outputs of a tile along an edge, m. */
  readonly tile: number;
  /** Inputs of a tile along an edge, n = m + 2. */
  readonly edge: number;
  /**
   * [n² positions][n² inputs of a tile · m² outputs]: what a weight at each position adds to the
   * way from each input to each output. Rows have norm 1: a weight is worth its effect on the
   * output, so that magnitudes of different positions can be compared, and one learning rate suits
   * them all.
   */
  readonly matrix: Float32Array;
}

/** Whether a layer's weights can be taken to the domain. */
export function hasWinogradDomain(layer: Layer): boolean {
  if (layer.kind !== 'conv2d') return false;
  const square = squareOf(layer);
  return square?.kernel === TAPS && square.stride === 1 && square.dilation === 1;
}

export function winogradDomain(tile: number): WinogradDomain {
  const filtering = toFloat(cookToom(tile, TAPS));
  const { inputMatrix, outputMatrix } = filtering;
  const edge = inputMatrix.length;
  const reach = positionReach(filtering);
  const matrix = new Float32Array(edge ** 4 * tile ** 2);
  let to = 0;
  for (let position = 0; position < edge ** 2; position++) {
    const [i, j] = [Math.floor(position / edge), position % edge];
    for (let input = 0; input < edge ** 2; input++) {
      const intake =
        entry(inputMatrix, i, Math.floor(input / edge)) * entry(inputMatrix, j, input % edge);
      for (let output = 0; output < tile ** 2; output++) {
        const outlet =
          entry(outputMatrix, Math.floor(output / tile), i) * entry(outputMatrix, output % tile, j);
        matrix[to++] = (intake * outlet) / (reach[position] as number);
      }
    }
  }
  return { tile, edge, matrix };
}

/** Weights [outputs][channels · 9] → [outputs][channels · n²]. */
export function toWinogradDomain(tile: number, weights: Float32Array): Float32Array {
  const kernels = weights.length / TAPS ** 2;
  invariant(Number.isInteger(kernels), () => `${weights.length} weights are no 3×3 kernels`);
  const filtering = toFloat(cookToom(tile, TAPS));
  const { values } = transformWeights(filtering, kernels, 1, weights);
  const reach = positionReach(filtering);
  const positions = reach.length;
  return Float32Array.from({ length: kernels * positions }, (_, at) => {
    const position = at % positions;
    return (
      (values[position * kernels + Math.floor(at / positions)] as number) *
      (reach[position] as number)
    );
  });
}

function entry(matrix: readonly (readonly number[])[], row: number, column: number): number {
  return matrix[row]?.[column] as number;
}
