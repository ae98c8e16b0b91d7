// A study as the paper's figure: its lines in a table and as a chart, beside what is published.

import type { FigureSeries } from '../../sim/sweep/figure-series.node.js';
import type { Chart } from '../charts/chart.js';
import { lineChart } from '../charts/lines.js';
import { left, right, type Section } from '../document.js';
import { count, figure as digits, percent, quantity } from '../quantity.js';

export function figureSection(series: FigureSeries): Section {
  const { figure, title, over, levels, lines, says, published } = series;
  const text = textOf(series);
  const paper = new Map(published);
  const rows = lines.map(({ name, values }) => [name, ...values.map(text)]);
  const own = levels.map((level) => paper.get(level));
  return {
    heading: `${figure}: ${title}`,
    lines: [`published: ${says}`],
    table: {
      columns: [left(over), ...levels.map((level) => right(count(level)))],
      rows: [
        ...rows,
        ...(published.length > 0
          ? [['published', ...own.map((y) => (y === undefined ? '' : text(y)))]]
          : []),
      ],
    },
  };
}

function textOf({ isShare, yTitle }: FigureSeries): (value: number) => string {
  if (isShare) return percent;
  return yTitle === 'joules' ? (value) => quantity(value, 'J') : digits;
}

/** The same as a chart; published points are a line of their own. */
export function figureChart(series: FigureSeries): Chart {
  const { figure, title, over, yTitle, isShare, levels, lines, says, published } = series;
  const text = textOf(series);
  const at = (x: number, y: number) => ({ x, y, label: `${count(x)}: ${text(y)}` });
  return lineChart(
    {
      id: 'figure',
      title: `${figure}: ${title}`,
      subtitle: `published: ${says}`,
      alt: `${title}, a line for each workload`,
    },
    [
      ...lines.map(({ name, values }) => ({
        name,
        points: values.map((y, index) => at(levels[index] ?? 0, y)),
      })),
      ...(published.length > 0
        ? [{ name: 'published', points: published.map(([x, y]) => at(x, y)) }]
        : []),
    ],
    { title: over, column: over.replaceAll(' ', '_'), scale: 'log', labels: 'datum.value' },
    {
      title: yTitle,
      column: isShare ? 'share' : yTitle.replaceAll(' ', '_'),
      scale: isShare ? 'linear' : 'log',
      labels: isShare ? "format(datum.value, '.0%')" : "format(datum.value, '~s')",
    },
  );
}
