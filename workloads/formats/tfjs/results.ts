// The end of reading a model: which tensors it gives out.

import { InputError } from '../../base/errors.js';
import type { ZooEntry } from '../../zoo/entry.js';
import type { SourceFile } from '../source.js';
import { channelsFirst, samePermutation } from './permutation.js';
import type { Handle, Tensors } from './tensors.js';
import type { TfjsWeights } from './weights.js';

/** Images stay channels first, everything else is in the file's order. */
export function finished(
  tensors: Tensors,
  results: readonly Handle[],
  title: { readonly name: string; readonly title: string; readonly work: string },
  { missing }: Pick<TfjsWeights, 'missing'>,
  file: SourceFile,
): ZooEntry {
  const { notes } = tensors.builder;
  const outputs = results.map((result) => {
    const rank = result.shape.length;
    const first = channelsFirst(rank);
    const isFirst =
      rank > 3 && tensors.orders(result).some((order) => samePermutation(order, first));
    const isAlike = tensors.orders(result).some((order) => order.every((axis, at) => axis === at));
    if (!isFirst || isAlike) return tensors.plain(result);
    const made = tensors.first(result);
    const shape = tensors.builder.typeOf(made).shape.join('×');
    notes.push(`output ${made} has its channels first here, ${shape}, and last in the file`);
    return made;
  });
  if (outputs.length === 0)
    throw new InputError(`${file.name}: found no outputs, expected at least one`);
  if (missing.length > 0) {
    const some = missing.slice(0, 4).join(', ');
    const more = missing.length > 4 ? ` and ${missing.length - 4} more` : '';
    notes.push(`found no weight files ${some}${more} beside it: all weights are random`);
  }
  return tensors.builder.finish(title, [...new Set(outputs)]);
}
