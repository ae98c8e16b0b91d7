// A workload as a loop nest: dimensions with their sizes, and operands whose every rank is a sum of
// strided dimensions (an extended Einsum, as Timeloop states problems).

/** One dimension's part of the coordinate along a rank. */
export interface Term {
  /** Index into {@link Problem.dimensions}. */
  readonly dimension: number;
  /** How far the coordinate moves with one step of the dimension: a stride or a dilation. */
  readonly coefficient: number;
}

export interface Operand {
  /** 'weights', 'inputs', 'outputs', or as the file of another tool names it. */
  readonly name: string;
  /** True for the one that is summed up and written. */
  readonly written: boolean;
  readonly ranks: readonly (readonly Term[])[];
}

export interface Problem {
  readonly name: string;
  readonly dimensions: readonly string[];
  /** Steps of each dimension. */
  readonly sizes: readonly number[];
  readonly operands: readonly Operand[];
}

/** Extent along each rank of a box with `steps` steps of each dimension. */
export function extentsOf({ ranks }: Operand, steps: readonly number[]): readonly number[] {
  return ranks.map((terms) =>
    terms.reduce(
      (extent, { dimension, coefficient }) =>
        extent + coefficient * ((steps[dimension] as number) - 1),
      1,
    ),
  );
}

/** Elements of an operand in a box with `steps` steps of each dimension. */
export function elementsOf(operand: Operand, steps: readonly number[]): number {
  return extentsOf(operand, steps).reduce((product, extent) => product * extent, 1);
}

/** Whether an operand's elements change with a dimension. */
export function dependsOn({ ranks }: Operand, dimension: number): boolean {
  return ranks.some((terms) => terms.some((term) => term.dimension === dimension));
}

/** Multiply-accumulates of the whole problem, zeros included. */
export function computesOf({ sizes }: Pick<Problem, 'sizes'>): number {
  return sizes.reduce((product, size) => product * size, 1);
}
