// Timeloop's problem as the loop nest that it is, with the densities of its data-spaces.

import { InputError } from '../../../../workloads/base/errors.js';
import { stemOf } from '../../../../workloads/formats/source.js';
import { densitiesBySpace } from '../../../../workloads/formats/timeloop/densities.js';
import { problemAt, requireAllProjected } from '../../../../workloads/formats/timeloop/problem.js';
import {
  layerOf,
  type Projected,
  type Roles,
  rolesOf,
  ShapeFault,
} from '../../../../workloads/formats/timeloop/shape.js';
import type { Density } from '../../expected/density.js';
import { elementsOf, type Problem } from '../../nest/problem.js';
import { mapOf, type Part } from './input.js';

export interface StatedProblem {
  readonly problem: Problem;
  /** By operand. */
  readonly densities: readonly Density[];
  /** Which data-space is which; null where there are not two that are read and one written. */
  readonly roles: Roles | null;
  /** The layer that it is; null where it is none that a network has. */
  readonly layer: Projected | null;
}

/** @throws InputError, one line with its place, for what is no problem. */
export async function statedProblem(part: Part): Promise<StatedProblem> {
  const { yaml, file } = part;
  const read = await problemAt(mapOf(part), yaml, file);
  const { dimensions, spaces, extents, instance, path } = read;
  const numeric = (coefficient: string | number) =>
    typeof coefficient === 'number' ? coefficient : extents.coefficient(coefficient);
  try {
    requireAllProjected(read);
  } catch (error) {
    if (!(error instanceof ShapeFault)) throw error;
    throw new InputError(`${yaml.place(['problem', 'shape'])}: shape: ${error.text}`);
  }
  const problem: Problem = {
    name: stemOf(file.name),
    dimensions,
    sizes: dimensions.map(extents.dimension),
    operands: spaces.map(({ name, axes, readWrite }) => ({
      ...{ name, written: readWrite },
      // Of the usual shape an instance leaves out what has one step.
      ranks: axes.flatMap((axis) => {
        const terms = axis.filter(({ dimension }) => dimensions.includes(dimension));
        const own = terms.map(({ dimension, coefficient }) => ({
          dimension: dimensions.indexOf(dimension),
          coefficient: numeric(coefficient),
        }));
        return own.length > 0 ? [own] : [];
      }),
    })),
  };
  if (problem.operands.filter(({ written }) => written).length !== 1) {
    const found = problem.operands.filter(({ written }) => written).length;
    throw new InputError(
      `${yaml.place(['problem', 'shape'])}: shape: found ${found} data-spaces with read_write, expected one`,
    );
  }
  extents.requireAllKnown();
  const names = spaces.map(({ name }) => name);
  const stated = densitiesBySpace(instance, names, path, yaml);
  const densities = problem.operands.map((operand): Density => {
    const { share, kind } = stated.get(operand.name) ?? { share: 1, kind: 'fixed' };
    const elements = elementsOf(operand, problem.sizes);
    return { kind: kind === 'hypergeometric' ? kind : 'structured', share, elements };
  });
  const roles = orNull(() => rolesOf(spaces));
  const layer =
    roles && orNull(() => layerOf(problem.name, roles, extents.dimension, extents.coefficient));
  return { problem, densities, roles, layer };
}

function orNull<Result>(find: () => Result): Result | null {
  try {
    return find();
  } catch (error) {
    if (error instanceof ShapeFault) return null;
    throw error;
  }
}
