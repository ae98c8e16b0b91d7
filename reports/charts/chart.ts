// A picture: a Vega-Lite specification made from a result, or a drawing of it, with the words and the
// data that go with it.

import type { TopLevelSpec } from 'vega-lite';
import type { Records } from '../records.js';

interface Captioned {
  /** Names the chart's files and its place in a page: small letters, digits and hyphens. */
  readonly id: string;
  readonly title: string;
  /** What is drawn and how to read it. */
  readonly subtitle: string;
  /** What a reader who does not see the picture should know of it. */
  readonly alt: string;
  /** True where half a page's width is enough. */
  readonly half?: boolean;
  /** What is drawn, as numbers: SI, with the unit in the column's name. */
  readonly data: Records;
}

export interface Chart extends Captioned {
  /** The picture for about so many pixels across, all told. */
  spec(width: number): TopLevelSpec;
}

/** What no specification of Vega-Lite draws. */
export interface Drawing extends Captioned {
  /** SVG of so many pixels across, its colours as CSS variables. */
  svg(width: number): string;
}

export type Picture = Chart | Drawing;

/** Charts that belong together, under a heading. */
export interface ChartGroup {
  readonly heading: string;
  readonly charts: readonly Picture[];
}

/** Below this width bars lie on their sides and legends stand in fewer columns. */
export const NARROW = 480;

/** A name fit for a file and an anchor. */
export function slug(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}
