// Several vectors of a fully connected layer as pixels of an image: what SCNN can share weights
// among. Nobody says which vector is which pixel; here they fill the rows of PEs one after another,
// so that all PEs hold some.

import type { ConvolutionDemand, ProductDemand } from '../../workloads/demand.js';
import type { ScnnConfig } from './config.js';

export interface TokenImage {
  readonly demand: ConvolutionDemand;
  /** [depth, height, width]; zero where the last column has no vectors left. */
  readonly values: Float32Array;
}

/** One product's rows; values that are too few repeat. */
export function tokenImage(
  { rows, depth, columns, bias, activation }: ProductDemand,
  input: Float32Array,
  { peRows }: Pick<ScnnConfig, 'peRows'>,
): TokenImage {
  const height = Math.min(rows, peRows);
  const width = Math.ceil(rows / height);
  const pixels = height * width;
  const values = new Float32Array(depth * pixels);
  for (let row = 0; row < rows; row++) {
    for (let at = 0; at < depth; at++) {
      values[at * pixels + row] = input[(row * depth + at) % Math.max(1, input.length)] ?? 0;
    }
  }
  return {
    demand: {
      ...{
        kind: 'convolution',
        images: 1,
        input: [depth, height, width],
        output: [columns, height, width],
      },
      ...{
        kernel: [1, 1],
        stride: [1, 1],
        dilation: [1, 1],
        pad: [0, 0, 0, 0],
        groups: 1,
        bias,
        activation,
      },
    },
    values,
  };
}
