// Decoders by name or file, at a pass of so many tokens behind so many.

import { InputError } from '../../workloads/base/errors.js';
import type { ImportLimits } from '../../workloads/formats/source.js';
import { isWorkloadFile } from '../../workloads/formats/source.js';
import { dimensionsOf } from '../../workloads/zoo/index.js';
import { openDimensions, openWorkload } from '../open.node.js';
import type { NamedWorkload } from '../resolve.node.js';

/** Tokens of a pass, and of those before it whose keys and values are given. */
export interface Tokens {
  readonly sequence: number;
  readonly past: number;
}

/** How files name the extents of a pass, a row each: what opens it with those of the user. */
const conventions: readonly {
  readonly needs: readonly string[];
  readonly dims: (tokens: Tokens) => Readonly<Record<string, number>>;
  /** Tokens that must lie before a pass: files have no tensors without elements here. */
  readonly minPast: number;
}[] = [
  {
    needs: ['sequence', 'past'],
    dims: ({ sequence, past }) => ({ sequence, past }),
    minPast: 0,
  },
  {
    // As optimum exports decoders to ONNX.
    needs: ['sequence_length', 'past_sequence_length'],
    dims: ({ sequence, past }) => ({
      ...{ batch_size: 1, sequence_length: sequence, past_sequence_length: past },
      ...{ total_sequence_length: sequence + past },
      ...{ 'past_sequence_length + sequence_length': sequence + past },
      ...{ 'past_sequence_length + 1': past + 1 },
    }),
    minPast: 1,
  },
];

/** Opens a decoder at any pass. */
export type OpenDecoder = (tokens: Tokens) => Promise<NamedWorkload>;

/**
 * @throws InputError, one line, for a workload that has no tokens before: there is nothing to go on
 * from.
 */
export async function decoderOf(
  name: string,
  limits: Partial<ImportLimits>,
  dims: ReadonlyMap<string, number> = new Map(),
): Promise<OpenDecoder> {
  const known = isWorkloadFile(name)
    ? await openDimensions(name, limits)
    : new Set(Object.keys(dimensionsOf(name)));
  const convention = conventions.find(({ needs }) => needs.every((each) => known.has(each)));
  if (!convention) {
    const found = known.size > 0 ? [...known].join(', ') : 'none';
    throw new InputError(
      `${name}: generate: found dimensions ${found}, expected a decoder's: ${conventions.map(({ needs }) => needs.join(' and ')).join(', or ')}`,
    );
  }
  const given = [...dims.keys()].find((each) => convention.needs.includes(each));
  if (given !== undefined)
    throw new InputError(`${name}: --dim ${given}: found it beside --generate, which sets it`);
  return async (tokens) => {
    const past = Math.max(convention.minPast, tokens.past);
    const extents = Object.entries(convention.dims({ ...tokens, past }));
    const own = extents.filter(([each]) => known.has(each));
    const opened = await openWorkload(name, limits, new Map([...dims, ...own]));
    if (past === tokens.past) return opened;
    const { entry } = opened;
    const note = `${name}: the prompt runs behind ${past} token in the cache: no tensor of a file is empty here`;
    return { ...opened, entry: { ...entry, notes: [...(entry.notes ?? []), note] } };
  };
}
