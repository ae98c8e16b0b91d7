// The second factor of a product of two results: other activations, which EIE was not made for.
// They are written into the sparse-matrix memories as weights would be, compressed, before the
// first row comes, and read like weights from then on. An estimate: each PE looks at one value of
// its rows in a cycle, column by column, and writes an entry for each that is not zero (what
// bridges a run of zeros is written within the run). There is no time to share values: an entry
// holds a whole value in place of a code.

import type { ProductDemand } from '../../workloads/demand.js';
import { type EieConfig, entriesPerWord } from './config.js';
import type { ColumnLayout } from './layout.js';

export interface Encoding {
  readonly cycles: number;
  /** Entries written, padding included, and the words that they fill. */
  readonly entries: number;
  readonly words: number;
  /** Activations read from their SRAM, zeros among them. */
  readonly reads: number;
}

/** The design with entries that hold a value in place of a code. */
export function operandConfig(config: EieConfig): EieConfig {
  return { ...config, codeBits: config.fixedPointBits };
}

/** `layouts`: of some matrices' blocks, which stand for `times` as many. */
export function encodingOf(
  { matrices, depth, columns }: ProductDemand,
  layouts: readonly ColumnLayout[],
  times: number,
  config: EieConfig,
): Encoding {
  const perPe = layouts.reduce(
    (all, { peEntries }) => all + peEntries.reduce((sum, held) => sum + held, 0),
    0,
  );
  const words = layouts.reduce(
    (all, { peEntries }) =>
      all + peEntries.reduce((sum, held) => sum + Math.ceil(held / entriesPerWord(config)), 0),
    0,
  );
  return {
    cycles: matrices * Math.ceil(columns / config.pes) * depth,
    entries: perPe * times,
    words: words * times,
    reads: matrices * depth * columns,
  };
}

export const encodingNote =
  'a product of two activations: the second is encoded on the fly, one value per PE and cycle (estimate)';
