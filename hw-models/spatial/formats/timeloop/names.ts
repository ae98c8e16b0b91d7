// Translates Timeloop's names of dimensions and data-spaces to those of presets: convolutions over
// N G M C P Q R S with weights, inputs and outputs (`../../nest/from-demand.ts`).

import { InputError } from '../../../../workloads/base/errors.js';
import type { Dimension, OperandName } from '../../nest/from-demand.js';
import type { Problem } from '../../nest/problem.js';
import type { StatedProblem } from './problem.js';

export interface Names {
  readonly dimensions: ReadonlyMap<string, Dimension>;
  readonly operands: ReadonlyMap<string, OperandName>;
}

/**
 * By what the data-spaces make of each dimension: one of weights and outputs counts outputs, and so
 * on. A window along the width has its positions in our Q and its taps in our S.
 * @throws InputError for a problem that is no layer
 */
export function namesOf({ problem, roles, layer }: StatedProblem): Names {
  if (!roles || !layer) {
    throw new InputError(
      `${problem.name}: found a problem that is no convolution or product, expected weights, inputs and outputs`,
    );
  }
  const { weights, inputs, outputs } = roles;
  const indexOf = (space: { readonly name: string }) =>
    problem.operands.findIndex(({ name }) => name === space.name);
  const [ofWeights, ofInputs, ofOutputs] = [weights, inputs, outputs].map((space) =>
    dimensionsOf(problem, indexOf(space)),
  ) as [Set<number>, Set<number>, Set<number>];
  const windows = (problem.operands[indexOf(inputs)]?.ranks ?? []).filter(
    (terms) => terms.length > 1 || (terms[0]?.coefficient ?? 1) > 1,
  );
  const dimensions = new Map<string, Dimension>();
  for (const terms of windows) {
    const own = terms.map(({ dimension }) => problem.dimensions[dimension] as string);
    const isHigh = own.some((name) => /^[QSFY]$/.test(name)) && windows.length > 1;
    for (const { dimension } of terms) {
      const isTap = ofWeights.has(dimension);
      const name: Dimension = isHigh ? (isTap ? 'R' : 'P') : isTap ? 'S' : 'Q';
      dimensions.set(problem.dimensions[dimension] as string, name);
    }
  }
  for (const [at, name] of problem.dimensions.entries()) {
    if (dimensions.has(name)) continue;
    const where = [ofWeights, ofInputs, ofOutputs].map((set) => set.has(at));
    dimensions.set(name, plainDimension(where, windows.length));
  }
  return {
    dimensions,
    operands: new Map([
      [weights.name, 'weights'],
      [inputs.name, 'inputs'],
      [outputs.name, 'outputs'],
    ]),
  };
}

function plainDimension(where: readonly boolean[], windows: number): Dimension {
  const [inWeights, inInputs, inOutputs] = where;
  if (inWeights && inInputs && inOutputs) return 'G';
  if (inWeights && inOutputs) return 'M';
  if (inWeights && inInputs) return 'C';
  return windows === 2 ? 'N' : 'P';
}

const dimensionsOf = ({ operands }: Problem, operand: number): Set<number> =>
  new Set(operands[operand]?.ranks.flat().map(({ dimension }) => dimension));
