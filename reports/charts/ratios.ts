// Speed-up and energy efficiency as bars from 1 on a log scale, workload by workload: Han et al.,
// EIE, ISCA 2016, Figures 6 and 7.

import { geometricMean } from 'simple-statistics';
import type { TopLevelSpec } from 'vega-lite';
import type { Comparison } from '../../sim/result.js';
import { quantity, ratio, wholePercent } from '../quantity.js';
import { type Chart, NARROW } from './chart.js';
import { legendColumns } from './legend.js';
import { RATIO_LABELS, siLabels } from './look.js';
import { color } from './palette.js';
import { logScale } from './scales.js';
import { type Series, seriesEncoding, seriesOf } from './series.js';

/** A bar of one series beside those of its group. */
export interface RatioBar {
  readonly workload: string;
  readonly series: string;
  readonly origin: string;
  readonly value: number;
  /** The median error of its model against published times; null where none is known. */
  readonly error?: number | null;
  /** What the ratio is of, in the unit of its {@link Scale}. */
  readonly absolute?: number | null;
}

/** The same bars by what they come to, where all are over one reference. */
export interface Scale {
  /** What is 1×. */
  readonly reference: number;
  readonly unit: string;
  readonly title: string;
}

const MEAN = 'geomean';

interface Measure {
  readonly id: string;
  readonly title: string;
  readonly column: string;
  readonly axis: string;
  readonly than: string;
  readonly of: (comparison: Comparison, at: number) => number | null;
  readonly absolute: (comparison: Comparison, at: number) => number | null;
  readonly unit: string;
  readonly absoluteTitle: string;
  /** Whether published times tell how sure it is. */
  readonly isOfTime: boolean;
}

const speedup: Measure = {
  id: 'speed-up',
  title: 'Speed-up',
  column: 'speedup',
  axis: 'times as fast',
  than: 'as',
  of: ({ results }, at) => results[at]?.speedup ?? null,
  absolute: ({ results }, at) => results[at]?.seconds ?? null,
  ...{ unit: 's', absoluteTitle: 'time' },
  isOfTime: true,
};

const energy: Measure = {
  id: 'energy-efficiency',
  title: 'Energy efficiency',
  column: 'energy_ratio',
  axis: 'times fewer joules',
  than: 'than',
  of: ({ results }, at) => results[at]?.energyRatio ?? null,
  absolute: ({ results }, at) => results[at]?.joules ?? null,
  ...{ unit: 'J', absoluteTitle: 'energy' },
  isOfTime: false,
};

/**
 * Both charts of comparisons on the same hardware; the second is left out where no row but the
 * first has joules.
 */
export function ratioCharts(comparisons: readonly Comparison[]): readonly Chart[] {
  const series = seriesOf(comparisons);
  return [speedup, energy].flatMap((measure) => ratioChart(comparisons, series, measure));
}

function ratioChart(
  comparisons: readonly Comparison[],
  series: readonly Series[],
  measure: Measure,
): readonly Chart[] {
  const bars = barsOf(comparisons, series, measure);
  const shown = series.filter(({ name }) => bars.some((bar) => bar.series === name));
  const [reference] = series;
  if (!reference || shown.length < 2) return [];
  const last = bars.filter((bar) => bar.workload === bars.at(-1)?.workload);
  const said = last.map(({ series: name, value }) => `${name} ${ratio(value)}`).join(', ');
  return [
    {
      id: measure.id,
      title: `${measure.title} over ${reference.name}`,
      subtitle: `${measure.axis} ${measure.than} ${reference.name}, log scale; bars begin at 1×${bars.some(({ error }) => error) ? '; thin lines: the median error of the model against published times' : ''}`,
      alt: `Bars on a log scale for ${comparisons.length} workloads. ${last[0]?.workload}: ${said}.`,
      data: {
        columns: [
          ...['workload', 'hardware', 'origin', measure.column],
          ...(measure.isOfTime ? ['known_error'] : []),
        ],
        rows: bars.map((bar) => [
          ...[bar.workload, bar.series, bar.origin, bar.value],
          ...(measure.isOfTime ? [bar.error ?? null] : []),
        ]),
      },
      spec: (width) => {
        const first = comparisons[0] && measure.absolute(comparisons[0], 0);
        return comparisons.length === 1 && first
          ? singleSpec(
              bars,
              shown,
              { axis: measure.axis, width },
              { reference: first, unit: measure.unit, title: measure.absoluteTitle },
            )
          : groupedSpec(bars, shown, measure.axis, width);
      },
    },
  ];
}

function barsOf(
  comparisons: readonly Comparison[],
  series: readonly Series[],
  measure: Measure,
): readonly RatioBar[] {
  const bars = comparisons.flatMap((comparison) =>
    series.flatMap(({ name, origin }, at): readonly RatioBar[] => {
      const value = measure.of(comparison, at);
      return value === null
        ? []
        : [
            {
              ...{ workload: comparison.workload.name, series: name, origin, value },
              error: (measure.isOfTime && comparison.results[at]?.knownError?.median) || null,
              absolute: measure.absolute(comparison, at),
            },
          ];
    }),
  );
  if (comparisons.length === 1) return bars;
  const means = series.flatMap(({ name, origin }): readonly RatioBar[] => {
    const values = bars.filter((bar) => bar.series === name).map(({ value }) => value);
    const complete = values.length === comparisons.length;
    return complete ? [{ workload: MEAN, series: name, origin, value: geometricMean(values) }] : [];
  });
  return [...bars, ...means];
}

