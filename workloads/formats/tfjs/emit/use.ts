// The input of a row in an importer's table, from which it makes layers.

import type { InputError } from '../../../base/errors.js';
import type { BatchNorm } from '../../../inference.js';
import type { Handle, Tensors } from '../tensors.js';

export interface Use {
  /** The layer's or the operator's. */
  readonly name: string;
  readonly tensors: Tensors;
  /** How many read what is made. */
  readonly readers: number;
  fault(found: string, expected: string): InputError;
}

/** The same under another name: a step of a layer. */
export function step<Each extends Use>(use: Each, suffix: string): Each {
  return { ...use, name: `${use.name}/${suffix}` };
}

/** An axis counted from the front. @throws InputError for one that is not there. */
export function frontAxis({ fault }: Pick<Use, 'fault'>, axis: number, rank: number): number {
  const counted = axis < 0 ? axis + rank : axis;
  if (Number.isInteger(counted) && counted >= 0 && counted < Math.max(1, rank)) return counted;
  throw fault(`axis ${axis} of ${rank} axes`, `one from ${-rank} to ${rank - 1}`);
}

/**
 * The numbers of a constant. @throws InputError for what is none, or whose values are not in the
 * file.
 */
export function constantValues(use: Use, handle: Handle, what: string): readonly number[] {
  const tensor = use.tensors.values(handle);
  if (tensor) return [...tensor.values];
  if (use.tensors.isConstant(handle))
    throw use.fault(`${what} that lies in a missing weight file`, 'that file');
  throw use.fault(
    `${what} that only a run can tell`,
    'a constant: export the model with fixed shapes',
  );
}

/** A constant's values as floats; null where they are not in the file. */
export function floatsOf({ tensors }: Use, handle: Handle): Float32Array | null {
  const tensor = tensors.values(handle);
  return (
    tensor &&
    (tensor.values instanceof Float32Array ? tensor.values : Float32Array.from(tensor.values))
  );
}

/** What multiplies and shifts channels, as a batch normalisation. */
export function scaleAndShift(
  channels: number,
  scale: ArrayLike<number> | null,
  shift: ArrayLike<number> | null,
): BatchNorm {
  const filled = (values: ArrayLike<number> | null, otherwise: number) =>
    Float32Array.from({ length: channels }, (_, at) =>
      values ? (values[values.length === 1 ? 0 : at] as number) : otherwise,
    );
  return {
    ...{ scale: filled(scale, 1), shift: filled(shift, 0) },
    ...{
      mean: new Float32Array(channels),
      variance: new Float32Array(channels).fill(1),
      epsilon: 0,
    },
  };
}
