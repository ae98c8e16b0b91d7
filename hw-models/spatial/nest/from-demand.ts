// A layer's demand as a problem: one set of dimensions for convolutions and products, named as
// Timeloop names them.

import type { ConvolutionDemand, ProductDemand } from '../../../workloads/demand.js';
import type { Operand, Problem, Term } from './problem.js';

/**
 * N frames and images, G groups or matrices, M outputs and C inputs of a group (a product's columns
 * and depth), P and Q rows and columns of the result (P: a product's rows), R and S rows and
 * columns of the kernel.
 */
export const dimensions = ['N', 'G', 'M', 'C', 'P', 'Q', 'R', 'S'] as const;
export type Dimension = (typeof dimensions)[number];

export const operandNames = ['weights', 'inputs', 'outputs'] as const;
export type OperandName = (typeof operandNames)[number];

const at = (name: Dimension, coefficient = 1): Term => ({
  dimension: dimensions.indexOf(name),
  coefficient,
});

/** What is multiplied. */
export type Multiplied = ProductDemand | ConvolutionDemand;

/**
 * The problem of a layer for `frames` frames. Padding counts as inputs that are zero. Where both
 * factors are activations, each frame has matrices of its own.
 */
export function problemOf(name: string, demand: Multiplied, frames: number): Problem {
  if (demand.kind === 'product') {
    const { matrices, rows, depth, columns, right } = demand;
    const [G, N] = right === 'weights' ? [matrices, frames] : [matrices * frames, 1];
    return problem(name, { N, G, M: columns, C: depth, P: rows, Q: 1, R: 1, S: 1 }, [1, 1], [1, 1]);
  }
  const { images, input, output, kernel, stride, dilation, groups } = demand;
  const [M, P, Q] = output;
  const sizes = {
    ...{ N: images * frames, G: groups, M: M / groups, C: input[0] / groups, P, Q },
    ...{ R: kernel[0], S: kernel[1] },
  };
  return problem(name, sizes, stride, dilation);
}

function problem(
  name: string,
  sizes: Readonly<Record<Dimension, number>>,
  stride: readonly [number, number],
  dilation: readonly [number, number],
): Problem {
  const operand = (of: OperandName, ranks: Operand['ranks']): Operand => ({
    ...{ name: of, written: of === 'outputs', ranks },
  });
  return {
    name,
    dimensions,
    sizes: dimensions.map((dimension) => sizes[dimension]),
    operands: [
      operand('weights', [[at('G')], [at('M')], [at('C')], [at('R')], [at('S')]]),
      operand('inputs', [
        ...[[at('N')], [at('G')], [at('C')]],
        [at('P', stride[0]), at('R', dilation[0])],
        [at('Q', stride[1]), at('S', dilation[1])],
      ]),
      operand('outputs', [[at('N')], [at('G')], [at('M')], [at('P')], [at('Q')]]),
    ],
  };
}
