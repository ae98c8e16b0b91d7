// How far each uncertain number of a hardware moves its time and its energy.

import { geometricMean } from 'simple-statistics';
import type { TopLevelSpec } from 'vega-lite';
import type { Comparison } from '../../sim/result.js';
import { type Moved, SWING, type Swing } from '../../sim/uncertainty.js';
import { ratio } from '../quantity.js';
import { type Chart, slug } from './chart.js';
import { legendColumns } from './legend.js';
import { RATIO_LABELS } from './look.js';
import { color, partColor } from './palette.js';
import { logScale } from './scales.js';
import { seriesOf } from './series.js';

/** What one number moves, over several workloads. */
export interface SwingRow {
  readonly path: string;
  readonly published: string;
  readonly from: string;
  readonly seconds: Span;
  readonly joules: Span;
}

/**
 * Ratios to the answer as it stands: with the number smaller, with it larger. Null: such a design
 * cannot be.
 */
export interface Span {
  readonly less: number | null;
  readonly more: number | null;
}

/** Geometric means over the workloads, numbers that move the most first. */
export function swingRows(swings: readonly (readonly Swing[])[]): readonly SwingRow[] {
  const [first = []] = swings;
  const rows = first.map(({ path, figure }, at): SwingRow => {
    const mean = (side: 'less' | 'more', of: keyof Moved) => {
      const values = swings.map((own) => own[at]?.[side]?.[of] ?? null);
      const known = values.filter((value) => value !== null);
      return known.length === values.length ? geometricMean(known) : null;
    };
    const span = (of: keyof Moved): Span => ({ less: mean('less', of), more: mean('more', of) });
    return {
      path,
      published: figure.published,
      from: figure.from,
      seconds: span('seconds'),
      joules: span('joules'),
    };
  });
  return rows.sort((a, b) => largest(b) - largest(a));
}

const largest = ({ seconds, joules }: SwingRow) =>
  Math.max(
    ...[seconds.less, seconds.more, joules.less, joules.more].map((moved) =>
      Math.abs(Math.log(moved ?? 1)),
    ),
  );

/** A chart for each hardware whose swings were asked for. */
export function swingCharts(comparisons: readonly Comparison[]): readonly Chart[] {
  return seriesOf(comparisons).flatMap(({ name }, at) => {
    const swings = comparisons.flatMap(({ results }) =>
      results[at]?.swings ? [results[at].swings] : [],
    );
    const rows = swings.length === comparisons.length ? swingRows(swings) : [];
    return rows.length > 0 ? [swingChart(name, rows)] : [];
  });
}

/** Numbers that a chart has room for. */
const MOST = 12;
const measures = ['seconds', 'joules'] as const;
const NAMES = { seconds: 'time', joules: 'energy' } as const;

function swingChart(hardware: string, rows: readonly SwingRow[]): Chart {
  const [most] = rows;
  const moved = (row: SwingRow | undefined) =>
    measures.flatMap((of) => {
      const span = row?.[of];
      return span?.less != null && span.more != null
        ? [`${NAMES[of]} ${ratio(span.less)} to ${ratio(span.more)}`]
        : [];
    });
  const left =
    rows.length > MOST ? `; ${rows.length - MOST} that move less are in the data alone` : '';
  return {
    id: `swings-${slug(hardware)}`,
    half: true,
    title: `What its uncertain numbers move: ${hardware}`,
    subtitle: `each estimated or fitted number over and times ${SWING}, the others as they are${left}`,
    alt: `Bars around 1 for ${rows.length} numbers. ${most?.path} moves the most: ${moved(most).join(', ')}.`,
    data: {
      columns: [
        'number',
        'value',
        'from',
        'seconds_less',
        'seconds_more',
        'joules_less',
        'joules_more',
      ],
      rows: rows.map((row) => [
        ...[row.path, row.published, row.from],
        ...[row.seconds.less, row.seconds.more, row.joules.less, row.joules.more],
      ]),
    },
    spec: (width) => spec(rows.slice(0, MOST), width),
  };
}

const ROW = 24;

function spec(rows: readonly SwingRow[], width: number): TopLevelSpec {
  const bars = rows.flatMap((row) =>
    measures.flatMap((of) => {
      const { less, more } = row[of];
      const ends = [less, more].filter((end) => end !== null);
      if (ends.length === 0) return [];
      const label = `${row.path} = ${row.published} (${row.from}), ${NAMES[of]}: ${ratio(less)} with less, ${ratio(more)} with more`;
      return [
        {
          path: row.path,
          of: NAMES[of],
          low: Math.min(1, ...ends),
          high: Math.max(1, ...ends),
          label,
        },
      ];
    }),
  );
  const { domain, ticks } = logScale(
    bars.flatMap(({ low, high }) => [low, high]),
    [1 / SWING, SWING],
  );
  const names = measures.map((of) => NAMES[of]);
  return {
    width,
    height: rows.length * ROW,
    autosize: { type: 'fit-x', contains: 'padding' },
    layer: [
      {
        data: { values: bars },
        mark: { type: 'bar', minBandSize: 1 },
        encoding: {
          y: {
            field: 'path',
            type: 'nominal',
            sort: rows.map(({ path }) => path),
            title: null,
            scale: { paddingInner: 0.3 },
            axis: { ticks: false, domain: false, labelLimit: width / 2.4 },
          },
          yOffset: { field: 'of', sort: [...names] },
          x: {
            field: 'low',
            type: 'quantitative',
            title: 'times the answer as it stands',
            scale: { type: 'log', domain: [...domain], nice: false },
            axis: { values: [...ticks], labelExpr: RATIO_LABELS },
          },
          x2: { field: 'high' },
          color: {
            field: 'of',
            type: 'nominal',
            scale: { domain: [...names], range: names.map((_, at) => partColor(at)) },
            legend: { columns: legendColumns(names, width) },
          },
          description: { field: 'label', type: 'nominal' },
        },
      },
      { mark: { type: 'rule', color: color('ink') }, encoding: { x: { datum: 1 } } },
    ],
  };
}
