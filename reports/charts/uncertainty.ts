// Charts how far each uncertain number of a device moves its time and energy.

import { geometricMean } from 'simple-statistics';
import type { TopLevelSpec } from 'vega-lite';
import type { Comparison } from '../../sim/result.js';
import { type Change, type ParameterSensitivity, RELATIVE_STEP } from '../../sim/uncertainty.js';
import { asWritten, ratio } from '../quantity.js';
import { type Chart, slug } from './chart.js';
import { endOf } from './labels.js';
import { legendColumns } from './legend.js';
import { RATIO_LABELS } from './look.js';
import { fillOf, solid } from './looks.js';
import { color } from './palette.js';
import { logScale } from './scales.js';
import { seriesOf } from './series.js';

/** What one number moves, over several workloads. */
export interface ParameterSensitivityRow {
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
export function sensitivityRows(
  sensitivities: readonly (readonly ParameterSensitivity[])[],
): readonly ParameterSensitivityRow[] {
  const [first = []] = sensitivities;
  const rows = first.map(({ path, figure }, at): ParameterSensitivityRow => {
    const mean = (side: 'less' | 'more', of: keyof Change) => {
      const values = sensitivities.map((own) => own[at]?.[side]?.[of] ?? null);
      const known = values.filter((value) => value !== null);
      return known.length === values.length ? geometricMean(known) : null;
    };
    const span = (of: keyof Change): Span => ({ less: mean('less', of), more: mean('more', of) });
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

const largest = ({ seconds, joules }: ParameterSensitivityRow) =>
  Math.max(
    ...[seconds.less, seconds.more, joules.less, joules.more].map((changed) =>
      Math.abs(Math.log(changed ?? 1)),
    ),
  );

/** A chart for each hardware whose uncertainty was asked for. */
export function sensitivityCharts(comparisons: readonly Comparison[]): readonly Chart[] {
  return seriesOf(comparisons).flatMap(({ name }, at) => {
    const sensitivities = comparisons.flatMap(({ results }) =>
      results[at]?.sensitivities ? [results[at].sensitivities] : [],
    );
    const rows = sensitivities.length === comparisons.length ? sensitivityRows(sensitivities) : [];
    return rows.length > 0 ? [sensitivityChart(name, rows)] : [];
  });
}

/** Numbers that a chart has room for. */
const MAX = 12;
const measures = ['seconds', 'joules'] as const;
const NAMES = { seconds: 'time', joules: 'energy' } as const;
/** Neither a device nor a part: without a hue. */
const looks = { seconds: solid('ink'), joules: { hue: 'muted', pattern: 'rising' } } as const;

function sensitivityChart(hardware: string, rows: readonly ParameterSensitivityRow[]): Chart {
  const [max] = rows;
  const changed = (row: ParameterSensitivityRow | undefined) =>
    measures.flatMap((of) => {
      const span = row?.[of];
      return span?.less != null && span.more != null
        ? [`${NAMES[of]} ${ratio(span.less)} to ${ratio(span.more)}`]
        : [];
    });
  const left =
    rows.length > MAX ? `; ${rows.length - MAX} that move less are in the data alone` : '';
  return {
    id: `uncertainty-${slug(hardware)}`,
    half: true,
    title: `What its uncertain numbers move: ${hardware}`,
    subtitle: `each estimated or fitted number over and times ${RELATIVE_STEP}, the others as they are${left}`,
    alt: `Bars around 1 for ${rows.length} numbers. ${max?.path} moves the most: ${changed(max).join(', ')}.`,
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
    spec: (width) => spec(rows.slice(0, MAX), width),
  };
}

const ROW = 24;

function spec(rows: readonly ParameterSensitivityRow[], width: number): TopLevelSpec {
  const limit = width / 2.4;
  const nameOf = ({ path }: ParameterSensitivityRow) => endOf(path, limit);
  const bars = rows.flatMap((row) =>
    measures.flatMap((of) => {
      const { less, more } = row[of];
      const ends = [less, more].filter((end) => end !== null);
      if (ends.length === 0) return [];
      const label = `${row.path} = ${asWritten(row.published)} (${row.from}), ${NAMES[of]}: ${ratio(less)} with less, ${ratio(more)} with more`;
      return [
        {
          path: nameOf(row),
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
    [1 / RELATIVE_STEP, RELATIVE_STEP],
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
            sort: rows.map(nameOf),
            title: null,
            scale: { paddingInner: 0.3 },
            axis: { ticks: false, domain: false, labelLimit: limit },
          },
          yOffset: { field: 'of', sort: [...names] },
          x: {
            field: 'low',
            type: 'quantitative',
            title: 'times as much',
            scale: { type: 'log', domain: [...domain], nice: false },
            axis: { values: [...ticks], labelExpr: RATIO_LABELS },
          },
          x2: { field: 'high' },
          color: {
            field: 'of',
            type: 'nominal',
            scale: { domain: [...names], range: measures.map((of) => fillOf(looks[of])) },
            legend: {
              columns: legendColumns(names, width, {
                labels: rows.map(nameOf),
                limit,
              }),
            },
          },
          description: { field: 'label', type: 'nominal' },
        },
      },
      { mark: { type: 'rule', color: color('ink'), aria: false }, encoding: { x: { datum: 1 } } },
    ],
  };
}
