import { FONT_PIXELS } from './look.js';
import type { Look } from './looks.js';
import { color } from './palette.js';
import { textWidth } from './text-width.js';

/** Pixels of a legend entry beside its text: the symbol, the gaps. */
const BESIDE_TEXT = 34;
const widestOf = (texts: readonly string[]) =>
  Math.max(0, ...texts.map((text) => textWidth(text, FONT_PIXELS, false)));

/** Pixels between an axis's labels and what is right of them. */
const BESIDE_LABEL = 8;
/** Pixels that the axis to the left of a legend takes of a drawing, as a rule. */
const AXIS = 60;

/**
 * As many entries of a legend in a row as a drawing of `width` pixels has room for beside an axis
 * with `labels` of at most so many pixels.
 */
export function legendColumns(
  names: readonly string[],
  width: number,
  { labels = [], limit = width / 3 }: { labels?: readonly string[]; limit?: number } = {},
): number {
  const widest = widestOf(names);
  const axis = Math.max(AXIS, Math.min(limit, widestOf(labels)) + BESIDE_LABEL);
  const fit = Math.floor((width - axis) / (widest + BESIDE_TEXT));
  return Math.max(1, Math.min(names.length, fit));
}

/**
 * The encoding of marks with a `label` that are one `of` some kinds: a colour and a shape for each,
 * one legend for both.
 */
export function byKind(kinds: readonly string[], width: number, looks: ReadonlyMap<string, Look>) {
  return {
    color: {
      field: 'of',
      type: 'nominal' as const,
      scale: {
        domain: [...kinds],
        range: kinds.map((kind) => color(looks.get(kind)?.hue ?? 'muted')),
      },
      legend: { columns: legendColumns(kinds, width) },
    },
    shape: { field: 'of', type: 'nominal' as const, scale: { domain: [...kinds] }, legend: {} },
    description: { field: 'label', type: 'nominal' as const },
  };
}
