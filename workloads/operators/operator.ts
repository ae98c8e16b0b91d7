// A row of the operator table: output shapes, a plain forward pass, and the demand on hardware.

import type { InputError } from '../base/errors.js';
import type { Demand } from '../demand.js';
import type { Tensor, TensorType, Values } from '../tensor.js';
import type { WeightStore } from '../weights/store.js';

/** Real: from a file or met on a real run. Synthetic: drawn from a seed at a stated density. */
export type Origin = 'real' | 'synthetic';

/**
 * A layer's weights as the matrix [outputs, inputs per output]; a convolution's columns run over
 * [in, kh, kw].
 */
export interface LayerWeights {
  readonly store: WeightStore;
  readonly bias: Float32Array | null;
  readonly origin: Origin;
}

/**
 * Rows are outputs (a convolution's channels), columns the inputs that one output reads, all kernel
 * taps included.
 */
export interface WeightShape {
  readonly rows: number;
  readonly columns: number;
  readonly biases: number;
}

/** Makes the error of a layer that cannot be: `layer NAME: found …, expected …`. */
export type Fault = (found: string, expected: string) => InputError;

/** An input that is left out is null. */
export type InputTypes = readonly (TensorType | null)[];
export type InputTensors = readonly (Tensor | null)[];

/**
 * One operator. `Attributes` is everything that its results' shapes depend on, besides its inputs'
 * shapes.
 */
export interface Operator<Attributes> {
  /** How many inputs it takes; those beyond the least may be left out. */
  readonly arity: readonly [min: number, max: number];
  /** The types of its results. @throws what `fault` makes where inputs and attributes don't fit. */
  infer(attributes: Attributes, inputs: InputTypes, fault: Fault): readonly TensorType[];
  /** Its weight matrix where it has one of its own, beside its inputs. */
  weightShape?(attributes: Attributes, inputs: InputTypes): WeightShape | null;
  /**
   * A plain pass, written from the definition: one array of values for each result, of its type.
   * Null where nobody implements it.
   */
  readonly forward:
    | ((
        attributes: Attributes,
        inputs: InputTensors,
        results: readonly TensorType[],
        weights: LayerWeights | null,
      ) => readonly Values[])
    | null;
  /** Null where it costs nothing: the same values under another shape. */
  demand(attributes: Attributes, inputs: InputTypes, results: readonly TensorType[]): Demand | null;
}

/** A row of the table; `Attributes` is what its layers are written with. */
export function operator<Attributes>(row: Operator<Attributes>): Operator<Attributes> {
  return row;
}

/** The input at `at`, which the arity promises. */
export function given<Each extends TensorType>(inputs: readonly (Each | null)[], at = 0): Each {
  const input = inputs[at];
  if (!input) throw new Error(`input ${at} is missing`);
  return input;
}

/** The axis counted from the front. @throws what `fault` makes for one that is not there. */
export function axisOf(axis: number, rank: number, fault: Fault): number {
  const counted = axis < 0 ? axis + rank : axis;
  if (!(Number.isInteger(counted) && counted >= 0 && counted < Math.max(1, rank))) {
    throw fault(`axis ${axis} of ${rank} axes`, `one from ${-rank} to ${rank - 1}`);
  }
  return counted;
}

/** Of an operator that is told by its inputs alone. */
export type NoAttributes = Readonly<Record<never, never>>;