function parts(bars: readonly RatioBar[], axis: string) {
  const spans = bars.map(({ value, error }) => {
    const factor = 1 + (error ?? 0);
    return { from: value / factor, to: value * factor };
  });
  const { domain, ticks } = logScale(
    spans.flatMap(({ from, to }) => [from, to]),
    [1],
  );
  return {
    values: bars.map((bar, at) => ({
      ...{ ...bar, ...spans[at] },
      label: `${bar.workload}, ${bar.series}: ${ratio(bar.value)} (${bar.origin})`,
    })),
    value: {
      field: 'value',
      type: 'quantitative' as const,
      title: axis,
      scale: { type: 'log' as const, domain: [...domain], nice: false },
      axis: { values: [...ticks], labelExpr: RATIO_LABELS },
    },
    workloads: [...new Set(bars.map(({ workload }) => workload))],
  };
}

/** Pixels of a group of standing bars. */
const STANDING_HEIGHT = 320;
/** Pixels of a lying bar. */
const LYING_STEP = 9;
/** Pixels of a device's row. */
const SINGLE_STEP = 22;
/** What a workload's name lists stands in lines below each other. */
const LINES = "split(datum.label, ', ')";
const ONE = { datum: 1 } as const;
const description = { field: 'label', type: 'nominal' } as const;
const reference = { type: 'rule', color: color('ink'), strokeWidth: 1, aria: false } as const;
const errorLine = { type: 'rule', color: color('ink'), strokeWidth: 1, aria: false } as const;
const hasError = [{ filter: 'datum.error > 0' }];

/**
 * Ratios from 1 on a log scale, a group of bars for each workload: standing side by side, or lying
 * below each other where there is little room.
 */
export function groupedSpec(
  bars: readonly RatioBar[],
  series: readonly Series[],
  axis: string,
  width: number,
): TopLevelSpec {
  const { values, value, workloads } = parts(bars, axis);
  const isLying = width < NARROW;
  const groups = {
    ...{ field: 'workload', type: 'nominal' as const, sort: workloads, title: null },
    scale: { paddingInner: isLying ? 0.25 : 0.22, paddingOuter: 0.1 },
    axis: {
      ...{ ticks: false, domain: false, labelExpr: LINES },
      ...(isLying
        ? { labelLimit: width / 4 }
        : { labelAngle: 0, labelPadding: 6, labelLimit: width / workloads.length }),
    },
  };
  const inGroup = { field: 'series', sort: namesOf(series) };
  const place = (from: object, to: object) =>
    isLying
      ? { y: groups, yOffset: inGroup, x: from, x2: to }
      : { x: groups, xOffset: inGroup, y: from, y2: to };
  return {
    width,
    ...(isLying
      ? { height: workloads.length * (series.length + 2) * LYING_STEP }
      : { height: STANDING_HEIGHT }),
    autosize: { type: isLying ? 'fit-x' : 'fit', contains: 'padding' },
    data: { values },
    layer: [
      {
        mark: { type: 'bar', strokeWidth: 1 },
        encoding: {
          ...place(value, ONE),
          ...seriesEncoding(series, { columns: legendColumns(namesOf(series), width) }),
          description,
        },
      },
      { mark: reference, encoding: isLying ? { x: ONE } : { y: ONE } },
      {
        transform: hasError,
        mark: errorLine,
        encoding: place({ ...value, field: 'from' }, { field: 'to' }),
      },
    ],
  };
}

/** One workload: a bar a device, its ratio and what it comes to beside it. */
function singleSpec(
  bars: readonly RatioBar[],
  series: readonly Series[],
  { axis, width }: { readonly axis: string; readonly width: number },
  { reference: one, unit, title }: Scale,
): TopLevelSpec {
  const { values, value } = parts(bars, axis);
  const y = {
    field: 'series',
    type: 'nominal' as const,
    sort: namesOf(series),
    title: null,
    scale: { paddingInner: 0.3 },
    axis: { ticks: false, domain: false, labelPadding: 6, labelLimit: width / 2.6 },
  };
  const textOf = ({ value: times, absolute, error }: RatioBar) =>
    width < NARROW || absolute == null
      ? ratio(times)
      : `${ratio(times)} · ${quantity(absolute, unit)}${error ? ` ± ${wholePercent(error)}` : ''}`;
  const [low, high] = value.scale.domain as [number, number];
  const absolutes = logScale([one / high, one / low]).ticks.filter(
    (tick) => tick >= one / high && tick <= one / low,
  );
  const above = {
    orient: 'top' as const,
    title,
    values: absolutes.map((tick) => one / tick),
    labelExpr: siLabels(unit).replaceAll('datum.value', `(${one} / datum.value)`),
    grid: false,
  };
  const unlabelled = { ...value, axis: null };
  return {
    width,
    height: bars.length * SINGLE_STEP,
    autosize: { type: 'fit-x', contains: 'padding' },
    data: { values: values.map((bar) => ({ ...bar, text: textOf(bar) })) },
    layer: [
      {
        mark: { type: 'bar', strokeWidth: 1 },
        encoding: { y, x: value, x2: ONE, ...seriesEncoding(series, null), description },
      },
      {
        mark: reference,
        encoding: { x: { ...ONE, type: 'quantitative', scale: value.scale, axis: above } },
      },
      {
        transform: hasError,
        mark: errorLine,
        encoding: { y, x: { ...unlabelled, field: 'from' }, x2: { field: 'to' } },
      },
      {
        transform: [{ calculate: 'max(1, datum.to)', as: 'end' }],
        mark: { type: 'text', align: 'left', dx: 6, aria: false },
        encoding: { y, x: { ...unlabelled, field: 'end' }, text: { field: 'text' } },
      },
    ],
    resolve: { axis: { x: 'independent' } },
  };
}

const namesOf = (series: readonly Series[]) => series.map(({ name }) => name);
