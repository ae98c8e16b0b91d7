// The patterns that zeros may fall in, and how they are written.

import { InputError } from '../base/errors.js';

/** What may be kept together. */
export type PrunePattern =
  /** Any weight. */
  | { readonly kind: 'free' }
  /** At most `keep` of each `of` neighbours along a row, as sparse tensor cores take them. */
  | { readonly kind: 'n-of-m'; readonly keep: number; readonly of: number }
  /** Whole blocks of rows × columns. */
  | { readonly kind: 'block'; readonly rows: number; readonly columns: number }
  /** Whole rows: outputs of a layer. */
  | { readonly kind: 'rows' }
  /** Whole columns: inputs of a layer. */
  | { readonly kind: 'columns' }
  /** Whole attention heads: rows of queries, keys and values, columns of what reads them. */
  | { readonly kind: 'heads' };

/** More neighbours or longer blocks than any network here has. */
const MAX_EXTENT = 65_536;

const WAYS = 'free, N:M such as 2:4, block:ROWSxCOLUMNS such as block:4x1, rows, columns or heads';

/** '2:4', 'block:4x1', 'rows' … @throws InputError for other texts. */
export function parsePattern(text: string): PrunePattern {
  const fault = () => new InputError(`pattern: found '${text}', expected ${WAYS}`);
  if (text === 'free' || text === 'rows' || text === 'columns' || text === 'heads')
    return { kind: text };
  const [, keep, of] = /^(\d{1,5}):(\d{1,5})$/.exec(text) ?? [];
  if (keep !== undefined && of !== undefined) {
    const [kept, group] = [Number(keep), Number(of)];
    if (!(kept >= 1 && kept <= group && group <= MAX_EXTENT)) throw fault();
    return { kind: 'n-of-m', keep: kept, of: group };
  }
  const [, rows, columns] = /^block:(\d{1,5})x(\d{1,5})$/.exec(text) ?? [];
  const extents = [Number(rows), Number(columns)];
  if (!extents.every((extent) => extent >= 1 && extent <= MAX_EXTENT)) throw fault();
  return { kind: 'block', rows: Number(rows), columns: Number(columns) };
}

/** As {@link parsePattern} reads it. */
export function patternText(pattern: PrunePattern): string {
  switch (pattern.kind) {
    case 'n-of-m':
      return `${pattern.keep}:${pattern.of}`;
    case 'block':
      return `block:${pattern.rows}x${pattern.columns}`;
    default:
      return pattern.kind;
  }
}

/**
 * The share of weights to keep where nobody says how many: all that N:M allows, of others half.
 */
export function usualDensity(pattern: PrunePattern): number {
  return pattern.kind === 'n-of-m' ? 1 : 0.5;
}
