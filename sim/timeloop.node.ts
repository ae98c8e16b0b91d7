// Evaluates a design on a problem as Timeloop's model does, with the given mapping or the best that
// the mapper finds.

import { type Evaluation, evaluate } from '../hw-models/spatial/formats/timeloop/evaluate.js';
import { readModel } from '../hw-models/spatial/formats/timeloop/read.js';
import { DEFAULT_BUDGET } from '../hw-models/spatial/layer.js';
import { mapProblem } from '../hw-models/spatial/mapper/mapper.js';
import { denseRates } from '../hw-models/spatial/mapper/rates.js';
import { type Mapping, mappingText, tilesOf } from '../hw-models/spatial/nest/mapping.js';
import { elementsOf, type Operand, type Problem } from '../hw-models/spatial/nest/problem.js';
import { InputError, requireWhole } from '../workloads/base/errors.js';
import { openArchitecture, valuesIn } from './architecture-files.node.js';

export interface DesignRequest {
  /** Timeloop's files in any order, or the folder that holds them. */
  readonly files: readonly string[];
  /** Mappings to look at where none came with the design, at most. */
  readonly budget?: number | undefined;
  /** Values of a template's names: 'architecture=eyeriss_like'. */
  readonly settings?: readonly string[] | undefined;
}

export interface EvaluatedDesign {
  readonly design: string;
  readonly problem: string;
  readonly evaluation: Evaluation;
  /** False where no energies are known. */
  readonly knowsJoules: boolean;
  /** The loop nest as Timeloop prints it. */
  readonly loops: string;
  /** Mappings that were costed; null where one came with the design. */
  readonly looked: number | null;
  readonly notes: readonly string[];
}

/** @throws InputError, one line, for files that are no design with a problem */
export async function evaluateDesign({
  files,
  budget,
  settings = [],
}: DesignRequest): Promise<EvaluatedDesign> {
  if (budget !== undefined) requireWhole('mapper budget', budget, 1);
  const { design, model, stated, mapping, notes, knowsJoules } = await readModel(
    await openArchitecture(files, valuesIn(settings)),
  );
  const { problem, densities } = stated;
  const { architecture } = model;
  let [nest, own, looked]: [Mapping | null, Problem, number | null] = [mapping, problem, null];
  if (nest === null) {
    const found = mapProblem(problem, architecture, denseRates(problem, architecture), {
      ...{ objective: 'both', budget: budget ?? DEFAULT_BUDGET, pads: false },
    });
    if (found === null) {
      throw new InputError(
        `${design.file}: found no mapping of ${problem.name} that fits, expected one: its constraints or sizes leave none`,
      );
    }
    [nest, own, looked] = [found.mapping, found.problem, found.looked];
  }
  const evaluation = evaluate(model, own, nest, densities);
  if ('fault' in evaluation) throw new InputError(`${design.file}: ${evaluation.fault}`);
  const tiles = tilesOf(own, nest);
  const loops = mappingText(own, architecture, nest, (node, operand) =>
    elementsOf(own.operands[operand] as Operand, tiles[node] as readonly number[]),
  );
  return {
    ...{ design: design.name, problem: problem.name, evaluation, knowsJoules, loops, looked },
    notes,
  };
}
