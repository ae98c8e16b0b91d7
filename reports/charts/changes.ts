// What of one thing is more or less than of another: bars from 1 on a log scale, largest change
// first.

import type { TopLevelSpec } from 'vega-lite';
import { ratio } from '../quantity.js';
import { type Chart, NARROW } from './chart.js';
import { RATIO_LABELS } from './look.js';
import { color } from './palette.js';
import { logScale } from './scales.js';

/** A number of both, above 0. */
export interface ChangeBar {
  readonly name: string;
  /** After over before. */
  readonly ratio: number;
  readonly before: string;
  readonly after: string;
}

interface Words {
  readonly id: string;
  readonly title: string;
  /** What a row is, for the data. */
  readonly column: string;
}

/** Rows that a chart has room for. */
const MAX = 30;

/** No chart where nothing differs. */
export function changeChart(
  { id, title, column }: Words,
  bars: readonly ChangeBar[],
  hint?: string,
): readonly Chart[] {
  const sorted = [...bars]
    .filter((bar) => bar.ratio !== 1)
    .sort((a, b) => Math.abs(Math.log(b.ratio)) - Math.abs(Math.log(a.ratio)));
  const [max] = sorted;
  if (!max) return [];
  const left =
    sorted.length > MAX ? `; ${sorted.length - MAX} that differ less are in the data alone` : '';
  return [
    {
      ...{ id, title },
      subtitle: `log scale, bars begin at 1×${hint ? `; ${hint}` : ''}${left}`,
      alt: `Bars for ${sorted.length} numbers. ${max.name} differs most: ${max.before} before, ${max.after} after.`,
      data: {
        columns: [column, 'ratio', 'before', 'after'],
        rows: sorted.map((bar) => [bar.name, bar.ratio, bar.before, bar.after]),
      },
      spec: (width) => spec(sorted.slice(0, MAX), width),
    },
  ];
}

const ROW = 22;
const ONE = { datum: 1 } as const;

function spec(bars: readonly ChangeBar[], width: number): TopLevelSpec {
  const { domain, ticks } = logScale(
    bars.map((bar) => bar.ratio),
    [1 / 2, 1, 2],
  );
  const y = {
    field: 'name',
    type: 'nominal' as const,
    sort: bars.map(({ name }) => name),
    title: null,
    scale: { paddingInner: 0.35 },
    axis: { ticks: false, domain: false, labelPadding: 6, labelLimit: width / 2.6 },
  };
  const x = {
    type: 'quantitative' as const,
    title: 'times as much',
    scale: { type: 'log' as const, domain: [...domain], nice: false },
    axis: { values: [...ticks], labelExpr: RATIO_LABELS },
  };
  return {
    width,
    height: bars.length * ROW,
    autosize: { type: 'fit-x', contains: 'padding' },
    data: {
      values: bars.map((bar) => ({
        ...bar,
        text:
          width < NARROW ? ratio(bar.ratio) : `${ratio(bar.ratio)} · ${bar.before} → ${bar.after}`,
        label: `${bar.name}: ${bar.before} before, ${bar.after} after, ${ratio(bar.ratio)}`,
      })),
    },
    layer: [
      {
        mark: { type: 'bar', color: color('accent') },
        encoding: {
          y,
          x: { ...x, field: 'ratio' },
          x2: ONE,
          description: { field: 'label', type: 'nominal' },
        },
      },
      {
        mark: { type: 'rule', color: color('ink'), aria: false },
        encoding: { x: { ...ONE, type: 'quantitative', scale: x.scale } },
      },
      {
        transform: [{ calculate: 'max(1, datum.ratio)', as: 'end' }],
        mark: { type: 'text', align: 'left', dx: 6, aria: false },
        encoding: { y, x: { ...x, field: 'end' }, text: { field: 'text' } },
      },
    ],
  };
}
