// Seconds and joules of several workloads as they are, beside the ratios: a mark a device, on a log
// scale, with the error that its model is known to have.

import type { TopLevelSpec } from 'vega-lite';
import type { Comparison, HardwareResult } from '../../sim/result.js';
import { quantity, wholePercent } from '../quantity.js';
import type { Chart } from './chart.js';
import { legendColumns } from './legend.js';
import { siLabels } from './look.js';
import { color } from './palette.js';
import { logScale } from './scales.js';
import { pointEncoding, type Series, seriesOf } from './series.js';

interface Measure {
  readonly id: string;
  readonly title: string;
  readonly column: string;
  readonly unit: string;
  readonly of: (result: HardwareResult) => number | null;
  readonly errorOf: (result: HardwareResult) => number | null;
}

const measures: readonly Measure[] = [
  {
    ...{ id: 'time', title: 'Time', column: 'seconds', unit: 's' },
    of: ({ seconds }) => seconds,
    errorOf: ({ knownError }) => knownError?.median ?? null,
  },
  {
    ...{ id: 'energy', title: 'Energy', column: 'joules', unit: 'J' },
    of: ({ joules }) => joules,
    errorOf: () => null,
  },
];

interface Mark {
  readonly workload: string;
  readonly series: string;
  readonly origin: string;
  readonly value: number;
  readonly error: number | null;
}

/** Both measures of several workloads; what one workload takes stands beside its ratios. */
export function absoluteCharts(comparisons: readonly Comparison[]): readonly Chart[] {
  if (comparisons.length < 2) return [];
  const series = seriesOf(comparisons);
  return measures.flatMap((measure) => absoluteChart(comparisons, series, measure));
}

function absoluteChart(
  comparisons: readonly Comparison[],
  series: readonly Series[],
  { id, title, column, unit, of, errorOf }: Measure,
): readonly Chart[] {
  const marks = comparisons.flatMap(({ workload, results }) =>
    results.flatMap((result, at): readonly Mark[] => {
      const value = of(result);
      const { name = '', origin = '' } = series[at] ?? {};
      return value !== null && value > 0
        ? [{ workload: workload.name, series: name, origin, value, error: errorOf(result) }]
        : [];
    }),
  );
  const shown = series.filter(({ name }) => marks.some((mark) => mark.series === name));
  if (shown.length < 2) return [];
  const values = marks.map(({ value }) => value);
  const batch = comparisons[0]?.batch ?? 1;
  const errors = marks.some(({ error }) => error)
    ? '; thin lines: the median error of the model against published times'
    : '';
  return [
    {
      id: `absolute-${id}`,
      title: `${title} of ${batch === 1 ? 'a frame' : `a batch of ${batch}`}`,
      subtitle: `${unit === 's' ? 'seconds' : 'joules'}, log scale${errors}`,
      alt: `Marks for ${comparisons.length} workloads on ${shown.length} devices, from ${quantity(Math.min(...values), unit)} to ${quantity(Math.max(...values), unit)}.`,
      data: {
        columns: ['workload', 'hardware', 'origin', column, 'known_error'],
        rows: marks.map((mark) => [
          ...[mark.workload, mark.series, mark.origin, mark.value, mark.error],
        ]),
      },
      spec: (width) => spec(marks, shown, { unit, title: title.toLowerCase(), width }),
    },
  ];
}

/** Pixels of a mark's row. */
const ROW = 10;

function spec(
  marks: readonly Mark[],
  series: readonly Series[],
  { unit, title, width }: { readonly unit: string; readonly title: string; readonly width: number },
): TopLevelSpec {
  const workloads = [...new Set(marks.map(({ workload }) => workload))];
  const names = series.map(({ name }) => name);
  const values = marks.map((mark) => {
    const factor = 1 + (mark.error ?? 0);
    const error = mark.error ? ` ± ${wholePercent(mark.error)}` : '';
    const label = `${mark.workload}, ${mark.series}: ${quantity(mark.value, unit)}${error} (${mark.origin})`;
    return { ...mark, from: mark.value / factor, to: mark.value * factor, label };
  });
  const { domain, ticks } = logScale(values.flatMap(({ from, to }) => [from, to]));
  const x = {
    type: 'quantitative' as const,
    title,
    scale: { type: 'log' as const, domain: [...domain], nice: false },
    axis: { values: [...ticks], labelExpr: siLabels(unit) },
  };
  const place = {
    y: {
      field: 'workload',
      type: 'nominal' as const,
      sort: workloads,
      title: null,
      scale: { paddingInner: 0.25, paddingOuter: 0.1 },
      axis: { ticks: false, domain: false, grid: true, labelLimit: width / 3 },
    },
    yOffset: { field: 'series', sort: names },
  };
  return {
    width,
    height: workloads.length * (series.length + 1) * ROW,
    autosize: { type: 'fit-x', contains: 'padding' },
    data: { values },
    layer: [
      {
        transform: [{ filter: 'datum.error > 0' }],
        mark: { type: 'rule', color: color('ink'), strokeWidth: 1, aria: false },
        encoding: { ...place, x: { ...x, field: 'from' }, x2: { field: 'to' } },
      },
      {
        mark: { type: 'point', filled: true, size: 46, opacity: 1 },
        encoding: {
          ...place,
          x: { ...x, field: 'value' },
          ...pointEncoding(series, {
            columns: legendColumns(names, width, { labels: workloads }),
          }),
          description: { field: 'label', type: 'nominal' },
        },
      },
    ],
  };
}
