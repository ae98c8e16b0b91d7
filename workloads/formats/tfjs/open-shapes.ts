// Shapes of inputs whose extents a file leaves open.

import { InputError } from '../../base/errors.js';
import type { SourceFile } from '../source.js';

/** 'INPUT:AXIS' of every extent that nothing tells. */
export type OpenInputs = { readonly name: string }[];

/** The batch is 1 unless told; other extents are told by name, else `open` names them. */
export function boundShape(
  input: string,
  written: readonly (number | null)[],
  open: OpenInputs,
  { dims }: SourceFile,
): readonly number[] {
  return written.map((extent, axis) => {
    if (extent !== null) return extent;
    const name = `${input}:${axis}`;
    const told = dims?.get(name);
    if (told !== undefined) return told;
    if (axis > 0) open.push({ name });
    return 1;
  });
}

export function openFault(open: OpenInputs, { name: file }: SourceFile): InputError {
  const names = open.map(({ name }) => name).join(', ');
  const flags = open.map(({ name }) => `--dim ${name}=N`).join(' ');
  return new InputError(
    `${file}: found open dimensions ${names}, expected a number for each: ${flags}`,
  );
}
