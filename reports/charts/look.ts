// The common style of all charts: axes, legends and texts.

import type { Config } from 'vega-lite';
import { color } from './palette.js';

export const FONT = 'Helvetica, Arial, sans-serif';
export const FONT_PIXELS = 12;

export const look: Config = {
  background: 'transparent',
  font: FONT,
  padding: 4,
  view: { stroke: null },
  axis: {
    labelColor: color('muted'),
    labelFontSize: FONT_PIXELS,
    labelLimit: 220,
    titleColor: color('ink'),
    titleFontSize: FONT_PIXELS,
    titleFontWeight: 'normal',
    titlePadding: 8,
    domainColor: color('muted'),
    tickColor: color('muted'),
    gridColor: color('grid'),
    tickSize: 4,
  },
  legend: {
    orient: 'top',
    title: null,
    labelColor: color('ink'),
    labelFontSize: FONT_PIXELS,
    labelLimit: 260,
    symbolType: 'square',
    symbolSize: 110,
    symbolStrokeWidth: 1,
    // As many as there are: a chain runs on every preset.
    symbolLimit: 0,
    columnPadding: 14,
    rowPadding: 3,
    offset: 10,
  },
  header: {
    labelColor: color('ink'),
    labelFontSize: FONT_PIXELS,
    titleColor: color('ink'),
    labelLimit: 220,
  },
  text: { color: color('ink'), fontSize: FONT_PIXELS },
  rule: { color: color('muted') },
};

/** Axis labels for ratios: '0.1×', '1,000×'. A Vega expression. */
export const RATIO_LABELS = "format(datum.value, ',~r') + '×'";

/** Axis labels with an SI prefix: '20 µs'. A Vega expression. */
export const siLabels = (unit: string) =>
  `replace(format(datum.value, '~s'), /([^0-9.,−-]?)$/, ' $1') + '${unit}'`;
